package main

import (
	"fmt"
	"go/ast"
	"sort"
)

// A slip is a deliberate fault of the real runtime: the twin of a mutant, by the same id.
type slip struct {
	file string
	seed func(s *source)
}

const (
	coordinator = "goroutineProfileWithLabelsConcurrent"
	syncVariant = "goroutineProfileWithLabelsSync"
)

var slips = map[string]slip{
	// golang/go#74090: the recorder asks for system goroutines before the state machine, not inside.
	"issue-74090": {"mprof.go", func(s *source) {
		inner := s.function("doRecordGoroutineProfile")
		check := s.one(inner, "isSystemGoroutine", ifs(inner.Body, "isSystemGoroutine"))
		outer := s.function("tryRecordGoroutineProfile")
		loop := s.one(outer, "loop on the state", statements(outer.Body, func(stmt ast.Stmt) bool {
			_, ok := stmt.(*ast.ForStmt)
			return ok
		}))
		s.before(loop, s.textOf(check))
		s.remove(check)
	}},
	"caller-labels-lost": {"mprof.go", func(s *source) {
		fn := s.function(coordinator)
		s.remove(s.one(fn, "labels of the caller", ifs(fn.Body, "labels")))
	}},
	"sweep-missing": {"mprof.go", func(s *source) { s.remove(sweep(s)) }},
	"sweep-early": {"mprof.go", func(s *source) {
		fn := s.function(coordinator)
		s.before(s.last(fn, "second stopTheWorld", calls(fn.Body, "stopTheWorld")), s.textOf(sweep(s)))
		s.remove(sweep(s))
	}},
	"no-checkin-execute": {"proc.go", func(s *source) { removeCheckIn(s, "execute") }},
	"no-checkin-syscall": {"proc.go", func(s *source) { removeCheckIn(s, "exitsyscall") }},
	"no-checkin-coro":    {"coro.go", func(s *source) { removeCheckIn(s, "coroswitch_m") }},
	"active-before-p": {"proc.go", func(s *source) {
		fn := s.function("exitsyscall")
		check := s.one(fn, "check-in", ifs(fn.Body, "goroutineProfile.active")).(*ast.IfStmt)
		s.before(s.head(fn, "waitsince = 0", assigns(fn.Body, "waitsince")),
			"gproofStale := goroutineProfile.active")
		s.replace(check.Cond, "gproofStale")
	}},
	"newcomer-not-satisfied": {"proc.go", func(s *source) { removeCheckIn(s, "newproc1") }},
	"finalizer-not-counted": {"mprof.go", func(s *source) {
		fn := s.function(coordinator)
		s.remove(s.one(fn, "count of the finalizer goroutine", ifs(fn.Body, "fingStatus.Load", "fingRunningFinalizer")))
	}},
	"cleanups-not-counted": {"mprof.go", func(s *source) {
		fn := s.function(coordinator)
		s.remove(s.one(fn, "count of the cleanup goroutines", statements(fn.Body, func(stmt ast.Stmt) bool {
			a, ok := stmt.(*ast.AssignStmt)
			return ok && mentions(a, "gcCleanups.running.Load")
		})))
	}},
	"satisfied-before-record": {"mprof.go", func(s *source) {
		fn := s.function("tryRecordGoroutineProfile")
		record := s.one(fn, "doRecordGoroutineProfile", calls(fn.Body, "doRecordGoroutineProfile"))
		done := s.one(fn, "store of satisfied", calls(fn.Body, "goroutineProfiled.Store", "goroutineProfileSatisfied"))
		s.before(record, s.textOf(done))
		s.remove(done)
	}},
	"store-for-cas": {"mprof.go", func(s *source) {
		fn := s.function("tryRecordGoroutineProfile")
		cas := s.one(fn, "compare-and-swap", ifs(fn.Body, "goroutineProfiled.CompareAndSwap")).(*ast.IfStmt)
		s.replace(cas.Cond, "gproofStoreForCAS(gp1)")
	}},
	"in-progress-is-done": {"mprof.go", func(s *source) {
		fn := s.function("tryRecordGoroutineProfile")
		wait := s.one(fn, "wait for another recorder", ifs(fn.Body, "prev", "goroutineProfileInProgress")).(*ast.IfStmt)
		s.replace(wait.Body, "{ break }")
	}},
	"second-stop-missing": {"mprof.go", func(s *source) {
		fn := s.function(coordinator)
		s.remove(s.last(fn, "stopTheWorld", calls(fn.Body, "stopTheWorld")))
		s.remove(s.last(fn, "startTheWorld", calls(fn.Body, "startTheWorld")))
	}},
	"no-sema": {"mprof.go", func(s *source) {
		fn := s.function(coordinator)
		s.remove(s.one(fn, "semacquire", calls(fn.Body, "semacquire")))
		for _, release := range calls(fn.Body, "semrelease") {
			s.remove(release)
		}
	}},
	"recorder-preemptible": {"mprof.go", func(s *source) {
		removeAcquirem(s, "tryRecordGoroutineProfile")
	}},
	"flip-preemptible": {"mcleanup.go", func(s *source) {
		removeAcquirem(s, "beginRunningCleanups")
		removeAcquirem(s, "endRunningCleanups")
	}},
	"self-not-satisfied": {"mprof.go", func(s *source) {
		fn := s.function(coordinator)
		s.remove(s.one(fn, "the caller's store of satisfied", calls(fn.Body, "goroutineProfiled.Store", "goroutineProfileSatisfied")))
	}},
	"system-recorded": {"mprof.go", func(s *source) {
		fn := s.function("doRecordGoroutineProfile")
		s.remove(s.one(fn, "isSystemGoroutine", ifs(fn.Body, "isSystemGoroutine")))
	}},
	"slot-before-system": {"mprof.go", func(s *source) {
		fn := s.function("doRecordGoroutineProfile")
		check := s.one(fn, "isSystemGoroutine", ifs(fn.Body, "isSystemGoroutine"))
		slot := s.one(fn, "slot", statements(fn.Body, func(stmt ast.Stmt) bool {
			a, ok := stmt.(*ast.AssignStmt)
			return ok && mentions(a, "goroutineProfile.offset.Add")
		}))
		s.before(check, s.textOf(slot))
		s.remove(slot)
	}},
	"activated-after-restart": {"mprof.go", func(s *source) {
		fn := s.function(coordinator)
		on := s.one(fn, "goroutineProfile.active = true", assigns(fn.Body, "goroutineProfile.active", "true"))
		walk := s.one(fn, "walk", calls(fn.Body, "forEachGRace", "tryRecordGoroutineProfile"))
		s.before(walk, s.textOf(on))
		s.remove(on)
	}},
	"self-slot-reused": {"mprof.go", func(s *source) {
		fn := s.function(coordinator)
		first := s.one(fn, "first slot", calls(fn.Body, "goroutineProfile.offset.Store"))
		s.replace(first.(*ast.ExprStmt).X.(*ast.CallExpr).Args[0], "0")
	}},
	"capacity-off-by-one": {"mprof.go", func(s *source) {
		fn := s.function(coordinator)
		s.replace(smallBuffer(s, fn).Cond, "n > len(p)+1")
	}},
	"small-buffer-keeps-sema": {"mprof.go", func(s *source) {
		fn := s.function(coordinator)
		s.remove(s.one(fn, "semrelease", calls(smallBuffer(s, fn).Body, "semrelease")))
	}},
	"small-buffer-keeps-stop": {"mprof.go", func(s *source) {
		fn := s.function(coordinator)
		s.replace(s.one(fn, "startTheWorld", calls(smallBuffer(s, fn).Body, "startTheWorld")), "_ = stw")
	}},
	"dead-recorded": {"mprof.go", func(s *source) {
		fn := s.function("tryRecordGoroutineProfile")
		s.remove(s.one(fn, "question for dead goroutines", ifs(fn.Body, "status", "_Gdead")))
	}},
	"label-in-wrong-slot": {"mprof.go", func(s *source) {
		fn := s.function("doRecordGoroutineProfile")
		put := s.one(fn, "labels of the record", statements(fn.Body, func(stmt ast.Stmt) bool {
			a, ok := stmt.(*ast.AssignStmt)
			return ok && mentions(a.Lhs[0], "goroutineProfile.labels")
		})).(*ast.AssignStmt)
		s.replace(put.Lhs[0].(*ast.IndexExpr).Index, "offset-1")
	}},
	"labels-not-inherited": {"proc.go", func(s *source) {
		fn := s.function("newproc1")
		s.remove(inheritance(s, fn))
	}},
	"system-inherits-labels": {"proc.go", func(s *source) {
		fn := s.function("newproc1")
		s.before(s.one(fn, "isSystemGoroutine", ifs(fn.Body, "isSystemGoroutine")), s.textOf(inheritance(s, fn)))
		s.remove(inheritance(s, fn))
	}},
	"labels-survive-death": {"proc.go", func(s *source) {
		fn := s.function("gdestroy")
		s.remove(s.one(fn, "labels = nil", assigns(fn.Body, "labels", "nil")))
	}},
	"newcomer-marked-late": {"proc.go", func(s *source) {
		fn := s.function("newproc1")
		mark := s.one(fn, "mark under goroutineProfile.active", ifs(fn.Body, "goroutineProfile.active"))
		alive := s.one(fn, "casgstatus from _Gdead", calls(fn.Body, "casgstatus", "newg", "_Gdead", "status"))
		s.after(alive, s.textOf(mark))
		s.remove(mark)
	}},
	"checkin-after-running": {"proc.go", func(s *source) {
		fn := s.function("execute")
		check := s.one(fn, "check-in", ifs(fn.Body, "goroutineProfile.active"))
		s.after(s.one(fn, "casgstatus to _Grunning", calls(fn.Body, "casgstatus", "_Grunning")), s.textOf(check))
		s.remove(check)
	}},
	"syscall-frames-forgotten": {"proc.go", func(s *source) {
		fn := s.function("exitsyscall")
		forget := s.head(fn, "syscallsp = 0", assigns(fn.Body, "syscallsp"))
		s.before(s.one(fn, "check-in", ifs(fn.Body, "goroutineProfile.active")), s.textOf(forget))
		s.remove(forget)
	}},
	// The flag of a cleanup goroutine that has ended in a batch is not cleared when its struct is used again.
	"stale-cleanup-flag": {"proc.go", func(s *source) {
		fn := s.function("newproc1")
		s.remove(s.one(fn, "runningCleanups.Store", calls(fn.Body, "runningCleanups.Store", "false")))
	}},
	// The recorder does not know of the window at the return from a system call.
	"syscall-runs-early": {"mprof.go", func(s *source) {
		fn := s.function("doRecordGoroutineProfile")
		check := s.one(fn, "question for running goroutines", ifs(fn.Body, "_Grunning", "syscallsp")).(*ast.IfStmt)
		s.replace(check.Cond, s.textOf(check.Cond.(*ast.BinaryExpr).X))
	}},
	// The recorder takes service goroutines for user goroutines at all times.
	"services-recorded": {"mprof.go", func(s *source) {
		fn := s.function("doRecordGoroutineProfile")
		check := s.one(fn, "isSystemGoroutine", ifs(fn.Body, "isSystemGoroutine")).(*ast.IfStmt)
		s.replace(check.Cond.(*ast.CallExpr).Args[1], "true")
	}},
	// What lies behind the stack of a fixed record stays as the caller has left it.
	"tail-not-zeroed": {"mprof.go", func(s *source) {
		fn := s.function("GoroutineProfile")
		s.replace(s.one(fn, "padding", calls(fn.Body, "clear", "Stack0")), "_ = l")
	}},
	"cleanup-flag-only": {"mcleanup.go", func(s *source) {
		for _, name := range []string{"beginRunningCleanups", "endRunningCleanups"} {
			fn := s.function(name)
			s.remove(s.one(fn, "running.Add", calls(fn.Body, "running.Add")))
		}
	}},
}

// smallBuffer is the way out when the profile does not fit.
func smallBuffer(s *source, fn *ast.FuncDecl) *ast.IfStmt {
	return s.one(fn, "way out with a small buffer", statements(fn.Body, func(stmt ast.Stmt) bool {
		i, ok := stmt.(*ast.IfStmt)
		return ok && mentions(i.Cond, "len") && mentions(i.Cond, "n") && mentions(i.Body, "stw")
	})).(*ast.IfStmt)
}

// inheritance is where a new goroutine takes the labels of its creator.
func inheritance(s *source, fn *ast.FuncDecl) ast.Stmt {
	return s.one(fn, "inheritance of labels", statements(fn.Body, func(stmt ast.Stmt) bool {
		i, ok := stmt.(*ast.IfStmt)
		return ok && mentions(i.Cond, "mp.curg") && mentions(i.Body, "newg.labels")
	}))
}

// sweep is the last walk over all goroutines, which makes them absent again.
func sweep(s *source) ast.Stmt {
	fn := s.function(coordinator)
	return s.one(fn, "sweep", calls(fn.Body, "forEachGRace", "goroutineProfiled.Store", "goroutineProfileAbsent"))
}

func removeCheckIn(s *source, function string) {
	fn := s.function(function)
	s.remove(s.one(fn, "check-in under goroutineProfile.active", ifs(fn.Body, "goroutineProfile.active")))
}

// removeAcquirem leaves the M known and preemptible.
func removeAcquirem(s *source, function string) {
	fn := s.function(function)
	s.replace(s.one(fn, "acquirem", calls(fn.Body, "acquirem")).(*ast.AssignStmt).Rhs[0], "getg().m")
	s.replace(s.one(fn, "releasem", calls(fn.Body, "releasem")), "_ = mp")
}

func slipIDs() []string {
	var ids []string
	for id := range slips {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	return ids
}

func seedSlip(r *tree, id string) {
	chosen, ok := slips[id]
	if !ok {
		panic(missing(fmt.Sprintf("no slip '%s' is known for Go", id)))
	}
	s := r.file(chosen.file)
	chosen.seed(s)
	s.apply()
	s.slipped = true
}

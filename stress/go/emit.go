package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"strings"
)

// Where the events of trace.go.txt are told from. Every place is needed: a trace that lacks one would be
// judged wrongly, so a version without it is refused by name. But a slip may have taken a place away, and what
// it took is what the oracle is to miss.

// fields that telling needs in types of the runtime.
var fields = map[string]string{
	"g": "gproofID, gproofStatuses, gproofStates, gproofProgress, gproofKind, gproofRequest, gproofSema, gproofSync uint32; " +
		"gproofRecords gproofRecordSlice",
	"m": "gproofThread uint64",
}

// tell puts all of them into the files of one runtime.
func tell(r *tree) {
	for _, step := range []struct {
		file string
		put  func(s *source)
	}{
		{"runtime2.go", tellFields},
		{"proc.go", tellStatus},
		{"proc.go", tellScheduler},
		{"proc.go", tellSyscalls},
		{"proc.go", tellCreation},
		{"proc.go", tellWorld},
		{"sema.go", tellSemaphores},
		{"coro.go", tellCoroutines},
		{"mprof.go", tellCoordinator},
		{"mprof.go", tellRecorders},
		{"mprof.go", tellPadding},
		{"mprof.go", tellSync},
		{"mfinal.go", tellFinalizers},
		{"mcleanup.go", tellCleanups},
		{"proflabel.go", tellLabels},
		{"mgc.go", calmCollector},
		{"mgc.go", tellMarkDone},
	} {
		if step.file == "mcleanup.go" && !r.has("mcleanup.go") {
			continue
		}
		s := r.file(step.file)
		step.put(s)
		s.apply()
	}
	r.constants = waits(r) + sync(r)
}

func tellFields(s *source) {
	found := 0
	for _, decl := range s.file.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.TYPE {
			continue
		}
		for _, spec := range group.Specs {
			if spec := spec.(*ast.TypeSpec); fields[spec.Name.Name] != "" {
				at := s.offset(spec.Type.(*ast.StructType).Fields.Closing)
				s.edits = append(s.edits, edit{at, at, fields[spec.Name.Name] + "\n"})
				found++
			}
		}
	}
	if found != len(fields) {
		panic(missing("src/runtime/runtime2.go: no type g or no type m"))
	}
}

// Statuses are told where they are written; the shortcuts around casgstatus are closed.
func tellStatus(s *source) {
	fn := s.function("casgstatus")
	s.first(fn.Body, "gproofVersion := gproofNext(gp, oldval, newval)")
	s.after(s.head(fn, "loop", loops(fn.Body)), "gproofStatus(gp, oldval, newval, gproofVersion)")
	fn = s.function("casGToPreemptScan")
	loop := s.one(fn, "loop", loops(fn.Body))
	s.before(loop, "gproofVersion := gproofNext(gp, _Grunning, _Gpreempted)")
	s.after(loop, "gproofStatus(gp, _Grunning, _Gpreempted, gproofVersion)")
}

func loops(n ast.Node) []ast.Stmt {
	return statements(n, func(stmt ast.Stmt) bool {
		loop, ok := stmt.(*ast.ForStmt)
		return ok && loop.Cond != nil && mentions(loop.Cond, "atomicstatus.CompareAndSwap")
	})
}

// closeShortcut makes a function take casgstatus instead of a compare-and-swap of its own, where it has one.
func closeShortcut(s *source, fn *ast.FuncDecl) {
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && isNamed(dotted(call.Fun), "atomicstatus.CompareAndSwap") {
			s.replace(call, "false")
			return false
		}
		return true
	})
}

// edge finds the only call of casgstatus to a status in a function, or the conditional statement that
// tries it the short way first.
func edge(s *source, fn *ast.FuncDecl, from, to string) ast.Stmt {
	call := s.one(fn, "casgstatus from "+from+" to "+to, calls(fn.Body, "casgstatus", from, to))
	for _, stmt := range ifs(fn.Body, "atomicstatus.CompareAndSwap", from, to) {
		if stmt.Pos() <= call.Pos() && call.End() <= stmt.End() {
			return stmt
		}
	}
	return call
}

func tellScheduler(s *source) {
	fn := s.function("execute")
	checkIn(s, fn, "gproofByExecute")
	s.before(s.one(fn, "gogo", calls(fn.Body, "gogo")), "gproofRun(gp)")
	fn = s.function("ready")
	s.before(edge(s, fn, "_Gwaiting", "_Grunnable"), "gproofReady(gp)")
	fn = s.function("park_m")
	s.before(edge(s, fn, "_Grunning", "_Gwaiting"), "gproofPark(gp)")
	fn = s.function("goschedImpl")
	s.before(edge(s, fn, "_Grunning", "_Grunnable"), "gproofPreempt(gp, preempted)")
	fn = s.function("goyield_m")
	s.before(edge(s, fn, "_Grunning", "_Grunnable"), "gproofPreempt(gp, false)")
	fn = s.function("preemptPark")
	s.before(s.one(fn, "casGToPreemptScan", calls(fn.Body, "casGToPreemptScan")), "gproofPreempt(gp, true)")
	fn = s.function("gdestroy")
	s.before(edge(s, fn, "_Grunning", "_Gdead"), "gproofExit(gp)")
}

func checkIn(s *source, fn *ast.FuncDecl, observer string) {
	found := append(ifs(fn.Body, "goroutineProfile.active"), ifs(fn.Body, "gproofStale")...)
	if len(found) == 0 && s.slipped {
		return
	}
	s.before(s.one(fn, "check-in under goroutineProfile.active", found), "gproofComes("+observer+")")
}

func tellSyscalls(s *source) {
	for _, name := range []string{"reentersyscall", "entersyscallblock"} {
		fn := s.function(name)
		leaves := edge(s, fn, "_Grunning", "_Gsyscall")
		for _, wanted := range ifs(fn.Body, "sched.gcwaiting.Load") { // gives its P away, if it comes first
			if wanted.Pos() < leaves.Pos() {
				leaves = wanted
			}
		}
		s.before(leaves, "gproofSyscallEnter(gp)")
		closeShortcut(s, fn)
	}
	fn := s.function("exitsyscall")
	checkIn(s, fn, "gproofBySyscallReturn")
	back := assigns(fn.Body, "syscallsp")
	if len(back) != 2 {
		panic(missing(fmt.Sprintf("src/runtime/proc.go: in exitsyscall: %d places for syscallsp = 0, expected 2", len(back))))
	}
	for _, stmt := range back {
		s.before(stmt, "gproofSyscallExit(gp)")
	}
	closeShortcut(s, fn)
	fn = s.function("exitsyscallNoP", "exitsyscall0")
	s.before(s.one(fn, "casgstatus to _Grunnable", calls(fn.Body, "casgstatus", "_Grunnable")),
		"gproofStop(gp, gproofWaitSyscall)")
}

func tellCreation(s *source) {
	fn := s.function("newproc1")
	s.before(s.one(fn, "isSystemGoroutine", ifs(fn.Body, "isSystemGoroutine")), "gproofCreate(newg)")
	for _, mark := range calls(fn.Body, "newg.goroutineProfiled.Store", "goroutineProfileSatisfied") {
		s.before(mark, "gproofBornSatisfied(newg)")
	}
	s.before(s.one(fn, "casgstatus from _Gdead", calls(fn.Body, "casgstatus", "newg", "_Gdead", "status")),
		"gproofBorn(newg)")
}

func tellWorld(s *source) {
	fn := s.function("stopTheWorldWithSema")
	s.first(fn.Body, "gproofWorld(gproof_stop_request, reason)")
	s.after(s.head(fn, "preemptall", calls(fn.Body, "preemptall")), "gproofWorld(gproof_stop_asked, reason)")
	stopped := calls(fn.Body, "casgstatus", "_Gwaiting", "_Grunning") // back to running, since go1.25
	if len(stopped) == 0 {
		stopped = calls(fn.Body, "worldStopped")
	}
	s.after(s.one(fn, "worldStopped", stopped), "gproofWorld(gproof_world_stopped, reason)")
	fn = s.function("startTheWorldWithSema")
	s.first(fn.Body, "gproofWorld(gproof_world_start, w.reason)")
}

func tellSemaphores(s *source) {
	fn := s.function("semacquire1")
	s.before(s.one(fn, "goparkunlock", calls(fn.Body, "goparkunlock")), "gproofSleepsOn(addr)")
}

func tellCoroutines(s *source) {
	fn := s.function("coroswitch_m")
	s.before(edge(s, fn, "_Grunning", "_Gwaiting"), "gproofStop(gp, gproofWaitCoroutine)")
	checkIn(s, fn, "gproofByCoroutine")
	closeShortcut(s, fn)
	s.before(s.one(fn, "gogo", calls(fn.Body, "gogo")), "gproofRun(gnext)")
}

func tellCoordinator(s *source) {
	fn := s.function(coordinator)
	body := fn.Body
	small := smallBuffer(s, fn)
	s.before(small, "gproofCoordinates(gproof_profile_counted, uint32(n), uint64(len(p)))")
	s.before(ending(s, fn, small.Body), "gproofEndOf(n, 0)")
	done := calls(body, "goroutineProfiled.Store", "goroutineProfileSatisfied")
	if len(done) == 0 && s.slipped {
		s.before(s.one(fn, "first slot", calls(body, "goroutineProfile.offset.Store")), "gproofRecorded(ourg, 0)")
	} else {
		s.before(s.one(fn, "the caller's store of satisfied", done), "gproofSelfRecorded(ourg)")
	}
	s.before(s.one(fn, "goroutineProfile.active = true", assigns(body, "goroutineProfile.active", "true")),
		"gproofCoordinates(gproof_profile_active, uint32(n), 0)")
	s.after(s.one(fn, "goroutineProfile.active = false", assigns(body, "goroutineProfile.active", "false")),
		"gproofCoordinates(gproof_profile_inactive, uint32(n), uint64(endOffset))")
	if swept := calls(body, "forEachGRace", "goroutineProfiled.Store", "goroutineProfileAbsent"); len(swept) == 1 {
		store := s.one(fn, "store of absent", calls(swept[0].(*ast.ExprStmt).X.(*ast.CallExpr).Args[0], "goroutineProfiled.Store"))
		s.before(store, "gproofSweeps(gp1)")
		s.after(swept[0], "gproofCoordinates(gproof_profile_swept, 0, 0)")
	}
	s.before(ending(s, fn, body), "gproofEndOf(n, 1)")
}

// ending is where a way out gives the semaphore back, or returns, if it does not.
func ending(s *source, fn *ast.FuncDecl, way *ast.BlockStmt) ast.Stmt {
	exit := s.last(fn, "return", returns(way))
	if releases := calls(way, "semrelease"); len(releases) > 0 {
		return releases[len(releases)-1]
	}
	return exit
}

func returns(n ast.Node) []ast.Stmt {
	return statements(n, func(stmt ast.Stmt) bool {
		_, ok := stmt.(*ast.ReturnStmt)
		return ok
	})
}

func tellRecorders(s *source) {
	fn := s.function("tryRecordGoroutineProfile")
	s.before(s.one(fn, "loop on the state", statements(fn.Body, func(stmt ast.Stmt) bool {
		_, ok := stmt.(*ast.ForStmt)
		return ok
	})), "gproofFirst := true")
	s.after(s.head(fn, "read of the state", assigns(fn.Body, "prev", "goroutineProfiled.Load")),
		"gproofFirst = gproofLooks(gp1, uint32(prev), gproofFirst)")
	found := append(ifs(fn.Body, "goroutineProfiled.CompareAndSwap"), ifs(fn.Body, "gproofStoreForCAS")...)
	acquire := s.one(fn, "compare-and-swap", found).(*ast.IfStmt)
	s.first(acquire.Body, "gproofAcquired(gp1)")
	s.before(s.one(fn, "store of satisfied", calls(fn.Body, "goroutineProfiled.Store", "goroutineProfileSatisfied")),
		"gproofSatisfies(gp1)")
	fn = s.function("doRecordGoroutineProfile")
	s.before(s.one(fn, "saveg", calls(fn.Body, "systemstack", "saveg")), "gproofReads(gp1)")
	s.after(s.one(fn, "labels", ifs(fn.Body, "goroutineProfile.labels")), "gproofRecorded(gp1, offset)")
	fn = s.function("saveg")
	made := s.one(fn, "the stack of a record", assigns(fn.Body, "r.Stack", "make")).(*ast.AssignStmt)
	s.replace(made.Rhs[0], "gproofStack(gp, n)")
}

// The fixed records that callers of runtime.GoroutineProfile give are filled from others, which tell whose they are.
func tellPadding(s *source) {
	fn := s.function("GoroutineProfile")
	s.after(s.one(fn, "the records", assigns(fn.Body, "records", "make")), "gproofFilledFrom(records)")
}

// The sync variant, which Go keeps to itself: a version without it has no snapshots.
func tellSync(s *source) {
	if !s.has(syncVariant) {
		return
	}
	fn := s.function(syncVariant)
	s.before(s.one(fn, "stopTheWorld", calls(fn.Body, "stopTheWorld")), "gproofSyncBegins()")
	start := s.one(fn, "startTheWorld", calls(fn.Body, "startTheWorld"))
	s.before(start, "gproofSynced(n, ok)")
	s.after(start, "gproofSyncEnds()")
}

func tellFinalizers(s *source) {
	fn := s.function("runFinalizers", "runfinq")
	s.after(s.one(fn, "fingStatus.Or", calls(fn.Body, "fingStatus.Or", "fingRunningFinalizer")), "gproofRole(gproofRoleUser)")
	s.before(s.one(fn, "fingStatus.And", calls(fn.Body, "fingStatus.And", "fingRunningFinalizer")), "gproofRole(gproofRoleSystem)")
	fn = s.function("queuefinalizer")
	s.before(s.head(fn, "lock", calls(fn.Body, "lock", "finlock")), "gproofQueued(p, unsafe.Pointer(ot))")
}

func tellCleanups(s *source) {
	fn := s.function("beginRunningCleanups")
	s.after(s.one(fn, "runningCleanups.Store", calls(fn.Body, "runningCleanups.Store")), "gproofRole(gproofRoleUser)")
	s.after(s.one(fn, "runningCleanups.Store", calls(fn.Body, "runningCleanups.Store")), "gproofBetweenFlips()")
	fn = s.function("endRunningCleanups")
	flip := s.one(fn, "runningCleanups.Store", calls(fn.Body, "runningCleanups.Store"))
	s.before(flip, "gproofRole(gproofRoleSystem)")
	s.after(flip, "gproofBetweenFlips()")
}

func tellLabels(s *source) {
	fn := s.function("runtime_setProfLabel")
	s.after(s.one(fn, "labels of getg()", assigns(fn.Body, "labels", "labels")), "gproofLabelSet(labels)")
}

// At the end of marking the collector takes worldsema and may give it back without a stop.
func tellMarkDone(s *source) {
	fn := s.function("gcMarkDone")
	s.before(s.one(fn, "semacquire of worldsema", calls(fn.Body, "semacquire", "worldsema")), "gproofMarkDone(1)")
	s.after(s.head(fn, "semrelease of worldsema", calls(fn.Body, "semrelease", "worldsema")), "gproofMarkDone(-1)")
	s.before(s.one(fn, "stopTheWorldWithSema", calls(fn.Body, "systemstack", "stopTheWorldWithSema")), "gproofMarkDone(-1)")
}

// calmCollector lets a caller of the collector give way now and then only while it sweeps and waits for
// others who do: a trace is of bounded length.
func calmCollector(s *source) {
	for _, loop := range statements(s.function("GC").Body, func(stmt ast.Stmt) bool {
		_, ok := stmt.(*ast.ForStmt)
		return ok
	}) {
		for _, yield := range calls(loop, "Gosched") {
			if mentions(loop.(*ast.ForStmt).Cond, "sweepone") {
				s.replace(yield, "gproofYield()")
			} else {
				s.before(yield, "usleep(50)")
			}
		}
	}
}

// sync stands in for the sync variant where there is none.
func sync(r *tree) string {
	if r.file("mprof.go").has(syncVariant) {
		return "\nconst gproofHasSync = true\n"
	}
	return "\nconst gproofHasSync = false\n\nfunc " + syncVariant +
		"(gproofRecordSlice, []unsafe.Pointer) (n int, ok bool) { return 0, false }\n"
}

// waits maps this version's reasons to wait, as far as it has them, to ours.
func waits(r *tree) string {
	var out strings.Builder
	out.WriteString("\n//go:nosplit\nfunc gproofWaitOf(reason waitReason) uint32 {\n\tswitch reason {\n")
	for _, pair := range [][2]string{
		{"waitReasonFinalizerWait", "gproofWaitFinalizer"},
		{"waitReasonCleanupWait", "gproofWaitCleanup"},
		{"waitReasonCoroutine", "gproofWaitCoroutine"},
		{"waitReasonSelect", "gproofWaitSelect"},
		{"waitReasonSyncMutexLock", "gproofWaitMutex"},
		{"waitReasonSyncWaitGroupWait", "gproofWaitGroup"},
		{"waitReasonSleep", "gproofWaitSleep"},
		{"waitReasonWaitForGCCycle", "gproofWaitGCCycle"},
	} {
		if r.file("runtime2.go").declares(pair[0]) {
			fmt.Fprintf(&out, "\tcase %s:\n\t\treturn %s\n", pair[0], pair[1])
		}
	}
	out.WriteString("\t}\n\treturn gproofWaitChan\n}\n")
	return out.String()
}

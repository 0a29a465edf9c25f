package main

import "go/ast"

// Gates and checks: calls of support.go.txt put at the places where the operating system could take the
// CPU away, or where the goroutine is at a safe point anyway; and where a promise can be looked at.

// instrument puts them into the files of one runtime. A place that this version lacks and the slip does
// not need is returned, not fatal.
func instrument(r *tree) []string {
	var absent []string
	try := func(what string, file string, put func(s *source)) {
		defer func() {
			if m, ok := recover().(missing); ok {
				if s := r.files[file]; s != nil { // nil: this version has no such file
					s.edits = nil
				}
				absent = append(absent, what+": "+string(m))
			}
		}()
		s := r.file(file)
		put(s)
		s.apply()
	}
	instrumentProfile(r.file("mprof.go"))
	r.file("mprof.go").apply()
	instrumentRecorder(r.file("mprof.go"))
	r.file("mprof.go").apply()
	try("report of the hits", "panic.go", func(s *source) {
		s.first(s.function("dopanic_m").Body, "gproofReport()")
	})
	try("check in execute", "proc.go", func(s *source) {
		fn := s.function("execute")
		s.before(s.one(fn, "casgstatus to _Grunning", calls(fn.Body, "casgstatus", "_Grunning")),
			"gproofStarts(gp, gproofSawExecute)")
	})
	try("gate and check in exitsyscall", "proc.go", func(s *source) {
		fn := s.function("exitsyscall")
		s.before(s.head(fn, "syscalltick++", statements(fn.Body, func(stmt ast.Stmt) bool {
			inc, ok := stmt.(*ast.IncDecStmt)
			return ok && isNamed(dotted(inc.X), "syscalltick") || ok && mentions(inc.X, "syscalltick")
		})), "gproofStarts(gp, gproofSawSyscall)")
		s.before(s.head(fn, "waitsince = 0", assigns(fn.Body, "waitsince")), "gproofSyscallReturn()")
	})
	try("check in newproc1", "proc.go", func(s *source) {
		fn := s.function("newproc1")
		s.before(s.one(fn, "casgstatus from _Gdead", calls(fn.Body, "casgstatus", "newg", "_Gdead", "status")),
			"gproofCreated(newg)")
		s.after(s.one(fn, "gfget", calls(fn.Body, "gfget")), "gproofReused(newg)")
	})
	if r.has("mcleanup.go") {
		try("check of the flag of cleanups in newproc1", "proc.go", func(s *source) {
			fn := s.function("newproc1")
			s.before(s.one(fn, "casgstatus from _Gdead", calls(fn.Body, "casgstatus", "newg", "_Gdead", "status")),
				"gproofBornRunning(newg.runningCleanups.Load())")
		})
	}
	try("check in coroswitch_m", "coro.go", func(s *source) {
		fn := s.function("coroswitch_m")
		s.before(s.one(fn, "compare-and-swap to _Grunning of gnext",
			ifs(fn.Body, "gnext.atomicstatus.CompareAndSwap", "_Grunning")), "gproofStarts(gnext, gproofSawCoro)")
	})
	try("gates of the finalizer goroutine", "mfinal.go", func(s *source) {
		fn := s.function("runFinalizers", "runfinq")
		flip := s.one(fn, "fingStatus.Or", calls(fn.Body, "fingStatus.Or", "fingRunningFinalizer"))
		s.before(flip, "gproofBeforeFlip(gproofFinalizerLoop)")
		s.after(flip, "gproofAfterFlip(gproofFinalizerFlip, gproofSawFinalizer)")
	})
	try("gates of the cleanup goroutines", "mcleanup.go", func(s *source) {
		fn := s.function("runCleanups")
		flip := s.one(fn, "beginRunningCleanups", calls(fn.Body, "beginRunningCleanups"))
		s.before(flip, "gproofBeforeFlip(gproofCleanupLoop)")
		s.after(flip, "gproofAfterFlip(gproofCleanupFlip, gproofSawCleanup)")
		for _, name := range []string{"beginRunningCleanups", "endRunningCleanups"} {
			fn = s.function(name)
			s.after(s.one(fn, "runningCleanups.Store", calls(fn.Body, "runningCleanups.Store")),
				"gproofBetweenFlips()")
		}
		s.first(fn.Body, "gproofBeforeFlip(gproofCleanupEnd)")
	})
	return absent
}

func instrumentProfile(s *source) {
	fn := s.function("goroutineProfileWithLabelsConcurrent")
	body := fn.Body
	s.before(s.head(fn, "stopTheWorld", calls(body, "stopTheWorld")), "gproofWantStop()")
	s.first(smallBuffer(s, fn).Body, "gproofGaveUp()")
	on := s.one(fn, "goroutineProfile.active = true", assigns(body, "goroutineProfile.active", "true"))
	s.before(on, "gproofActivating()")
	s.after(on, "gproofActivated()")
	s.before(s.one(fn, "walk", calls(body, "forEachGRace", "tryRecordGoroutineProfile")), "gproofBeforeWalk()")
	s.before(s.head(fn, "goroutineProfile.offset.Swap", calls(body, "goroutineProfile.offset.Swap")),
		"gproofDeactivating(n, labels)")
	off := s.one(fn, "goroutineProfile.active = false", assigns(body, "goroutineProfile.active", "false"))
	s.after(off, "gproofDeactivated()")
}

func instrumentRecorder(s *source) {
	fn := s.function("tryRecordGoroutineProfile")
	s.before(s.head(fn, "read of the state", assigns(fn.Body, "prev", "goroutineProfiled.Load")), "gproofReadingState()")
	fn = s.function("doRecordGoroutineProfile")
	s.first(fn.Body, "gproofInRecord(gp1)")
}

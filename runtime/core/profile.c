// The concurrent goroutine profiler (mprof.go goroutineProfileWithLabelsConcurrent, Go 1.25 with
// the fix of #74090). Two short stops of the world; between them every goroutine is recorded either
// by the walker or by whoever is about to run it, whoever comes first:
//
//   absent ── compare-and-swap ──> in-progress ── record, then release ──> satisfied
//
// Service goroutines take part like everybody else; whether a goroutine is a system goroutine,
// which has no record, is asked only by its recorder: while it holds in-progress the answer cannot
// change.
#include "rt_impl.h"

// ---- recording one goroutine --------------------------------------------------------------------

enum { NO_SLOT = UINT32_MAX };

// A system goroutine has no record. While gp is in progress the answer cannot change (O13).
static bool is_left_out(struct rt *rt, struct g *gp) {
    if (mutant(rt, system_recorded))
        return false;
    bool finalizer = os_peek_u32(&gp->service) == TRACE_FINALIZER;
    if (mutant(rt, finalizer_self_published) && finalizer && rt->fing.g == NULL)
        return false; // known as the finalizer goroutine only from its first park on
    if (mutant(rt, service_always_system) && os_peek_u32(&gp->service) != TRACE_PLAN)
        return true;
    return rt_is_system(rt, gp, SITE_record_classify);
}

// Own gp's stack until release, so that nobody moves it while it is read: *owned is the word to
// release. Whoever has it now is soon through. *owned = 0: it runs, and nobody can own it but
// itself, or the context of a thread of C has gone in between. Returns the status. (casgstatus's
// loop over the scan bit)
static enum g_status own_stack(struct g *gp, uint32_t *owned) {
    *owned = 0;
    for (;;) {
        uint32_t word = os_watched_load(&gp->status, SITE_record_status);
        uint32_t state = os_watched_state(word);
        if (state == GRUNNING || state == GDEAD || state == GDEADEXTRA ||
            (mutant(rt_m()->rt, preempted_unowned) && state == GPREEMPTED))
            return (enum g_status)state;
        if (state == GRUNNABLE || state == GWAITING || state == GLEAKED || state == GSYSCALL ||
            state == GPREEMPTED) {
            *owned = mutant(rt_m()->rt, scan_bit_ignored) ? word : rt_scan_acquire(gp, word);
            if (*owned != 0)
                return (enum g_status)state;
        } else if (mutant(rt_m()->rt, scan_bit_ignored)) {
            *owned = word;
            return (enum g_status)(state & ~(uint32_t)GSCAN);
        }
        os_yield(SITE_scan_wait);
    }
}

// Write gp's record, whose stack is ours. Returns its slot, or NO_SLOT.
static uint32_t write_record(struct m *mp, struct g *gp, enum g_status status,
                             uint32_t early_slot) {
    struct rt *rt = mp->rt;
    uint32_t goid = os_peek_u32(&gp->status.id);
    bool has_stack = status != GDEAD && status != GDEADEXTRA; // or its record is empty, as in Go
    if (has_stack)
        rt_event(mp, TRACE_stack_read, goid, rt->profile.told_as, 0, status, gp->syscall.fp != 0);
    // On its way out of a system call it may be running already, its stack still frozen.
    if (status == GRUNNING && (gp->syscall.fp == 0 || mutant(rt, syscall_runs_early)))
        rt_fatal(TRACE_CHECK_running_stack, goid);
    uint32_t slot = mutant(rt, slot_before_system)
                        ? early_slot
                        : os_add_u32(&rt->profile.offset, 1, SITE_record_slot);
    if (rt->profile.records == NULL) // active, or it could not have come here
        rt_fatal(TRACE_CHECK_late_record, goid);
    if (slot >= rt->profile.capacity && !mutant(rt, buffer_overrun))
        return NO_SLOT; // better a truncated profile than a crash
    os_point(OS_LOAD, gp, SITE_record_frames);
    if (has_stack)
        rt_save_g(rt, gp, &rt->profile.records[slot]);
    else
        rt->profile.records[slot] = (struct rt_record){.goid = goid, .progress = gp->progress};
    for (uint32_t i = 0; mutant(rt, stack_reread) && i < rt->profile.records[slot].depth; i++)
        rt_event(mp, TRACE_stack_read, goid, rt->profile.told_as, 0, status, gp->syscall.fp != 0);
    if (rt->profile.labels != NULL && !mutant(rt, label_after_satisfied))
        rt->profile.labels[slot - (slot > 0 && mutant(rt, label_in_wrong_slot))] = gp->label;
    rt_event(mp, TRACE_profile_record, goid, slot, 0, rt->profile.records[slot].progress,
             gp->label);
    return slot;
}

// Record gp, unless it has no record. mp holds in-progress of gp, so gp does not run. Returns its
// slot, or NO_SLOT. (doRecordGoroutineProfile)
static uint32_t do_record(struct m *mp, struct g *gp) {
    struct rt *rt = mp->rt;
    uint32_t early_slot = 0;
    if (mutant(rt, slot_before_system))
        early_slot = os_add_u32(&rt->profile.offset, 1, SITE_record_slot);
    if (is_left_out(rt, gp))
        return NO_SLOT;
    uint32_t owned;
    enum g_status status = own_stack(gp, &owned);
    uint32_t slot = write_record(mp, gp, status, early_slot);
    if (owned != 0 && !mutant(rt, scan_bit_ignored))
        rt_scan_release(gp, owned);
    return slot;
}

// absent to in-progress, by exactly one recorder. word = the state word seen absent. Returns the
// word written, 0 if somebody was faster.
static uint32_t acquire(struct m *mp, struct g *gp, uint32_t word, enum trace_observer by) {
    if (mutant(mp->rt, store_for_cas)) {
        rt_profile_store(mp, gp, word, IN_PROGRESS, by, SITE_try_acquire);
        return os_watched_next(word, IN_PROGRESS);
    }
    uint32_t written =
        os_watched_cas(&gp->profiled, word, IN_PROGRESS, TRACE_RAW_PROFILE_STATE, SITE_try_acquire);
    if (written != 0)
        rt_event(mp, TRACE_profile_state, os_peek_u32(&gp->profiled.id), by,
                 os_watched_version(written), ABSENT, IN_PROGRESS);
    return written;
}

// Labels belong to the record: a goroutine that may run changes its own (O14).
static void label_late(struct rt *rt, struct g *gp, uint32_t slot) {
    os_point(OS_LOAD, gp, SITE_record_frames);
    if (rt->profile.labels != NULL)
        rt->profile.labels[slot] = gp->label;
}

// gp was seen absent: record it, unless somebody else does. Not preemptible from before the
// acquisition until gp is satisfied: others spin on g0 for that long (O10).
static void acquire_and_record(struct g *gp, uint32_t word, enum trace_observer by) {
    struct m *mp = rt_acquirem();
    bool preemptible = mutant(mp->rt, recorder_preemptible) && by == TRACE_BY_WALKER;
    bool early = mutant(mp->rt, satisfied_before_record);
    word = acquire(mp, gp, word, by);
    if (word != 0) {
        if (early)
            rt_profile_store(mp, gp, word, SATISFIED, by, SITE_try_satisfy);
        if (preemptible) {
            rt_releasem(mp);
            rt_checkpoint();
            mp = rt_acquirem();
        }
        uint32_t slot = do_record(mp, gp);
        if (slot != NO_SLOT && mutant(mp->rt, record_retried))
            do_record(mp, gp);
        bool left = slot == NO_SLOT && mutant(mp->rt, in_progress_left);
        if (!early && !left) // [state] the permission to run comes last (O14)
            rt_profile_store(mp, gp, word, SATISFIED, by, SITE_try_satisfy);
        if (slot != NO_SLOT && mutant(mp->rt, label_after_satisfied))
            label_late(mp->rt, gp, slot);
    } else if (mutant(mp->rt, releasem_forgotten)) {
        return;
    }
    rt_releasem(mp);
}

// See to it that gp is satisfied: record it, or wait for whoever does. (tryRecordGoroutineProfile)
static void try_record(struct g *gp, enum trace_observer by, void (*yield)(void)) {
    struct rt *rt = rt_m()->rt;
    if (gp == NULL) // Go reads through it
        rt_fatal(TRACE_CHECK_nil_g, by);
    enum g_status status = rt_status(gp, SITE_try_status);
    if ((status == GDEAD || status == GDEADEXTRA) && !mutant(rt, dead_recorded))
        return; // status first, then state (O7)
    if (mutant(rt, issue_74090) && rt_is_system(rt, gp, SITE_record_classify))
        return;
    for (bool untold = true;; untold = false) {
        uint32_t word = os_watched_load(&gp->profiled, SITE_try_state);
        enum profile_state state = (enum profile_state)os_watched_state(word);
        if (untold)
            rt_event(rt_m(), TRACE_observe, os_peek_u32(&gp->profiled.id), by, 0, state,
                     rt_role(rt, gp));
        if (state == SATISFIED)
            return;
        if (state == ABSENT)
            acquire_and_record(gp, word, by); // then look again
        else if (mutant(rt, in_progress_is_done) && by != TRACE_BY_WALKER)
            return;
        else
            yield();
    }
}

static void spin(void) {
    os_yield(SITE_try_wait);
}

void rt_profile_checkin(struct m *mp, struct g *gp, enum trace_observer by) {
    if (mp->p == NULL) // recording may allocate and write pointers: tryRecordGoroutineProfileWB
        rt_fatal(TRACE_CHECK_no_p, gp->goid);
    try_record(gp, by, mutant(mp->rt, scheduler_yields) ? rt_gosched : spin);
}

void rt_profile_leave(struct g *gp) {
    if (rt_m()->rt->profile.active)
        try_record(gp, TRACE_BY_FOREIGN, spin);
}

// ---- the coordinator ----------------------------------------------------------------------------

struct request {
    struct rt_record *records;
    uint32_t *labels;
    uint32_t capacity, number, n;
    uint32_t early_n;    // of a mutant that counts before the stop
    struct g **early_gs; // of mutants: allgs as it was when the walk, or the profile, began
    uint32_t early_length;
};

// n: exact, since the world is stopped (O2), and equal to what the classification will say.
static uint32_t count(struct rt *rt) {
    uint32_t n = rt_gcount(rt);
    if (n == 0 && mutant(rt, count_clamped)) // Go's gcount says 1, counting a main that never dies
        n = 1;
    if (!mutant(rt, finalizer_not_counted) && (os_settled_u32(&rt->fing.status) & FING_RUNNING))
        n++;
    if (mutant(rt, cleanups_not_counted))
        return n;
    return n + os_settled_u32(&rt->cleanups.running);
}

// Record the caller into slot 0, on g0: a goroutine is not unwound on its own stack (O4).
static void record_self(struct m *mp, void *argument) {
    const struct request *request = argument;
    struct rt *rt = mp->rt;
    struct g *gp = mp->curg;
    uint32_t slot = mutant(rt, caller_last) && request->n > 0 ? request->n - 1 : 0;
    rt_save_g(rt, gp, &request->records[slot]);
    if (request->labels != NULL && !mutant(rt, caller_labels_lost))
        request->labels[slot] = gp->label;
    rt_event(mp, TRACE_profile_record, gp->goid, slot, 0, request->records[slot].progress,
             gp->label);
    if (!mutant(rt, self_not_satisfied))
        rt_profile_store(mp, gp, os_peek_u32(&gp->profiled.word), SATISFIED, TRACE_BY_SELF,
                         SITE_profile_self);
}

// All plain, all written between stop and start: whoever runs again sees all of it (O5).
static void install(struct rt *rt, const struct request *request) {
    bool first_free = !mutant(rt, self_slot_reused) && !mutant(rt, caller_last);
    uint32_t taken = os_settled_u32(&rt->profile.offset);
    if (rt->profile.records != NULL || rt->profile.labels != NULL || rt->profile.capacity != 0)
        rt_fatal(TRACE_CHECK_profile_left, rt->profile.told_as); // they were the last caller's
    os_settle_u32(&rt->profile.offset, first_free);
    rt->profile.told_as = request->number;
    rt->profile.records = request->records;
    rt->profile.labels = request->labels;
    rt->profile.capacity = request->capacity;
    rt->profile.active = !mutant(rt, activated_after_restart);
    rt_event(rt_m(), TRACE_profile_active, rt_m()->curg->goid, request->number, 0, request->n,
             taken);
}

// A goroutine that nobody has told of may be a nil pointer: golang/go#52821.
static void satisfy_finalizer_goroutine(struct m *mp) {
    struct g *gp = mp->rt->fing.g;
    rt_profile_store(mp, gp, os_peek_u32(&gp->profiled.word), SATISFIED, TRACE_BY_SELF,
                     SITE_profile_self);
}

static void overwrite_first(struct m *mp, void *argument) {
    const struct request *request = argument;
    rt_save_g(mp->rt, mp->curg, &request->records[0]);
}

static void fix_n(struct rt *rt, struct request *request) {
    request->n = request->early_n != 0 ? request->early_n : count(rt);
    rt_event(rt_m(), TRACE_profile_counted, rt_m()->curg->goid, request->number, 0, request->n,
             request->capacity);
}

// Inside the first stop. False: the buffer is too small, and nothing was written to it (O3).
static bool begin(struct rt *rt, struct request *request) {
    struct m *mp = rt_m();
    if (mutant(rt, recorded_before_count))
        rt_systemstack(record_self, request);
    if (!mutant(rt, counted_before_stop))
        fix_n(rt, request);
    bool lax = mutant(rt, capacity_off_by_one) || mutant(rt, buffer_overrun);
    if (request->n > request->capacity + lax) {
        if (mutant(rt, small_buffer_written))
            rt_systemstack(overwrite_first, request);
        return false;
    }
    if (mutant(rt, caller_records_itself))
        record_self(mp, request);
    else if (!mutant(rt, caller_recorded_late) && !mutant(rt, recorded_before_count))
        rt_systemstack(record_self, request);
    if (mutant(rt, finalizer_premarked))
        satisfy_finalizer_goroutine(mp);
    if (mutant(rt, yield_while_stopped))
        rt_gosched();
    if (!mutant(rt, installed_after_restart))
        install(rt, request);
    return true;
}

// Inside the second stop: no recorder is under way, none can come any more (O16).
static void end(struct rt *rt, const struct request *request) {
    uint32_t records = os_swap_u32(&rt->profile.offset, 0, SITE_profile_offset);
    rt_event(rt_m(), TRACE_profile_inactive, rt_m()->curg->goid, request->number, 0, request->n,
             records);
    rt->profile.active = mutant(rt, stays_active);
    if (mutant(rt, tail_cleared))
        for (uint32_t i = request->n; i < request->capacity; i++)
            request->records[i] = (struct rt_record){0};
    rt->profile.records = NULL;
    rt->profile.labels = NULL;
    rt->profile.capacity = 0;
}

// Everybody who is there after the restart; all who were there at the stop are among them (O6).
static void walk(struct rt *rt, struct request *request) {
    struct g **gs;
    uint32_t length = rt_allgs(rt, &gs);
    if (mutant(rt, walk_early_snapshot)) {
        gs = request->early_gs;
        length = request->early_length;
    }
    request->early_gs = gs;
    request->early_length = length;
    length -= mutant(rt, walk_misses_last) && length > 1;
    for (uint32_t i = 0; i < length; i++)
        try_record(gs[i], TRACE_BY_WALKER, rt_gosched);
}

// Restore absent for all, the dead included, before the next profile may begin (O1, O17).
static void sweep(struct rt *rt, const struct request *request) {
    struct g **gs;
    uint32_t length = rt_allgs(rt, &gs);
    if (mutant(rt, sweep_old_snapshot))
        length = request->early_length;
    for (uint32_t i = 0; i < length; i++) {
        uint32_t word = os_watched_load(&gs[i]->profiled, SITE_profile_sweep);
        if (mutant(rt, sweep_skips_dead) && rt_status(gs[i], SITE_profile_sweep) == GDEAD)
            continue;
        if (os_watched_state(word) != ABSENT)
            rt_profile_store(rt_m(), gs[i], word, ABSENT, TRACE_BY_SWEEP, SITE_profile_sweep);
        if (os_watched_state(word) != ABSENT && mutant(rt, sweep_writes_twice))
            os_watched_store(&gs[i]->profiled, os_watched_next(word, ABSENT), ABSENT,
                             TRACE_RAW_PROFILE_STATE, SITE_profile_sweep);
    }
    rt_event(rt_m(), TRACE_profile_swept, rt_m()->curg->goid, request->number, 0, 0, 0);
}

static void finish(struct rt *rt, const struct request *request, bool ok) {
    rt_event(rt_m(), TRACE_profile_end, rt_m()->curg->goid, request->number, 0, request->n, ok);
    bool released = ok && mutant(rt, sema_released_early);
    if ((ok || !mutant(rt, small_buffer_keeps_sema)) && !mutant(rt, no_sema) && !released)
        rt_sema_release(&rt->profile.sema, false);
    os_progress();
}

// Collect what begin has started, and take the barrier down.
static void collect(struct rt *rt, struct request *request) {
    walk(rt, request);
    if (mutant(rt, sweep_early))
        sweep(rt, request);
    if (mutant(rt, deactivated_before_stop))
        rt->profile.active = false;
    if (!mutant(rt, second_stop_missing))
        rt_stop_world(TRACE_STOP_PROFILE_CLEANUP);
    end(rt, request);
    if (!mutant(rt, second_stop_missing))
        rt_start_world(TRACE_STOP_PROFILE_CLEANUP);
    if (mutant(rt, sema_released_early)) {
        rt_sema_release(&rt->profile.sema, false);
        rt_checkpoint(); // Go can be preempted in the sweep
    }
    if (!mutant(rt, sweep_missing) && !mutant(rt, sweep_early))
        sweep(rt, request);
    // The number of records may differ from n only if this runtime is wrong: nothing is said here,
    // as in Go ("better to return a truncated profile"). The oracle says it.
}

// A name for a profile: its own, counted from 1.
static uint32_t next_number(struct rt *rt) {
    if (mutant(rt, number_reused)) {
        uint32_t last = os_load_u32(&rt->profile.numbers, OS_ACQUIRE, SITE_profile_offset);
        os_store_u32(&rt->profile.numbers, last + 1, OS_RELEASE, SITE_profile_offset);
        return last + 1;
    }
    return os_add_u32(&rt->profile.numbers, 1, SITE_profile_offset) + 1;
}

uint32_t rt_goroutine_profile(struct rt_record *records, uint32_t *labels, uint32_t capacity,
                              uint32_t *profile, bool *ok) {
    struct rt *rt = rt_m()->rt;
    *ok = false;
    *profile = 0;
    if (capacity == 0) { // an estimate, without a stop
        if (mutant(rt, query_stops))
            rt_stop_world(TRACE_STOP_PROFILE_CLEANUP);
        uint32_t n = rt_gcount(rt);
        if (mutant(rt, query_counts_system))
            n += os_load_u32(&rt->sched.ngsys, OS_ACQUIRE, SITE_system_count);
        if (mutant(rt, query_stops))
            rt_start_world(TRACE_STOP_PROFILE_CLEANUP);
        return n == 0 && !mutant(rt, query_not_clamped) ? 1 : n;
    }
    struct request request = {.records = records, .labels = labels, .capacity = capacity};
    request.number = *profile = next_number(rt);
    rt_event(rt_m(), TRACE_profile_request, rt_m()->curg->goid, request.number, 0, capacity, 0);
    if (!mutant(rt, no_sema))
        rt_sema_acquire(&rt->profile.sema, false, TRACE_WAIT_PROFILE_SEMA);
    if (mutant(rt, count_outside_stop))
        request.early_n = count(rt);
    if (mutant(rt, walk_early_snapshot))
        request.early_length = rt_allgs(rt, &request.early_gs);
    if (mutant(rt, counted_before_stop))
        fix_n(rt, &request);
    rt_stop_world(TRACE_STOP_PROFILE);
    if (mutant(rt, gcsema_inside_stop)) {
        rt_sema_acquire(&rt->gc_sema, false, TRACE_WAIT_GC_SEMA);
        rt_sema_release(&rt->gc_sema, false);
    }
    *ok = begin(rt, &request);
    if (*ok && mutant(rt, walk_while_stopped)) // as before Go 1.19
        walk(rt, &request);
    if (*ok || !mutant(rt, small_buffer_keeps_stop))
        rt_start_world(TRACE_STOP_PROFILE);
    if (*ok && mutant(rt, caller_recorded_late))
        rt_systemstack(record_self, &request);
    if (*ok && mutant(rt, installed_after_restart))
        install(rt, &request);
    if (*ok && mutant(rt, activated_after_restart))
        rt->profile.active = true;
    if (*ok)
        collect(rt, &request);
    finish(rt, &request, *ok);
    return request.n;
}

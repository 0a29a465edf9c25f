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

// Write gp's record. mp holds in-progress of gp, so gp does not run. (doRecordGoroutineProfile)
static void do_record(struct m *mp, struct g *gp) {
    struct rt *rt = mp->rt;
    uint32_t early_slot = 0;
    if (mutant(rt, slot_before_system))
        early_slot = os_add_u32(&rt->profile.offset, 1, SITE_record_slot);
    if (!mutant(rt, system_recorded) && rt_is_system(rt, gp, SITE_record_classify))
        return;
    enum g_status status = rt_status(gp, SITE_record_status);
    uint32_t goid = os_peek_u32(&gp->status.id);
    rt_event(mp, TRACE_stack_read, goid, rt->profile.number, 0, status, gp->syscall.fp != 0);
    if (status == GRUNNING && gp->syscall.fp == 0)
        rt_fatal(TRACE_CHECK_running_stack, goid);
    uint32_t slot = mutant(rt, slot_before_system)
                        ? early_slot
                        : os_add_u32(&rt->profile.offset, 1, SITE_record_slot);
    if (rt->profile.records == NULL) // active, or it could not have come here
        rt_fatal(TRACE_CHECK_late_record, goid);
    if (slot >= rt->profile.capacity)
        return; // better a truncated profile than a crash
    os_point(OS_LOAD, gp, SITE_record_frames);
    rt_save_g(rt, gp, &rt->profile.records[slot]);
    if (rt->profile.labels != NULL)
        rt->profile.labels[slot - (slot > 0 && mutant(rt, label_in_wrong_slot))] = gp->label;
    rt_event(mp, TRACE_profile_record, goid, slot, 0, rt->profile.records[slot].progress,
             gp->label);
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
        do_record(mp, gp);
        if (!early) // [state] the permission to run comes last (O14)
            rt_profile_store(mp, gp, word, SATISFIED, by, SITE_try_satisfy);
    }
    rt_releasem(mp);
}

// See to it that gp is satisfied: record it, or wait for whoever does. (tryRecordGoroutineProfile)
static void try_record(struct g *gp, enum trace_observer by, void (*yield)(void)) {
    struct rt *rt = rt_m()->rt;
    if (rt_status(gp, SITE_try_status) == GDEAD && !mutant(rt, dead_recorded))
        return; // status first, then state (O7)
    if (mutant(rt, issue_74090) && rt_is_system(rt, gp, SITE_record_classify))
        return;
    for (bool first = true;; first = false) {
        uint32_t word = os_watched_load(&gp->profiled, SITE_try_state);
        enum profile_state state = (enum profile_state)os_watched_state(word);
        if (first)
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
    try_record(gp, by, spin);
}

// ---- the coordinator ----------------------------------------------------------------------------

struct request {
    struct rt_record *records;
    uint32_t *labels;
    uint32_t capacity, number, n;
    uint32_t early_n; // of a mutant that counts before the stop
};

// n: exact, since the world is stopped (O2), and equal to what the classification will say.
static uint32_t count(struct rt *rt) {
    uint32_t n = rt_gcount(rt);
    if (n == 0 && mutant(rt, count_clamped)) // Go's gcount says 1, counting a main that never dies
        n = 1;
    if (!mutant(rt, finalizer_not_counted) &&
        (os_load_u32(&rt->fing.status, OS_ACQUIRE, SITE_fing_status) & FING_RUNNING))
        n++;
    if (mutant(rt, cleanups_not_counted))
        return n;
    return n + os_load_u32(&rt->cleanups.running, OS_ACQUIRE, SITE_cleanup_count);
}

// Record the caller into slot 0, on g0: a goroutine is not unwound on its own stack (O4).
static void record_self(struct m *mp, void *argument) {
    const struct request *request = argument;
    struct rt *rt = mp->rt;
    struct g *gp = mp->curg;
    rt_save_g(rt, gp, &request->records[0]);
    if (request->labels != NULL && !mutant(rt, caller_labels_lost))
        request->labels[0] = gp->label;
    rt_event(mp, TRACE_profile_record, gp->goid, 0, 0, request->records[0].progress, gp->label);
    if (!mutant(rt, self_not_satisfied))
        rt_profile_store(mp, gp, os_peek_u32(&gp->profiled.word), SATISFIED, TRACE_BY_SELF,
                         SITE_profile_self);
}

// Inside the first stop. False: the buffer is too small, and nothing was written to it (O3).
static bool begin(struct rt *rt, struct request *request) {
    struct m *mp = rt_m();
    uint32_t goid = mp->curg->goid;
    request->n = request->early_n != 0 ? request->early_n : count(rt);
    rt_event(mp, TRACE_profile_counted, goid, request->number, 0, request->n, request->capacity);
    if (request->n > request->capacity + mutant(rt, capacity_off_by_one)) {
        if (mutant(rt, small_buffer_written))
            rt_save_g(rt, mp->curg, &request->records[0]);
        return false;
    }
    rt_systemstack(record_self, request);
    mp = rt_m();
    os_store_u32(&rt->profile.offset, !mutant(rt, self_slot_reused), OS_RELEASE,
                 SITE_profile_offset);
    // All plain, all written between stop and start: whoever runs again sees all of it (O5).
    rt->profile.number = request->number;
    rt->profile.records = request->records;
    rt->profile.labels = request->labels;
    rt->profile.capacity = request->capacity;
    rt->profile.active = !mutant(rt, activated_after_restart);
    rt_event(mp, TRACE_profile_active, goid, request->number, 0, request->n, 0);
    return true;
}

// Inside the second stop: no recorder is under way, none can come any more (O16).
static void end(struct rt *rt, const struct request *request) {
    uint32_t records = os_swap_u32(&rt->profile.offset, 0, SITE_profile_offset);
    rt_event(rt_m(), TRACE_profile_inactive, rt_m()->curg->goid, request->number, 0, request->n,
             records);
    rt->profile.active = mutant(rt, stays_active);
    rt->profile.records = NULL;
    rt->profile.labels = NULL;
    rt->profile.capacity = 0;
}

// Everybody who is there after the restart; all who were there at the stop are among them (O6).
static void walk(struct rt *rt) {
    struct g **gs;
    uint32_t length = rt_allgs(rt, &gs);
    length -= mutant(rt, walk_misses_last) && length > 1;
    for (uint32_t i = 0; i < length; i++)
        try_record(gs[i], TRACE_BY_WALKER, rt_gosched);
}

// Restore absent for all, the dead included, before the next profile may begin (O1, O17).
static void sweep(struct rt *rt, const struct request *request) {
    struct g **gs;
    uint32_t length = rt_allgs(rt, &gs);
    for (uint32_t i = 0; i < length; i++) {
        uint32_t word = os_watched_load(&gs[i]->profiled, SITE_profile_sweep);
        if (mutant(rt, sweep_skips_dead) && rt_status(gs[i], SITE_profile_sweep) == GDEAD)
            continue;
        if (os_watched_state(word) != ABSENT)
            rt_profile_store(rt_m(), gs[i], word, ABSENT, TRACE_BY_SWEEP, SITE_profile_sweep);
    }
    rt_event(rt_m(), TRACE_profile_swept, rt_m()->curg->goid, request->number, 0, 0, 0);
}

static void finish(struct rt *rt, const struct request *request, bool ok) {
    rt_event(rt_m(), TRACE_profile_end, rt_m()->curg->goid, request->number, 0, request->n, ok);
    if ((ok || !mutant(rt, small_buffer_keeps_sema)) && !mutant(rt, no_sema))
        rt_sema_release(&rt->profile.sema, false);
    os_progress();
}

// Collect what begin has started, and take the barrier down.
static void collect(struct rt *rt, const struct request *request) {
    walk(rt);
    if (mutant(rt, sweep_early))
        sweep(rt, request);
    if (!mutant(rt, second_stop_missing))
        rt_stop_world(TRACE_STOP_PROFILE_CLEANUP);
    end(rt, request);
    if (!mutant(rt, second_stop_missing))
        rt_start_world(TRACE_STOP_PROFILE_CLEANUP);
    if (!mutant(rt, sweep_missing) && !mutant(rt, sweep_early))
        sweep(rt, request);
    // The number of records may differ from n only if this runtime is wrong: nothing is said here,
    // as in Go ("better to return a truncated profile"). The oracle says it.
}

uint32_t rt_goroutine_profile(struct rt_record *records, uint32_t *labels, uint32_t capacity,
                              uint32_t *profile, bool *ok) {
    struct rt *rt = rt_m()->rt;
    *ok = false;
    *profile = 0;
    if (capacity == 0) { // an estimate, without a stop
        uint32_t n = rt_gcount(rt);
        return n > 0 ? n : 1;
    }
    struct request request = {.records = records, .labels = labels, .capacity = capacity};
    request.number = *profile = os_add_u32(&rt->profile.numbers, 1, SITE_profile_offset) + 1;
    rt_event(rt_m(), TRACE_profile_request, rt_m()->curg->goid, request.number, 0, capacity, 0);
    if (!mutant(rt, no_sema))
        rt_sema_acquire(&rt->profile.sema, TRACE_WAIT_PROFILE_SEMA);
    if (mutant(rt, count_outside_stop))
        request.early_n = count(rt);
    rt_stop_world(TRACE_STOP_PROFILE);
    *ok = begin(rt, &request);
    if (*ok || !mutant(rt, small_buffer_keeps_stop))
        rt_start_world(TRACE_STOP_PROFILE);
    if (*ok && mutant(rt, activated_after_restart))
        rt->profile.active = true;
    if (*ok)
        collect(rt, &request);
    finish(rt, &request, *ok);
    return request.n;
}

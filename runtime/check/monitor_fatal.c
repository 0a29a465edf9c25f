// What only the runtime's own checks can see, raised by its `fatal` event, and what the end of the
// run says by itself. A check that has not fired has held: the run would have ended.
#include "monitor.h"

#include <stdio.h>

static void judge_fatal(struct oracle *oracle, const struct trace_event *event) {
    if (event->a >= TRACE_CHECK_COUNT) {
        if (!oracle_holds(oracle, INV_runtime_sound, false))
            oracle_raise(oracle, INV_runtime_sound, oracle->index, event->goroutine, 0x100,
                         "the runtime ends the run by check %u, which nobody knows", event->a);
        return;
    }
    const struct trace_check_info *info = trace_check_info(event->a);
    enum invariant invariant = oracle->check_invariant[event->a];
    if (!oracle_holds(oracle, invariant, false))
        oracle_raise(oracle, invariant, oracle->index, event->goroutine, 1u + event->a,
                     "fatal at %s: %s (detail %llu)", oracle_name(oracle, event->goroutine).text,
                     info->message, (unsigned long long)event->b);
}

static void judge_own_checks(struct oracle *oracle, const struct trace_event *event) {
    switch (event->kind) {
    case TRACE_fatal:
        judge_fatal(oracle, event);
        break;
    case TRACE_profile_state:
        if (event->b == TRACE_IN_PROGRESS)
            oracle_holds(oracle, INV_recorder_has_p, true);
        break;
    case TRACE_stop_request:
        oracle_holds(oracle, INV_stop_without_locks, true);
        break;
    case TRACE_gc: // every handle that was visited was in reach
        oracle_holds(oracle, INV_gc_sound, true);
        break;
    default: // stack_read: libunwind judges some of them, and events do not say which
        oracle_undecided(oracle, INV_unwinders_agree);
    }
}

// What keeps a run from ending, as far as it tells one fault from another.
static uint64_t stuck_facts(const struct shadow *shadow) {
    return (uint64_t)shadow->stopped | (uint64_t)shadow->active << 1 |
           (uint64_t)(shadow->in_progress != 0) << 2 | (uint64_t)(shadow->under_way != 0) << 3;
}

// Goroutines that wait inside the runtime, for a sentence.
static uint32_t find_waiting(struct shadow *shadow, uint32_t *count) {
    uint32_t first = 0;
    *count = 0;
    for (uint32_t id = 1; id <= shadow->goroutine_last; id++) {
        const struct shadow_g *g = shadow_goroutine(shadow, id);
        if (!g->known || !g->now.alive || g->thread != 0 ||
            (g->wait != TRACE_WAIT_WORLD_SEMA && g->wait != TRACE_WAIT_GC_SEMA &&
             g->wait != TRACE_WAIT_PROFILE_SEMA && g->wait != TRACE_WAIT_GC_CYCLE &&
             g->wait != TRACE_WAIT_LEAK_LOCK))
            continue;
        if (first == 0)
            first = id;
        ++*count;
    }
    return first;
}

static void raise_stuck(struct oracle *oracle, enum invariant invariant, const char *what) {
    struct shadow *shadow = &oracle->shadow;
    uint32_t count, first = find_waiting(shadow, &count);
    char waiting[96] = "";
    if (count != 0)
        snprintf(waiting, sizeof waiting, "; %u wait inside the runtime, goroutine %u for %s",
                 count, first, trace_wait_name(shadow_goroutine(shadow, first)->wait));
    oracle_raise(oracle, invariant, oracle->index, 0, stuck_facts(shadow), "%s%s%s%s%s", what,
                 shadow->stopped ? "; the world is stopped" : "",
                 shadow->active ? "; a profile is active" : "",
                 shadow->in_progress != 0 ? "; a record is in progress" : "", waiting);
}

// How a run ended is no event: it counts whether the trace is whole or not.
static void end_run(struct oracle *oracle, bool cut) {
    enum run_end end = oracle->end;
    if (!oracle_holds(oracle, INV_not_stuck, end != RUN_STUCK))
        raise_stuck(oracle, INV_not_stuck,
                    "nothing can wake those who wait or are runnable any more");
    if (end == RUN_INCONCLUSIVE)
        oracle_undecided(oracle, INV_progress);
    else if (!oracle_holds(oracle, INV_progress, end != RUN_NO_PROGRESS))
        raise_stuck(oracle, INV_progress,
                    "no progress within the budget of steps, nor under fair rotation");
    if (!oracle_holds(oracle, INV_runtime_sound, end != RUN_CRASHED))
        oracle_raise(oracle, INV_runtime_sound, oracle->index, 0, 0x101, "a signal ended the run");
    if (end == RUN_FATAL && oracle->verdict->count == 0)
        oracle_raise(oracle, INV_runtime_sound, oracle->index, 0, 0x102,
                     "a check of the runtime ended the run, but the trace %s",
                     cut ? "was cut before it says which" : "does not say which");
    oracle_holds(oracle, INV_lock_rank, true);
    oracle_holds(oracle, INV_canary, true);
}

const struct monitor monitor_fatal = {
    .kinds = MONITOR_KIND(fatal) | MONITOR_KIND(profile_state) | MONITOR_KIND(stop_request) |
             MONITOR_KIND(gc) | MONITOR_KIND(stack_read),
    .judge = judge_own_checks,
    .end = end_run,
};

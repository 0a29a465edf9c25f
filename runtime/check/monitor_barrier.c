// Who may run while a profile is active; the barrier itself; and that nothing is left of it at
// rest.
#include "monitor.h"

static const char *how_it_runs(const struct trace_event *event) {
    switch (event->kind) {
    case TRACE_status:
    case TRACE_go_run:
        return "starts to run";
    case TRACE_syscall_exit:
        return "goes on after a system call";
    case TRACE_role:
        return "flips to the user role";
    default:
        return "runs user code";
    }
}

// Does the event say that its goroutine starts or goes on? The scheduler's edge of the status is
// the earliest word of it: go_run follows, unless a recorder has come across a running goroutine by
// then.
static bool says_it_runs(const struct trace_event *event) {
    switch (event->kind) {
    case TRACE_status:
        return event->a == TRACE_GRUNNABLE && event->b == TRACE_GRUNNING;
    case TRACE_role:
        return event->a == TRACE_ROLE_USER;
    default:
        return true;
    }
}

// Its satisfied state was told before it was stored, and it goes on only after it was read: in both
// worlds the order of the two events is the order of what happened. Where the seam tells the word
// itself, a goroutine that goes on between the telling and the store is seen as well.
static void judge_run(struct oracle *oracle, const struct trace_event *event) {
    struct shadow *shadow = &oracle->shadow;
    if (!shadow->active || !says_it_runs(event))
        return;
    const struct shadow_g *g = shadow_goroutine(shadow, event->goroutine);
    const struct shadow_word *word = &g->words[TRACE_RAW_PROFILE_STATE];
    bool known;
    uint8_t state = shadow_state(shadow, g, &known);
    if (state == TRACE_SATISFIED && word->raw != 0)
        state = word->value;
    if (!known) {
        oracle_undecided(oracle, INV_satisfied_before_run);
        oracle_undecided(oracle, INV_in_progress_not_running);
        return;
    }
    if (!oracle_holds(oracle, INV_satisfied_before_run, state == TRACE_SATISFIED))
        oracle_raise(oracle, INV_satisfied_before_run, oracle->index, event->goroutine, 0,
                     "%s %s while profile %u is active and its profile state is %s, not satisfied",
                     oracle_name(oracle, event->goroutine).text, how_it_runs(event),
                     oracle_profile_number(oracle), trace_state_name(state));
    if (!oracle_holds(oracle, INV_in_progress_not_running, state != TRACE_IN_PROGRESS))
        oracle_raise(oracle, INV_in_progress_not_running, oracle->index, event->goroutine, 0,
                     "%s %s while its record is in progress",
                     oracle_name(oracle, event->goroutine).text, how_it_runs(event));
}

// Of the caller it is said just before, inside the same stop, that it is satisfied.
static void judge_active(struct oracle *oracle, const struct trace_event *event) {
    struct shadow *shadow = &oracle->shadow;
    if (!oracle_holds(oracle, INV_activated_while_stopped, shadow->stopped))
        oracle_raise(oracle, INV_activated_while_stopped, oracle->index, event->goroutine, 0,
                     "profile %u becomes active while the world is not stopped", event->object);
    const struct shadow_g *caller = shadow_goroutine(shadow, event->goroutine);
    uint32_t own = caller->known && caller->now.alive && caller->state != TRACE_ABSENT;
    if (!oracle_holds(oracle, INV_at_rest_absent, shadow->not_absent == own)) {
        uint32_t id = oracle_find_not_absent(oracle, event->goroutine);
        oracle_raise(oracle, INV_at_rest_absent, oracle->index, id, 1,
                     "%s is %s when profile %u begins; every goroutine but the caller must be "
                     "absent",
                     oracle_name(oracle, id).text,
                     trace_state_name(shadow_goroutine(shadow, id)->state), event->object);
    }
}

static void judge_rest(struct oracle *oracle, const struct trace_event *event) {
    struct shadow *shadow = &oracle->shadow;
    if (oracle_holds(oracle, INV_at_rest_absent, shadow->not_absent == 0))
        return;
    uint32_t id = oracle_find_not_absent(oracle, 0);
    oracle_raise(oracle, INV_at_rest_absent, oracle->index, id, 0,
                 "%s is still %s when the sweep of profile %u is over; it must be absent",
                 oracle_name(oracle, id).text,
                 trace_state_name(shadow_goroutine(shadow, id)->state), event->object);
}

static void judge_barrier(struct oracle *oracle, const struct trace_event *event) {
    struct shadow *shadow = &oracle->shadow;
    switch (event->kind) {
    case TRACE_profile_active:
        judge_active(oracle, event);
        break;
    case TRACE_profile_inactive:
        if (!oracle_holds(oracle, INV_deactivated_while_stopped, shadow->stopped))
            oracle_raise(oracle, INV_deactivated_while_stopped, oracle->index, event->goroutine, 0,
                         "profile %u becomes inactive while the world is not stopped",
                         event->object);
        break;
    case TRACE_profile_swept:
        judge_rest(oracle, event);
        break;
    case TRACE_profile_end:
        if (shadow->sweeping) // nobody said that it was swept
            judge_rest(oracle, event);
        break;
    default:
        judge_run(oracle, event);
    }
}

const struct monitor monitor_barrier = {
    .kinds = MONITOR_KIND(profile_active) | MONITOR_KIND(profile_inactive) |
             MONITOR_KIND(profile_swept) | MONITOR_KIND(profile_end),
    .watched_kinds = MONITOR_KIND(status) | MONITOR_KIND(go_run) | MONITOR_KIND(syscall_exit) |
                     MONITOR_KIND(role) | MONITOR_KIND(user_step),
    .judge = judge_barrier,
};

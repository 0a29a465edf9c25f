// What is recorded, and of whom: membership, progress and labels of the records as the recorders
// tell them, n against the shadow's own count, and that nobody's stack is read while it runs.
#include "monitor.h"

// A record is of a goroutine that was alive and a user one at the first stop, and only the first
// one of it. Everything it shows is compared with that moment.
static bool judge_member(struct oracle *oracle, const struct oracle_record *record) {
    struct shadow *shadow = &oracle->shadow;
    const struct shadow_g *g = shadow_goroutine(shadow, record->goroutine);
    struct shadow_view view = shadow_view_at(shadow, g, record->stop);
    if (!oracle_holds(oracle, INV_no_newcomers, view.alive))
        oracle_raise(oracle, INV_no_newcomers, oracle->index, record->goroutine, g->known,
                     "%s has a record in slot %u, but was not alive at the first stop",
                     oracle_name(oracle, record->goroutine).text, record->slot);
    if (!view.alive)
        return false;
    bool member = view.role == TRACE_ROLE_USER;
    if (!oracle_holds(oracle, INV_no_system_record, member))
        oracle_raise(oracle, INV_no_system_record, oracle->index, record->goroutine, 0,
                     "%s has a record in slot %u, but was a system goroutine at the first stop",
                     oracle_name(oracle, record->goroutine).text, record->slot);
    return member;
}

bool oracle_judge_record(struct oracle *oracle, const struct oracle_record *record) {
    struct shadow *shadow = &oracle->shadow;
    bool is_caller = record->goroutine == record->caller;
    if (!oracle_holds(oracle, INV_caller_first, is_caller == (record->slot == 0)))
        oracle_raise(oracle, INV_caller_first, oracle->index, record->goroutine, is_caller,
                     "slot %u shows %s, and goroutine %u is the caller; record 0 is the caller's",
                     record->slot, oracle_name(oracle, record->goroutine).text, record->caller);
    if (!oracle_holds(oracle, INV_recorded_once, !record->again))
        oracle_raise(oracle, INV_recorded_once, oracle->index, record->goroutine, 0,
                     "%s has a second record, in slot %u",
                     oracle_name(oracle, record->goroutine).text, record->slot);
    if (!judge_member(oracle, record))
        return false;
    const struct shadow_g *g = shadow_goroutine(shadow, record->goroutine);
    struct shadow_view view = shadow_view_at(shadow, g, record->stop);
    if (!oracle_holds(oracle, INV_record_progress, record->progress == view.progress))
        oracle_raise(oracle, INV_record_progress, oracle->index, record->goroutine, is_caller,
                     "the record of %s shows progress %llu, but it was %u at the first stop",
                     oracle_name(oracle, record->goroutine).text,
                     (unsigned long long)record->progress, view.progress);
    if (!oracle_holds(oracle, INV_record_labels, record->label == view.label))
        oracle_raise(oracle, INV_record_labels, oracle->index, record->goroutine, is_caller,
                     "the record of %s shows label %llu, but it was %u at the first stop",
                     oracle_name(oracle, record->goroutine).text, (unsigned long long)record->label,
                     view.label);
    return true;
}

// ---- recorders ----------------------------------------------------------------------------------

static bool is_caller_at_first_stop(const struct shadow *shadow, uint32_t goroutine) {
    return shadow->stopped && shadow->stop_reason == TRACE_STOP_PROFILE &&
           goroutine == shadow->stopper;
}

static void judge_profile_record(struct oracle *oracle, const struct trace_event *event) {
    struct shadow *shadow = &oracle->shadow;
    bool first_stop = is_caller_at_first_stop(shadow, event->goroutine);
    if (!oracle_holds(oracle, INV_no_late_recorder, shadow->active || first_stop))
        oracle_raise(oracle, INV_no_late_recorder, oracle->index, event->goroutine, 0,
                     "a record of %s is written to slot %u when no profile is active",
                     oracle_name(oracle, event->goroutine).text, event->object);
    const struct shadow_profile *profile = shadow_profile_at(shadow, shadow->under_way);
    if (profile == NULL)
        return;
    const struct shadow_g *g = shadow_goroutine(shadow, event->goroutine);
    bool known;
    uint8_t state = shadow_state(shadow, g, &known);
    if (known && !first_stop &&
        !oracle_holds(oracle, INV_record_before_satisfied, state != TRACE_SATISFIED))
        oracle_raise(oracle, INV_record_before_satisfied, oracle->index, event->goroutine, 0,
                     "the record of %s is written after it became satisfied",
                     oracle_name(oracle, event->goroutine).text);
    oracle_judge_record(oracle, &(struct oracle_record){
                                    .goroutine = event->goroutine,
                                    .slot = event->object,
                                    .stop = profile->stop,
                                    .caller = profile->caller,
                                    .progress = event->a,
                                    .label = event->b,
                                    .again = g->record_stop == profile->stop,
                                });
}

// An edge by a recorder: whom does it acquire, and is the record there when it lets go?
static void judge_recorder(struct oracle *oracle, const struct trace_event *event) {
    struct shadow *shadow = &oracle->shadow;
    const struct shadow_profile *profile = shadow_profile_at(shadow, shadow->under_way);
    const struct shadow_g *g = shadow_goroutine(shadow, event->goroutine);
    if (!shadow->active || profile == NULL || !g->known || event->object >= TRACE_BY_CREATION)
        return;
    if (event->b == TRACE_IN_PROGRESS) {
        bool newcomer = g->born >= profile->stop && g->now.role == TRACE_ROLE_USER;
        if (!oracle_holds(oracle, INV_no_newcomers, !newcomer))
            oracle_raise(oracle, INV_no_newcomers, oracle->index, event->goroutine, 0,
                         "%s was created after the first stop of profile %u and is about to be "
                         "recorded; a newcomer has no record",
                         oracle_name(oracle, event->goroutine).text, profile->number);
    } else if (event->b == TRACE_SATISFIED) {
        struct shadow_view view = shadow_view_at(shadow, g, profile->stop);
        bool member = view.alive && view.role == TRACE_ROLE_USER;
        bool recorded = g->record_stop == profile->stop;
        if (member && !oracle_holds(oracle, INV_record_before_satisfied, recorded))
            oracle_raise(oracle, INV_record_before_satisfied, oracle->index, event->goroutine, 0,
                         "%s becomes satisfied before its record in profile %u is complete",
                         oracle_name(oracle, event->goroutine).text, profile->number);
    }
}

// A stack is read by whoever owns it: of a goroutine that waits or is in a system call, or of the
// caller, from the system stack.
static void judge_stack_read(struct oracle *oracle, const struct trace_event *event) {
    struct shadow *shadow = &oracle->shadow;
    const struct shadow_g *g = shadow_goroutine(shadow, event->goroutine);
    bool claimed = event->a == TRACE_GRUNNING && event->b == 0;
    bool running = claimed || (g->thread != 0 && !g->in_syscall);
    bool own = is_caller_at_first_stop(shadow, event->goroutine);
    if (!oracle_holds(oracle, INV_running_stack_unread, own || !running))
        oracle_raise(oracle, INV_running_stack_unread, oracle->index, event->goroutine, 0,
                     "the stack of %s is read while it runs",
                     oracle_name(oracle, event->goroutine).text);
}

// ---- counts -------------------------------------------------------------------------------------

static void judge_counted(struct oracle *oracle, const struct trace_event *event) {
    struct shadow *shadow = &oracle->shadow;
    const struct shadow_profile *profile = shadow_profile_at(shadow, shadow->under_way);
    if (profile == NULL || profile->counted || !is_caller_at_first_stop(shadow, event->goroutine)) {
        oracle_undecided(oracle, INV_count_exact);
        return;
    }
    if (!oracle_holds(oracle, INV_count_exact, event->a == profile->members))
        oracle_raise(oracle, INV_count_exact, oracle->index, 0, event->a > profile->members,
                     "profile %u counts n = %u, but %u user goroutines are alive at its first stop",
                     event->object, event->a, profile->members);
}

static void judge_sync(struct oracle *oracle, const struct trace_event *event) {
    struct shadow *shadow = &oracle->shadow;
    const struct shadow_profile *profile = shadow_profile_at(shadow, shadow->stops);
    if (profile == NULL || !shadow->stopped || profile->caller != event->goroutine) {
        oracle_undecided(oracle, INV_count_exact);
        return;
    }
    if (!oracle_holds(oracle, INV_count_exact, event->a == profile->members))
        oracle_raise(oracle, INV_count_exact, oracle->index, 0, event->a > profile->members,
                     "sync profile %u counts n = %u, but %u user goroutines are alive at its stop",
                     event->object, event->a, profile->members);
}

static void judge_inactive(struct oracle *oracle, const struct trace_event *event) {
    const struct shadow_profile *profile =
        shadow_profile_at(&oracle->shadow, oracle->shadow.under_way);
    if (profile == NULL || !profile->counted) {
        oracle_undecided(oracle, INV_count_equals_records);
        oracle_undecided(oracle, INV_everybody_recorded);
        return;
    }
    if (!oracle_holds(oracle, INV_everybody_recorded,
                      profile->members_recorded == profile->members)) {
        uint32_t id = oracle_find_unrecorded(oracle, profile->stop, 0);
        oracle_raise(oracle, INV_everybody_recorded, oracle->index, id, 0,
                     "%s was a live user goroutine at the first stop of profile %u, but has no "
                     "record when it ends",
                     oracle_name(oracle, id).text, profile->number);
    }
    uint64_t taken = event->b > profile->records ? event->b : profile->records;
    if (!oracle_holds(oracle, INV_count_equals_records,
                      event->a == profile->n && event->b == profile->n &&
                          profile->records == profile->n))
        oracle_raise(oracle, INV_count_equals_records, oracle->index, 0, taken > profile->n ? 1 : 0,
                     "profile %u has fixed n = %u at its first stop, but ends with n = %u, %llu "
                     "slots taken and %u records written",
                     profile->number, profile->n, event->a, (unsigned long long)event->b,
                     profile->records);
}

static void judge_record(struct oracle *oracle, const struct trace_event *event) {
    switch (event->kind) {
    case TRACE_profile_record:
        judge_profile_record(oracle, event);
        break;
    case TRACE_profile_state:
        judge_recorder(oracle, event);
        break;
    case TRACE_stack_read:
        judge_stack_read(oracle, event);
        break;
    case TRACE_profile_counted:
        judge_counted(oracle, event);
        break;
    case TRACE_profile_sync:
        judge_sync(oracle, event);
        break;
    default:
        judge_inactive(oracle, event);
    }
}

const struct monitor monitor_record = {
    .kinds = MONITOR_KIND(profile_record) | MONITOR_KIND(profile_state) | MONITOR_KIND(stack_read) |
             MONITOR_KIND(profile_counted) | MONITOR_KIND(profile_inactive) |
             MONITOR_KIND(profile_sync),
    .judge = judge_record,
};

// The course of a profile: what is done in which stop and in which order, how often the world is
// stopped for it, and that a query for n costs no stop.
#include "monitor.h"

static bool inside_first_stop(const struct shadow *shadow, uint32_t caller) {
    return shadow->stopped && shadow->stop_reason == TRACE_STOP_PROFILE &&
           shadow->stopper == caller;
}

static void judge_counted(struct oracle *oracle, const struct trace_event *event) {
    if (!oracle_holds(oracle, INV_counted_while_stopped,
                      inside_first_stop(&oracle->shadow, event->goroutine)))
        oracle_raise(oracle, INV_counted_while_stopped, oracle->index, event->goroutine, 0,
                     "profile %u fixes n = %u while the world is not stopped by its caller for it",
                     event->object, event->a);
}

// A record by whoever is just taking it.
static void judge_record(struct oracle *oracle, const struct trace_event *event) {
    struct shadow *shadow = &oracle->shadow;
    const struct shadow_profile *profile = shadow_profile_at(shadow, shadow->under_way);
    if (profile == NULL) {
        oracle_undecided(oracle, INV_counted_before_records);
        return;
    }
    bool caller = event->goroutine == profile->caller;
    if (!oracle_holds(oracle, INV_counted_before_records, profile->counted))
        oracle_raise(oracle, INV_counted_before_records, oracle->index, event->goroutine, 0,
                     "%s is recorded before n is fixed",
                     oracle_name(oracle, event->goroutine).text);
    else if (profile->counted &&
             !oracle_holds(oracle, INV_slot_in_range, event->object < profile->capacity))
        oracle_raise(oracle, INV_slot_in_range, oracle->index, event->goroutine, 0,
                     "%s is recorded in slot %u of a buffer of %u",
                     oracle_name(oracle, event->goroutine).text, event->object, profile->capacity);
    if (caller && !oracle_holds(oracle, INV_caller_recorded_while_stopped,
                                inside_first_stop(shadow, event->goroutine)))
        oracle_raise(oracle, INV_caller_recorded_while_stopped, oracle->index, event->goroutine, 0,
                     "the caller of profile %u, %s, is recorded when the world is not stopped for "
                     "it",
                     profile->number, oracle_name(oracle, event->goroutine).text);
    bool paused = shadow->stopped && shadow->stop_reason <= TRACE_STOP_PROFILE_CLEANUP;
    if (!oracle_holds(oracle, INV_pause_constant, caller || !paused))
        oracle_raise(oracle, INV_pause_constant, oracle->index, event->goroutine, 0,
                     "%s is recorded inside a stop of profile %u: its length grows with the "
                     "number of goroutines",
                     oracle_name(oracle, event->goroutine).text, profile->number);
}

// Numbers are names of profiles: each is given once, without a gap.
static void judge_request(struct oracle *oracle, const struct trace_event *event) {
    if (oracle->profiles_requested++ == 0)
        oracle->profile_first = oracle->profile_last = event->object;
    if (event->object < oracle->profile_first)
        oracle->profile_first = event->object;
    if (event->object > oracle->profile_last)
        oracle->profile_last = event->object;
    if (!oracle_holds(oracle, INV_profiles_numbered, event->object != 0))
        oracle_raise(oracle, INV_profiles_numbered, oracle->index, event->goroutine, 0,
                     "a profile has no number");
}

static void end_course(struct oracle *oracle, bool cut) {
    if (oracle->profiles_requested == 0)
        return;
    if (cut || (oracle->end != RUN_FINISHED && oracle->end != RUN_QUIESCENT)) {
        oracle_undecided(oracle, INV_profiles_numbered);
        return;
    }
    uint32_t given = oracle->profile_last - oracle->profile_first + 1;
    if (!oracle_holds(oracle, INV_profiles_numbered, given == oracle->profiles_requested))
        oracle_raise(oracle, INV_profiles_numbered, oracle->index, 0,
                     1u + (given > oracle->profiles_requested),
                     "%u profiles were asked for and have the numbers %u to %u",
                     oracle->profiles_requested, oracle->profile_first, oracle->profile_last);
}

static void judge_end(struct oracle *oracle, const struct trace_event *event) {
    const struct shadow_g *caller = shadow_goroutine(&oracle->shadow, event->goroutine);
    uint32_t due = event->b != 0 ? 2 : 1;
    if (!caller->known || caller->request != event->object) {
        oracle_undecided(oracle, INV_stops_per_profile);
        return;
    }
    if (!oracle_holds(oracle, INV_stops_per_profile, caller->stops == due))
        oracle_raise(oracle, INV_stops_per_profile, oracle->index, event->goroutine, due,
                     "profile %u, which gives %s, has stopped the world %u times instead of %u",
                     event->object, event->b != 0 ? "true" : "false", caller->stops, due);
}

static void judge_sync(struct oracle *oracle, const struct trace_event *event) {
    struct shadow_g *caller = shadow_goroutine(&oracle->shadow, event->goroutine);
    if (caller->known)
        caller->sync = event->object;
    if (!caller->known || caller->request != event->object) {
        oracle_undecided(oracle, INV_stops_per_profile);
        return;
    }
    if (!oracle_holds(oracle, INV_stops_per_profile, caller->stops == 1))
        oracle_raise(oracle, INV_stops_per_profile, oracle->index, event->goroutine, 4,
                     "sync profile %u has stopped the world %u times instead of once",
                     event->object, caller->stops);
}

// Who gives a buffer gets a profile, who gives none gets none, but for a sync one: its number says
// so. shadow_g.sync is this monitor's own.
static void judge_asked(struct oracle *oracle, const struct trace_event *event) {
    const struct shadow_g *caller = shadow_goroutine(&oracle->shadow, event->goroutine);
    bool asked = event->version != 0, taken = event->object != 0;
    if (taken && caller->sync == event->object)
        return;
    if (!oracle_holds(oracle, INV_stops_per_profile, asked == taken))
        oracle_raise(oracle, INV_stops_per_profile, oracle->index, event->goroutine, 4u | asked,
                     "a call with a buffer of %u slots %s", event->version,
                     taken ? "has taken a profile" : "was answered as a query for n");
}

// A query counts without a stop. Another thread may be in the middle of a creation or of an end, so
// it is exact only as long as no other has told of anybody.
static void judge_query(struct oracle *oracle, const struct trace_event *event) {
    const struct shadow *shadow = &oracle->shadow;
    if (!oracle->raw || shadow->threads_seen != 1) {
        oracle_undecided(oracle, INV_query_positive);
        return;
    }
    uint32_t due = shadow->plans > 1 ? shadow->plans : 1;
    if (!oracle_holds(oracle, INV_query_positive, event->a == due))
        oracle_raise(oracle, INV_query_positive, oracle->index, event->goroutine, 2,
                     "a query for n without a buffer gives %u, but %u goroutines of the plan live",
                     event->a, shadow->plans);
}

static void judge_result(struct oracle *oracle, const struct trace_event *event) {
    const struct shadow_g *caller = shadow_goroutine(&oracle->shadow, event->goroutine);
    judge_asked(oracle, event);
    if (event->object != 0)
        return;
    if (!oracle_holds(oracle, INV_query_positive, event->a >= 1 && event->b == 0))
        oracle_raise(oracle, INV_query_positive, oracle->index, event->goroutine, event->b != 0,
                     "a query for n without a buffer gives %u, %s", event->a,
                     event->b != 0 ? "true" : "false");
    judge_query(oracle, event);
    if (!caller->known) {
        oracle_undecided(oracle, INV_stops_per_profile);
        return;
    }
    if (!oracle_holds(oracle, INV_stops_per_profile, caller->stops == 0))
        oracle_raise(oracle, INV_stops_per_profile, oracle->index, event->goroutine, 0,
                     "a query for n without a buffer has stopped the world %u times",
                     caller->stops);
}

static void judge_course(struct oracle *oracle, const struct trace_event *event) {
    switch (event->kind) {
    case TRACE_profile_request:
        judge_request(oracle, event);
        break;
    case TRACE_profile_counted:
        judge_counted(oracle, event);
        break;
    case TRACE_profile_record:
        judge_record(oracle, event);
        break;
    case TRACE_profile_end:
        judge_end(oracle, event);
        break;
    case TRACE_profile_sync:
        judge_sync(oracle, event);
        break;
    default:
        judge_result(oracle, event);
    }
}

const struct monitor monitor_course = {
    .kinds = MONITOR_KIND(profile_request) | MONITOR_KIND(profile_counted) |
             MONITOR_KIND(profile_record) | MONITOR_KIND(profile_end) |
             MONITOR_KIND(profile_result) | MONITOR_KIND(profile_sync),
    .judge = judge_course,
    .end = end_course,
};

// Leaked goroutines: who was found leaked stays it, and a leak profile shows exactly what its cycle
// has found, as it was, since leaked goroutines do not run. Its own: oracle.leaks, the leak_ fields
// of shadow_g, and what a record of it leaves in shadow_thread.result for the frames behind it.
#include "monitor.h"

static void judge_leaked(struct oracle *oracle, const struct trace_event *event) {
    struct shadow_g *g = shadow_goroutine(&oracle->shadow, event->goroutine);
    oracle->leaks.marked++;
    if (!g->known || g->leak_first != 0)
        return;
    g->leak_first = event->object;
    oracle->leaks.ever++;
}

static void judge_found(struct oracle *oracle, const struct trace_event *event) {
    struct leaks *leaks = &oracle->leaks;
    if (!oracle_holds(oracle, INV_leak_sound, leaks->marked == leaks->ever))
        oracle_raise(oracle, INV_leak_sound, oracle->index, 0, 1,
                     "cycle %u finds %u leaked goroutines, but %u were found until now",
                     event->object, leaks->marked, leaks->ever);
    if (!oracle_holds(oracle, INV_leaks_exact, event->a == leaks->marked))
        oracle_raise(oracle, INV_leaks_exact, oracle->index, 0, 1,
                     "cycle %u counts %u leaked goroutines and has found %u", event->object,
                     event->a, leaks->marked);
    leaks->marked = 0;
    leaks->found[event->object % LEAK_CYCLES].cycle = event->object;
    leaks->found[event->object % LEAK_CYCLES].count = event->a;
}

// Whoever waits has to be made ready to run again.
static void judge_ready(struct oracle *oracle, const struct trace_event *event) {
    if (oracle->leaks.ever == 0)
        return;
    const struct shadow_g *g = shadow_goroutine(&oracle->shadow, event->goroutine);
    if (!oracle_holds(oracle, INV_leak_sound, g->leak_first == 0))
        oracle_raise(oracle, INV_leak_sound, oracle->index, event->goroutine, 0,
                     "%s was found leaked by cycle %u and is made runnable",
                     oracle_name(oracle, event->goroutine).text, g->leak_first);
}

static void judge_result(struct oracle *oracle, const struct trace_event *event) {
    struct leaks *leaks = &oracle->leaks;
    struct shadow_g *caller = shadow_goroutine(&oracle->shadow, event->goroutine);
    uint32_t n = event->a, records = (uint32_t)(event->b >> 1);
    bool ok = event->b & 1;
    if (!caller->known)
        return;
    caller->leak_result = ++leaks->results;
    caller->leak_cycle = event->object;
    if (!oracle_holds(oracle, INV_leaks_exact,
                      ok == (n <= event->version) && records == (ok ? n : 0)))
        oracle_raise(oracle, INV_leaks_exact, oracle->index, event->goroutine, 2u | ok,
                     "a leak profile with %u slots counts %u, gives %s and has written %u",
                     event->version, n, ok ? "true" : "false", records);
    if (leaks->found[event->object % LEAK_CYCLES].cycle != event->object) {
        oracle_undecided(oracle, INV_leaks_exact);
        return;
    }
    uint32_t found = leaks->found[event->object % LEAK_CYCLES].count;
    if (!oracle_holds(oracle, INV_leaks_exact, n == found))
        oracle_raise(oracle, INV_leaks_exact, oracle->index, event->goroutine, 4,
                     "a leak profile counts %u, but its cycle %u has found %u", n, event->object,
                     found);
}

// What a record shows, against the goroutine, which has not moved since it was found.
static void judge_shown(struct oracle *oracle, const struct trace_event *event,
                        const struct shadow_g *g, struct shadow_result *result) {
    uint32_t depth = (uint32_t)event->b, due = g->now.depth < 128 ? g->now.depth : 128;
    if (!oracle_holds(oracle, INV_record_progress, event->version == g->now.progress))
        oracle_raise(oracle, INV_record_progress, oracle->index, event->goroutine, 8,
                     "the leak record of %s shows progress %u, but it has made %u",
                     oracle_name(oracle, event->goroutine).text, event->version, g->now.progress);
    if (!oracle_holds(oracle, INV_record_labels, event->a == g->now.label))
        oracle_raise(oracle, INV_record_labels, oracle->index, event->goroutine, 8,
                     "the leak record of %s shows label %u, but it has %u",
                     oracle_name(oracle, event->goroutine).text, event->a, g->now.label);
    if (!oracle_holds(oracle, INV_record_tail_zero, event->b >> 32 == 0))
        oracle_raise(oracle, INV_record_tail_zero, oracle->index, event->goroutine, 8,
                     "behind the frames of the leak record of %s lies something that is not zero",
                     oracle_name(oracle, event->goroutine).text);
    if (!oracle_holds(oracle, INV_record_stack, depth == due))
        oracle_raise(oracle, INV_record_stack, oracle->index, event->goroutine, 8,
                     "the leak record of %s shows %u frames, but it has %u",
                     oracle_name(oracle, event->goroutine).text, depth, due);
    result->subject = event->goroutine;
    result->depth = depth < due ? depth : due;
    result->compared = 0;
    result->cursor = g->now.top;
}

static void judge_record(struct oracle *oracle, const struct trace_event *event) {
    struct shadow *shadow = &oracle->shadow;
    struct shadow_thread *thread = shadow_thread(shadow, event->thread);
    const struct shadow_g *caller = shadow_goroutine(shadow, thread->goroutine);
    struct shadow_g *g = shadow_goroutine(shadow, event->goroutine);
    thread->result.subject = 0;
    bool leaked = g->known && g->leak_first != 0 && g->leak_first <= caller->leak_cycle;
    bool again = g->known && g->leak_shown == caller->leak_result;
    if (!caller->known || caller->leak_result == 0) {
        oracle_undecided(oracle, INV_leaks_exact);
        return;
    }
    if (!oracle_holds(oracle, INV_leaks_exact, leaked && !again))
        oracle_raise(oracle, INV_leaks_exact, oracle->index, event->goroutine, 8u | again,
                     "slot %u of a leak profile shows %s, which %s", event->object,
                     oracle_name(oracle, event->goroutine).text,
                     again ? "it has shown before" : "its cycle has not found leaked");
    if (!leaked)
        return;
    g->leak_shown = caller->leak_result;
    judge_shown(oracle, event, g, &thread->result);
}

static void judge_active(struct oracle *oracle, const struct trace_event *event) {
    if (!oracle_holds(oracle, INV_profile_undisturbed, event->b == 0))
        oracle_raise(oracle, INV_profile_undisturbed, oracle->index, event->goroutine, 0,
                     "profile %u begins when %u slots have been taken", event->object,
                     (uint32_t)event->b);
}

static void judge_leak(struct oracle *oracle, const struct trace_event *event) {
    switch (event->kind) {
    case TRACE_leaked:
        judge_leaked(oracle, event);
        break;
    case TRACE_leak_found:
        judge_found(oracle, event);
        break;
    case TRACE_leak_result:
        judge_result(oracle, event);
        break;
    case TRACE_leak_record:
        judge_record(oracle, event);
        break;
    case TRACE_profile_active:
        judge_active(oracle, event);
        break;
    default:
        judge_ready(oracle, event);
    }
}

const struct monitor monitor_leak = {
    .kinds = MONITOR_KIND(leaked) | MONITOR_KIND(leak_found) | MONITOR_KIND(leak_result) |
             MONITOR_KIND(leak_record) | MONITOR_KIND(profile_active) | MONITOR_KIND(go_ready),
    .judge = judge_leak,
};

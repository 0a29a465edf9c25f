// Service goroutines: no more of them than allowed, each queued finalizer and cleanup runs at most
// once and none is lost at rest, and no system goroutine carries a label.
#include "monitor.h"

// Whoever is queued for its finalizer can be reached from there: it lives until that has run.
static void judge_freed(struct oracle *oracle, const struct trace_event *event) {
    const struct queue_entry *finalizer =
        queues_entry(&oracle->queues, QUEUE_FINALIZERS, event->object, 0);
    if (finalizer == NULL)
        oracle_undecided(oracle, INV_gc_sound);
    else if (!oracle_holds(oracle, INV_gc_sound, finalizer->ran >= finalizer->queued))
        oracle_raise(oracle, INV_gc_sound, oracle->index, event->goroutine, 0x200,
                     "a cleanup of object %u is queued before its finalizer has run",
                     event->object);
}

static void judge_queue(struct oracle *oracle, const struct trace_event *event) {
    bool finalizer = event->kind == TRACE_finalizer_set || event->kind == TRACE_finalizer_queued ||
                     event->kind == TRACE_finalizer_run;
    bool set = event->kind == TRACE_finalizer_set || event->kind == TRACE_cleanup_added;
    bool run = event->kind == TRACE_finalizer_run || event->kind == TRACE_cleanup_run;
    enum queue_kind kind = finalizer ? QUEUE_FINALIZERS : QUEUE_CLEANUPS;
    struct queue_entry *entry =
        queues_entry(&oracle->queues, kind, event->object, finalizer ? 0 : event->b);
    if (entry == NULL) {
        oracle_undecided(oracle, INV_service_once);
        return;
    }
    if (set) {
        entry->set++;
        return;
    }
    if (!run) {
        entry->queued++;
        oracle->queues.queued[kind]++;
        if (!oracle_holds(oracle, INV_service_once, entry->queued <= entry->set))
            oracle_raise(
                oracle, INV_service_once, oracle->index, event->goroutine, 0x20u | (uint64_t)kind,
                "the %s of object %u is queued for the %u. time, but was set %u times",
                finalizer ? "finalizer" : "cleanup", event->object, entry->queued, entry->set);
        return;
    }
    entry->ran++;
    oracle->queues.ran[kind]++;
    if (!oracle_holds(oracle, INV_service_once, entry->ran <= entry->queued))
        oracle_raise(oracle, INV_service_once, oracle->index, event->goroutine,
                     (uint64_t)kind << 1 | (entry->queued != 0),
                     "the %s of object %u runs for the %u. time, but was queued %u times",
                     finalizer ? "finalizer" : "cleanup", event->object, entry->ran, entry->queued);
}

// What is said to run does run: its body starts before anything else is said of the service
// goroutine. shadow_g.due is this monitor's own: 1 + the body.
static void judge_due(struct oracle *oracle, const struct trace_event *event) {
    struct shadow_g *g = shadow_goroutine(&oracle->shadow, event->goroutine);
    if (!g->known)
        return;
    bool run = event->kind == TRACE_finalizer_run || event->kind == TRACE_cleanup_run;
    bool begins = event->kind == TRACE_body_begin;
    uint32_t due = g->due;
    g->due = run ? 1 + event->a : 0;
    if (due != 0 && !oracle_holds(oracle, INV_service_once, begins && due == 1 + event->object))
        oracle_raise(oracle, INV_service_once, oracle->index, event->goroutine, 0x40u | begins,
                     "%s was to run body %u and does something else",
                     oracle_name(oracle, event->goroutine).text, due - 1);
}

// One more goroutine of a service: how many live already?
static void judge_creation(struct oracle *oracle, const struct trace_event *event) {
    struct shadow *shadow = &oracle->shadow;
    uint32_t limit = event->a == TRACE_FINALIZER ? 1 : oracle->cleanups_max, alive = 1;
    if (event->a != TRACE_FINALIZER && event->a != TRACE_CLEANUP)
        return;
    if (limit == 0) {
        oracle_undecided(oracle, INV_services_bounded);
        return;
    }
    for (uint32_t id = 1; id <= shadow->goroutine_last; id++) {
        const struct shadow_g *g = shadow_goroutine(shadow, id);
        alive += g->known && g->now.alive && g->service == event->a;
    }
    if (!oracle_holds(oracle, INV_services_bounded, alive <= limit))
        oracle_raise(oracle, INV_services_bounded, oracle->index, event->goroutine, event->a,
                     "%u %s goroutines live, %u are allowed", alive,
                     event->a == TRACE_FINALIZER ? "finalizer" : "cleanup", limit);
}

// A service goroutine that waits for work is a system goroutine.
static void judge_idle(struct oracle *oracle, const struct trace_event *event) {
    const struct shadow_g *g = shadow_goroutine(&oracle->shadow, event->goroutine);
    if (!g->known || (event->a != TRACE_WAIT_FINALIZER && event->a != TRACE_WAIT_CLEANUP))
        return;
    if (!oracle_holds(oracle, INV_user_code_in_user_role, g->now.role == TRACE_ROLE_SYSTEM))
        oracle_raise(oracle, INV_user_code_in_user_role, oracle->index, event->goroutine, 1,
                     "%s waits for work as a user goroutine",
                     oracle_name(oracle, event->goroutine).text);
}

static void judge_service(struct oracle *oracle, const struct trace_event *event) {
    if (event->kind == TRACE_run_begin)
        oracle->cleanups_max = event->object;
    if (event->kind == TRACE_go_create)
        judge_creation(oracle, event);
    if (event->kind == TRACE_run_begin || event->kind == TRACE_go_create)
        return;
    if (event->kind != TRACE_label)
        judge_due(oracle, event);
    if (event->kind == TRACE_go_stop)
        judge_idle(oracle, event);
    if (event->kind == TRACE_body_begin || event->kind == TRACE_role ||
        event->kind == TRACE_go_stop)
        return;
    if (event->kind == TRACE_cleanup_queued)
        judge_freed(oracle, event);
    if (event->kind != TRACE_label) {
        judge_queue(oracle, event);
        return;
    }
    const struct shadow_g *g = shadow_goroutine(&oracle->shadow, event->goroutine);
    if (!g->known) {
        oracle_undecided(oracle, INV_labels_of_users_only);
        return;
    }
    if (!oracle_holds(oracle, INV_labels_of_users_only,
                      event->a == 0 || g->now.role == TRACE_ROLE_USER))
        oracle_raise(oracle, INV_labels_of_users_only, oracle->index, event->goroutine, 0,
                     "%s gets label %u; only user goroutines have labels",
                     oracle_name(oracle, event->goroutine).text, event->a);
}

// Has a service come to rest? It has if all its goroutines sleep for want of work, or if they have
// all ended: one that ends is replaced. *one is the last of them, 0 if there never was one: it is
// created when the first finalizer or cleanup is set.
static bool at_rest(struct shadow *shadow, enum trace_service service, enum trace_wait wait,
                    uint32_t *one) {
    *one = 0;
    for (uint32_t id = 1; id <= shadow->goroutine_last; id++) {
        const struct shadow_g *g = shadow_goroutine(shadow, id);
        if (!g->known || g->service != service)
            continue;
        if (g->now.alive && (g->thread != 0 || g->wait != wait))
            return false;
        *one = id;
    }
    return true;
}

// A finished or quiescent run has come to rest: nobody runs, nobody is about to be woken.
static void end_service(struct oracle *oracle, bool cut) {
    static const struct {
        enum trace_service service;
        enum trace_wait wait;
        const char *what;
    } queues[] = {
        [QUEUE_FINALIZERS] = {TRACE_FINALIZER, TRACE_WAIT_FINALIZER, "finalizers"},
        [QUEUE_CLEANUPS] = {TRACE_CLEANUP, TRACE_WAIT_CLEANUP, "cleanups"},
    };
    for (int kind = 0; kind < 2; kind++) {
        uint64_t queued = oracle->queues.queued[kind], ran = oracle->queues.ran[kind];
        uint32_t one;
        if (queued == 0)
            continue;
        if (cut || (oracle->end != RUN_FINISHED && oracle->end != RUN_QUIESCENT) ||
            !at_rest(&oracle->shadow, queues[kind].service, queues[kind].wait, &one)) {
            oracle_undecided(oracle, INV_service_once);
            continue;
        }
        if (!oracle_holds(oracle, INV_service_once, ran >= queued))
            oracle_raise(oracle, INV_service_once, oracle->index, one, 0x10u | (uint64_t)kind,
                         "%s %s, but only %llu of %llu queued %s have run when nothing runs any "
                         "more",
                         one != 0 ? oracle_name(oracle, one).text : "the service",
                         one == 0 ? "has no goroutine"
                         : shadow_goroutine(&oracle->shadow, one)->now.alive
                             ? "sleeps for want of work"
                             : "has ended",
                         (unsigned long long)ran, (unsigned long long)queued, queues[kind].what);
    }
}

const struct monitor monitor_service = {
    .kinds = MONITOR_KIND(finalizer_set) | MONITOR_KIND(cleanup_added) |
             MONITOR_KIND(finalizer_queued) | MONITOR_KIND(finalizer_run) |
             MONITOR_KIND(cleanup_queued) | MONITOR_KIND(cleanup_run) | MONITOR_KIND(label) |
             MONITOR_KIND(run_begin) | MONITOR_KIND(go_create) | MONITOR_KIND(body_begin) |
             MONITOR_KIND(role) | MONITOR_KIND(go_stop),
    .judge = judge_service,
    .end = end_service,
};

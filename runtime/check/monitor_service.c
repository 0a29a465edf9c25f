// Service goroutines: no more of them than allowed, what the sweep finds due is queued, each queued
// finalizer and cleanup runs at most once and none is lost at rest, and no system goroutine carries
// a label.
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

// What has the plan set that was not queued yet? Cleanup 0: all cleanups of the object.
static uint32_t unqueued(struct oracle *oracle, enum queue_kind kind, uint32_t object) {
    const struct queue_entry *entry = queues_entry(&oracle->queues, kind, object, 0);
    return entry != NULL && entry->set > entry->queued ? entry->set - entry->queued : 0;
}

// The sweep says what is due of an object; what the plan has set decides. It may find more: of
// somebody who has not told yet, which breaks something else.
static void judge_swept(struct oracle *oracle, struct shadow_g *g,
                        const struct trace_event *event) {
    bool first = event->a != 0;
    uint32_t finalizers = unqueued(oracle, QUEUE_FINALIZERS, event->object);
    uint32_t cleanups = unqueued(oracle, QUEUE_CLEANUPS, event->object);
    g->swept = event->object;
    g->owed = first ? 1 : (uint32_t)event->b;
    if (oracle->queues.full)
        oracle_undecided(oracle, INV_due_queued);
    else if (!oracle_holds(oracle, INV_due_queued,
                           first || (finalizers == 0 && event->b >= cleanups)))
        oracle_raise(oracle, INV_due_queued, oracle->index, event->goroutine,
                     0x100u | (finalizers != 0),
                     "object %u is freed with %llu cleanups, but %u finalizers and %u cleanups "
                     "were set and never queued",
                     event->object, (unsigned long long)event->b, finalizers, cleanups);
}

// Whoever has swept an object queues what is due before it does anything else.
static void judge_owed(struct oracle *oracle, const struct trace_event *event) {
    struct shadow_g *g = shadow_goroutine(&oracle->shadow, event->goroutine);
    if (!g->known || (g->swept == 0 && event->kind != TRACE_object_swept))
        return;
    if (event->kind == TRACE_finalizer_queued || event->kind == TRACE_cleanup_queued) {
        g->owed -= g->owed != 0 && event->object == g->swept;
        return;
    }
    if (g->swept != 0 && !oracle_holds(oracle, INV_due_queued, g->owed == 0))
        oracle_raise(oracle, INV_due_queued, oracle->index, event->goroutine,
                     event->kind != TRACE_object_swept,
                     "%s has swept object %u and goes on, with %u of what was due not queued",
                     oracle_name(oracle, event->goroutine).text, g->swept, g->owed);
    g->swept = 0;
    if (event->kind == TRACE_object_swept)
        judge_swept(oracle, g, event);
}

// A cleanup counts for itself and for its object.
static void count_for_object(struct oracle *oracle, const struct trace_event *event) {
    struct queue_entry *all = queues_entry(&oracle->queues, QUEUE_CLEANUPS, event->object, 0);
    if (all != NULL)
        ++*(event->kind == TRACE_cleanup_added ? &all->set : &all->queued);
}

static void judge_queue(struct oracle *oracle, const struct trace_event *event) {
    bool finalizer = event->kind == TRACE_finalizer_set || event->kind == TRACE_finalizer_queued ||
                     event->kind == TRACE_finalizer_run;
    bool set = event->kind == TRACE_finalizer_set || event->kind == TRACE_cleanup_added;
    bool run = event->kind == TRACE_finalizer_run || event->kind == TRACE_cleanup_run;
    enum queue_kind kind = finalizer ? QUEUE_FINALIZERS : QUEUE_CLEANUPS;
    if (event->kind == TRACE_cleanup_added || event->kind == TRACE_cleanup_queued)
        count_for_object(oracle, event);
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

// What a cleanup goroutine has taken it runs, or gives back when it ends in between.
static void judge_taken(struct oracle *oracle, const struct trace_event *event) {
    struct shadow_g *g = shadow_goroutine(&oracle->shadow, event->goroutine);
    if (!g->known)
        return;
    if (event->kind == TRACE_cleanup_run) {
        g->taken -= g->taken != 0;
    } else if (event->kind == TRACE_go_exit) {
        oracle->queues.taken -= g->taken;
        g->taken = 0;
    } else if (event->kind == TRACE_cleanups_taken) {
        if (!oracle_holds(oracle, INV_service_once, g->taken == 0))
            oracle_raise(oracle, INV_service_once, oracle->index, event->goroutine, 0x80,
                         "%s takes cleanups from the queue, but has not run %u that it took before",
                         oracle_name(oracle, event->goroutine).text, g->taken);
        g->taken = event->a;
        oracle->queues.taken += event->a;
        oracle->queues.takes = true;
    }
}

// Does it speak of a goroutine, and not of one finalizer, cleanup or label?
static bool is_of_goroutine(uint16_t kind) {
    return kind == TRACE_body_begin || kind == TRACE_role || kind == TRACE_go_stop ||
           kind == TRACE_go_exit || kind == TRACE_object_swept || kind == TRACE_cleanups_taken;
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
    if (event->kind == TRACE_go_stop || event->kind == TRACE_object_swept ||
        event->kind == TRACE_finalizer_queued || event->kind == TRACE_cleanup_queued)
        judge_owed(oracle, event);
    if (event->kind == TRACE_cleanups_taken || event->kind == TRACE_cleanup_run ||
        event->kind == TRACE_go_exit)
        judge_taken(oracle, event);
    if (is_of_goroutine(event->kind))
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

// One that sleeps, though cleanups are in the queue; 0 = none, or all is well.
static uint32_t idle_beside_work(struct oracle *oracle) {
    const struct queues *queues = &oracle->queues;
    if (!queues->takes || queues->taken >= queues->queued[QUEUE_CLEANUPS])
        return 0;
    for (uint32_t id = 1; id <= oracle->shadow.goroutine_last; id++) {
        const struct shadow_g *g = shadow_goroutine(&oracle->shadow, id);
        if (g->known && g->now.alive && g->service == TRACE_CLEANUP && g->thread == 0 &&
            g->wait == TRACE_WAIT_CLEANUP)
            return id;
    }
    return 0;
}

// The same while others are still inside a cleanup.
static void end_queue(struct oracle *oracle, bool cut) {
    if (cut || !oracle->queues.takes ||
        (oracle->end != RUN_FINISHED && oracle->end != RUN_QUIESCENT))
        return;
    uint32_t idle = idle_beside_work(oracle);
    if (!oracle_holds(oracle, INV_service_once, idle == 0))
        oracle_raise(
            oracle, INV_service_once, oracle->index, idle, 0x18,
            "%s sleeps for want of work when nothing runs any more, and %llu of %llu "
            "cleanups are in the queue",
            oracle_name(oracle, idle).text,
            (unsigned long long)(oracle->queues.queued[QUEUE_CLEANUPS] - oracle->queues.taken),
            (unsigned long long)oracle->queues.queued[QUEUE_CLEANUPS]);
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
    end_queue(oracle, cut);
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
             MONITOR_KIND(object_swept) | MONITOR_KIND(cleanups_taken) | MONITOR_KIND(go_exit) |
             MONITOR_KIND(run_begin) | MONITOR_KIND(go_create) | MONITOR_KIND(body_begin) |
             MONITOR_KIND(role) | MONITOR_KIND(go_stop),
    .judge = judge_service,
    .end = end_service,
};

// Mutexes, semaphores, wait groups and timers keep their promises, and at the end nobody waits in
// vain: that a run is quiescent is legal, that somebody was not woken is not, and both look alike
// to the runtime. Its own: oracle.blocking, and the fields of shadow_g that say so.
#include "monitor.h"

static bool known(struct oracle *oracle, enum invariant invariant, uint32_t object) {
    if (object < BLOCKING_OBJECTS)
        return true;
    oracle_undecided(oracle, invariant);
    return false;
}

// ---- one object ---------------------------------------------------------------------------------

// It has got what it waited for, or never had to wait.
static void took(struct oracle *oracle, const struct trace_event *event) {
    struct shadow_g *g = shadow_goroutine(&oracle->shadow, event->goroutine);
    if (g->known && g->ticket)
        oracle_holds(oracle, INV_ticket_taken, true);
    g->ticket = false;
}

static void judge_lock(struct oracle *oracle, const struct trace_event *event) {
    if (!known(oracle, INV_mutual_exclusion, event->object))
        return;
    uint32_t *holder = &oracle->blocking.mutexes[event->object].holder;
    if (event->kind == TRACE_mutex_unlock) {
        *holder = 0;
        return;
    }
    if (!oracle_holds(oracle, INV_mutual_exclusion, *holder == 0))
        oracle_raise(oracle, INV_mutual_exclusion, oracle->index, event->goroutine, 0,
                     "%s locks mutex m%u, which goroutine %u holds",
                     oracle_name(oracle, event->goroutine).text, event->object - 1, *holder);
    *holder = event->goroutine;
    took(oracle, event);
}

static void judge_semaphore(struct oracle *oracle, const struct trace_event *event) {
    if (!known(oracle, INV_semaphore_count, event->object))
        return;
    uint32_t *given = &oracle->blocking.semaphores[event->object].given;
    uint32_t *taken = &oracle->blocking.semaphores[event->object].taken;
    if (event->kind == TRACE_sema_release) {
        ++*given;
        return;
    }
    if (!oracle_holds(oracle, INV_semaphore_count, ++*taken <= *given))
        oracle_raise(oracle, INV_semaphore_count, oracle->index, event->goroutine, event->a,
                     "%s takes a count of semaphore q%u, which has been taken as often as given",
                     oracle_name(oracle, event->goroutine).text, event->object - 1);
    took(oracle, event);
}

static void judge_group(struct oracle *oracle, const struct trace_event *event) {
    if (!known(oracle, INV_wait_group_zero, event->object))
        return;
    struct shadow_g *g = shadow_goroutine(&oracle->shadow, event->goroutine);
    uint32_t *counter = &oracle->blocking.groups[event->object].counter;
    uint32_t *zeroes = &oracle->blocking.groups[event->object].zeroes;
    switch (event->kind) {
    case TRACE_group_count:
        *counter = event->a;
        *zeroes += event->a == 0;
        break;
    case TRACE_group_wait: // a counter of 0 counts as one that becomes 0 later
        if (g->known)
            g->group_mark = *zeroes - (event->a == 0);
        break;
    default:
        if (!g->known)
            oracle_undecided(oracle, INV_wait_group_zero);
        else if (!oracle_holds(oracle, INV_wait_group_zero, *zeroes != g->group_mark))
            oracle_raise(oracle, INV_wait_group_zero, oracle->index, event->goroutine, 0,
                         "%s passes wait group w%u, whose counter is %u and was never 0 meanwhile",
                         oracle_name(oracle, event->goroutine).text, event->object - 1, *counter);
    }
}

static void judge_timer(struct oracle *oracle, const struct trace_event *event) {
    struct blocking *blocking = &oracle->blocking;
    if (event->object >= BLOCKING_TIMERS) {
        oracle_undecided(oracle, INV_timer_once);
        return;
    }
    struct blocking_timer *timer = &blocking->timers[event->object];
    bool set = timer->run == blocking->run;
    if (event->kind == TRACE_timer_set) {
        *timer = (struct blocking_timer){.run = blocking->run, .due = event->b + event->a};
        blocking->timers_pending++;
        return;
    }
    blocking->timers_pending -= set && !timer->fired;
    if (!oracle_holds(oracle, INV_timer_once, set && !timer->fired && event->b >= timer->due))
        oracle_raise(oracle, INV_timer_once, oracle->index, event->goroutine,
                     (uint64_t)set << 1 | (set && timer->fired), "timer %u fires %s", event->object,
                     !set           ? "and was never set"
                     : timer->fired ? "a second time"
                                    : "before it is due");
    timer->fired = true;
}

// It is about to wait; a select says so for each of its cases.
static void judge_wait(struct oracle *oracle, const struct trace_event *event) {
    struct shadow_g *g = shadow_goroutine(&oracle->shadow, event->goroutine);
    if (oracle->blocking.waits < BLOCKING_WAITS)
        oracle->blocking.wait_events[oracle->blocking.waits] = oracle->index;
    oracle->blocking.waits++;
    if (!g->known)
        return;
    if (g->wait_event == 0 || g->wait_progress != g->now.progress) {
        g->wait_event = oracle->index + 1;
        g->wait_progress = g->now.progress;
    }
    if (g->ticket && !oracle_holds(oracle, INV_ticket_taken, false))
        oracle_raise(oracle, INV_ticket_taken, oracle->index, event->goroutine, event->a,
                     "%s waits again for the %s that it was handed",
                     oracle_name(oracle, event->goroutine).text, trace_wait_name(event->a));
    g->ticket = false;
}

static void judge_blocking(struct oracle *oracle, const struct trace_event *event) {
    switch (event->kind) {
    case TRACE_wait_for:
        judge_wait(oracle, event);
        break;
    case TRACE_chan_close:
        if (known(oracle, INV_no_lost_wakeup, event->object))
            oracle->blocking.closed[event->object] = true;
        break;
    case TRACE_mutex_lock:
    case TRACE_mutex_unlock:
        judge_lock(oracle, event);
        break;
    case TRACE_sema_release:
    case TRACE_sema_acquire:
        judge_semaphore(oracle, event);
        break;
    case TRACE_sema_ticket:
        // A mutex is not promised by it: between the count and the ticket somebody else may have
        // taken the count, and with it the mutex, and starvation be over (sema.go semrelease1).
        if (event->a == TRACE_WAIT_SEMAPHORE)
            shadow_goroutine(&oracle->shadow, event->goroutine)->ticket = true;
        break;
    case TRACE_timer_set:
    case TRACE_timer_fire:
        judge_timer(oracle, event);
        break;
    default:
        judge_group(oracle, event);
    }
}

// ---- the end ------------------------------------------------------------------------------------

// Is the wait that event tells of the one that its goroutine has not come back from?
static bool still_waits(const struct shadow_g *g, const struct trace_event *event, uint32_t index) {
    return g->known && g->now.alive && g->wait == event->a && g->wait_event != 0 &&
           g->wait_event <= index + 1 && g->wait_progress == g->now.progress;
}

// Why it should not wait, or NULL if it may.
static const char *in_vain(struct oracle *oracle, const struct trace_event *event,
                           struct blocking_ends *ends) {
    const struct blocking *blocking = &oracle->blocking;
    uint32_t object = event->object;
    switch (event->a) {
    case TRACE_WAIT_MUTEX:
        return blocking->mutexes[object].holder == 0 ? "which nobody holds" : NULL;
    case TRACE_WAIT_SEMAPHORE:
        return blocking->semaphores[object].given > blocking->semaphores[object].taken
                   ? "which has been given more often than taken"
                   : NULL;
    case TRACE_WAIT_GROUP:
        return blocking->groups[object].counter == 0 ? "whose counter is 0" : NULL;
    default:
        break;
    }
    if (blocking->closed[object])
        return "which is closed";
    uint32_t *own = ends[object].goroutines[event->b != 0];
    const uint32_t *other = ends[object].goroutines[event->b == 0];
    if (own[0] != event->goroutine)
        own[own[0] != 0] = event->goroutine;
    bool paired = (other[0] != 0 && other[0] != event->goroutine) ||
                  (other[1] != 0 && other[1] != event->goroutine);
    return paired ? "on whose other end somebody waits too" : NULL;
}

// Of the plan's name of an object: c0, m0, q0, w0.
static char letter(uint32_t wait) {
    return wait == TRACE_WAIT_MUTEX       ? 'm'
           : wait == TRACE_WAIT_SEMAPHORE ? 'q'
           : wait == TRACE_WAIT_GROUP     ? 'w'
                                          : 'c';
}

static void judge_waits(struct oracle *oracle) {
    struct blocking_ends ends[BLOCKING_OBJECTS] = {0};
    uint32_t waits = oracle->blocking.waits;
    bool listed = waits <= BLOCKING_WAITS; // else look at every event
    for (uint32_t at = 0; at < (listed ? waits : oracle->trace->count); at++) {
        uint32_t i = listed ? oracle->blocking.wait_events[at] : at;
        const struct trace_event *event = &oracle->trace->events[i];
        if (event->kind != TRACE_wait_for ||
            !still_waits(shadow_goroutine(&oracle->shadow, event->goroutine), event, i) ||
            !known(oracle, INV_no_lost_wakeup, event->object))
            continue;
        const char *why = in_vain(oracle, event, ends);
        if (!oracle_holds(oracle, INV_no_lost_wakeup, why == NULL))
            oracle_raise(oracle, INV_no_lost_wakeup, oracle->index, event->goroutine, event->a,
                         "%s waits for ever: %s %c%u, %s",
                         oracle_name(oracle, event->goroutine).text, trace_wait_name(event->a),
                         letter(event->a), event->object - 1, why);
    }
}

static void end_blocking(struct oracle *oracle, bool cut) {
    bool rests = oracle->end == RUN_FINISHED || oracle->end == RUN_QUIESCENT;
    if (cut || !rests)
        return;
    if (oracle->blocking.waits != 0 && oracle_holds(oracle, INV_no_lost_wakeup, true))
        judge_waits(oracle);
    if (!oracle_holds(oracle, INV_timer_once, oracle->blocking.timers_pending == 0))
        oracle_raise(oracle, INV_timer_once, oracle->index, 0, 4,
                     "%u timers have not fired when nothing moves any more",
                     oracle->blocking.timers_pending);
}

const struct monitor monitor_blocking = {
    .kinds = MONITOR_KIND(wait_for) | MONITOR_KIND(chan_close) | MONITOR_KIND(mutex_lock) |
             MONITOR_KIND(mutex_unlock) | MONITOR_KIND(sema_release) | MONITOR_KIND(sema_acquire) |
             MONITOR_KIND(sema_ticket) | MONITOR_KIND(group_count) | MONITOR_KIND(group_wait) |
             MONITOR_KIND(group_pass) | MONITOR_KIND(timer_set) | MONITOR_KIND(timer_fire),
    .judge = judge_blocking,
    .end = end_blocking,
};

// Dumps of all stacks, which are of one instant: who is in one, with what state, stack and label;
// and the number of goroutines, which nobody stops the world for. Its own: oracle.number, stacks_
// and shown_ fields of shadow_g, and what a record leaves in shadow_thread.result for the frames
// behind it.
#include "monitor.h"

// ---- dumps --------------------------------------------------------------------------------------

enum { FRAMES_PER_RECORD = 128, STATE_LOCKED = 16, STATE_SENDS = 17, STATE_CREATOR = 24 };

static bool has_waits(uint32_t status) {
    return status == TRACE_GWAITING || status == TRACE_GLEAKED;
}

// Whoever has neither a P nor a call to the system does nothing inside a stop, so its last event
// says what it is. Who returns from a system call goes on until it wants a P.
static bool is_state_of(const struct shadow_g *g, bool caller, uint32_t status, uint32_t wait) {
    if (caller)
        return status == TRACE_GRUNNING;
    if (g->in_syscall)
        return status == TRACE_GSYSCALL || status == TRACE_GRUNNING || status == TRACE_GRUNNABLE;
    switch (g->wait) {
    case TRACE_WAIT_COUNT: // made runnable
    case TRACE_WAIT_YIELD:
    case TRACE_WAIT_SYSCALL_NO_P:
        return status == TRACE_GRUNNABLE;
    case TRACE_WAIT_PREEMPTED: // or it has not run yet, and may wait in a coroutine
        return status == TRACE_GRUNNABLE || status == TRACE_GPREEMPTED || status == TRACE_GWAITING;
    default:
        return has_waits(status) && wait == g->wait;
    }
}

// Which way it waits for a channel, as it has told before it stopped: 1 = to send. -1 = not told.
static int sends_of(const struct oracle *oracle, const struct shadow_g *g) {
    if (g->wait != TRACE_WAIT_CHAN || g->wait_event == 0)
        return -1;
    const struct trace_event *told = &oracle->trace->events[g->wait_event - 1];
    return told->kind == TRACE_wait_for && told->a == TRACE_WAIT_CHAN ? told->b != 0 : -1;
}

// A call from C has its thread as long as it lasts.
static void judge_lock_and_way(struct oracle *oracle, const struct trace_event *event,
                               const struct shadow_g *g) {
    bool told = event->b >> STATE_LOCKED & 1, locked = g->locks != 0 || g->service == TRACE_FOREIGN;
    int way = event->b >> STATE_SENDS & 1, due = sends_of(oracle, g);
    if (!oracle_holds(oracle, INV_stacks_states, told == locked))
        oracle_raise(oracle, INV_stacks_states, oracle->index, event->goroutine, 8u | locked,
                     "a dump of all stacks shows %s as %s to its thread, which it is%s",
                     oracle_name(oracle, event->goroutine).text, told ? "locked" : "not locked",
                     told ? " not" : "");
    if (due >= 0 && !oracle_holds(oracle, INV_stacks_states, way == due))
        oracle_raise(oracle, INV_stacks_states, oracle->index, event->goroutine,
                     16u | (unsigned)due,
                     "a dump of all stacks shows that %s waits to %s, but it waits to %s",
                     oracle_name(oracle, event->goroutine).text, way ? "send" : "receive",
                     due ? "send" : "receive");
}

static void judge_shown(struct oracle *oracle, const struct trace_event *event) {
    struct shadow *shadow = &oracle->shadow;
    struct shadow_g *g = shadow_goroutine(shadow, event->goroutine);
    bool stopped = shadow->stopped && shadow->stop_reason == TRACE_STOP_STACKS;
    uint32_t status = event->b & 0x7f, wait = event->b >> 8 & 0xff;
    uint32_t creator = (uint32_t)(event->b >> STATE_CREATOR);
    if (!oracle_holds(oracle, INV_stacks_states, stopped))
        oracle_raise(oracle, INV_stacks_states, oracle->index, event->goroutine, 1,
                     "%s is shown in a dump of all stacks while the world is not stopped for it",
                     oracle_name(oracle, event->goroutine).text);
    bool caller = event->goroutine == shadow->stopper;
    if (!stopped || !g->known || (!caller && g->thread != 0 && !g->in_syscall)) {
        oracle_undecided(oracle, INV_stacks_states);
        return;
    }
    g->shown_stop = shadow->stops;
    g->shown_state = event->b;
    bool holds = is_state_of(g, caller, status, wait) && creator == g->creator;
    if (g->now.alive && !oracle_holds(oracle, INV_stacks_states, holds))
        oracle_raise(oracle, INV_stacks_states, oracle->index, event->goroutine, 2,
                     "a dump of all stacks shows %s as %s (%s), created by %u, which it is not",
                     oracle_name(oracle, event->goroutine).text, trace_status_name(status),
                     trace_wait_name(wait), creator);
    if (g->now.alive)
        judge_lock_and_way(oracle, event, g);
}

static void judge_stacks_result(struct oracle *oracle, const struct trace_event *event) {
    struct shadow *shadow = &oracle->shadow;
    const struct shadow_g *caller = shadow_goroutine(shadow, event->goroutine);
    shadow_thread(shadow, event->thread)->result.place = 0;
    const struct shadow_profile *dump =
        caller->known ? shadow_profile_at(shadow, caller->stacks_stop) : NULL;
    if (dump == NULL) {
        oracle_undecided(oracle, INV_stacks_exact);
        return;
    }
    uint32_t due = dump->members < event->version ? dump->members : event->version;
    if (!oracle_holds(oracle, INV_stacks_exact, event->a == due && event->b == due))
        oracle_raise(oracle, INV_stacks_exact, oracle->index, event->goroutine, event->a > due,
                     "a dump of all stacks with %u slots gives %u and has written %u, but %u user "
                     "goroutines were alive",
                     event->version, event->a, (uint32_t)event->b, dump->members);
}

// What the caller has against the goroutine as it was, and as the dump has told of it.
static void judge_stack(struct oracle *oracle, const struct trace_event *event, struct shadow_g *g,
                        uint32_t stop) {
    struct shadow *shadow = &oracle->shadow;
    struct shadow_result *result = &shadow_thread(shadow, event->thread)->result;
    struct shadow_view view = shadow_view_at(shadow, g, stop);
    uint32_t shown = event->b & 0xff;
    uint32_t due = view.depth < FRAMES_PER_RECORD ? view.depth : FRAMES_PER_RECORD;
    if (g->shown_stop != stop)
        oracle_undecided(oracle, INV_stacks_states);
    else if (!oracle_holds(oracle, INV_stacks_states, event->b >> 8 == g->shown_state))
        oracle_raise(oracle, INV_stacks_states, oracle->index, event->goroutine, 4,
                     "a dump of all stacks gives %s as %s, but it was %s inside the stop",
                     oracle_name(oracle, event->goroutine).text,
                     trace_status_name(event->b >> 8 & 0x7f),
                     trace_status_name(g->shown_state & 0x7f));
    if (!oracle_holds(oracle, INV_record_stack, shown == due))
        oracle_raise(oracle, INV_record_stack, oracle->index, event->goroutine, 16,
                     "a dump of all stacks shows %u frames of %s, but it had %u", shown,
                     oracle_name(oracle, event->goroutine).text, due);
    result->subject = event->goroutine;
    result->depth = shown < due ? shown : due;
    result->compared = 0;
    result->cursor = view.top;
}

// Allgs only grows and nobody moves in it, so each has one place for life.
static void judge_order(struct oracle *oracle, const struct trace_event *event,
                        const struct shadow_g *g) {
    struct shadow_thread *thread = shadow_thread(&oracle->shadow, event->thread);
    bool caller = event->goroutine == thread->goroutine, first = event->object == 0;
    if (!oracle_holds(oracle, INV_stacks_order, caller == first))
        oracle_raise(oracle, INV_stacks_order, oracle->index, event->goroutine, 1,
                     "slot %u of a dump of all stacks shows %s, but the caller comes first, and "
                     "nobody else",
                     event->object, oracle_name(oracle, event->goroutine).text);
    if (caller || first)
        return;
    if (!g->known || g->place == 0)
        oracle_undecided(oracle, INV_stacks_order);
    else if (!oracle_holds(oracle, INV_stacks_order, g->place > thread->result.place))
        oracle_raise(oracle, INV_stacks_order, oracle->index, event->goroutine, 2,
                     "slot %u of a dump of all stacks shows %s, number %u of allgs, behind number "
                     "%u",
                     event->object, oracle_name(oracle, event->goroutine).text, g->place,
                     thread->result.place);
    thread->result.place = g->place;
}

static void judge_stacks_record(struct oracle *oracle, const struct trace_event *event) {
    struct shadow *shadow = &oracle->shadow;
    struct shadow_thread *thread = shadow_thread(shadow, event->thread);
    const struct shadow_g *caller = shadow_goroutine(shadow, thread->goroutine);
    struct shadow_g *g = shadow_goroutine(shadow, event->goroutine);
    uint32_t stop = caller->known ? caller->stacks_stop : 0;
    thread->result.subject = 0;
    if (shadow_profile_at(shadow, stop) == NULL) {
        oracle_undecided(oracle, INV_stacks_exact);
        return;
    }
    struct shadow_view view = shadow_view_at(shadow, g, stop);
    bool member = view.alive && view.role == TRACE_ROLE_USER;
    bool again = g->known && g->stacks_seen == stop;
    if (!oracle_holds(oracle, INV_stacks_exact, member && !again))
        oracle_raise(oracle, INV_stacks_exact, oracle->index, event->goroutine, again ? 8 : 9,
                     "slot %u of a dump of all stacks shows %s, which %s", event->object,
                     oracle_name(oracle, event->goroutine).text,
                     again ? "it has shown before" : "was no user goroutine at its stop");
    if (!member)
        return;
    if (!again)
        judge_order(oracle, event, g);
    g->stacks_seen = stop;
    if (!oracle_holds(oracle, INV_record_progress, event->version == view.progress))
        oracle_raise(oracle, INV_record_progress, oracle->index, event->goroutine, 16,
                     "a dump of all stacks shows progress %u of %s, but it had made %u",
                     event->version, oracle_name(oracle, event->goroutine).text, view.progress);
    if (!oracle_holds(oracle, INV_record_labels, event->a == view.label))
        oracle_raise(oracle, INV_record_labels, oracle->index, event->goroutine, 16,
                     "a dump of all stacks shows label %u of %s, but it had %u", event->a,
                     oracle_name(oracle, event->goroutine).text, view.label);
    judge_stack(oracle, event, g, stop);
}

static void judge_stop(struct oracle *oracle, const struct trace_event *event) {
    struct shadow_g *caller = shadow_goroutine(&oracle->shadow, event->goroutine);
    oracle->number.leaving = 0; // each P has stopped, and whatever went on there is over
    if (event->a == TRACE_STOP_STACKS && caller->known)
        caller->stacks_stop = oracle->shadow.stops + 1;
}

// ---- the number of goroutines -------------------------------------------------------------------
//
// It is a sum of words that are read one after another: free lists, system goroutines. Those who
// create or end a goroutine change several of them, and move free ones from list to list, so that a
// reader beside them may be off by any of these. Whoever does that runs, so it has told of it by
// go_run; or it is an exit, a call from C or a timer, whose thread tells nothing else until it is
// done. If there is none of them, the sum is exact.

// The thread does something from this event on.
static void begin_leaving(struct oracle *oracle, uint32_t thread) {
    struct number *number = &oracle->number;
    number->changes++;
    if (number->leaving < NUMBER_LEAVING) {
        number->threads[number->leaving].thread = thread;
        number->threads[number->leaving].looked = oracle->index;
    }
    if (number->leaving <= NUMBER_LEAVING)
        number->leaving++;
}

// Told by others, or in the middle of it.
static bool says_nothing(uint32_t kind) {
    return shadow_ignores((uint16_t)kind) || kind == TRACE_observe || kind == TRACE_profile_state ||
           kind == TRACE_stack_read || kind == TRACE_profile_record;
}

// Is the thread of that entry through? Each event is looked at once.
static bool is_through(const struct oracle *oracle, uint32_t entry, uint32_t *looked) {
    for (uint32_t i = *looked + 1; i < oracle->index; i++)
        if (oracle->trace->events[i].thread == oracle->number.threads[entry].thread &&
            !says_nothing(oracle->trace->events[i].kind))
            return true;
    *looked = oracle->index - 1;
    return false;
}

static bool is_quiet(struct oracle *oracle) {
    struct number *number = &oracle->number;
    if (oracle->shadow.running != 1 || number->leaving > NUMBER_LEAVING)
        return false;
    for (uint32_t i = 0; i < number->leaving;) {
        if (is_through(oracle, i, &number->threads[i].looked))
            number->threads[i] = number->threads[--number->leaving];
        else
            i++;
    }
    return number->leaving == 0;
}

static void judge_asked(struct oracle *oracle, const struct trace_event *event) {
    struct number *number = &oracle->number;
    const struct shadow_g *g = shadow_goroutine(&oracle->shadow, event->goroutine);
    bool runs = g->known && g->thread == 1u + event->thread && !g->in_syscall;
    number->asked = runs && is_quiet(oracle) ? event->goroutine : 0;
    number->asked_clock = oracle->shadow.clock;
    number->asked_changes = number->changes;
}

static void judge_given(struct oracle *oracle, const struct trace_event *event) {
    struct number *number = &oracle->number;
    bool quiet = number->asked == event->goroutine && event->goroutine != 0 &&
                 number->asked_clock == oracle->shadow.clock &&
                 number->asked_changes == number->changes;
    uint32_t alive = oracle->shadow.plans, due = alive > 0 ? alive : 1;
    bool holds = event->a >= 1 && (!quiet || event->a == due);
    if (!oracle_holds(oracle, INV_number_exact, holds))
        oracle_raise(oracle, INV_number_exact, oracle->index, event->goroutine, event->a > due,
                     quiet
                         ? "NumGoroutine gives %u to %s, and nobody else does anything, but there "
                           "are %u"
                         : "NumGoroutine gives %u to %s; it is at least 1, and there are %u",
                     event->a, oracle_name(oracle, event->goroutine).text, due);
    number->asked = 0;
}

static void judge_create(struct oracle *oracle, const struct trace_event *event) {
    oracle->number.changes++;
    if (event->a == TRACE_FOREIGN)
        begin_leaving(oracle, event->thread);
}

// ---- one event ----------------------------------------------------------------------------------

static void judge_stacks(struct oracle *oracle, const struct trace_event *event) {
    switch (event->kind) {
    case TRACE_stacks_shown:
        judge_shown(oracle, event);
        break;
    case TRACE_stacks_result:
        judge_stacks_result(oracle, event);
        break;
    case TRACE_stacks_record:
        judge_stacks_record(oracle, event);
        break;
    case TRACE_world_stopped:
        judge_stop(oracle, event);
        break;
    case TRACE_number_asked:
        judge_asked(oracle, event);
        break;
    case TRACE_number_given:
        judge_given(oracle, event);
        break;
    case TRACE_go_create:
        judge_create(oracle, event);
        break;
    case TRACE_go_exit:
        begin_leaving(oracle, event->thread);
        break;
    default: // timer_fire
        if (event->goroutine == 0)
            begin_leaving(oracle, event->thread);
    }
}

const struct monitor monitor_stacks = {
    .kinds = MONITOR_KIND(stacks_shown) | MONITOR_KIND(stacks_result) |
             MONITOR_KIND(stacks_record) | MONITOR_KIND(world_stopped) |
             MONITOR_KIND(number_asked) | MONITOR_KIND(number_given) | MONITOR_KIND(go_create) |
             MONITOR_KIND(go_exit) | MONITOR_KIND(timer_fire),
    .judge = judge_stacks,
};

// The profile state machine: which edges there are, who may take them and when, and that whoever
// holds a goroutine in progress is not preempted. Versions say how the writes of one word followed
// each other; all of them are made by a recorder that the next writer has waited for, so events
// come in that order.
#include "monitor.h"

enum fault { FAULT_NONE, FAULT_EDGE, FAULT_BACKWARDS, FAULT_SELF, FAULT_CREATION, FAULT_WRITER };

// Is this an edge that `by` may take now? Whether a recorder comes too late is another question.
static enum fault edge_fault(const struct shadow *shadow, const struct shadow_g *g,
                             const struct trace_event *event) {
    bool to_progress = event->a == TRACE_ABSENT && event->b == TRACE_IN_PROGRESS;
    bool to_satisfied = event->a == TRACE_IN_PROGRESS && event->b == TRACE_SATISFIED;
    switch (event->object) {
    case TRACE_BY_EXECUTE:
    case TRACE_BY_WALKER:
    case TRACE_BY_SYSCALL_RETURN:
    case TRACE_BY_COROUTINE:
    case TRACE_BY_FOREIGN:
        return to_progress || to_satisfied ? FAULT_NONE : FAULT_EDGE;
    case TRACE_BY_CREATION: // also of a struct that is still satisfied from a life before
        if ((event->a != TRACE_ABSENT && event->a != TRACE_SATISFIED) ||
            event->b != TRACE_SATISFIED)
            return FAULT_EDGE;
        return shadow->active && g->state_version == 0 && g->born == shadow->stops ? FAULT_NONE
                                                                                   : FAULT_CREATION;
    case TRACE_BY_SELF:
        if (event->a != TRACE_ABSENT || event->b != TRACE_SATISFIED)
            return FAULT_EDGE;
        return shadow->stopped && shadow->stop_reason == TRACE_STOP_PROFILE &&
                       event->goroutine == shadow->stopper
                   ? FAULT_NONE
                   : FAULT_SELF;
    case TRACE_BY_SWEEP:
        if (shadow->active)
            return FAULT_BACKWARDS;
        return event->a == TRACE_SATISFIED && event->b == TRACE_ABSENT ? FAULT_NONE : FAULT_EDGE;
    default:
        return FAULT_WRITER;
    }
}

static const char *fault_text(enum fault fault) {
    switch (fault) {
    case FAULT_BACKWARDS:
        return "a sweep must wait until the profile is inactive";
    case FAULT_SELF:
        return "only the caller, inside its first stop, satisfies itself";
    case FAULT_CREATION:
        return "only a newcomer, while a profile is active, is born satisfied";
    case FAULT_WRITER:
        return "nobody else writes it";
    default:
        return "it must go absent, in-progress, satisfied";
    }
}

static const char *writer_name(uint32_t by) {
    switch (by) {
    case TRACE_BY_SELF:
        return "the caller";
    case TRACE_BY_SWEEP:
        return "the sweep";
    default:
        return trace_observer_name(by);
    }
}

// Facts of an edge: fault or disorder, from and to. Who took it is left out: walker and scheduler
// run the same code.
static uint64_t edge_facts(uint32_t fault, const struct trace_event *event) {
    return (uint64_t)fault << 16 | (event->a & 0xff) << 8 | (event->b & 0xff);
}

// Does it follow the edge before it?
static void judge_order(struct oracle *oracle, const struct shadow_g *g,
                        const struct trace_event *event) {
    bool known;
    uint8_t state = shadow_state(&oracle->shadow, g, &known);
    bool first = g->state_version == 0;
    if (!known || event->version == 0 || (!first && event->version > g->state_version + 1)) {
        oracle_undecided(oracle, INV_state_edges);
        return;
    }
    bool rises = first || event->version > g->state_version;
    if (!oracle_holds(oracle, INV_state_edges, rises && event->a == state))
        oracle_raise(
            oracle, INV_state_edges, oracle->index, event->goroutine, edge_facts(0x10, event),
            "%s takes the edge %s to %s of %s, whose profile state is already %s: each "
            "edge is taken once a profile",
            writer_name(event->object), trace_state_name(event->a), trace_state_name(event->b),
            oracle_name(oracle, event->goroutine).text, trace_state_name(state));
}

static void judge_edge(struct oracle *oracle, const struct trace_event *event) {
    struct shadow *shadow = &oracle->shadow;
    const struct shadow_g *g = shadow_goroutine(shadow, event->goroutine);
    if (!g->known) {
        oracle_undecided(oracle, INV_state_edges);
        return;
    }
    judge_order(oracle, g, event);
    enum fault fault = edge_fault(shadow, g, event);
    if (!oracle_holds(oracle, INV_state_edges, fault == FAULT_NONE))
        oracle_raise(oracle, INV_state_edges, oracle->index, event->goroutine,
                     edge_facts(fault, event),
                     "the profile state of %s goes from %s to %s by %s%s: %s",
                     oracle_name(oracle, event->goroutine).text, trace_state_name(event->a),
                     trace_state_name(event->b), writer_name(event->object),
                     shadow->active ? " while a profile is active" : "", fault_text(fault));
    if (event->object >= TRACE_BY_CREATION)
        return;
    if (!oracle_holds(oracle, INV_no_late_recorder, shadow->active))
        oracle_raise(oracle, INV_no_late_recorder, oracle->index, event->goroutine,
                     edge_facts(0, event), "%s records %s (%s to %s) when no profile is active",
                     writer_name(event->object), oracle_name(oracle, event->goroutine).text,
                     trace_state_name(event->a), trace_state_name(event->b));
    if (event->b == TRACE_IN_PROGRESS) {
        bool running = g->thread != 0 && !g->in_syscall;
        if (!oracle_holds(oracle, INV_in_progress_not_running, !running))
            oracle_raise(oracle, INV_in_progress_not_running, oracle->index, event->goroutine, 1,
                         "%s is taken in progress by %s while it runs",
                         oracle_name(oracle, event->goroutine).text, writer_name(event->object));
    } else if (event->b == TRACE_SATISFIED && g->recorder != 0) {
        if (!oracle_holds(oracle, INV_recorder_unpreempted, g->recorder == 1u + event->thread))
            oracle_raise(oracle, INV_recorder_unpreempted, oracle->index, event->goroutine, 1,
                         "the recorder of %s has changed threads between acquisition and "
                         "satisfied; it must not be preempted",
                         oracle_name(oracle, event->goroutine).text);
    }
}

void oracle_judge_recorder_step(struct oracle *oracle, const struct trace_event *event) {
    struct shadow_thread *thread = shadow_thread(&oracle->shadow, event->thread);
    if (thread->recording == 0)
        return;
    uint32_t events = ++thread->recorder_events;
    if (!oracle_within(oracle, INV_in_progress_bounded, events))
        oracle_raise(oracle, INV_in_progress_bounded, oracle->index, thread->recording, 0,
                     "the recorder of %s has done %u things since it was acquired, and it is still "
                     "in progress; a recorder does %llu at most",
                     oracle_name(oracle, thread->recording).text, events,
                     (unsigned long long)invariant_bound(INV_in_progress_bounded).limit);
}

static void judge_state(struct oracle *oracle, const struct trace_event *event) {
    struct shadow *shadow = &oracle->shadow;
    if (event->kind == TRACE_profile_state) {
        judge_edge(oracle, event);
    } else if (event->kind == TRACE_go_stop) {
        uint32_t subject = shadow_thread(shadow, event->thread)->recording;
        if (subject != 0 && !oracle_holds(oracle, INV_recorder_unpreempted, false))
            oracle_raise(
                oracle, INV_recorder_unpreempted, oracle->index, event->goroutine, event->a,
                "%s leaves the processor (%s) while it holds goroutine %u in progress; a "
                "recorder must not be preempted",
                oracle_name(oracle, event->goroutine).text, trace_wait_name(event->a), subject);
    } else if (shadow->active) { // world_stopped
        if (!oracle_holds(oracle, INV_recorder_unpreempted, shadow->in_progress == 0))
            oracle_raise(oracle, INV_recorder_unpreempted, oracle->index, event->goroutine, 2,
                         "the world is stopped while a record is in progress; a recorder must not "
                         "be preempted");
    }
}

const struct monitor monitor_state = {
    .kinds = MONITOR_KIND(profile_state) | MONITOR_KIND(go_stop) | MONITOR_KIND(world_stopped),
    .judge = judge_state,
};

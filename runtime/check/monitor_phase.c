// The phases of the world: one table of legal edges, who may take them, how fast those who run give
// way to a stop or to a scanner, and that the world goes on to whoever waits for it. Its own fields
// of the shadow: stopping, stopping_steps, call_stop, call_ran, call_count and the steps in asked
// of shadow_g.
#include "monitor.h"

static const char *const phase_names[PHASE_COUNT] = {"running", "stopping", "stopped"};

// The edge that a kind of event takes. Only whoever has asked for a stop may go on with it.
static const struct {
    uint16_t kind;
    enum shadow_phase from, to;
    bool by_owner;
} edges[] = {
    {TRACE_stop_request, PHASE_RUNNING, PHASE_STOPPING, false},
    {TRACE_world_stopped, PHASE_STOPPING, PHASE_STOPPED, true},
    {TRACE_world_start, PHASE_STOPPED, PHASE_RUNNING, true},
};

static void judge_edge(struct oracle *oracle, const struct trace_event *event) {
    const struct shadow *shadow = &oracle->shadow;
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        if (edges[i].kind != event->kind)
            continue;
        bool own = !edges[i].by_owner ||
                   (event->goroutine == shadow->phase_owner && event->a == shadow->phase_reason);
        if (!oracle_holds(oracle, INV_world_phase_edges, shadow->phase == edges[i].from && own))
            oracle_raise(oracle, INV_world_phase_edges, oracle->index, event->goroutine,
                         (uint64_t)edges[i].to << 8 | shadow->phase << 1 | own,
                         "%s makes the world %s (%s), which is %s%s",
                         oracle_name(oracle, event->goroutine).text, phase_names[edges[i].to],
                         trace_stop_reason_name(event->a), phase_names[shadow->phase],
                         own ? "" : " by somebody else or for something else");
    }
}

// Whoever ran when the stop was asked for and runs since has the flag that asks it to give way: no
// execute has cleared it. It may have looked at the flag just before.
static void judge_step(struct oracle *oracle, const struct trace_event *event) {
    struct shadow *shadow = &oracle->shadow;
    struct shadow_g *g = shadow_goroutine(shadow, event->goroutine);
    if (shadow->phase != PHASE_STOPPING || !shadow->asked || !g->known ||
        event->goroutine == shadow->phase_owner)
        return;
    if (!oracle->raw || g->ran > shadow->requested) {
        oracle_undecided(oracle, INV_stop_answered);
        return;
    }
    if (g->stopping != shadow->requested)
        g->stopping_steps = 0;
    g->stopping = shadow->requested;
    if (!oracle_within(oracle, INV_stop_answered, ++g->stopping_steps))
        oracle_raise(oracle, INV_stop_answered, oracle->index, event->goroutine, 0,
                     "%s makes step %u since it was asked to give way to a stop (%s)",
                     oracle_name(oracle, event->goroutine).text, g->stopping_steps,
                     trace_stop_reason_name(shadow->phase_reason));
}

// The same for a scanner: the flag of the P that it runs on is set, and it may have looked at it
// just before.
static void judge_asked(struct oracle *oracle, const struct trace_event *event) {
    struct shadow_g *g = shadow_goroutine(&oracle->shadow, event->goroutine);
    if (!g->known || g->asked == 0)
        return;
    if (!oracle->raw)
        oracle_undecided(oracle, INV_suspend_answered);
    else if (!oracle_within(oracle, INV_suspend_answered, g->asked++))
        oracle_raise(oracle, INV_suspend_answered, oracle->index, event->goroutine, 0,
                     "%s makes step %u since a scanner has asked it to stop",
                     oracle_name(oracle, event->goroutine).text, g->asked - 1);
}

// Whoever enters a system call looks whether a stop has asked, and leaves its P to it. So it does
// not come back before the world goes on, unless somebody who has not given way yet executes it, or
// lends it a P: whoever enters a call behind it, on the P that it had, has lent it to both until he
// looks.
static void judge_call(struct oracle *oracle, const struct trace_event *event) {
    const struct shadow *shadow = &oracle->shadow;
    struct shadow_g *g = shadow_goroutine(&oracle->shadow, event->goroutine);
    bool asked = shadow->phase == PHASE_STOPPING && shadow->asked;
    if (!g->known)
        return;
    if (event->kind == TRACE_syscall_enter) {
        g->call_stop = asked ? shadow->requested : 0;
        g->call_ran = g->ran;
        g->call_count = shadow->calls + 1;
        return;
    }
    bool through = asked && g->call_stop == shadow->requested;
    if (!oracle->raw || g->call_stop == 0 || g->ran != g->call_ran ||
        g->call_count != shadow->calls)
        return;
    if (!oracle_holds(oracle, INV_stop_answered, !through))
        oracle_raise(
            oracle, INV_stop_answered, oracle->index, event->goroutine, 1,
            "%s went into a system call after a stop (%s) had asked, and is back before it",
            oracle_name(oracle, event->goroutine).text,
            trace_stop_reason_name(shadow->phase_reason));
}

// At a start everybody else is stopped: who waits for worldsema is known exactly, and it is handed
// over. Somebody else may be faster than who is woken, but not the one who hands it over.
static void judge_handoff(struct oracle *oracle, const struct trace_event *event) {
    const struct shadow *shadow = &oracle->shadow;
    if (shadow->handoff_from == 0)
        return;
    if (!oracle_holds(oracle, INV_handoff_direct, event->goroutine != shadow->handoff_from))
        oracle_raise(oracle, INV_handoff_direct, oracle->index, event->goroutine, 0,
                     "%s, who has started the world, stops it again (%s) though somebody waited "
                     "for that",
                     oracle_name(oracle, event->goroutine).text, trace_stop_reason_name(event->a));
}

static void judge_phase(struct oracle *oracle, const struct trace_event *event) {
    if (event->kind == TRACE_user_step) {
        judge_step(oracle, event);
        judge_asked(oracle, event);
        return;
    }
    if (event->kind == TRACE_syscall_enter || event->kind == TRACE_syscall_exit) {
        judge_call(oracle, event);
        return;
    }
    judge_edge(oracle, event);
    if (event->kind == TRACE_stop_request)
        judge_handoff(oracle, event);
}

const struct monitor monitor_phase = {
    .kinds = MONITOR_KIND(stop_request) | MONITOR_KIND(world_stopped) | MONITOR_KIND(world_start) |
             MONITOR_KIND(syscall_enter) | MONITOR_KIND(syscall_exit),
    .watched_kinds = MONITOR_KIND(user_step),
    .judge = judge_phase,
};

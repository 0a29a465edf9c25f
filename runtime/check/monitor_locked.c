// Goroutines locked to a thread, and calls from C, run on their own thread and on no other, and
// while one is locked to it a thread runs nobody else. Who has locked itself is told by user code.
// Its own: home of shadow_g, owner of shadow_thread.
#include "monitor.h"

static void settle(struct oracle *oracle, struct shadow_g *g, const struct trace_event *event) {
    if (!g->known)
        return;
    g->home = 1u + event->thread;
    shadow_thread(&oracle->shadow, event->thread)->owner = event->goroutine;
}

static void leave(struct oracle *oracle, struct shadow_g *g, uint32_t goroutine) {
    if (g->home == 0)
        return;
    struct shadow_thread *thread = shadow_thread(&oracle->shadow, g->home - 1);
    if (thread->owner == goroutine)
        thread->owner = 0;
    g->home = 0;
}

static void judge_run(struct oracle *oracle, const struct trace_event *event) {
    const struct shadow_g *g = shadow_goroutine(&oracle->shadow, event->goroutine);
    uint32_t owner = shadow_thread(&oracle->shadow, event->thread)->owner;
    if (g->home == 0 && owner == 0)
        return;
    if (!oracle_holds(oracle, INV_locked_to_thread, g->home == 0 || g->home == 1u + event->thread))
        oracle_raise(oracle, INV_locked_to_thread, oracle->index, event->goroutine, 0,
                     "%s starts to run on thread %u, but it is locked to thread %u",
                     oracle_name(oracle, event->goroutine).text, event->thread, g->home - 1);
    else if (!oracle_holds(oracle, INV_locked_to_thread, owner == 0 || owner == event->goroutine))
        oracle_raise(oracle, INV_locked_to_thread, oracle->index, event->goroutine, 1,
                     "%s starts to run on thread %u, to which goroutine %u is locked",
                     oracle_name(oracle, event->goroutine).text, event->thread, owner);
}

static void judge_locked(struct oracle *oracle, const struct trace_event *event) {
    struct shadow_g *g = shadow_goroutine(&oracle->shadow, event->goroutine);
    switch (event->kind) {
    case TRACE_go_run:
        judge_run(oracle, event);
        break;
    case TRACE_lock_thread:
        if (event->a != 0)
            settle(oracle, g, event);
        else if (g->locks <= 1 && g->service != TRACE_FOREIGN)
            leave(oracle, g, event->goroutine);
        break;
    case TRACE_syscall_exit: // a call from C begins by coming back to Go
        if (g->service == TRACE_FOREIGN && g->home == 0)
            settle(oracle, g, event);
        break;
    default: // it has ended
        leave(oracle, g, event->goroutine);
    }
}

const struct monitor monitor_locked = {
    .kinds = MONITOR_KIND(go_run) | MONITOR_KIND(lock_thread) | MONITOR_KIND(syscall_exit) |
             MONITOR_KIND(go_exit),
    .judge = judge_locked,
};

// Who owns a stack that does not run: whoever has set the scan bit of its goroutine's status. A
// reader that has it, or that reads while nobody has, is alone with it; a stack moves only under
// the bit, or while its goroutine runs and says so. A bit is told after it was taken and before it
// is given back, so two whose turns overlap in the trace have overlapped. Its own fields of the
// shadow: scanner and reader of shadow_g.
#include "monitor.h"

static void judge_scan_bit(struct shadow_g *g, const struct trace_event *event) {
    if ((event->a ^ event->b) == TRACE_GSCAN)
        g->scanner = event->b & TRACE_GSCAN ? 1u + event->thread : 0;
}

// Who reads has the bit, in our runtime; Go's recorders read without. On its way out of a system
// call a goroutine may be running already, and nobody but itself could have it: its stack is
// frozen.
static void judge_reader(struct oracle *oracle, const struct shadow_g *g,
                         const struct trace_event *event) {
    if (event->kind != TRACE_stack_read || !oracle->raw || event->a == TRACE_GRUNNING)
        return;
    if (!oracle_holds(oracle, INV_stack_owner, g->scanner == 1u + event->thread))
        oracle_raise(oracle, INV_stack_owner, oracle->index, event->goroutine, 4,
                     "thread %u reads the stack of %s (%s) without its scan bit", event->thread,
                     oracle_name(oracle, event->goroutine).text, trace_status_name(event->a));
}

static void judge_read(struct oracle *oracle, struct shadow_g *g, const struct trace_event *event) {
    uint32_t self = 1u + event->thread;
    g->reader = event->kind == TRACE_stack_read ? self : 0;
    judge_reader(oracle, g, event);
    if (!oracle_holds(oracle, INV_stack_owner, g->scanner == 0 || g->scanner == self))
        oracle_raise(oracle, INV_stack_owner, oracle->index, event->goroutine, 0,
                     "the stack of %s is read while thread %u has its scan bit",
                     oracle_name(oracle, event->goroutine).text, g->scanner - 1);
}

// Somebody takes the scan bit, or moves the stack: not while somebody else reads it.
static void judge_taken(struct oracle *oracle, const struct shadow_g *g,
                        const struct trace_event *event) {
    uint32_t self = 1u + event->thread;
    if (!oracle_holds(oracle, INV_stack_owner, g->reader == 0 || g->reader == self))
        oracle_raise(oracle, INV_stack_owner, oracle->index, event->goroutine, 1,
                     "thread %u %s while thread %u reads the stack of %s", event->thread,
                     event->kind == TRACE_status ? "takes the scan bit" : "moves the stack",
                     g->reader - 1, oracle_name(oracle, event->goroutine).text);
}

// What lies on it has to fit; and whoever is in a system call may have handed out pointers into it
// (stack.go isShrinkStackSafe).
static void judge_room(struct oracle *oracle, const struct shadow_g *g,
                       const struct trace_event *event) {
    if (!oracle_holds(oracle, INV_runtime_sound, event->b <= event->a))
        oracle_raise(oracle, INV_runtime_sound, oracle->index, event->goroutine, 0x103,
                     "the stack of %s moves to where %u frames fit, and it has %llu",
                     oracle_name(oracle, event->goroutine).text, event->a,
                     (unsigned long long)event->b);
    bool calls = (g->status & ~(unsigned)TRACE_GSCAN) == TRACE_GSYSCALL;
    if ((g->status_pending[0].version | g->status_pending[1].version) != 0)
        oracle_undecided(oracle, INV_stack_owner);
    else if (!oracle_holds(oracle, INV_stack_owner, !calls))
        oracle_raise(oracle, INV_stack_owner, oracle->index, event->goroutine, 3,
                     "thread %u moves the stack of %s, which is in a system call", event->thread,
                     oracle_name(oracle, event->goroutine).text);
}

static void judge_moved(struct oracle *oracle, const struct shadow_g *g,
                        const struct trace_event *event) {
    uint32_t self = 1u + event->thread;
    bool owns = g->scanner == self || (g->scanner == 0 && g->thread == self && !g->in_syscall);
    judge_taken(oracle, g, event);
    judge_room(oracle, g, event);
    if (!oracle_holds(oracle, INV_stack_owner, owns))
        oracle_raise(oracle, INV_stack_owner, oracle->index, event->goroutine, 2,
                     "thread %u moves the stack of %s, but owns it not", event->thread,
                     oracle_name(oracle, event->goroutine).text);
}

static void judge_stack(struct oracle *oracle, const struct trace_event *event) {
    struct shadow_g *g = shadow_goroutine(&oracle->shadow, event->goroutine);
    if (!g->known)
        return;
    switch (event->kind) {
    case TRACE_status:
        if ((event->a ^ event->b) == TRACE_GSCAN && event->b & TRACE_GSCAN)
            judge_taken(oracle, g, event);
        judge_scan_bit(g, event);
        break;
    case TRACE_stack_moved:
        judge_moved(oracle, g, event);
        break;
    case TRACE_profile_state:
        g->reader = 0; // it is satisfied, recorded or not
        break;
    default:
        judge_read(oracle, g, event);
    }
}

const struct monitor monitor_stack = {
    .kinds = MONITOR_KIND(status) | MONITOR_KIND(stack_read) | MONITOR_KIND(profile_record) |
             MONITOR_KIND(profile_state) | MONITOR_KIND(stack_moved),
    .judge = judge_stack,
};

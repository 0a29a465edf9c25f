// Who owns a stack that does not run (preempt.go suspendG and resumeG, stack.go newstack and
// shrinkstack): whoever has set the scan bit of its goroutine's status. Real C frames hold absolute
// pointers, so a stack that "moves" stays where it is: what moves is who owns it, and how much of
// it is there.
#include "rt_impl.h"

// ---- suspend and resume -------------------------------------------------------------------------

// It runs: ask it to stop at its next safe point.
static void ask(struct rt *rt, struct g *gp, bool again) {
    uint32_t goid = os_peek_u32(&gp->status.id);
    if (!again)
        rt_event(rt_m(), TRACE_suspend_ask, goid, 0, 0, 0, 0);
    os_store_u32(&gp->preempt_stop, 1, OS_RELEASE, SITE_suspend_ask);
    uint32_t p = os_peek_u32(&gp->on_p); // if it is somewhere else by now: the next round
    if (p != 0)
        os_store_u32(&rt->ps[p - 1].preempt, 1, OS_RELAXED, SITE_preempt_flag);
    if (!again)
        rt_event(rt_m(), TRACE_suspend_asked, goid, 0, 0, 0, 0);
}

static bool is_dead(uint32_t status) {
    return status == GIDLE || status == GDEAD || status == GDEADEXTRA;
}

// Whoever was asked has ended. The next life of its struct must not stop for nobody: if it has not
// begun when the request is gone, it never sees it. False: it has begun, and may have seen it.
static bool withdraw(struct g *gp) {
    os_store_u32(&gp->preempt_stop, 0, OS_SEQ_CST, SITE_suspend_ask);
    return is_dead(os_watched_state(os_watched_load(&gp->status, SITE_suspend_status)));
}

struct suspended rt_suspend_g(struct g *gp) {
    struct suspended suspended = {.gp = gp};
    bool asked = false;
    for (;;) {
        struct m *mp = rt_acquirem(); // from here on others may have to wait for us
        uint32_t word = os_watched_load(&gp->status, SITE_suspend_status);
        switch (os_watched_state(word)) {
        case GIDLE:
        case GDEAD:
        case GDEADEXTRA:
            if (asked && !withdraw(gp))
                break;
            rt_releasem(mp);
            return suspended;
        case GRUNNABLE:
        case GSYSCALL:
        case GWAITING:
        case GLEAKED:
            suspended.word = rt_scan_acquire(gp, word);
            if (suspended.word == 0)
                break;
            os_poke_u32(&gp->preempt_stop, 0); // it reads it when it runs: behind the release
            return suspended;
        case GPREEMPTED: // for us, who else: make it look like one that waits
            rt_cas_status(gp, GPREEMPTED, GWAITING, SITE_suspend_status);
            suspended.stopped = true;
            break;
        case GRUNNING:
            ask(mp->rt, gp, asked);
            asked = true;
            break;
        default: // somebody else has the scan bit, or its stack moves
            break;
        }
        rt_releasem(mp);
        os_yield(SITE_scan_wait);
        rt_checkpoint();
    }
}

void rt_resume_g(struct suspended suspended) {
    rt_scan_release(suspended.gp, suspended.word);
    if (suspended.stopped)
        rt_ready(rt_m(), suspended.gp);
    rt_releasem(rt_m());
}

// ---- stacks that move ---------------------------------------------------------------------------

static uint32_t depth_of(const struct g *gp) {
    uint32_t depth = 0;
    for (const struct rt_frame *frame = gp->frames; frame != NULL; frame = frame->up)
        depth++;
    return depth;
}

void rt_shrink_stack(struct suspended suspended) {
    struct g *gp = suspended.gp;
    // Not inside a system call: it may hold pointers to its stack (isShrinkStackSafe).
    struct rt *rt = rt_m()->rt;
    bool calls = os_watched_state(suspended.word) == (GSYSCALL | GSCAN);
    if (gp->room == STACK_ROOM_MIN || (calls && !mutant(rt, shrink_in_syscall)))
        return;
    uint32_t depth = depth_of(gp);
    if (depth * STACK_ROOM_FACTOR > gp->room / 2 && !mutant(rt, shrink_too_far))
        return;
    gp->room /= 2;
    os_point(OS_STORE, gp, SITE_stack_move);
    stack_release(gp->stack, (uintptr_t)gp->context.sp); // its saved registers lie above
    rt_event(rt_m(), TRACE_stack_moved, os_peek_u32(&gp->status.id), 0, 0, gp->room, depth);
}

// On g0: the goroutine does not use its stack meanwhile.
static void newstack(struct m *mp, void *argument) {
    uint32_t depth = *(const uint32_t *)argument;
    struct g *gp = mp->curg;
    rt_cas_status(gp, GRUNNING, GCOPYSTACK, SITE_stack_move);
    while (gp->room < depth)
        gp->room *= 2;
    rt_event(mp, TRACE_stack_moved, gp->goid, 0, 0, gp->room, depth);
    rt_cas_status(gp, GCOPYSTACK, GRUNNING, SITE_stack_move);
}

void rt_morestack(uint32_t depth) {
    if (depth > rt_m()->curg->room)
        rt_systemstack(newstack, &depth);
}

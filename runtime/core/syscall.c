// System calls (proc.go entersyscall, exitsyscall of Go 1.25). A goroutine in one keeps its M; its
// P is only lent (status Psyscall) and can be taken by whoever stops the world, or is handed off at
// once by a call known to block. Its user stack is frozen from the frame of the caller up, which is
// what a profile reads.
#include "rt_impl.h"

__attribute__((noinline)) void rt_syscall_enter(bool blocks) {
    struct m *mp = rt_acquirem(); // nobody may switch it away half-way
    struct rt *rt = mp->rt;
    struct g *gp = mp->curg;
    uintptr_t *frame = __builtin_frame_address(0);
    gp->syscall = (struct stack_map){(uintptr_t)__builtin_return_address(0), (uintptr_t)(frame + 2),
                                     frame[0]};
    rt_event(mp, TRACE_syscall_enter, gp->goid, 0, 0, blocks, 0);
    rt_cas_status(gp, GRUNNING, GSYSCALL, SITE_syscall_enter);
    struct p *pp = mp->p;
    os_poke_u32(&pp->syscalltick, os_peek_u32(&pp->syscalltick) + 1);
    if (blocks) {
        mp->old_p = NULL;
        rt_handoff_p(mp, rt_release_p(mp));
    } else {
        mp->old_p = pp;
        mp->p = NULL;
        os_store_u32(&pp->status, PSYSCALL, OS_SEQ_CST, SITE_syscall_enter);
        // [sched] Either the stopper sees Psyscall, or we see gcwaiting.
        if (os_load_u32(&rt->sched.gcwaiting, OS_SEQ_CST, SITE_gcwaiting) &&
            !mutant(rt, syscall_ignores_stop)) {
            rt_lock(&rt->sched.lock, SITE_sched_lock);
            uint32_t status = PSYSCALL;
            bool last = rt->sched.stopwait > 0 &&
                        os_cas_u32(&pp->status, &status, PGCSTOP, SITE_p_take) &&
                        --rt->sched.stopwait == 0;
            rt_unlock(&rt->sched.lock, SITE_sched_unlock);
            if (last)
                os_note_wake(&rt->sched.stop_note, SITE_stop_wake);
        }
    }
    rt_releasem(mp);
}

// Get a P without the scheduler: the old one if nobody took it, else an idle one.
static bool exit_fast(struct m *mp) {
    struct rt *rt = mp->rt;
    struct p *pp = mp->old_p;
    mp->old_p = NULL;
    uint32_t status = PSYSCALL;
    if (pp != NULL && os_cas_u32(&pp->status, &status, PIDLE, SITE_syscall_p)) {
        rt_acquire_p(mp, pp);
        return true;
    }
    if (os_load_u32(&rt->sched.idle_ps_count, OS_ACQUIRE, SITE_idle_count) == 0)
        return false;
    rt_lock(&rt->sched.lock, SITE_sched_lock);
    pp = rt_idle_get_locked(rt);
    rt_unlock(&rt->sched.lock, SITE_sched_unlock);
    if (pp == NULL)
        return false;
    rt_acquire_p(mp, pp);
    return true;
}

// Since 1.26 a goroutine that leaves a system call is running before it has a P; until its check-in
// is done its stack stays frozen.
static bool running_early(struct rt *rt) {
    return trait(rt, running_early) || mutant(rt, syscall_runs_early);
}

// No P is to be had: the goroutine queues up, the M runs it if a P turns up after all.
static struct g *exit_without_p(struct m *mp, struct g *gp, void *argument) {
    struct rt *rt = mp->rt;
    (void)argument;
    rt_event(mp, TRACE_go_stop, gp->goid, 0, 0, TRACE_WAIT_SYSCALL_NO_P, 0);
    rt_drop_g(mp);
    enum g_status from = running_early(rt) ? GRUNNING : GSYSCALL;
    rt_cas_status(gp, from, mutant(rt, syscall_exit_waits) ? GWAITING : GRUNNABLE,
                  SITE_syscall_exit);
    rt_lock(&rt->sched.lock, SITE_sched_lock);
    struct p *pp = rt_idle_get_locked(rt);
    if (pp == NULL)
        rt_global_put_locked(rt, gp);
    rt_unlock(&rt->sched.lock, SITE_sched_unlock);
    if (pp != NULL) {
        rt_acquire_p(mp, pp);
        rt_execute(mp, gp);
        return gp;
    }
    if (mp->lockedg != NULL)
        return rt_schedule_locked(mp);
    if (!rt_stop_m(mp))
        return NULL;
    return rt_schedule(mp);
}

// The check-in runs on g0: a goroutine does not record itself on its own stack.
static void checkin_on_g0(struct m *mp, void *argument) {
    (void)argument;
    rt_profile_checkin(mp, mp->curg, TRACE_BY_SYSCALL_RETURN);
}

void rt_syscall_exit(void) {
    struct m *mp = rt_acquirem();
    struct g *gp = mp->curg;
    // The slip of two mutants, and a race when one is on: `active` may be stale by the time there
    // is a P.
    bool early = (mutant(mp->rt, active_before_p) || mutant(mp->rt, active_stays_true)) &&
                 mp->rt->profile.active;
    if (running_early(mp->rt))
        rt_cas_status(gp, GSYSCALL, GRUNNING, SITE_syscall_exit);
    if (mutant(mp->rt, syscall_frames_forgotten))
        gp->syscall = (struct stack_map){0, 0, 0};
    if (mutant(mp->rt, checkin_before_p) && mp->rt->profile.active)
        rt_systemstack(checkin_on_g0, NULL);
    if (exit_fast(mp)) {
        // [world] `active` is read only now: without a P a stop of the world would not wait for us.
        bool active = mutant(mp->rt, active_before_p)     ? early && mp->rt->profile.active
                      : mutant(mp->rt, active_stays_true) ? early || mp->rt->profile.active
                                                          : mp->rt->profile.active;
        if (active && !mutant(mp->rt, no_checkin_syscall))
            rt_systemstack(checkin_on_g0, NULL);
        if (!running_early(mp->rt))
            rt_cas_status(gp, GSYSCALL, GRUNNING, SITE_syscall_exit);
        gp->stack_owner = mp->id + 1;
        if (!mutant(mp->rt, on_p_kept))
            os_poke_u32(&gp->on_p, mp->p->id + 1);
        rt_releasem(mp);
    } else {
        rt_releasem(mp);
        rt_mcall(exit_without_p, NULL);
        mp = rt_m();
    }
    gp->syscall.fp = 0; // not frozen any more
    rt_event(mp, TRACE_syscall_exit, gp->goid, 0, 0, 0, 0);
}

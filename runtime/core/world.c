// Stop and start the world (proc.go stopTheWorldWithSema, startTheWorldWithSema). Between the two
// no P runs, so no user code does and nothing tagged [world] is read. worldsema is handed over
// directly, so that whoever stops the world again and again starves nobody.
#include "rt_impl.h"

enum { STOP_RETRY_NS = 100 * 1000 }; // ask again: a preemption flag may be lost to an execute

void rt_preempt_all(struct rt *rt, const struct p *own) {
    for (uint32_t i = 0; i < rt->procs; i++)
        if (&rt->ps[i] != own)
            os_store_u32(&rt->ps[i].preempt, 1, OS_RELAXED, SITE_preempt_flag);
}

static void stop_p_locked(struct rt *rt, struct p *pp) {
    os_store_u32(&pp->status, PGCSTOP, OS_RELEASE, SITE_p_status);
    rt->sched.stopwait--;
}

// Take the Ps that stop without their M: the own one, those of Ms in system calls, and idle ones.
static void take_ps_locked(struct rt *rt, struct m *mp) {
    stop_p_locked(rt, mp->p);
    for (uint32_t i = 0; i < rt->procs; i++) {
        uint32_t status = os_load_u32(&rt->ps[i].status, OS_ACQUIRE, SITE_p_status);
        if (status == PSYSCALL && os_cas_u32(&rt->ps[i].status, &status, PGCSTOP, SITE_p_take))
            rt->sched.stopwait--;
    }
    struct p *pp;
    while ((pp = rt_idle_get_locked(rt)) != NULL)
        stop_p_locked(rt, pp);
}

static void stop_on_g0(struct m *mp, void *argument) {
    struct rt *rt = mp->rt;
    struct g *gp = mp->curg;
    (void)argument;
    // Gwaiting while it waits, so that two who stop each other's stacks cannot deadlock (#72740).
    rt_cas_status(gp, GRUNNING, GWAITING, SITE_status_edge);
    rt_lock(&rt->sched.lock, SITE_sched_lock);
    if (os_peek_u32(&rt->sched.gcwaiting) != 0) // worldsema is there for this
        rt_fatal(TRACE_CHECK_stopped_twice, gp->goid);
    rt->sched.stopwait = rt->procs;
    os_store_u32(&rt->sched.gcwaiting, 1, OS_SEQ_CST, SITE_gcwaiting);
    if (!mutant(rt, preempt_not_asked))
        rt_preempt_all(rt, mp->p);
    rt_event(mp, TRACE_stop_asked, gp->goid, 0, 0, 0, 0);
    take_ps_locked(rt, mp);
    bool wait = rt->sched.stopwait > 0 && !mutant(rt, stop_does_not_wait);
    rt_unlock(&rt->sched.lock, SITE_sched_unlock);
    while (wait) {
        if (os_note_sleep_for(&rt->sched.stop_note, STOP_RETRY_NS, SITE_stop_note)) {
            os_note_clear(&rt->sched.stop_note);
            wait = false;
        } else {
            rt_preempt_all(rt, mp->p);
        }
    }
    for (uint32_t i = 0; i < rt->procs; i++)
        if (os_load_u32(&rt->ps[i].status, OS_ACQUIRE, SITE_p_status) != PGCSTOP)
            if (!mutant(rt, stop_does_not_wait))
                rt_fatal(TRACE_CHECK_not_stopped, i);
    rt_extra_hold(rt);
    rt->stopped = true;
    rt_cas_status(gp, GWAITING, GRUNNING, SITE_status_edge);
}

static bool has_no_sema(struct rt *rt, enum trace_stop_reason reason) {
    return mutant(rt, second_stop_no_sema) && reason == TRACE_STOP_PROFILE_CLEANUP;
}

void rt_stop_world(enum trace_stop_reason reason) {
    struct m *mp = rt_m();
    if (mp->locks != 0)
        rt_fatal(TRACE_CHECK_stop_with_locks, mp->locks);
    if (!has_no_sema(mp->rt, reason))
        rt_sema_acquire(&mp->rt->world_sema, false, TRACE_WAIT_WORLD_SEMA);
    mp = rt_m(); // it may have parked
    mp->preempt_off = true;
    rt_event(mp, TRACE_stop_request, mp->curg->goid, 0, 0, reason, 0);
    rt_systemstack(stop_on_g0, NULL);
    rt_event(mp, TRACE_world_stopped, mp->curg->goid, 0, 0, reason, 0);
}

// Every P but this M's runs again if it has work, or idles.
static void start_on_g0(struct m *mp, void *argument) {
    struct rt *rt = mp->rt;
    struct p *busy = NULL;
    (void)argument;
    rt->stopped = false;
    rt_extra_let(rt);
    rt_lock(&rt->sched.lock, SITE_sched_lock);
    os_store_u32(&rt->sched.gcwaiting, 0, OS_RELEASE, SITE_gcwaiting);
    for (uint32_t i = 0; i < rt->procs; i++) {
        struct p *pp = &rt->ps[i];
        os_store_u32(&pp->status, pp == mp->p ? PRUNNING : PIDLE, OS_RELEASE, SITE_p_status);
        if (pp == mp->p)
            continue;
        if (rt_runq_empty(pp)) {
            rt_idle_put_locked(rt, pp);
        } else {
            pp->sched_next = busy;
            busy = pp;
        }
    }
    rt_unlock(&rt->sched.lock, SITE_sched_unlock);
    while (busy != NULL) {
        struct p *pp = busy;
        busy = pp->sched_next;
        rt_start_m(mp, pp, false);
    }
    rt_wake_p(mp); // there may be more work than Ps with work
}

void rt_start_world(enum trace_stop_reason reason) {
    struct m *mp = rt_acquirem(); // the P must not be lost before the semaphore is handed over
    rt_event(mp, TRACE_world_start, mp->curg->goid, 0, 0, reason, 0);
    rt_systemstack(start_on_g0, NULL);
    mp->preempt_off = false;
    if (!mutant(mp->rt, start_keeps_m))
        rt_releasem(mp);
    if (!has_no_sema(mp->rt, reason))
        rt_sema_release(&mp->rt->world_sema, !mutant(mp->rt, world_sema_kept));
}

bool rt_gcstop_m(struct m *mp) {
    struct rt *rt = mp->rt;
    if (mp->spinning) {
        mp->spinning = false;
        os_add_u32(&rt->sched.spinning, (uint32_t)-1, SITE_spinning_count);
    }
    struct p *pp = rt_release_p(mp);
    rt_lock(&rt->sched.lock, SITE_sched_lock);
    stop_p_locked(rt, pp);
    bool last = rt->sched.stopwait == 0;
    rt_unlock(&rt->sched.lock, SITE_sched_unlock);
    if (last)
        os_note_wake(&rt->sched.stop_note, SITE_stop_wake);
    return rt_stop_m(mp);
}

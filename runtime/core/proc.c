// The scheduler (proc.go): find a runnable goroutine, execute it, and what a goroutine does to
// leave. g0 of an M sits in rt_loop; a goroutine that leaves posts a call for g0 and switches to
// it, so nothing recurses and a goroutine's context is complete whenever it is not running.
#include "rt_impl.h"

// ---- finding work -------------------------------------------------------------------------------

static struct g *global_get(struct rt *rt) {
    if (os_load_u32(&rt->sched.runq_count, OS_ACQUIRE, SITE_sched_lock) == 0)
        return NULL;
    rt_lock(&rt->sched.lock, SITE_sched_lock);
    struct g *gp = rt_global_get_locked(rt);
    rt_unlock(&rt->sched.lock, SITE_sched_unlock);
    return gp;
}

// Look into everybody's queue, from a chosen one on; the second round takes runnext too.
static struct g *steal(struct m *mp) {
    struct rt *rt = mp->rt;
    for (int round = 0; round < 2; round++) {
        uint32_t first = os_choose(rt->procs, SITE_steal_victim);
        for (uint32_t i = 0; i < rt->procs; i++) {
            struct p *victim = &rt->ps[(first + i) % rt->procs];
            if (victim == mp->p)
                continue;
            struct g *gp = rt_runq_steal(mp->p, victim, round == 1);
            if (gp != NULL)
                return gp;
        }
    }
    return NULL;
}

static void stop_spinning(struct m *mp) {
    mp->spinning = false;
    os_add_u32(&mp->rt->sched.spinning, (uint32_t)-1, SITE_spinning_count);
}

// Let go of the P and sleep. A spinner looks once more after it has stopped to be one: work that
// came before found a spinner and woke nobody. Returns false if the run ends.
static bool idle(struct m *mp) {
    struct rt *rt = mp->rt;
    rt_lock(&rt->sched.lock, SITE_sched_lock);
    if (os_load_u32(&rt->sched.gcwaiting, OS_ACQUIRE, SITE_gcwaiting) ||
        rt->sched.runq_head != NULL) {
        rt_unlock(&rt->sched.lock, SITE_sched_unlock);
        return true;
    }
    uint32_t procs = rt->procs;
    struct p *pp = rt_release_p(mp);
    rt_idle_put_locked(rt, pp);
    rt_unlock(&rt->sched.lock, SITE_sched_unlock);
    if (mp->spinning) {
        stop_spinning(mp);
        for (uint32_t i = 0; i < procs; i++) {
            if (rt_runq_empty(&rt->ps[i]))
                continue;
            rt_lock(&rt->sched.lock, SITE_sched_lock);
            pp = rt_idle_get_locked(rt);
            rt_unlock(&rt->sched.lock, SITE_sched_unlock);
            if (pp == NULL)
                break; // everybody has a P: whoever holds that one will see its queue
            rt_acquire_p(mp, pp);
            mp->spinning = true;
            os_add_u32(&rt->sched.spinning, 1, SITE_spinning_count);
            return true;
        }
    }
    if (rt->config.timers && rt_timers_poll(mp)) {
        rt_lock(&rt->sched.lock, SITE_sched_lock);
        pp = rt_idle_get_locked(rt);
        rt_unlock(&rt->sched.lock, SITE_sched_unlock);
        if (pp != NULL) {
            rt_acquire_p(mp, pp);
            return true;
        } // else whoever has one looks at the timers before it idles
    }
    return rt_stop_m(mp);
}

// One pass over every source of work. NULL: there was none just now.
static struct g *look(struct m *mp) {
    struct rt *rt = mp->rt;
    struct g *gp;
    rt_fing_wake(mp);
    rt_cleanups_wake(mp);
    if (rt->config.timers)
        rt_timers_run(mp);
    if (os_peek_u32(&mp->p->schedtick) % 61 == 60 && (gp = global_get(rt)) != NULL) // fairness
        return gp;
    if ((gp = rt_runq_get(mp->p)) != NULL || (gp = global_get(rt)) != NULL)
        return gp;
    if (!mp->spinning) {
        uint32_t spinning = os_load_u32(&rt->sched.spinning, OS_ACQUIRE, SITE_spinning_count);
        uint32_t idle_ps = os_load_u32(&rt->sched.idle_ps_count, OS_ACQUIRE, SITE_idle_count);
        if (2 * spinning >= rt->procs - idle_ps)
            return NULL;
        mp->spinning = true;
        os_add_u32(&rt->sched.spinning, 1, SITE_spinning_count);
    }
    return steal(mp);
}

// A goroutine to run; NULL: the run ends. (proc.go findRunnable)
static struct g *find_runnable(struct m *mp) {
    for (;;) {
        if (os_load_u32(&mp->rt->sched.gcwaiting, OS_ACQUIRE, SITE_gcwaiting)) {
            if (!rt_gcstop_m(mp))
                return NULL;
            continue;
        }
        struct g *gp = look(mp);
        if (gp != NULL)
            return gp;
        if (!idle(mp))
            return NULL;
    }
}

// Pick the next goroutine of this M and execute it. NULL: the run ends. (proc.go schedule)
struct g *rt_schedule(struct m *mp) {
    if (mp->locks != 0)
        rt_fatal(TRACE_CHECK_schedule_locks, mp->locks);
    rt_context(mp, &mp->os);
    os_op_begin();
    if (mp->lockedg != NULL)
        return rt_schedule_locked(mp);
    for (;;) {
        struct g *gp = find_runnable(mp);
        if (gp == NULL)
            return NULL;
        if (mp->spinning) { // one spinner found work: there may be more
            stop_spinning(mp);
            rt_wake_p(mp);
        }
        if (gp->lockedm == NULL) {
            rt_execute(mp, gp);
            return gp;
        }
        if (!rt_start_locked_m(mp, gp))
            return NULL;
    }
}

void rt_execute(struct m *mp, struct g *gp) {
    rt_context(mp, &gp->os);
    // [state] The check-in comes before everything: gp must not be running when it is recorded.
    // `active` is plain: this M holds a P and does not stop in here ([world]).
    bool late = mutant(mp->rt, checkin_after_running);
    bool skips = mutant(mp->rt, no_checkin_execute) ||
                 (mutant(mp->rt, no_checkin_locked) && gp->lockedm == mp);
    if (mp->rt->profile.active && !late && !skips)
        rt_profile_checkin(mp, gp, TRACE_BY_EXECUTE);
    mp->curg = gp;
    if (!mutant(mp->rt, queued_before_left) || rt_status(gp, SITE_execute_status) != GRUNNING)
        rt_cas_status(gp, GRUNNABLE, GRUNNING, SITE_execute_status);
    if (mp->rt->profile.active && late)
        rt_profile_checkin(mp, gp, TRACE_BY_EXECUTE);
    os_store_u32(&mp->p->preempt, 0, OS_RELAXED, SITE_preempt_flag);
    if (!mutant(mp->rt, on_p_stale))
        os_poke_u32(&gp->on_p, mp->p->id + 1);
    os_poke_u32(&mp->p->schedtick, os_peek_u32(&mp->p->schedtick) + 1);
    gp->stack_owner = mp->id + 1;
    rt_event(mp, TRACE_go_run, gp->goid, 0, 0, 0, 0);
}

void rt_loop(struct m *mp) {
    rt_run(mp, rt_schedule(mp));
}

void rt_run(struct m *mp, struct g *gp) {
    while (gp != NULL) {
        context_switch(&mp->g0, &gp->context, CONTEXT_SYNC);
        if (!stack_intact(gp->stack))
            rt_fatal(TRACE_CHECK_stack_overflow, gp->goid);
        gp = mp->call(mp, gp, mp->call_argument); // who goes on: the same, the next, or nobody
    }
}

// ---- leaving the processor ----------------------------------------------------------------------

void rt_mcall(rt_call_fn *fn, void *argument) {
    struct m *mp = rt_m();
    struct g *gp = mp->curg;
    if (gp == NULL) // proc.go badmcall: only a goroutine has somewhere to leave
        rt_fatal(TRACE_CHECK_call_on_g0, 0);
    mp->call = fn;
    mp->call_argument = argument;
    context_switch(&gp->context, &mp->g0, CONTEXT_SYNC);
}

struct system_call {
    void (*fn)(struct m *mp, void *argument);
    void *argument;
};

static struct g *call_on_g0(struct m *mp, struct g *gp, void *argument) {
    const struct system_call *call = argument;
    call->fn(mp, call->argument);
    return gp;
}

void rt_systemstack(void (*fn)(struct m *mp, void *argument), void *argument) {
    struct system_call call = {fn, argument};
    rt_mcall(call_on_g0, &call);
}

// The goroutine has left: this M acts for itself until it executes the next.
void rt_drop_g(struct m *mp) {
    mp->curg = NULL;
    rt_context(mp, &mp->os);
}

static void leave(struct m *mp, struct g *gp, enum g_status to, enum trace_wait wait) {
    rt_event(mp, TRACE_go_stop, gp->goid, 0, 0, wait, 0);
    rt_drop_g(mp);
    rt_cas_status(gp, GRUNNING, to, SITE_status_edge); // from here on it may run elsewhere
}

struct parking {
    struct rt_mutex *mutex;
    enum site site;
    rt_unlock_fn *unlock;
    void *argument;
};

void rt_leave_yielding(struct m *mp, struct g *gp) {
    leave(mp, gp, GRUNNABLE, TRACE_WAIT_YIELD);
    rt_runq_put(mp->rt, mp->p, gp, false);
}

void rt_leave_waiting(struct m *mp, struct g *gp, enum trace_wait wait) {
    gp->wait = wait;
    leave(mp, gp, GWAITING, wait);
}

static struct g *park_m(struct m *mp, struct g *gp, void *argument) {
    struct parking parking = *(const struct parking *)argument; // it lies on gp's stack
    leave(mp, gp, GWAITING, gp->wait);
    if (parking.mutex != NULL)
        rt_unlock(parking.mutex, parking.site);
    if (parking.unlock == NULL || parking.unlock(mp, gp, parking.argument))
        return rt_schedule(mp);
    rt_cas_status(gp, GWAITING, GRUNNABLE, SITE_status_edge);
    rt_execute(mp, gp);
    return gp;
}

void rt_park(struct rt_mutex *mutex, enum site site, enum trace_wait wait) {
    struct parking parking = {mutex, site, NULL, NULL};
    rt_m()->curg->wait = wait;
    rt_mcall(park_m, &parking);
}

void rt_park_with(rt_unlock_fn *unlock, void *argument, enum trace_wait wait) {
    struct parking parking = {NULL, SITE_none, unlock, argument};
    rt_m()->curg->wait = wait;
    rt_mcall(park_m, &parking);
}

void rt_ready(struct m *mp, struct g *gp) {
    mp->locks++; // keep the P
    rt_event(mp, TRACE_go_ready, gp->goid, mp->curg != NULL ? mp->curg->goid : 0, 0, 0, 0);
    rt_cas_status(gp, GWAITING, GRUNNABLE, SITE_status_edge);
    rt_runq_put(mp->rt, mp->p, gp, true);
    rt_wake_p(mp);
    mp->locks--;
}

// A scanner has asked: stop until it has come and gone (preempt.go preemptPark).
static struct g *preempt_park_m(struct m *mp, struct g *gp, void *argument) {
    (void)argument;
    gp->wait = TRACE_WAIT_PREEMPTED;
    leave(mp, gp, GPREEMPTED, TRACE_WAIT_PREEMPTED);
    return rt_schedule(mp);
}

static struct g *gosched_m(struct m *mp, struct g *gp, void *argument) {
    struct rt *rt = mp->rt;
    enum trace_wait wait = *(const enum trace_wait *)argument;
    bool late = mutant(rt, queued_before_left) && wait == TRACE_WAIT_YIELD;
    if (!late)
        leave(mp, gp, GRUNNABLE, wait);
    // Preempted for a stop of the world: let it go on first thing afterwards (goschedImpl).
    if (wait == TRACE_WAIT_PREEMPTED &&
        os_load_u32(&rt->sched.gcwaiting, OS_ACQUIRE, SITE_gcwaiting)) {
        rt_runq_put(rt, mp->p, gp, true);
    } else {
        rt_lock(&rt->sched.lock, SITE_sched_lock);
        rt_global_put_locked(rt, gp);
        // Who idles later looks into the global queue first, under this lock: nobody to wake now
        // means nobody to wake at all.
        bool idle_p = rt->sched.idle_ps != NULL;
        if (idle_p && mutant(rt, wake_under_lock))
            rt_wake_p(mp);
        rt_unlock(&rt->sched.lock, SITE_sched_unlock);
        if (idle_p)
            rt_wake_p(mp);
    }
    if (late)
        leave(mp, gp, GRUNNABLE, wait);
    return rt_schedule(mp);
}

void rt_gosched(void) {
    enum trace_wait wait = TRACE_WAIT_YIELD;
    rt_mcall(gosched_m, &wait);
}

static struct g *goyield_m(struct m *mp, struct g *gp, void *argument) {
    (void)argument;
    rt_leave_yielding(mp, gp);
    return rt_schedule(mp);
}

void rt_goyield(void) {
    rt_mcall(goyield_m, NULL);
}

void rt_checkpoint(void) {
    struct m *mp = rt_m();
    if (os_load_u32(&mp->p->preempt, OS_RELAXED, SITE_checkpoint) == 0)
        return;
    if (mp->locks != 0 || mp->preempt_off)
        return;
    if (os_load_u32(&mp->curg->preempt_stop, OS_ACQUIRE, SITE_suspend_ask)) {
        rt_mcall(preempt_park_m, NULL);
        return;
    }
    enum trace_wait wait = TRACE_WAIT_PREEMPTED;
    rt_mcall(gosched_m, &wait);
}

static struct g *exit_m(struct m *mp, struct g *gp, void *argument) {
    (void)argument;
    struct rt_coro *coro = gp->coro;
    rt_destroy(mp, gp);
    struct g *next = coro != NULL ? rt_coro_exited(mp, coro) : NULL;
    if (mp->lockedg != NULL)
        return rt_exit_locked(mp, next);
    return next != NULL ? next : rt_schedule(mp);
}

void rt_goexit(void) {
    rt_mcall(exit_m, NULL);
    __builtin_unreachable();
}

// Ms and Ps: starting, sleeping, handing over (proc.go startm, stopm, handoffp, wakep). An M that
// has no P sleeps on its note; whoever wakes it has set next_p and spinning before ([park]).
#include "rt_impl.h"

// (proc.go wirep) What it takes must be idle and nobody's: a P runs on one M at a time.
void rt_acquire_p(struct m *mp, struct p *pp) {
    uint32_t status = os_peek_u32(&pp->status);
    if (mp->p != NULL || status != PIDLE)
        rt_fatal(TRACE_CHECK_p_state, (uint64_t)pp->id << 8 | status);
    mp->p = pp;
    os_store_u32(&pp->status, PRUNNING, OS_RELEASE, SITE_p_status);
}

// (proc.go releasep) What it lets go of runs, or two Ms have it. Whoever has stopped the world must
// not park: what becomes of one that does is another promise's.
struct p *rt_release_p(struct m *mp) {
    struct p *pp = mp->p;
    uint32_t status = pp != NULL ? os_peek_u32(&pp->status) : PDEAD;
    if (status != PRUNNING && !(status == PGCSTOP && mp->preempt_off))
        rt_fatal(TRACE_CHECK_p_state, (uint64_t)(pp != NULL ? pp->id : 0) << 8 | status);
    mp->p = NULL;
    os_store_u32(&pp->status, PIDLE, OS_RELEASE, SITE_p_status);
    return pp;
}

void rt_idle_put_locked(struct rt *rt, struct p *pp) {
    pp->sched_next = rt->sched.idle_ps;
    rt->sched.idle_ps = pp;
    os_add_u32(&rt->sched.idle_ps_count, 1, SITE_idle_count);
}

struct p *rt_idle_get_locked(struct rt *rt) {
    struct p *pp = rt->sched.idle_ps;
    if (pp != NULL) {
        rt->sched.idle_ps = pp->sched_next;
        os_add_u32(&rt->sched.idle_ps_count, (uint32_t)-1, SITE_idle_count);
    }
    return pp;
}

struct m *rt_idle_m_locked(struct rt *rt) {
    struct m *mp = rt->sched.idle_ms;
    if (mp != NULL) {
        rt->sched.idle_ms = mp->sched_next;
        rt->sched.idle_ms_count--;
    }
    return mp;
}

// Entry of every M but the first: it was given a P. (proc.go mstart1)
static void m_entry(void *self) {
    struct m *mp = self;
    context_here(&mp->g0);
    rt_context(mp, &mp->os);
    rt_acquire_p(mp, mp->next_p);
    mp->next_p = NULL;
    rt_loop(mp);
}

// A new M, to be started; NULL at the limit of Ms. Holding sched.lock. An M that is locked runs
// nobody else: it does not count.
static struct m *new_m_locked(struct rt *rt) {
    uint32_t alive = rt->sched.ms_count - rt->sched.ms_system - rt->sched.ended;
    if (alive >= rt->config.ms_max + rt->sched.locked)
        return NULL;
    struct m *fresh = &rt->ms[rt->sched.ms_count];
    fresh->rt = rt;
    fresh->id = rt->sched.ms_count++;
    return fresh;
}

static void start_new_m(struct m *mp, struct m *fresh, struct p *pp, bool spinning) {
    fresh->os.path = path_child(mp->context->path, ++mp->context->threads, true);
    fresh->next_p = pp;
    fresh->spinning = spinning;
    os_thread_start(m_entry, fresh, &fresh->os, SITE_thread_start);
}

// Let go of pp, which has no work: to whoever stops the world, else to the idle list. Holding
// sched.lock; releases it.
static void give_up_p_unlock(struct rt *rt, struct p *pp) {
    bool last = false;
    if (os_load_u32(&rt->sched.gcwaiting, OS_ACQUIRE, SITE_gcwaiting)) {
        os_store_u32(&pp->status, PGCSTOP, OS_RELEASE, SITE_p_status);
        last = --rt->sched.stopwait == 0;
    } else {
        rt_idle_put_locked(rt, pp);
    }
    rt_unlock(&rt->sched.lock, SITE_sched_unlock);
    if (last)
        os_note_wake(&rt->sched.stop_note, SITE_stop_wake);
}

// Is there something to do for a P that nobody has? Timers that nobody waits for count: whoever did
// may have found no P when it woke. Not while the world stops: then it is the stopper's.
static bool has_work_locked(struct rt *rt) {
    bool work = rt->sched.runq_head != NULL || (rt->config.timers && rt_timers_unwatched(rt));
    return work && !os_load_u32(&rt->sched.gcwaiting, OS_ACQUIRE, SITE_gcwaiting);
}

// No M is to be had: pp's work is everybody's. Whoever stops to look for work later sees it before
// it sleeps, and whoever sleeps already would have been had: the lock was not let go. Holding
// sched.lock; releases it.
static void start_nobody_unlock(struct rt *rt, struct p *pp, bool spinning) {
    if (spinning)
        os_add_u32(&rt->sched.spinning, (uint32_t)-1, SITE_spinning_count);
    rt_runq_flush_locked(rt, pp);
    give_up_p_unlock(rt, pp);
    if (rt->config.timers) // the M that sleeps for the next timer is no idle one, but can help
        rt_timers_poke(rt);
}

void rt_start_m(struct m *mp, struct p *pp, bool spinning) {
    struct rt *rt = mp->rt;
    rt_acquirem(); // pp must not be lost to a preemption in here
    rt_lock(&rt->sched.lock, SITE_sched_lock);
    struct m *idle = rt_idle_m_locked(rt);
    struct m *fresh = idle == NULL ? new_m_locked(rt) : NULL;
    if (idle == NULL && fresh == NULL) {
        start_nobody_unlock(rt, pp, spinning);
        rt_releasem(mp);
        return;
    }
    rt_unlock(&rt->sched.lock, SITE_sched_unlock);
    if (fresh != NULL) {
        start_new_m(mp, fresh, pp, spinning);
    } else {
        idle->spinning = spinning;
        idle->next_p = pp;
        os_note_wake(&idle->park, SITE_park_wake);
    }
    rt_releasem(mp);
}

// (proc.go checkdead) Nobody is left who could wake anybody.
void rt_checkdead_locked(struct rt *rt, struct m *mp) {
    uint32_t asleep = rt->sched.idle_ms_count + rt->sched.locked_idle + rt->sched.ms_system;
    if (asleep == rt->sched.ms_count - rt->sched.ended && rt->sched.retaking == 0)
        rt_end_locked(rt, mp);
}

bool rt_stop_m(struct m *mp) {
    struct rt *rt = mp->rt;
    rt_lock(&rt->sched.lock, SITE_sched_lock);
    // Whoever had work and a P for an M may have found none, at the limit of Ms: it is this one's.
    if (rt->sched.idle_ps != NULL && has_work_locked(rt)) {
        struct p *pp = rt_idle_get_locked(rt);
        rt_unlock(&rt->sched.lock, SITE_sched_unlock);
        rt_acquire_p(mp, pp);
        return true;
    }
    mp->sched_next = rt->sched.idle_ms;
    rt->sched.idle_ms = mp;
    rt->sched.idle_ms_count++;
    rt_checkdead_locked(rt, mp);
    rt_unlock(&rt->sched.lock, SITE_sched_unlock);
    return rt_sleep_m(mp);
}

bool rt_sleep_m(struct m *mp) {
    os_note_sleep(&mp->park, SITE_park_note);
    os_note_clear(&mp->park);
    if (mp->next_p == NULL)
        return false;
    rt_acquire_p(mp, mp->next_p);
    mp->next_p = NULL;
    return true;
}

void rt_handoff_p(struct m *mp, struct p *pp) {
    struct rt *rt = mp->rt;
    if (!rt_runq_empty(pp) ||
        os_load_u32(&rt->sched.runq_count, OS_ACQUIRE, SITE_sched_lock) != 0) {
        rt_start_m(mp, pp, false);
        return;
    }
    // No work, but nobody looks for any: get a spinner.
    if (os_load_u32(&rt->sched.spinning, OS_ACQUIRE, SITE_spinning_count) == 0 &&
        os_load_u32(&rt->sched.idle_ps_count, OS_ACQUIRE, SITE_idle_count) == 0) {
        uint32_t none = 0;
        if (os_cas_u32(&rt->sched.spinning, &none, 1, SITE_spinning_count)) {
            rt_start_m(mp, pp, true);
            return;
        }
    }
    rt_lock(&rt->sched.lock, SITE_sched_lock);
    if (has_work_locked(rt)) {
        rt_unlock(&rt->sched.lock, SITE_sched_unlock);
        rt_start_m(mp, pp, false);
        return;
    }
    give_up_p_unlock(rt, pp);
}

void rt_wake_p(struct m *mp) {
    struct rt *rt = mp->rt;
    uint32_t none = 0;
    if (os_load_u32(&rt->sched.spinning, OS_ACQUIRE, SITE_spinning_count) != 0 ||
        !os_cas_u32(&rt->sched.spinning, &none, 1, SITE_spinning_count))
        return;
    rt_lock(&rt->sched.lock, SITE_sched_lock);
    struct p *pp = rt_idle_get_locked(rt);
    rt_unlock(&rt->sched.lock, SITE_sched_unlock);
    if (pp == NULL) {
        os_add_u32(&rt->sched.spinning, (uint32_t)-1, SITE_spinning_count);
        return;
    }
    rt_start_m(mp, pp, true);
}

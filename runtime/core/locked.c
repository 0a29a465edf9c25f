// Goroutines locked to a thread (proc.go LockOSThread, stoplockedm, startlockedm). The M of one
// runs nobody else: while it cannot run, the M sleeps without a P, and whoever finds it in a queue
// hands the P over together with the turn. So it is executed, and checks in, on its own M.
//
// Limits instead of Go's 10,000 Ms: with RT_LOCKED_MAX Ms locked, rt_lock_thread has no effect;
// after RT_ENDED_MAX have ended with their goroutine, the next go on unlocked.
#include "rt_impl.h"

bool rt_lock_thread(void) {
    struct m *mp = rt_m();
    struct rt *rt = mp->rt;
    if (mp->lockedg == NULL) {
        rt_lock(&rt->sched.lock, SITE_sched_lock);
        bool room = rt->sched.locked - rt->sched.foreign < RT_LOCKED_MAX;
        rt->sched.locked += room;
        rt_unlock(&rt->sched.lock, SITE_sched_unlock);
        if (!room)
            return false;
        mp->lockedg = mp->curg;
        mp->curg->lockedm = mp;
    }
    mp->lock_count++;
    return true;
}

bool rt_unlock_thread(void) {
    struct m *mp = rt_m();
    struct rt *rt = mp->rt;
    if (mp->lock_count == 0)
        return false;
    mp->lock_count = mutant(rt, thread_unlocked_at_once) ? 0 : mp->lock_count - 1;
    if (mp->lock_count > 0 || mp->foreign != NULL)
        return true;
    mp->lockedg->lockedm = NULL;
    mp->lockedg = NULL;
    rt_lock(&rt->sched.lock, SITE_sched_lock);
    rt->sched.locked--;
    rt_unlock(&rt->sched.lock, SITE_sched_unlock);
    return true;
}

// Nobody may look for work with the P, so services that wait to be woken are woken first.
void rt_give_p(struct m *mp) {
    struct rt *rt = mp->rt;
    rt_fing_wake(mp);
    rt_cleanups_wake(mp);
    if (rt->config.timers)
        rt_timers_run(mp);
    rt_handoff_p(mp, rt_release_p(mp));
}

// (proc.go stoplockedm)
struct g *rt_schedule_locked(struct m *mp) {
    struct rt *rt = mp->rt;
    struct g *gp = mp->lockedg;
    if (mp->p != NULL)
        rt_give_p(mp);
    rt_lock(&rt->sched.lock, SITE_sched_lock);
    rt->sched.locked_idle++; // whoever has handed over a P already has counted it as awake
    rt_checkdead_locked(rt, mp);
    rt_unlock(&rt->sched.lock, SITE_sched_unlock);
    if (!rt_sleep_m(mp))
        return NULL;
    rt_execute(mp, gp);
    return gp;
}

bool rt_start_locked_m(struct m *mp, struct g *gp) {
    struct rt *rt = mp->rt;
    struct m *other = gp->lockedm;
    rt_lock(&rt->sched.lock, SITE_sched_lock);
    rt->sched.locked_idle--;
    rt_unlock(&rt->sched.lock, SITE_sched_unlock);
    other->next_p = rt_release_p(mp);
    os_note_wake(&other->park, SITE_park_wake);
    return rt_stop_m(mp);
}

// (proc.go goexit0, mexit) The thread may have been put into an unusual state, so it is not used
// again, unless somebody goes on here at once.
struct g *rt_exit_locked(struct m *mp, struct g *next) {
    struct rt *rt = mp->rt;
    mp->lockedg = NULL;
    mp->lock_count = 0;
    rt_lock(&rt->sched.lock, SITE_sched_lock);
    bool ends = next == NULL && rt->sched.wedded_ended < RT_ENDED_MAX;
    rt->sched.locked -= !ends;
    rt_unlock(&rt->sched.lock, SITE_sched_unlock);
    if (!ends)
        return next != NULL ? next : rt_schedule(mp);
    rt_give_p(mp);
    rt_lock(&rt->sched.lock, SITE_sched_lock);
    rt->sched.locked--; // only now: another M may have been started instead
    rt->sched.ended++;
    rt->sched.wedded_ended++;
    rt_checkdead_locked(rt, mp);
    rt_unlock(&rt->sched.lock, SITE_sched_unlock);
    return NULL;
}

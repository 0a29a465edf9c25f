// The monitor (proc.go sysmon, retake): a thread without a P that looks at every P now and then.
// One whose goroutine runs for long is asked to give way; one that was left behind in a system call
// is taken from there, so that others can run on it. It looks seldom, and ever more seldom while
// there is nothing to do. It is a daemon: it keeps no run alive, and no deadline of its own does.
//
// It owns nothing but what it has seen. A P in a system call changes hands by compare-and-swap of
// its status: with the M that returns, with whoever stops the world, and with us.
#include "rt_impl.h"

enum {
    DELAY_TICKS = 64,       // between two looks,
    DELAY_TICKS_MAX = 1024, // up to so many when
    IDLE_LOOKS = 2,         // that many looks in a row had nothing to do
    LONG_TICKS = 100,       // a goroutine that runs, or a call that lasts, for longer is long
};

struct seen { // of a P, when its tick changed last
    uint32_t tick;
    int64_t since;
};

// Has the tick stood still for long?
static bool lasts(const struct rt *rt, struct seen *seen, uint32_t tick, int64_t now) {
    if (seen->tick != tick) {
        *seen = (struct seen){tick, now};
        return false;
    }
    return now - seen->since >= (int64_t)LONG_TICKS * rt_tick_ns(rt);
}

// Take pp out of a system call, and give it to somebody. While it has no owner the run is not over,
// whatever all the Ms do. False: its M was faster.
static bool take(struct m *mp, struct p *pp) {
    struct rt *rt = mp->rt;
    rt_lock(&rt->sched.lock, SITE_sched_lock);
    rt->sched.retaking++;
    rt_unlock(&rt->sched.lock, SITE_sched_unlock);
    uint32_t status = PSYSCALL;
    bool taken = true;
    if (mutant(rt, retake_without_cas))
        os_store_u32(&pp->status, PIDLE, OS_RELEASE, SITE_p_take);
    else
        taken = os_cas_u32(&pp->status, &status, PIDLE, SITE_p_take);
    if (taken)
        rt_handoff_p(mp, pp);
    rt_lock(&rt->sched.lock, SITE_sched_lock);
    rt->sched.retaking--;
    rt_checkdead_locked(rt, mp);
    rt_unlock(&rt->sched.lock, SITE_sched_unlock);
    return taken;
}

// A P whose M is in a system call: taken if others wait for it, or the call lasts and nobody looks
// for work; else it is of no use to anybody.
static bool wanted(struct rt *rt, struct p *pp, bool long_call) {
    if (long_call || !rt_runq_empty(pp))
        return true;
    return os_load_u32(&rt->sched.spinning, OS_ACQUIRE, SITE_spinning_count) == 0 &&
           os_load_u32(&rt->sched.idle_ps_count, OS_ACQUIRE, SITE_idle_count) == 0;
}

// Look at every P. Returns whether there was something to do.
static bool retake(struct m *mp, struct seen runs[RT_PROCS_MAX], struct seen calls[RT_PROCS_MAX]) {
    struct rt *rt = mp->rt;
    bool acted = false;
    if (os_load_u32(&rt->sched.gcwaiting, OS_ACQUIRE, SITE_gcwaiting))
        return false; // whoever stops the world asks and takes by itself
    int64_t now = os_now();
    for (uint32_t i = 0; i < RT_PROCS_MAX; i++) { // their number may be changing
        struct p *pp = &rt->ps[i];
        uint32_t status = os_load_u32(&pp->status, OS_ACQUIRE, SITE_sysmon_look);
        if (status == PRUNNING) {
            uint32_t tick = os_load_u32(&pp->schedtick, OS_RELAXED, SITE_sysmon_look);
            if (lasts(rt, &runs[i], tick, now)) {
                os_store_u32(&pp->preempt, 1, OS_RELAXED, SITE_preempt_flag);
                acted = true;
            }
        } else if (status == PSYSCALL) {
            uint32_t tick = os_load_u32(&pp->syscalltick, OS_RELAXED, SITE_sysmon_look);
            bool fresh = calls[i].tick != tick, long_call = lasts(rt, &calls[i], tick, now);
            bool hasty = mutant(rt, retake_without_cas);
            if (hasty || (!fresh && wanted(rt, pp, long_call)))
                acted |= take(mp, pp);
        }
    }
    return acted;
}

static void sysmon(void *self) {
    struct m *mp = self;
    struct seen runs[RT_PROCS_MAX] = {{0}}, calls[RT_PROCS_MAX] = {{0}};
    uint32_t delay = DELAY_TICKS, idle = 0;
    context_here(&mp->g0);
    rt_context(mp, &mp->os);
    os_daemon();
    // Nobody hands it a P: it is woken once, when the run ends.
    while (!os_note_sleep_for(&mp->park, (int64_t)delay * rt_tick_ns(mp->rt), SITE_sysmon_note)) {
        os_op_begin();
        idle = retake(mp, runs, calls) ? 0 : idle + 1;
        if (idle == 0)
            delay = DELAY_TICKS;
        else if (idle > IDLE_LOOKS && delay < DELAY_TICKS_MAX)
            delay *= 2;
    }
}

void rt_sysmon_start(struct m *mp) {
    struct rt *rt = mp->rt;
    struct m *fresh = &rt->ms[rt->sched.ms_count++]; // before anybody else runs
    rt->sched.ms_system++;
    fresh->rt = rt;
    fresh->id = (uint32_t)(fresh - rt->ms);
    fresh->os.path = path_child(mp->os.path, ++mp->os.threads, true);
    os_thread_start(sysmon, fresh, &fresh->os, SITE_thread_start);
}

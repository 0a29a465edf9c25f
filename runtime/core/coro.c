// Coroutines (coro.go, what iter.Pull is made of): a goroutine changes places with the one that
// waits in a coroutine, on the spot, past the scheduler and its check-in. So the switch has a
// check-in of its own
// (#69998): whoever is about to run is recorded first, as everywhere.
#include "rt_impl.h"

struct rt_coro {
    struct os_ptr waiting; // the goroutine that waits in it, or NULL
    struct rt_coro *next;  // all of them
};

struct rt_coro *rt_coro_new(struct rt *rt) {
    struct rt_coro *coro = ARENA_NEW(rt->config.arena, struct rt_coro);
    coro->next = rt->coros;
    rt->coros = coro;
    return coro;
}

static bool waits_in_coro(const struct g *gp) {
    return os_watched_state(os_peek_u32(&gp->status.word)) == GWAITING &&
           gp->wait == TRACE_WAIT_COROUTINE;
}

void rt_coros_check(struct rt *rt) {
    struct g **gs;
    uint32_t waiting = 0, held = 0, length = rt_allgs(rt, &gs);
    for (uint32_t i = 0; i < length; i++)
        waiting += waits_in_coro(gs[i]);
    for (const struct rt_coro *coro = rt->coros; coro != NULL; coro = coro->next) {
        const struct g *gp = os_peek_ptr(&coro->waiting);
        held += gp != NULL && waits_in_coro(gp);
    }
    if (waiting != held)
        rt_fatal(TRACE_CHECK_coro_lost, (uint64_t)waiting << 32 | held);
}

bool rt_coro_create(struct rt_coro *coro, void (*fn)(void *), void *argument) {
    if (os_load_ptr(&coro->waiting, OS_ACQUIRE, SITE_coro_word) != NULL)
        return false;
    struct m *mp = rt_acquirem();
    struct g *gp = rt_newcoro(mp, fn, argument, coro);
    void *nobody = NULL;
    // If somebody has settled there meanwhile, the newcomer starts like any goroutine.
    if (gp != NULL && !os_cas_ptr(&coro->waiting, &nobody, gp, SITE_coro_word))
        rt_ready(mp, gp);
    rt_releasem(mp);
    return gp != NULL;
}

struct g *rt_run_waiting(struct m *mp, struct g *gp, bool checkin) {
    rt_context(mp, &gp->os);
    mp->curg = gp; // before the check-in: recording may allocate
    if (mp->rt->profile.active && checkin)
        rt_profile_checkin(mp, gp, TRACE_BY_COROUTINE);
    rt_cas_status(gp, GWAITING, GRUNNING, SITE_coro_status);
    gp->stack_owner = mp->id + 1;
    os_poke_u32(&gp->on_p, mp->p->id + 1);
    rt_event(mp, TRACE_go_run, gp->goid, 0, 0, 0, 0);
    return gp;
}

static struct g *run_waiting(struct m *mp, struct g *gp) {
    return rt_run_waiting(mp, gp, !mutant(mp->rt, no_checkin_coro));
}

// Put gp, which waits from now on, in the place of whoever waits. (coroswitch_m)
static struct g *switch_on_g0(struct m *mp, struct g *gp, void *argument) {
    struct rt_coro *coro = argument;
    rt_leave_waiting(mp, gp, TRACE_WAIT_COROUTINE);
    void *next = os_load_ptr(&coro->waiting, OS_ACQUIRE, SITE_coro_word);
    while (next != NULL)
        if (os_cas_ptr(&coro->waiting, &next, gp, SITE_coro_word))
            return run_waiting(mp, next);
    return run_waiting(mp, gp); // it has been emptied meanwhile: nobody to change places with
}

void rt_coro_switch(struct rt_coro *coro) {
    if (rt_m()->lockedg != NULL) // Go hands the lock on, or throws
        return;
    if (os_load_ptr(&coro->waiting, OS_ACQUIRE, SITE_coro_word) != NULL)
        rt_mcall(switch_on_g0, coro);
}

struct g *rt_coro_exited(struct m *mp, struct rt_coro *coro) {
    struct g *next = os_swap_ptr(&coro->waiting, NULL, SITE_coro_word);
    return next != NULL ? run_waiting(mp, next) : NULL;
}

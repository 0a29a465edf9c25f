// Semaphores of the runtime with a queue of goroutines and direct hand-off (sema.go semacquire1,
// semrelease1). They serialise whole profiles, collections and stops of the world, and they are
// what mutexes, wait groups and the semaphores of the plan wait on.
#include "rt_impl.h"

static bool try_acquire(struct rt_sema *sema) {
    uint32_t count = os_load_u32(&sema->count, OS_ACQUIRE, SITE_sema_count);
    while (count > 0)
        if (os_cas_u32(&sema->count, &count, count - 1, SITE_sema_count))
            return true;
    return false;
}

// At the end of the queue, or in front of it for who has waited before.
static void queue_put(struct rt_sema *sema, struct g *gp, bool lifo) {
    gp->wait_next = NULL;
    if (sema->head == NULL) {
        sema->head = sema->tail = gp;
    } else if (lifo) {
        gp->wait_next = sema->head;
        sema->head = gp;
    } else {
        sema->tail->wait_next = gp;
        sema->tail = gp;
    }
}

bool rt_sema_acquire(struct rt_sema *sema, bool lifo, enum trace_wait wait) {
    if (try_acquire(sema))
        return false;
    struct g *gp = rt_m()->curg;
    for (;;) {
        rt_lock(&sema->lock, SITE_sema_lock);
        // Announce, then try again: a release either sees the waiter or is seen by the try.
        os_add_u32(&sema->waiters, 1, SITE_sema_waiters);
        if (!mutant(rt_m()->rt, sema_no_recheck) && try_acquire(sema)) {
            os_add_u32(&sema->waiters, (uint32_t)-1, SITE_sema_waiters);
            rt_unlock(&sema->lock, SITE_sema_lock);
            return false;
        }
        gp->ticket = false;
        queue_put(sema, gp, lifo);
        if (sema->object != 0)
            rt_event(rt_m(), TRACE_wait_for, gp->goid, sema->object, 0, wait, 0);
        rt_park(&sema->lock, SITE_sema_lock, wait);
        if (gp->ticket && !(wait == TRACE_WAIT_SEMAPHORE && mutant(rt_m()->rt, ticket_ignored)))
            return true;
        if (try_acquire(sema))
            return false;
    }
}

// The slip of a mutant: whoever got the ticket runs here and now, past the scheduler.
static struct g *switch_past_scheduler(struct m *mp, struct g *gp, void *argument) {
    rt_leave_yielding(mp, gp);
    return rt_run_waiting(mp, argument, false);
}

// gp, which waits, has the ticket: it goes on at once, on our time. (sema.go semrelease1)
static void hand_off(struct g *gp) {
    if (rt_m()->locks == 0 && mutant(rt_m()->rt, handoff_no_checkin)) {
        rt_mcall(switch_past_scheduler, gp);
        return;
    }
    rt_ready(rt_m(), gp);
    if (rt_m()->locks == 0)
        rt_goyield(); // it waits in runnext
}

void rt_sema_release(struct rt_sema *sema, bool handoff) {
    os_add_u32(&sema->count, 1, SITE_sema_count);
    if (os_load_u32(&sema->waiters, OS_SEQ_CST, SITE_sema_waiters) == 0)
        return;
    rt_lock(&sema->lock, SITE_sema_lock);
    struct g *gp = sema->head;
    if (gp != NULL) {
        sema->head = gp->wait_next;
        if (sema->head == NULL)
            sema->tail = NULL;
        os_add_u32(&sema->waiters, (uint32_t)-1, SITE_sema_waiters);
    }
    rt_unlock(&sema->lock, SITE_sema_lock);
    if (gp == NULL)
        return;
    bool unpaid = gp->wait == TRACE_WAIT_SEMAPHORE && mutant(rt_m()->rt, ticket_without_count);
    gp->ticket = handoff && (unpaid || try_acquire(sema));
    if (!gp->ticket) {
        rt_ready(rt_m(), gp);
        return;
    }
    if (sema->object != 0)
        rt_event(rt_m(), TRACE_sema_ticket, gp->goid, sema->object, 0, gp->wait, 0);
    hand_off(gp);
}

// ---- semaphores of the plan ---------------------------------------------------------------------

struct rt_semaphore {
    struct rt_sema sema;
    struct rt_semaphore *next; // all of them
};

struct rt_semaphore *rt_semaphore_new(struct rt *rt) {
    struct rt_semaphore *semaphore = ARENA_NEW(rt->config.arena, struct rt_semaphore);
    semaphore->sema.lock.rank = RANK_sema;
    semaphore->sema.object = ++rt->semaphores_count;
    semaphore->next = rt->semaphores;
    rt->semaphores = semaphore;
    return semaphore;
}

void rt_semaphores_check(struct rt *rt) {
    for (const struct rt_semaphore *one = rt->semaphores; one != NULL; one = one->next)
        rt_sema_check(&one->sema);
}

void rt_semaphore_acquire(struct rt_semaphore *semaphore) {
    bool ticket = rt_sema_acquire(&semaphore->sema, false, TRACE_WAIT_SEMAPHORE);
    struct m *mp = rt_m();
    rt_event(mp, TRACE_sema_acquire, mp->curg->goid, semaphore->sema.object, 0, ticket, 0);
}

void rt_semaphore_release(struct rt_semaphore *semaphore) {
    struct m *mp = rt_m();
    rt_event(mp, TRACE_sema_release, mp->curg->goid, semaphore->sema.object, 0, 0, 0);
    rt_sema_release(&semaphore->sema, true);
}

// Semaphores of the runtime with a queue of goroutines and direct hand-off (sema.go semacquire1,
// semrelease1). They serialise whole profiles, collections and stops of the world.
#include "rt_impl.h"

static bool try_acquire(struct rt_sema *sema) {
    uint32_t count = os_load_u32(&sema->count, OS_ACQUIRE, SITE_sema_count);
    while (count > 0)
        if (os_cas_u32(&sema->count, &count, count - 1, SITE_sema_count))
            return true;
    return false;
}

void rt_sema_acquire(struct rt_sema *sema, enum trace_wait wait) {
    if (try_acquire(sema))
        return;
    struct g *gp = rt_m()->curg;
    for (;;) {
        rt_lock(&sema->lock, SITE_sema_lock);
        // Announce, then try again: a release either sees the waiter or is seen by the try.
        os_add_u32(&sema->waiters, 1, SITE_sema_waiters);
        if (!mutant(rt_m()->rt, sema_no_recheck) && try_acquire(sema)) {
            os_add_u32(&sema->waiters, (uint32_t)-1, SITE_sema_waiters);
            rt_unlock(&sema->lock, SITE_sema_lock);
            return;
        }
        gp->ticket = false;
        gp->wait_next = NULL;
        if (sema->tail != NULL)
            sema->tail->wait_next = gp;
        else
            sema->head = gp;
        sema->tail = gp;
        rt_park(&sema->lock, SITE_sema_lock, wait);
        if (gp->ticket || try_acquire(sema))
            return;
    }
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
    bool ticket = handoff && try_acquire(sema);
    gp->ticket = ticket;
    rt_ready(rt_m(), gp);
    if (ticket && rt_m()->locks == 0)
        rt_goyield(); // it waits in runnext: let it go on at once, on our time
}

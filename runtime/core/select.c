// Select (select.go selectgo): one of several channel operations, whichever can go on. All channels
// are locked, in the order of their ids, while the cases are looked at in an order left to chance;
// if none can go on the goroutine queues up everywhere, and whoever completes one of its cases
// first takes it. The losing cases are taken out of their queues by the goroutine itself.
#include "chan_impl.h"

struct selection {
    struct rt_case *cases;
    uint32_t count;
    struct rt_mutex *locks[RT_CASES_MAX]; // each channel's once, in the order of ids
    uint32_t locks_count;
};

static void collect_locks(struct selection *selection) {
    struct rt_chan *chans[RT_CASES_MAX];
    uint32_t count = 0;
    for (uint32_t i = 0; i < selection->count; i++) {
        struct rt_chan *chan = selection->cases[i].chan;
        uint32_t at = count;
        while (at > 0 && chans[at - 1]->id > chan->id)
            at--;
        if (at > 0 && chans[at - 1] == chan)
            continue;
        for (uint32_t j = count++; j > at; j--)
            chans[j] = chans[j - 1];
        chans[at] = chan;
    }
    for (uint32_t i = 0; i < count; i++)
        selection->locks[i] = &chans[i]->lock;
    selection->locks_count = count;
}

static void lock_all(const struct selection *selection) {
    rt_lock(selection->locks[0], SITE_select_lock);
    for (uint32_t i = 1; i < selection->locks_count; i++)
        rt_lock_peer(selection->locks[i], selection->locks[i - 1], SITE_select_lock);
}

// The first one last: until then nobody who was made runnable gets past lock_all.
static void unlock_all(struct rt_mutex *const *locks, uint32_t count) {
    for (uint32_t i = count; i-- > 1;)
        rt_unlock_peer(locks[i], SITE_select_unlock);
    rt_unlock(locks[0], SITE_select_unlock);
}

// (select.go selparkcommit) Never refuses.
static bool unlock_parked(struct m *mp, struct g *gp, void *argument) {
    struct selection selection = *(const struct selection *)argument; // it lies on gp's stack
    (void)mp, (void)gp;
    unlock_all(selection.locks, selection.locks_count);
    return true;
}

// Queue up for every case, wait, leave the queues of the losers. Holding all locks; releases them.
// Returns the case that somebody has completed.
static int wait_for_one(struct selection *selection) {
    struct g *gp = rt_m()->curg;
    struct rt_waiter waiters[RT_CASES_MAX];
    os_store_u32(&gp->select_done, 0, OS_RELAXED, SITE_select_done); // before anybody can see it
    for (uint32_t i = 0; i < selection->count; i++) {
        struct rt_case *op = &selection->cases[i];
        waiters[i] = (struct rt_waiter){.g = gp, .value = op->value, .select = true};
        rt_waiter_enqueue(rt_chan_queue(op), &waiters[i]);
        rt_chan_tell_wait(op, TRACE_WAIT_SELECT);
    }
    rt_park_with(unlock_parked, selection, TRACE_WAIT_SELECT);
    lock_all(selection);
    int chosen = -1;
    for (uint32_t i = 0; i < selection->count; i++) {
        if (&waiters[i] == gp->woken_by)
            chosen = (int)i;
        else
            rt_waiter_remove(rt_chan_queue(&selection->cases[i]), &waiters[i]);
    }
    unlock_all(selection->locks, selection->locks_count);
    struct rt_case *op = &selection->cases[chosen];
    if (!op->send)
        op->value = gp->value;
    gp->value = NULL;
    op->ok = gp->value_ok;
    op->ordinal = waiters[chosen].ordinal;
    rt_chan_tell_done(op);
    return chosen;
}

int rt_select(struct rt_case *cases, uint32_t count, bool waits) {
    ASSERT(count >= 1 && count <= RT_CASES_MAX);
    struct selection selection = {.cases = cases, .count = count};
    collect_locks(&selection);
    uint32_t first = os_choose(count, SITE_select_order);
    lock_all(&selection);
    for (uint32_t i = 0; i < count; i++) {
        struct rt_case *op = &cases[(first + i) % count];
        struct rt_waiter *partner;
        if (!rt_chan_try_locked(op, &partner))
            continue;
        unlock_all(selection.locks, selection.locks_count);
        rt_chan_tell_done(op);
        if (partner != NULL)
            rt_chan_complete(partner, op->send ? op->value : NULL, true);
        return (int)(op - cases);
    }
    if (waits)
        return wait_for_one(&selection);
    unlock_all(selection.locks, selection.locks_count);
    return -1;
}

// Run queues: a ring per P that its owner fills and others steal from, with runnext in front of it,
// and the global queue (proc.go runqput, runqget, runqsteal). The ring is small so that it
// overflows often.
//
// Order: the owner's release of runq_tail publishes the slot, a thief's acquire of runq_tail sees
// it; the compare-and-swap of runq_head claims what lies before.
#include "rt_impl.h"

// The slot of position at.
static struct os_ptr *slot(struct p *pp, uint32_t at) {
    return &pp->runq[at % RT_RUNQ_SIZE];
}

// The ring is full: move half of it and gp to the global queue. False if a thief was faster.
static bool put_slow(struct rt *rt, struct p *pp, struct g *gp, uint32_t head) {
    struct g *batch[RT_RUNQ_SIZE / 2];
    for (uint32_t i = 0; i < RT_RUNQ_SIZE / 2; i++)
        batch[i] = os_load_ptr(slot(pp, head + i), OS_RELAXED, SITE_runq_slot);
    uint32_t expected = head;
    if (!os_cas_u32(&pp->runq_head, &expected, head + RT_RUNQ_SIZE / 2, SITE_runq_head))
        return false;
    rt_lock(&rt->sched.lock, SITE_sched_lock);
    for (uint32_t i = 0; i < RT_RUNQ_SIZE / 2; i++)
        rt_global_put_locked(rt, batch[i]);
    rt_global_put_locked(rt, gp);
    rt_unlock(&rt->sched.lock, SITE_sched_unlock);
    return true;
}

void rt_runq_put(struct rt *rt, struct p *pp, struct g *gp, bool next) {
    if (next) { // gp goes first; whoever was first joins the ring
        gp = os_swap_ptr(&pp->runnext, gp, SITE_runq_next);
        if (gp == NULL)
            return;
    }
    for (;;) {
        uint32_t head = os_load_u32(&pp->runq_head, OS_ACQUIRE, SITE_runq_head);
        uint32_t tail = os_load_u32(&pp->runq_tail, OS_RELAXED, SITE_runq_tail);
        if (tail - head < RT_RUNQ_SIZE) {
            bool plain = mutant(rt, race_runq_slot);
            if (plain)
                os_store_plain_ptr(slot(pp, tail), gp, SITE_runq_slot);
            else
                os_store_ptr(slot(pp, tail), gp, OS_RELAXED, SITE_runq_slot);
            os_store_u32(&pp->runq_tail, tail + 1, plain ? OS_RELAXED : OS_RELEASE, SITE_runq_tail);
            return;
        }
        if (put_slow(rt, pp, gp, head))
            return;
    }
}

struct g *rt_runq_get(struct p *pp) {
    struct g *gp = os_load_ptr(&pp->runnext, OS_RELAXED, SITE_runq_next);
    void *expected = gp;
    if (gp != NULL && os_cas_ptr(&pp->runnext, &expected, NULL, SITE_runq_next))
        return gp;
    for (;;) {
        uint32_t head = os_load_u32(&pp->runq_head, OS_ACQUIRE, SITE_runq_head);
        uint32_t tail = os_load_u32(&pp->runq_tail, OS_RELAXED, SITE_runq_tail);
        if (tail == head)
            return NULL;
        gp = os_load_ptr(slot(pp, head), OS_RELAXED, SITE_runq_slot);
        if (os_cas_u32(&pp->runq_head, &head, head + 1, SITE_runq_head))
            return gp;
    }
}

bool rt_runq_empty(struct p *pp) {
    for (;;) { // the tail twice, or a move from runnext to the ring is seen as neither
        uint32_t head = os_load_u32(&pp->runq_head, OS_ACQUIRE, SITE_runq_head);
        uint32_t tail = os_load_u32(&pp->runq_tail, OS_ACQUIRE, SITE_runq_tail);
        void *next = os_load_ptr(&pp->runnext, OS_ACQUIRE, SITE_runq_next);
        uint32_t again = os_load_u32(&pp->runq_tail, OS_ACQUIRE, SITE_runq_tail);
        if (tail == again)
            return head == tail && next == NULL;
    }
}

// Move half of victim's ring into batch. Returns how many.
static uint32_t grab(struct p *victim, struct g *batch[RT_RUNQ_SIZE]) {
    for (;;) {
        uint32_t head = os_load_u32(&victim->runq_head, OS_ACQUIRE, SITE_steal_head);
        uint32_t tail = os_load_u32(&victim->runq_tail, OS_ACQUIRE, SITE_steal_tail);
        uint32_t count = (tail - head) - (tail - head) / 2;
        if (count == 0)
            return 0;
        if (count > RT_RUNQ_SIZE / 2) // head and tail of different moments
            continue;
        for (uint32_t i = 0; i < count; i++)
            batch[i] = os_load_ptr(slot(victim, head + i), OS_RELAXED, SITE_runq_slot);
        if (os_cas_u32(&victim->runq_head, &head, head + count, SITE_steal_head))
            return count;
    }
}

struct g *rt_runq_steal(struct p *pp, struct p *victim, bool next) {
    struct g *batch[RT_RUNQ_SIZE];
    uint32_t count = grab(victim, batch);
    if (count == 0) {
        if (!next)
            return NULL;
        os_yield(SITE_steal_next); // its owner is about to run it: let it
        void *gp = os_load_ptr(&victim->runnext, OS_ACQUIRE, SITE_steal_next);
        if (gp == NULL || !os_cas_ptr(&victim->runnext, &gp, NULL, SITE_steal_next))
            return NULL;
        return gp;
    }
    uint32_t tail = os_load_u32(&pp->runq_tail, OS_RELAXED, SITE_runq_tail); // own ring is empty
    for (uint32_t i = 0; i + 1 < count; i++)
        os_store_ptr(slot(pp, tail + i), batch[i], OS_RELAXED, SITE_runq_slot);
    if (count > 1)
        os_store_u32(&pp->runq_tail, tail + count - (mutant(rt_m()->rt, steal_loses_one) ? 2 : 1),
                     OS_RELEASE, SITE_runq_tail);
    return batch[count - 1];
}

// Only written under the lock; read without it by those who look whether it is worth taking.
static void count_locked(struct rt *rt, uint32_t change) {
    uint32_t count = os_peek_u32(&rt->sched.runq_count) + change;
    os_store_u32(&rt->sched.runq_count, count, OS_RELEASE, SITE_sched_lock);
}

void rt_global_put_locked(struct rt *rt, struct g *gp) {
    gp->sched_next = NULL;
    if (rt->sched.runq_tail != NULL)
        rt->sched.runq_tail->sched_next = gp;
    else
        rt->sched.runq_head = gp;
    rt->sched.runq_tail = gp;
    count_locked(rt, 1);
}

struct g *rt_global_get_locked(struct rt *rt) {
    struct g *gp = rt->sched.runq_head;
    if (gp == NULL)
        return NULL;
    rt->sched.runq_head = gp->sched_next;
    if (rt->sched.runq_head == NULL)
        rt->sched.runq_tail = NULL;
    count_locked(rt, (uint32_t)-1);
    return gp;
}

void rt_runq_flush_locked(struct rt *rt, struct p *pp) {
    struct g *gp;
    while ((gp = rt_runq_get(pp)) != NULL)
        rt_global_put_locked(rt, gp);
}

// Wait groups of the plan (sync/waitgroup.go): a counter, and everybody who waits until it is zero.
// Go packs both into one word and lets the waiters sleep on a semaphore, which is why it forbids to
// use a group again while somebody still waits; ours lie under a lock. A decrement of zero has no
// effect, where Go throws.
#include "rt_impl.h"

struct rt_group {
    struct rt *rt;
    uint32_t id;
    struct rt_mutex lock;
    uint32_t counter;  // under lock
    struct g *waiters; // under lock, linked by wait_next
};

struct rt_group *rt_group_new(struct rt *rt) {
    struct rt_group *group = ARENA_NEW(rt->config.arena, struct rt_group);
    group->rt = rt;
    group->id = ++rt->groups_count;
    group->lock.rank = RANK_group;
    return group;
}

static void tell(struct rt_group *group, enum trace_kind kind) {
    struct m *mp = rt_m();
    rt_event(mp, kind, mp->curg->goid, group->id, 0, group->counter, 0);
}

void rt_group_add(struct rt_group *group, uint32_t count) {
    rt_lock(&group->lock, SITE_group_lock);
    if (group->counter <= UINT32_MAX - count)
        group->counter += count;
    tell(group, TRACE_group_count);
    rt_unlock(&group->lock, SITE_group_unlock);
}

static void wake(struct rt_group *group, struct g *waiters) {
    while (waiters != NULL) {
        struct g *gp = waiters;
        waiters = mutant(group->rt, group_wakes_one) ? NULL : gp->wait_next;
        rt_ready(rt_m(), gp);
    }
}

bool rt_group_done(struct rt_group *group) {
    struct g *waiters = NULL;
    rt_lock(&group->lock, SITE_group_lock);
    bool counted = group->counter > 0;
    if (counted) {
        group->counter--;
        tell(group, TRACE_group_count);
    }
    if (counted && group->counter <= (mutant(group->rt, group_wakes_early) ? 1u : 0u)) {
        waiters = group->waiters;
        group->waiters = NULL;
    }
    rt_unlock(&group->lock, SITE_group_unlock);
    wake(group, waiters);
    return counted;
}

void rt_group_wait(struct rt_group *group) {
    struct g *gp = rt_m()->curg;
    rt_lock(&group->lock, SITE_group_lock);
    tell(group, TRACE_group_wait);
    if (group->counter > 0) {
        gp->wait_next = group->waiters;
        group->waiters = gp;
        rt_event(rt_m(), TRACE_wait_for, gp->goid, group->id, 0, TRACE_WAIT_GROUP, 0);
        rt_park(&group->lock, SITE_group_unlock, TRACE_WAIT_GROUP);
    } else {
        rt_unlock(&group->lock, SITE_group_unlock);
    }
    rt_event(rt_m(), TRACE_group_pass, gp->goid, group->id, 0, 0, 0);
}

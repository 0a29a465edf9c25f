// What has to hold when nothing moves any more and nobody is stuck: each M sleeps, nobody is
// between two steps of anything, so every count is that of what it counts, and whatever serialises
// is free. A slip that spoils one of them may show nowhere else in this run, and strike in the
// next. Lists are followed no further than they are counted: a slip may have closed one to a ring.
#include "rt_impl.h"

// Free once, and nobody waits.
static void check_serialises(const struct rt_sema *sema, uint32_t which) {
    uint32_t count = os_peek_u32(&sema->count);
    if (count == 0)
        rt_fatal(TRACE_CHECK_sema_kept, which);
    if (count != 1 || os_peek_u32(&sema->waiters) != 0 || sema->head != NULL)
        rt_fatal(TRACE_CHECK_sema_count, (uint64_t)which << 32 | count);
}

void rt_sema_check(const struct rt_sema *sema) {
    uint32_t waiters = 0, counted = os_peek_u32(&sema->waiters);
    for (const struct g *gp = sema->head; gp != NULL && waiters <= counted; gp = gp->wait_next)
        waiters++;
    if (waiters != counted)
        rt_fatal(TRACE_CHECK_sema_count, (uint64_t)sema->object << 32 | waiters);
}

static void check_scheduler(const struct rt *rt) {
    uint32_t idle = 0, counted = os_peek_u32(&rt->sched.idle_ps_count);
    for (const struct p *pp = rt->sched.idle_ps; pp != NULL && idle <= counted; pp = pp->sched_next)
        idle++;
    if (idle != counted)
        rt_fatal(TRACE_CHECK_idle_count, (uint64_t)idle << 32 | counted);
    if (os_peek_u32(&rt->sched.spinning) != 0)
        rt_fatal(TRACE_CHECK_spinning_count, os_peek_u32(&rt->sched.spinning));
}

static void check_free_lists(const struct rt *rt) {
    uint32_t free = 0, counted = os_peek_u32(&rt->gfree_count);
    for (const struct g *gp = rt->gfree; gp != NULL && free <= counted; gp = gp->sched_next)
        free++;
    if (free != counted)
        rt_fatal(TRACE_CHECK_free_count, (uint64_t)free << 32 | counted);
}

void rt_check_rest(struct rt *rt) {
    const struct rt_sema *semas[] = {&rt->world_sema, &rt->gc_sema, &rt->profile.sema,
                                     &rt->leak.lock};
    for (uint32_t i = 0; i < sizeof semas / sizeof semas[0]; i++)
        check_serialises(semas[i], i);
    check_scheduler(rt);
    check_free_lists(rt);
    rt_chans_check(rt);
    rt_gomutexes_check(rt);
    rt_semaphores_check(rt);
    rt_coros_check(rt);
}

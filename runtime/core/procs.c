// A change of the number of Ps (debug.go GOMAXPROCS, proc.go procresize): under a stop of the world
// of its own, and never during a collection. What a P that goes holds is everybody's from then on:
// its run queue joins the global one, its dead goroutines the global free list.
#include "rt_impl.h"

static void move_runq_locked(struct rt *rt, struct p *pp) {
    if (!mutant(rt, procs_runq_lost))
        rt_runq_flush_locked(rt, pp);
}

// (proc.go gfpurge)
static void move_gfree(struct rt *rt, struct p *pp) {
    if (mutant(rt, procs_gfree_lost))
        return;
    rt_lock(&rt->gfree_lock, SITE_free_lock);
    while (pp->gfree != NULL) {
        struct g *gp = pp->gfree;
        pp->gfree = gp->sched_next;
        gp->sched_next = rt->gfree;
        rt->gfree = gp;
        os_add_u32(&rt->gfree_count, 1, SITE_free_lock);
    }
    os_poke_u32(&pp->gfree_count, 0);
    rt_unlock(&rt->gfree_lock, SITE_free_lock);
}

static void resize(struct m *mp, void *argument) {
    struct rt *rt = mp->rt;
    uint32_t count = *(const uint32_t *)argument, before = rt->procs;
    rt_lock(&rt->sched.lock, SITE_sched_lock);
    for (uint32_t i = count; i < before; i++) {
        move_runq_locked(rt, &rt->ps[i]);
        os_store_u32(&rt->ps[i].status, PDEAD, OS_RELEASE, SITE_p_status);
    }
    rt_unlock(&rt->sched.lock, SITE_sched_unlock);
    for (uint32_t i = count; i < before; i++)
        move_gfree(rt, &rt->ps[i]);
    for (uint32_t i = before; i < count; i++)
        os_store_u32(&rt->ps[i].status, PGCSTOP, OS_RELEASE, SITE_p_status);
    rt->procs = count;
    if (mp->p->id >= count) { // its own P is among those that go
        mp->p = &rt->ps[0];
        os_poke_u32(&mp->curg->on_p, mp->p->id + 1);
    }
}

void rt_set_procs(uint32_t count) {
    struct rt *rt = rt_m()->rt;
    ASSERT(count >= 1 && count <= RT_PROCS_MAX);
    rt_sema_acquire(&rt->gc_sema, false, TRACE_WAIT_GC_SEMA);
    if (count != rt->procs) {
        rt_stop_world(TRACE_STOP_PROCS);
        rt_systemstack(resize, &count);
        rt_start_world(TRACE_STOP_PROCS);
    }
    rt_sema_release(&rt->gc_sema, false);
}

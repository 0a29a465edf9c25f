// Cleanup goroutines (mcleanup.go): created on demand, system goroutines that are user goroutines
// for a whole block of cleanups. Flag (classification) and counter (count) are two words: they flip
// together because a goroutine that is not preemptible cannot be stopped between them.
#include "rt_impl.h"

// Blocks in the queue. Written under the lock, and looked at without it.
static void add_work_locked(struct rt *rt, uint32_t blocks) {
    uint32_t work = os_settled_u32(&rt->cleanups.work);
    os_store_u32(&rt->cleanups.work, work + blocks, OS_RELEASE, SITE_cleanup_need);
}

void rt_cleanups_queue(struct m *mp, struct cleanup *list) {
    struct rt *rt = mp->rt;
    for (struct cleanup *next; list != NULL; list = next) {
        next = list->next;
        rt_event(mp, TRACE_cleanup_queued, mp->curg->goid, list->object, 0, list->callback.body,
                 list->id);
        rt_lock(&rt->cleanups.lock, SITE_cleanup_lock);
        struct cleanup_block *block = rt->cleanups.tail;
        if (block == NULL || block->count == CLEANUP_BLOCK) {
            block = ARENA_NEW(rt->config.arena, struct cleanup_block);
            if (rt->cleanups.tail != NULL)
                rt->cleanups.tail->next = block;
            else
                rt->cleanups.head = block;
            rt->cleanups.tail = block;
            add_work_locked(rt, 1);
        }
        block->cleanups[block->count++] = list;
        rt_unlock(&rt->cleanups.lock, SITE_cleanup_lock);
    }
}

// The next block of work; sleeps while there is none. The queue is looked at and the sleeper
// announced under one lock, so no wake-up is lost between (#73642).
static struct cleanup_block *dequeue(struct rt *rt, struct g *gp) {
    for (;;) {
        if (mutant(rt, race_cleanup_queue))
            OS_LOOK(rt->cleanups.head);
        rt_lock(&rt->cleanups.lock, SITE_cleanup_lock);
        struct cleanup_block *block = rt->cleanups.head;
        if (block != NULL) {
            rt->cleanups.head = block->next;
            if (rt->cleanups.head == NULL)
                rt->cleanups.tail = NULL;
            add_work_locked(rt, (uint32_t)-1);
            rt_event(rt_m(), TRACE_cleanups_taken, gp->goid, 0, 0, block->count - block->done, 0);
            rt_unlock(&rt->cleanups.lock, SITE_cleanup_lock);
            return block;
        }
        gp->wait_next = rt->cleanups.sleeping;
        rt->cleanups.sleeping = gp;
        rt_park(&rt->cleanups.lock, SITE_cleanup_lock, TRACE_WAIT_CLEANUP);
    }
}

// The slip of two mutants: another one may count in between.
static void count_split(struct rt *rt, uint32_t change) {
    uint32_t running = os_load_u32(&rt->cleanups.running, OS_ACQUIRE, SITE_cleanup_count);
    os_store_u32(&rt->cleanups.running, running + change, OS_RELEASE, SITE_cleanup_count);
}

// Flip gp's role: flag and counter at once as seen by whoever stops the world.
static void flip(struct rt *rt, struct g *gp, bool user) {
    bool split = mutant(rt, flip_preemptible);
    bool uncounted = mutant(rt, cleanup_flag_only) || mutant(rt, flip_count_split);
    if (!split)
        rt_acquirem();
    os_store_u32(&gp->running_cleanups, user, OS_RELEASE, SITE_cleanup_flag);
    rt_event(rt_m(), TRACE_role, gp->goid, 0, 0, user ? TRACE_ROLE_USER : TRACE_ROLE_SYSTEM, 0);
    if (split)
        rt_checkpoint();
    if (mutant(rt, flip_count_split))
        count_split(rt, user ? 1 : (uint32_t)-1);
    if (!uncounted)
        os_add_u32(&rt->cleanups.running, user ? 1 : (uint32_t)-1, SITE_cleanup_count);
    if (!split)
        rt_releasem(rt_m());
}

static void run_cleanups(void *argument) {
    struct rt *rt = argument;
    struct g *gp = rt_m()->curg;
    for (;;) {
        gp->batch = dequeue(rt, gp);
        if (gp->batch->done == gp->batch->count) // it would be a user goroutine for nothing
            rt_fatal(TRACE_CHECK_empty_block, gp->goid);
        flip(rt, gp, true);
        while (gp->batch->done < gp->batch->count) {
            const struct cleanup *cleanup = gp->batch->cleanups[gp->batch->done++];
            rt_event(rt_m(), TRACE_cleanup_run, gp->goid, cleanup->object, 0,
                     cleanup->callback.body, cleanup->id);
            cleanup->callback.fn(cleanup->callback.argument, NULL);
        }
        flip(rt, gp, false);
    }
}

void rt_cleanups_wake(struct m *mp) {
    struct rt *rt = mp->rt;
    if (os_load_u32(&rt->cleanups.work, OS_ACQUIRE, SITE_cleanup_need) == 0)
        return;
    rt_lock(&rt->cleanups.lock, SITE_cleanup_lock);
    uint32_t work = os_settled_u32(&rt->cleanups.work);
    struct g *woken = NULL;
    if (mutant(rt, cleanup_wake_lost) && work == 1)
        work = 0;
    while (work > 0 && rt->cleanups.sleeping != NULL) {
        struct g *gp = rt->cleanups.sleeping;
        if (!mutant(rt, sleeper_stays_listed))
            rt->cleanups.sleeping = mutant(rt, sleepers_lost) ? NULL : gp->wait_next;
        gp->wait_next = woken;
        woken = gp;
        work--;
    }
    // The scheduler cannot create goroutines: the next AddCleanup does.
    os_store_u32(&rt->cleanups.need, work, OS_RELEASE, SITE_cleanup_need);
    rt_unlock(&rt->cleanups.lock, SITE_cleanup_lock);
    while (woken != NULL) {
        struct g *gp = woken;
        woken = gp->wait_next;
        rt_ready(mp, gp);
    }
}

// Count one more cleanup goroutine, if the limit allows it. Returns its name's ordinal, or 0.
static uint32_t reserve(struct rt *rt) {
    uint32_t count = os_load_u32(&rt->cleanups.count, OS_ACQUIRE, SITE_cleanup_ngs);
    do {
        if (count == rt->config.cleanups_max && !mutant(rt, cleanups_unbounded))
            return 0;
        if (mutant(rt, reserve_stored)) {
            os_store_u32(&rt->cleanups.count, count + 1, OS_RELEASE, SITE_cleanup_ngs);
            break;
        }
    } while (!os_cas_u32(&rt->cleanups.count, &count, count + 1, SITE_cleanup_ngs));
    return count + 1;
}

void rt_cleanups_create(struct m *mp) {
    struct rt *rt = mp->rt;
    bool first = os_load_u32(&rt->cleanups.count, OS_ACQUIRE, SITE_cleanup_ngs) == 0;
    uint32_t need = os_swap_u32(&rt->cleanups.need, 0, SITE_cleanup_need);
    for (need = first && need == 0 ? 1 : need; need > 0; need--) {
        uint32_t ordinal = reserve(rt);
        if (ordinal == 0)
            return;
        rt_newproc(mp, run_cleanups, rt, TRACE_CLEANUP,
                   (struct os_context){.path = path_root(PATH_CLEANUP, ordinal)});
    }
}

void rt_cleanup_exiting(struct m *mp, struct g *gp) {
    struct rt *rt = mp->rt;
    if (!mutant(rt, stale_cleanup_flag))
        os_store_u32(&gp->running_cleanups, 0, OS_RELEASE, SITE_cleanup_flag);
    if (mutant(rt, exit_count_split))
        count_split(rt, (uint32_t)-1);
    if (!mutant(rt, exit_count_split))
        os_add_u32(&rt->cleanups.running, (uint32_t)-1, SITE_cleanup_count);
    rt_event(mp, TRACE_role, gp->goid, 0, 0, TRACE_ROLE_SYSTEM, 0);
    struct cleanup_block *rest = gp->batch; // what it leaves over is the next one's work
    if (rest->done == rest->count)
        return;
    rt_lock(&rt->cleanups.lock, SITE_cleanup_lock);
    rest->next = rt->cleanups.head;
    rt->cleanups.head = rest;
    if (rt->cleanups.tail == NULL && !mutant(rt, rest_without_tail))
        rt->cleanups.tail = rest;
    add_work_locked(rt, 1);
    rt_unlock(&rt->cleanups.lock, SITE_cleanup_lock);
}

void rt_cleanup_replace(struct m *mp, struct os_context name) {
    rt_newproc(mp, run_cleanups, mp->rt, TRACE_CLEANUP, name);
}

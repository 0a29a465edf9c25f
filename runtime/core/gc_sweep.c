// Sweeping and scavenging (mgcsweep.go bgsweep, mgcscavenge.go bgscavenge), and how the collector's
// goroutines start, sleep and wake. They are always system goroutines, so they take part in the
// state machine of a profile like everybody else and have no record.
#include "rt_impl.h"

enum { SCAVENGE_FREED = 2 }; // objects that are worth it

// ---- sleeping and waking ------------------------------------------------------------------------

void rt_gc_sleep(struct rt *rt, struct gc_bed *bed, enum trace_wait wait) {
    rt_lock(&rt->gc.lock, SITE_gc_lock);
    if (bed->woken) {
        bed->woken = false;
        rt_unlock(&rt->gc.lock, SITE_gc_lock);
        return;
    }
    bed->sleeper = rt_m()->curg;
    rt_park(&rt->gc.lock, SITE_gc_lock, wait);
}

void rt_gc_wake(struct m *mp, struct gc_bed *bed) {
    struct rt *rt = mp->rt;
    rt_lock(&rt->gc.lock, SITE_gc_lock);
    struct g *gp = bed->sleeper;
    bed->sleeper = NULL;
    bed->woken = gp == NULL;
    rt_unlock(&rt->gc.lock, SITE_gc_lock);
    if (gp != NULL)
        rt_ready(rt_m(), gp);
}

void rt_gc_start_services(struct m *mp) {
    struct rt *rt = mp->rt;
    if (rt->gc.workers_count != 0)
        return;
    uint32_t workers = (rt->config.procs + 3) / 4; // a quarter of the Ps, as in Go
    for (uint32_t i = 0; i < workers; i++) {
        rt->gc.workers[i].rt = rt;
        if (rt_newproc(mp, rt_gc_worker, &rt->gc.workers[i], TRACE_MARK_WORKER,
                       (struct os_context){.path = path_root(PATH_MARK_WORKER, i + 1)}) != NULL)
            rt->gc.workers_count++;
    }
    rt_newproc(mp, rt_gc_sweeper, rt, TRACE_SWEEPER,
               (struct os_context){.path = path_root(PATH_SWEEPER, 0)});
}

// The scavenger works now and then, and is created when it has something to do.
static void wake_scavenger(struct rt *rt) {
    if (rt->heap.freed - rt->heap.wanted < SCAVENGE_FREED)
        return;
    rt->heap.wanted = rt->heap.freed;
    if (rt->heap.has_scavenger)
        rt_gc_wake(rt_m(), &rt->gc.scavenger);
    else
        rt_newproc(rt_m(), rt_gc_scavenger, rt, TRACE_SCAVENGER,
                   (struct os_context){.path = path_root(PATH_SCAVENGER, 0)});
    rt->heap.has_scavenger = true;
}

// ---- sweep: the world runs ----------------------------------------------------------------------

static uint32_t length(const struct cleanup *list) {
    uint32_t count = 0;
    for (; list != NULL; list = list->next)
        count++;
    return count;
}

// Deal with one object that was not reached: its finalizer is queued and keeps it for another
// cycle, or it is freed and its cleanups are queued.
static void sweep_object(struct rt *rt, struct rt_object *object) {
    rt_lock(&rt->heap.lock, SITE_heap_lock);
    bool finalize = object->has_finalizer;
    struct cleanup *cleanups = NULL;
    rt_event(rt_m(), TRACE_object_swept, rt_m()->curg->goid, object->id, 0, finalize,
             length(object->cleanups));
    object->has_finalizer = finalize && mutant(rt, finalizer_stays);
    os_poke_u32(&object->gone, finalize ? OBJECT_FINALIZING : OBJECT_FREED);
    if (!finalize || mutant(rt, cleanup_with_finalizer)) {
        rt->heap.freed++;
        cleanups = object->cleanups;
        if (mutant(rt, cleanups_cut) && cleanups != NULL)
            cleanups->next = NULL;
        object->cleanups = NULL;
    }
    rt_unlock(&rt->heap.lock, SITE_heap_lock);
    if (finalize)
        rt_fing_queue(rt_m(), object);
    rt_cleanups_queue(rt_m(), cleanups);
}

void rt_gc_sweeper(void *argument) {
    struct rt *rt = argument;
    for (;;) {
        rt_gc_sleep(rt, &rt->gc.sweeper, TRACE_WAIT_SWEEPER);
        struct rt_object *object = rt->gc.sweep_from;
        for (; object != NULL; object = object->next) {
            if (os_peek_u32(&object->marked) == rt->heap.cycle ||
                os_peek_u32(&object->gone) == OBJECT_FREED)
                continue;
            sweep_object(rt, object);
            rt_checkpoint();
        }
        wake_scavenger(rt);
        rt_gc_wake(rt_m(), &rt->gc.caller);
    }
}

// ---- scavenge -----------------------------------------------------------------------------------

// Objects lie in the arena of the run, which takes nothing back: giving back is an account.
void rt_gc_scavenger(void *argument) {
    struct rt *rt = argument;
    for (;;) {
        rt_lock(&rt->heap.lock, SITE_heap_lock);
        rt->heap.scavenged = rt->heap.freed;
        rt_unlock(&rt->heap.lock, SITE_heap_lock);
        rt_gc_sleep(rt, &rt->gc.scavenger, TRACE_WAIT_SCAVENGER);
    }
}

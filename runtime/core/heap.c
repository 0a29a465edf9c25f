// Objects and the collector: precise from handle slots, channel buffers, values in transit and
// queued finalizers; never a scan of C stacks. A cycle marks under a stop of the world and sweeps
// while it runs (mgc.go gcStart, mgcsweep.go). Objects are not reused within a run.
#include "rt_impl.h"

struct rt_object *rt_alloc(void) {
    struct rt *rt = rt_m()->rt;
    struct rt_object *object = ARENA_NEW(rt->config.arena, struct rt_object);
    rt_lock(&rt->heap.lock, SITE_heap_lock);
    object->id = ++rt->heap.objects_count;
    object->marked = rt->heap.cycle; // allocated black: a sweep that is under way leaves it alone
    object->next = rt->heap.objects;
    rt->heap.objects = object;
    rt_unlock(&rt->heap.lock, SITE_heap_lock);
    return object;
}

bool rt_set_finalizer(struct rt_object *object, struct rt_callback callback) {
    struct rt *rt = rt_m()->rt;
    rt_lock(&rt->heap.lock, SITE_heap_lock);
    bool first = !object->has_finalizer;
    if (first) {
        object->has_finalizer = true;
        object->finalizer = callback;
    }
    rt_unlock(&rt->heap.lock, SITE_heap_lock);
    if (first)
        rt_fing_create(rt_m());
    return first;
}

uint32_t rt_add_cleanup(struct rt_object *object, struct rt_callback callback) {
    struct rt *rt = rt_m()->rt;
    struct cleanup *cleanup = ARENA_NEW(rt->config.arena, struct cleanup);
    cleanup->callback = callback;
    cleanup->object = object->id;
    rt_lock(&rt->heap.lock, SITE_heap_lock);
    cleanup->id = ++rt->heap.cleanups_count;
    cleanup->next = object->cleanups;
    object->cleanups = cleanup;
    rt_unlock(&rt->heap.lock, SITE_heap_lock);
    rt_cleanups_create(rt_m());
    return cleanup->id;
}

uint32_t rt_object_id(const struct rt_object *object) {
    return object->id;
}

// ---- mark: the world is stopped -----------------------------------------------------------------

static void mark_object(struct rt_object *object, uint32_t cycle) {
    if (object != NULL)
        object->marked = cycle;
}

static void mark_roots(struct rt *rt) {
    struct g **gs;
    uint32_t count = rt_allgs(rt, &gs);
    for (uint32_t i = 0; i < count; i++) {
        mark_object(gs[i]->value, rt->heap.cycle);
        for (struct rt_frame *frame = gs[i]->frames; frame != NULL; frame = frame->up)
            for (int slot = 0; slot < RT_SLOTS; slot++)
                mark_object(frame->slots[slot], rt->heap.cycle);
    }
    rt_chan_each_value(rt, mark_object);
    for (struct finalizer *f = rt->fing.head; f != NULL; f = f->next)
        mark_object(f->object, rt->heap.cycle);
    for (struct finalizer *f = rt->fing.batch; f != NULL; f = f->next)
        mark_object(f->object, rt->heap.cycle);
}

static uint32_t count_reachable(struct rt *rt) {
    uint32_t reachable = 0;
    for (struct rt_object *object = rt->heap.objects; object != NULL; object = object->next)
        reachable += object->marked == rt->heap.cycle;
    return reachable;
}

// ---- sweep: the world runs ----------------------------------------------------------------------

// Deal with one object that was not reached: its finalizer is queued and keeps it for another
// cycle, or it is freed and its cleanups are queued.
static void sweep_object(struct rt *rt, struct rt_object *object) {
    rt_lock(&rt->heap.lock, SITE_heap_lock);
    bool finalize = object->has_finalizer;
    struct cleanup *cleanups = NULL;
    object->has_finalizer = finalize && mutant(rt, finalizer_stays);
    if (!finalize) {
        object->freed = true;
        cleanups = object->cleanups;
        object->cleanups = NULL;
    }
    rt_unlock(&rt->heap.lock, SITE_heap_lock);
    if (finalize)
        rt_fing_queue(rt_m(), object);
    rt_cleanups_queue(rt_m(), cleanups);
}

void rt_gc(void) {
    struct rt *rt = rt_m()->rt;
    rt_sema_acquire(&rt->gc_sema, false, TRACE_WAIT_GC_SEMA);
    rt_stop_world(TRACE_STOP_GC);
    uint32_t cycle = ++rt->heap.cycle;
    mark_roots(rt);
    struct rt_object *objects = rt->heap.objects; // newer ones are black
    rt_event(rt_m(), TRACE_gc, rt_m()->curg->goid, cycle, 0, count_reachable(rt), 0);
    rt_start_world(TRACE_STOP_GC);
    for (struct rt_object *object = objects; object != NULL; object = object->next)
        if (object->marked != cycle && !object->freed)
            sweep_object(rt, object);
    rt_sema_release(&rt->gc_sema, false);
}

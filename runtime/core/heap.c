// Objects, and the order of a collection: a first stop, marking by workers while the world runs
// (gc_mark.c), a second stop, sweeping by the sweeper while the world runs (gc_sweep.c). Objects
// are not reused within a run.
#include "rt_impl.h"

struct rt_object *rt_alloc(void) {
    struct rt *rt = rt_m()->rt;
    struct rt_object *object = ARENA_NEW(rt->config.arena, struct rt_object);
    rt_lock(&rt->heap.lock, SITE_heap_lock);
    object->id = ++rt->heap.objects_count;
    // Allocated black: neither a mark phase nor a sweep that is under way has to know of it.
    os_poke_u32(&object->marked, rt->heap.cycle - mutant(rt, allocated_white));
    object->next = rt->heap.objects;
    rt->heap.objects = object;
    rt_unlock(&rt->heap.lock, SITE_heap_lock);
    return object;
}

bool rt_set_finalizer(struct rt_object *object, struct rt_callback callback) {
    struct rt *rt = rt_m()->rt;
    rt_gc_touch(object);
    rt_keep_names();
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
    rt_gc_touch(object);
    rt_keep_names();
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

void rt_gc_touch(struct rt_object *object) {
    if (object != NULL && os_peek_u32(&object->gone) != OBJECT_THERE)
        rt_fatal(TRACE_CHECK_lost_object, object->id);
}

// gcsema is held for the whole cycle: one cycle at a time (mgc.go gcStart, GC).
void rt_gc(void) {
    struct rt *rt = rt_m()->rt;
    rt_sema_acquire(&rt->gc_sema, false, TRACE_WAIT_GC_SEMA);
    rt_gc_start_services(rt_m());
    rt_gc_mark(rt_m());
    rt_gc_sleep(rt, &rt->gc.caller, TRACE_WAIT_GC_CYCLE);
    rt_sema_release(&rt->gc_sema, false);
}

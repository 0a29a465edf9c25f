// Marking (mgc.go gcStart, gcBgMarkWorker, gcMarkDone; mgcmark.go markroot, scanstack). Precise
// from handle slots, channel buffers, values in transit and queued finalizers; never a scan of C
// stacks. A handle leads to its object and no further, so an object is marked as soon as it is
// reached, and a cycle is done when each root has been visited once.
//
// The mark phase runs beside user code. Why nothing reachable is missed:
//   - a stack is visited whole, under its scan bit, so its owner does not run meanwhile;
//   - what comes to a stack after its visit was allocated black, came out of a channel or from a
//     finalizer's queue. A handle is shaded whenever it goes into a channel, comes out of one, or
//     is handed over (the hybrid barrier: what is overwritten and what is written); the queues of
//     finalizers are marked inside the first stop, and nobody but the sweeper fills them;
//   - `marking` and `cycle` are plain and change only inside a stop: whoever writes a handle has no
//     safe point between reading them and writing ([world]).
#include "rt_impl.h"

// ---- roots --------------------------------------------------------------------------------------

static void mark(struct rt_object *object, uint32_t cycle) {
    if (object != NULL)
        os_poke_u32(&object->marked, cycle);
}

static void mark_in_reach(struct rt_object *object, uint32_t cycle) {
    rt_gc_touch(object);
    mark(object, cycle);
}

// Inside the first stop: they are few, and their owners come and go.
static void mark_finalizers(struct rt *rt) {
    for (struct finalizer *f = rt->fing.head; f != NULL; f = f->next)
        mark(f->object, rt->heap.cycle);
    for (struct finalizer *f = rt->fing.batch; f != NULL; f = f->next)
        mark(f->object, rt->heap.cycle);
}

// Visit a stack that is ours: its scan bit is set, so it does not run.
static void scan_stack(struct rt *rt, struct suspended suspended) {
    struct g *gp = suspended.gp;
    os_point(OS_LOAD, gp, SITE_scan_frames);
    for (struct rt_frame *frame = gp->frames; frame != NULL; frame = frame->up)
        for (int slot = 0; slot < RT_SLOTS; slot++)
            mark_in_reach(frame->slots[slot], rt->heap.cycle);
    // In transit: whoever still waits has it in a slot, or gets it from somebody who shades it.
    if (os_watched_state(suspended.word) == (GRUNNABLE | GSCAN))
        mark_in_reach(gp->value, rt->heap.cycle);
    rt_shrink_stack(suspended);
}

static void do_job(struct rt *rt, uint32_t job) {
    if (job + 1 == rt->gc.jobs) { // channels, last
        if (!mutant(rt, channel_roots_forgotten))
            rt_chan_each_value(rt, mark_in_reach);
        return;
    }
    struct g *gp = rt->gc.gs[job];
    if (os_peek_u32(&gp->service) >= TRACE_MARK_WORKER)
        return; // the collector's own have no handles
    struct suspended suspended = rt_suspend_g(gp);
    if (suspended.word == 0)
        return;
    scan_stack(rt, suspended);
    rt_resume_g(suspended);
}

// ---- a cycle ------------------------------------------------------------------------------------

void rt_gc_mark(struct m *mp) {
    struct rt *rt = mp->rt;
    rt_stop_world(TRACE_STOP_GC);
    rt->heap.cycle++;
    rt->gc.jobs = rt_allgs(rt, &rt->gc.gs) + 1; // later ones are born without handles
    os_store_u32(&rt->gc.next_job, 0, OS_RELAXED, SITE_gc_job);
    os_store_u32(&rt->gc.jobs_done, 0, OS_RELAXED, SITE_gc_job);
    mark_finalizers(rt);
    rt_leak_forget(rt);
    rt->gc.marking = true;
    rt_start_world(TRACE_STOP_GC);
    for (uint32_t i = 0; i < rt->gc.workers_count; i++)
        rt_gc_wake(rt_m(), &rt->gc.workers[i].bed);
}

static uint32_t count_reachable(struct rt *rt) {
    uint32_t reachable = 0;
    for (struct rt_object *object = rt->heap.objects; object != NULL; object = object->next)
        reachable += os_peek_u32(&object->marked) == rt->heap.cycle;
    return reachable;
}

// Every root has been visited: the mark phase ends here, in a second stop (gcMarkDone).
static void mark_done(struct rt *rt) {
    rt_stop_world(TRACE_STOP_MARK_TERMINATION);
    rt->gc.marking = false;
    rt->gc.sweep_from = rt->heap.objects;
    rt_event(rt_m(), TRACE_gc, rt_m()->curg->goid, rt->heap.cycle, 0, count_reachable(rt), 0);
    rt_leak_detect(rt);
    rt_start_world(TRACE_STOP_MARK_TERMINATION);
    rt_gc_wake(rt_m(), &rt->gc.sweeper);
}

// Workers share the jobs of a cycle; whoever does the last one ends the phase. One that comes too
// late finds none left.
void rt_gc_worker(void *argument) {
    struct gc_worker *worker = argument;
    struct rt *rt = worker->rt;
    for (;;) {
        rt_gc_sleep(rt, &worker->bed, TRACE_WAIT_MARK_WORKER);
        for (;;) {
            // The number of jobs is read behind the job, without a safe point between: a worker
            // that was late for one cycle may be in the next.
            uint32_t job = os_add_u32(&rt->gc.next_job, 1, SITE_gc_job);
            if (job >= rt->gc.jobs)
                break;
            do_job(rt, job);
            os_progress();
            if (os_add_u32(&rt->gc.jobs_done, 1, SITE_gc_job) + 1 == rt->gc.jobs)
                mark_done(rt);
            rt_checkpoint();
        }
    }
}

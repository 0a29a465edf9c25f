// A run of the runtime: its beginning, its end, its events and its checks; and the small calls of
// user code that touch nothing but the calling goroutine.
#include "rt_impl.h"

// ---- events and checks --------------------------------------------------------------------------

void rt_event_append(struct m *mp, enum trace_kind kind, uint32_t goroutine, uint32_t object,
                     uint32_t version, uint32_t a, uint64_t b) {
    struct rt *rt = mp->rt;
    struct trace_buffer *buffer = &rt->config.buffers[rt->config.shared_buffer ? 0 : mp->id];
    trace_append(buffer, (struct trace_event){.sequence = os_sequence(&rt->sequence),
                                              .kind = (uint16_t)kind,
                                              .thread = (uint16_t)mp->id,
                                              .goroutine = goroutine,
                                              .object = object,
                                              .version = version,
                                              .a = a,
                                              .b = b});
}

void rt_fatal(enum trace_check check, uint64_t detail) {
    struct m *mp = rt_m();
    rt_event(mp, TRACE_fatal, mp->curg != NULL ? mp->curg->goid : 0, 0, 0, check, detail);
    os_run_fatal();
}

void rt_emit(enum trace_kind kind, uint32_t object, uint32_t version, uint32_t a, uint64_t b) {
    struct m *mp = rt_m();
    rt_event(mp, kind, mp->curg->goid, object, version, a, b);
}

void rt_emit_about(enum trace_kind kind, uint32_t goroutine, uint32_t object, uint32_t version,
                   uint32_t a, uint64_t b) {
    rt_event(rt_m(), kind, goroutine, object, version, a, b);
}

// ---- begin and end ------------------------------------------------------------------------------

struct rt *rt_new(const struct rt_config *config) {
    ASSERT(config->procs >= 1 && config->procs <= RT_PROCS_MAX);
    ASSERT(config->ms_max >= config->procs && config->ms_max <= RT_MS_MAX);
    ASSERT(config->cleanups_max >= 1 && config->cleanups_max <= RT_CLEANUPS_MAX);
    struct rt *rt = ARENA_NEW(config->arena, struct rt);
    rt->config = *config;
    rt->procs = config->procs;
    rt->allgs_lock.rank = RANK_allgs;
    rt->sched.lock.rank = RANK_sched;
    rt->extra.lock.rank = RANK_extra;
    rt->gfree_lock.rank = RANK_gfree;
    rt->fing.lock.rank = RANK_finalizers;
    rt->cleanups.lock.rank = RANK_cleanups;
    rt->heap.lock.rank = RANK_heap;
    rt->timers.lock.rank = RANK_timers;
    rt->gc.lock.rank = RANK_gc;
    struct rt_sema *semas[] = {&rt->world_sema, &rt->gc_sema, &rt->profile.sema, &rt->leak.lock};
    for (size_t i = 0; i < sizeof semas / sizeof semas[0]; i++) {
        semas[i]->lock.rank = RANK_sema;
        os_init_u32(&semas[i]->count, 1);
    }
    for (uint32_t i = 0; i < RT_PROCS_MAX; i++)
        rt->ps[i].id = i;
    rt->ms[0].rt = rt;
    rt->ms[0].os.path = path_root(PATH_M0, 0);
    rt->ms[0].context = &rt->ms[0].os;
    rt->sched.ms_count = 1;
    return rt;
}

void *rt_first_m(struct rt *rt) {
    return &rt->ms[0];
}

struct os_context *rt_first_context(struct rt *rt) {
    return &rt->ms[0].os;
}

void rt_start(void *self) {
    struct m *mp = self;
    struct rt *rt = mp->rt;
    context_here(&mp->g0);
    rt_context(mp, &mp->os);
    rt_event(mp, TRACE_run_begin, 0, rt->config.cleanups_max, 0, rt->config.procs,
             rt->config.ms_max);
    rt_acquire_p(mp, &rt->ps[0]);
    rt_lock(&rt->sched.lock, SITE_sched_lock);
    for (uint32_t i = rt->config.procs; i-- > 1;)
        rt_idle_put_locked(rt, &rt->ps[i]);
    rt_unlock(&rt->sched.lock, SITE_sched_unlock);
    if (rt->config.sysmon)
        rt_sysmon_start(mp);
    rt_newproc(mp, rt->config.main, rt->config.main_argument, TRACE_PLAN,
               (struct os_context){.path = path_root(PATH_MAIN, 0)});
    rt_loop(mp);
}

void rt_end_locked(struct rt *rt, struct m *mp) {
    enum run_end run_end = rt_classify(rt);
    if (run_end == RUN_FINISHED || run_end == RUN_QUIESCENT)
        rt_check_rest(rt);
    rt_event(mp, TRACE_run_end, 0, 0, 0, run_end, 0);
    for (uint32_t i = 0; i < rt->sched.ms_count; i++) // without a next_p: they return
        os_note_wake(&rt->ms[i].park, SITE_park_wake);
    os_run_end(run_end);
}

// ---- the calling goroutine ----------------------------------------------------------------------

struct g *rt_self(void) {
    return rt_m()->curg;
}
uint32_t rt_user_step(void) {
    return ++rt_m()->curg->progress;
}

void rt_set_label(uint32_t label) {
    struct m *mp = rt_m();
    mp->curg->label = label;
    rt_event(mp, TRACE_label, mp->curg->goid, 0, 0, label, 0);
}

void rt_frame_push(struct rt_frame *frame) {
    struct g *gp = rt_m()->curg;
    frame->up = gp->frames;
    gp->frames = frame;
}

void rt_frame_pop(struct rt_frame *frame) {
    rt_m()->curg->frames = frame->up;
}

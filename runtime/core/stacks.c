// The dump of all stacks (mprof.go Stack with all; traceback.go tracebackothers), and the number of
// goroutines (debug.go NumGoroutine). A dump is of one instant: who is there, what each does, and
// where it stands are read inside one stop, by whoever has stopped the world.
#include "rt_impl.h"

struct dump {
    struct rt_record *records;
    uint32_t *labels;
    uint64_t *states;
    uint32_t capacity, n;
    struct g **shown; // of a mutant: whom; else NULL
};

static uint64_t state_of(struct rt *rt, struct g *gp) {
    uint64_t status = os_watched_state(os_watched_load(&gp->status, SITE_try_status));
    bool waits = status == GWAITING || status == GLEAKED;
    bool sends = waits && gp->wait == TRACE_WAIT_CHAN && gp->sends && !mutant(rt, stacks_receives);
    bool locked = gp->lockedm != NULL && !(waits && mutant(rt, stacks_lock_of_running));
    return status | (uint64_t)(waits ? gp->wait : 0) << 8 | (uint64_t)locked << 16 |
           (uint64_t)sends << 17 | (uint64_t)gp->creator << 24;
}

static void show(struct rt *rt, struct dump *dump, struct g *gp) {
    if (dump->n == dump->capacity)
        return; // as Go's text ends where its buffer does
    uint32_t slot = dump->n++;
    rt_save_g(rt, gp, &dump->records[slot]);
    dump->labels[slot] = gp->label;
    dump->states[slot] = state_of(rt, gp);
    if (dump->shown != NULL)
        dump->shown[slot] = gp;
    rt_event(rt_m(), TRACE_stacks_shown, gp->goid, slot, 0, 0, dump->states[slot]);
}

static bool is_shown(struct rt *rt, struct g *gp) {
    enum g_status status = rt_status(gp, SITE_try_status);
    return status != GDEAD && status != GDEADEXTRA &&
           (mutant(rt, stacks_system) || !rt_is_system(rt, gp, SITE_record_classify));
}

// On g0: a goroutine is not unwound on its own stack.
static void show_all(struct m *mp, void *argument) {
    struct dump *dump = argument;
    struct rt *rt = mp->rt;
    struct g **gs, *self = mp->curg;
    uint32_t length = rt_allgs(rt, &gs);
    show(rt, dump, self);
    for (uint32_t i = 0; i < length; i++) {
        struct g *gp = gs[mutant(rt, stacks_newest_first) ? length - 1 - i : i];
        if ((gp != self || mutant(rt, stacks_caller_again)) && is_shown(rt, gp))
            show(rt, dump, gp);
    }
}

uint32_t rt_stacks(struct rt_record *records, uint32_t *labels, uint64_t *states,
                   uint32_t capacity) {
    struct rt *rt = rt_m()->rt;
    struct dump dump = {
        .records = records, .labels = labels, .states = states, .capacity = capacity};
    if (mutant(rt, stacks_states_late))
        dump.shown = ARENA_ARRAY(rt->config.arena, struct g *, capacity + 1);
    rt_stop_world(TRACE_STOP_STACKS);
    rt_systemstack(show_all, &dump);
    rt_start_world(TRACE_STOP_STACKS);
    if (mutant(rt, stacks_states_late)) {
        rt_checkpoint();
        for (uint32_t i = 0; i < dump.n; i++)
            states[i] = state_of(rt, dump.shown[i]);
    }
    os_progress();
    return dump.n;
}

uint32_t rt_num_goroutine(void) {
    struct rt *rt = rt_m()->rt;
    uint32_t n = rt_gcount(rt);
    for (uint32_t i = 0; mutant(rt, number_skips_ps) && i < rt->procs; i++)
        n += os_peek_u32(&rt->ps[i].gfree_count);
    return n > 0 ? n : 1;
}

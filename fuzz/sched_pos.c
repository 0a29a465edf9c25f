// POS (Yuan, Yang and Gu, CAV 2018): every announced operation has a random priority; the highest
// enabled one is done, and those that it races with draw again, as does the thread for its next
// operation. Chance is spent on orders that matter, and on no others. Who yields is behind all who
// do not.
#include "rng.h"
#include "sched_impl.h"

struct pos_state {
    struct rng rng;
    uint64_t priority[SCHED_THREADS_MAX]; // of what is announced
    uint32_t known;                       // threads that have one
};
_Static_assert(sizeof(struct pos_state) <= sizeof((struct scheduler *)0)->state,
               "state is too small");

static struct pos_state *pos_state(struct sched *sched) {
    return (struct pos_state *)scheduler_of(sched)->state;
}

static void pos_begin(struct sched *sched) {
    *pos_state(sched) = (struct pos_state){.rng = rng_seeded(scheduler_of(sched)->schedule.seed)};
}

static void draw(struct pos_state *state, const struct sched_view *view, uint32_t thread) {
    uint64_t yields = view->threads[thread].op == OS_YIELD;
    state->priority[thread] = (rng_next(&state->rng) >> 1) | (yields ^ 1) << 63;
}

static uint32_t pos_pick(struct sched *sched, const struct sched_view *view) {
    struct pos_state *state = pos_state(sched);
    for (; state->known < view->count; state->known++)
        draw(state, view, state->known);
    draw(state, view, view->current); // has announced its next one
    uint32_t best = (uint32_t)__builtin_ctzll(view->enabled);
    for (uint64_t mask = view->enabled & (view->enabled - 1); mask != 0; mask &= mask - 1) {
        uint32_t thread = (uint32_t)__builtin_ctzll(mask);
        if (state->priority[thread] > state->priority[best])
            best = thread;
    }
    for (uint64_t mask = view->enabled; mask != 0; mask &= mask - 1) {
        uint32_t thread = (uint32_t)__builtin_ctzll(mask);
        if (thread != best && sched_conflicts(&view->threads[thread], &view->threads[best]))
            draw(state, view, thread);
    }
    return best;
}

static uint32_t pos_choose(struct sched *sched, const struct sched_view *view, uint32_t bound) {
    (void)view;
    return rng_below(&pos_state(sched)->rng, bound);
}

void sched_pos_init(struct scheduler *scheduler) {
    scheduler->sched = (struct sched){
        .name = "pos", .begin = pos_begin, .pick = pos_pick, .choose = pos_choose, .quiet = 1};
}

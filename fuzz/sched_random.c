// Random walks. Uniform: at every point any enabled thread, with equal chance. Sticky: the same,
// but at a point it only thinks of switching with probability 1 / param, so that threads get long
// runs to themselves; the points between are drawn as one geometric number and cost nothing.
#include "rng.h"
#include "sched_impl.h"

struct random_state {
    struct rng rng;
    uint32_t threshold[63]; // sticky: P(more than i quiet points) * 2^32
};
_Static_assert(sizeof(struct random_state) <= sizeof((struct scheduler *)0)->state,
               "state is too small");

static struct random_state *random_state(struct sched *sched) {
    return (struct random_state *)scheduler_of(sched)->state;
}

static uint32_t pick_any(struct random_state *state, const struct sched_view *view) {
    uint32_t count = (uint32_t)__builtin_popcountll(view->enabled);
    return sched_ranked(view->enabled, count == 1 ? 0 : rng_below(&state->rng, count), count);
}

static uint32_t random_choose(struct sched *sched, const struct sched_view *view, uint32_t bound) {
    (void)view;
    return rng_below(&random_state(sched)->rng, bound);
}

static void uniform_begin(struct sched *sched) {
    random_state(sched)->rng = rng_seeded(scheduler_of(sched)->schedule.seed);
}

static uint32_t uniform_pick(struct sched *sched, const struct sched_view *view) {
    return pick_any(random_state(sched), view);
}

void sched_uniform_init(struct scheduler *scheduler) {
    scheduler->sched = (struct sched){.name = "uniform",
                                      .begin = uniform_begin,
                                      .pick = uniform_pick,
                                      .choose = random_choose,
                                      .quiet = 1};
}

// Points until the next switch is thought of: geometric with mean param, by its distribution
// function in integers, so that every machine draws the same.
static uint32_t draw_quiet(struct random_state *state) {
    uint32_t quiet = 1;
    for (;;) {
        uint32_t drawn = (uint32_t)(rng_next(&state->rng) >> 32);
        uint32_t low = 0, high = 63; // the first i with drawn >= threshold[i]
        while (low < high) {
            uint32_t middle = (low + high) / 2;
            if (drawn >= state->threshold[middle])
                high = middle;
            else
                low = middle + 1;
        }
        quiet += low;
        if (low < 63)
            return quiet;
    }
}

static void sticky_begin(struct sched *sched) {
    struct random_state *state = random_state(sched);
    state->rng = rng_seeded(scheduler_of(sched)->schedule.seed);
    sched->quiet = draw_quiet(state);
}

static uint32_t sticky_pick(struct sched *sched, const struct sched_view *view) {
    struct random_state *state = random_state(sched);
    sched->quiet = draw_quiet(state);
    return pick_any(state, view);
}

void sched_sticky_init(struct scheduler *scheduler) {
    struct random_state *state = (struct random_state *)scheduler->state;
    uint32_t param = scheduler->schedule.param < 2 ? 2 : scheduler->schedule.param;
    uint64_t left = UINT32_MAX;
    for (uint32_t i = 0; i < 63; i++) {
        left -= left / param;
        state->threshold[i] = (uint32_t)left;
    }
    scheduler->sched = (struct sched){.name = "sticky",
                                      .begin = sticky_begin,
                                      .pick = sticky_pick,
                                      .choose = random_choose,
                                      .quiet = 1};
}

// PCT with depth d (Burckhardt et al., ASPLOS 2010): every new thread gets a random place in an
// order of priorities; the highest enabled thread runs; at d - 1 random points the running one
// drops below all places a thread can get; one that yields drops below everybody. The length of the
// run is not known beforehand, and learning it from earlier runs would make a run depend on
// history: it is drawn from the seed, log-uniformly, as some power of two.
#include "rng.h"
#include "sched_impl.h"

enum {
    LENGTH_LOG_MIN = 6,  // 64 points
    LENGTH_LOG_MAX = 13, // 8192 points
    CHANGES_MAX = 7,
};

struct pct_state {
    struct rng rng;
    uint64_t priority[SCHED_THREADS_MAX]; // higher runs; 0 = none yet
    uint64_t change[CHANGES_MAX];         // steps, ascending
    uint64_t lowest;                      // below it, next yield
    uint64_t dropped;          // bit i: thread i stands at a yield and was dropped for it
    uint32_t changes, changed; // how many; how many have passed
};
_Static_assert(sizeof(struct pct_state) <= sizeof((struct scheduler *)0)->state,
               "state is too small");

// New threads get priorities above START; change points values below it, falling; yields lower ones
// yet.
static const uint64_t pct_start = (uint64_t)1 << 62;
static const uint64_t pct_yielded = (uint64_t)1 << 61;

static struct pct_state *pct_state(struct sched *sched) {
    return (struct pct_state *)scheduler_of(sched)->state;
}

static void pct_begin(struct sched *sched) {
    struct pct_state *state = pct_state(sched);
    const struct workload_schedule *schedule = &scheduler_of(sched)->schedule;
    *state = (struct pct_state){.rng = rng_seeded(schedule->seed), .lowest = pct_yielded};
    uint32_t log = LENGTH_LOG_MIN + rng_below(&state->rng, LENGTH_LOG_MAX - LENGTH_LOG_MIN + 1);
    state->changes = schedule->param > 1 ? schedule->param - 1u : 0;
    if (state->changes > CHANGES_MAX)
        state->changes = CHANGES_MAX;
    for (uint32_t i = 0; i < state->changes; i++) {
        uint64_t step = 1 + rng_below(&state->rng, (uint32_t)1 << log);
        uint32_t at = i;
        for (; at > 0 && state->change[at - 1] > step; at--)
            state->change[at] = state->change[at - 1];
        state->change[at] = step;
    }
    sched->quiet = 1;
}

// The priority of a thread; drawn when it is first asked for. 60 random bits: places in an order.
static uint64_t pct_priority(struct pct_state *state, uint32_t thread) {
    if (state->priority[thread] == 0)
        state->priority[thread] = pct_start + (rng_next(&state->rng) >> 4);
    return state->priority[thread];
}

// Drop whoever yields, once for each yield.
static void pct_drop_yielders(struct pct_state *state, const struct sched_view *view) {
    for (uint64_t mask = view->enabled & ~state->dropped; mask != 0; mask &= mask - 1) {
        uint32_t thread = (uint32_t)__builtin_ctzll(mask);
        if (view->threads[thread].op == OS_YIELD) {
            state->priority[thread] = --state->lowest;
            state->dropped |= (uint64_t)1 << thread;
        }
    }
}

static uint32_t pct_highest(struct pct_state *state, const struct sched_view *view) {
    uint32_t best = (uint32_t)__builtin_ctzll(view->enabled);
    for (uint64_t mask = view->enabled & (view->enabled - 1); mask != 0; mask &= mask - 1) {
        uint32_t thread = (uint32_t)__builtin_ctzll(mask);
        if (pct_priority(state, thread) > pct_priority(state, best))
            best = thread;
    }
    return best;
}

static uint32_t pct_pick(struct sched *sched, const struct sched_view *view) {
    struct pct_state *state = pct_state(sched);
    for (uint32_t i = 0; i < view->count; i++)
        (void)pct_priority(state, i); // in order of creation, whoever is enabled first
    while (state->changed < state->changes && view->step >= state->change[state->changed]) {
        state->priority[view->current] = pct_start - 1 - state->changed;
        state->changed++;
    }
    pct_drop_yielders(state, view);
    uint64_t wait = state->changed < state->changes ? state->change[state->changed] - view->step
                                                    : SCHED_QUIET_MAX;
    sched->quiet = (uint32_t)wait;
    uint32_t pick = pct_highest(state, view);
    state->dropped &= ~((uint64_t)1 << pick); // goes past its yield
    return pick;
}

static bool pct_enabled(struct sched *sched, const struct sched_view *view, uint32_t thread) {
    struct pct_state *state = pct_state(sched);
    for (uint32_t i = 0; i < view->count; i++)
        (void)pct_priority(state, i);
    if (view->threads[view->current].op == OS_YIELD) { // a spin, or long ago: to be sure, ask
        state->dropped &= ~((uint64_t)1 << thread);
        return true;
    }
    return state->priority[thread] > state->priority[view->current];
}

static uint32_t pct_choose(struct sched *sched, const struct sched_view *view, uint32_t bound) {
    (void)view;
    return rng_below(&pct_state(sched)->rng, bound);
}

void sched_pct_init(struct scheduler *scheduler) {
    scheduler->sched = (struct sched){.name = "pct",
                                      .begin = pct_begin,
                                      .pick = pct_pick,
                                      .choose = pct_choose,
                                      .enabled = pct_enabled,
                                      .quiet = 1};
}

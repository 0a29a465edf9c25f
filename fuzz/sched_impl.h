// The inside of the schedulers: what schedulers.c and the algorithms share. Each algorithm fills in
// scheduler->sched from scheduler->schedule and keeps its state in scheduler->state.
#ifndef GPROOF_SCHED_IMPL_H
#define GPROOF_SCHED_IMPL_H

#include "rng.h"
#include "schedulers.h"

void sched_list_init(struct scheduler *scheduler);
void sched_uniform_init(struct scheduler *scheduler);
void sched_sticky_init(struct scheduler *scheduler);
void sched_pct_init(struct scheduler *scheduler);
void sched_pos_init(struct scheduler *scheduler);
void sched_surw_init(struct scheduler *scheduler);
void sched_rf_init(struct scheduler *scheduler);

static inline struct scheduler *scheduler_of(struct sched *sched) {
    return (struct scheduler *)(void *)sched; // its first member
}

// The enabled thread with this rank, counted from 0 in order of creation; count are enabled. The
// loop runs as often whatever the rank is, since a branch on a random number is always
// mispredicted.
static inline uint32_t sched_ranked(uint64_t enabled, uint32_t rank, uint32_t count) {
    for (uint32_t i = 1; i < count; i++)
        enabled &= enabled - (i <= rank);
    return (uint32_t)__builtin_ctzll(enabled);
}

// The current thread if it is among the candidates and does not yield, but once in one_in times one
// of the others, drawn; there is a candidate.
static inline uint32_t sched_stay_or_switch(struct rng *rng, const struct sched_view *view,
                                            uint64_t candidates, uint32_t one_in) {
    uint64_t here = (uint64_t)1 << view->current;
    bool stays = (candidates & here) != 0 && view->threads[view->current].op != OS_YIELD;
    if (stays && rng_below(rng, one_in) != 0)
        return view->current;
    if ((candidates & ~here) != 0)
        candidates &= ~here;
    uint32_t count = (uint32_t)__builtin_popcountll(candidates);
    return sched_ranked(candidates, rng_below(rng, count), count);
}

// Does it matter in which order two threads do what they have announced?
static inline bool sched_conflicts(const struct sched_thread *a, const struct sched_thread *b) {
    return a->object != NULL && a->object == b->object && !(a->op == OS_LOAD && b->op == OS_LOAD);
}

#endif

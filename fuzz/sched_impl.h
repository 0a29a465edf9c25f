// The inside of the schedulers: what schedulers.c and the algorithms share. Each algorithm fills in
// scheduler->sched from scheduler->schedule and keeps its state in scheduler->state.
#ifndef GPROOF_SCHED_IMPL_H
#define GPROOF_SCHED_IMPL_H

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

// Does it matter in which order two threads do what they have announced?
static inline bool sched_conflicts(const struct sched_thread *a, const struct sched_thread *b) {
    return a->object != NULL && a->object == b->object && !(a->op == OS_LOAD && b->op == OS_LOAD);
}

#endif

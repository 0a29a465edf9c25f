// What the files of motifs share: where ops go, draws of operands, and the pieces that motifs are
// made of. For the motif files alone.
#ifndef GPROOF_MOTIF_IMPL_H
#define GPROOF_MOTIF_IMPL_H

#include "motif.h"

// Where ops go: before position at of a body. Positions are relative to the body, so bodies that
// are added behind it move nothing.
struct place {
    struct workload_plan *plan;
    struct rng *rng;
    uint32_t body, at;
};

// Arguments hold one draw at most: compilers evaluate them in different orders.
static inline void put(struct place *place, enum workload_op_kind kind, uint32_t a, uint32_t b) {
    struct workload_op op = {(uint8_t)kind, a, b};
    if (workload_insert(place->plan, place->body, place->at, op))
        place->at++;
}

// Mostly a few, so that a run stays short; now and then enough to outlast a profile.
static inline uint32_t ticks(struct rng *rng) {
    return chance(rng, 1, 12) ? between(rng, 8, 40) : between(rng, 1, 6);
}

static inline uint32_t slot(struct rng *rng) {
    return rng_below(rng, WORKLOAD_SLOTS);
}

// Mostly one, so that those who resume meet those who wait.
static inline uint32_t coroutine(struct rng *rng) {
    return chance(rng, 3, 4) ? 0 : rng_below(rng, WORKLOAD_COROS);
}

// Of mutexes, semaphores, wait groups: mostly one, so that those who wait meet those who let go.
static inline uint32_t object_of_few(struct rng *rng) {
    return chance(rng, 3, 4) ? 0 : rng_below(rng, 2);
}

static inline uint32_t frame(struct rng *rng) {
    return rng_below(rng, WORKLOAD_FRAMES);
}

// Few labels, so that the same one comes up again; 0 among them.
static inline uint32_t label(struct rng *rng) {
    return rng_below(rng, 8);
}

// A channel of the plan: a new one while there are few, unbuffered or small.
static inline uint32_t channel(struct workload_plan *plan, struct rng *rng) {
    if (plan->chans == 0 || (plan->chans < WORKLOAD_CHANS_MAX && chance(rng, 1, 3))) {
        plan->chan_cap[plan->chans] = chance(rng, 1, 2) ? 0 : (uint8_t)between(rng, 1, 3);
        return plan->chans++;
    }
    return rng_below(rng, plan->chans);
}

// Put one thing that user code does while others look at it.
void motif_put_work(struct place *place);

// A body behind the place's own of at most works_max pieces of work: often a new one, else any that
// exists. 0 if there is none and no room.
uint32_t motif_some_body(const struct place *place, uint32_t works_max);

// ---- the motifs, as enum motif tells them -------------------------------------------------------

void motif_put_flip(struct place *place);
void motif_put_profiles(struct place *place);
void motif_put_churn(struct place *place);
void motif_put_syscalls(struct place *place);
void motif_put_labels(struct place *place);
void motif_put_coroutine(struct place *place);
void motif_put_frames(struct place *place);
void motif_put_locked(struct place *place);
void motif_put_foreign(struct place *place);
void motif_put_procs(struct place *place);
void motif_put_pipe(struct place *place);
void motif_put_waiters(struct place *place);
void motif_put_select(struct place *place);
void motif_put_timers(struct place *place);
void motif_put_leak(struct place *place);
void motif_put_chain(struct place *place);
void motif_put_blocks(struct place *place);
void motif_put_crowd(struct place *place);

#endif

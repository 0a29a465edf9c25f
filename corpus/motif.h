// Motifs: small templates of ops with a purpose, from which programs are composed. The generator
// strings them together, the mutator drops one into a program that exists. A motif goes into one
// body at one place and may add bodies and a channel behind those that exist; it names bodies only
// of a higher index than its own, so that what is composed of motifs alone always ends. When there
// is no room it is cut short. Internal to corpus/; pure, thread-safe.
#ifndef GPROOF_MOTIF_H
#define GPROOF_MOTIF_H

#include "rng.h"
#include "workload.h"

enum motif {
    MOTIF_FLIP, // objects with finalizers and cleanups, dropped, then a gc: service goroutines flip
    MOTIF_PROFILE, // profiles one after another, with a little between them
    MOTIF_CHURN,   // short-lived goroutines: created, gone, their structs reused
    MOTIF_PIPE,    // producer and consumer over a channel
    MOTIF_SYSCALL, // goroutines that go in and out of system calls
    MOTIF_LABEL,   // labels that change around a profile
    MOTIF_CORO,    // a coroutine, resumed now and then, as iter.Pull does
    MOTIF_FRAMES,  // nested calls with work inside
    MOTIF_WAIT,    // goroutines that wait for a mutex, a semaphore or a wait group, and are let go
    MOTIF_SELECT,  // a goroutine that selects, and one that serves its channels
    MOTIF_TIME,    // sleepers, and timers that start goroutines
    MOTIF_LOCKED,  // goroutines that lock themselves to their thread, and yield, block or end there
    MOTIF_FOREIGN, // threads of C that call in, bound to their context or not
    MOTIF_PROCS,   // the number of Ps changes while goroutines wait for one
    MOTIF_LEAK,    // a goroutine that waits for what nobody will do, and somebody who looks for it
    MOTIF_CHAIN,   // goroutines that wake one another, and who looks for leaks while they wait
    MOTIF_BLOCKS,  // more cleanups than one goroutine takes, some of which end it
    MOTIF_CROWD,   // goroutines that compute while others collect and stop the world
    MOTIF_FORK,    // a goroutine that runs a motif of its own beside everything else
    MOTIF_COUNT
};

// Insert a motif before position at of body. Returns by how many ops that body has grown.
uint32_t motif_insert(struct workload_plan *plan, uint32_t body, uint32_t at, enum motif motif,
                      struct rng *rng);

// Draw a motif, the useful ones more often.
enum motif motif_draw(struct rng *rng);

// Draw a slot count for a profile: mostly `fit`, else too small or about right.
uint32_t motif_capacity(struct rng *rng);

// Draw an operand of this kind for an op of body, in range and small. A channel needs a plan with
// one.
uint32_t motif_operand(const struct workload_plan *plan, uint32_t body,
                       enum workload_operand operand, struct rng *rng);

// Draw an op of any kind for body, its operands likewise; none that names a channel if there is
// none.
struct workload_op motif_op(const struct workload_plan *plan, uint32_t body, struct rng *rng);

// ---- chance -------------------------------------------------------------------------------------

// True in `in` of `of` cases.
static inline bool chance(struct rng *rng, uint32_t in, uint32_t of) {
    return rng_below(rng, of) < in;
}

// A number from low to high, both included.
static inline uint32_t between(struct rng *rng, uint32_t low, uint32_t high) {
    return low + rng_below(rng, high - low + 1);
}

// An index below count, drawn in proportion to weights.
static inline uint32_t weighted(struct rng *rng, const uint8_t *weights, uint32_t count) {
    uint32_t sum = 0, index = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += weights[i];
    for (uint32_t left = rng_below(rng, sum); left >= weights[index]; index++)
        left -= weights[index];
    return index;
}

#endif

// A seeded generator (xorshift64*, seeded through splitmix64): the only source of chance in
// gproof. A value type: copy it to fork the stream. Not thread-safe; one per owner.
#ifndef GPROOF_RNG_H
#define GPROOF_RNG_H

#include <stdint.h>

struct rng {
    uint64_t state; // never 0
};

// One step of splitmix64: a good 64-bit hash of x. Pure.
static inline uint64_t rng_mix(uint64_t x) {
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

// Start the stream of this seed. Any seed is fine, 0 included.
static inline struct rng rng_seeded(uint64_t seed) {
    uint64_t state = rng_mix(seed);
    return (struct rng){state != 0 ? state : 1};
}

// The next 64 bits.
static inline uint64_t rng_next(struct rng *rng) {
    rng->state ^= rng->state >> 12;
    rng->state ^= rng->state << 25;
    rng->state ^= rng->state >> 27;
    return rng->state * 0x2545f4914f6cdd1du;
}

// A number in [0, bound), without division; bound >= 1.
static inline uint32_t rng_below(struct rng *rng, uint32_t bound) {
    return (uint32_t)(((rng_next(rng) >> 32) * bound) >> 32);
}

#endif

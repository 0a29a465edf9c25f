// What a run of a program does: how often each thread passes each site, and the sites at which it
// touches each object that several threads share. A scheduler counts it in a run of its own, whose
// decisions are drawn from a fixed seed, so that a census is a function of the program.
//
// Addresses tell objects apart within that run and are not used beyond it: a kind of object is the
// set of sites at which one was touched, which every run of the program has in common.
#ifndef GPROOF_SCHED_CENSUS_H
#define GPROOF_SCHED_CENSUS_H

#include "rng.h"
#include "sched.h"

enum {
    SCHED_CENSUS_OBJECTS = 256, // of a run; later ones are not counted
    SCHED_CENSUS_PLACES = 2 * SCHED_CENSUS_OBJECTS,
    SCHED_SITE_WORDS = (SITE_COUNT + 63) / 64,
};

struct sched_sites { // a set of sites
    uint64_t words[SCHED_SITE_WORDS];
};

struct sched_kind {
    const void *address;
    struct sched_sites sites, reads, writes; // a read-modify-write is both
    uint64_t threads;                        // who touched it
    uint32_t count;                          // how often
    bool written;
};

struct sched_census {
    struct sched sched; // first: the scheduler that counts
    struct rng rng;
    uint32_t threads, kinds;
    uint64_t paths[SCHED_THREADS_MAX];
    uint8_t creators[SCHED_THREADS_MAX]; // index of the thread that started it
    uint32_t running;                    // whose operation is on
    uint32_t counts[SCHED_THREADS_MAX][SITE_COUNT];
    struct sched_kind kind[SCHED_CENSUS_OBJECTS];
    uint16_t places[SCHED_CENSUS_PLACES]; // index + 1, by address
};

// Prepare for the run that counts.
void sched_census_init(struct sched_census *census);

// Does it matter who is first at objects of this kind?
static inline bool sched_kind_is_shared(const struct sched_kind *kind) {
    return kind->written && (kind->threads & (kind->threads - 1)) != 0;
}

// A kind of which that is true, in proportion to how often it is touched; NULL if there is none.
const struct sched_kind *sched_census_draw(const struct sched_census *census, struct rng *rng);

static inline bool sched_sites_have(const struct sched_sites *sites, enum site site) {
    return sites->words[site / 64] >> (site % 64) & 1;
}

#endif

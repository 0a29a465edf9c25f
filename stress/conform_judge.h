// The verdicts on the traces of real Go, summed up: violations by signature, each named if it is a
// known one of this version of Go, and how often each invariant was evaluated and decided. One
// judge serves one thread.
#ifndef GPROOF_CONFORM_JUDGE_H
#define GPROOF_CONFORM_JUDGE_H

#include "conform_grams.h"
#include "conform_trace.h"
#include "oracle.h"

enum { CONFORM_KINDS_MAX = 64 };

// Violations of one signature.
struct conform_violation {
    struct violation first;
    const char *known; // the bug of Go that it is, or NULL
    uint64_t rounds;   // in which it showed
    uint32_t plan;     // of the first
};

struct conform_sum {
    uint64_t rounds, profiles, events, truncated, open;
    uint64_t processes, died, hung;
    uint32_t count;
    struct conform_violation violations[CONFORM_KINDS_MAX];
    bool more; // there were more kinds than there is room for
};

struct conform_judge;

// grams: where to add what goroutines do; borrowed. NULL if memory is short.
struct conform_judge *conform_judge_new(struct conform_grams *grams);
void conform_judge_free(struct conform_judge *judge);

// A new process: what was known of the one before does not hold for it.
void conform_judge_process(struct conform_judge *judge);

// Judge a round. Returns true if it broke something that is not known; the story of it can be told
// from the verdict, which is borrowed until the next round.
bool conform_judge_round(struct conform_judge *judge, const struct conform_round *round,
                         const struct verdict **verdict);

// The process ended by a check of its runtime, with this message.
void conform_judge_death(struct conform_judge *judge, const char *message);
void conform_judge_hang(struct conform_judge *judge);

const struct conform_sum *conform_judge_sum(const struct conform_judge *judge);
const struct oracle_stats *conform_judge_stats(const struct conform_judge *judge);

// Is there a violation that no known bug explains?
bool conform_unexplained(const struct conform_sum *sum);

#endif

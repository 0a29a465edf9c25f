// What goroutines do, three events at a time: sets of 3-grams of the events that speak of one
// goroutine of a plan, in the order of the trace. An event stands for its kind and for those
// operands that are enums (from and to, the observer, why it waits); numbers of things are left
// out. Two runtimes that make the same traces make the same sets. Not thread-safe.
#ifndef GPROOF_CONFORM_GRAMS_H
#define GPROOF_CONFORM_GRAMS_H

#include "strbuf.h"
#include "trace.h"

struct conform_grams;

struct conform_gram {
    uint32_t tokens[3];
    uint64_t count; // times seen
};

// NULL if memory is short.
struct conform_grams *conform_grams_new(void);
void conform_grams_free(struct conform_grams *grams); // NULL is fine

// Add what the goroutines of a trace did that ran a body of a plan.
void conform_grams_add(struct conform_grams *grams, const struct trace *trace);

// How many different ones; events_total: 3-grams seen in all.
uint32_t conform_grams_count(const struct conform_grams *grams);

// Those of `grams` that `other` lacks, the most frequent first, at most max of them. Returns how
// many there are in all. *share: their share of everything seen in `grams`.
uint32_t conform_grams_missing(const struct conform_grams *grams, const struct conform_grams *other,
                               struct conform_gram *out, uint32_t max, double *share);

// Append "go_stop(chan) status(running to waiting) go_run".
void conform_gram_print(const struct conform_gram *gram, struct strbuf *out);

#endif

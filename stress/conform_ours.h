// Our runtime beside the real one: what its goroutines do, and what it breaks with the twin of a
// slip. Failures are told on stderr. Not thread-safe.
#ifndef GPROOF_CONFORM_OURS_H
#define GPROOF_CONFORM_OURS_H

#include "conform_grams.h"
#include "oracle.h"
#include "workload.h"

#include <stdbool.h>
#include <stdint.h>

// Add the 3-grams of so many generated executions.
bool conform_ours_grams(struct conform_grams *grams, uint64_t runs, uint64_t seed);

// Load the regression of a mutant, and run it with the mutant: which invariants break, a bit each.
bool conform_ours_broken(const char *mutant, struct workload *workload, invariant_set *broken);

#endif

// How engines change inputs: decode to a workload, change the value (plan or schedule), encode. One
// implementation; thin files bind it to libFuzzer (mutator_libfuzzer.c) and AFL++ (mutator_afl.c),
// and the loop engine calls it directly. GPROOF_MUTATOR=bytes leaves the bytes to the engine's own
// mutators, and GPROOF_MUTATOR=uniform draws fresh workloads without motifs, to measure what the
// value mutator and the generator are worth. Pure but for *rng and that; thread-safe.
#ifndef GPROOF_MUTATOR_H
#define GPROOF_MUTATOR_H

#include "rng.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// One mutant of the input in out (capacity bytes): of an empty input, and of one in MUTATOR_FRESH
// others, a fresh workload. other, if not NULL, is a second input that may lend parts. Returns the
// size, or 0 if it does not fit.
enum { MUTATOR_FRESH = 16 };
size_t mutator_value(const uint8_t *bytes, size_t size, const uint8_t *other, size_t other_size,
                     uint8_t *out, size_t capacity, struct rng *rng);

// A mutant of the bytes as bytes: flips, overwrites, removals, insertions, copies; a splice if
// other is not NULL. In place; returns the new size, at most capacity.
size_t mutator_bytes(uint8_t *bytes, size_t size, const uint8_t *other, size_t other_size,
                     size_t capacity, struct rng *rng);

// What GPROOF_MUTATOR asks for: value (default), uniform or bytes. A bad value ends the process
// with exit code 2.
bool mutator_wants_bytes(void);

#endif

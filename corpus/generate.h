// Where workloads come from: a seeded generator, and a mutator that decodes to a value, changes the
// value (plan or schedule) and never touches bytes. Both give canonical values. Pure, thread-safe.
#ifndef GPROOF_GENERATE_H
#define GPROOF_GENERATE_H

#include "rng.h"
#include "workload.h"

// A random workload with a purpose: goroutines that live, block, exit and call; service goroutines
// that flip; profiles that overlap them.
void workload_generate(struct workload *workload, struct rng *rng);

// A random workload without one: every kind of op and of schedule equally often, anywhere. The
// baseline that says what the motifs of workload_generate are worth.
void workload_generate_uniform(struct workload *workload, struct rng *rng);

// Draw a mode with its parameter and seed; no entries.
void workload_generate_schedule(struct workload_schedule *schedule, struct rng *rng);

// One to a few random edits. other, if not NULL, lends parts (a splice).
void workload_mutate(struct workload *workload, const struct workload *other, struct rng *rng);

#endif

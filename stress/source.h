// Where a stress campaign's workloads come from: one file, a folder, or seeds, their mutations and
// the generator. The workload of run number i depends on the seed and i alone. Read-only once
// opened.
#ifndef GPROOF_STRESS_SOURCE_H
#define GPROOF_STRESS_SOURCE_H

#include "stress_options.h"
#include "workload.h"

struct source {
    struct workload *list; // owned
    uint32_t count;
    bool generate; // mix in mutations and generated ones
    uint64_t seed;
    uint32_t threads, procs; // as in stress_options
};

// Load what the options name. Returns false, with a message on stderr and nothing to free, if a
// file or folder cannot be read, is malformed or holds no workload.
bool source_open(struct source *source, const struct stress_options *options);
void source_close(struct source *source);

// The workload of run number index, canonical.
void source_workload(const struct source *source, uint64_t index, struct workload *workload);

#endif

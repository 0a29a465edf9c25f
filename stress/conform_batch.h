// Batches of generated programs on real Go: a folder with a Go test, built once, whose processes
// run its plans over again and leave traces. Every failure is told on stderr. Not thread-safe.
#ifndef GPROOF_CONFORM_BATCH_H
#define GPROOF_CONFORM_BATCH_H

#include "carry_go.h"
#include "workload.h"

#include <stdbool.h>

enum { CONFORM_PLANS_MAX = 1000, CONFORM_MESSAGE_MAX = 160 };

struct conform_batch {
    const struct carry_go *go;
    char folder[CARRY_GO_PATH];
    char traces[CARRY_GO_PATH + 16]; // the file that a process leaves
    struct workload *workloads;      // the plans; freed with free()
    uint32_t plans;
    const struct workload *given; // plans before the generated ones: every second round takes one
    uint32_t given_count;
    uint32_t procs;             // of a process
    double limit;               // seconds of a process
    uint32_t refused[OP_COUNT]; // programs left out: an op that this Go has no counterpart for
    char message[CONFORM_MESSAGE_MAX]; // why the last process died
};

// Write the test into the folder, with the given plans and count generated ones, as far as Go has
// all ops for them, and build it with a runtime that tells events and has the slip ("none": no
// slip).
bool conform_batch_build(struct conform_batch *batch, const char *slip, uint32_t count,
                         uint64_t seed);
void conform_batch_fini(struct conform_batch *batch);

enum conform_end { CONFORM_DONE, CONFORM_DIED, CONFORM_HUNG, CONFORM_FAILED };

// Run one process that takes about so many profiles. CONFORM_DIED: its runtime has ended it, see
// message. CONFORM_FAILED: it is no result, and was told.
enum conform_end conform_batch_run(struct conform_batch *batch, uint64_t profiles, uint64_t seed);

#endif

// The schedulers of the virtual world behind one constructor: from a workload's schedule to a
// struct sched (os/virtual/sched.h). A value with its state inside: no allocation, reusable run
// after run.
#ifndef GPROOF_SCHEDULERS_H
#define GPROOF_SCHEDULERS_H

#include "sched.h"
#include "workload.h"

struct sched_census;

struct scheduler {
    struct sched sched; // first: what exec_run takes
    struct workload_schedule schedule;
    const struct sched_census *census; // what a run does (sched_census.h); NULL = not known
    uint64_t state[2 + SCHED_THREADS_MAX * 2 + 16]; // of the algorithm in force
};

// Prepare for runs under this schedule: entries if there are any, else its mode and seed. Each run
// starts from the same state, so the same schedule gives the same run. *schedule is copied.
void scheduler_init(struct scheduler *scheduler, const struct workload_schedule *schedule);

#endif

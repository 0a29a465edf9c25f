// Runs workloads in a forked servant, so that whatever a run does (a crash, a hang, threads that
// cannot be ended) is a verdict here and not the end of the caller. The servant lives from run to
// run and is replaced when it dies. Replay, triage, minimising and exploring work through this;
// campaigns and benchmarks, where a microsecond counts, do not. Not thread-safe; the caller must
// have no threads.
#ifndef GPROOF_SANDBOX_H
#define GPROOF_SANDBOX_H

#include "runner.h"

enum { SANDBOX_TIMEOUT_MS = 20000 };

struct sandbox_config {
    const struct subject *subject; // copied
    uint32_t judge_every;
    uint64_t seed;       // of the noise; each new servant takes the next
    uint32_t timeout_ms; // of one run, then the servant is killed; 0 = SANDBOX_TIMEOUT_MS
};

struct sandbox;

// What one run gave. Borrowed from the sandbox until its next run.
struct trial {
    enum run_end end;
    struct verdict verdict;
    uint64_t hash;      // of the trace; of a crash, of what is known of it
    struct trace trace; // empty after a crash
    uint64_t steps;
    uint32_t preemptions;
    bool as_list;           // recorded, and the decisions fit into a list:
    struct workload listed; // the workload with that list as its schedule
    const char *dump;       // of a hang; the last words of a crash; or NULL
    int signal;             // that ended the servant, or 0
};

// Who decides the runs instead of their schedules (virtual). The scheduler lies in memory that was
// shared before the sandbox had its first run, since the servant works on it.
struct sandbox_steer {
    struct sched *sched; // NULL = the schedules do
    // NULL, or called in the servant after each run that is not recorded: true = nobody needs to
    // see it, run the workload again at once. Not called where each run has a process of its own.
    bool (*again)(void *user, const struct outcome *outcome);
    void *user;
};

// NULL with a message on stderr if the machine has no memory or no process left.
struct sandbox *sandbox_new(const struct sandbox_config *config);
void sandbox_free(struct sandbox *sandbox); // ends the servant; NULL is fine

// For all further runs. Pointers must have been good when the servant was forked, at the first run.
void sandbox_steer(struct sandbox *sandbox, const struct sandbox_steer *steer);

// Run a canonical workload. record = keep the decisions. Returns false with a message on stderr if
// no servant can be had (environment).
bool sandbox_run(struct sandbox *sandbox, const struct workload *workload, bool record,
                 struct trial *trial);

#endif

// One execution from workload to verdict: exec, scheduler and oracle behind one call. The fuzz
// target, the sandbox and the benchmarks all run workloads through this, so that a verdict means
// the same everywhere. One runner per OS thread (virtual) or per process (posix); runs leave
// nothing behind.
#ifndef GPROOF_RUNNER_H
#define GPROOF_RUNNER_H

#include "exec.h"
#include "oracle.h"
#include "sanitizer.h"
#include "subject.h"

// Borrowed from the runner until its next run.
struct outcome {
    struct run run;
    struct verdict verdict;                 // the first report of TSan is a violation of data-race
    const struct sanitizer_report *reports; // of TSan
    uint32_t reports_count;
    uint64_t reports_seen; // those that found no room included
};

struct runner_config {
    const struct subject *subject; // copied
    uint32_t judge_every; // captured stacks that libunwind judges, one in so many; 0 = none
    uint64_t seed;        // of the noise
    bool silent;          // posix: emit no events; the runtime's own checks alone judge
    uint32_t watchdog_ms; // posix: end a run that makes no progress for so long; 0 = default
    uint32_t slow_ms;     // posix: give up one that does, but goes on for so long; 0 = never
    // posix: a run that cannot be drained has been judged; the process ends when this returns. NULL
    // = print the verdict and end with exit code 1.
    void (*lost)(void *user, const struct workload *workload, const struct outcome *outcome);
    void *user;
};

enum { RUNNER_JUDGE_EVERY = 64, RUNNER_EXIT_LOST = 41 };

struct runner;
struct sched;

// NULL with a message on stderr if memory or address space is short.
struct runner *runner_new(const struct runner_config *config);
void runner_free(struct runner *runner);

// Let this scheduler decide all further runs (virtual), whatever their schedules say; NULL = no
// more. Borrowed.
void runner_steer(struct runner *runner, struct sched *sched);

// Run a canonical workload and judge the run. record = keep the decisions (virtual).
void runner_run(struct runner *runner, const struct workload *workload, bool record,
                struct outcome *outcome);

// Sums over all runs since runner_new. No event tells which stacks libunwind judged: each judgement
// is an evaluation of unwinders-agree, decided. Borrowed until the next call.
const struct oracle_stats *runner_stats(struct runner *runner);

// Replace the schedule by the list of decisions that a recorded run took. Returns false, workload
// untouched, if they are more than a list holds. In the posix world: false.
bool runner_to_list(const struct outcome *outcome, struct workload *workload);

// True if some violation of the verdict is of this invariant.
bool verdict_breaks(const struct verdict *verdict, enum invariant invariant);

#endif

// The interpreter: runs a workload's plan on the runtime in one world and hands back the run.
// Compiled once per world; a binary links one. Reusable: one exec runs one workload after another,
// and a run leaves nothing behind. Thread-safe: one exec per OS thread (virtual), one per process
// (posix).
#ifndef GPROOF_EXEC_H
#define GPROOF_EXEC_H

#include "mutants.h"
#include "trace.h"
#include "workload.h"

struct exec;
struct exec_flow;
struct sched;

struct exec_config {
    struct mutant_set mutants; // faults switched on; a version of the protocol is such a set too
    uint32_t judge_every;    // every how-manyth captured stack libunwind judges; 0 = none, 1 = all
    uint32_t events_max;     // size of the trace buffer, events; 0 = default (1 << 16)
    uint64_t progress_steps; // virtual: 0 = default (20,000)
    bool events;             // false: in-process checks only, the trace stays empty (posix)
    uint32_t noise;          // posix with noise: 0 off, 1 light, 2 heavy
    uint64_t noise_seed;
    uint32_t watchdog_ms; // posix: a run that makes no progress for this long is ended; 0 = 10 s
    uint32_t slow_ms;     // posix: one that does, but goes on for this long, is given up; 0 = never
    // posix: a run that cannot be drained (fatal, stuck, no progress, slow) is handed to this, then
    // the process must end: the threads are lost. NULL = print and _exit(1).
    void (*lost)(void *user, const struct workload *workload, const struct trace *trace,
                 enum run_end end, const char *dump);
    void *user;
};

// What one execution gave. Borrowed from the exec until its next run.
struct run {
    enum run_end end;
    struct trace trace;
    uint64_t steps;           // virtual: scheduling points
    uint32_t preemptions;     // virtual
    uint32_t decisions_count; // virtual, recorded runs: decisions that differ from the default
    const struct workload_entry *decisions;
    const char *dump;       // Gs, Ms, Ps and threads when stuck or without progress, else NULL
    uint32_t stacks_judged; // captured stacks that libunwind confirmed
};

// NULL with a message on stderr if address space or memory is short.
struct exec *exec_new(const struct exec_config *config);
void exec_free(struct exec *exec);
void exec_set_mutants(struct exec *exec, struct mutant_set mutants);

// "virtual" or "posix": the world this binary was linked with.
const char *exec_world(void);

// A frame function, for those who print the stacks that a trace tells as frame ids.
struct exec_frame_info {
    const char *name, *file; // its C symbol; its source, from the root of the project
    uint32_t line;
    void (*entry)(struct exec_flow *flow); // where its code begins; for exec alone to call
};
// Static storage; id < WORKLOAD_FRAMES.
const struct exec_frame_info *exec_frame_info(uint32_t id);

// Run a canonical workload. sched decides in the virtual world and is ignored in posix. record =
// keep the decisions.
void exec_run(struct exec *exec, const struct workload *workload, struct sched *sched, bool record,
              struct run *run);

#endif

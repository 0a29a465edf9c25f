// The virtual world: threads as coroutines on one OS thread, one running at a time, every point a
// decision of the scheduler. One world serves one run after another; runs leave nothing behind.
// Several worlds may live on several OS threads.
#ifndef GPROOF_VIRTUAL_H
#define GPROOF_VIRTUAL_H

#include "sched.h"
#include "stack.h"
#include "trace.h"

struct os_world;

// One decision that differs from the default, as a schedule entry says it (see workload.h).
struct os_decision {
    uint64_t context;    // path of who acted
    uint32_t op;         // ordinal of its op
    uint32_t occurrence; // of the site in that op, from 1
    enum site site;
    bool is_choice;  // false: give way to thread `target`; true: choose `value`
    bool preemption; // the thread set aside was enabled
    uint64_t target; // path of the M
    uint32_t value;
};

enum { OS_DECISIONS_MAX = 1 << 20 }; // kept of one run; any more are not recorded

struct os_virtual_config {
    struct stack_pool *stacks; // borrowed; the world takes thread stacks from it, and the owner
                               // resets it between runs
    uint64_t progress_steps;   // budget: points without progress before the fair tail (and again)
    // Called by the seam for each write of a watched word and each decision that differs from the
    // default; may be NULL. On the stack of the thread that acts: no points in them. Under TSan
    // that is a thread of its own: what they share must not be instrumented.
    void (*raw)(void *user, uint32_t thread, uint32_t raw_class, uint32_t id, uint32_t word);
    void (*switched)(void *user, uint32_t from, uint32_t to, enum site site, bool preemption);
    void (*chosen)(void *user, uint32_t thread, enum site site, uint32_t value);
    void *user;
    const struct trace_buffer *told; // what schedulers may see of the trace; may be NULL
};

// NULL if memory is short.
struct os_world *os_virtual_new(const struct os_virtual_config *config);
void os_virtual_free(struct os_world *world);

// Run entry(self) as the first thread under context until the run ends. record = keep the decisions
// that differ from the default (slower). Returns how it ended: what os_run_end was given,
// RUN_FATAL, RUN_STUCK (all threads blocked, no deadline left), RUN_FINISHED (all threads have
// returned), RUN_NO_PROGRESS, or RUN_INCONCLUSIVE (finished or quiescent in the fair tail). A
// decision is kept only if somebody can be named by it: spins are not counted, and rotate.
// Recording does not change the run; the same decisions as a list give the same run, as long as no
// two contexts share a path.
enum run_end os_virtual_run(struct os_world *world, struct sched *sched, bool record,
                            void (*entry)(void *self), void *self, struct os_context *context);

// Of the last run. Borrowed until the next run.
struct os_virtual_stats {
    uint64_t steps; // points passed
    uint32_t decisions_count;
    const struct os_decision *decisions;
    uint32_t preemptions; // switches away from an enabled thread that did not yield
    uint32_t threads;
};
const struct os_virtual_stats *os_virtual_stats(const struct os_world *world);

// One line of text a virtual thread (who, where, blocked on what), for the dump of a hang. size
// bytes at most, NUL-terminated. Returns its length.
size_t os_virtual_describe(const struct os_world *world, uint32_t thread, char *text, size_t size);

#endif

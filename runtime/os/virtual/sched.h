// A scheduler of the virtual world: given the enabled threads with their pending operations, pick
// one. The interface is defined here, by its user; implementations live in fuzz/. One scheduler
// serves one run at a time on one OS thread. It may look at the view and its own state, and at
// nothing else: no clock, no addresses but to compare them for equality.
#ifndef GPROOF_SCHED_H
#define GPROOF_SCHED_H

#include "os.h"

enum {
    SCHED_THREADS_MAX = 64,
    SCHED_LEAVE = UINT32_MAX, // an answer of pick: nothing new lies ahead, give the run up
};

struct trace_buffer;

// One virtual thread as a scheduler sees it.
struct sched_thread {
    uint64_t path;              // of the M: its stable name
    struct os_context *context; // who acts on it now
    enum os_op op;              // pending operation, announced and not yet done
    const void *object;         // its object; compare for equality only
    enum site site;
};

struct sched_view {
    const struct sched_thread *threads; // in order of creation
    uint32_t count;
    uint32_t current; // who arrived at the point; may be disabled (blocked) or not live (exited)
    uint64_t enabled; // bit i: the pending operation of thread i can be done now
    uint64_t live;    // bit i: thread i has started and not exited
    uint64_t step;    // points since the run began
    uint64_t skipped; // steps that the clock has jumped over: it says step + skipped
    uint64_t clock_reads; // how often the clock was read, or a deadline set or waited for
    uint32_t occurrence;  // of this site in this op of the current context, from 1; 0 = not counted
    const struct trace_buffer *told; // events so far; NULL if there is no trace
};

enum { SCHED_QUIET_MAX = 1 << 30 };

struct sched {
    const char *name;
    // A run begins or has ended. May be NULL. At the end an operation may be announced and not
    // done; whose bit is still enabled and current was in the midst of it.
    void (*begin)(struct sched *sched);
    void (*end)(struct sched *sched, const struct sched_view *view);
    // Pick an enabled thread; at least one is. Called when the current thread cannot go on, when it
    // yields (but for a spin, which rotates by itself), when the context is watched at this point,
    // or when `quiet` points have passed. SCHED_LEAVE ends the run as RUN_INCONCLUSIVE.
    uint32_t (*pick)(struct sched *sched, const struct sched_view *view);
    // A number in [0, bound), bound >= 2. view->current is who asks.
    uint32_t (*choose)(struct sched *sched, const struct sched_view *view, uint32_t bound);
    // Does the scheduler want to be asked at the points of this context in its current op? Called
    // at the begin of each op, and when a context acts first. NULL = never. While watched,
    // occurrences are counted.
    bool (*watches)(struct sched *sched, const struct os_context *context);
    // A thread has become enabled (started, woken, lock released, deadline passed) while another
    // runs, or came to run without a pick, behind a spin. NULL = don't care. Returning true asks
    // for a pick at the next point.
    bool (*enabled)(struct sched *sched, const struct sched_view *view, uint32_t thread);
    // A spin has given way to this thread without a pick. NULL = don't care.
    void (*rotated)(struct sched *sched, const struct sched_view *view, uint32_t to);
    // Points that may pass before the next pick while the current thread can go on; the scheduler
    // sets it in begin and pick. SCHED_QUIET_MAX = only when needed. 1 = at every point. Never 0.
    uint32_t quiet;
};

static inline bool sched_is_enabled(const struct sched_view *view, uint32_t thread) {
    return (view->enabled >> thread) & 1;
}

// The next enabled thread behind the current one in order of creation, cyclically; the current one
// comes last. At least one is enabled.
static inline uint32_t sched_next(const struct sched_view *view) {
    uint32_t shift = (view->current + 1) % SCHED_THREADS_MAX;
    uint64_t turned = view->enabled >> shift | view->enabled << (-shift % SCHED_THREADS_MAX);
    return ((uint32_t)__builtin_ctzll(turned) + shift) % SCHED_THREADS_MAX;
}

// The default decision, the same for all: the current thread while it is enabled and does not
// yield, else the next enabled one in order of creation, cyclically.
static inline uint32_t sched_default(const struct sched_view *view) {
    if (sched_is_enabled(view, view->current) && view->threads[view->current].op != OS_YIELD)
        return view->current;
    return sched_next(view);
}

#endif

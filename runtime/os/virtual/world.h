// The inside of the virtual world, shared by its files only: virtual.c (the run), point.c
// (decisions), sync.c (mutexes, notes, threads, time), watch.c (occurrences and the record). All of
// it is the harness and none of it is instrumented for TSan: the threads' order is told by explicit
// edges.
#ifndef GPROOF_OS_WORLD_H
#define GPROOF_OS_WORLD_H

#include "context_switch.h"
#include "virtual.h"

enum {
    WORLD_NS_PER_STEP = 10,
    WORLD_FAIR_QUANTUM = 8, // points a thread gets at a time under fair rotation
    WORLD_WATCH_CHUNK = 64,
};

struct world_thread {
    struct context context; // while it does not run
    void (*entry)(void *self);
    void *self;
    void *stack;
    uint64_t deadline; // in steps of the clock; of a timed sleep
};

// Occurrences of each site in the op of a context that passed it last. os_context.watch points to
// one.
struct world_watch {
    bool counts; // somebody wants them in this op
    bool asks;   // the scheduler wants to be asked at each
    struct {
        uint32_t op, count;
    } sites[SITE_COUNT];
};

struct world_watch_chunk {
    struct world_watch_chunk *next;
    struct world_watch watches[WORLD_WATCH_CHUNK];
};

struct os_world {
    struct os_virtual_config config;
    struct sched *sched;
    struct sched_view view;
    struct sched_thread threads[SCHED_THREADS_MAX];
    struct world_thread inner[SCHED_THREADS_MAX];
    struct context host;

    uint64_t ask_step;      // the scheduler is asked at the first point from this step on
    bool fair;              // the budget was spent once: rotation instead of the scheduler
    uint64_t fair_turn;     // step of the next rotation
    uint64_t fair_step;     // when it began
    uint64_t timed;         // bit i: thread i sleeps with a deadline that has not passed
    uint64_t daemons;       // bit i: thread i is one: for its deadline alone no time passes
    uint64_t next_deadline; // of the timed ones; UINT64_MAX = none
    enum run_end end;

    bool record;
    struct os_decision *decisions; // room for OS_DECISIONS_MAX, committed on first touch
    uint32_t decisions_count;
    struct os_virtual_stats stats;

    struct world_watch unwatched;             // what a context points to that was never watched
    struct world_watch_chunk *chunks, *chunk; // all; the one in use
    uint32_t chunk_used;
};

static inline uint64_t world_bit(const struct os_world *world) {
    return (uint64_t)1 << world->view.current;
}

// point.c

// The world of the run that this OS thread is in; there is one.
struct os_world *world_here(void);

// Points passed since the run began.
static inline uint64_t world_step(void) {
    return os_virtual_hot.limit - (uint64_t)(int64_t)os_virtual_hot.countdown;
}

// Bring view.step up to date.
static inline void world_fold(struct os_world *world) {
    world->view.step = world_step();
}

// Arm the countdown again. Only behind world_fold.
void world_arm(struct os_world *world);

// The current thread announces an operation, whose enabledness the caller has put into
// view.enabled. The countdown was lowered for it. Returns when it is this thread's turn to do it.
void world_arrive(struct os_world *world, enum os_op op, const void *object, enum site site);

// Threads of the mask can do their operation from now on. Behind a point.
void world_enable(struct os_world *world, uint64_t mask);

// Back to the host. The current thread's stack is abandoned.
__attribute__((noreturn)) void world_leave(struct os_world *world, enum run_end end);

// sync.c

// Steps of the clock.
static inline uint64_t world_clock(const struct os_world *world) {
    return world->view.step + world->view.skipped;
}

// Does somebody who is no daemon sleep with a deadline?
static inline bool world_awaits(const struct os_world *world) {
    return (world->timed & ~world->daemons) != 0;
}

// Enable the sleepers whose deadline has passed.
void world_expire(struct os_world *world);

// A new thread, not yet enabled. Returns its index.
uint32_t world_thread_new(struct os_world *world, void (*entry)(void *self), void *self,
                          struct os_context *context);

// watch.c

// Does the current context's op count occurrences, and does the scheduler want to be asked?
static inline const struct world_watch *world_watch_of(const struct os_context *context) {
    return context->watch;
}

// An op of the context begins, or the context acts for the first time: is it watched?
void world_watch_begin(struct os_world *world, struct os_context *context);

// Count one at site in the current context. Returns its ordinal, or 0 while nobody counts.
uint32_t world_watch_count(enum site site);

// Keep a decision that differs from the default, if the run is recorded.
void world_record(struct os_world *world, struct os_decision decision);

// Forget all counts. Between runs.
void world_watch_reset(struct os_world *world);

// Reserve and give back the room for decisions. False if address space is short.
bool world_record_init(struct os_world *world);
void world_record_fini(struct os_world *world);

#endif

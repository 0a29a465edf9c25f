// The event trace: all that the runtime tells the outside, and all that the oracle, the story and
// the coverage read. A trace is an array of fixed 32-byte events in the order of their sequence.
// Ids are small, local to the run and the same on every machine: no pointer, address or PC in it.
//
// Law of emission: an event that gives something away is emitted before the releasing store, an
// event that relies on something after the acquiring load. Sequence numbers come from one counter
// by a relaxed fetch-add; read-modify-writes of one word respect happens-before, so a sorted trace
// is a linear extension of happens-before, and only concurrent events stand in an arbitrary order.
// An edge made by compare-and-swap is emitted after it and carries the version that it wrote.
#ifndef GPROOF_TRACE_H
#define GPROOF_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum trace_kind {
#define EVENT(name, meaning, object, a, b) TRACE_##name,
#include "trace_events.def"
#undef EVENT
    TRACE_KIND_COUNT
};

struct trace_event {
    uint32_t sequence;
    uint16_t kind;      // enum trace_kind
    uint16_t thread;    // index of the M, from 0, in order of creation
    uint32_t goroutine; // id of the goroutine that acts or is spoken of; 0 = none
    uint32_t object;    // per kind, see trace_events.def
    uint32_t version;   // per kind: version of the word that was written, or 0
    uint32_t a;         // per kind
    uint64_t b;         // per kind
};
_Static_assert(sizeof(struct trace_event) == 32, "an event is 32 bytes");

// A finished trace, ordered by sequence. Borrowed: whoever ran owns the events until the next run.
struct trace {
    const struct trace_event *events;
    uint32_t count;
    bool truncated; // the buffer was full and later events are missing: no verdict but inconclusive
};

// How a run ended. Everything but FINISHED, QUIESCENT and INCONCLUSIVE is a violation.
enum run_end {
    RUN_FINISHED,     // every goroutine of the plan has exited
    RUN_QUIESCENT,    // what is left waits only on objects of the plan (a receive with no sender)
    RUN_STUCK,        // somebody waits inside the runtime, or is runnable, and nothing can wake it
    RUN_FATAL,        // a check of the runtime fired: the last event is `fatal`
    RUN_NO_PROGRESS,  // step budget spent, then a second one under fair rotation, no progress
    RUN_INCONCLUSIVE, // budget spent, but the fair tail ended
    RUN_CRASHED,      // a signal (SIGSEGV, SIGBUS, ...) ended it
    RUN_END_COUNT
};

enum trace_role { TRACE_ROLE_SYSTEM, TRACE_ROLE_USER, TRACE_ROLE_COUNT };
enum trace_profile_state { TRACE_ABSENT, TRACE_IN_PROGRESS, TRACE_SATISFIED, TRACE_STATE_COUNT };
enum trace_observer { // who looks at a goroutine's profile state while a profile is active
    TRACE_BY_EXECUTE,
    TRACE_BY_WALKER,
    TRACE_BY_SYSCALL_RETURN,
    TRACE_BY_COROUTINE,
    TRACE_BY_FOREIGN, // a thread of C whose call is over
    TRACE_BY_CREATION,
    TRACE_OBSERVER_COUNT,
    // Only as `by` of profile_state: the profiled caller inside the first stop; the sweep.
    TRACE_BY_SELF = TRACE_OBSERVER_COUNT,
    TRACE_BY_SWEEP
};
enum trace_service {
    TRACE_PLAN,
    TRACE_FINALIZER,
    TRACE_CLEANUP,
    TRACE_FOREIGN, // for a call from C: it begins in a system call, on the thread that creates it
    TRACE_MARK_WORKER, // from here on always a system goroutine
    TRACE_SWEEPER,
    TRACE_SCAVENGER,
    TRACE_SERVICE_COUNT
};                  // what a goroutine was created as
enum trace_status { // g.status, Go's order
    TRACE_GIDLE,
    TRACE_GRUNNABLE,
    TRACE_GRUNNING,
    TRACE_GSYSCALL,
    TRACE_GWAITING,
    TRACE_GDEAD,
    TRACE_GCOPYSTACK, // runs on, but its stack moves
    TRACE_GPREEMPTED, // has stopped itself for a scanner, who makes it waiting
    TRACE_GDEADEXTRA, // a context for threads of C that no call uses
    TRACE_GLEAKED,    // waits, and the collector has found that nobody can wake it
    TRACE_STATUS_COUNT,
    TRACE_GSCAN = 0x80 // added to another: whoever added it owns the stack until it takes it away
};
enum trace_stop_reason { // why the world is stopped
    TRACE_STOP_PROFILE,
    TRACE_STOP_PROFILE_CLEANUP,
    TRACE_STOP_GC,
    TRACE_STOP_MARK_TERMINATION,
    TRACE_STOP_PROFILE_SYNC, // a first stop too, of the sync variant
    TRACE_STOP_PROCS,
    TRACE_STOP_STACKS, // the only stop of a dump of all stacks
    TRACE_STOP_OTHER
};
enum trace_wait { // why a goroutine left the processor (event go_stop)
    TRACE_WAIT_PREEMPTED,
    TRACE_WAIT_YIELD,
    TRACE_WAIT_CHAN,
    TRACE_WAIT_COROUTINE, // an object of the plan
    TRACE_WAIT_WORLD_SEMA,
    TRACE_WAIT_GC_SEMA,
    TRACE_WAIT_PROFILE_SEMA, // inside the runtime
    TRACE_WAIT_FINALIZER,
    TRACE_WAIT_CLEANUP, // a service goroutine without work: at rest
    TRACE_WAIT_SYSCALL_NO_P,
    TRACE_WAIT_SELECT,
    TRACE_WAIT_MUTEX,
    TRACE_WAIT_SEMAPHORE,
    TRACE_WAIT_GROUP,    // objects of the plan
    TRACE_WAIT_SLEEP,    // until its timer fires
    TRACE_WAIT_GC_CYCLE, // inside the runtime: for the cycle that it has started
    TRACE_WAIT_MARK_WORKER,
    TRACE_WAIT_SWEEPER,
    TRACE_WAIT_SCAVENGER, // the collector's goroutines without work: at rest
    TRACE_WAIT_LEAK_LOCK, // inside the runtime
    TRACE_WAIT_COUNT
};
enum trace_raw_class { // which watched word a `raw` event speaks of
    TRACE_RAW_PROFILE_STATE,
    TRACE_RAW_STATUS,
    TRACE_RAW_CLASS_COUNT
};

// The runtime's own checks (trace_checks.def): what a `fatal` event means.
enum trace_check {
#define CHECK(name, message, invariant) TRACE_CHECK_##name,
#include "trace_checks.def"
#undef CHECK
    TRACE_CHECK_COUNT
};

struct trace_kind_info {
    const char *name, *meaning;
    const char *object, *a, *b; // names of the fields in this kind, "" = unused
};
struct trace_check_info {
    const char *name, *message, *invariant; // invariant: its stable id in check/invariants.def
};

// Static tables; index < TRACE_KIND_COUNT, TRACE_CHECK_COUNT.
const struct trace_kind_info *trace_kind_info(uint16_t kind);
const struct trace_check_info *trace_check_info(uint32_t check);

// Names for people and JSON, static storage; "?" out of range.
const char *trace_role_name(uint64_t role);
const char *trace_state_name(uint64_t state);
const char *trace_observer_name(uint64_t observer);
const char *trace_service_name(uint64_t service);
const char *trace_status_name(uint64_t status);
const char *trace_wait_name(uint64_t wait);
const char *trace_stop_reason_name(uint64_t reason);
const char *run_end_name(enum run_end end);

// XXH3 of all events and the end: equal inputs must give equal hashes on every machine and
// compiler.
uint64_t trace_hash(const struct trace *trace, enum run_end end);

// A buffer that one M (or the one virtual world) writes. Events beyond the capacity are dropped and
// the buffer says so.
struct trace_buffer {
    struct trace_event *events;
    uint32_t count, capacity;
    bool truncated;
};

// Append, or mark the buffer truncated. Not thread-safe: one writer a buffer. To TSan the threads
// of a virtual world, which take turns at one buffer, are threads without an order: hence not
// instrumented.
__attribute__((no_sanitize("thread"))) static inline void trace_append(struct trace_buffer *buffer,
                                                                       struct trace_event event) {
    if (__builtin_expect(buffer->count == buffer->capacity, 0)) {
        buffer->truncated = true;
        return;
    }
    buffer->events[buffer->count++] = event;
}

enum { TRACE_BUFFERS_MAX = 256 };

// Merge count buffers (at most TRACE_BUFFERS_MAX), each ascending by sequence, into out (room for
// out_capacity events). The buffers are unchanged. *trace borrows out; truncated if a buffer was or
// out is too small, and then it ends where events begin to be missing: what is there has no holes.
void trace_merge(const struct trace_buffer *buffers, uint32_t count, struct trace_event *out,
                 uint32_t out_capacity, struct trace *trace);

#endif

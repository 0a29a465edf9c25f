// The seam: all that the runtime may ask of the machine. Two worlds implement it, chosen by include
// path (os_impl.h) and link line; the runtime holds no #ifdef for it.
//
//   virtual   every thread is a coroutine on one OS thread; every point is a scheduling decision
//   posix     pthreads and futexes; a point vanishes (posix/noise/ makes it a chance to be
//   disturbed)
//
// Laws. A point is announced before the operation is done, and nothing between announcement and
// operation may reach another point: two points in one full expression are forbidden. Atomics go
// through os_atomic.h only. `self` lives inside the os files only. A spinning thread calls
// os_yield, so that in the virtual world it gives way. Who may call: runtime/core and runtime/exec.
#ifndef GPROOF_OS_H
#define GPROOF_OS_H

#include "sites.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum os_op { // what is about to be done at a point
    OS_STEP, // nothing shared: user code, a checkpoint
    OS_LOAD,
    OS_STORE,
    OS_RMW, // an atomic word
    OS_LOCK,
    OS_UNLOCK, // a mutex
    OS_SLEEP,
    OS_WAKE,  // a note
    OS_YIELD, // gives way, stays enabled
    OS_START, // a new thread becomes enabled
    OS_EXIT,  // the thread ends
    OS_OP_COUNT
};

// Who acts: a goroutine, or an M's g0. Schedule keys are made of it. Owned by whoever acts.
struct os_context {
    uint64_t path;     // path.h; set once, before the context acts
    uint32_t op;       // ordinal of the plan op (goroutine) or of the goroutine run (g0); 0 = none
    uint32_t children; // goroutines created so far, for the paths of the next ones
    uint32_t threads;  // Ms started so far
    void *watch;       // virtual world's own: counts occurrences while somebody wants them
};

#include "os_impl.h" // structs, and what may be inlined: declared in comments below

// ---- threads ------------------------------------------------------------------------------------

// Start a thread that runs entry(self) under context. Its os_self() is self. Points. Never fails: a
// machine that cannot start a thread ends the process with exit code 3.
void os_thread_start(void (*entry)(void *self), void *self, struct os_context *context,
                     enum site site);

// What this thread was started with. A thread migrates no further than its goroutines do: read it
// again after every switch of goroutines.
//     void *os_self(void);

// Say that this thread acts for context from now on (NULL is not allowed). No point.
//     void os_context_enter(struct os_context *context);

// Say that the current context begins its next op. Raises context->op by one. No point.
//     void os_op_begin(void);

// Announce an operation on object. A scheduling decision in the virtual world.
//     void os_point(enum os_op op, const void *object, enum site site);

// Give way to others. Also where the runtime spins: a spin is never counted as an occurrence.
void os_yield(enum site site);

// The calling thread is a daemon from now on, until it ends: a sleep of its with a deadline keeps
// no run alive, and it counts as nobody who could wake others. No point.
void os_daemon(void);

// ---- mutexes ------------------------------------------------------------------------------------

// struct os_mutex is defined in os_impl.h; all-zero is unlocked. Ranks are the core's business.

//     void os_mutex_lock(struct os_mutex *mutex, enum site site);
//     void os_mutex_unlock(struct os_mutex *mutex, enum site site);

// ---- notes: one-shot events, one sleeper (Go's note) --------------------------------------------

// struct os_note is defined in os_impl.h; all-zero is cleared.

// Wait until woken. Returns at once if it already was. Release-acquire from os_note_wake to here.
void os_note_sleep(struct os_note *note, enum site site);

// The same for at most timeout_ns. Returns true if woken, false if the time ran out.
bool os_note_sleep_for(struct os_note *note, int64_t timeout_ns, enum site site);

// Wake the sleeper, now or later. Waking twice without a clear between is allowed and does nothing.
void os_note_wake(struct os_note *note, enum site site);

// Make it usable again. Only when nobody sleeps on it. No point.
void os_note_clear(struct os_note *note);

// ---- time, chance, end --------------------------------------------------------------------------

// Nanoseconds since some start: monotonic clock; in the virtual world steps, jumping to the next
// deadline when all threads are blocked.
int64_t os_now(void);

// A free choice in [0, bound), bound >= 1: the schedule's entry for this key, else 0, in the
// virtual world; seeded per thread in posix.
uint32_t os_choose(uint32_t bound, enum site site);

// Something that counts as progress happened (an op of the plan, a goroutine's end). No point.
void os_progress(void);

// End the run. Virtual: never returns, every stack is abandoned. Posix: wakes the host and returns;
// the caller has already woken the other threads with nothing to do, and drains to its base like
// them. `end` is an enum run_end. The first call counts.
void os_run_end(int end);

// End the run as RUN_FATAL from wherever this is. Never returns. Posix: calls the world's fatal
// hook and ends the process, since a thread that holds locks cannot be drained.
__attribute__((noreturn)) void os_run_fatal(void);

#endif

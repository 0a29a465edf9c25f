// The posix world: threads are pthreads, kept between runs. One world serves one run after another;
// a run that ended by itself leaves all its threads back in the pool, and one that cannot be
// drained (fatal, stuck, no progress) is lost, and the process with it. One host thread runs a
// world; several worlds in one process do not know of each other.
#ifndef GPROOF_POSIX_H
#define GPROOF_POSIX_H

#include "os.h"
#include "trace.h"

enum { OS_POSIX_THREADS_MAX = 256 }; // of one world at a time

enum os_noise { OS_NOISE_OFF, OS_NOISE_LIGHT, OS_NOISE_HEAVY, OS_NOISE_COUNT };

struct os_posix_config {
    enum os_noise noise;  // only where the point is noisy (gproof_os_noise); else ignored
    uint64_t noise_seed;  // of noise and of os_choose: together with the number of the run and the
                          // thread's path
    uint32_t watchdog_ms; // a run without progress for this long is lost; > 0
    uint32_t slow_ms;     // a run that goes on, with progress, for this long is given up; 0 = never
    // The run is lost: RUN_FATAL, RUN_STUCK (all threads wait and nothing can wake them),
    // RUN_NO_PROGRESS, or RUN_INCONCLUSIVE (it makes progress, and is too slow). Called on the
    // host's stack while other threads may still run. Must not return.
    void (*lost)(void *user, enum run_end end);
    void *user;
};

struct os_posix;

// NULL if memory is short.
struct os_posix *os_posix_new(const struct os_posix_config *config);

// Ends and joins the pooled threads. No run may be on.
void os_posix_free(struct os_posix *world);

// Run entry(self) as the first thread under context. Returns when all threads of the run have
// returned from their entries: what os_run_end was given, or RUN_FINISHED if nobody called it.
enum run_end os_posix_run(struct os_posix *world, void (*entry)(void *self), void *self,
                          struct os_context *context);

// Threads of this world that have ever run, and one line of text about one of them, for the dump of
// a hang: reads without locks. size bytes at most, NUL-terminated. Returns its length.
uint32_t os_posix_threads(const struct os_posix *world);
size_t os_posix_describe(const struct os_posix *world, uint32_t thread, char *text, size_t size);

// How often noise has disturbed somebody since the world was made.
uint64_t os_posix_disturbances(const struct os_posix *world);

#endif

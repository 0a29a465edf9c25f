// The inside of the posix world, shared by posix.c (runs), sync.c (mutexes, notes, time), noise.c
// and self.c. Fields that the host looks at while the thread runs are relaxed atomics: they order
// nobody.
#ifndef GPROOF_OS_POSIX_THREAD_H
#define GPROOF_OS_POSIX_THREAD_H

#include "posix.h"
#include "rng.h"

#include <pthread.h>

enum os_thread_state {
    OS_THREAD_ABSENT,
    OS_THREAD_IDLE,
    OS_THREAD_CLAIMED,
    OS_THREAD_RUNS,
    OS_THREAD_QUITS
};
enum os_wait { OS_WAIT_NONE, OS_WAIT_MUTEX, OS_WAIT_NOTE, OS_WAIT_TIMED };

struct os_thread {
    // owned by the thread while it runs
    struct os_context *context; // that it begins with
    void *self;
    struct rng rng; // os_choose
    struct rng noise_rng;
    uint32_t noise_countdown; // points until the next disturbance; 0 wraps: never
    struct os_posix *world;
    void (*entry)(void *self); // handed over with state
    pthread_t handle;

    uint32_t state; // enum os_thread_state; futex of the pooled thread
    uint64_t path;  // of the thread
    // told to the host
    uint64_t progress; // ops so far; only grows
    uint64_t disturbances;
    uint64_t waits;  // begins and ends of waits: odd = waits now
    uint32_t wait;   // enum os_wait
    uint32_t daemon; // of this run
    const void *waits_for;
} __attribute__((aligned(128)));

struct os_posix {
    struct os_posix_config config;
    uint64_t runs;
    uint32_t active; // threads of the run that have not returned
    uint32_t signal; // futex of the host: raised when it should look
    uint32_t ended;  // os_run_end was called
    uint32_t fatal;  // os_run_fatal was called
    int end;         // written by whoever set ended
    struct os_thread threads[OS_POSIX_THREADS_MAX];
};

// self.c
struct os_thread *os_thread_here(void);
void os_thread_become(struct os_thread *thread);
// The thread begins a run.
void os_thread_enter(void *self, struct os_context *context);

// sync.c
#define OS_RELAXED_GET(place)        __atomic_load_n((place), __ATOMIC_RELAXED)
#define OS_RELAXED_SET(place, value) __atomic_store_n((place), (value), __ATOMIC_RELAXED)

// Sleep while *word == value, for at most timeout_ns (< 0: for ever). May return early.
void os_futex_wait(uint32_t *word, uint32_t value, int64_t timeout_ns);
void os_futex_wake(uint32_t *word, int count);

// noise.c
void os_noise_begin(struct os_thread *thread, uint64_t seed);

#endif

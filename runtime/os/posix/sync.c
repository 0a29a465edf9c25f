// Mutexes and notes on futexes, with the orders that os.h promises and no others: TSan reads them
// from the atomics. (pthread mutexes would not do: a goroutine locks and its g0 unlocks, which are
// two threads to TSan.) Each wait is told to the host, which looks for runs that cannot go on.
#include "assert.h"
#include "thread.h"

#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { SPINS = 100, NS_PER_S = 1000000000 };

void os_futex_wait(uint32_t *word, uint32_t value, int64_t timeout_ns) {
    struct timespec timeout = {.tv_sec = timeout_ns / NS_PER_S, .tv_nsec = timeout_ns % NS_PER_S};
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, timeout_ns < 0 ? NULL : &timeout, NULL, 0);
}

void os_futex_wake(uint32_t *word, int count) {
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
}

static void wait_begin(enum os_wait wait, const void *object) {
    struct os_thread *thread = os_thread_here();
    OS_RELAXED_SET(&thread->wait, (uint32_t)wait);
    OS_RELAXED_SET(&thread->waits_for, object);
    __atomic_fetch_add(&thread->waits, 1, __ATOMIC_RELAXED);
}

static void wait_end(void) {
    struct os_thread *thread = os_thread_here();
    __atomic_fetch_add(&thread->waits, 1, __ATOMIC_RELAXED);
    OS_RELAXED_SET(&thread->wait, (uint32_t)OS_WAIT_NONE);
}

// ---- mutexes ------------------------------------------------------------------------------------

static bool mutex_try(struct os_mutex *mutex) {
    uint32_t free = 0;
    return __atomic_compare_exchange_n(&mutex->word, &free, 1, false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

void os_posix_lock_slow(struct os_mutex *mutex) {
    for (int i = 0; i < SPINS; i++) {
        if (OS_RELAXED_GET(&mutex->word) == 0 && mutex_try(mutex))
            return;
        __builtin_ia32_pause();
    }
    wait_begin(OS_WAIT_MUTEX, mutex);
    while (__atomic_exchange_n(&mutex->word, 2, __ATOMIC_ACQUIRE) != 0)
        os_futex_wait(&mutex->word, 2, -1);
    wait_end();
}

void os_posix_unlock_slow(struct os_mutex *mutex, uint32_t old) {
    ASSERT(old != 0);
    os_futex_wake(&mutex->word, 1);
}

// ---- notes --------------------------------------------------------------------------------------

static bool note_woken(struct os_note *note) {
    return __atomic_load_n(&note->word, __ATOMIC_ACQUIRE) != 0;
}

void os_note_sleep(struct os_note *note, enum site site) {
    os_point(OS_SLEEP, note, site);
    if (note_woken(note))
        return;
    wait_begin(OS_WAIT_NOTE, note);
    while (!note_woken(note))
        os_futex_wait(&note->word, 0, -1);
    wait_end();
}

bool os_note_sleep_for(struct os_note *note, int64_t timeout_ns, enum site site) {
    os_point(OS_SLEEP, note, site);
    if (note_woken(note))
        return true;
    if (timeout_ns <= 0)
        return false;
    int64_t now = os_now();
    int64_t deadline = timeout_ns > INT64_MAX - now ? INT64_MAX : now + timeout_ns;
    bool woken = false;
    wait_begin(OS_WAIT_TIMED, note);
    while (!(woken = note_woken(note)) && (now = os_now()) < deadline)
        os_futex_wait(&note->word, 0, deadline - now);
    wait_end();
    return woken;
}

void os_note_wake(struct os_note *note, enum site site) {
    os_point(OS_WAKE, note, site);
    if (__atomic_exchange_n(&note->word, 1, __ATOMIC_RELEASE) == 0)
        os_futex_wake(&note->word, 1);
}

void os_note_clear(struct os_note *note) {
    OS_RELAXED_SET(&note->word, 0);
}

// ---- time, chance -------------------------------------------------------------------------------

int64_t os_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

uint32_t os_choose(uint32_t bound, enum site site) {
    (void)site;
    ASSERT(bound >= 1);
    return rng_below(&os_thread_here()->rng, bound);
}

void os_yield(enum site site) {
    os_point(OS_YIELD, NULL, site);
    sched_yield();
}

void os_daemon(void) {
    OS_RELAXED_SET(&os_thread_here()->daemon, 1);
}

void os_progress(void) {
    struct os_thread *thread = os_thread_here();
    OS_RELAXED_SET(&thread->progress, OS_RELAXED_GET(&thread->progress) + 1);
}

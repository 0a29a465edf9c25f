// Mutexes of the posix world where nobody is in the way, inlined: a point, then one atomic
// operation. Whoever finds one locked, or others asleep on it, goes on in sync.c. Included by the
// os_impl.h of both posix worlds, once the point is defined.
#include "os.h" // before the guard, as in posix_impl.h

#ifndef GPROOF_POSIX_LOCK_H
#define GPROOF_POSIX_LOCK_H

void os_posix_lock_slow(struct os_mutex *mutex);
void os_posix_unlock_slow(struct os_mutex *mutex, uint32_t old);

static inline __attribute__((always_inline)) void os_mutex_lock(struct os_mutex *mutex,
                                                                enum site site) {
    os_point(OS_LOCK, mutex, site);
    uint32_t free = 0;
    if (__builtin_expect(!__atomic_compare_exchange_n(&mutex->word, &free, 1, false,
                                                      __ATOMIC_ACQUIRE, __ATOMIC_RELAXED),
                         0))
        os_posix_lock_slow(mutex);
}

static inline __attribute__((always_inline)) void os_mutex_unlock(struct os_mutex *mutex,
                                                                  enum site site) {
    os_point(OS_UNLOCK, mutex, site);
    uint32_t old = __atomic_exchange_n(&mutex->word, 0, __ATOMIC_RELEASE);
    if (__builtin_expect(old != 1, 0))
        os_posix_unlock_slow(mutex, old);
}

#endif

// Ranked locks: a mutex of the world, the count of locks its M holds (proc.go lock: m.locks), and
// the check that ranks only go up.
#include "rt_impl.h"

void rt_lock(struct rt_mutex *mutex, enum site site) {
    struct m *mp = rt_acquirem(); // whoever holds a lock is not preempted
    if (mp->held >> mutex->rank != 0)
        rt_fatal(TRACE_CHECK_lock_rank, mutex->rank);
    mp->held |= 1u << mutex->rank;
    os_mutex_lock(&mutex->os, site);
}

void rt_unlock(struct rt_mutex *mutex, enum site site) {
    struct m *mp = rt_m();
    mp->held &= ~(1u << mutex->rank);
    os_mutex_unlock(&mutex->os, site);
    rt_releasem(mp);
}

void rt_lock_peer(struct rt_mutex *mutex, enum site site) {
    struct m *mp = rt_acquirem();
    if (mp->held >> mutex->rank != 1)
        rt_fatal(TRACE_CHECK_lock_rank, mutex->rank);
    os_mutex_lock(&mutex->os, site);
}

void rt_unlock_peer(struct rt_mutex *mutex, enum site site) {
    os_mutex_unlock(&mutex->os, site);
    rt_releasem(rt_m());
}

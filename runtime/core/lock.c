// Ranked locks: a mutex of the world, the count of locks its M holds (proc.go lock: m.locks), and
// the check that ranks only go up. The first lock of a rank is in rt_impl.h; here is what only a
// select does.
#include "rt_impl.h"

void rt_lock_peer(struct rt_mutex *mutex, const struct rt_mutex *last, enum site site) {
    struct m *mp = rt_acquirem();
    if (mp->held >> mutex->rank != 1 || mutex->peer <= last->peer)
        rt_fatal(TRACE_CHECK_lock_rank, mutex->rank);
    os_mutex_lock(&mutex->os, site);
}

void rt_unlock_peer(struct rt_mutex *mutex, enum site site) {
    os_mutex_unlock(&mutex->os, site);
    rt_releasem(rt_m());
}

// Mutexes of the plan (internal/sync/mutex.go). The state word holds locked, woken, starving and
// above them the number of waiters. Normally whoever comes first takes a free mutex, a goroutine
// that was woken has to compete; once one has waited for STARVING_TICKS the mutex starves, and each
// unlock hands it to the first in the queue. Ours knows its owner: an unlock by anybody else has no
// effect, where Go lets it through or throws.
//
// [mutex] acquire-release of the state word: what one holder did is seen by the next.
#include "rt_impl.h"

enum { LOCKED = 1, WOKEN = 2, STARVING = 4, WAITERS = 8 }; // WAITERS: one of them
enum { STARVING_TICKS = 20 };

struct rt_gomutex {
    struct os_u32 state;
    struct os_u32 owner; // goid; its own only the owner can see here
    struct rt_sema sema;
    struct rt_gomutex *next; // all of them
};

struct rt_gomutex *rt_gomutex_new(struct rt *rt) {
    struct rt_gomutex *mutex = ARENA_NEW(rt->config.arena, struct rt_gomutex);
    mutex->sema.lock.rank = RANK_sema;
    mutex->sema.object = ++rt->mutexes_count;
    mutex->next = rt->mutexes;
    rt->mutexes = mutex;
    return mutex;
}

void rt_gomutexes_check(struct rt *rt) {
    for (const struct rt_gomutex *mutex = rt->mutexes; mutex != NULL; mutex = mutex->next) {
        uint32_t state = os_peek_u32(&mutex->state), waiters = os_peek_u32(&mutex->sema.waiters);
        rt_sema_check(&mutex->sema);
        if (state / WAITERS != waiters || (state & WOKEN) || (waiters == 0 && (state & STARVING)))
            rt_fatal(TRACE_CHECK_mutex_state, (uint64_t)waiters << 32 | state);
    }
}

// The state after a try to lock, unless somebody else moves it.
static uint32_t tried(const struct rt *rt, uint32_t old, bool starving, bool awoke) {
    uint32_t state = old;
    if (!(old & STARVING) || mutant(rt, mutex_starving_ignored))
        state |= LOCKED; // a newcomer does not take a starving mutex: it is promised
    if (old & (LOCKED | STARVING))
        state += WAITERS;
    if (starving && (old & LOCKED))
        state |= STARVING;
    if (awoke)
        state &= ~(uint32_t)WOKEN;
    return state;
}

// The mutex was handed over: it is neither locked nor woken, and counts us as a waiter.
static void take_promised(struct rt_gomutex *mutex, uint32_t state, bool starving) {
    uint32_t delta = (uint32_t)LOCKED - WAITERS;
    if (!starving || state / WAITERS == 1)
        delta -= STARVING; // nobody else starves
    os_add_u32(&mutex->state, delta, SITE_mutex_state);
}

static void lock_slow(const struct rt *rt, struct rt_gomutex *mutex) {
    int64_t since = 0;
    bool starving = false, awoke = false;
    uint32_t old = os_load_u32(&mutex->state, OS_RELAXED, SITE_mutex_state);
    for (;;) {
        uint32_t was = old;
        if (!os_cas_u32(&mutex->state, &old, tried(rt, old, starving, awoke), SITE_mutex_state))
            continue; // old is what was found
        bool free = (was & LOCKED) == 0;
        if (free && (!(was & STARVING) || mutant(rt, mutex_starving_ignored)))
            return; // [mutex]
        bool again = since != 0;
        if (!again)
            since = os_now();
        rt_sema_acquire(&mutex->sema, again, TRACE_WAIT_MUTEX);
        starving = starving || os_now() - since > (int64_t)STARVING_TICKS * rt_tick_ns(rt);
        old = os_load_u32(&mutex->state, OS_ACQUIRE, SITE_mutex_state);
        if (old & STARVING) {
            take_promised(mutex, old, starving);
            return;
        }
        awoke = true;
    }
}

void rt_gomutex_lock(struct rt_gomutex *mutex) {
    uint32_t none = 0;
    if (!os_cas_u32(&mutex->state, &none, LOCKED, SITE_mutex_state))
        lock_slow(rt_m()->rt, mutex);
    struct m *mp = rt_m();
    os_store_u32(&mutex->owner, mp->curg->goid, OS_RELAXED, SITE_mutex_owner);
    rt_event(mp, TRACE_mutex_lock, mp->curg->goid, mutex->sema.object, 0, 0, 0);
}

// Wake one waiter, unless somebody is awake already, or hand the mutex to the first.
static void unlock_slow(struct rt_gomutex *mutex, uint32_t state) {
    if (state & STARVING) {
        rt_sema_release(&mutex->sema, true);
        return;
    }
    uint32_t old = state;
    while (old / WAITERS != 0 && (old & (LOCKED | WOKEN | STARVING)) == 0) {
        if (os_cas_u32(&mutex->state, &old, (old - WAITERS) | WOKEN, SITE_mutex_state)) {
            rt_sema_release(&mutex->sema, false);
            return;
        }
    }
}

bool rt_gomutex_unlock(struct rt_gomutex *mutex) {
    struct m *mp = rt_m();
    uint32_t goid = mp->curg->goid;
    if (os_load_u32(&mutex->owner, OS_RELAXED, SITE_mutex_owner) != goid)
        return false;
    os_store_u32(&mutex->owner, 0, OS_RELAXED, SITE_mutex_owner);
    rt_event(mp, TRACE_mutex_unlock, goid, mutex->sema.object, 0, 0, 0);
    uint32_t state =
        os_add_u32(&mutex->state, (uint32_t)-LOCKED, SITE_mutex_state) - LOCKED; // [mutex]
    if (state != 0)
        unlock_slow(mutex, state);
    return true;
}

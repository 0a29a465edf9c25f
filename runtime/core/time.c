// Time (time.go): a heap of timers by the time when they are due. Whoever looks for work runs those
// that are (checkTimers), on g0 with a P. When nobody has work, one M sleeps until the next is due,
// where Go's sits in the network poller, and looks for a P then. A timer makes a sleeper runnable,
// or starts a goroutine (AfterFunc). A program without timers (config.timers) never looks.
//
// [poll] polling, next and poll_until are a store-load pair each way: whoever adds the earliest
// timer stores next and reads polling, the poller stores polling and reads next.
#include "rt_impl.h"

enum { TIMERS_FIRST = 16 };

struct rt_timer {
    int64_t when;
    struct g *g; // sleeps; NULL: start fn
    void (*fn)(void *argument);
    void *argument;
    struct os_context name; // of the goroutine to start
    uint32_t id;
};

// ---- the heap -----------------------------------------------------------------------------------

static bool before(const struct rt_timer *a, const struct rt_timer *b) {
    return a->when != b->when ? a->when < b->when : a->id < b->id;
}

static void sift_up(struct rt_timer **heap, uint32_t at) {
    struct rt_timer *timer = heap[at];
    for (; at > 0 && before(timer, heap[(at - 1) / 2]); at = (at - 1) / 2)
        heap[at] = heap[(at - 1) / 2];
    heap[at] = timer;
}

static void sift_down(const struct rt *rt, uint32_t at) {
    struct rt_timer **heap = rt->timers.heap, *timer = heap[at];
    uint32_t count = rt->timers.count;
    for (uint32_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
        if (child + 1 < count && !mutant(rt, timer_left_child) &&
            before(heap[child + 1], heap[child]))
            child++;
        if (!before(heap[child], timer))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = timer;
}

static void store_next_locked(struct rt *rt) {
    int64_t next = rt->timers.count == 0 ? 0 : rt->timers.heap[0]->when;
    os_store_u64(&rt->timers.next, (uint64_t)next, OS_SEQ_CST, SITE_timer_next);
}

static void put_locked(struct rt *rt, struct rt_timer *timer) {
    if (rt->timers.count == rt->timers.capacity) {
        uint32_t capacity = rt->timers.capacity == 0 ? TIMERS_FIRST : 2 * rt->timers.capacity;
        struct rt_timer **grown = ARENA_ARRAY(rt->config.arena, struct rt_timer *, capacity);
        for (uint32_t i = 0; i < rt->timers.count; i++)
            grown[i] = rt->timers.heap[i];
        rt->timers.heap = grown;
        rt->timers.capacity = capacity;
    }
    rt->timers.heap[rt->timers.count] = timer;
    sift_up(rt->timers.heap, rt->timers.count++);
}

// The first timer if it is due, out of the heap; else NULL.
static struct rt_timer *take_due(struct rt *rt) {
    rt_lock(&rt->timers.lock, SITE_timer_lock);
    struct rt_timer *timer = rt->timers.count == 0 ? NULL : rt->timers.heap[0];
    if (timer != NULL && timer->when > os_now() && !mutant(rt, timer_early))
        timer = NULL;
    if (timer != NULL) {
        rt->timers.heap[0] = rt->timers.heap[--rt->timers.count];
        if (rt->timers.count > 0)
            sift_down(rt, 0);
        store_next_locked(rt);
    }
    for (uint32_t i = 0; timer != NULL && i < rt->timers.count; i++)
        if (before(rt->timers.heap[i], timer))
            rt_fatal(TRACE_CHECK_timer_order, timer->id);
    rt_unlock(&rt->timers.lock, SITE_timer_unlock);
    return timer;
}

// ---- firing -------------------------------------------------------------------------------------

static void tell_fired(struct m *mp, const struct rt_timer *timer) {
    rt_event(mp, TRACE_timer_fire, timer->g != NULL ? timer->g->goid : 0, timer->id, 0, 0,
             (uint64_t)os_now());
}

static void fire(struct m *mp, struct rt_timer *timer) {
    tell_fired(mp, timer);
    if (timer->g != NULL)
        rt_ready(mp, timer->g); // the timer lies on its stack: gone from here on
    else
        rt_newproc(mp, timer->fn, timer->argument, TRACE_PLAN, timer->name);
}

void rt_timers_run(struct m *mp) {
    struct rt *rt = mp->rt;
    int64_t next = (int64_t)os_load_u64(&rt->timers.next, OS_ACQUIRE, SITE_timer_next);
    if (next == 0 || os_now() < next)
        return;
    struct rt_timer *timer;
    while ((timer = take_due(rt)) != NULL)
        fire(mp, timer);
}

// ---- waiting for the next one -------------------------------------------------------------------

void rt_timers_poke(struct rt *rt) {
    if (os_load_u32(&rt->timers.polling, OS_SEQ_CST, SITE_timer_poll) != 0)
        os_note_wake(&rt->timers.poll_note, SITE_timer_wake);
}

bool rt_timers_unwatched(struct rt *rt) {
    return os_load_u64(&rt->timers.next, OS_SEQ_CST, SITE_timer_next) != 0 &&
           os_load_u32(&rt->timers.polling, OS_SEQ_CST, SITE_timer_poll) == 0;
}

bool rt_timers_poll(struct m *mp) {
    struct rt *rt = mp->rt;
    uint32_t nobody = 0;
    if (os_load_u64(&rt->timers.next, OS_ACQUIRE, SITE_timer_next) == 0 ||
        !os_cas_u32(&rt->timers.polling, &nobody, 1, SITE_timer_poll)) // [poll]
        return false;
    int64_t next = (int64_t)os_load_u64(&rt->timers.next, OS_SEQ_CST, SITE_timer_next); // [poll]
    os_store_u64(&rt->timers.poll_until, (uint64_t)next, OS_SEQ_CST, SITE_timer_poll);
    if (next != 0) {
        os_note_sleep_for(&rt->timers.poll_note, next - os_now(), SITE_timer_note);
        os_note_clear(&rt->timers.poll_note);
    }
    os_store_u64(&rt->timers.poll_until, 0, OS_SEQ_CST, SITE_timer_poll);
    os_store_u32(&rt->timers.polling, 0, OS_SEQ_CST, SITE_timer_poll);
    return true;
}

// Let the timer run from here on: it may fire before this returns. If it is the first to come,
// whoever sleeps for the next one has to know, and somebody has to sleep (proc.go wakeNetPoller).
static void start(struct m *mp, struct rt_timer *timer) {
    struct rt *rt = mp->rt;
    int64_t when = timer->when;
    rt_lock(&rt->timers.lock, SITE_timer_lock);
    put_locked(rt, timer);
    bool first = rt->timers.heap[0] == timer;
    store_next_locked(rt);
    rt_unlock(&rt->timers.lock, SITE_timer_unlock);
    if (!first)
        return;
    if (os_load_u32(&rt->timers.polling, OS_SEQ_CST, SITE_timer_poll) == 0) { // [poll]
        rt_wake_p(mp);
        return;
    }
    int64_t until = (int64_t)os_load_u64(&rt->timers.poll_until, OS_SEQ_CST, SITE_timer_poll);
    if (until == 0 || until > when)
        os_note_wake(&rt->timers.poll_note, SITE_timer_wake);
}

// ---- calls of user code -------------------------------------------------------------------------

uint32_t rt_tick_ns(const struct rt *rt) {
    return rt->config.tick_ns;
}

// Due in so many ticks, told. Not started.
static void init(struct m *mp, struct rt_timer *timer, uint32_t ticks) {
    struct rt *rt = mp->rt;
    ASSERT(rt->config.timers && ticks > 0);
    int64_t now = os_now(), length = (int64_t)ticks * rt_tick_ns(rt);
    timer->when = now + length;
    timer->id = os_add_u32(&rt->timers.ids, 1, SITE_timer_id) + 1;
    rt_event(mp, TRACE_timer_set, mp->curg->goid, timer->id, 0, (uint32_t)length, (uint64_t)now);
}

// Start the timer now that its goroutine waits (time.go resetForSleep). Refuses if it is due
// already: then nobody has to wake us.
static bool start_sleep(struct m *mp, struct g *gp, void *argument) {
    struct rt_timer *timer = argument;
    (void)gp;
    if (os_now() >= timer->when) {
        tell_fired(mp, timer);
        return mutant(mp->rt, park_refusal_ignored);
    }
    start(mp, timer);
    return true;
}

void rt_sleep(uint32_t ticks) {
    struct m *mp = rt_m();
    struct rt_timer timer = {.g = mp->curg};
    init(mp, &timer, ticks);
    rt_park_with(start_sleep, &timer, TRACE_WAIT_SLEEP);
}

void rt_after(uint32_t ticks, void (*fn)(void *argument), void *argument) {
    rt_keep_names();
    struct m *mp = rt_acquirem();
    struct rt_timer *timer = ARENA_NEW(mp->rt->config.arena, struct rt_timer);
    timer->fn = fn;
    timer->argument = argument;
    timer->name = rt_child_name(mp);
    init(mp, timer, ticks);
    start(mp, timer);
    rt_releasem(mp);
}

// The goroutine leak profile (mgc.go findGoroutineLeaks, mprof.go goroutineLeakProfileWithLabels,
// pprof.go writeGoroutineLeak). A cycle that is asked to looks, in mark termination, for goroutines
// that nobody can wake any more: they wait for objects which no goroutine names that can still go
// on. Their status is leaked until the next cycle that looks. They never run again, so a request
// reads their stacks without a stop, and has nothing to do with the state machine of a profile.
//
// Go follows pointers. Here programs name channels and the like in their code, and what a goroutine
// names can only shrink as it goes on; what somebody else starts, it names too. So whoever is once
// leaked stays it. What finalizers, cleanups, timers and threads of C may run counts as named for
// good.
#include "rt_impl.h"

// ---- what is named ------------------------------------------------------------------------------

void rt_set_names(uint32_t op, uint32_t rest) {
    struct g *gp = rt_m()->curg;
    gp->op_names = op;
    gp->names = rest;
}

void rt_keep_names(void) {
    struct m *mp = rt_m();
    for (uint32_t i = 0; i < RT_NAMES_COUNT; i++)
        if (mp->curg->op_names >> i & 1)
            os_poke_u32(&mp->rt->leak.lasting[i], 1); // never taken back; read in a stop
}

// ---- detection: the world is stopped ------------------------------------------------------------

static bool waits_on_plan(struct g *gp, enum g_status status) {
    if (status != GWAITING || os_peek_u32(&gp->service) != TRACE_PLAN)
        return false;
    switch (gp->wait) {
    case TRACE_WAIT_CHAN:
    case TRACE_WAIT_SELECT:
    case TRACE_WAIT_MUTEX:
    case TRACE_WAIT_SEMAPHORE:
    case TRACE_WAIT_GROUP:
        return true;
    default: // a coroutine may be switched to by anybody, the rest goes on by itself
        return false;
    }
}

static uint32_t lasting_names(struct rt *rt) {
    uint32_t names = 0;
    if (mutant(rt, leak_roots_forgotten))
        return 0;
    for (uint32_t i = 0; i < RT_NAMES_COUNT; i++)
        names |= os_peek_u32(&rt->leak.lasting[i]) << i;
    return names;
}

// What gp, which is in allgs, adds to what is named by those who can go on; `named` so far.
static uint32_t names_of(struct g *gp, uint32_t named) {
    enum g_status status = rt_status(gp, SITE_leak_status);
    if (status == GIDLE || status == GDEAD || os_peek_u32(&gp->service) != TRACE_PLAN)
        return 0; // service goroutines and calls from C: what they run is named for good
    // Who can be woken from a select will still name all of its channels then.
    bool goes_on = !waits_on_plan(gp, status) || (gp->op_names & named) != 0;
    return goes_on ? gp->op_names | gp->names : 0;
}

// Everything that is named by somebody who goes on, or will once it is woken.
static uint32_t all_named(struct rt *rt, struct g **gs, uint32_t length) {
    uint32_t named = lasting_names(rt), before;
    do {
        before = named;
        for (uint32_t i = 0; i < length; i++)
            named |= names_of(gs[i], named);
    } while (named != before && !mutant(rt, leak_one_pass));
    return named;
}

void rt_leak_forget(struct rt *rt) {
    rt->leak.detecting = os_peek_u32(&rt->leak.pending) != 0;
    if (!rt->leak.detecting)
        return;
    os_poke_u32(&rt->leak.pending, 0);
    struct g **gs;
    uint32_t length = rt_allgs(rt, &gs);
    for (uint32_t i = 0; i < length; i++)
        if (rt_status(gs[i], SITE_leak_status) == GLEAKED)
            rt_cas_status(gs[i], GLEAKED, GWAITING, SITE_leak_status);
}

// Main is the program: if it waits for ever, that is no leak (mgc.go, golang/go@d81ba6c35d).
static bool take_back_main(struct g *main) {
    if (rt_status(main, SITE_leak_status) != GLEAKED)
        return false;
    rt_cas_status(main, GLEAKED, GWAITING, SITE_leak_status);
    return true;
}

void rt_leak_detect(struct rt *rt) {
    if (!rt->leak.detecting)
        return;
    struct g **gs;
    uint32_t length = rt_allgs(rt, &gs), named = all_named(rt, gs, length), count = 0;
    for (uint32_t i = 0; i < length; i++) {
        struct g *gp = gs[i];
        if (!waits_on_plan(gp, rt_status(gp, SITE_leak_status)) || (gp->op_names & named) != 0)
            continue;
        rt_cas_status(gp, GWAITING, GLEAKED, SITE_leak_status);
        count++;
        if (gp->goid != MAIN_GOID)
            rt_event(rt_m(), TRACE_leaked, gp->goid, rt->heap.cycle, 0, 0, 0);
        else if (take_back_main(gp) && !mutant(rt, leak_count_early))
            count--;
    }
    rt->leak.count = count;
    rt->leak.cycle = rt->heap.cycle;
    rt->leak.detecting = false;
    rt_event(rt_m(), TRACE_leak_found, rt_m()->curg->goid, rt->leak.cycle, 0, count, 0);
}

// ---- a request ----------------------------------------------------------------------------------

uint32_t rt_leak_begin(uint32_t *cycle) {
    struct rt *rt = rt_m()->rt;
    if (!mutant(rt, no_leak_lock))
        rt_sema_acquire(&rt->leak.lock, false, TRACE_WAIT_LEAK_LOCK);
    os_poke_u32(&rt->leak.pending, 1);
    rt_gc(); // if it does not look for leaks, one that was over before it has
    *cycle = rt->leak.cycle;
    return rt->leak.count;
}

static bool is_leaked(struct rt *rt, struct g *gp) {
    uint32_t status = os_watched_state(os_watched_load(&gp->status, SITE_leak_status));
    if (!mutant(rt, leak_scan_unmasked))
        status &= ~(uint32_t)GSCAN; // whoever scans it does not wake it
    return status == GLEAKED;
}

bool rt_leak_records(struct rt_record *records, uint32_t *labels, uint32_t capacity) {
    struct rt *rt = rt_m()->rt;
    struct g **gs;
    uint32_t length = rt_allgs(rt, &gs), slot = 0;
    if (rt->leak.count > capacity)
        return false;
    for (uint32_t i = 0; i < length && slot < capacity; i++) {
        if (!is_leaked(rt, gs[i]))
            continue;
        if (mutant(rt, leak_takes_slots))
            os_add_u32(&rt->profile.offset, 1, SITE_record_slot);
        rt_save_g(rt, gs[i], &records[slot]);
        labels[slot++] = gs[i]->label;
        rt_checkpoint(); // Go can be preempted anywhere here
    }
    return true;
}

void rt_leak_end(void) {
    struct rt *rt = rt_m()->rt;
    if (!mutant(rt, no_leak_lock))
        rt_sema_release(&rt->leak.lock, false);
}

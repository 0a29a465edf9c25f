#include "motif.h"

#include "assert.h"

// Where ops go: before position at of a body. Positions are relative to the body, so bodies that
// are added behind it move nothing.
struct place {
    struct workload_plan *plan;
    struct rng *rng;
    uint32_t body, at;
};

// Arguments hold one draw at most: compilers evaluate them in different orders.
static void put(struct place *place, enum workload_op_kind kind, uint32_t a, uint32_t b) {
    struct workload_op op = {(uint8_t)kind, a, b};
    if (workload_insert(place->plan, place->body, place->at, op))
        place->at++;
}

// ---- operands -----------------------------------------------------------------------------------

// Mostly a few, so that a run stays short; now and then enough to outlast a profile.
static uint32_t ticks(struct rng *rng) {
    return chance(rng, 1, 12) ? between(rng, 8, 40) : between(rng, 1, 6);
}

static uint32_t slot(struct rng *rng) {
    return rng_below(rng, WORKLOAD_SLOTS);
}

// Mostly one, so that those who resume meet those who wait.
static uint32_t coroutine(struct rng *rng) {
    return chance(rng, 3, 4) ? 0 : rng_below(rng, WORKLOAD_COROS);
}

// Of mutexes, semaphores, wait groups: mostly one, so that those who wait meet those who let go.
static uint32_t object_of_few(struct rng *rng) {
    return chance(rng, 3, 4) ? 0 : rng_below(rng, 2);
}

static uint32_t frame(struct rng *rng) {
    return rng_below(rng, WORKLOAD_FRAMES);
}

// Few labels, so that the same one comes up again; 0 among them.
static uint32_t label(struct rng *rng) {
    return rng_below(rng, 8);
}

// A channel of the plan: a new one while there are few, unbuffered or small.
static uint32_t channel(struct workload_plan *plan, struct rng *rng) {
    if (plan->chans == 0 || (plan->chans < WORKLOAD_CHANS_MAX && chance(rng, 1, 3))) {
        plan->chan_cap[plan->chans] = chance(rng, 1, 2) ? 0 : (uint8_t)between(rng, 1, 3);
        return plan->chans++;
    }
    return rng_below(rng, plan->chans);
}

uint32_t motif_capacity(struct rng *rng) {
    if (chance(rng, 3, 4))
        return WORKLOAD_PROFILE_FIT;
    return chance(rng, 1, 2) ? rng_below(rng, 4) : between(rng, 3, 12);
}

// ---- bodies -------------------------------------------------------------------------------------

// One thing that user code does while others look at it.
static void put_work(struct place *place) {
    enum { STEP, YIELD, SYSCALL, BLOCK, CALL, LABEL, PROFILE, CHANNEL, RESUME, EXIT, KINDS };
    static const uint8_t weights[KINDS] = {
        [STEP] = 28, [YIELD] = 18,  [SYSCALL] = 16, [BLOCK] = 8,  [CALL] = 12,
        [LABEL] = 5, [PROFILE] = 6, [CHANNEL] = 4,  [RESUME] = 4, [EXIT] = 2,
    };
    struct rng *rng = place->rng;
    switch (weighted(rng, weights, KINDS)) {
    case STEP:
        put(place, OP_step, ticks(rng), 0);
        break;
    case YIELD:
        put(place, OP_yield, 0, 0);
        break;
    case SYSCALL:
        put(place, OP_syscall, ticks(rng), 0);
        break;
    case BLOCK:
        put(place, OP_block, ticks(rng), 0);
        break;
    case CALL:
        put(place, OP_call, frame(rng), 0);
        put(place, OP_step, ticks(rng), 0);
        put(place, OP_return, 0, 0);
        break;
    case LABEL:
        put(place, OP_label, label(rng), 0);
        break;
    case PROFILE:
        put(place, OP_profile, motif_capacity(rng), 0);
        break;
    case CHANNEL: {
        uint32_t chan = channel(place->plan, rng), in = slot(rng);
        put(place, chance(rng, 1, 2) ? OP_recv : OP_send, chan, in);
        break;
    }
    case RESUME:
        put(place, OP_resume, coroutine(rng), 0);
        break;
    case EXIT:
        put(place, OP_exit, 0, 0);
        break;
    }
}

// A body behind the place's own of at most works_max pieces of work: often a new one, else any that
// exists. 0 if there is none and no room.
static uint32_t some_body(const struct place *place, uint32_t works_max) {
    struct workload_plan *plan = place->plan;
    uint32_t first = place->body + 1;
    uint32_t existing = plan->bodies > first ? between(place->rng, first, plan->bodies - 1u) : 0;
    if (existing != 0 && chance(place->rng, 2, 5))
        return existing;
    uint32_t body = workload_add_body(plan);
    if (body == 0)
        return existing;
    struct place inside = {plan, place->rng, body, 0};
    for (uint32_t works = between(place->rng, 0, works_max); works > 0; works--)
        put_work(&inside);
    return body;
}

// ---- motifs -------------------------------------------------------------------------------------

static void put_flip(struct place *place) {
    struct rng *rng = place->rng;
    uint32_t objects = chance(rng, 1, 2) ? 1 : between(rng, 2, 4);
    uint32_t body = some_body(place, 3);
    bool finalizers = chance(rng, 3, 5);
    for (uint32_t i = 0; i < objects && body != 0; i++) {
        uint32_t in = objects == 1 ? slot(rng) : i % WORKLOAD_SLOTS;
        put(place, OP_alloc, in, 0);
        put(place, finalizers ? OP_finalizer : OP_cleanup, in, body);
        if (chance(rng, 1, 6))
            put(place, finalizers ? OP_cleanup : OP_finalizer, in, body);
        put(place, OP_drop, in, 0);
        if (chance(rng, 1, 4))
            body = some_body(place, 3);
    }
    put(place, OP_gc, 0, 0);
}

// Several who ask for a profile at once.
static void put_rivals(struct place *place) {
    uint32_t body = workload_add_body(place->plan);
    struct place inside = {place->plan, place->rng, body, 0};
    if (body == 0)
        return;
    put(&inside, OP_profile, motif_capacity(place->rng), 0);
    put(place, OP_spawn, body, between(place->rng, 1, 3));
}

static void put_profiles(struct place *place) {
    struct rng *rng = place->rng;
    if (chance(rng, 1, 8))
        put_rivals(place);
    if (chance(rng, 1, 4))
        put(place, chance(rng, 1, 2) ? OP_snapshot : OP_stacks, motif_capacity(rng), 0);
    if (chance(rng, 1, 8))
        put(place, OP_numgoroutine, 0, 0);
    for (uint32_t times = between(rng, 1, 3); times > 0; times--) {
        put(place, OP_profile, motif_capacity(rng), 0);
        if (chance(rng, 1, 3))
            put_work(place);
    }
}

static void put_churn(struct place *place) {
    struct rng *rng = place->rng;
    for (uint32_t rounds = between(rng, 1, 3); rounds > 0; rounds--) {
        uint32_t body = some_body(place, 2);
        if (body != 0)
            put(place, OP_spawn, body, between(rng, 1, 4));
        if (chance(rng, 1, 2))
            put_work(place);
    }
}

// An object that only the channel and its receiver know from here on, while somebody collects.
static void put_parcel(struct place *from, struct place *to, uint32_t chan) {
    struct rng *rng = from->rng;
    uint32_t in = slot(rng), out = slot(rng), body = some_body(to, 1);
    uint32_t collector = chance(rng, 2, 3) ? workload_add_body(from->plan) : 0;
    if (collector != 0) {
        struct place inside = {from->plan, rng, collector, 0};
        put(&inside, OP_gc, 0, 0);
        put(from, OP_spawn, collector, 1);
    }
    put(from, OP_alloc, in, 0);
    if (body != 0)
        put(from, chance(rng, 1, 2) ? OP_finalizer : OP_cleanup, in, body);
    if (chance(rng, 1, 3)) // it is still there after a while
        put(from, OP_step, ticks(rng), 0);
    put(from, OP_send, chan, in);
    put(from, OP_drop, in, 0);
    put(to, OP_recv, chan, out);
    if (chance(rng, 1, 2))
        put(to, OP_gc, 0, 0);
    else if (body != 0)
        put(to, OP_cleanup, out, body);
}

static void put_pipe(struct place *place) {
    struct rng *rng = place->rng;
    uint32_t chan = channel(place->plan, rng);
    uint32_t consumer = workload_add_body(place->plan);
    struct place inside = {place->plan, rng, consumer, 0};
    if (consumer == 0)
        return;
    put(place, OP_spawn, consumer, between(rng, 1, 2));
    for (uint32_t sends = between(rng, 1, 3); sends > 0; sends--) {
        if (chance(rng, 1, 3)) {
            if (chance(rng, 1, 2))
                put_parcel(place, &inside, chan);
            else
                put_parcel(&inside, place, chan);
            continue;
        }
        put(place, OP_send, chan, slot(rng));
        put(&inside, OP_recv, chan, slot(rng));
        if (chance(rng, 1, 3))
            put_work(&inside);
        if (chance(rng, 1, 3))
            put_work(place);
    }
    if (chance(rng, 2, 3))
        put(place, OP_close, chan, 0);
}

static void put_syscalls(struct place *place) {
    struct rng *rng = place->rng;
    uint32_t body = chance(rng, 2, 3) ? workload_add_body(place->plan) : 0;
    struct place inside = *place;
    if (body != 0)
        inside = (struct place){place->plan, rng, body, 0};
    for (uint32_t calls = between(rng, 1, 4); calls > 0; calls--) {
        enum workload_op_kind kind = chance(rng, 3, 4) ? OP_syscall : OP_block;
        put(&inside, kind, ticks(rng), 0);
        if (chance(rng, 1, 3))
            put(&inside, OP_step, ticks(rng), 0);
    }
    if (body != 0)
        put(place, OP_spawn, body, between(rng, 1, 3));
    else
        *place = inside;
}

static void put_labels(struct place *place) {
    struct rng *rng = place->rng;
    put(place, OP_label, between(rng, 1, 7), 0);
    if (chance(rng, 1, 2)) {
        uint32_t body = some_body(place, 3);
        if (body != 0)
            put(place, OP_spawn, body, between(rng, 1, 2));
    }
    if (chance(rng, 2, 3))
        put(place, OP_profile, motif_capacity(rng), 0);
    put(place, OP_label, label(rng), 0);
}

static void put_coroutine(struct place *place) {
    struct rng *rng = place->rng;
    uint32_t coro = coroutine(rng);
    uint32_t body = workload_add_body(place->plan);
    struct place inside = {place->plan, rng, body, 0};
    if (body == 0)
        return;
    put(place, OP_coro, coro, body);
    for (uint32_t switches = between(rng, 1, 3); switches > 0; switches--) {
        put(place, OP_resume, coro, 0);
        if (chance(rng, 1, 2))
            put_work(&inside);
        put(&inside, OP_resume, coro, 0);
        if (chance(rng, 1, 3))
            put_work(place);
    }
}

static void put_frames(struct place *place) {
    struct rng *rng = place->rng;
    uint32_t depth = between(rng, 1, 4);
    uint32_t deep = chance(rng, 1, 5) ? between(rng, 1, depth) : 0; // this one calls itself
    for (uint32_t i = 1; i <= depth; i++) {
        if (i == deep)
            put(place, OP_recurse, frame(rng), between(rng, 2, chance(rng, 1, 3) ? 140 : 20));
        else
            put(place, OP_call, frame(rng), 0);
    }
    for (uint32_t works = between(rng, 1, 2); works > 0; works--)
        put_work(place);
    for (uint32_t i = 0; i < depth; i++) {
        put(place, OP_return, 0, 0);
        if (chance(rng, 1, 3))
            put_work(place);
    }
}

// Who waits and who lets go: a mutex around work, a semaphore with hand-off, or a wait group.
static void put_waiters(struct place *place) {
    struct rng *rng = place->rng;
    uint32_t count = between(rng, 1, 3), object = object_of_few(rng), kind = rng_below(rng, 3);
    uint32_t body = workload_add_body(place->plan);
    struct place inside = {place->plan, rng, body, 0};
    if (body == 0)
        return;
    if (kind == 0)
        put(place, OP_lock, object, 0), put(&inside, OP_lock, object, 0);
    else if (kind == 1)
        put(&inside, OP_acquire, object, 0);
    else
        put(place, OP_add, object, count);
    if (chance(rng, 3, 4))
        put_work(&inside);
    if (kind != 1)
        put(&inside, kind == 0 ? OP_unlock : OP_done, object, 0);
    put(place, OP_spawn, body, count);
    put_work(place);
    for (uint32_t i = 0; i < (kind == 1 ? count : 1); i++)
        put(place, kind == 0 ? OP_unlock : kind == 1 ? OP_release : OP_wait, object, 0);
}

static void put_select(struct place *place) {
    struct rng *rng = place->rng;
    uint32_t body = workload_add_body(place->plan);
    struct place inside = {place->plan, rng, body, 0};
    if (body == 0)
        return;
    put(place, OP_spawn, body, between(rng, 1, 2));
    for (uint32_t rounds = between(rng, 1, 2); rounds > 0; rounds--) {
        uint32_t cases = between(rng, 1, 3);
        put(&inside, chance(rng, 4, 5) ? OP_select : OP_poll, cases, 0);
        for (uint32_t i = 0; i < cases; i++) {
            uint32_t chan = channel(place->plan, rng), in = slot(rng);
            bool send = chance(rng, 1, 3);
            put(&inside, send ? OP_send : OP_recv, chan, in);
            if (chance(rng, 1, 2))
                put(place, send ? OP_recv : OP_send, chan, in);
        }
        if (chance(rng, 1, 2))
            put_work(&inside);
    }
}

static void put_timers(struct place *place) {
    struct rng *rng = place->rng;
    for (uint32_t times = between(rng, 1, 3); times > 0; times--) {
        uint32_t body = chance(rng, 1, 2) ? some_body(place, 2) : 0, due = ticks(rng);
        if (body != 0)
            put(place, OP_after, due, body);
        else
            put(place, OP_sleep, due, 0);
        if (chance(rng, 1, 3))
            put_work(place);
    }
}

static void put_locked(struct place *place) {
    struct rng *rng = place->rng;
    uint32_t body = chance(rng, 3, 4) ? workload_add_body(place->plan) : 0;
    struct place inside = *place;
    if (body != 0)
        inside = (struct place){place->plan, rng, body, 0};
    put(&inside, OP_lockthread, 0, 0);
    for (uint32_t works = between(rng, 1, 3); works > 0; works--)
        chance(rng, 1, 3) ? put(&inside, OP_yield, 0, 0) : put_work(&inside);
    if (body == 0 || chance(rng, 1, 2))
        put(&inside, OP_unlockthread, 0, 0);
    if (body != 0)
        put(place, OP_spawn, body, between(rng, 1, 2));
    else
        *place = inside;
}

static void put_foreign(struct place *place) {
    struct rng *rng = place->rng;
    uint32_t body = some_body(place, 3);
    if (body == 0)
        return;
    put(place, chance(rng, 1, 2) ? OP_foreign : OP_bound, body, between(rng, 1, 3));
    if (chance(rng, 1, 2))
        put_work(place);
    if (chance(rng, 1, 2))
        put(place, OP_profile, motif_capacity(rng), 0);
}

static void put_procs(struct place *place) {
    struct rng *rng = place->rng;
    uint32_t body = chance(rng, 1, 2) ? some_body(place, 2) : 0;
    for (uint32_t changes = between(rng, 1, 2); changes > 0; changes--) {
        if (body != 0)
            put(place, OP_spawn, body, between(rng, 1, 4));
        put(place, OP_gomaxprocs, between(rng, 1, 4), 0);
        if (chance(rng, 1, 2))
            put_work(place);
    }
}

// Somebody who waits for this channel or for another one, which is returned.
static uint32_t put_chooser(struct place *place, uint32_t chan) {
    struct workload_plan *plan = place->plan;
    uint32_t body = plan->chans < WORKLOAD_CHANS_MAX ? workload_add_body(plan) : 0;
    if (body == 0)
        return chan;
    struct place inside = {plan, place->rng, body, 0};
    uint32_t other = plan->chans++, in = slot(place->rng);
    plan->chan_cap[other] = 0;
    put(&inside, OP_select, 2, 0);
    put(&inside, OP_recv, other, in);
    put(&inside, OP_recv, chan, in);
    put(place, OP_spawn, body, between(place->rng, 1, 2));
    return other;
}

// Who waits on a channel of its own, or with a finalizer to wake it, and who looks for leaks.
static void put_leak(struct place *place) {
    struct rng *rng = place->rng;
    struct workload_plan *plan = place->plan;
    uint32_t waits = plan->chans < WORKLOAD_CHANS_MAX ? workload_add_body(plan) : 0;
    uint32_t looks = waits != 0 ? workload_add_body(plan) : 0;
    if (looks == 0)
        return;
    uint32_t chan = plan->chans++, in = slot(rng), count = between(rng, 1, 2);
    struct place inside = {plan, rng, waits, 0}, outside = {plan, rng, looks, 0};
    plan->chan_cap[chan] = 0;
    if (chance(rng, 1, 2))
        put_work(&inside);
    put(&inside, OP_recv, chan, in);
    put(place, OP_spawn, waits, count);
    if (chance(rng, 1, 3)) {
        uint32_t wakes = workload_add_body(plan);
        struct place later = {plan, rng, wakes, 0};
        put(&later, OP_send, chance(rng, 1, 2) ? put_chooser(place, chan) : chan, in);
        put(place, OP_alloc, in, 0);
        put(place, OP_finalizer, in, wakes);
        put(place, OP_drop, in, 0);
    }
    put(&outside, OP_goroutineleak, motif_capacity(rng), 0);
    if (chance(rng, 1, 3))
        put(&outside, chance(rng, 1, 2) ? OP_gc : OP_profile, 0, 0);
    put(place, OP_spawn, looks, between(rng, 1, 3));
    if (chance(rng, 1, 2))
        put_work(place);
    if (chance(rng, 1, 4))
        put(place, OP_send, chan, in);
    if (chance(rng, 1, 2)) // a main that waits for ever is no leak
        put(place, OP_recv, chan, in);
}

static void put_motif(struct place *place, enum motif motif);

static void put_fork(struct place *place) {
    static const uint8_t weights[MOTIF_FORK] = {
        [MOTIF_FLIP] = 5,    [MOTIF_PROFILE] = 6, [MOTIF_CHURN] = 3, [MOTIF_PIPE] = 1,
        [MOTIF_SYSCALL] = 2, [MOTIF_LABEL] = 1,   [MOTIF_CORO] = 2,  [MOTIF_FRAMES] = 2,
        [MOTIF_WAIT] = 1,    [MOTIF_SELECT] = 1,  [MOTIF_TIME] = 1,  [MOTIF_LOCKED] = 2,
        [MOTIF_FOREIGN] = 2,
    };
    struct rng *rng = place->rng;
    uint32_t body = workload_add_body(place->plan);
    if (body == 0)
        return;
    put(place, OP_spawn, body, chance(rng, 3, 4) ? 1 : 2);
    struct place inside = {place->plan, rng, body, 0};
    for (uint32_t motifs = between(rng, 1, 2); motifs > 0; motifs--)
        put_motif(&inside, (enum motif)weighted(rng, weights, MOTIF_FORK));
}

static void put_motif(struct place *place, enum motif motif) {
    switch (motif) {
    case MOTIF_FLIP:
        put_flip(place);
        return;
    case MOTIF_PROFILE:
        put_profiles(place);
        return;
    case MOTIF_CHURN:
        put_churn(place);
        return;
    case MOTIF_PIPE:
        put_pipe(place);
        return;
    case MOTIF_SYSCALL:
        put_syscalls(place);
        return;
    case MOTIF_LABEL:
        put_labels(place);
        return;
    case MOTIF_CORO:
        put_coroutine(place);
        return;
    case MOTIF_FRAMES:
        put_frames(place);
        return;
    case MOTIF_WAIT:
        put_waiters(place);
        return;
    case MOTIF_SELECT:
        put_select(place);
        return;
    case MOTIF_TIME:
        put_timers(place);
        return;
    case MOTIF_LOCKED:
        put_locked(place);
        return;
    case MOTIF_FOREIGN:
        put_foreign(place);
        return;
    case MOTIF_PROCS:
        put_procs(place);
        return;
    case MOTIF_LEAK:
        put_leak(place);
        return;
    case MOTIF_FORK:
        put_fork(place);
        return;
    case MOTIF_COUNT:
        break;
    }
    ASSERT(!"not a motif");
}

uint32_t motif_insert(struct workload_plan *plan, uint32_t body, uint32_t at, enum motif motif,
                      struct rng *rng) {
    struct place place = {plan, rng, body, at};
    put_motif(&place, motif);
    return place.at - at;
}

enum motif motif_draw(struct rng *rng) {
    static const uint8_t weights[MOTIF_COUNT] = {
        [MOTIF_FLIP] = 26,    [MOTIF_PROFILE] = 20, [MOTIF_CHURN] = 10,  [MOTIF_PIPE] = 5,
        [MOTIF_SYSCALL] = 12, [MOTIF_LABEL] = 5,    [MOTIF_CORO] = 6,    [MOTIF_FRAMES] = 5,
        [MOTIF_FORK] = 20,    [MOTIF_WAIT] = 5,     [MOTIF_SELECT] = 3,  [MOTIF_TIME] = 3,
        [MOTIF_LOCKED] = 3,   [MOTIF_PROCS] = 2,    [MOTIF_FOREIGN] = 5, [MOTIF_LEAK] = 3,
    };
    return (enum motif)weighted(rng, weights, MOTIF_COUNT);
}

// ---- single ops ---------------------------------------------------------------------------------

uint32_t motif_operand(const struct workload_plan *plan, uint32_t body,
                       enum workload_operand operand, struct rng *rng) {
    switch (operand) {
    case OPERAND_none:
        return 0;
    case OPERAND_body: // a goroutine that starts its own kind is possible, but not the rule
        if (body + 1u < plan->bodies && chance(rng, 19, 20))
            return between(rng, body + 1u, plan->bodies - 1u);
        return rng_below(rng, plan->bodies);
    case OPERAND_count:
        return chance(rng, 7, 8) ? between(rng, 1, 3) : between(rng, 4, 12);
    case OPERAND_frame:
        return frame(rng);
    case OPERAND_chan:
        return plan->chans == 0 ? 0 : rng_below(rng, plan->chans);
    case OPERAND_slot:
        return slot(rng);
    case OPERAND_coro:
        return coroutine(rng);
    case OPERAND_ticks:
        return ticks(rng);
    case OPERAND_procs:
        return between(rng, 1, 4);
    case OPERAND_label:
        return label(rng);
    case OPERAND_capacity:
        return motif_capacity(rng);
    case OPERAND_mutex:
    case OPERAND_semaphore:
    case OPERAND_group:
        return object_of_few(rng);
    case OPERAND_cases:
        return between(rng, 1, 3);
    case OPERAND_COUNT:
        break;
    }
    ASSERT(!"unknown kind of operand");
    return 0;
}

struct workload_op motif_op(const struct workload_plan *plan, uint32_t body, struct rng *rng) {
    struct workload_op op = {0, 0, 0};
    const struct workload_op_info *info;
    do {
        op.kind = (uint8_t)rng_below(rng, OP_COUNT);
        info = workload_op_info(op.kind);
    } while (plan->chans == 0 && (info->a == OPERAND_chan || info->b == OPERAND_chan));
    op.a = motif_operand(plan, body, info->a, rng);
    op.b = motif_operand(plan, body, info->b, rng);
    return op;
}

// Motifs of the life of goroutines: created, flipped, looked at, in calls, system calls and
// coroutines, on threads of their own.
#include "motif_impl.h"

void motif_put_flip(struct place *place) {
    struct rng *rng = place->rng;
    uint32_t objects = chance(rng, 1, 2) ? 1 : between(rng, 2, 4);
    uint32_t body = motif_some_body(place, 3);
    bool finalizers = chance(rng, 3, 5);
    for (uint32_t i = 0; i < objects && body != 0; i++) {
        uint32_t in = objects == 1 ? slot(rng) : i % WORKLOAD_SLOTS;
        put(place, OP_alloc, in, 0);
        put(place, finalizers ? OP_finalizer : OP_cleanup, in, body);
        if (chance(rng, 1, 6))
            put(place, finalizers ? OP_cleanup : OP_finalizer, in, body);
        put(place, OP_drop, in, 0);
        if (chance(rng, 1, 4))
            body = motif_some_body(place, 3);
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

void motif_put_profiles(struct place *place) {
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
            motif_put_work(place);
    }
}

void motif_put_churn(struct place *place) {
    struct rng *rng = place->rng;
    for (uint32_t rounds = between(rng, 1, 3); rounds > 0; rounds--) {
        uint32_t body = motif_some_body(place, 2);
        if (body != 0)
            put(place, OP_spawn, body, between(rng, 1, 4));
        if (chance(rng, 1, 2))
            motif_put_work(place);
    }
}

void motif_put_syscalls(struct place *place) {
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

void motif_put_labels(struct place *place) {
    struct rng *rng = place->rng;
    put(place, OP_label, between(rng, 1, 7), 0);
    if (chance(rng, 1, 2)) {
        uint32_t body = motif_some_body(place, 3);
        if (body != 0)
            put(place, OP_spawn, body, between(rng, 1, 2));
    }
    if (chance(rng, 2, 3))
        put(place, OP_profile, motif_capacity(rng), 0);
    put(place, OP_label, label(rng), 0);
}

void motif_put_coroutine(struct place *place) {
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
            motif_put_work(&inside);
        put(&inside, OP_resume, coro, 0);
        if (chance(rng, 1, 3))
            motif_put_work(place);
    }
}

void motif_put_frames(struct place *place) {
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
        motif_put_work(place);
    for (uint32_t i = 0; i < depth; i++) {
        put(place, OP_return, 0, 0);
        if (chance(rng, 1, 3))
            motif_put_work(place);
    }
}

void motif_put_locked(struct place *place) {
    struct rng *rng = place->rng;
    uint32_t body = chance(rng, 3, 4) ? workload_add_body(place->plan) : 0;
    struct place inside = *place;
    if (body != 0)
        inside = (struct place){place->plan, rng, body, 0};
    put(&inside, OP_lockthread, 0, 0);
    for (uint32_t works = between(rng, 1, 3); works > 0; works--)
        chance(rng, 1, 3) ? put(&inside, OP_yield, 0, 0) : motif_put_work(&inside);
    if (body == 0 || chance(rng, 1, 2))
        put(&inside, OP_unlockthread, 0, 0);
    if (body != 0)
        put(place, OP_spawn, body, between(rng, 1, 2));
    else
        *place = inside;
}

void motif_put_foreign(struct place *place) {
    struct rng *rng = place->rng;
    uint32_t body = motif_some_body(place, 3);
    if (body == 0)
        return;
    put(place, chance(rng, 1, 2) ? OP_foreign : OP_bound, body, between(rng, 1, 3));
    if (chance(rng, 1, 2))
        motif_put_work(place);
    if (chance(rng, 1, 2))
        put(place, OP_profile, motif_capacity(rng), 0);
}

void motif_put_procs(struct place *place) {
    struct rng *rng = place->rng;
    uint32_t body = chance(rng, 1, 2) ? motif_some_body(place, 2) : 0;
    for (uint32_t changes = between(rng, 1, 2); changes > 0; changes--) {
        if (body != 0)
            put(place, OP_spawn, body, between(rng, 1, 4));
        put(place, OP_gomaxprocs, between(rng, 1, 4), 0);
        if (chance(rng, 1, 2))
            motif_put_work(place);
    }
}

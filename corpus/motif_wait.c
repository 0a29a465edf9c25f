// Motifs of goroutines that wait for each other or for a time.
#include "motif_impl.h"

// An object that only the channel and its receiver know from here on, while somebody collects.
static void put_parcel(struct place *from, struct place *to, uint32_t chan) {
    struct rng *rng = from->rng;
    uint32_t in = slot(rng), out = slot(rng), body = motif_some_body(to, 1);
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

void motif_put_pipe(struct place *place) {
    struct rng *rng = place->rng;
    uint32_t chan = channel(place->plan, rng);
    uint32_t consumer = workload_add_body(place->plan);
    struct place inside = {place->plan, rng, consumer, 0};
    if (consumer == 0)
        return;
    put(place, OP_spawn, consumer, between(rng, 1, 2));
    for (uint32_t sends = between(rng, 1, 3); sends > 0; sends--) {
        if (chance(rng, 1, 2)) {
            if (chance(rng, 1, 2))
                put_parcel(place, &inside, chan);
            else
                put_parcel(&inside, place, chan);
            continue;
        }
        put(place, OP_send, chan, slot(rng));
        put(&inside, OP_recv, chan, slot(rng));
        if (chance(rng, 1, 3))
            motif_put_work(&inside);
        if (chance(rng, 1, 3))
            motif_put_work(place);
    }
    if (chance(rng, 2, 3))
        put(place, OP_close, chan, 0);
}

// Who waits and who lets go: a mutex around work, a semaphore with hand-off, or a wait group.
void motif_put_waiters(struct place *place) {
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
        motif_put_work(&inside);
    if (kind != 1)
        put(&inside, kind == 0 ? OP_unlock : OP_done, object, 0);
    put(place, OP_spawn, body, count);
    motif_put_work(place);
    for (uint32_t i = 0; i < (kind == 1 ? count : 1); i++)
        put(place, kind == 0 ? OP_unlock : kind == 1 ? OP_release : OP_wait, object, 0);
}

void motif_put_select(struct place *place) {
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
            motif_put_work(&inside);
    }
}

void motif_put_timers(struct place *place) {
    struct rng *rng = place->rng;
    for (uint32_t times = between(rng, 1, 3); times > 0; times--) {
        uint32_t body = chance(rng, 1, 2) ? motif_some_body(place, 2) : 0, due = ticks(rng);
        if (body != 0)
            put(place, OP_after, due, body);
        else
            put(place, OP_sleep, due, 0);
        if (chance(rng, 1, 3))
            motif_put_work(place);
    }
}

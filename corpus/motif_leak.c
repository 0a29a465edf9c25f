// Motifs of goroutines that nobody wakes, or only somebody whom few would think of, and of who
// looks for them.
#include "motif_impl.h"

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
void motif_put_leak(struct place *place) {
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
        motif_put_work(&inside);
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
        motif_put_work(place);
    if (chance(rng, 1, 4))
        put(place, OP_send, chan, in);
    if (chance(rng, 1, 2)) // a main that waits for ever is no leak
        put(place, OP_recv, chan, in);
}

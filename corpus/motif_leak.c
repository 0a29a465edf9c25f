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
    if (chance(rng, 1, 4))
        put(&outside, OP_gc, 0, 0);
    if (chance(rng, 1, 2))
        put(&outside, OP_profile, motif_capacity(rng), 0);
    put(place, OP_spawn, looks, between(rng, 1, 3));
    if (chance(rng, 1, 2))
        motif_put_work(place);
    if (chance(rng, 1, 4))
        put(place, OP_send, chan, in);
    if (chance(rng, 1, 2)) // a main that waits for ever is no leak
        put(place, OP_recv, chan, in);
}

// What one of a chain waits for: its op that waits, the one that wakes it, and what who wakes it
// does before (a kind of no op: nothing).
struct link {
    enum workload_op_kind waits, wakes, before;
    uint32_t object;
};

enum { CHAIN_MAX = 3 };

// An object that few others name: a channel of its own while there is one, else what motifs seldom
// draw.
static struct link draw_link(struct place *place, uint32_t ordinal) {
    struct workload_plan *plan = place->plan;
    uint32_t kind = rng_below(place->rng, 4), seldom = WORKLOAD_SEMAPHORES - 1 - ordinal;
    switch (kind) {
    case 0:
        put(place, OP_add, seldom, 1);
        return (struct link){OP_wait, OP_done, OP_COUNT, seldom};
    case 1:
        return (struct link){OP_lock, OP_unlock, OP_lock, seldom};
    case 2:
        if (plan->chans == WORKLOAD_CHANS_MAX)
            break;
        plan->chan_cap[plan->chans] = 0;
        return (struct link){OP_recv, OP_send, OP_COUNT, plan->chans++};
    }
    return (struct link){OP_acquire, OP_release, OP_COUNT, seldom};
}

static void put_before(struct place *place, const struct link *link) {
    if (link->before != OP_COUNT)
        put(place, link->before, link->object, 0);
}

// A chain of goroutines, of which each waits for the one before it, and who looks for leaks before
// the first one is woken. They are in allgs in this order or the other one, so that the search may
// have to go by everybody as often as the chain is long.
void motif_put_chain(struct place *place) {
    struct rng *rng = place->rng;
    uint32_t looks = workload_add_body(place->plan), length = between(rng, 2, CHAIN_MAX);
    bool backwards = chance(rng, 1, 2), wakes_itself = chance(rng, 2, 3);
    struct link links[CHAIN_MAX];
    if (looks == 0)
        return;
    for (uint32_t i = 0; i < length; i++)
        links[i] = draw_link(place, i);
    struct place outside = {place->plan, rng, looks, 0}, *wakes = wakes_itself ? &outside : place;
    put_before(wakes, &links[0]);
    for (uint32_t i = 0; i < length; i++) {
        uint32_t at = backwards ? length - 1 - i : i, body = workload_add_body(place->plan);
        if (body == 0)
            return;
        struct place inside = {place->plan, rng, body, 0};
        if (at + 1 < length)
            put_before(&inside, &links[at + 1]);
        put(&inside, links[at].waits, links[at].object, 0);
        if (chance(rng, 1, 4))
            motif_put_work(&inside);
        if (at + 1 < length)
            put(&inside, links[at + 1].wakes, links[at + 1].object, 0);
        put(place, OP_spawn, body, 1);
    }
    if (chance(rng, 1, 2)) // until they wait
        put(&outside, chance(rng, 1, 2) ? OP_sleep : OP_step, ticks(rng), 0);
    put(&outside, OP_goroutineleak, motif_capacity(rng), 0);
    put(place, OP_spawn, looks, 1);
    if (!wakes_itself)
        put(place, OP_sleep, between(rng, 4, 20), 0);
    put(wakes, links[0].wakes, links[0].object, 0);
}

// Motifs in which many do the same at once.
#include "motif_impl.h"

// An object with so many cleanups, dropped and collected.
static void put_block(struct place *place, uint32_t cleanups, const uint32_t bodies[2]) {
    uint32_t in = slot(place->rng);
    put(place, OP_alloc, in, 0);
    for (uint32_t i = 0; i < cleanups; i++)
        put(place, OP_cleanup, in, bodies[chance(place->rng, 1, 3)]);
    put(place, OP_drop, in, 0);
    put(place, OP_gc, 0, 0);
}

// More cleanups than one goroutine takes at a time, again and again, so that there come to be more
// of those goroutines; some end in the middle, or wait there. Others add cleanups meanwhile.
void motif_put_blocks(struct place *place) {
    struct rng *rng = place->rng;
    uint32_t adder = chance(rng, 1, 2) ? workload_add_body(place->plan) : 0;
    struct place beside = {place->plan, rng, adder != 0 ? adder : place->body, 0};
    uint32_t bodies[2] = {motif_some_body(&beside, 2), workload_add_body(place->plan)};
    if (bodies[0] == 0 || bodies[1] == 0)
        return;
    struct place inside = {place->plan, rng, bodies[1], 0};
    if (chance(rng, 1, 3))
        motif_put_work(&inside);
    put(&inside, OP_exit, 0, 0);
    if (adder != 0) {
        put_block(&beside, between(rng, 1, 3), bodies);
        put(place, OP_spawn, adder, between(rng, 1, 3));
    }
    for (uint32_t rounds = between(rng, 2, 3); rounds > 0; rounds--) {
        put_block(place, between(rng, 2, 7), bodies);
        if (chance(rng, 1, 3))
            put(place, OP_profile, motif_capacity(rng), 0);
    }
}

// Some compute for long, while others collect and stop the world all the time: whoever computes is
// asked to give way for one and the other.
void motif_put_crowd(struct place *place) {
    static const enum workload_op_kind stops[] = {OP_snapshot, OP_stacks, OP_profile};
    struct rng *rng = place->rng;
    uint32_t collects = workload_add_body(place->plan), computes = workload_add_body(place->plan);
    uint32_t looks = workload_add_body(place->plan);
    if (collects == 0 || computes == 0 || looks == 0)
        return;
    struct place collector = {place->plan, rng, collects, 0};
    struct place computer = {place->plan, rng, computes, 0};
    struct place looker = {place->plan, rng, looks, 0};
    for (uint32_t cycles = between(rng, 1, 3); cycles > 0; cycles--)
        put(&collector, OP_gc, 0, 0);
    put(&computer, OP_step, between(rng, 20, 60), 0);
    for (uint32_t stop = between(rng, 2, 5); stop > 0; stop--) {
        put(&looker, stops[rng_below(rng, 3)], WORKLOAD_PROFILE_FIT, 0);
        put(&looker, OP_step, between(rng, 1, 3), 0);
    }
    put(place, OP_spawn, collects, 1);
    put(place, OP_spawn, computes, between(rng, 1, 3));
    put(place, OP_spawn, looks, between(rng, 1, 2));
    for (uint32_t profiles = between(rng, 1, 3); profiles > 0; profiles--)
        put(place, OP_profile, WORKLOAD_PROFILE_FIT, 0);
}

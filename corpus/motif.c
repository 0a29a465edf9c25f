#include "motif.h"

#include "assert.h"
#include "motif_impl.h"

// ---- bodies -------------------------------------------------------------------------------------

void motif_put_work(struct place *place) {
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

uint32_t motif_some_body(const struct place *place, uint32_t works_max) {
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
        motif_put_work(&inside);
    return body;
}

// ---- motifs -------------------------------------------------------------------------------------

static void put_fork(struct place *place);

// Of each motif, how it is put.
static void (*const put_motif[MOTIF_COUNT])(struct place *place) = {
    [MOTIF_FLIP] = motif_put_flip,
    [MOTIF_PROFILE] = motif_put_profiles,
    [MOTIF_CHURN] = motif_put_churn,
    [MOTIF_PIPE] = motif_put_pipe,
    [MOTIF_SYSCALL] = motif_put_syscalls,
    [MOTIF_LABEL] = motif_put_labels,
    [MOTIF_CORO] = motif_put_coroutine,
    [MOTIF_FRAMES] = motif_put_frames,
    [MOTIF_WAIT] = motif_put_waiters,
    [MOTIF_SELECT] = motif_put_select,
    [MOTIF_TIME] = motif_put_timers,
    [MOTIF_LOCKED] = motif_put_locked,
    [MOTIF_FOREIGN] = motif_put_foreign,
    [MOTIF_PROCS] = motif_put_procs,
    [MOTIF_LEAK] = motif_put_leak,
    [MOTIF_CHAIN] = motif_put_chain,
    [MOTIF_BLOCKS] = motif_put_blocks,
    [MOTIF_CROWD] = motif_put_crowd,
    [MOTIF_FORK] = put_fork,
};

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
        put_motif[weighted(rng, weights, MOTIF_FORK)](&inside);
}

uint32_t motif_insert(struct workload_plan *plan, uint32_t body, uint32_t at, enum motif motif,
                      struct rng *rng) {
    struct place place = {plan, rng, body, at};
    ASSERT(motif < MOTIF_COUNT);
    put_motif[motif](&place);
    return place.at - at;
}

enum motif motif_draw(struct rng *rng) {
    static const uint8_t weights[MOTIF_COUNT] = {
        [MOTIF_FLIP] = 26,    [MOTIF_PROFILE] = 20, [MOTIF_CHURN] = 10,  [MOTIF_PIPE] = 8,
        [MOTIF_SYSCALL] = 12, [MOTIF_LABEL] = 5,    [MOTIF_CORO] = 6,    [MOTIF_FRAMES] = 5,
        [MOTIF_FORK] = 20,    [MOTIF_WAIT] = 5,     [MOTIF_SELECT] = 3,  [MOTIF_TIME] = 3,
        [MOTIF_LOCKED] = 3,   [MOTIF_PROCS] = 2,    [MOTIF_FOREIGN] = 5, [MOTIF_LEAK] = 3,
        [MOTIF_CHAIN] = 2,    [MOTIF_BLOCKS] = 4,   [MOTIF_CROWD] = 4,
    };
    return (enum motif)weighted(rng, weights, MOTIF_COUNT);
}

// ---- single ops ---------------------------------------------------------------------------------

uint32_t motif_capacity(struct rng *rng) {
    if (chance(rng, 3, 4))
        return WORKLOAD_PROFILE_FIT;
    return chance(rng, 1, 2) ? rng_below(rng, 4) : between(rng, 3, 12);
}

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

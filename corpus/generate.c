#include "generate.h"

#include "motif.h"

#include <string.h>

enum {
    OPS_FEW = 10,    // a program is composed until it has this many ops,
    OPS_SPREAD = 30, // up to so many more,
    OPS_MORE = 40,   // and sometimes more again
    MS_SPARE = 3,    // Ms beyond the Ps, for system calls
    FUEL = 512,      // enough for nearly all of them, and few runs are long
};

// ---- schedules ----------------------------------------------------------------------------------

void workload_generate_schedule(struct workload_schedule *schedule, struct rng *rng) {
    // Measured over the mutants: walks that switch every 2 to 16 points find several times more
    // than the rest, and priorities find other things.
    static const uint8_t modes[SCHEDULE_MODE_COUNT] = {
        [SCHEDULE_LIST] = 1, [SCHEDULE_UNIFORM] = 5, [SCHEDULE_STICKY] = 12, [SCHEDULE_PCT] = 2};
    // Of those that would switch at every point, most do what is more to the purpose. No draw of
    // its own, so that seeds go on to mean the same plans.
    static const uint8_t instead[] = {SCHEDULE_UNIFORM, SCHEDULE_UNIFORM, SCHEDULE_POS,
                                      SCHEDULE_SURW, SCHEDULE_RF};
    static const uint8_t sticky[] = {2, 3, 3, 4, 4, 6, 6, 8, 8, 12, 12, 16, 16, 24, 32, 48, 64};
    memset(schedule, 0, sizeof *schedule);
    schedule->mode = (uint8_t)weighted(rng, modes, SCHEDULE_MODE_COUNT);
    if (schedule->mode == SCHEDULE_LIST)
        return;
    schedule->seed = (uint32_t)rng_next(rng);
    if (schedule->mode == SCHEDULE_STICKY)
        schedule->param = sticky[rng_below(rng, sizeof sticky)];
    else if (schedule->mode == SCHEDULE_PCT)
        schedule->param = (uint8_t)between(rng, 1, 5);
    else
        schedule->mode = instead[schedule->seed % sizeof instead];
}

// ---- programs -----------------------------------------------------------------------------------

static void generate_header(struct workload_header *header, struct rng *rng) {
    static const uint8_t procs[WORKLOAD_PROCS_MAX] = {2, 10, 6, 4, 1, 1, 1, 1};
    header->procs = (uint8_t)(1 + weighted(rng, procs, WORKLOAD_PROCS_MAX));
    header->ms = (uint8_t)(header->procs + rng_below(rng, MS_SPARE + 1));
    header->cleanups = (uint8_t)between(rng, 1, WORKLOAD_CLEANUPS_MAX);
    header->fuel = FUEL;
    if (chance(rng, 1, 8))
        header->goroutines = between(rng, 2, 16); // spawns that find no room
}

static uint32_t length(const struct workload_plan *plan, uint32_t body) {
    return workload_body_end(plan, body) - workload_body_begin(plan, body);
}

static bool has_op(const struct workload_plan *plan, enum workload_op_kind kind) {
    for (uint32_t i = 0; i < workload_body_end(plan, plan->bodies - 1u); i++)
        if (plan->ops[i].kind == kind)
            return true;
    return false;
}

// Motifs go to the end of main, so that they follow one another, or anywhere in it.
static void add_motif(struct workload_plan *plan, enum motif motif, struct rng *rng) {
    uint32_t end = length(plan, 0);
    motif_insert(plan, 0, chance(rng, 3, 4) ? end : rng_below(rng, end + 1), motif, rng);
}

static void sprinkle(struct workload_plan *plan, struct rng *rng) {
    for (uint32_t ops = rng_below(rng, 4); ops > 0; ops--) {
        uint32_t body = rng_below(rng, plan->bodies);
        uint32_t at = rng_below(rng, length(plan, body) + 1);
        workload_insert(plan, body, at, motif_op(plan, body, rng));
    }
}

void workload_generate(struct workload *workload, struct rng *rng) {
    struct workload_plan *plan = &workload->plan;
    workload_init(workload);
    generate_header(&workload->header, rng);
    uint32_t wanted = OPS_FEW + rng_below(rng, OPS_SPREAD);
    if (chance(rng, 1, 6))
        wanted += rng_below(rng, OPS_MORE);
    // What overlaps is the point: somebody flips and somebody looks, in goroutines of their own.
    if (chance(rng, 1, 2))
        add_motif(plan, MOTIF_FORK, rng);
    while (workload_ops(workload) < wanted)
        add_motif(plan, motif_draw(rng), rng);
    if (!has_op(plan, OP_gc) && chance(rng, 3, 4))
        add_motif(plan, MOTIF_FLIP, rng);
    if (!has_op(plan, OP_profile))
        add_motif(plan, MOTIF_PROFILE, rng);
    if (chance(rng, 1, 3))
        sprinkle(plan, rng);
    workload_generate_schedule(&workload->schedule, rng);
    workload_canonicalize(workload);
}

void workload_generate_uniform(struct workload *workload, struct rng *rng) {
    struct workload_plan *plan = &workload->plan;
    workload_init(workload);
    workload->header.procs = (uint8_t)between(rng, 1, WORKLOAD_PROCS_MAX);
    workload->header.ms = (uint8_t)between(rng, 1, WORKLOAD_MS_MAX);
    workload->header.cleanups = (uint8_t)between(rng, 1, WORKLOAD_CLEANUPS_MAX);
    workload->header.fuel = FUEL;
    plan->bodies = (uint8_t)between(rng, 1, WORKLOAD_BODIES_MAX);
    plan->chans = (uint8_t)rng_below(rng, WORKLOAD_CHANS_MAX + 1);
    for (uint32_t i = 0; i < plan->chans; i++)
        plan->chan_cap[i] = (uint8_t)rng_below(rng, WORKLOAD_CHAN_CAP_MAX + 1);
    for (uint32_t ops = between(rng, OPS_FEW, OPS_FEW + OPS_SPREAD); ops > 0; ops--) {
        uint32_t body = rng_below(rng, plan->bodies);
        workload_insert(plan, body, length(plan, body), motif_op(plan, 0, rng));
    }
    struct workload_schedule *schedule = &workload->schedule;
    schedule->mode = (uint8_t)rng_below(rng, SCHEDULE_MODE_COUNT);
    schedule->param = (uint8_t)rng_below(rng, 256);
    schedule->seed = (uint32_t)rng_next(rng);
    workload_canonicalize(workload);
}

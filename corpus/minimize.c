#include "minimize.h"

#include "shrink.h"

// What makes one workload smaller than another, the most important first. The first number of a
// list is what a reader has to follow: ops, decisions, and goroutines that run what somebody else
// runs already, so that no op is saved at the price of a tangle.
enum { SIZE_PARTS = 8, OP_WEIGHT = 1, PREEMPTION_WEIGHT = 2, TANGLE_WEIGHT = 3 };
struct size {
    uint64_t part[SIZE_PARTS];
};

static uint64_t operand_size(enum workload_operand operand, uint32_t value) {
    if (operand == OPERAND_capacity)
        return value == WORKLOAD_PROFILE_FIT ? 0 : 1u + value;
    return value;
}

// Ops that name a body which does not stand behind their own.
static uint32_t tangles(const struct workload_plan *plan) {
    uint32_t count = 0;
    for (uint32_t body = 0; body < plan->bodies; body++)
        for (uint32_t i = workload_body_begin(plan, body); i < workload_body_end(plan, body); i++) {
            struct workload_op op = plan->ops[i];
            const uint32_t *named = workload_body_operand(&op);
            count += named != NULL && *named <= body;
        }
    return count;
}

static struct size size_of(const struct workload *workload) {
    const struct workload_header *header = &workload->header;
    const struct workload_plan *plan = &workload->plan;
    const struct workload_schedule *schedule = &workload->schedule;
    uint64_t operands = 0, capacities = 0, entries = 0;
    for (uint32_t i = 0; i < workload_ops(workload); i++) {
        const struct workload_op_info *info = workload_op_info(plan->ops[i].kind);
        operands += operand_size(info->a, plan->ops[i].a) + operand_size(info->b, plan->ops[i].b);
    }
    for (uint32_t i = 0; i < plan->chans; i++)
        capacities += plan->chan_cap[i];
    for (uint32_t i = 0; i < schedule->entries; i++)
        entries += schedule->entry[i].value + (schedule->entry[i].target != 0);
    return (struct size){{
        schedule->mode != SCHEDULE_LIST,
        OP_WEIGHT * workload_ops(workload) + PREEMPTION_WEIGHT * workload_preemptions(workload) +
            TANGLE_WEIGHT * tangles(plan),
        workload_ops(workload),
        schedule->entries,
        (uint64_t)plan->bodies + plan->chans,
        operands + capacities,
        (uint64_t)header->procs + header->ms + header->cleanups + header->goroutines + header->fuel,
        entries + schedule->param,
    }};
}

bool workload_smaller(const struct workload *a, const struct workload *b) {
    struct size size_a = size_of(a), size_b = size_of(b);
    for (int i = 0; i < SIZE_PARTS; i++)
        if (size_a.part[i] != size_b.part[i])
            return size_a.part[i] < size_b.part[i];
    return false;
}

// Ask the predicate about a candidate, which it may change. False when the limit is met.
static bool holds(struct shrink *shrink, struct workload *candidate) {
    const struct minimize_predicate *predicate = shrink->predicate;
    if (shrink->tries_max != 0 && shrink->tried == shrink->tries_max)
        shrink->stopped = true;
    if (shrink->stopped)
        return false;
    shrink->tried++;
    if (!predicate->holds(predicate->user, candidate))
        return false;
    workload_canonicalize(candidate);
    return true;
}

static bool accept(struct shrink *shrink, const struct workload *candidate) {
    const struct minimize_predicate *predicate = shrink->predicate;
    if (!workload_smaller(candidate, &shrink->best))
        return false;
    shrink->best = *candidate;
    if (predicate->progress != NULL)
        predicate->progress(predicate->user, shrink->tried, &shrink->best);
    return true;
}

bool shrink_try(struct shrink *shrink, struct workload *candidate) {
    workload_canonicalize(candidate);
    return workload_smaller(candidate, &shrink->best) && holds(shrink, candidate) &&
           accept(shrink, candidate);
}

bool shrink_try_walk(struct shrink *shrink, struct workload *candidate) {
    workload_canonicalize(candidate);
    // At best it comes back as an empty list.
    const struct workload listed = {.header = candidate->header, .plan = candidate->plan};
    if (!workload_smaller(&listed, &shrink->best) || !holds(shrink, candidate))
        return false;
    struct minimize_predicate quiet = *shrink->predicate;
    quiet.progress = NULL;
    struct shrink inner = *shrink;
    inner.best = *candidate;
    inner.predicate = &quiet;
    while (inner.best.schedule.mode == SCHEDULE_LIST && shrink_schedule(&inner))
        continue;
    shrink->tried = inner.tried;
    shrink->stopped = inner.stopped;
    return accept(shrink, &inner.best);
}

uint32_t workload_minimize(struct workload *workload, const struct minimize_predicate *predicate,
                           const struct minimize_limits *limits, bool *complete) {
    struct shrink shrink = {
        .best = *workload,
        .predicate = predicate,
        .tries_max = limits != NULL ? limits->tries_max : 0,
        .walks = limits != NULL ? limits->walks : 0,
    };
    bool progress;
    do {
        progress = shrink_schedule(&shrink);
        progress |= shrink_ops(&shrink);
        progress |= shrink_operands(&shrink);
        progress |= shrink_header(&shrink);
        if (!progress) // many tries: only when nothing single can go
            progress = shrink_pairs(&shrink);
        if (!progress)
            progress = shrink_walks(&shrink);
        if (!progress)
            progress = shrink_parts(&shrink);
    } while (progress && !shrink.stopped);
    *workload = shrink.best;
    if (complete != NULL)
        *complete = !shrink.stopped;
    return shrink.tried;
}

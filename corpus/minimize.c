#include "minimize.h"

#include "shrink.h"

// What makes one workload smaller than another, the most important first.
enum { SIZE_PARTS = 8 };
struct size {
    uint64_t part[SIZE_PARTS];
};

static uint64_t operand_size(enum workload_operand operand, uint32_t value) {
    if (operand == OPERAND_capacity)
        return value == WORKLOAD_PROFILE_FIT ? 0 : 1u + value;
    return value;
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
        workload_ops(workload),
        schedule->mode != SCHEDULE_LIST,
        workload_preemptions(workload),
        schedule->entries,
        (uint64_t)plan->bodies + plan->chans,
        operands + capacities,
        (uint64_t)header->procs + header->ms + header->cleanups + header->goroutines + header->fuel,
        entries + schedule->param,
    }};
}

static bool smaller(const struct workload *a, const struct workload *b) {
    struct size size_a = size_of(a), size_b = size_of(b);
    for (int i = 0; i < SIZE_PARTS; i++)
        if (size_a.part[i] != size_b.part[i])
            return size_a.part[i] < size_b.part[i];
    return false;
}

bool shrink_try(struct shrink *shrink, struct workload *candidate) {
    workload_canonicalize(candidate);
    if (shrink->stopped || !smaller(candidate, &shrink->best))
        return false;
    if (shrink->tries_max != 0 && shrink->tried == shrink->tries_max) {
        shrink->stopped = true;
        return false;
    }
    shrink->tried++;
    const struct minimize_predicate *predicate = shrink->predicate;
    if (!predicate->holds(predicate->user, candidate))
        return false;
    workload_canonicalize(candidate);
    if (!smaller(candidate, &shrink->best)) // the predicate may have changed the schedule
        return false;
    shrink->best = *candidate;
    if (predicate->progress != NULL)
        predicate->progress(predicate->user, shrink->tried, &shrink->best);
    return true;
}

uint32_t workload_minimize(struct workload *workload, const struct minimize_predicate *predicate,
                           const struct minimize_limits *limits, bool *complete) {
    struct shrink shrink = {
        .best = *workload,
        .predicate = predicate,
        .tries_max = limits != NULL ? limits->tries_max : 0,
    };
    bool progress;
    do {
        progress = shrink_schedule(&shrink);
        progress |= shrink_ops(&shrink);
        progress |= shrink_operands(&shrink);
        progress |= shrink_header(&shrink);
        if (!progress) // many tries: only when nothing single can go
            progress = shrink_pairs(&shrink);
    } while (progress && !shrink.stopped);
    *workload = shrink.best;
    if (complete != NULL)
        *complete = !shrink.stopped;
    return shrink.tried;
}

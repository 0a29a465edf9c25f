#include "shrink.h"

// The plainest value of an operand that may change alone. Slots, channels and bodies tie ops
// together and are renamed everywhere at once instead.
static uint32_t plainest(enum workload_operand operand, uint32_t value) {
    const struct workload_operand_info *info = workload_operand_info(operand);
    if (operand == OPERAND_capacity)
        return WORKLOAD_PROFILE_FIT;
    return info->role == ROLE_AMOUNT || info->role == ROLE_VARIANT ? info->least : value;
}

static uint32_t *operand_of(struct workload *workload, uint32_t op, bool second,
                            enum workload_operand *operand) {
    struct workload_op *at = &workload->plan.ops[op];
    const struct workload_op_info *info = workload_op_info(at->kind);
    *operand = second ? info->b : info->a;
    return second ? &at->b : &at->a;
}

// The plainest value at once, or smaller ones by halving steps.
static bool plainer_operand(struct shrink *shrink, uint32_t op, bool second) {
    enum workload_operand operand;
    struct workload candidate = shrink->best;
    uint32_t *value = operand_of(&candidate, op, second, &operand);
    uint32_t goal = plainest(operand, *value);
    if (*value == goal)
        return false;
    uint32_t step = *value;
    *value = goal;
    if (shrink_try(shrink, &candidate))
        return true;
    bool progress = false;
    uint32_t low = operand == OPERAND_capacity ? 0 : goal;
    for (step -= low; step > 0;) {
        candidate = shrink->best;
        value = operand_of(&candidate, op, second, &operand);
        if (*value - low < step) {
            step = *value - low;
            continue;
        }
        *value -= step;
        if (shrink_try(shrink, &candidate))
            progress = true;
        else
            step /= 2;
    }
    return progress;
}

static void rename_operand(struct workload *workload, enum workload_operand kind, uint32_t from,
                           uint32_t to) {
    for (uint32_t i = 0; i < workload_ops(workload); i++)
        for (int second = 0; second < 2; second++) {
            enum workload_operand operand;
            uint32_t *value = operand_of(workload, i, second, &operand);
            if (operand == kind && *value == from)
                *value = to;
        }
}

// A smaller number everywhere, or, where that says something else, in one place.
static bool plainer_names(struct shrink *shrink, enum workload_operand kind, uint32_t count) {
    bool progress = false;
    for (uint32_t from = 1; from < count; from++)
        for (uint32_t to = 0; to < from; to++) {
            struct workload candidate = shrink->best;
            rename_operand(&candidate, kind, from, to);
            if (shrink_try(shrink, &candidate)) {
                progress = true;
                break;
            }
        }
    for (uint32_t i = 0; i < workload_ops(&shrink->best); i++)
        for (int second = 0; second < 2; second++) {
            enum workload_operand operand;
            struct workload candidate = shrink->best;
            uint32_t *value = operand_of(&candidate, i, second, &operand);
            if (operand != kind)
                continue;
            *value = 0;
            progress |= shrink_try(shrink, &candidate);
        }
    return progress;
}

static bool names_channel(const struct workload *workload, uint32_t chan) {
    for (uint32_t i = 0; i < workload_ops(workload); i++) {
        const struct workload_op *op = &workload->plan.ops[i];
        if (workload_op_info(op->kind)->a == OPERAND_chan && op->a == chan)
            return true;
    }
    return false;
}

// Channels that no op names go, and buffers become smaller.
static bool plainer_channels(struct shrink *shrink) {
    bool progress = false;
    for (uint32_t chan = shrink->best.plan.chans; chan-- > 0;) {
        struct workload candidate = shrink->best;
        struct workload_plan *plan = &candidate.plan;
        if (names_channel(&candidate, chan))
            continue;
        for (uint32_t next = chan + 1; next < plan->chans; next++) {
            plan->chan_cap[next - 1] = plan->chan_cap[next];
            rename_operand(&candidate, OPERAND_chan, next, next - 1);
        }
        plan->chans--;
        progress |= shrink_try(shrink, &candidate);
    }
    for (uint32_t chan = 0; chan < shrink->best.plan.chans; chan++)
        while (shrink->best.plan.chan_cap[chan] > 0) {
            struct workload candidate = shrink->best;
            candidate.plan.chan_cap[chan]--;
            if (!shrink_try(shrink, &candidate))
                break;
            progress = true;
        }
    return progress;
}

bool shrink_operands(struct shrink *shrink) {
    bool progress = false;
    for (uint32_t i = 0; i < workload_ops(&shrink->best); i++) {
        progress |= plainer_operand(shrink, i, false);
        progress |= plainer_operand(shrink, i, true);
    }
    for (enum workload_operand operand = OPERAND_none; operand < OPERAND_COUNT; operand++) {
        const struct workload_operand_info *info = workload_operand_info(operand);
        if (info->role == ROLE_NAME)
            progress |= plainer_names(shrink, operand, info->values);
    }
    progress |= plainer_names(shrink, OPERAND_chan, shrink->best.plan.chans);
    progress |= plainer_names(shrink, OPERAND_body, shrink->best.plan.bodies);
    progress |= plainer_channels(shrink);
    return progress;
}

// What code names, for the leak profile: the objects of the plan that goroutines wait for. A body
// runs from its first op to its last, so what it still names can only shrink.
#include "exec_impl.h"

#include "assert.h"

enum { // bits
    NAMES_MUTEXES = WORKLOAD_CHANS_MAX,
    NAMES_SEMAPHORES = NAMES_MUTEXES + WORKLOAD_MUTEXES,
    NAMES_GROUPS = NAMES_SEMAPHORES + WORKLOAD_SEMAPHORES,
    NAMES_END = NAMES_GROUPS + WORKLOAD_GROUPS
};
_Static_assert((int)NAMES_END <= (int)RT_NAMES_COUNT, "a bit for each object");

static uint32_t names_of_operand(enum workload_operand kind, uint32_t value,
                                 const uint32_t *bodies) {
    switch (kind) {
    case OPERAND_chan:
        return 1u << value;
    case OPERAND_mutex:
        return 1u << (NAMES_MUTEXES + value);
    case OPERAND_semaphore:
        return 1u << (NAMES_SEMAPHORES + value);
    case OPERAND_group:
        return 1u << (NAMES_GROUPS + value);
    case OPERAND_body:
        return bodies[value];
    default:
        return 0;
    }
}

static uint32_t names_of_op(const struct workload_op *op, const uint32_t *bodies) {
    const struct workload_op_info *info = workload_op_info(op->kind);
    return names_of_operand(info->a, op->a, bodies) | names_of_operand(info->b, op->b, bodies);
}

// What each body names, with what it starts: bodies may start each other in a circle.
static void name_bodies(const struct workload_plan *plan, uint32_t *bodies) {
    bool changed;
    do {
        changed = false;
        for (uint32_t body = 0; body < plan->bodies; body++) {
            uint32_t names = bodies[body];
            for (uint32_t i = workload_body_begin(plan, body); i < workload_body_end(plan, body);
                 i++)
                names |= names_of_op(&plan->ops[i], bodies);
            changed |= names != bodies[body];
            bodies[body] = names;
        }
    } while (changed);
}

static bool looks_for_leaks(const struct workload_plan *plan) {
    for (uint32_t i = 0; i < workload_body_end(plan, plan->bodies - 1u); i++)
        if (plan->ops[i].kind == OP_goroutineleak)
            return true;
    return false;
}

const struct exec_names *exec_names_new(struct arena *arena, const struct workload_plan *plan) {
    if (!looks_for_leaks(plan))
        return NULL;
    uint32_t bodies[WORKLOAD_BODIES_MAX] = {0};
    struct exec_names *names = ARENA_ARRAY(arena, struct exec_names, WORKLOAD_OPS_MAX);
    name_bodies(plan, bodies);
    for (uint32_t body = 0; body < plan->bodies; body++) {
        uint32_t begin = workload_body_begin(plan, body), end = workload_body_end(plan, body);
        uint32_t rest[WORKLOAD_OPS_MAX + 1] = {0}; // what is named from an op on
        for (uint32_t i = end; i-- > begin;) {
            uint32_t behind = i + 1 + workload_cases(plan, i); // a select has its cases with it
            names[i].op = names_of_op(&plan->ops[i], bodies);
            for (uint32_t k = i + 1; k < behind; k++)
                names[i].op |= names[k].op;
            names[i].rest = behind < end ? rest[behind] : 0;
            rest[i] = names[i].op | names[i].rest;
        }
    }
    return names;
}

void exec_tell_names(struct exec_flow *flow, const struct workload_op *op) {
    const struct exec_names *names = &flow->program->names[op - flow->ops];
    rt_set_names(names->op, names->rest);
}

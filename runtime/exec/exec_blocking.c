// The ops that wait for objects of the plan or for time: select, mutexes, semaphores, wait groups,
// sleeps and timers.
#include "exec_impl.h"

#include "assert.h"

_Static_assert((int)WORKLOAD_CASES_MAX <= (int)RT_CASES_MAX, "a select takes every case of an op");

void exec_blocking_new(struct exec_program *program) {
    for (uint32_t i = 0; i < WORKLOAD_MUTEXES; i++)
        program->mutexes[i] = rt_gomutex_new(program->rt);
    for (uint32_t i = 0; i < WORKLOAD_SEMAPHORES; i++)
        program->semaphores[i] = rt_semaphore_new(program->rt);
    for (uint32_t i = 0; i < WORKLOAD_GROUPS; i++)
        program->groups[i] = rt_group_new(program->rt);
}

bool exec_has_timers(const struct workload_plan *plan) {
    for (uint32_t i = 0; i < workload_body_end(plan, plan->bodies - 1u); i++)
        if (plan->ops[i].kind == OP_sleep || plan->ops[i].kind == OP_after)
            return true;
    return false;
}

void exec_blocking(struct exec_flow *flow, const struct workload_op *op) {
    struct exec_program *program = flow->program;
    switch ((enum workload_op_kind)op->kind) {
    case OP_lock:
        rt_gomutex_lock(program->mutexes[op->a]);
        break;
    case OP_unlock:
        rt_gomutex_unlock(program->mutexes[op->a]);
        break;
    case OP_acquire:
        rt_semaphore_acquire(program->semaphores[op->a]);
        break;
    case OP_release:
        rt_semaphore_release(program->semaphores[op->a]);
        break;
    case OP_add:
        rt_group_add(program->groups[op->a], op->b);
        break;
    case OP_done:
        rt_group_done(program->groups[op->a]);
        break;
    case OP_wait:
        rt_group_wait(program->groups[op->a]);
        break;
    case OP_sleep:
        rt_sleep(op->a);
        break;
    default:
        ASSERT(!"no op that waits");
    }
}

void exec_after(struct exec_flow *flow, uint32_t ticks, uint32_t body) {
    if (exec_take_place(flow->program))
        rt_after(ticks, exec_goroutine, &flow->program->entries[body]);
}

void exec_select(struct exec_flow *flow, struct rt_frame *frame, bool waits) {
    const struct workload_plan *plan = &flow->program->workload->plan;
    uint32_t count = workload_cases(plan, flow->at - 1);
    const struct workload_op *ops = &flow->ops[flow->at];
    struct rt_case cases[WORKLOAD_CASES_MAX];
    for (uint32_t i = 0; i < count; i++) {
        bool send = ops[i].kind == OP_send;
        cases[i] = (struct rt_case){.chan = flow->program->chans[ops[i].a],
                                    .send = send,
                                    .value = send ? frame->slots[ops[i].b] : NULL};
    }
    flow->at += count;
    int chosen = count == 0 ? -1 : rt_select(cases, count, waits);
    if (chosen >= 0 && !cases[chosen].send)
        frame->slots[ops[chosen].b] = cases[chosen].value;
}

// The interpreter: one switch over the ops, and the order in which a step happens. A step raises
// the goroutine's progress counter and tells it as one piece; only then comes a safe point, so that
// whoever stops the world sees counter and trace agree. The same holds for calls: between the event
// and the real call or return there is no safe point.
#include "exec_impl.h"

#include "assert.h"
#include "workload.h"

static const struct workload_header *header_of(const struct exec_flow *flow) {
    return &flow->program->workload->header;
}

// Take one unit of fuel and make one user step of this kind. False if the run is out of fuel.
static bool user_step(struct exec_flow *flow, uint32_t kind) {
    if (os_count(&flow->program->fuel_used, 1) >= header_of(flow)->fuel)
        return false;
    os_progress();
    flow->progress = rt_user_step();
    rt_emit(TRACE_user_step, 0, 0, kind, flow->progress);
    os_point(OS_STEP, NULL, SITE_user_step);
    rt_checkpoint();
    return true;
}

// ---- bodies -------------------------------------------------------------------------------------

static void run_body(struct exec_entry *entry, struct rt_object *object, enum exec_runner runner) {
    const struct workload_plan *plan = &entry->program->workload->plan;
    struct exec_flow flow = {
        .program = entry->program,
        .ops = plan->ops,
        .at = workload_body_begin(plan, entry->body),
        .end = workload_body_end(plan, entry->body),
        .runner = runner,
    };
    struct rt_frame base = {.slots = {object}};
    rt_frame_push(&base);
    flow.progress = rt_user_step();
    rt_emit(TRACE_body_begin, entry->body, 0, 0, flow.progress);
    exec_ops(&flow, &base, -1);
    flow.progress = rt_user_step();
    rt_emit(TRACE_body_end, entry->body, 0, 0, flow.progress);
    rt_frame_pop(&base);
}

bool exec_take_place(struct exec_program *program) {
    if (os_count(&program->alive, 1) < program->workload->header.goroutines)
        return true;
    exec_give_place(program);
    return false;
}

void exec_give_place(struct exec_program *program) {
    os_count(&program->alive, UINT32_MAX);
}

void exec_goroutine(void *argument) {
    struct exec_entry *entry = argument;
    run_body(entry, NULL, EXEC_PLAN);
    exec_give_place(entry->program);
    os_progress();
}

static void service_main(void *argument, struct rt_object *object) {
    run_body(argument, object, EXEC_SERVICE);
}

// A call from a thread of C, which costs a unit of fuel.
static bool foreign_main(void *argument) {
    struct exec_entry *entry = argument;
    struct exec_program *program = entry->program;
    if (os_count(&program->fuel_used, 1) >= program->workload->header.fuel)
        return false;
    os_progress();
    run_body(entry, NULL, EXEC_FOREIGN);
    return true;
}

static struct rt_callback callback_of(struct exec_flow *flow, uint32_t body) {
    return (struct rt_callback){
        .fn = service_main, .argument = &flow->program->entries[body], .body = body};
}

// ---- ops ----------------------------------------------------------------------------------------

static void do_spawn(struct exec_flow *flow, uint32_t body, uint32_t count) {
    struct exec_program *program = flow->program;
    for (uint32_t i = 0; i < count; i++) {
        if (!exec_take_place(program))
            return;
        if (rt_go(exec_goroutine, &program->entries[body]) == 0) {
            exec_give_place(program);
            return;
        }
        os_progress();
    }
}

static void do_coro(struct exec_flow *flow, struct rt_coro *coro, uint32_t body) {
    struct exec_program *program = flow->program;
    if (exec_take_place(program) && !rt_coro_create(coro, exec_goroutine, &program->entries[body]))
        exec_give_place(program);
}

// The P is lost or may be at any time: nothing between enter and exit touches the runtime or the
// trace.
static void do_syscall(uint32_t ticks, bool blocks) {
    rt_syscall_enter(blocks);
    for (uint32_t i = 0; i < ticks; i++) {
        if (i > 0)
            os_yield(SITE_syscall_body);
        os_point(OS_STEP, NULL, SITE_syscall_body);
    }
    rt_syscall_exit();
}

static void do_exit(struct exec_flow *flow) {
    if (flow->runner == EXEC_FOREIGN) { // Go stops the program there; here the call is over
        flow->at = flow->end;
        return;
    }
    if (flow->runner == EXEC_PLAN)
        exec_give_place(flow->program);
    os_progress();
    rt_goexit();
}

static void do_steps(struct exec_flow *flow, uint32_t ticks) {
    for (uint32_t i = 1; i < ticks; i++) // the op itself was the first
        if (!user_step(flow, OP_step))
            return;
}

static void do_chan(struct exec_flow *flow, struct rt_frame *frame, const struct workload_op *op) {
    struct rt_chan *chan = flow->program->chans[op->a];
    if (chan == NULL)
        return;
    struct rt_object *value = NULL;
    switch (op->kind) {
    case OP_send:
        rt_chan_send(chan, frame->slots[op->b]);
        break;
    case OP_recv:
        rt_chan_recv(chan, &value);
        frame->slots[op->b] = value;
        break;
    default:
        rt_chan_close(chan);
    }
}

static void do_object(struct exec_flow *flow, struct rt_frame *frame,
                      const struct workload_op *op) {
    struct rt_object **slot = &frame->slots[op->a];
    switch (op->kind) {
    case OP_alloc:
        *slot = rt_alloc();
        break;
    case OP_drop:
        *slot = NULL;
        break;
    case OP_finalizer:
        // Told while the slot still holds the object: it cannot be queued before.
        if (*slot != NULL && rt_set_finalizer(*slot, callback_of(flow, op->b)))
            rt_emit(TRACE_finalizer_set, rt_object_id(*slot), 0, op->b, 0);
        break;
    default:
        if (*slot != NULL) {
            uint32_t number = rt_add_cleanup(*slot, callback_of(flow, op->b));
            rt_emit(TRACE_cleanup_added, rt_object_id(*slot), 0, op->b, number);
        }
    }
}

// levels: how often it calls itself before the ops behind it go on in the innermost.
static void do_call(struct exec_flow *flow, uint32_t id, uint32_t levels) {
    flow->levels = levels;
    if (flow->depth == EXEC_NESTING_MAX)
        return;
    flow->depth++;
    rt_morestack(flow->depth);
    rt_emit(TRACE_call, 0, 0, id, 0);
    exec_call_frame(flow, id);
    flow->depth--;
}

static void do_op(struct exec_flow *flow, struct rt_frame *frame, const struct workload_op *op) {
    switch ((enum workload_op_kind)op->kind) {
    case OP_yield:
        rt_gosched();
        break;
    case OP_spawn:
        do_spawn(flow, op->a, op->b);
        break;
    case OP_send:
    case OP_recv:
    case OP_close:
        do_chan(flow, frame, op);
        break;
    case OP_syscall:
    case OP_block:
        do_syscall(op->a, op->kind == OP_block);
        break;
    case OP_label:
        rt_set_label(op->a);
        break;
    case OP_alloc:
    case OP_finalizer:
    case OP_cleanup:
    case OP_drop:
        do_object(flow, frame, op);
        break;
    case OP_gc:
        rt_gc();
        break;
    case OP_profile:
        exec_profile(flow, op->a, false);
        break;
    case OP_snapshot:
        exec_profile(flow, op->a, true);
        break;
    case OP_stacks:
        exec_stacks(flow, op->a);
        break;
    case OP_numgoroutine:
        rt_emit(TRACE_number_asked, 0, 0, 0, 0);
        rt_emit(TRACE_number_given, 0, 0, rt_num_goroutine(), 0);
        break;
    case OP_goroutineleak:
        exec_leak_profile(flow, op->a);
        break;
    case OP_exit:
        do_exit(flow);
        break;
    case OP_step:
        do_steps(flow, op->a);
        break;
    case OP_coro:
        do_coro(flow, flow->program->coros[op->a], op->b);
        break;
    case OP_resume:
        rt_coro_switch(flow->program->coros[op->a]);
        break;
    case OP_select:
    case OP_poll:
        exec_select(flow, frame, op->kind == OP_select);
        break;
    case OP_lock:
    case OP_unlock:
    case OP_acquire:
    case OP_release:
    case OP_add:
    case OP_done:
    case OP_wait:
    case OP_sleep:
        exec_blocking(flow, op);
        break;
    case OP_after:
        exec_after(flow, op->a, op->b);
        break;
    case OP_foreign:
    case OP_bound:
        rt_foreign_start((struct rt_foreign){.call = foreign_main,
                                             .argument = &flow->program->entries[op->a],
                                             .calls = op->b,
                                             .bound = op->kind == OP_bound});
        break;
    case OP_lockthread:
        if (rt_lock_thread())
            rt_emit(TRACE_lock_thread, 0, 0, 1, 0);
        break;
    case OP_unlockthread:
        if (rt_unlock_thread())
            rt_emit(TRACE_lock_thread, 0, 0, 0, 0);
        break;
    case OP_gomaxprocs:
        rt_set_procs(op->a);
        break;
    case OP_call:
    case OP_recurse:
    case OP_return:
    case OP_COUNT:
        ASSERT(!"ops of the loop");
    }
}

void exec_ops(struct exec_flow *flow, struct rt_frame *frame, int id) {
    bool inner = flow->levels > 0 && flow->depth < EXEC_NESTING_MAX;
    if (inner)
        do_call(flow, (uint32_t)id, flow->levels - 1);
    flow->levels = 0;
    while (!inner && flow->at < flow->end) {
        const struct workload_op *op = &flow->ops[flow->at++];
        if (flow->program->names != NULL)
            exec_tell_names(flow, op);
        os_op_begin();
        if (!user_step(flow, op->kind)) {
            flow->at = flow->end;
        } else if (op->kind == OP_call) {
            do_call(flow, op->a, 0);
        } else if (op->kind == OP_recurse) {
            do_call(flow, op->a, op->b - 1);
        } else if (op->kind == OP_return) {
            if (id >= 0)
                break;
        } else {
            do_op(flow, frame, op);
        }
    }
    if (id >= 0)
        rt_emit(TRACE_return, 0, 0, (uint32_t)id, 0);
}

// ---- the program of a run -----------------------------------------------------------------------

struct exec_program *exec_program_new(const struct exec_config *config,
                                      const struct exec_resources *resources,
                                      const struct workload *workload) {
    struct exec_program *program = ARENA_NEW(resources->arena, struct exec_program);
    program->workload = workload;
    program->arena = resources->arena;
    os_init_u32(&program->alive, 1);
    for (uint32_t i = 0; i < workload->plan.bodies; i++)
        program->entries[i] = (struct exec_entry){.program = program, .body = i};
    const struct rt_config rt_config = {
        .procs = workload->header.procs,
        .ms_max = workload->header.ms,
        .cleanups_max = workload->header.cleanups,
        .mutants = config->mutants,
        .arena = resources->arena,
        .stacks = resources->stacks,
        .buffers = resources->buffers,
        .shared_buffer = resources->shared_buffer,
        .events = config->events,
        .judge_every = config->judge_every,
        .frame_of = exec_frame_of,
        .sysmon = true,
        .timers = exec_has_timers(&workload->plan),
        .tick_ns = resources->tick_ns,
        .main = exec_goroutine,
        .main_argument = &program->entries[0],
    };
    program->rt = rt_new(&rt_config);
    for (uint32_t i = 0; i < workload->plan.chans; i++)
        program->chans[i] = rt_chan_new(program->rt, workload->plan.chan_cap[i]);
    for (uint32_t i = 0; i < WORKLOAD_COROS; i++)
        program->coros[i] = rt_coro_new(program->rt);
    exec_blocking_new(program);
    program->names = exec_names_new(resources->arena, &workload->plan);
    return program;
}

// Goroutines cost most: their structs, and the entries of allgs, which doubles. Objects and frames
// of a plan cost at most one piece a unit of fuel, a queued finalizer or cleanup included.
size_t exec_arena_capacity(void) {
    size_t goroutines = (size_t)WORKLOAD_GOROUTINES_MAX * 2048;
    size_t profiles = (size_t)EXEC_PROFILE_SLOTS * (sizeof(struct rt_record) + sizeof(uint32_t));
    size_t fuel = (size_t)WORKLOAD_FUEL_MAX * 512;
    return goroutines + profiles + fuel + ((size_t)64 << 20);
}

size_t exec_stacks_max(void) {
    return WORKLOAD_GOROUTINES_MAX + RT_THREADS_MAX + EXEC_SERVICES;
}

// Executions in the virtual world: one world, one arena and one pool of stacks, used run after run.
// All threads share one trace buffer, and the seam's own record goes to the same, so the order of
// the buffer is the order of the run and sequence numbers are handed out once it is over.
#include "exec_impl.h"

#include "assert.h"
#include "virtual.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENTS_MAX_DEFAULT = 1 << 16, PROGRESS_STEPS_DEFAULT = 20000, DUMP_SIZE = 1 << 16 };
enum { TICK_NS = 50 }; // five steps

struct exec {
    struct exec_config config;
    struct arena arena;
    struct stack_pool *stacks;
    struct os_world *world;
    struct trace_buffer buffer;
    struct workload_entry *decisions;
    uint32_t decisions_capacity;
    char *dump;
};

const char *exec_world(void) {
    return "virtual";
}

// ---- the seam's own record ----------------------------------------------------------------------

static void on_raw(void *user, uint32_t thread, uint32_t raw_class, uint32_t id, uint32_t word) {
    struct exec *exec = user;
    trace_append(&exec->buffer, (struct trace_event){.kind = TRACE_raw,
                                                     .thread = (uint16_t)thread,
                                                     .goroutine = id,
                                                     .version = os_watched_version(word),
                                                     .a = raw_class,
                                                     .b = os_watched_state(word)});
}

static void on_switched(void *user, uint32_t from, uint32_t to, enum site site, bool preemption) {
    struct exec *exec = user;
    trace_append(&exec->buffer, (struct trace_event){.kind = TRACE_preempt,
                                                     .thread = (uint16_t)from,
                                                     .object = to,
                                                     .a = site,
                                                     .b = preemption});
}

static void on_chosen(void *user, uint32_t thread, enum site site, uint32_t value) {
    struct exec *exec = user;
    trace_append(&exec->buffer,
                 (struct trace_event){
                     .kind = TRACE_choose, .thread = (uint16_t)thread, .a = site, .b = value});
}

// ---- life ---------------------------------------------------------------------------------------

static bool exec_init(struct exec *exec, const struct exec_config *config) {
    exec->config = *config;
    if (exec->config.events_max == 0)
        exec->config.events_max = EVENTS_MAX_DEFAULT;
    if (exec->config.progress_steps == 0)
        exec->config.progress_steps = PROGRESS_STEPS_DEFAULT;
    if (arena_init(&exec->arena, exec_arena_capacity()) != 0)
        return false;
    exec->stacks = stack_pool_new(exec_stacks_max());
    if (exec->stacks != NULL)
        stack_pool_wipes(exec->stacks);
    exec->buffer.capacity = exec->config.events_max;
    exec->buffer.events = malloc(sizeof(struct trace_event) * exec->buffer.capacity);
    exec->dump = malloc(DUMP_SIZE);
    if (exec->stacks == NULL || exec->buffer.events == NULL || exec->dump == NULL)
        return false;
    const struct os_virtual_config world = {
        .stacks = exec->stacks,
        .progress_steps = exec->config.progress_steps,
        .raw = config->events ? on_raw : NULL,
        .switched = config->events ? on_switched : NULL,
        .chosen = config->events ? on_chosen : NULL,
        .user = exec,
        .told = &exec->buffer,
    };
    exec->world = os_virtual_new(&world);
    return exec->world != NULL;
}

struct exec *exec_new(const struct exec_config *config) {
    struct exec *exec = calloc(1, sizeof *exec);
    if (exec != NULL && exec_init(exec, config))
        return exec;
    fprintf(stderr, "gproof: no memory for a virtual world: %s\n", strerror(errno));
    if (exec != NULL)
        exec_free(exec);
    return NULL;
}

void exec_free(struct exec *exec) {
    if (exec->world != NULL)
        os_virtual_free(exec->world);
    if (exec->stacks != NULL)
        stack_pool_free(exec->stacks);
    if (exec->arena.base != NULL)
        arena_fini(&exec->arena);
    free(exec->buffer.events);
    free(exec->decisions);
    free(exec->dump);
    free(exec);
}

void exec_set_mutants(struct exec *exec, struct mutant_set mutants) {
    exec->config.mutants = mutants;
}

// ---- a run --------------------------------------------------------------------------------------

// Decisions whose key does not fit an entry are left out: no schedule could say them.
static void keep_decisions(struct exec *exec, const struct os_virtual_stats *stats,
                           struct run *run) {
    if (stats->decisions_count > exec->decisions_capacity) {
        exec->decisions_capacity = stats->decisions_count;
        exec->decisions =
            realloc(exec->decisions, sizeof *exec->decisions * exec->decisions_capacity);
        ASSERT(exec->decisions != NULL);
    }
    uint32_t count = 0;
    for (uint32_t i = 0; i < stats->decisions_count; i++) {
        const struct os_decision *from = &stats->decisions[i];
        if (from->op > UINT16_MAX || from->occurrence > UINT16_MAX)
            continue;
        exec->decisions[count++] = (struct workload_entry){
            .context = from->context,
            .op = from->op,
            .occurrence = (uint16_t)from->occurrence,
            .site = (uint8_t)from->site,
            .is_choice = from->is_choice,
            .target = from->is_choice ? 0 : from->target,
            .value = from->is_choice ? from->value : 0,
        };
    }
    run->decisions = exec->decisions;
    run->decisions_count = count;
}

static const char *dump(struct exec *exec, const struct rt *rt, uint32_t threads) {
    size_t size = rt_dump(rt, exec->dump, DUMP_SIZE);
    for (uint32_t i = 0; i < threads && size + 2 < DUMP_SIZE; i++) {
        size += os_virtual_describe(exec->world, i, exec->dump + size, DUMP_SIZE - size - 1);
        exec->dump[size++] = '\n';
        exec->dump[size] = '\0';
    }
    return exec->dump;
}

void exec_run(struct exec *exec, const struct workload *workload, struct sched *sched, bool record,
              struct run *run) {
    *run = (struct run){0};
    exec->buffer.count = 0;
    exec->buffer.truncated = false;
    const struct exec_resources resources = {.arena = &exec->arena,
                                             .stacks = exec->stacks,
                                             .buffers = &exec->buffer,
                                             .shared_buffer = true,
                                             .tick_ns = TICK_NS};
    struct exec_program *program = exec_program_new(&exec->config, &resources, workload);
    struct rt *rt = program->rt;
    run->end =
        os_virtual_run(exec->world, sched, record, rt_start, rt_first_m(rt), rt_first_context(rt));
    if (run->end == RUN_STUCK) // the world only sees that nobody can go on
        run->end = rt_classify(rt);

    for (uint32_t i = 0; i < exec->buffer.count; i++)
        exec->buffer.events[i].sequence = i;
    run->trace = (struct trace){.events = exec->buffer.events,
                                .count = exec->buffer.count,
                                .truncated = exec->buffer.truncated};
    const struct os_virtual_stats *stats = os_virtual_stats(exec->world);
    run->steps = stats->steps;
    run->preemptions = stats->preemptions;
    run->stacks_judged = rt_stacks_judged(rt);
    if (record)
        keep_decisions(exec, stats, run);
    if (run->end == RUN_STUCK || run->end == RUN_NO_PROGRESS || run->end == RUN_FATAL)
        run->dump = dump(exec, rt, stats->threads);
    arena_reset(&exec->arena);
    stack_pool_reset(exec->stacks);
}

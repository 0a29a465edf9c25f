// Executions on real threads: one world, one arena and one pool of stacks, used run after run.
// Every thread writes a trace buffer of its own; they are merged by sequence once the run is over,
// or once it is lost.
#include "exec_impl.h"

#include "assert.h"
#include "posix.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EVENTS_MAX_DEFAULT = 1 << 16, WATCHDOG_MS_DEFAULT = 10000, DUMP_SIZE = 1 << 16 };
enum { TICK_NS = 2000 };

struct exec {
    struct exec_config config;
    struct arena arena;
    struct stack_pool *stacks;
    struct os_posix *world;
    struct trace_buffer buffers[RT_THREADS_MAX]; // of each thread
    struct trace_event *merged;                  // room for all of them
    char *dump;
    struct exec_program *program; // of the run under way
};

const char *exec_world(void) {
    return "posix";
}

// ---- lost runs ----------------------------------------------------------------------------------

#ifdef GPROOF_TSAN
void AnnotateIgnoreReadsBegin(const char *file, int line); // of the sanitizer's runtime
void AnnotateIgnoreReadsEnd(const char *file, int line);
#endif

static struct trace merge(struct exec *exec) {
    struct trace trace;
    trace_merge(exec->buffers, RT_THREADS_MAX, exec->merged,
                exec->config.events_max * RT_THREADS_MAX, &trace);
    return trace;
}

// All Gs, Ms, Ps and threads, as text that stands until the next run.
static const char *dump(struct exec *exec) {
    size_t size = rt_dump(exec->program->rt, exec->dump, DUMP_SIZE);
    uint32_t threads = os_posix_threads(exec->world);
    for (uint32_t i = 0; i < threads && size + 2 < DUMP_SIZE; i++) {
        size += os_posix_describe(exec->world, i, exec->dump + size, DUMP_SIZE - size - 1);
        exec->dump[size++] = '\n';
        exec->dump[size] = '\0';
    }
    return exec->dump;
}

// The run cannot be drained: tell what can be told of it, while its threads may still run. What is
// read then is ordered by nothing, and that is no race of the program.
static void on_lost(void *user, enum run_end end) {
    struct exec *exec = user;
#ifdef GPROOF_TSAN
    AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
#endif
    struct trace trace = merge(exec);
    dump(exec);
#ifdef GPROOF_TSAN
    AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
#endif
    if (exec->config.lost != NULL)
        exec->config.lost(exec->config.user, exec->program->workload, &trace, end, exec->dump);
    else
        fprintf(stderr, "gproof: the run is lost: %s\n%s", run_end_name(end), exec->dump);
    _exit(1);
}

// ---- life ---------------------------------------------------------------------------------------

static bool init_buffers(struct exec *exec) {
    size_t events_max = exec->config.events_max;
    for (uint32_t i = 0; i < RT_THREADS_MAX; i++) {
        exec->buffers[i].capacity = exec->config.events_max;
        exec->buffers[i].events = malloc(sizeof(struct trace_event) * events_max);
        if (exec->buffers[i].events == NULL)
            return false;
    }
    exec->merged = malloc(sizeof(struct trace_event) * events_max * RT_THREADS_MAX);
    return exec->merged != NULL;
}

static bool exec_init(struct exec *exec, const struct exec_config *config) {
    exec->config = *config;
    if (exec->config.events_max == 0)
        exec->config.events_max = EVENTS_MAX_DEFAULT;
    if (exec->config.watchdog_ms == 0)
        exec->config.watchdog_ms = WATCHDOG_MS_DEFAULT;
    ASSERT(exec->config.events_max <= UINT32_MAX / RT_THREADS_MAX);
    if (arena_init(&exec->arena, exec_arena_capacity()) != 0 || !init_buffers(exec))
        return false;
    exec->stacks = stack_pool_new(exec_stacks_max());
    exec->dump = malloc(DUMP_SIZE);
    if (exec->stacks == NULL || exec->dump == NULL)
        return false;
    const struct os_posix_config world = {
        .noise = (enum os_noise)exec->config.noise,
        .noise_seed = exec->config.noise_seed,
        .watchdog_ms = exec->config.watchdog_ms,
        .slow_ms = exec->config.slow_ms,
        .lost = on_lost,
        .user = exec,
    };
    exec->world = os_posix_new(&world);
    return exec->world != NULL;
}

struct exec *exec_new(const struct exec_config *config) {
    struct exec *exec = calloc(1, sizeof *exec);
    if (exec != NULL && exec_init(exec, config))
        return exec;
    fprintf(stderr, "gproof: no memory for a world of threads: %s\n", strerror(errno));
    if (exec != NULL)
        exec_free(exec);
    return NULL;
}

void exec_free(struct exec *exec) {
    os_posix_free(exec->world);
    if (exec->stacks != NULL)
        stack_pool_free(exec->stacks);
    if (exec->arena.base != NULL)
        arena_fini(&exec->arena);
    for (uint32_t i = 0; i < RT_THREADS_MAX; i++)
        free(exec->buffers[i].events);
    free(exec->merged);
    free(exec->dump);
    free(exec);
}

void exec_set_mutants(struct exec *exec, struct mutant_set mutants) {
    exec->config.mutants = mutants;
}

// ---- a run --------------------------------------------------------------------------------------

void exec_run(struct exec *exec, const struct workload *workload, struct sched *sched, bool record,
              struct run *run) {
    (void)sched, (void)record;
    *run = (struct run){0};
    for (uint32_t i = 0; i < RT_THREADS_MAX; i++) {
        exec->buffers[i].count = 0;
        exec->buffers[i].truncated = false;
    }
    const struct exec_resources resources = {.arena = &exec->arena,
                                             .stacks = exec->stacks,
                                             .buffers = exec->buffers,
                                             .shared_buffer = false,
                                             .tick_ns = TICK_NS};
    exec->program = exec_program_new(&exec->config, &resources, workload);
    struct rt *rt = exec->program->rt;
    run->end = os_posix_run(exec->world, rt_start, rt_first_m(rt), rt_first_context(rt));
    run->trace = merge(exec);
    run->stacks_judged = rt_stacks_judged(rt);
    if (run->end == RUN_STUCK)
        run->dump = dump(exec);
    exec->program = NULL;
    arena_reset(&exec->arena);
    stack_pool_reset(exec->stacks);
}

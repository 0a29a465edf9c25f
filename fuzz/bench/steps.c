// gproof-bench-virtual: how many steps of all threads fall inside the two stops of one profile, for
// 100 and for 10,000 parked goroutines, in the virtual world under the default decisions. The stops
// of a concurrent profile must not grow with the number of goroutines. Prints lines as shapes.h
// says.
#include "arena.h"
#include "rt.h"
#include "virtual.h"

#include "assert.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    EVENTS_MAX = 1 << 20,
    SPARE = 64,
    PROCS = 2,
    MS_MAX = 4,
    ARENA_BYTES = 256 << 20,
    PROGRESS_STEPS = 1 << 24
};

struct steps {
    struct sched sched; // first: the scheduler is handed back as this
    struct rt *rt;
    struct trace_buffer buffer;
    struct trace_event *events;
    uint32_t read;   // events looked at
    bool stopped;    // as of the last one of them
    uint64_t inside; // steps while stopped
    uint32_t goroutines, parked;
    struct rt_chan *chan;
    struct rt_record *records;
};

// Asked at every point: is the world stopped at it?
static uint32_t pick(struct sched *sched, const struct sched_view *view) {
    struct steps *steps = (struct steps *)sched;
    for (; steps->read < steps->buffer.count; steps->read++) {
        const struct trace_event *event = &steps->events[steps->read];
        bool profile = event->a == TRACE_STOP_PROFILE || event->a == TRACE_STOP_PROFILE_CLEANUP;
        if (event->kind == TRACE_world_stopped && profile)
            steps->stopped = true;
        else if (event->kind == TRACE_world_start)
            steps->stopped = false;
    }
    steps->inside += steps->stopped;
    return sched_default(view);
}

static uint32_t choose(struct sched *sched, const struct sched_view *view, uint32_t bound) {
    (void)sched, (void)view, (void)bound;
    return 0;
}

static int frame_of(uintptr_t pc) {
    (void)pc;
    return -1;
}

static void parked(void *argument) {
    struct steps *steps = argument;
    struct rt_object *value;
    steps->parked++;
    rt_chan_recv(steps->chan, &value);
}

static void profile(void *argument) {
    struct steps *steps = argument;
    bool ok;
    uint32_t number;
    for (uint32_t i = 0; i < steps->goroutines; i++)
        ASSERT(rt_go(parked, steps) != 0);
    while (steps->parked < steps->goroutines)
        rt_gosched();
    uint32_t n =
        rt_goroutine_profile(steps->records, NULL, steps->goroutines + SPARE, &number, &ok);
    ASSERT(ok && n == steps->goroutines + 1);
}

static void *allocate(size_t count, size_t size) {
    void *memory = calloc(count, size);
    if (memory == NULL) {
        perror("gproof-bench-virtual");
        exit(3);
    }
    return memory;
}

static uint64_t steps_inside(uint32_t goroutines) {
    struct steps *steps = allocate(1, sizeof *steps);
    struct arena arena;
    struct stack_pool *stacks = stack_pool_new(goroutines + SPARE);
    const struct os_virtual_config world_config = {.stacks = stacks,
                                                   .progress_steps = PROGRESS_STEPS};
    struct os_world *world = stacks != NULL ? os_virtual_new(&world_config) : NULL;
    if (world == NULL || arena_init(&arena, ARENA_BYTES) != 0) {
        perror("gproof-bench-virtual");
        exit(3);
    }
    steps->events = allocate(EVENTS_MAX, sizeof *steps->events);
    steps->records = allocate(goroutines + SPARE, sizeof *steps->records);
    steps->buffer = (struct trace_buffer){.events = steps->events, .capacity = EVENTS_MAX};
    steps->goroutines = goroutines;
    const struct rt_config config = {.procs = PROCS,
                                     .ms_max = MS_MAX,
                                     .cleanups_max = 1,
                                     .arena = &arena,
                                     .stacks = stacks,
                                     .buffers = &steps->buffer,
                                     .shared_buffer = true,
                                     .events = true,
                                     .frame_of = frame_of,
                                     .main = profile,
                                     .main_argument = steps};
    steps->rt = rt_new(&config);
    steps->chan = rt_chan_new(steps->rt, 0);
    steps->sched = (struct sched){.name = "default", .pick = pick, .choose = choose, .quiet = 1};
    enum run_end end = os_virtual_run(world, &steps->sched, false, rt_start, rt_first_m(steps->rt),
                                      rt_first_context(steps->rt));
    ASSERT(end == RUN_QUIESCENT && !steps->buffer.truncated);
    uint64_t inside = steps->inside;
    os_virtual_free(world);
    stack_pool_free(stacks);
    arena_fini(&arena);
    free(steps->events);
    free(steps->records);
    free(steps);
    return inside;
}

int main(void) {
    printf("steps_100 %llu\n", (unsigned long long)steps_inside(100));
    printf("steps_10000 %llu\n", (unsigned long long)steps_inside(10000));
    return 0;
}

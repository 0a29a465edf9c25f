// gproof-bench-posix: the shapes of shapes.h on the runtime in the plain posix world, without
// events, oracle or noise. One run of the runtime a shape, each with a pool of stacks of its own,
// so that no shape finds pages that another has touched.
#include "shapes.h"

#include "posix.h"
#include "rt.h"

#include "assert.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    SLICES = 200, // of a small shape; how many operations each has:
    YIELDS = 2500,
    TRIPS = 1500,
    SPAWNS = 1500,
    PAUSES = 100,
    GOROUTINES_MAX = 100000,
    SPARE = 64, // goroutines beside the parked ones
    REPEATS_MAX = 50,
    REPEATS_MIN = 5,
    WATCHDOG_MS = 600000,
    ARENA_BYTES = 512 << 20,
    TICK_NS = 100000, // sysmon preempts after 100 of them: 10 ms, as Go's does
};

// What a shape's goroutines share; its address is their argument.
struct shape {
    struct rt *rt;
    uint32_t goroutines; // to park
    uint32_t parked;     // atomic
    struct rt_chan *ping, *pong;
    struct rt_record *records;
    uint32_t *labels;
    double value;        // the figure
    double resident;     // bytes a parked goroutine
    uint64_t ticks, gap; // atomic: of the spinner
    bool over;           // atomic
    double values[SLICES];
};
_Static_assert(SLICES >= PAUSES && SLICES >= REPEATS_MAX, "room for each shape's values");

static const char *const names[] = {
#define SHAPE(id, name, unit) #id,
    BENCH_SHAPES
#undef SHAPE
};

static void say(enum bench_shape shape, double value) {
    printf("%s %.3f\n", names[shape], value);
}

static int compare(const void *a, const void *b) {
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

// The value below which that many of 100 of the shape's first `count` values lie.
static double percentile(struct shape *shape, int count, int percent) {
    qsort(shape->values, (size_t)count, sizeof shape->values[0], compare);
    return shape->values[count * percent / 100];
}

// ---- frames: what a record of a parked goroutine shows ------------------------------------------

// The functions of this section are the frames of the plan; its bounds come from the linker.
#define FRAME __attribute__((noinline, section("bench_frames")))
extern const char __start_bench_frames[], __stop_bench_frames[];

static int frame_of(uintptr_t pc) {
    return pc >= (uintptr_t)__start_bench_frames && pc < (uintptr_t)__stop_bench_frames ? 0 : -1;
}

FRAME static void parked(void *argument) {
    struct shape *shape = argument;
    struct rt_object *value;
    __atomic_fetch_add(&shape->parked, 1, __ATOMIC_RELAXED);
    rt_chan_recv(shape->ping, &value);
}

// ---- a run --------------------------------------------------------------------------------------

__attribute__((noreturn)) static void on_lost(void *user, enum run_end end) {
    (void)user;
    fprintf(stderr, "the run is lost: %s\n", run_end_name(end));
    _exit(1);
}

static void *allocate(size_t count, size_t size) {
    void *memory = calloc(count, size);
    if (memory == NULL) {
        perror("gproof-bench-posix");
        exit(3);
    }
    return memory;
}

static void run(struct shape *shape, uint32_t procs, void (*body)(void *argument)) {
    static const struct os_posix_config world_config = {.watchdog_ms = WATCHDOG_MS,
                                                        .lost = on_lost};
    struct arena arena;
    struct os_posix *world = os_posix_new(&world_config);
    struct stack_pool *stacks = stack_pool_new(GOROUTINES_MAX + SPARE);
    if (world == NULL || stacks == NULL || arena_init(&arena, ARENA_BYTES) != 0) {
        perror("gproof-bench-posix");
        exit(3);
    }
    const struct rt_config config = {.procs = procs,
                                     .ms_max = procs + 2,
                                     .cleanups_max = 1,
                                     .arena = &arena,
                                     .stacks = stacks,
                                     .sysmon = true,
                                     .timers = true, // nobody sets one, but the scheduler looks
                                     .tick_ns = TICK_NS,
                                     .frame_of = frame_of,
                                     .main = body,
                                     .main_argument = shape};
    shape->rt = rt_new(&config);
    shape->ping = rt_chan_new(shape->rt, 0);
    shape->pong = rt_chan_new(shape->rt, 0);
    os_posix_run(world, rt_start, rt_first_m(shape->rt), rt_first_context(shape->rt));
    stack_pool_free(stacks);
    os_posix_free(world);
    arena_fini(&arena);
}

// ---- small shapes, on one P ---------------------------------------------------------------------

// Do a slice again and again. A slice is shorter than what the kernel gives a thread at a time, so
// that the middle one is of a program that ran undisturbed.
static void measure_slices(struct shape *shape, void (*slice)(struct shape *shape),
                           int operations) {
    for (int i = 0; i < SLICES; i++) {
        int64_t begin = os_now();
        slice(shape);
        shape->values[i] = (double)(os_now() - begin) / operations;
    }
    shape->value = percentile(shape, SLICES, 50);
}

static void yield_slice(struct shape *shape) {
    (void)shape;
    for (int i = 0; i < YIELDS; i++)
        rt_gosched();
}

static void yield_along(void *argument) {
    struct shape *shape = argument;
    while (!__atomic_load_n(&shape->over, __ATOMIC_RELAXED))
        rt_gosched();
}

static void yield_main(void *argument) {
    struct shape *shape = argument;
    rt_go(yield_along, shape);
    rt_gosched();
    measure_slices(shape, yield_slice, 2 * YIELDS);
    __atomic_store_n(&shape->over, true, __ATOMIC_RELAXED);
}

static void echo(void *argument) {
    struct shape *shape = argument;
    struct rt_object *value;
    while (rt_chan_recv(shape->ping, &value))
        rt_chan_send(shape->pong, value);
}

static void channel_slice(struct shape *shape) {
    struct rt_object *value;
    for (int i = 0; i < TRIPS; i++) {
        rt_chan_send(shape->ping, NULL);
        rt_chan_recv(shape->pong, &value);
    }
}

static void channel_main(void *argument) {
    struct shape *shape = argument;
    rt_go(echo, shape);
    measure_slices(shape, channel_slice, TRIPS);
    rt_chan_close(shape->ping);
}

static void send_once(void *argument) {
    struct shape *shape = argument;
    rt_chan_send(shape->pong, NULL);
}

static void spawn_slice(struct shape *shape) {
    struct rt_object *value;
    for (int i = 0; i < SPAWNS; i++) {
        rt_go(send_once, shape);
        rt_chan_recv(shape->pong, &value);
    }
}

static void spawn_main(void *argument) {
    measure_slices(argument, spawn_slice, SPAWNS);
}

// ---- profiles -----------------------------------------------------------------------------------

static double resident_bytes(void) {
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%*d %ld", &pages) != 1)
        pages = 0;
    if (file != NULL)
        fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static void park_all(struct shape *shape) {
    double before = resident_bytes();
    for (uint32_t i = 0; i < shape->goroutines; i++) {
        if (rt_go(parked, shape) == 0) {
            fprintf(stderr, "no stack for goroutine %u\n", i);
            _exit(3);
        }
        if (i % SPARE == 0)
            rt_gosched();
    }
    while (__atomic_load_n(&shape->parked, __ATOMIC_RELAXED) < shape->goroutines)
        rt_gosched();
    shape->resident = (resident_bytes() - before) / shape->goroutines;
}

static void take_profile(struct shape *shape) {
    bool ok;
    uint32_t number;
    uint32_t n = rt_goroutine_profile(shape->records, shape->labels, shape->goroutines + SPARE,
                                      &number, &ok);
    ASSERT(ok && n >= shape->goroutines && n < shape->goroutines + SPARE);
    ASSERT(shape->records[n - 1].depth == 1);
}

static void profile_main(void *argument) {
    struct shape *shape = argument;
    park_all(shape);
    take_profile(shape); // touches the records
    int repeats = (int)(500000 / shape->goroutines);
    repeats = repeats < REPEATS_MIN ? REPEATS_MIN : repeats > REPEATS_MAX ? REPEATS_MAX : repeats;
    for (int i = 0; i < repeats; i++) {
        int64_t begin = os_now();
        take_profile(shape);
        shape->values[i] = (double)(os_now() - begin) / 1e3;
    }
    shape->value = percentile(shape, repeats, 50);
}

// Runs all the time, and knows when it could not.
FRAME static void spin(void *argument) {
    struct shape *shape = argument;
    int64_t last = os_now();
    while (!__atomic_load_n(&shape->over, __ATOMIC_RELAXED)) {
        int64_t now = os_now();
        if ((uint64_t)(now - last) > __atomic_load_n(&shape->gap, __ATOMIC_RELAXED))
            __atomic_store_n(&shape->gap, (uint64_t)(now - last), __ATOMIC_RELAXED);
        last = now;
        __atomic_fetch_add(&shape->ticks, 1, __ATOMIC_RELAXED);
        rt_checkpoint();
    }
}

static void await_ticks(const struct shape *shape) {
    uint64_t ticks = __atomic_load_n(&shape->ticks, __ATOMIC_RELAXED);
    while (__atomic_load_n(&shape->ticks, __ATOMIC_RELAXED) < ticks + 2)
        rt_gosched();
}

static void pause_main(void *argument) {
    struct shape *shape = argument;
    park_all(shape);
    rt_go(spin, shape);
    for (int i = 0; i < PAUSES; i++) {
        await_ticks(shape);
        __atomic_store_n(&shape->gap, 0, __ATOMIC_RELAXED);
        take_profile(shape);
        await_ticks(shape);
        shape->values[i] = (double)__atomic_load_n(&shape->gap, __ATOMIC_RELAXED) / 1e3;
    }
    __atomic_store_n(&shape->over, true, __ATOMIC_RELAXED);
    shape->value = percentile(shape, PAUSES, 99);
}

static double measure(uint32_t goroutines, uint32_t procs, void (*body)(void *argument),
                      double *resident) {
    struct shape *shape = allocate(1, sizeof *shape);
    shape->goroutines = goroutines;
    shape->records = allocate(goroutines + SPARE, sizeof *shape->records);
    shape->labels = allocate(goroutines + SPARE, sizeof *shape->labels);
    run(shape, procs, body);
    double value = shape->value;
    if (resident != NULL)
        *resident = shape->resident;
    free(shape->records);
    free(shape->labels);
    free(shape);
    return value;
}

int main(void) {
    double resident;
    double largest = measure(GOROUTINES_MAX, 2, profile_main, &resident);
    say(BENCH_SHAPE_resident, resident / 1024);
    say(BENCH_SHAPE_profile_100000, largest);
    say(BENCH_SHAPE_profile_10000, measure(10000, 2, profile_main, NULL));
    say(BENCH_SHAPE_profile_1000, measure(1000, 2, profile_main, NULL));
    say(BENCH_SHAPE_yield, measure(0, 1, yield_main, NULL));
    say(BENCH_SHAPE_channel, measure(0, 1, channel_main, NULL));
    say(BENCH_SHAPE_spawn, measure(0, 1, spawn_main, NULL));
    say(BENCH_SHAPE_pause_100, measure(100, 2, pause_main, NULL));
    say(BENCH_SHAPE_pause_10000, measure(10000, 2, pause_main, NULL));
    return 0;
}

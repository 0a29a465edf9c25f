// What each scheduler does, on programs of a few lines in the virtual world: lists give way where
// they say, walks reach what they should, as often as their names promise.
#include "os_atomic.h"
#include "path.h"
#include "sched_census.h"
#include "schedulers.h"
#include "virtual.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { THREADS = 6, STACKS = 64 };

struct toy {
    uint32_t script; // 1: spins are told as spins
    struct os_context threads[THREADS];
    struct os_u32 flags[THREADS], words[THREADS];
};

static struct toy toy;
static struct stack_pool *stacks;
static struct os_world *world;
static struct scheduler scheduler;

static struct workload_schedule schedule_of(uint32_t mode, uint32_t param, uint32_t seed) {
    return (struct workload_schedule){.mode = (uint8_t)mode, .param = (uint8_t)param, .seed = seed};
}

// ---- orders
// ----------------------------------------------------------------------------------------

static uint32_t order[16], order_count;

static void order_thread(void *self) {
    uint32_t thread = (uint32_t)(uintptr_t)self;
    for (int i = 0; i < 2; i++) {
        os_point(OS_STEP, NULL, SITE_test);
        order[order_count++] = thread;
    }
}

// Three threads of two steps; m0 starts the others. Returns the order of the steps as digits.
static uint32_t order_run(struct sched *sched);

static void order_first(void *self) {
    (void)self;
    for (uint32_t i = 1; i < 3; i++) {
        toy.threads[i] = (struct os_context){.path = path_child(toy.threads[0].path, i, true)};
        os_thread_start(order_thread, (void *)(uintptr_t)i, &toy.threads[i], SITE_thread_start);
    }
    order_thread(NULL);
}

static uint32_t order_run(struct sched *sched) {
    order_count = 0;
    toy.threads[0] = (struct os_context){.path = path_root(PATH_M0, 0)};
    enum run_end end = os_virtual_run(world, sched, false, order_first, NULL, &toy.threads[0]);
    assert_int_equal(end, RUN_FINISHED);
    stack_pool_reset(stacks);
    uint32_t digits = 0;
    for (uint32_t i = 0; i < order_count; i++)
        digits = digits * 10 + order[i];
    return digits;
}

static void test_list_gives_way(void **state) {
    (void)state;
    uint64_t m0 = path_root(PATH_M0, 0), first = path_child(m0, 1, true);
    uint64_t second = path_child(m0, 2, true);
    struct workload_schedule list = {0};
    scheduler_init(&scheduler, &list);
    assert_int_equal(order_run(&scheduler.sched), 1122); // sequential, m0 first: 001122
    list.entries = 1; // before m0's second step, to the second thread; then rotation
    list.entry[0] = (struct workload_entry){
        .context = m0, .occurrence = 2, .site = SITE_test, .target = second};
    scheduler_init(&scheduler, &list);
    assert_int_equal(order_run(&scheduler.sched), 22011);
    list.entry[0].target = 0; // the next in rotation
    scheduler_init(&scheduler, &list);
    assert_int_equal(order_run(&scheduler.sched), 11220);
    list.entries = 2;
    list.entry[1] = (struct workload_entry){
        .context = first, .occurrence = 1, .site = SITE_thread_exit, .target = m0};
    scheduler_init(&scheduler, &list);
    assert_int_equal(order_run(&scheduler.sched), 11022);
}

// ---- walks --------------------------------------------------------------------------------------

// How many different orders does a scheduler reach within runs, of the 90 of three times two steps?
static uint32_t orders_reached(uint32_t mode, uint32_t param, uint32_t runs) {
    static uint32_t seen[256];
    uint32_t count = 0;
    for (uint32_t seed = 0; seed < runs; seed++) {
        const struct workload_schedule schedule = schedule_of(mode, param, seed);
        scheduler_init(&scheduler, &schedule);
        uint32_t digits = order_run(&scheduler.sched), i = 0;
        while (i < count && seen[i] != digits)
            i++;
        if (i == count)
            seen[count++] = digits;
    }
    return count;
}

static void test_walks_reach_all_orders(void **state) {
    (void)state;
    assert_int_equal(orders_reached(SCHEDULE_UNIFORM, 0, 20000), 90);
    assert_int_equal(orders_reached(SCHEDULE_POS, 0, 20000), 90);
    assert_int_equal(orders_reached(SCHEDULE_STICKY, 2, 20000), 90);
    assert_true(orders_reached(SCHEDULE_STICKY, 64, 20000) > 6);
    assert_int_equal(orders_reached(SCHEDULE_LIST, 0, 10), 1);
    // Depth 1 has no change points: only who gets the higher priority. A new thread may take over
    // at its start or wait for its turn.
    assert_true(orders_reached(SCHEDULE_PCT, 1, 5000) <= 10);
    assert_true(orders_reached(SCHEDULE_PCT, 1, 5000) >= 5);
    assert_true(orders_reached(SCHEDULE_PCT, 3, 20000) > orders_reached(SCHEDULE_PCT, 1, 20000));
}

enum { LONG_STEPS = 4000 };
static uint32_t long_last, long_switches;

static void long_thread(void *self) {
    for (int i = 0; i < LONG_STEPS; i++) {
        os_point(OS_STEP, NULL, SITE_test);
        long_switches += long_last != (uint32_t)(uintptr_t)self;
        long_last = (uint32_t)(uintptr_t)self;
    }
    os_run_end(RUN_FINISHED);
}

static void long_first(void *self) {
    (void)self;
    toy.threads[1] = (struct os_context){.path = 2};
    os_thread_start(long_thread, (void *)(uintptr_t)1, &toy.threads[1], SITE_thread_start);
    long_thread(NULL);
}

// Switches per 1000 steps of two threads.
static uint32_t switch_rate(uint32_t mode, uint32_t param) {
    uint64_t switches = 0, steps = 0;
    for (uint32_t seed = 0; seed < 20; seed++) {
        const struct workload_schedule schedule = schedule_of(mode, param, seed);
        scheduler_init(&scheduler, &schedule);
        long_last = long_switches = 0;
        toy.threads[0] = (struct os_context){.path = 1};
        os_virtual_run(world, &scheduler.sched, false, long_first, NULL, &toy.threads[0]);
        switches += long_switches;
        steps += os_virtual_stats(world)->steps;
        stack_pool_reset(stacks);
    }
    return (uint32_t)(switches * 1000 / steps);
}

static void test_sticky_sticks(void **state) {
    (void)state;
    // A thought falls on the current thread half of the time.
    assert_in_range(switch_rate(SCHEDULE_UNIFORM, 0), 480, 520);
    assert_in_range(switch_rate(SCHEDULE_STICKY, 2), 235, 265);
    assert_in_range(switch_rate(SCHEDULE_STICKY, 10), 45, 55);
    assert_in_range(switch_rate(SCHEDULE_STICKY, 64), 6, 10);
    assert_int_equal(switch_rate(SCHEDULE_LIST, 0), 0);
}

// A bug of depth 2: thread 1 must run between two neighbouring steps of m0, out of some hundred.
static bool window_hit;
static uint32_t window_open;

static void window_thread(void *self) {
    (void)self;
    for (int i = 0; i < 20; i++) {
        os_point(OS_STEP, NULL, SITE_test);
        window_hit |= window_open == 1 && i == 10;
    }
}

static void window_first(void *self) {
    (void)self;
    toy.threads[1] = (struct os_context){.path = 2};
    os_thread_start(window_thread, NULL, &toy.threads[1], SITE_thread_start);
    for (int i = 0; i < 100; i++) {
        os_point(OS_STEP, NULL, SITE_test);
        window_open = i == 50;
    }
}

static uint32_t window_hits(uint32_t mode, uint32_t param, uint32_t runs) {
    uint32_t hits = 0;
    for (uint32_t seed = 0; seed < runs; seed++) {
        const struct workload_schedule schedule = schedule_of(mode, param, seed);
        scheduler_init(&scheduler, &schedule);
        window_hit = false;
        window_open = 0;
        toy.threads[0] = (struct os_context){.path = 1};
        os_virtual_run(world, &scheduler.sched, false, window_first, NULL, &toy.threads[0]);
        hits += window_hit;
        stack_pool_reset(stacks);
    }
    return hits;
}

static void test_pct_depth(void **state) {
    (void)state;
    // Depth 2 promises 1 / (n * k) with n = 2 threads and, here, k drawn up to 8192.
    assert_int_equal(window_hits(SCHEDULE_PCT, 1, 4000), 0);
    assert_true(window_hits(SCHEDULE_PCT, 2, 4000) >= 4);
}

static void spin_waiter(void *self) {
    (void)self;
    while (os_load_u32(&toy.flags[0], OS_ACQUIRE, SITE_test) == 0)
        os_yield(toy.script ? SITE_spin : SITE_try_wait);
}

static void spin_first(void *self) {
    (void)self;
    for (uint32_t i = 1; i < 4; i++) {
        toy.threads[i] = (struct os_context){.path = i + 1};
        os_thread_start(spin_waiter, NULL, &toy.threads[i], SITE_thread_start);
    }
    for (int i = 0; i < 50; i++)
        os_point(OS_STEP, NULL, SITE_test);
    os_store_u32(&toy.flags[0], 1, OS_RELEASE, SITE_test);
}

// Whoever spins gives way, under every scheduler, whether the spin is told as one or as a yield.
static void test_spinners_do_not_starve(void **state) {
    (void)state;
    for (uint32_t seed = 0; seed < 200; seed++) {
        for (uint32_t mode = 0; mode < SCHEDULE_MODE_COUNT; mode++) {
            const struct workload_schedule schedule =
                schedule_of(mode, mode == SCHEDULE_STICKY ? 64 : 3, seed);
            scheduler_init(&scheduler, &schedule);
            toy = (struct toy){.script = seed % 2};
            toy.threads[0].path = 1;
            enum run_end end =
                os_virtual_run(world, &scheduler.sched, false, spin_first, NULL, &toy.threads[0]);
            assert_int_equal(end, RUN_FINISHED);
            stack_pool_reset(stacks);
        }
    }
}

// ---- fairness of chance -------------------------------------------------------------------------

// Threads that add to one word, after some steps of their own: the first of two a lot of them, so
// that a walk which chooses among threads lets it be late.
static uint32_t race_order, race_adds, race_locals;

static void race_thread(void *self) {
    uint32_t thread = (uint32_t)(uintptr_t)self;
    for (uint32_t i = 0; i < race_adds; i++) {
        for (uint32_t k = 0; thread == 1 && k < race_locals; k++)
            os_point(OS_STEP, NULL, SITE_user_step);
        os_add_u32(&toy.words[0], 1, SITE_test);
        race_order = race_order << 1 | (thread == 1);
    }
}

static void race_first(void *self) {
    (void)self;
    for (uint32_t i = 1; i < 3; i++) {
        toy.threads[i] = (struct os_context){.path = i + 1};
        os_thread_start(race_thread, (void *)(uintptr_t)i, &toy.threads[i], SITE_thread_start);
    }
}

static void race_run(struct sched *sched) {
    race_order = 1;
    toy.threads[0] = (struct os_context){.path = 1};
    enum run_end end = os_virtual_run(world, sched, false, race_first, NULL, &toy.threads[0]);
    assert_int_equal(end, RUN_FINISHED);
    stack_pool_reset(stacks);
}

enum { RACE_RUNS = 8000 };

// How often the rarest order of two threads with three adds each came, in 1000ths of its fair
// share; there are 20. 0 = never.
static uint32_t rarest_order(uint32_t mode, uint32_t locals) {
    static uint32_t counts[128];
    static struct sched_census census;
    memset(counts, 0, sizeof counts);
    race_adds = 3;
    race_locals = locals;
    sched_census_init(&census);
    race_run(&census.sched);
    for (uint32_t seed = 0; seed < RACE_RUNS; seed++) {
        const struct workload_schedule schedule = schedule_of(mode, 0, seed);
        scheduler_init(&scheduler, &schedule);
        scheduler.census = &census;
        race_run(&scheduler.sched);
        counts[race_order]++;
    }
    uint32_t orders = 0, rarest = RACE_RUNS;
    for (uint32_t i = 0; i < 128; i++) {
        orders += counts[i] != 0;
        if (counts[i] != 0 && counts[i] < rarest)
            rarest = counts[i];
    }
    return orders == 20 ? rarest * 1000 / (RACE_RUNS / 20) : 0;
}

static void test_surw_is_uniform_over_the_interesting(void **state) {
    (void)state;
    // 400 runs an order, so 5 deviations are a quarter.
    assert_in_range(rarest_order(SCHEDULE_SURW, 0), 750, 1000);
    assert_in_range(rarest_order(SCHEDULE_SURW, 20), 750, 1000);
    assert_true(rarest_order(SCHEDULE_UNIFORM, 20) < 100);
}

static void test_pos_spends_no_chance_on_the_independent(void **state) {
    (void)state;
    // Steps of its own keep a thread back under a uniform walk, and much less under priorities.
    uint32_t uniform = rarest_order(SCHEDULE_UNIFORM, 4), pos = rarest_order(SCHEDULE_POS, 4);
    assert_true(pos > 2 * uniform);
    assert_true(pos > 0);
}

// Many set a word and then another one; somebody reads both. Seldom is the first read before all of
// them, and the second behind one.
enum { SETTERS = 20 };
static bool reorder_seen;

static void reorder_setter(void *self) {
    (void)self;
    os_store_u32(&toy.words[0], 1, OS_RELEASE, SITE_allgs_array);
    os_store_u32(&toy.words[1], 1, OS_RELEASE, SITE_allgs_length);
}

static void reorder_reader(void *self) {
    (void)self;
    uint32_t first = os_load_u32(&toy.words[0], OS_ACQUIRE, SITE_try_state);
    reorder_seen = first == 0 && os_load_u32(&toy.words[1], OS_ACQUIRE, SITE_try_status) == 1;
}

static void reorder_first(void *self) {
    static struct os_context contexts[SETTERS + 1];
    (void)self;
    for (uint32_t i = 0; i <= SETTERS; i++) {
        contexts[i] = (struct os_context){.path = i + 2};
        os_thread_start(i < SETTERS ? reorder_setter : reorder_reader, NULL, &contexts[i],
                        SITE_thread_start);
    }
}

static void reorder_run(struct sched *sched) {
    reorder_seen = false;
    toy = (struct toy){0};
    toy.threads[0].path = 1;
    enum run_end end = os_virtual_run(world, sched, false, reorder_first, NULL, &toy.threads[0]);
    assert_int_equal(end, RUN_FINISHED);
    stack_pool_reset(stacks);
}

static uint32_t reorder_hits(uint32_t mode, uint32_t runs) {
    static struct sched_census census;
    uint32_t hits = 0;
    sched_census_init(&census);
    reorder_run(&census.sched);
    for (uint32_t seed = 0; seed < runs; seed++) {
        const struct workload_schedule schedule = schedule_of(mode, 3, seed);
        scheduler_init(&scheduler, &schedule);
        scheduler.census = &census;
        reorder_run(&scheduler.sched);
        hits += reorder_seen;
    }
    return hits;
}

static void test_rf_holds_back_many(void **state) {
    (void)state;
    uint32_t rf = reorder_hits(SCHEDULE_RF, 2000);
    uint32_t uniform = reorder_hits(SCHEDULE_UNIFORM, 2000), pct = reorder_hits(SCHEDULE_PCT, 2000);
    uint32_t pos = reorder_hits(SCHEDULE_POS, 2000), surw = reorder_hits(SCHEDULE_SURW, 2000);
    print_message("rf %u, surw %u, pos %u, pct %u, uniform %u of 2000\n", rf, surw, pos, pct,
                  uniform);
    assert_true(rf >= 20);
    assert_true(rf > 4 * uniform && rf > 4 * pct && rf > 4 * pos);
}

// A census knows who touches what, how often, and who has started whom.
static void test_census_counts(void **state) {
    (void)state;
    static struct sched_census census;
    race_adds = 3;
    race_locals = 2;
    sched_census_init(&census);
    race_run(&census.sched);
    assert_int_equal(census.threads, 3);
    assert_int_equal(census.creators[1], 0);
    assert_int_equal(census.creators[2], 0);
    assert_int_equal(census.counts[1][SITE_test], 3);
    assert_int_equal(census.counts[1][SITE_user_step], 6);
    assert_int_equal(census.counts[2][SITE_user_step], 0);
    uint32_t shared = 0;
    for (uint32_t i = 0; i < census.kinds; i++)
        if (census.kind[i].threads == 6) {
            shared++;
            assert_int_equal(census.kind[i].count, 6);
            assert_true(sched_sites_have(&census.kind[i].sites, SITE_test));
        }
    assert_int_equal(shared, 1);
}

static int group_setup(void **state) {
    (void)state;
    stacks = stack_pool_new(STACKS);
    struct os_virtual_config config = {.stacks = stacks, .progress_steps = 1u << 30};
    world = os_virtual_new(&config);
    return stacks == NULL || world == NULL;
}

static int group_teardown(void **state) {
    (void)state;
    os_virtual_free(world);
    stack_pool_free(stacks);
    return 0;
}

// Nanoseconds a point, for the eye: walks_test --bench.
static void bench(void) {
    static const struct {
        const char *name;
        uint32_t mode, param;
    } cases[] = {{"list", SCHEDULE_LIST, 0},
                 {"uniform", SCHEDULE_UNIFORM, 0},
                 {"sticky 2", SCHEDULE_STICKY, 2},
                 {"sticky 16", SCHEDULE_STICKY, 16},
                 {"sticky 64", SCHEDULE_STICKY, 64},
                 {"pct 3", SCHEDULE_PCT, 3},
                 {"pos", SCHEDULE_POS, 0},
                 {"surw", SCHEDULE_SURW, 0},
                 {"rf", SCHEDULE_RF, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t steps = 0, begin = (uint64_t)clock();
        for (uint32_t seed = 0; seed < 400; seed++) {
            const struct workload_schedule schedule =
                schedule_of(cases[i].mode, cases[i].param, seed);
            scheduler_init(&scheduler, &schedule);
            toy.threads[0] = (struct os_context){.path = 1};
            os_virtual_run(world, &scheduler.sched, false, long_first, NULL, &toy.threads[0]);
            steps += os_virtual_stats(world)->steps;
            stack_pool_reset(stacks);
        }
        double seconds = (double)((uint64_t)clock() - begin) / CLOCKS_PER_SEC;
        printf("%-10s %6.2f ns a point\n", cases[i].name, seconds * 1e9 / (double)steps);
    }
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "--bench") == 0) {
        group_setup(NULL);
        bench();
        return group_teardown(NULL);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list_gives_way),
        cmocka_unit_test(test_walks_reach_all_orders),
        cmocka_unit_test(test_sticky_sticks),
        cmocka_unit_test(test_pct_depth),
        cmocka_unit_test(test_spinners_do_not_starve),
        cmocka_unit_test(test_surw_is_uniform_over_the_interesting),
        cmocka_unit_test(test_pos_spends_no_chance_on_the_independent),
        cmocka_unit_test(test_rf_holds_back_many),
        cmocka_unit_test(test_census_counts),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}

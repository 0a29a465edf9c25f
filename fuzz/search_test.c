// The search, held against itself without any reduction: on random small programs it has to reach
// the same outcomes and the same classes of runs, with fewer runs. What an outcome is knows nothing
// of dependences: what each thread read, what is left in the words, what was told in which order.
#include "os_atomic.h"
#include "path.h"
#include "rng.h"
#include "search.h"
#include "trace.h"
#include "virtual.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

// ---- toy programs -------------------------------------------------------------------------------

enum { THREADS = 3, OPS = 5, WORDS = 2, STACKS = 64, RUNS_MAX = 20000, OUTCOMES = 1 << 15 };

enum toy_op {
    TOY_LOAD,
    TOY_STORE,
    TOY_ADD,
    TOY_LOCKED, // load and store of plain data under a mutex
    TOY_NESTED, // two mutexes, in any order: may deadlock
    TOY_TELL,
    TOY_WAKE,
    TOY_SLEEP,     // may be for ever
    TOY_SLEEP_FOR, // may time out
    TOY_YIELD,
    TOY_AWAIT, // yields until a word is not 0: may be for ever, if nobody else can go on
    TOY_SPIN,  // the same as a spin
    TOY_NOW,
    TOY_CHOOSE,
    TOY_END,
    TOY_OPS
};

struct toy {
    uint8_t kinds[THREADS][OPS], operands[THREADS][OPS], lengths[THREADS];
    uint32_t threads;
    struct os_context contexts[THREADS];
    struct os_u32 words[WORDS];
    uint32_t plain[WORDS]; // under the mutexes
    struct os_mutex mutexes[WORDS];
    struct os_note notes[THREADS];
    uint64_t seen[THREADS];
};

static struct toy toy, program; // the run's; as it begins
static struct stack_pool *stacks;
static struct os_world *world;
static struct trace_event events[256];
static struct trace_buffer told = {.events = events, .capacity = 256};

static void see(uint32_t thread, uint64_t value) {
    toy.seen[thread] = rng_mix(toy.seen[thread] ^ rng_mix(value + 1));
}

static void locked(uint32_t thread, uint32_t mutex, uint32_t value) {
    os_mutex_lock(&toy.mutexes[mutex], SITE_sched_lock);
    see(thread, toy.plain[mutex]);
    toy.plain[mutex] = toy.plain[mutex] * 3 + value;
    os_mutex_unlock(&toy.mutexes[mutex], SITE_sched_unlock);
}

static void await(uint32_t word, enum site site) {
    for (int i = 0; i < 3 && os_load_u32(&toy.words[word], OS_ACQUIRE, SITE_test) == 0; i++)
        os_yield(site);
}

static void sleep_on_note(uint32_t thread, bool timed, uint32_t operand) {
    if (timed)
        see(thread, os_note_sleep_for(&toy.notes[thread], 20 * (1 + operand), SITE_stop_note));
    else
        os_note_sleep(&toy.notes[thread], SITE_park_note);
    os_note_clear(&toy.notes[thread]);
}

static void toy_op(uint32_t thread, enum toy_op kind, uint32_t operand, uint32_t ordinal) {
    uint32_t word = operand % WORDS, value = 1 + thread * OPS + ordinal;
    switch (kind) {
    case TOY_LOAD:
        see(thread, os_load_u32(&toy.words[word], OS_ACQUIRE, SITE_test));
        break;
    case TOY_STORE:
        os_store_u32(&toy.words[word], value, OS_RELEASE, SITE_test);
        break;
    case TOY_ADD:
        see(thread, os_add_u32(&toy.words[word], value, SITE_test));
        break;
    case TOY_LOCKED:
        locked(thread, word, value);
        break;
    case TOY_NESTED:
        os_mutex_lock(&toy.mutexes[word], SITE_chan_lock);
        locked(thread, 1 - word, value);
        os_mutex_unlock(&toy.mutexes[word], SITE_chan_unlock);
        break;
    case TOY_TELL:
        os_point(OS_STEP, NULL, SITE_user_step);
        trace_append(&told, (struct trace_event){.kind = TRACE_user_step, .goroutine = value});
        break;
    case TOY_WAKE:
        os_note_wake(&toy.notes[operand % toy.threads], SITE_park_wake);
        break;
    case TOY_SLEEP:
    case TOY_SLEEP_FOR:
        sleep_on_note(thread, kind == TOY_SLEEP_FOR, operand);
        break;
    case TOY_YIELD:
        os_yield(SITE_try_wait);
        break;
    case TOY_AWAIT:
    case TOY_SPIN:
        await(word, kind == TOY_SPIN ? SITE_spin : SITE_try_wait);
        break;
    case TOY_NOW:
        os_point(OS_STEP, NULL, SITE_test);
        see(thread, (uint64_t)os_now());
        break;
    case TOY_CHOOSE:
        see(thread, os_choose(2, SITE_select_order));
        break;
    default:
        os_run_end(RUN_QUIESCENT);
    }
}

static void toy_thread(void *self) {
    uint32_t thread = (uint32_t)(uintptr_t)self;
    for (uint32_t i = 0; i < toy.lengths[thread]; i++)
        toy_op(thread, (enum toy_op)toy.kinds[thread][i], toy.operands[thread][i], i);
}

static void toy_first(void *self) {
    for (uint32_t i = 1; i < toy.threads; i++)
        os_thread_start(toy_thread, (void *)(uintptr_t)i, &toy.contexts[i], SITE_thread_start);
    toy_thread(self);
}

static enum run_end toy_run(struct sched *sched) {
    toy = program;
    told.count = 0;
    for (uint32_t i = 0; i < THREADS; i++)
        toy.contexts[i].path = path_root(PATH_M0, 0) + i;
    enum run_end end = os_virtual_run(world, sched, false, toy_first, NULL, &toy.contexts[0]);
    stack_pool_reset(stacks);
    return end;
}

static uint64_t outcome_of(enum run_end end) {
    uint64_t hash = end + 1u;
    for (uint32_t i = 0; i < THREADS; i++)
        hash = rng_mix(hash ^ toy.seen[i]);
    for (uint32_t i = 0; i < WORDS; i++)
        hash = rng_mix(hash ^ ((uint64_t)toy.plain[i] << 32 | toy.words[i].raw_value));
    for (uint32_t i = 0; i < told.count; i++)
        hash = rng_mix(hash ^ events[i].goroutine);
    return hash;
}

// What a mask allows, of a few ops a thread.
static void draw_program(uint64_t seed, uint32_t allowed) {
    struct rng rng = rng_seeded(seed);
    memset(&program, 0, sizeof program);
    program.threads = 2 + rng_below(&rng, THREADS - 1);
    for (uint32_t i = 0; i < program.threads; i++) {
        program.lengths[i] = (uint8_t)(1 + rng_below(&rng, program.threads == 2 ? OPS : 2));
        for (uint32_t k = 0; k < program.lengths[i]; k++) {
            do
                program.kinds[i][k] = (uint8_t)rng_below(&rng, TOY_OPS);
            while ((allowed >> program.kinds[i][k] & 1) == 0);
            program.operands[i][k] = (uint8_t)rng_below(&rng, 4);
        }
    }
}

// ---- comparing ----------------------------------------------------------------------------------

struct found {
    uint64_t outcomes[OUTCOMES], classes[OUTCOMES];
    uint32_t outcomes_count, classes_count;
    struct search_stats stats;
    bool whole;
};

static struct found plain, reduced;

static void add(uint64_t *set, uint32_t *count, uint64_t value) {
    uint32_t at = 0;
    while (at < *count && set[at] != value)
        at++;
    assert_true(at < OUTCOMES);
    set[at] = value;
    *count += at == *count;
}

static bool has(const uint64_t *set, uint32_t count, uint64_t value) {
    for (uint32_t i = 0; i < count; i++)
        if (set[i] == value)
            return true;
    return false;
}

static void explore(const struct search_config *config, struct found *found) {
    struct search *search = search_new(config);
    assert_non_null(search);
    found->outcomes_count = found->classes_count = 0;
    bool more = true;
    for (uint32_t runs = 0; more && runs < RUNS_MAX; runs++) {
        enum run_end end = toy_run(search_sched(search));
        bool cut = search_was_cut(search);
        uint64_t class = search_class(search);
        more = search_next(search, end);
        if (cut)
            continue;
        add(found->outcomes, &found->outcomes_count, outcome_of(end));
        add(found->classes, &found->classes_count, class);
    }
    found->whole = !more;
    found->stats = *search_stats(search);
    search_free(search);
}

static void show_program(uint64_t seed) {
    static const char *const names[TOY_OPS] = {"load",  "store", "add",   "locked", "nested",
                                               "tell",  "wake",  "sleep", "for",    "yield",
                                               "await", "spin",  "now",   "choose", "end"};
    printf("program %llu\n", (unsigned long long)seed);
    for (uint32_t i = 0; i < program.threads; i++) {
        for (uint32_t k = 0; k < program.lengths[i]; k++)
            printf(" %s %u;", names[program.kinds[i][k]], program.operands[i][k]);
        printf("\n");
    }
}

// Outcomes of the plain search that the other one missed.
static uint32_t missed(void) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < plain.outcomes_count; i++)
        count += !has(reduced.outcomes, reduced.outcomes_count, plain.outcomes[i]);
    return count;
}

enum { SIMPLE = 1 << TOY_LOAD | 1 << TOY_STORE | 1 << TOY_ADD | 1 << TOY_LOCKED | 1 << TOY_NESTED };

struct comparison {
    uint64_t programs, plain, reduced, cut, outcomes, missed, classes_missed, doubled;
};

static void compare(uint64_t seed, uint32_t allowed, struct search_config config,
                    struct comparison *sum) {
    struct search_config brute = config;
    brute.method = SEARCH_PLAIN;
    brute.blind_to_writes = false;
    draw_program(seed, allowed);
    explore(&brute, &plain);
    if (!plain.whole)
        return;
    explore(&config, &reduced);
    assert_true(reduced.whole);
    assert_int_equal(plain.stats.gaps | reduced.stats.gaps, 0);
    sum->programs++;
    sum->plain += plain.stats.executions;
    sum->reduced += reduced.stats.executions;
    sum->cut += reduced.stats.cut;
    sum->outcomes += plain.outcomes_count;
    sum->missed += missed();
    if (missed() != 0 && getenv("SEARCH_TEST_SHOW") != NULL)
        show_program(seed);
    if (config.method != SEARCH_RACES)
        return;
    uint64_t before = sum->classes_missed;
    for (uint32_t i = 0; i < plain.classes_count; i++)
        sum->classes_missed += !has(reduced.classes, reduced.classes_count, plain.classes[i]);
    if (sum->classes_missed != before && getenv("SEARCH_TEST_SHOW") != NULL)
        show_program(seed);
    sum->doubled += reduced.stats.executions - reduced.stats.cut - reduced.stats.traces;
}

static struct comparison compare_all(uint32_t allowed, struct search_config config,
                                     uint32_t programs) {
    struct comparison sum = {0};
    for (uint32_t seed = 1; seed <= programs; seed++)
        compare(seed, allowed, config, &sum);
    print_message("%llu programs: %llu runs, reduced %llu (%llu cut), %llu outcomes, %llu missed, "
                  "%llu classes missed, %llu twice\n",
                  (unsigned long long)sum.programs, (unsigned long long)sum.plain,
                  (unsigned long long)sum.reduced, (unsigned long long)sum.cut,
                  (unsigned long long)sum.outcomes, (unsigned long long)sum.missed,
                  (unsigned long long)sum.classes_missed, (unsigned long long)sum.doubled);
    return sum;
}

enum { PROGRAMS = 400 };

static void test_races_reach_all(void **state) {
    (void)state;
    const struct search_config config = {.method = SEARCH_RACES, .preemptions = SEARCH_UNBOUNDED};
    struct comparison sum = compare_all(SIMPLE, config, PROGRAMS);
    assert_true(sum.programs > PROGRAMS / 2);
    assert_int_equal(sum.missed, 0);
    assert_int_equal(sum.classes_missed, 0);
    assert_int_equal(sum.doubled, 0);
    assert_true(sum.reduced * 4 < sum.plain);
}

// Mutexes that are waited for when the run ends, or when all others sleep.
static void test_races_with_early_ends(void **state) {
    (void)state;
    const struct search_config config = {.method = SEARCH_RACES, .preemptions = SEARCH_UNBOUNDED};
    struct comparison sum = compare_all(
        1 << TOY_ADD | 1 << TOY_LOCKED | 1 << TOY_NESTED | 1 << TOY_END, config, PROGRAMS);
    assert_int_equal(sum.missed, 0);
    assert_int_equal(sum.classes_missed, 0);
}

static void test_races_with_all_ops(void **state) {
    (void)state;
    for (int chooses = 0; chooses < 2; chooses++) {
        const struct search_config config = {
            .method = SEARCH_RACES, .preemptions = SEARCH_UNBOUNDED, .chooses = chooses};
        struct comparison sum = compare_all((1 << TOY_OPS) - 1, config, PROGRAMS);
        assert_true(sum.programs > PROGRAMS / 3);
        assert_int_equal(sum.missed, 0);
        assert_int_equal(sum.classes_missed, 0);
        assert_true(sum.reduced * 2 < sum.plain);
    }
}

static void test_states_reach_all(void **state) {
    (void)state;
    for (uint32_t bound = 0; bound < 4; bound++) {
        const struct search_config config = {.method = SEARCH_STATES,
                                             .preemptions = bound == 3 ? SEARCH_UNBOUNDED : bound,
                                             .chooses = bound % 2};
        struct comparison sum = compare_all((1 << TOY_OPS) - 1, config, PROGRAMS);
        assert_int_equal(sum.missed, 0);
        assert_true(sum.reduced <= sum.plain);
    }
}

// This test has to be able to fail: a search that takes two writes of one object for independent
// misses outcomes.
static void test_a_wrong_dependence_is_seen(void **state) {
    (void)state;
    struct search_config config = {
        .method = SEARCH_RACES, .preemptions = SEARCH_UNBOUNDED, .blind_to_writes = true};
    assert_true(compare_all(SIMPLE, config, 200).missed > 0);
    config.method = SEARCH_STATES;
    assert_true(compare_all(SIMPLE, config, 200).missed > 0);
}

static int group_setup(void **state) {
    (void)state;
    stacks = stack_pool_new(STACKS);
    struct os_virtual_config config = {.stacks = stacks, .progress_steps = 1000, .told = &told};
    world = os_virtual_new(&config);
    return stacks == NULL || world == NULL;
}

static int group_teardown(void **state) {
    (void)state;
    os_virtual_free(world);
    stack_pool_free(stacks);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_races_reach_all),
        cmocka_unit_test(test_races_with_early_ends),
        cmocka_unit_test(test_races_with_all_ops),
        cmocka_unit_test(test_states_reach_all),
        cmocka_unit_test(test_a_wrong_dependence_is_seen),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}

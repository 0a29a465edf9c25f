#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "generate.h"

enum { PROGRAMS = 3000 };

static uint32_t count_ops(const struct workload *workload, enum workload_op_kind kind) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < workload_ops(workload); i++)
        count += workload->plan.ops[i].kind == kind;
    return count;
}

static bool is_canonical(const struct workload *workload) {
    struct workload canonical = *workload;
    workload_canonicalize(&canonical);
    return workload_equal(workload, &canonical);
}

static void test_same_seed_same_program(void **state) {
    (void)state;
    struct rng first = rng_seeded(21), second = rng_seeded(21), third = rng_seeded(22);
    struct workload a, b, c;
    for (int i = 0; i < 100; i++) {
        workload_generate(&a, &first);
        workload_generate(&b, &second);
        workload_generate(&c, &third);
        assert_true(workload_equal(&a, &b));
        assert_false(workload_equal(&a, &c));
        workload_mutate(&a, &c, &first);
        workload_mutate(&b, &c, &second);
        assert_true(workload_equal(&a, &b));
    }
}

// A seed means the same on every machine and compiler. Whoever changes what is drawn changes this
// number.
static void test_seeds_mean_the_same_everywhere(void **state) {
    (void)state;
    struct rng rng = rng_seeded(20);
    struct workload workload, other;
    uint64_t hash = 0;
    workload_generate(&workload, &rng);
    for (int i = 0; i < 2000; i++) {
        uint8_t bytes[WORKLOAD_BYTES_MAX];
        if (i % 10 == 0) {
            other = workload;
            workload_generate(&workload, &rng);
        } else if (i % 10 == 1) {
            workload_generate_uniform(&workload, &rng);
        } else {
            workload_mutate(&workload, i % 2 ? NULL : &other, &rng);
        }
        size_t size = workload_encode(&workload, bytes, sizeof bytes);
        for (size_t at = 0; at < size; at++)
            hash = rng_mix(hash ^ bytes[at]);
    }
    assert_int_equal(hash, 0x9eae1479c4b14922);
}

// The programs have the purpose that they are made for, a size that runs in no time, and among them
// everything there is: each kind of op, each mode, each way to ask for a profile.
static void test_programs_have_a_purpose(void **state) {
    (void)state;
    struct rng rng = rng_seeded(23);
    uint32_t kinds[OP_COUNT] = {0}, modes[SCHEDULE_MODE_COUNT] = {0};
    uint32_t profiling = 0, flipping = 0, fitting = 0, small = 0;
    for (int i = 0; i < PROGRAMS; i++) {
        struct workload workload;
        workload_generate(&workload, &rng);
        assert_true(is_canonical(&workload));
        assert_in_range(workload_ops(&workload), 5, 120);
        profiling += count_ops(&workload, OP_profile) > 0;
        flipping += count_ops(&workload, OP_gc) > 0 && (count_ops(&workload, OP_finalizer) > 0 ||
                                                        count_ops(&workload, OP_cleanup) > 0);
        for (uint32_t op = 0; op < workload_ops(&workload); op++) {
            kinds[workload.plan.ops[op].kind]++;
            if (workload.plan.ops[op].kind == OP_profile) {
                fitting += workload.plan.ops[op].a == WORKLOAD_PROFILE_FIT;
                small += workload.plan.ops[op].a < 4;
            }
        }
        modes[workload.schedule.mode]++;
    }
    assert_int_equal(profiling, PROGRAMS);
    assert_true(flipping > PROGRAMS * 8 / 10);
    assert_true(fitting > small && small > 0);
    for (int i = 0; i < OP_COUNT; i++)
        assert_true(kinds[i] > 0);
    for (int i = 0; i < SCHEDULE_MODE_COUNT; i++)
        assert_true(modes[i] > 0);
    assert_true(modes[SCHEDULE_STICKY] > modes[SCHEDULE_LIST]);
}

static void test_uniform_programs(void **state) {
    (void)state;
    struct rng rng = rng_seeded(24);
    uint32_t kinds[OP_COUNT] = {0};
    for (int i = 0; i < PROGRAMS; i++) {
        struct workload workload;
        workload_generate_uniform(&workload, &rng);
        assert_true(is_canonical(&workload));
        for (uint32_t op = 0; op < workload_ops(&workload); op++)
            kinds[workload.plan.ops[op].kind]++;
    }
    for (int i = 0; i < OP_COUNT; i++)
        assert_true(kinds[i] > 0);
}

// Every mutation changes something and leaves a valid value; over many, plans, schedules and
// headers all change, and programs neither vanish nor grow without end.
static void test_mutations(void **state) {
    (void)state;
    struct rng rng = rng_seeded(25);
    struct workload workload, other, before;
    uint32_t plans = 0, schedules = 0, headers = 0, entries = 0;
    uint64_t ops = 0;
    workload_generate(&other, &rng);
    for (int i = 0; i < PROGRAMS; i++) {
        if (i % 100 == 0)
            workload_generate(&workload, &rng);
        before = workload;
        workload_mutate(&workload, i % 3 == 0 ? NULL : &other, &rng);
        assert_true(is_canonical(&workload));
        assert_false(workload_equal(&workload, &before));
        struct workload mixed = before;
        mixed.header = workload.header;
        headers += !workload_equal(&mixed, &before);
        mixed = before;
        mixed.plan = workload.plan;
        plans += !workload_equal(&mixed, &before);
        mixed = before;
        mixed.schedule = workload.schedule;
        schedules += !workload_equal(&mixed, &before);
        entries += workload.schedule.entries > 0;
        ops += workload_ops(&workload);
    }
    assert_true(plans > PROGRAMS / 3);
    assert_true(schedules > PROGRAMS / 5);
    assert_true(headers > PROGRAMS / 50);
    assert_true(entries > PROGRAMS / 50);
    assert_in_range(ops / PROGRAMS, 10, 100);
}

// Mutation starts from anything: nothing, and a plan that is full.
static void test_mutations_of_extremes(void **state) {
    (void)state;
    struct rng rng = rng_seeded(26);
    for (int round = 0; round < 300; round++) {
        struct workload empty, full;
        workload_init(&empty);
        workload_init(&full);
        while (workload_add_body(&full.plan) != 0)
            continue;
        while (workload_insert(&full.plan, 15, 0, (struct workload_op){OP_spawn, 15, 3}))
            continue;
        workload_mutate(&empty, &full, &rng);
        workload_mutate(&full, &empty, &rng);
        assert_true(is_canonical(&empty));
        assert_true(is_canonical(&full));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_seed_same_program),
        cmocka_unit_test(test_seeds_mean_the_same_everywhere),
        cmocka_unit_test(test_programs_have_a_purpose),
        cmocka_unit_test(test_uniform_programs),
        cmocka_unit_test(test_mutations),
        cmocka_unit_test(test_mutations_of_extremes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

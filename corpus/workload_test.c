#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "path.h"
#include "rng.h"
#include "workload.h"

#include <string.h>

static void add(struct workload *workload, uint32_t body, enum workload_op_kind kind, uint32_t a,
                uint32_t b) {
    struct workload_plan *plan = &workload->plan;
    uint32_t at = workload_body_end(plan, body) - workload_body_begin(plan, body);
    struct workload_op op = {(uint8_t)kind, a, b};
    assert_true(workload_insert(plan, body, at, op));
}

static void test_init_is_valid(void **state) {
    (void)state;
    struct workload workload, canonical;
    workload_init(&workload);
    canonical = workload;
    workload_canonicalize(&canonical);
    assert_true(workload_equal(&workload, &canonical));
    assert_int_equal(workload_ops(&workload), 0);
    assert_int_equal(workload.plan.bodies, 1);
    assert_int_equal(workload.header.procs, 2);
    assert_int_equal(workload.header.ms, 4);
    assert_int_equal(workload.header.fuel, 2048);
}

static void test_insert_and_remove(void **state) {
    (void)state;
    struct workload workload;
    workload_init(&workload);
    assert_int_equal(workload_add_body(&workload.plan), 1);
    add(&workload, 1, OP_gc, 0, 0);
    add(&workload, 0, OP_yield, 0, 0);
    add(&workload, 0, OP_exit, 0, 0);
    assert_int_equal(workload_ops(&workload), 3);
    assert_int_equal(workload_body_begin(&workload.plan, 1), 2);
    assert_int_equal(workload.plan.ops[2].kind, OP_gc);
    workload_remove(&workload.plan, 0, 0, 1);
    assert_int_equal(workload.plan.ops[0].kind, OP_exit);
    assert_int_equal(workload_body_begin(&workload.plan, 1), 1);
    assert_int_equal(workload_body_end(&workload.plan, 1), 2);
}

static void test_insert_stops_at_the_limit(void **state) {
    (void)state;
    struct workload workload;
    workload_init(&workload);
    for (int i = 0; i < WORKLOAD_OPS_MAX; i++)
        add(&workload, 0, OP_gc, 0, 0);
    struct workload full = workload;
    assert_false(workload_insert(&workload.plan, 0, 0, (struct workload_op){OP_exit, 0, 0}));
    assert_true(workload_equal(&workload, &full));
}

static void test_remove_body(void **state) {
    (void)state;
    struct workload workload;
    workload_init(&workload);
    workload_add_body(&workload.plan);
    workload_add_body(&workload.plan);
    add(&workload, 0, OP_spawn, 1, 1);
    add(&workload, 0, OP_finalizer, 0, 2);
    add(&workload, 1, OP_gc, 0, 0);
    add(&workload, 2, OP_cleanup, 3, 1);
    add(&workload, 2, OP_spawn, 2, 7);
    workload_remove_body(&workload.plan, 1);
    assert_int_equal(workload.plan.bodies, 2);
    assert_int_equal(workload_ops(&workload), 2);
    assert_int_equal(workload.plan.ops[0].kind, OP_finalizer);
    assert_int_equal(workload.plan.ops[0].b, 1);
    assert_int_equal(workload.plan.ops[1].kind, OP_spawn);
    assert_int_equal(workload.plan.ops[1].a, 1);
    struct workload canonical = workload;
    workload_canonicalize(&canonical);
    assert_true(workload_equal(&workload, &canonical));
}

static struct workload_entry entry(uint64_t context, uint32_t op, enum site site) {
    return (struct workload_entry){
        .context = context, .op = op, .occurrence = 1, .site = (uint8_t)site};
}

static void test_entries_are_sorted_and_unique(void **state) {
    (void)state;
    struct workload workload;
    uint64_t mains = path_root(PATH_MAIN, 0), fing = path_root(PATH_FING, 0);
    workload_init(&workload);
    struct workload_schedule *schedule = &workload.schedule;
    schedule->mode = SCHEDULE_PCT;
    schedule->param = 3;
    schedule->seed = 9;
    schedule->entry[0] = entry(fing, 1, SITE_user_step);
    schedule->entry[1] = entry(mains, 2, SITE_user_step);
    schedule->entry[2] = entry(mains, 1, SITE_user_step);
    schedule->entry[3] = entry(fing, 1, SITE_user_step);
    schedule->entry[3].target = path_root(PATH_M0, 0); // the same key: the first one counts
    schedule->entry[4] = entry(mains, 1, SITE_user_step);
    schedule->entry[4].is_choice = true;
    schedule->entries = 5;
    workload_canonicalize(&workload);
    assert_int_equal(schedule->entries, 4);
    assert_int_equal(schedule->entry[0].op, 1);
    assert_false(schedule->entry[0].is_choice);
    assert_true(schedule->entry[1].is_choice);
    assert_int_equal(schedule->entry[1].value, 1);
    assert_int_equal(schedule->entry[2].op, 2);
    assert_true(schedule->entry[3].context == fing);
    assert_true(schedule->entry[3].target == 0);
    assert_int_equal(workload_preemptions(&workload), 3);
    assert_int_equal(schedule->mode, SCHEDULE_LIST); // entries overrule a mode
    assert_int_equal(schedule->param, 0);
    assert_int_equal(schedule->seed, 0);
}

static void test_no_channel_no_op(void **state) {
    (void)state;
    struct workload workload;
    workload_init(&workload);
    add(&workload, 0, OP_send, 0, 0);
    add(&workload, 0, OP_gc, 0, 0);
    add(&workload, 0, OP_close, 5, 0);
    workload_canonicalize(&workload);
    assert_int_equal(workload_ops(&workload), 1);
    assert_int_equal(workload.plan.ops[0].kind, OP_gc);
}

// Whatever lies in memory becomes a valid value, and a valid value stays as it is.
static void test_canonicalize_is_total_and_idempotent(void **state) {
    (void)state;
    struct rng rng = rng_seeded(1);
    for (int round = 0; round < 2000; round++) {
        struct workload garbage, again;
        unsigned char *bytes = (unsigned char *)&garbage;
        for (size_t i = 0; i < sizeof garbage; i++)
            bytes[i] = (unsigned char)(rng_next(&rng) & (round % 2 ? 0xff : 0x03));
        for (int i = 0; i < WORKLOAD_ENTRIES_MAX; i++) { // a bool holds no other value
            bool is_choice = rng_below(&rng, 2);
            memcpy(&garbage.schedule.entry[i].is_choice, &is_choice, sizeof is_choice);
        }
        workload_canonicalize(&garbage);
        assert_in_range(garbage.header.procs, 1, WORKLOAD_PROCS_MAX);
        assert_in_range(garbage.header.ms, garbage.header.procs, WORKLOAD_MS_MAX);
        assert_in_range(garbage.header.fuel, 1, WORKLOAD_FUEL_MAX);
        assert_in_range(garbage.plan.bodies, 1, WORKLOAD_BODIES_MAX);
        assert_in_range(workload_ops(&garbage), 0, WORKLOAD_OPS_MAX);
        for (uint32_t i = 0; i < workload_ops(&garbage); i++) {
            assert_in_range(garbage.plan.ops[i].kind, 0, OP_COUNT - 1);
            uint32_t *body = workload_body_operand(&garbage.plan.ops[i]);
            assert_true(body == NULL || *body < garbage.plan.bodies);
        }
        again = garbage;
        workload_canonicalize(&again);
        assert_true(workload_equal(&garbage, &again));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_init_is_valid),
        cmocka_unit_test(test_insert_and_remove),
        cmocka_unit_test(test_insert_stops_at_the_limit),
        cmocka_unit_test(test_remove_body),
        cmocka_unit_test(test_entries_are_sorted_and_unique),
        cmocka_unit_test(test_no_channel_no_op),
        cmocka_unit_test(test_canonicalize_is_total_and_idempotent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

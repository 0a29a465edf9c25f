// Random bytes are valid programs, and every way there and back is without loss. GPROOF_ROUNDS
// makes the property tests longer than the short form that always runs.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "generate.h"
#include "path.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

enum { ROUNDS_SHORT = 20000, INPUT_MAX = 700 };

static uint32_t rounds(void) {
    const char *text = getenv("GPROOF_ROUNDS");
    return text != NULL ? (uint32_t)strtoul(text, NULL, 10) : ROUNDS_SHORT;
}

static void assert_equal(const struct workload *a, const struct workload *b) {
    static char text[2][WORKLOAD_TEXT_MAX];
    if (workload_equal(a, b))
        return;
    workload_print(a, NULL, text[0], sizeof text[0]);
    workload_print(b, NULL, text[1], sizeof text[1]);
    fail_msg("not the same:\n%s\n%s", text[0], text[1]);
}

// Decoded values are canonical, bytes are a fixed point, text comes back.
static void assert_round_trips(const struct workload *workload) {
    static char text[WORKLOAD_TEXT_MAX];
    uint8_t bytes[WORKLOAD_BYTES_MAX], again[WORKLOAD_BYTES_MAX];
    struct workload other = *workload;
    workload_canonicalize(&other);
    assert_equal(workload, &other);

    size_t size = workload_encode(workload, bytes, sizeof bytes);
    assert_true(size > 0);
    workload_decode(&other, bytes, size);
    assert_equal(workload, &other);
    assert_int_equal(workload_encode(&other, again, sizeof again), size);
    assert_memory_equal(bytes, again, size);

    struct workload_error error;
    size_t length = workload_print(workload, NULL, text, sizeof text);
    assert_true(length < sizeof text);
    memset(&other, 0, sizeof other);
    if (!workload_parse(&other, text, length, &error))
        fail_msg("%u:%u: %s\n%s", error.line, error.column, error.message, text);
    assert_equal(workload, &other);
}

static void test_no_bytes_are_the_default(void **state) {
    (void)state;
    struct workload decoded, initial;
    workload_init(&initial);
    memset(&decoded, 0xa5, sizeof decoded);
    workload_decode(&decoded, NULL, 0);
    assert_equal(&decoded, &initial);
    const uint8_t zeros[300] = {0};
    workload_decode(&decoded, zeros, sizeof zeros);
    assert_equal(&decoded, &initial);
}

static void test_random_bytes(void **state) {
    (void)state;
    struct rng rng = rng_seeded(5);
    for (uint32_t round = 0; round < rounds(); round++) {
        uint8_t bytes[INPUT_MAX];
        struct workload workload;
        size_t size = rng_below(&rng, round % 4 == 0 ? INPUT_MAX : 60);
        for (size_t i = 0; i < size; i++) // full range, and small values that go deeper
            bytes[i] = (uint8_t)(rng_next(&rng) >> (56 + round % 5));
        memset(&workload, 0xa5, sizeof workload);
        workload_decode(&workload, bytes, size);
        assert_round_trips(&workload);
    }
}

static void test_random_values(void **state) {
    (void)state;
    struct rng rng = rng_seeded(6);
    struct workload workload, other;
    workload_generate(&other, &rng);
    workload_generate(&workload, &rng);
    for (uint32_t round = 0; round < rounds() / 2; round++) {
        if (round % 64 == 0) {
            other = workload;
            workload_generate(&workload, &rng);
        }
        workload_mutate(&workload, &other, &rng);
        assert_round_trips(&workload);
    }
}

static uint64_t any_path(uint32_t number) {
    uint64_t path = path_canonical(rng_mix(number));
    return path != 0 ? path : path_root(PATH_M0, 0);
}

// Every field at its ends: what random values seldom are.
static void test_extremes(void **state) {
    (void)state;
    struct workload workload;
    workload_init(&workload);
    workload.header.procs = WORKLOAD_PROCS_MAX;
    workload.header.ms = WORKLOAD_MS_MAX;
    workload.header.cleanups = WORKLOAD_CLEANUPS_MAX;
    workload.header.goroutines = WORKLOAD_GOROUTINES_MAX;
    workload.header.fuel = WORKLOAD_FUEL_MAX;
    workload.plan.chans = WORKLOAD_CHANS_MAX;
    memset(workload.plan.chan_cap, WORKLOAD_CHAN_CAP_MAX, WORKLOAD_CHANS_MAX);
    while (workload_add_body(&workload.plan) != 0)
        continue;
    static const uint32_t capacities[] = {0, 31, 32, 255, 65534, WORKLOAD_PROFILE_FIT};
    for (uint32_t i = 0; i < WORKLOAD_OPS_MAX; i++) {
        struct workload_op op = {OP_profile, capacities[i % 6], 0};
        if (i % 3 == 1)
            op = (struct workload_op){OP_spawn, WORKLOAD_BODIES_MAX - 1, WORKLOAD_SPAWN_MAX};
        else if (i % 3 == 2)
            op = (struct workload_op){OP_step, WORKLOAD_TICKS_MAX, 0};
        assert_true(workload_insert(&workload.plan, i % WORKLOAD_BODIES_MAX, 0, op));
    }
    assert_round_trips(&workload);

    struct workload_schedule *schedule = &workload.schedule;
    for (uint32_t i = 0; i < WORKLOAD_ENTRIES_MAX; i++) {
        struct workload_entry *entry = &schedule->entry[schedule->entries++];
        entry->context = any_path(i);
        entry->op = WORKLOAD_ENTRY_OP_MAX;
        entry->occurrence = UINT16_MAX;
        entry->site = SITE_COUNT - 1;
        entry->is_choice = i % 2;
        entry->value = i % 2 ? UINT16_MAX : 0;
        entry->target = i % 2 ? 0 : path_child(any_path(~i), 127, true);
    }
    workload_canonicalize(&workload);
    assert_true(schedule->entries > WORKLOAD_ENTRIES_MAX / 2);
    assert_round_trips(&workload);
    for (uint8_t mode = SCHEDULE_UNIFORM; mode < SCHEDULE_MODE_COUNT; mode++)
        for (uint32_t param = 0; param < 256; param++) {
            memset(schedule, 0, sizeof *schedule);
            *schedule = (struct workload_schedule){
                .mode = mode, .param = (uint8_t)param, .seed = UINT32_MAX - param};
            workload_canonicalize(&workload);
            assert_round_trips(&workload);
        }
}

// An encoding that is cut short at any place is still a valid value, whose plan begins the same
// way.
static void test_cut_short(void **state) {
    (void)state;
    struct rng rng = rng_seeded(8);
    for (int round = 0; round < 50; round++) {
        uint8_t bytes[WORKLOAD_BYTES_MAX];
        struct workload workload, cut;
        workload_generate(&workload, &rng);
        size_t size = workload_encode(&workload, bytes, sizeof bytes);
        for (size_t length = 0; length < size; length++) {
            workload_decode(&cut, bytes, length);
            assert_round_trips(&cut);
            assert_true(workload_ops(&cut) <= workload_ops(&workload));
        }
        assert_int_equal(workload_encode(&workload, bytes, size - 1), 0);
    }
}

// Ops beyond the limit are left out, and the schedule behind them is found all the same.
static void test_too_many_ops(void **state) {
    (void)state;
    uint8_t bytes[WORKLOAD_BYTES_MAX], rest[16] = {0};
    struct workload workload, decoded;
    workload_init(&workload);
    workload.schedule = (struct workload_schedule){.mode = SCHEDULE_PCT, .param = 3, .seed = 77};
    while (workload_insert(&workload.plan, 0, 0, (struct workload_op){OP_yield, 0, 0}))
        continue;
    size_t size = workload_encode(&workload, bytes, sizeof bytes), last_op = size;
    while (bytes[last_op - 1] != OP_yield + 1)
        last_op--;
    memcpy(rest, bytes + last_op, size - last_op);
    memset(bytes + last_op, OP_gc + 1, 50);
    memcpy(bytes + last_op + 50, rest, size - last_op);
    workload_decode(&decoded, bytes, size + 50);
    assert_equal(&workload, &decoded);
}

// What follows a whole encoding means nothing.
static void test_rest_is_ignored(void **state) {
    (void)state;
    struct rng rng = rng_seeded(9);
    for (int round = 0; round < 200; round++) {
        uint8_t bytes[WORKLOAD_BYTES_MAX + 16];
        struct workload workload, decoded;
        workload_generate(&workload, &rng);
        size_t size = workload_encode(&workload, bytes, WORKLOAD_BYTES_MAX);
        for (size_t i = 0; i < 16; i++)
            bytes[size + i] = (uint8_t)rng_next(&rng);
        workload_decode(&decoded, bytes, size + 16);
        assert_equal(&workload, &decoded);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_bytes_are_the_default),
        cmocka_unit_test(test_random_bytes),
        cmocka_unit_test(test_random_values),
        cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_cut_short),
        cmocka_unit_test(test_too_many_ops),
        cmocka_unit_test(test_rest_is_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

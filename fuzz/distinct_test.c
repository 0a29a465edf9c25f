// The count is near the truth from none to a million, and repetition adds nothing.
#include "distinct.h"

#include "rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void near_the_truth(void **state) {
    (void)state;
    static const uint32_t counts[] = {0, 1, 10, 1000, 20000, 1000000};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct distinct distinct = {{0}};
        for (int round = 0; round < 2; round++)
            for (uint32_t value = 0; value < counts[i]; value++)
                distinct_add(&distinct, rng_mix(value));
        double count = distinct_count(&distinct);
        assert_true(count >= counts[i] * 0.93 && count <= counts[i] * 1.07);
    }
}

static void halves_make_a_whole(void **state) {
    (void)state;
    struct distinct left = {{0}}, right = {{0}};
    for (uint32_t value = 0; value < 60000; value++)
        distinct_add(value < 40000 ? &left : &right, rng_mix(value));
    for (uint32_t value = 0; value < 10000; value++) // in both
        distinct_add(&right, rng_mix(value));
    distinct_merge(&left, &right);
    double count = distinct_count(&left);
    assert_true(count >= 56000 && count <= 64000);
}

static void the_worst_hashes_are_fine(void **state) {
    (void)state;
    struct distinct distinct = {{0}};
    distinct_add(&distinct, 0);
    distinct_add(&distinct, UINT64_MAX);
    assert_true(distinct_count(&distinct) > 1.5 && distinct_count(&distinct) < 2.5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(near_the_truth),
        cmocka_unit_test(halves_make_a_whole),
        cmocka_unit_test(the_worst_hashes_are_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// The fuzz target over traces without an engine: the same inputs at each run, drawn by chance.
// Built with ASan and UBSan, whatever the preset.
#include "trace_fuzz.h"

#include "rng.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { ROUNDS = 6000, BYTES = 400 };

static void drive(struct rng *rng, uint32_t mode) {
    static uint8_t bytes[BYTES];
    size_t size = 3 + rng_below(rng, BYTES - 3);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)rng_next(rng);
    bytes[1] = (uint8_t)((bytes[1] & ~1u) | mode);
    assert_int_equal(LLVMFuzzerTestOneInput(bytes, size), 0);
}

static void test_edited_stories(void **state) {
    struct rng rng = rng_seeded(1);
    (void)state;
    for (int i = 0; i < ROUNDS; i++)
        drive(&rng, 0);
}

static void test_any_events(void **state) {
    struct rng rng = rng_seeded(2);
    (void)state;
    for (int i = 0; i < ROUNDS; i++)
        drive(&rng, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_edited_stories),
        cmocka_unit_test(test_any_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

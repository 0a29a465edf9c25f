// Pruning: nothing that some input shows is lost, and nothing stays that could go.
#include "prune.h"

#include "rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { INPUTS = 24, FEATURES = 40 };

struct shown {
    bool by[INPUTS][FEATURES];
};

static bool shows(void *user, uint32_t input, uint32_t feature) {
    return ((const struct shown *)user)->by[input][feature];
}

// Is the feature shown by an input that stays and is not `but`?
static bool is_covered(const struct shown *shown, const bool *keep, uint32_t feature,
                       uint32_t but) {
    for (uint32_t i = 0; i < INPUTS; i++)
        if (i != but && keep[i] && shown->by[i][feature])
            return true;
    return false;
}

static void test_nothing_is_lost(void **state) {
    struct rng rng = rng_seeded(7);
    (void)state;
    for (int round = 0; round < 500; round++) {
        static struct shown shown;
        bool keep[INPUTS] = {0}, pinned[INPUTS];
        for (uint32_t i = 0; i < INPUTS; i++) {
            pinned[i] = keep[i] = rng_below(&rng, 10) == 0;
            for (uint32_t k = 0; k < FEATURES; k++)
                shown.by[i][k] = rng_below(&rng, 8) == 0;
        }
        uint32_t kept = prune_choose(INPUTS, FEATURES, shows, &shown, keep), stay = 0;
        for (uint32_t i = 0; i < INPUTS; i++) {
            bool superfluous = true;
            stay += keep[i];
            assert_true(keep[i] || !pinned[i]);
            for (uint32_t k = 0; k < FEATURES; k++) {
                if (!shown.by[i][k])
                    continue;
                assert_true(is_covered(&shown, keep, k, INPUTS));
                superfluous &= is_covered(&shown, keep, k, i);
            }
            assert_false(keep[i] && !pinned[i] && superfluous);
        }
        assert_int_equal(kept, stay);
    }
}

static void test_the_earlier_one_stays(void **state) {
    static struct shown shown;
    bool keep[INPUTS] = {0};
    (void)state;
    shown.by[2][5] = shown.by[9][5] = true;
    assert_int_equal(prune_choose(INPUTS, FEATURES, shows, &shown, keep), 1);
    assert_true(keep[2]);
    assert_int_equal(prune_choose(0, FEATURES, shows, &shown, keep), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_lost),
        cmocka_unit_test(test_the_earlier_one_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// Numbers and durations: what is taken, and that everything else is refused and changes nothing.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "number.h"

static void numbers_in_range_are_taken(void **state) {
    (void)state;
    uint64_t value = 0;
    assert_true(number_parse("0", 0, 0, &value));
    assert_int_equal(value, 0);
    assert_true(number_parse("18446744073709551615", 0, UINT64_MAX, &value));
    assert_true(value == UINT64_MAX);
    assert_true(number_parse("0xfF", 0, 255, &value));
    assert_int_equal(value, 255);
    assert_true(number_parse("010", 0, 10, &value)); // decimal, not octal
    assert_int_equal(value, 10);
}

static void everything_else_is_refused(void **state) {
    (void)state;
    static const char *const wrong[] = {
        "", "-1", "+1", " 1", "1 ", "1x", "0x", "ff", "1.5", "9", "18446744073709551616"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint64_t value = 77;
        if (number_parse(wrong[i], 0, 8, &value))
            fail_msg("'%s' was taken", wrong[i]);
        assert_int_equal(value, 77);
    }
    uint64_t value = 77;
    assert_false(number_parse("2", 3, 9, &value));
}

static void durations_have_units(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double seconds;
    } right[] = {{"90", 90},    {"60s", 60},    {"250ms", 0.25}, {"1.5m", 90},
                 {"8h", 28800}, {"2d", 172800}, {"0.5", 0.5}};
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        double seconds = 0;
        if (!duration_parse(right[i].text, &seconds) || seconds != right[i].seconds)
            fail_msg("'%s' gave %f", right[i].text, seconds);
    }
    static const char *const wrong[] = {"",    "0",  "-1",  "s",   "1 s",  "1y",   ".5",
                                        "1e9", "5M", "inf", "nan", "101d", "1.2.3"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        double seconds = 77;
        if (duration_parse(wrong[i], &seconds))
            fail_msg("'%s' was taken", wrong[i]);
        assert_true(seconds == 77);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_in_range_are_taken),
        cmocka_unit_test(everything_else_is_refused),
        cmocka_unit_test(durations_have_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

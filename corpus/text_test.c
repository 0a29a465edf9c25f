#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "path.h"
#include "rng.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char complete[] = "gproof 1                        # comment\n"
                               "procs 3\nms 5\ncleanups 1\ngoroutines 9\nfuel 100\n"
                               "chan c0 1\nchan c1 0\n"
                               "\n"
                               "body main\n"
                               "  alloc s0\n"
                               "  finalizer s0 fin   # named before it is defined\n"
                               "\tspawn worker-2 2\r\n"
                               "  profile fit\n"
                               "  profile 0#no blank needed\n"
                               "body fin\n"
                               "  call f15\n"
                               "    send c1 s3\n"
                               "  return\n"
                               "body worker-2\n"
                               "schedule list\n"
                               "  at fing op 2 execute_checkin #1 to main/m1\n"
                               "  at main/2/1 op 0 user_step #65535 to next\n"
                               "  at m0 op 1 steal_victim #1 choose 2   # #1\n";

static void test_parses_everything(void **state) {
    (void)state;
    struct workload workload;
    struct workload_error error;
    if (!workload_parse(&workload, complete, strlen(complete), &error))
        fail_msg("%u:%u: %s", error.line, error.column, error.message);
    assert_int_equal(workload.header.procs, 3);
    assert_int_equal(workload.header.ms, 5);
    assert_int_equal(workload.header.goroutines, 9);
    assert_int_equal(workload.plan.bodies, 3);
    assert_int_equal(workload.plan.chans, 2);
    assert_int_equal(workload.plan.chan_cap[0], 1);
    assert_int_equal(workload_ops(&workload), 8);
    assert_int_equal(workload.plan.ops[1].b, 1);
    assert_int_equal(workload.plan.ops[2].a, 2);
    assert_int_equal(workload.plan.ops[3].a, WORKLOAD_PROFILE_FIT);
    assert_int_equal(workload.plan.ops[4].a, 0);
    assert_int_equal(workload.plan.ops[5].a, 15);
    assert_int_equal(workload.schedule.entries, 3);
    const struct workload_entry *first = &workload.schedule.entry[0]; // main sorts first
    assert_int_equal(first->occurrence, 65535);
    assert_true(first->target == 0);
}

static void test_comment_and_cut(void **state) {
    (void)state;
    static char text[WORKLOAD_TEXT_MAX], cut[20];
    struct workload workload, back;
    struct workload_error error;
    workload_init(&workload);
    size_t size = workload_print(&workload, "two\nlines", text, sizeof text);
    assert_non_null(strstr(text, "# two\n# lines\n"));
    assert_true(workload_parse(&back, text, size, &error));
    assert_int_equal(workload_print(&workload, "two\nlines", cut, sizeof cut), size);
    assert_int_equal(strlen(cut), sizeof cut - 1);
    assert_int_equal(strncmp(cut, text, sizeof cut - 1), 0);
    assert_int_equal(workload_print(&workload, "two\nlines", NULL, 0), size);
}

struct wrong {
    const char *text;
    uint32_t line, column;
    const char *message; // a part of it
};

static const struct wrong wrongs[] = {
    {"", 1, 1, "gproof 1"},
    {"hello\n", 1, 1, "'hello'"},
    {"gproof 2\n", 1, 8, "version"},
    {"gproof 1 x\n", 1, 10, "end of the line"},
    {"gproof 1\nprocs 9\n", 2, 7, "1 to 8"},
    {"gproof 1\nprocs\n", 2, 6, "end of the line"},
    {"gproof 1\nprocs 2x\n", 2, 7, "'2x'"},
    {"gproof 1\nprocs 18446744073709551617\n", 2, 7, "1 to 8"},
    {"gproof 1\n\n# c\nprocs 3\nms 2\n", 5, 1, "as many Ms as Ps"},
    {"gproof 1\nfuel 0\n", 2, 6, "ops to execute"},
    {"gproof 1\nspeed 3\n", 2, 1, "'speed'"},
    {"gproof 1\nchan c1 0\n", 2, 6, "c0"},
    {"gproof 1\nchan c0 16\n", 2, 9, "0 to 15"},
    {"gproof 1\nyield\n", 2, 1, "'yield'"},
    {"gproof 1\nbody main\n  jump 3\n", 3, 3, "an op"},
    {"gproof 1\nbody main\n  yield now\n", 3, 9, "'now'"},
    {"gproof 1\nbody main\n  spawn nobody 1\n", 3, 9, "'nobody'"},
    {"gproof 1\nbody main\n  spawn main\n", 3, 13, "a count"},
    {"gproof 1\nbody main\n  spawn main 100001\n", 3, 14, "100000"},
    {"gproof 1\nbody main\n  call f16\n", 3, 8, "f0 to f15"},
    {"gproof 1\nbody main\n  alloc 0\n", 3, 9, "s0 to s3"},
    {"gproof 1\nbody main\n  close c0\n", 3, 9, "'chan'"},
    {"gproof 1\nchan c0 1\nbody main\n  close c1\n", 4, 9, "c0"},
    {"gproof 1\nbody main\n  step 256\n", 3, 8, "1 to 255"},
    {"gproof 1\nbody main\n  label 256\n", 3, 9, "0 to 255"},
    {"gproof 1\nbody main\n  profile 65535\n", 3, 11, "'fit'"},
    {"gproof 1\nbody 1main\n", 2, 6, "name"},
    {"gproof 1\nbody a\nbody b\nbody a\n", 4, 6, "exists already"},
    {"gproof 1\nbody main\nprocs 2\n", 3, 1, "an op"},
    {"gproof 1\nschedule fast\n", 2, 10, "list, uniform, sticky, pct, pos, surw or rf"},
    {"gproof 1\nschedule sticky 1 3\n", 2, 17, "2 to 64"},
    {"gproof 1\nschedule pct 9 3\n", 2, 14, "1 to 8"},
    {"gproof 1\nschedule uniform 4294967296\n", 2, 18, "seed"},
    {"gproof 1\nschedule list 3\n", 2, 15, "end of the line"},
    {"gproof 1\nschedule list\nschedule list\n", 3, 1, "second"},
    {"gproof 1\nschedule list\nbody main\n", 3, 1, "'at'"},
    {"gproof 1\nschedule uniform 3\n at main op 1 spin #1 to next\n", 3, 2, "schedule list"},
    {"gproof 1\nschedule list\n at nobody op 1 spin #1 to next\n", 3, 5, "path"},
    {"gproof 1\nschedule list\n at - op 1 spin #1 to next\n", 3, 5, "path"},
    {"gproof 1\nschedule list\n at main pc 1 spin #1 to next\n", 3, 10, "'op'"},
    {"gproof 1\nschedule list\n at main op 65536 spin #1 to next\n", 3, 13, "65535"},
    {"gproof 1\nschedule list\n at main op 1 spon #1 to next\n", 3, 15, "'spon'"},
    {"gproof 1\nschedule list\n at main op 1 spin 1 to next\n", 3, 20, "#1"},
    {"gproof 1\nschedule list\n at main op 1 spin #0 to next\n", 3, 20, "#1"},
    {"gproof 1\nschedule list\n at main op 1 spin #1 go next\n", 3, 23, "'choose'"},
    {"gproof 1\nschedule list\n at main op 1 spin #1 to main/1\n", 3, 26, "an M"},
    {"gproof 1\nschedule list\n at main op 1 spin #1 choose 0\n", 3, 30, "1 to 65535"},
    {"gproof 1\nschedule list\n at m0 op 1 spin #1 to m0\n at m0 op 1 spin #1 to next\n", 4, 2,
     "key"},
};

static void test_errors_say_where(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        const struct wrong *wrong = &wrongs[i];
        struct workload workload, untouched;
        struct workload_error error = {0};
        workload_init(&workload);
        workload.header.procs = 7;
        untouched = workload;
        if (workload_parse(&workload, wrong->text, strlen(wrong->text), &error))
            fail_msg("accepted: %s", wrong->text);
        if (error.line != wrong->line || error.column != wrong->column ||
            strstr(error.message, wrong->message) == NULL)
            fail_msg("%s%u:%u: %s (expected %u:%u, %s)", wrong->text, error.line, error.column,
                     error.message, wrong->line, wrong->column, wrong->message);
        assert_true(workload_equal(&workload, &untouched));
    }
}

static void test_limits(void **state) {
    (void)state;
    static char text[1 << 20];
    struct workload workload;
    struct workload_error error;
    char *end = text + sprintf(text, "gproof 1\nbody main\n");
    for (int i = 0; i <= WORKLOAD_OPS_MAX; i++)
        end += sprintf(end, " yield\n");
    assert_false(workload_parse(&workload, text, (size_t)(end - text), &error));
    assert_int_equal(error.line, 3 + WORKLOAD_OPS_MAX);
    assert_true(workload_parse(&workload, text, (size_t)(end - text) - 7, &error));

    end = text + sprintf(text, "gproof 1\n");
    for (int i = 0; i <= WORKLOAD_BODIES_MAX; i++)
        end += sprintf(end, "body b%d\n", i);
    assert_false(workload_parse(&workload, text, (size_t)(end - text), &error));
    assert_int_equal(error.line, 2 + WORKLOAD_BODIES_MAX);

    end = text + sprintf(text, "gproof 1\nschedule list\n");
    for (int i = 0; i <= WORKLOAD_ENTRIES_MAX; i++)
        end += sprintf(end, " at main op %d spin #1 to next\n", i);
    assert_false(workload_parse(&workload, text, (size_t)(end - text), &error));
    assert_int_equal(error.line, 3 + WORKLOAD_ENTRIES_MAX);

    end = text + sprintf(text, "gproof 1\n");
    for (int i = 0; i <= WORKLOAD_CHANS_MAX; i++)
        end += sprintf(end, "chan c%d 0\n", i);
    assert_false(workload_parse(&workload, text, (size_t)(end - text), &error));
    assert_int_equal(error.line, 2 + WORKLOAD_CHANS_MAX);
    assert_int_equal(error.column, 5);
}

// Any text, however broken, is refused or parsed; never read behind its end (under ASan).
static void test_damaged_text(void **state) {
    (void)state;
    struct rng rng = rng_seeded(4);
    size_t size = strlen(complete);
    for (int round = 0; round < 20000; round++) {
        size_t length = rng_below(&rng, (uint32_t)size + 1);
        char *text = malloc(length + 1);
        assert_non_null(text);
        memcpy(text, complete, length);
        for (uint32_t damage = rng_below(&rng, 4); damage > 0 && length > 0; damage--)
            text[rng_below(&rng, (uint32_t)length)] = (char)rng_next(&rng);
        text = realloc(text, length > 0 ? length : 1);
        assert_non_null(text);
        struct workload workload, canonical;
        struct workload_error error = {0};
        if (workload_parse(&workload, text, length, &error)) {
            canonical = workload;
            workload_canonicalize(&canonical);
            assert_true(workload_equal(&workload, &canonical));
        } else {
            assert_true(error.line > 0 && error.column > 0);
            assert_true(strlen(error.message) > 0);
        }
        free(text);
    }
}

static void test_read_tells_text_from_bytes(void **state) {
    (void)state;
    struct workload workload;
    struct workload_error error;
    uint8_t bytes[WORKLOAD_BYTES_MAX];
    assert_true(workload_read(&workload, complete, strlen(complete), &error));
    assert_int_equal(workload.header.procs, 3);
    size_t size = workload_encode(&workload, bytes, sizeof bytes);
    struct workload back;
    assert_true(workload_read(&back, bytes, size, &error));
    assert_true(workload_equal(&workload, &back));
    assert_true(workload_read(&back, "", 0, &error));
    static const char commented[] = "# a comment first\n\n  gproof 1\nprocs 4\n";
    assert_true(workload_read(&back, commented, strlen(commented), &error));
    assert_int_equal(back.header.procs, 4);
    static const char misspelt[] = "gprof 1\nprocs 4\n";
    assert_false(workload_read(&back, misspelt, strlen(misspelt), &error));
    assert_int_equal(error.line, 1);
}

static void test_load(void **state) {
    (void)state;
    char name[] = "/tmp/gproof-text-test-XXXXXX";
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, complete, strlen(complete)), strlen(complete));
    close(fd);
    struct workload workload, untouched;
    assert_true(workload_load(&workload, name));
    assert_int_equal(workload.header.procs, 3);
    untouched = workload;
    assert_int_equal(unlink(name), 0);
    assert_false(workload_load(&workload, name));
    assert_false(workload_load(&workload, "/"));
    assert_true(workload_equal(&workload, &untouched));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parses_everything),
        cmocka_unit_test(test_comment_and_cut),
        cmocka_unit_test(test_errors_say_where),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_damaged_text),
        cmocka_unit_test(test_read_tells_text_from_bytes),
        cmocka_unit_test(test_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

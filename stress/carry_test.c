// What can be told of carrying without a Go: the program of a plan, its gates, how processes end,
// and how runs are counted. The tests to be counted are scripts.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "carry_process.h"
#include "carry_program.h"
#include "carry_table.h"
#include "text.h"

static struct workload parse(const char *text) {
    struct workload workload;
    struct workload_error error;
    if (!workload_parse(&workload, text, strlen(text), &error))
        fail_msg("%u:%u: %s", error.line, error.column, error.message);
    return workload;
}

static void expect_program(const char *text, const char *part) {
    struct workload workload = parse(text);
    struct strbuf out = {0};
    carry_print(&workload, 0, carry_gates(&workload), &out);
    if (strstr(out.text, part) == NULL)
        fail_msg("no '%s' in\n%s", part, out.text);
    strbuf_fini(&out);
}

static void every_op_has_a_counterpart(void **state) {
    (void)state;
    expect_program("gproof 1\nbody main\n  spawn work 3\n  profile fit\nbody work\n",
                   "\tg.spawn(1, 3) // spawn work1 3\n\tg.profile(-1) // profile fit\n");
    expect_program("gproof 1\nbody main\n  profile 7\n  block 3\n  exit\n",
                   "\tg.profile(7) // profile 7\n\tg.syscall(3) // block 3\n\tg.exit() // exit\n");
    expect_program("gproof 1\nchan c0 2\nbody main\n  send c0 s1\n  close c0\n",
                   "\tg.send(0, 1) // send c0 s1\n\tg.closeChan(0) // close c0\n");
    expect_program("gproof 1\nchan c0 2\nbody main\n  close c0\n", "chans: []int{2},");
}

static void ops_that_wait_have_counterparts(void **state) {
    (void)state;
    expect_program("gproof 1\nbody main\n  lock m1\n  unlock m1\n",
                   "\tg.lock(1) // lock m1\n\tg.unlock(1) // unlock m1\n");
    expect_program("gproof 1\nbody main\n  acquire q2\n  release q2\n  sleep 9\n  snapshot fit\n",
                   "\tg.acquire(2) // acquire q2\n\tg.release(2) // release q2\n"
                   "\tg.sleep(9) // sleep 9\n\tg.snapshot(-1) // snapshot fit\n");
    expect_program("gproof 1\nbody main\n  stacks 3\n  numgoroutine\n",
                   "\tg.stacks(3) // stacks 3\n\tg.numgoroutine() // numgoroutine\n");
    expect_program(
        "gproof 1\nbody main\n  add w0 2\n  done w0\n  wait w0\n  after 5 late\nbody late\n",
        "\tg.add(0, 2) // add w0 2\n\tg.done(0) // done w0\n\tg.wait(0) // wait w0\n"
        "\tg.after(5, 1) // after 5 work1\n");
}

static void a_select_takes_its_cases(void **state) {
    (void)state;
    expect_program(
        "gproof 1\nchan c0 0\nbody main\n  select 2\n  send c0 s1\n  recv c0 s2\n  recv c0 s3\n",
        "\tg.choose(op_select, func() { // select 2\n\t\tselect {\n"
        "\t\tcase g.round.chans[0] <- *g.slot(1): // send c0 s1\n"
        "\t\tcase *g.slot(2) = <-g.round.chans[0]: // recv c0 s2\n"
        "\t\tcase <-g.round.quit:\n\t\t}\n\t})\n\tg.recv(0, 3) // recv c0 s3\n");
    expect_program("gproof 1\nchan c0 0\nbody main\n  poll 1\n  send c0 s0\n",
                   "// send c0 s0\n\t\tdefault:\n\t\t}\n");
    expect_program("gproof 1\nbody main\n  select 2\n  gc\n",
                   "\tg.choose(op_select, func() { // select 2\n\t})\n\tg.gc() // gc\n");
}

static void what_has_no_counterpart_is_named(void **state) {
    (void)state;
    struct workload leaks = parse("gproof 1\nbody main\n  goroutineleak fit\n");
    assert_string_equal(carry_refused(&leaks.plan, false), "goroutineleak");
    struct workload locked =
        parse("gproof 1\nbody main\n  coro k0 other\n  lockthread\nbody other\n");
    assert_null(carry_refused(&locked.plan, false));
    assert_string_equal(carry_refused(&locked.plan, true), "coro");
}

static void a_service_that_ends_has_successors(void **state) {
    (void)state;
    struct workload plain = parse("gproof 1\nprocs 1\nbody main\n  gc\n");
    assert_int_equal(carry_procs(&plain), 2);
    struct workload ends =
        parse("gproof 1\nbody main\n  alloc s0\n  cleanup s0 c\nbody c\n  exit\n");
    assert_int_equal(carry_procs(&ends), 32);
}

static void frames_nest_and_close(void **state) {
    (void)state;
    expect_program(
        "gproof 1\nbody main\n  call f3\n  gc\n  return\n  yield\n",
        "\tg.call(3, func() { // call f3\n\t\tg.gc() // gc\n\t\tg.op(op_return)\n\t}) // return\n"
        "\tg.yieldOp() // yield\n}\n");
    expect_program("gproof 1\nbody main\n  call f3\n  gc\n",
                   "\tg.call(3, func() { // call f3\n\t\tg.gc() // gc\n\t})\n}\n");
    expect_program("gproof 1\nbody main\n  return\n  gc\n",
                   "\tg.op(op_return) // return\n\tg.gc() // gc\n}\n");
}

static void gates_follow_preemptions_and_ops(void **state) {
    (void)state;
    struct workload plain = parse("gproof 1\nbody main\n  profile fit\n");
    assert_int_equal(carry_gates(&plain), 0);
    struct workload acquire = parse("gproof 1\nbody main\n  profile fit\nschedule list\n"
                                    "  at main op 1 try_acquire #1 to next\n");
    assert_int_equal(carry_gates(&acquire), 1U << CARRY_STATE);
    struct workload record = parse("gproof 1\nbody main\n  profile fit\nschedule list\n"
                                   "  at main op 1 scan_acquire #1 to next\n");
    assert_int_equal(carry_gates(&record), 1U << CARRY_RECORD | 1U << CARRY_STATE);
    struct workload finalizer =
        parse("gproof 1\nbody main\n  alloc s0\n  finalizer s0 fin\nbody fin\n");
    assert_int_equal(carry_gates(&finalizer),
                     1U << CARRY_WALK | 1U << CARRY_FINALIZER_LOOP | 1U << CARRY_FINALIZER_FLIP);
}

static void ops_that_old_versions_lack_are_named(void **state) {
    (void)state;
    const char *op;
    struct workload plain = parse("gproof 1\nbody main\n  gc\n");
    assert_int_equal(carry_needs(&plain.plan, &op), 0);
    struct workload cleanup = parse("gproof 1\nbody main\n  alloc s0\n  cleanup s0 c\nbody c\n");
    assert_int_equal(carry_needs(&cleanup.plan, &op), 24);
    assert_string_equal(op, "cleanup");
}

// ---- processes ----------------------------------------------------------------------------------

static const char *const nothing[] = {NULL};

static enum carry_end shell(const char *script, double seconds, int *code, struct strbuf *said) {
    const char *argv[] = {"sh", "-c", script, NULL};
    const struct carry_process process = {.argv = argv, .environment = nothing, .seconds = seconds};
    return carry_run(&process, code, said);
}

static void processes_end_in_four_ways(void **state) {
    (void)state;
    int code;
    struct strbuf said = {0};
    assert_int_equal(shell("echo out; echo err >&2; exit 3", 20, &code, &said), CARRY_EXITED);
    assert_int_equal(code, 3);
    assert_string_equal(said.text, "out\nerr\n");
    assert_int_equal(shell("kill -TERM $$", 20, &code, &said), CARRY_KILLED_BY);
    assert_int_equal(code, SIGTERM);
    assert_int_equal(shell("sleep 60 & sleep 60", 0.2, &code, &said), CARRY_TIMED_OUT);
    const char *argv[] = {"./not-there", NULL};
    const struct carry_process absent = {.argv = argv, .environment = nothing, .seconds = 5};
    assert_int_equal(carry_run(&absent, &code, &said), CARRY_NOT_STARTED);
    assert_int_equal(code, ENOENT);
    strbuf_fini(&said);
}

static void a_group_ends_with_its_process(void **state) {
    (void)state;
    int code;
    struct strbuf said = {0};
    assert_int_equal(shell("sleep 60 & echo $!", 20, &code, &said), CARRY_EXITED);
    pid_t left = (pid_t)strtol(said.text, NULL, 10);
    assert_true(left > 1);
    char file[64];
    snprintf(file, sizeof file, "/proc/%d/stat", (int)left);
    for (int i = 0; i < 1000 && access(file, F_OK) == 0; i++) { // dead, perhaps not yet reaped
        struct strbuf stat = {0};
        bool zombie = file_read(file, 4096, &stat) == 0 && strstr(stat.text, ") Z") != NULL;
        strbuf_fini(&stat);
        if (zombie)
            break;
        usleep(10000);
        assert_int_not_equal(i, 999);
    }
    strbuf_fini(&said);
}

static void output_without_end_is_cut(void **state) {
    (void)state;
    int code;
    struct strbuf said = {0};
    assert_int_equal(shell("while :; do echo words; done", 0.3, &code, &said), CARRY_TIMED_OUT);
    assert_int_equal(said.size, CARRY_SAID_MAX);
    strbuf_fini(&said);
}

// ---- counting -----------------------------------------------------------------------------------

struct place {
    char folder[32], test[64];
};

static struct place script(const char *text) {
    struct place place = {.folder = "carry-test-XXXXXX"};
    assert_non_null(mkdtemp(place.folder));
    snprintf(place.test, sizeof place.test, "%s/slip.test", place.folder);
    assert_int_equal(file_write(place.test, text, strlen(text)), 0);
    assert_int_equal(chmod(place.test, 0700), 0);
    return place;
}

static bool measure(const char *text, double limit, struct carry_row *row) {
    struct place place = script(text);
    const struct carry_trial trial = {.environment = nothing,
                                      .folder = place.folder,
                                      .procs = 2,
                                      .rounds = 3,
                                      .seed = 7,
                                      .limit = limit};
    bool good = carry_measure(&trial, row);
    unlink(place.test);
    rmdir(place.folder);
    return good;
}

static void crashes_are_counted_by_their_way(void **state) {
    (void)state;
    struct carry_row row = {.slip = true, .gates = true, .runs = 4};
    assert_true(measure("#!/bin/sh\n"
                        "echo 'gproof gates: 1 0 0 0 0 2 0 0 0 0 0 0 0 0 0 5'\n"
                        "[ \"$GPROOF_GATES$GPROOF_ROUNDS\" = on3 ] || exit 9\n"
                        "[ \"$GPROOF_SEED\" = 8 ] && exit 0\n"
                        "echo 'fatal error: broken'; exit 2\n",
                        20, &row));
    assert_int_equal(row.runs, 4);
    assert_int_equal(row.fired, 3);
    assert_string_equal(row.ways[0].text, "broken");
    assert_int_equal(row.ways[0].runs, 3);
    assert_int_equal(row.hits[CARRY_WALK], 8);
    assert_int_equal(carry_row_hits(&row), 32);
}

static void a_row_ends_after_a_few_hangs(void **state) {
    (void)state;
    struct carry_row row = {.slip = true, .runs = 50};
    assert_true(measure("#!/bin/sh\nexec sleep 60\n", 0.1, &row));
    assert_int_equal(row.hung, 3);
    assert_int_equal(row.runs, 3);
    assert_int_equal(row.fired, 0);
}

static void a_failure_without_a_fatal_error_is_no_result(void **state) {
    (void)state;
    struct carry_row row = {.slip = true, .runs = 50};
    assert_false(measure("#!/bin/sh\nexit 1\n", 20, &row));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_op_has_a_counterpart),
        cmocka_unit_test(ops_that_wait_have_counterparts),
        cmocka_unit_test(a_select_takes_its_cases),
        cmocka_unit_test(what_has_no_counterpart_is_named),
        cmocka_unit_test(a_service_that_ends_has_successors),
        cmocka_unit_test(frames_nest_and_close),
        cmocka_unit_test(gates_follow_preemptions_and_ops),
        cmocka_unit_test(ops_that_old_versions_lack_are_named),
        cmocka_unit_test(processes_end_in_four_ways),
        cmocka_unit_test(a_group_ends_with_its_process),
        cmocka_unit_test(output_without_end_is_cut),
        cmocka_unit_test(crashes_are_counted_by_their_way),
        cmocka_unit_test(a_row_ends_after_a_few_hangs),
        cmocka_unit_test(a_failure_without_a_fatal_error_is_no_result),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

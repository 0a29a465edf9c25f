// The sandbox with a runtime that misbehaves on demand: the interpreter is a fake here, and the
// fuel of a workload says what the run does.
#include "pilot.h"
#include "sandbox.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum behaviour {
    PASSES = 1,
    CRASHES,
    HANGS,
    LOSES_THREADS,
    EXITS,
    LACKS_MEMORY,
    RACES,
    RACES_ELSEWHERE
};

struct exec {
    struct exec_config config;
    uint32_t runs;
};

struct exec *exec_new(const struct exec_config *config) {
    struct exec *exec = calloc(1, sizeof *exec);
    exec->config = *config;
    return exec;
}

void exec_free(struct exec *exec) {
    free(exec);
}

const char *exec_world(void) {
    return "posix";
}

void exec_run(struct exec *exec, const struct workload *workload, struct sched *sched, bool record,
              struct run *run) {
    (void)sched, (void)record;
    *run = (struct run){.end = RUN_FINISHED, .steps = ++exec->runs};
    struct trace nothing = {0};
    switch (workload->header.fuel) {
    case CRASHES:
        dprintf(STDERR_FILENO, "last words\n");
        raise(SIGSEGV); // under a handler of cmocka's that would go on with the next test here
        break;
    case HANGS:
        for (;;)
            pause();
    case LOSES_THREADS:
        exec->config.lost(exec->config.user, workload, &nothing, RUN_STUCK, "a dump");
        break;
    case EXITS:
        _exit(9);
    case RACES: // the same in another folder, at another address
        dprintf(STDERR_FILENO, "SUMMARY: some: data race /tmp/%u/file.c:3 in f (0x%x)\n",
                (unsigned)getpid(), (unsigned)getpid());
        _exit(66);
    case RACES_ELSEWHERE:
        dprintf(STDERR_FILENO, "SUMMARY: some: data race /tmp/file.c:4 in f\n");
        _exit(66);
    case LACKS_MEMORY:
        _exit(3);
    default:
        break;
    }
}

struct pilot *pilot_new(void) {
    return malloc(1);
}

void pilot_free(struct pilot *pilot) {
    free(pilot);
}

struct sched *pilot_scout(struct pilot *pilot, const struct workload *workload) {
    (void)pilot, (void)workload;
    return NULL;
}

struct sched *pilot_for(struct pilot *pilot, const struct workload_schedule *schedule) {
    (void)pilot, (void)schedule;
    return NULL;
}

static struct sandbox *open_sandbox(uint32_t timeout_ms) {
    static struct subject subject;
    subject_init(&subject);
    struct sandbox_config config = {.subject = &subject, .timeout_ms = timeout_ms};
    struct sandbox *sandbox = sandbox_new(&config);
    assert_non_null(sandbox);
    return sandbox;
}

static const struct trial *run(struct sandbox *sandbox, enum behaviour behaviour) {
    static struct trial trial;
    struct workload workload;
    workload_init(&workload);
    workload.header.fuel = behaviour;
    assert_true(sandbox_run(sandbox, &workload, false, &trial));
    return &trial;
}

static void a_servant_lives_from_run_to_run(void **state) {
    (void)state;
    struct sandbox *sandbox = open_sandbox(0);
    for (uint64_t i = 1; i <= 100; i++)
        assert_int_equal(run(sandbox, PASSES)->steps, i);
    sandbox_free(sandbox);
}

static void a_crash_is_a_verdict(void **state) {
    (void)state;
    struct sandbox *sandbox = open_sandbox(0);
    uint64_t signature = 0;
    for (int i = 0; i < 3; i++) {
        const struct trial *trial = run(sandbox, CRASHES);
        assert_int_equal(trial->end, RUN_CRASHED);
        assert_int_equal(trial->signal, SIGSEGV);
        assert_int_equal(trial->verdict.kind, VERDICT_VIOLATION);
        assert_int_equal(trial->verdict.violations[0].invariant, INV_runtime_sound);
        assert_true(i == 0 || trial->verdict.violations[0].signature == signature);
        signature = trial->verdict.violations[0].signature;
        assert_non_null(strstr(trial->dump, "last words"));
        assert_int_equal(run(sandbox, PASSES)->steps, 1); // a new servant
    }
    assert_int_equal(run(sandbox, EXITS)->end, RUN_CRASHED);
    sandbox_free(sandbox);
}

static uint64_t signature_of(struct sandbox *sandbox, enum behaviour behaviour) {
    const struct trial *trial = run(sandbox, behaviour);
    assert_int_equal(trial->verdict.kind, VERDICT_VIOLATION);
    return trial->verdict.violations[0].signature;
}

static void reports_are_told_apart_by_what_they_name(void **state) {
    (void)state;
    struct sandbox *sandbox = open_sandbox(0);
    uint64_t race = signature_of(sandbox, RACES);
    assert_true(signature_of(sandbox, RACES) == race);
    assert_true(signature_of(sandbox, RACES_ELSEWHERE) != race);
    assert_true(signature_of(sandbox, CRASHES) != race);
    sandbox_free(sandbox);
}

static void a_hang_ends(void **state) {
    (void)state;
    struct sandbox *sandbox = open_sandbox(50);
    const struct trial *trial = run(sandbox, HANGS);
    assert_int_equal(trial->end, RUN_NO_PROGRESS);
    assert_int_equal(trial->verdict.kind, VERDICT_VIOLATION);
    assert_int_equal(run(sandbox, PASSES)->end, RUN_FINISHED);
    sandbox_free(sandbox);
}

static void lost_threads_take_only_their_process(void **state) {
    (void)state;
    struct sandbox *sandbox = open_sandbox(0);
    for (int i = 0; i < 50; i++) { // whoever is faster, the answer or the exit
        const struct trial *trial = run(sandbox, LOSES_THREADS);
        assert_int_equal(trial->end, RUN_STUCK);
        assert_string_equal(trial->dump, "a dump");
        assert_int_equal(run(sandbox, PASSES)->steps, 1);
    }
    sandbox_free(sandbox);
}

static void a_machine_without_memory_is_no_verdict(void **state) {
    (void)state;
    struct sandbox *sandbox = open_sandbox(0);
    static struct trial trial;
    struct workload workload;
    workload_init(&workload);
    workload.header.fuel = LACKS_MEMORY;
    assert_false(sandbox_run(sandbox, &workload, false, &trial));
    sandbox_free(sandbox);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_servant_lives_from_run_to_run),
        cmocka_unit_test(a_crash_is_a_verdict),
        cmocka_unit_test(reports_are_told_apart_by_what_they_name),
        cmocka_unit_test(a_hang_ends),
        cmocka_unit_test(lost_threads_take_only_their_process),
        cmocka_unit_test(a_machine_without_memory_is_no_verdict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

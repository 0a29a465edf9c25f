// The interpreter on real threads: runs end, traces are merged in order and well formed, a run that
// cannot go on is handed over, and nothing is left behind for the next one.
#include "exec.h"

#include "generate.h"
#include "rng.h"
#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void parse(struct workload *workload, const char *text) {
    struct workload_error error = {0};
    if (!workload_parse(workload, text, strlen(text), &error))
        fail_msg("%u:%u: %s", error.line, error.column, error.message);
}

static struct exec *new_exec(uint32_t noise) {
    struct exec *exec = exec_new(&(struct exec_config){.events = true,
                                                       .events_max = 1 << 20,
                                                       .judge_every = 1,
                                                       .noise = noise,
                                                       .noise_seed = 5,
                                                       .watchdog_ms = 5000});
    assert_non_null(exec);
    return exec;
}

// Sequence rises, calls nest, progress rises by one a step: per goroutine, whatever thread it was
// on.
static void assert_well_formed(const struct run *run) {
    enum { GOROUTINES = 4096 };
    static uint8_t stack[GOROUTINES][160];
    static uint32_t depth[GOROUTINES], progress[GOROUTINES];
    memset(depth, 0, sizeof depth);
    memset(progress, 0, sizeof progress);
    assert_false(run->trace.truncated);
    for (uint32_t i = 0; i < run->trace.count; i++) {
        const struct trace_event *event = &run->trace.events[i];
        if (i > 0)
            assert_true(event->sequence > run->trace.events[i - 1].sequence);
        uint32_t id = event->goroutine;
        assert_true(id < GOROUTINES);
        switch (event->kind) {
        case TRACE_user_step:
        case TRACE_body_begin:
        case TRACE_body_end:
            assert_int_equal(event->b, progress[id] + 1);
            progress[id]++;
            break;
        case TRACE_call:
            stack[id][depth[id]++] = (uint8_t)event->a;
            assert_in_range(depth[id], 1, 144);
            break;
        case TRACE_return:
            assert_true(depth[id] > 0);
            assert_int_equal(stack[id][--depth[id]], event->a);
            break;
        default:
            break;
        }
        if (event->kind == TRACE_body_begin || event->kind == TRACE_body_end)
            assert_int_equal(depth[id], 0);
    }
}

static void generated_workloads_end(void **state) {
    (void)state;
    static struct workload workload;
    struct rng rng = rng_seeded(8);
    uint32_t judged = 0;
    for (uint32_t noise = 0; noise <= 2; noise++) {
        struct exec *exec = new_exec(noise);
        for (int i = 0; i < 100; i++) {
            workload_generate(&workload, &rng);
            struct run run;
            exec_run(exec, &workload, NULL, false, &run);
            assert_true(run.end == RUN_FINISHED || run.end == RUN_QUIESCENT);
            assert_well_formed(&run);
            judged += run.stacks_judged;
        }
        exec_free(exec);
    }
#ifdef GPROOF_TSAN // there libunwind never judges
    assert_int_equal(judged, 0);
#else
    assert_true(judged > 0);
#endif
}

static void a_profile_is_told_in_full(void **state) {
    (void)state;
    static struct workload workload;
    parse(&workload, "gproof 1\nprocs 4\nbody main\nspawn work 6\nstep 20\ncall f3\nprofile fit\n"
                     "body work\ncall f5\nstep 50\nyield\nstep 50\n");
    struct exec *exec = new_exec(1);
    for (int i = 0; i < 20; i++) {
        struct run run;
        exec_run(exec, &workload, NULL, false, &run);
        assert_int_equal(run.end, RUN_FINISHED);
        uint32_t results = 0, records = 0;
        for (uint32_t j = 0; j < run.trace.count; j++) {
            const struct trace_event *event = &run.trace.events[j];
            records += event->kind == TRACE_result_record;
            if (event->kind != TRACE_profile_result || !(event->b & 1))
                continue;
            results++;
            assert_int_equal(event->b >> 1, event->a);
        }
        assert_int_equal(results, 1);
        assert_in_range(records, 1, 7);
    }
    exec_free(exec);
}

static void nothing_is_told_without_events(void **state) {
    (void)state;
    static struct workload workload;
    parse(&workload, "gproof 1\nbody main\nspawn work 4\nprofile fit\nbody work\nstep 5\n");
    struct exec *exec = exec_new(&(struct exec_config){.events = false});
    struct run run;
    exec_run(exec, &workload, NULL, false, &run);
    assert_int_equal(run.end, RUN_FINISHED);
    assert_int_equal(run.trace.count, 0);
    exec_free(exec);
}

static void on_lost(void *user, const struct workload *workload, const struct trace *trace,
                    enum run_end end, const char *dump) {
    const int *pipe_end = user;
    bool fatal = false;
    for (uint32_t i = 0; i < trace->count; i++)
        fatal |= trace->events[i].kind == TRACE_fatal;
    bool good = end == RUN_FATAL && fatal && workload->plan.chans == 1 && strstr(dump, "main");
    _exit(write(*pipe_end, good ? "lost" : "bad!", 4) == 4 ? 7 : 8);
}

// In a process of its own, before any other test makes threads: fork takes only the calling one.
static void a_lost_run_is_handed_over(void **state) {
    (void)state;
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        static struct workload workload;
        parse(&workload, "gproof 1\nchan c0 0\nbody main\nclose c0\nclose c0\n");
        struct exec_config config = {.events = true, .lost = on_lost, .user = &pipes[1]};
        mutant_add(&config.mutants, MUTANT_canary_plumbing);
        struct exec *exec = exec_new(&config);
        struct run run;
        exec_run(exec, &workload, NULL, false, &run);
        _exit(9);
    }
    close(pipes[1]);
    char told[5] = "";
    assert_int_equal(read(pipes[0], told, 4), 4);
    close(pipes[0]);
    int status;
    assert_true(waitpid(child, &status, 0) == child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 7);
    assert_string_equal(told, "lost");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lost_run_is_handed_over),
        cmocka_unit_test(generated_workloads_end),
        cmocka_unit_test(a_profile_is_told_in_full),
        cmocka_unit_test(nothing_is_told_without_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// The interpreter against the trace it leaves: what each op does, the limits, the order of a step,
// and that a run is a function of its input.
#include "exec.h"

#include "generate.h"
#include "rng.h"
#include "sched.h"
#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

// ---- a scheduler and a run ----------------------------------------------------------------------

static uint32_t default_pick(struct sched *sched, const struct sched_view *view) {
    sched->quiet = SCHED_QUIET_MAX;
    return sched_default(view);
}
static uint32_t default_choose(struct sched *sched, const struct sched_view *view, uint32_t bound) {
    (void)sched, (void)view, (void)bound;
    return 0;
}
static struct sched default_sched(void) {
    return (struct sched){.name = "default",
                          .pick = default_pick,
                          .choose = default_choose,
                          .quiet = SCHED_QUIET_MAX};
}

struct random_sched {
    struct sched sched;
    uint64_t seed;
    struct rng rng;
};
static void random_begin(struct sched *sched) {
    struct random_sched *self = (struct random_sched *)sched;
    self->rng = rng_seeded(self->seed);
    sched->quiet = 1;
}
static uint32_t random_pick(struct sched *sched, const struct sched_view *view) {
    struct random_sched *self = (struct random_sched *)sched;
    sched->quiet = 1;
    uint32_t at = rng_below(&self->rng, view->count);
    while (!sched_is_enabled(view, at))
        at = (at + 1) % view->count;
    return at;
}
static uint32_t random_choose(struct sched *sched, const struct sched_view *view, uint32_t bound) {
    (void)view;
    return rng_below(&((struct random_sched *)sched)->rng, bound);
}
static struct random_sched random_sched(uint64_t seed) {
    return (struct random_sched){.sched = {.name = "random",
                                           .begin = random_begin,
                                           .pick = random_pick,
                                           .choose = random_choose,
                                           .quiet = 1},
                                 .seed = seed};
}

static struct exec *exec;

static int set_up(void **state) {
    (void)state;
    exec = exec_new(&(struct exec_config){.events = true, .judge_every = 1});
    return exec == NULL;
}
static int tear_down(void **state) {
    (void)state;
    exec_free(exec);
    return 0;
}

static void parse(struct workload *workload, const char *text) {
    struct workload_error error = {0};
    if (!workload_parse(workload, text, strlen(text), &error))
        fail_msg("%u:%u: %s", error.line, error.column, error.message);
}

static struct run run_text(const char *text) {
    static struct workload workload;
    parse(&workload, text);
    struct sched sched = default_sched();
    struct run run;
    exec_run(exec, &workload, &sched, false, &run);
    assert_false(run.trace.truncated);
    return run;
}

// ---- reading a trace ----------------------------------------------------------------------------

static uint32_t count_kind(const struct run *run, enum trace_kind kind, uint32_t goroutine) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < run->trace.count; i++)
        count += run->trace.events[i].kind == kind &&
                 (goroutine == 0 || run->trace.events[i].goroutine == goroutine);
    return count;
}

static const struct trace_event *find(const struct run *run, enum trace_kind kind,
                                      const struct trace_event *after) {
    const struct trace_event *end = run->trace.events + run->trace.count;
    for (after = after != NULL ? after + 1 : run->trace.events; after < end; after++)
        if (after->kind == kind)
            return after;
    return NULL;
}

static uint32_t main_goroutine(const struct run *run) {
    const struct trace_event *event = find(run, TRACE_body_begin, NULL);
    assert_non_null(event);
    return event->goroutine;
}

// Calls and returns nest, progress rises by one a step, and nothing is open when a body ends.
static void assert_well_formed(const struct run *run) {
    enum { GOROUTINES = 4096 };
    static uint8_t stack[GOROUTINES][160];
    static uint32_t depth[GOROUTINES], progress[GOROUTINES];
    memset(depth, 0, sizeof depth);
    memset(progress, 0, sizeof progress);
    for (uint32_t i = 0; i < run->trace.count; i++) {
        const struct trace_event *event = &run->trace.events[i];
        assert_int_equal(event->sequence, i);
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

// ---- ops ----------------------------------------------------------------------------------------

static void every_op_is_executed(void **state) {
    (void)state;
    struct run run = run_text(
        "gproof 1\nchan c0 1\nbody main\n"
        "alloc s0\nfinalizer s0 fin\nalloc s1\ncleanup s1 fin\nspawn work 1\ndrop s0\ndrop s1\ngc\n"
        "call f3\nlabel 9\nreturn\nyield\nsyscall 2\nblock 2\nsend c0 s1\n"
        "recv c0 s1\nclose c0\nstep 2\nprofile fit\n"
        "recurse f2 40\nsnapshot fit\nreturn\ncoro k0 work\nresume k0\n"
        "select 2\nrecv c0 s0\nsend c0 s1\npoll 1\nrecv c0 s0\nlock m0\nunlock m0\n"
        "release q0\nacquire q0\nadd w0 1\ndone w0\nwait w0\nsleep 3\nafter 3 work\n"
        "goroutineleak fit\nstacks fit\nnumgoroutine\nlockthread\nyield\nunlockthread\ngomaxprocs "
        "1\nforeign call 1\nbound "
        "call 2\nexit\n"
        "body fin\nstep 1\nbody work\nstep 1\nbody call\nstep 1\n");
    assert_int_equal(run.end, RUN_FINISHED);
    assert_well_formed(&run);
    for (uint32_t kind = 0; kind < OP_COUNT; kind++) {
        bool found = false;
        for (const struct trace_event *event = NULL;
             (event = find(&run, TRACE_user_step, event)) != NULL;)
            found |= event->a == kind;
        if (!found)
            fail_msg("op %s was not executed", workload_op_info((uint8_t)kind)->name);
    }
    assert_non_null(find(&run, TRACE_label, NULL));
    // Two of the plan, and a call from C begins and ends in one.
    assert_int_equal(count_kind(&run, TRACE_syscall_enter, 0), 2 + 3);
    assert_int_equal(count_kind(&run, TRACE_syscall_exit, 0), 2 + 3);
    assert_int_equal(count_kind(&run, TRACE_finalizer_run, 0), 1);
    assert_int_equal(count_kind(&run, TRACE_cleanup_run, 0), 1);
#ifndef GPROOF_TSAN // there libunwind never judges
    assert_true(run.stacks_judged > 0);
#endif
}

static void bodies_unwind_at_their_end(void **state) {
    (void)state;
    struct run run = run_text("gproof 1\nbody main\nreturn\ncall f1\ncall f2\nstep 1\n");
    assert_well_formed(&run);
    const struct trace_event *first = find(&run, TRACE_return, NULL);
    const struct trace_event *second = find(&run, TRACE_return, first);
    assert_int_equal(first->a, 2);
    assert_int_equal(second->a, 1);
    assert_null(find(&run, TRACE_return, second));
    assert_true(find(&run, TRACE_body_end, NULL) > second);
}

static void returns_go_back_to_the_caller(void **state) {
    (void)state;
    struct run run = run_text("gproof 1\nbody main\ncall f1\ncall f2\nreturn\ncall f3\nreturn\n"
                              "return\nreturn\nstep 1\ncall f4\nreturn\n");
    assert_well_formed(&run);
    assert_int_equal(count_kind(&run, TRACE_call, 0), 4);
    assert_int_equal(count_kind(&run, TRACE_return, 0), 4);
    assert_int_equal(count_kind(&run, TRACE_user_step, 0), 10);
}

// Does a profile become active while marking goes on: between the first stop of a collection and
// its mark termination?
static bool overlaps_marking(const struct run *run) {
    bool marking = false;
    for (uint32_t i = 0; i < run->trace.count; i++) {
        const struct trace_event *event = &run->trace.events[i];
        if (event->kind == TRACE_world_start && event->a == TRACE_STOP_GC)
            marking = true;
        if (event->kind == TRACE_world_stopped && event->a == TRACE_STOP_MARK_TERMINATION)
            marking = false;
        if (event->kind == TRACE_profile_active && marking)
            return true;
    }
    return false;
}

// The profile does not take gcsema: it comes while a collection marks, and the other way round.
static void a_profile_meets_a_collection(void **state) {
    (void)state;
    static struct workload workload;
    parse(&workload, "gproof 1\nbody main\nspawn collector 1\nprofile fit\nprofile fit\n"
                     "body collector\nalloc s0\ngc\n");
    uint32_t met = 0;
    for (uint32_t seed = 1; seed <= 200; seed++) {
        struct random_sched sched = random_sched(seed);
        struct run run;
        exec_run(exec, &workload, &sched.sched, false, &run);
        assert_int_equal(run.end, RUN_FINISHED);
        met += overlaps_marking(&run);
    }
    assert_in_range(met, 5, 195);
}

// A goroutine that is asked for its stack while it runs stops at its next safe point and goes on;
// one that calls deeply grows its stack, and a scanner makes it smaller again when it has come
// back.
static void stacks_are_suspended_and_move(void **state) {
    (void)state;
    static struct workload workload;
    parse(&workload, "gproof 1\nchan c0 0\nbody main\nspawn deep 2\nyield\ngc\ngc\nclose c0\ngc\n"
                     "body deep\nrecurse f1 60\nstep 9\nreturn\nrecv c0 s0\n");
    uint32_t preempted = 0, grown = 0, shrunk = 0;
    for (uint32_t seed = 1; seed <= 100; seed++) {
        struct random_sched sched = random_sched(seed);
        struct run run;
        exec_run(exec, &workload, &sched.sched, false, &run);
        assert_int_equal(run.end, RUN_FINISHED);
        for (uint32_t i = 0; i < run.trace.count; i++) {
            const struct trace_event *event = &run.trace.events[i];
            preempted += event->kind == TRACE_status && event->b == TRACE_GPREEMPTED;
            grown += event->kind == TRACE_stack_moved && event->b * 2 > event->a;
            shrunk += event->kind == TRACE_stack_moved && event->b * 4 <= event->a;
        }
    }
    assert_true(preempted > 0 && grown > 0 && shrunk > 0);
}

static void nesting_has_a_cap(void **state) {
    (void)state;
    char text[1024] = "gproof 1\nbody main\n";
    for (int i = 0; i < 5; i++)
        strcat(text, "recurse f1 40\n");
    strcat(text, "profile 8\n");
    struct run run = run_text(text);
    assert_well_formed(&run);
    assert_int_equal(count_kind(&run, TRACE_call, 0), 144);
    assert_int_equal(count_kind(&run, TRACE_user_step, 0), 6);
    const struct trace_event *record = find(&run, TRACE_result_record, NULL);
    assert_non_null(record);
    assert_int_equal(record->b, 128);
    assert_int_equal(count_kind(&run, TRACE_result_frames, 0), 8);
}

static void fuel_is_of_the_whole_run(void **state) {
    (void)state;
    struct run run = run_text("gproof 1\nfuel 7\nbody main\nspawn work 3\ncall f1\nstep 2\nyield\n"
                              "step 200\nbody work\ncall f2\nstep 100\n");
    assert_well_formed(&run);
    assert_int_equal(run.end, RUN_FINISHED);
    assert_int_equal(count_kind(&run, TRACE_user_step, 0), 7);
    assert_int_equal(count_kind(&run, TRACE_body_end, 0), count_kind(&run, TRACE_body_begin, 0));
    assert_int_equal(count_kind(&run, TRACE_call, 0), count_kind(&run, TRACE_return, 0));
}

static void endless_spawning_ends(void **state) {
    (void)state;
    struct run run = run_text("gproof 1\ngoroutines 5\nfuel 300\nbody main\nspawn work 100\n"
                              "body work\nspawn work 100\nyield\n");
    assert_int_equal(run.end, RUN_FINISHED);
    uint32_t alive = 0, most = 0;
    for (uint32_t i = 0; i < run.trace.count; i++) {
        const struct trace_event *event = &run.trace.events[i];
        alive += event->kind == TRACE_go_create && event->a == TRACE_PLAN;
        alive -= event->kind == TRACE_body_end;
        most = alive > most ? alive : most;
    }
    assert_int_equal(most, 5);
}

static void exit_ends_from_any_depth(void **state) {
    (void)state;
    struct run run = run_text("gproof 1\nbody main\nspawn work 1\ncall f1\ncall f2\nexit\nstep 9\n"
                              "body work\nstep 3\n");
    assert_int_equal(run.end, RUN_FINISHED);
    uint32_t main_id = main_goroutine(&run);
    assert_int_equal(count_kind(&run, TRACE_body_end, main_id), 0);
    assert_int_equal(count_kind(&run, TRACE_go_exit, main_id), 1);
    assert_int_equal(count_kind(&run, TRACE_user_step, main_id), 4);
    assert_int_equal(count_kind(&run, TRACE_body_end, 0), 1);
}

static void waiting_for_ever_is_quiescent(void **state) {
    (void)state;
    assert_int_equal(run_text("gproof 1\nchan c0 0\nbody main\nrecv c0 s0\n").end, RUN_QUIESCENT);
    assert_int_equal(run_text("gproof 1\nchan c0 0\nbody main\nsend c0 s0\n").end, RUN_QUIESCENT);
    assert_int_equal(run_text("gproof 1\nchan c0 0\nbody main\nclose c0\nsend c0 s0\nrecv c0 s0\n"
                              "close c0\n")
                         .end,
                     RUN_FINISHED);
}

static void an_object_travels_through_a_channel(void **state) {
    (void)state;
    // Reachable only from the channel: not collected. Received, dropped: collected.
    struct run run = run_text("gproof 1\nchan c0 1\nbody main\nalloc s0\nfinalizer s0 fin\n"
                              "send c0 s0\ndrop s0\ngc\nyield\nrecv c0 s2\ngc\nyield\ndrop s2\ngc\n"
                              "yield\nbody fin\nstep 1\n");
    const struct trace_event *gc = find(&run, TRACE_gc, NULL), *queued;
    assert_int_equal(gc->a, 1);
    gc = find(&run, TRACE_gc, gc);
    assert_int_equal(gc->a, 1);
    queued = find(&run, TRACE_finalizer_queued, NULL);
    assert_true(queued > gc);
    assert_int_equal(count_kind(&run, TRACE_finalizer_run, 0), 1);
}

static void a_finalizer_may_keep_its_object(void **state) {
    (void)state;
    // The body finds the object in slot 0 and sends it back to life.
    struct run run =
        run_text("gproof 1\nchan c0 1\nbody main\nalloc s0\nfinalizer s0 fin\ndrop s0\n"
                 "gc\nrecv c0 s1\ngc\nbody fin\nsend c0 s0\n");
    assert_int_equal(run.end, RUN_FINISHED);
    const struct trace_event *gc = find(&run, TRACE_gc, find(&run, TRACE_gc, NULL));
    assert_int_equal(gc->a, 1);
}

// ---- profiles -----------------------------------------------------------------------------------

static void a_profile_shows_frames_and_labels(void **state) {
    (void)state;
    struct run run =
        run_text("gproof 1\nchan c0 0\nbody main\nspawn work 1\nyield\ncall f3\ncall f4\n"
                 "label 7\nprofile fit\nbody work\ncall f5\ncall f6\nreturn\ncall f15\n"
                 "label 2\nrecv c0 s0\n");
    const struct trace_event *query = find(&run, TRACE_profile_result, NULL);
    assert_int_equal(query->object, 0);
    assert_int_equal(query->a, 2);
    const struct trace_event *result = find(&run, TRACE_profile_result, query);
    assert_int_equal(result->a, 2);
    assert_int_equal(result->b, 2 << 1 | 1);
    const struct trace_event *record = find(&run, TRACE_result_record, NULL);
    assert_int_equal(record->goroutine, main_goroutine(&run));
    assert_int_equal(record->a, 7);
    assert_int_equal(record->b, 2);
    const struct trace_event *frames = find(&run, TRACE_result_frames, NULL);
    assert_int_equal(frames->b, 0x34);
    record = find(&run, TRACE_result_record, record);
    assert_int_equal(record->a, 2);
    frames = find(&run, TRACE_result_frames, frames);
    assert_int_equal(frames->b, 0x5f);
    assert_int_equal(record->version, 7); // begin, call, call, return, call, label, recv
}

static void a_small_buffer_stays_untouched(void **state) {
    (void)state;
    struct run run = run_text("gproof 1\nbody main\nspawn work 3\nprofile 2\nprofile 0\nprofile 9\n"
                              "body work\nstep 1\n");
    const struct trace_event *first = find(&run, TRACE_profile_result, NULL);
    const struct trace_event *query = find(&run, TRACE_profile_result, first);
    const struct trace_event *second = find(&run, TRACE_profile_result, query);
    assert_int_equal(query->object, 0); // there is no buffer to tell about
    assert_int_equal(query->b, 0);
    assert_int_equal(first->b, 0);
    assert_int_equal(first->a, 4);
    assert_int_equal(second->b & 1, 1);
    assert_int_equal(second->b >> 1, second->a);
    assert_null(find(&run, TRACE_profile_result, second));
    assert_int_equal(count_kind(&run, TRACE_result_record, 0), second->a);
}

// ---- a run is a function of its input -----------------------------------------------------------

static void runs_repeat_exactly(void **state) {
    (void)state;
    static struct workload workload, other;
    struct rng rng = rng_seeded(20);
    struct exec *fresh = exec_new(&(struct exec_config){.events = true});
    assert_non_null(fresh);
    for (int i = 0; i < 150; i++) {
        workload_generate(&workload, &rng);
        workload_generate(&other, &rng);
        struct random_sched sched = random_sched(rng_next(&rng));
        struct run run;
        exec_run(exec, &workload, &sched.sched, false, &run);
        assert_true(run.end != RUN_FATAL && run.end != RUN_STUCK && run.end != RUN_NO_PROGRESS);
        assert_well_formed(&run);
        uint64_t hash = trace_hash(&run.trace, run.end), steps = run.steps;
        exec_run(exec, &other, &sched.sched, true, &run);
        exec_run(exec, &workload, &sched.sched, true, &run); // recording changes nothing
        assert_true(trace_hash(&run.trace, run.end) == hash && run.steps == steps);
        exec_run(fresh, &workload, &sched.sched, false, &run); // nor does what ran before
        assert_true(trace_hash(&run.trace, run.end) == hash && run.steps == steps);
    }
    exec_free(fresh);
}

static void decisions_are_kept_on_request(void **state) {
    (void)state;
    static struct workload workload;
    parse(&workload, "gproof 1\nbody main\nspawn work 4\nprofile fit\nbody work\nstep 5\nyield\n");
    struct random_sched sched = random_sched(3);
    struct run run;
    exec_run(exec, &workload, &sched.sched, true, &run);
    assert_true(run.decisions_count > 0);
    for (uint32_t i = 0; i < run.decisions_count; i++) {
        const struct workload_entry *entry = &run.decisions[i];
        assert_true(entry->context != 0 && entry->occurrence >= 1 && entry->site < SITE_COUNT);
        assert_true(entry->is_choice ? entry->target == 0 : entry->value == 0);
    }
    exec_run(exec, &workload, &sched.sched, false, &run);
    assert_int_equal(run.decisions_count, 0);
}

static void mutants_can_be_switched(void **state) {
    (void)state;
    static const char text[] = "gproof 1\nchan c0 0\nbody main\nclose c0\nclose c0\n";
    assert_int_equal(run_text(text).end, RUN_FINISHED);
    struct mutant_set set = {{0}};
    mutant_add(&set, MUTANT_canary_plumbing);
    exec_set_mutants(exec, set);
    struct run run = run_text(text);
    assert_int_equal(run.end, RUN_FATAL);
    assert_non_null(find(&run, TRACE_fatal, NULL));
    assert_non_null(run.dump);
    assert_non_null(strstr(run.dump, "main"));
    exec_set_mutants(exec, (struct mutant_set){{0}});
    assert_int_equal(run_text(text).end, RUN_FINISHED);
}

static void a_full_trace_says_so(void **state) {
    (void)state;
    static struct workload workload;
    parse(&workload, "gproof 1\nbody main\nstep 200\n");
    struct exec *small = exec_new(&(struct exec_config){.events = true, .events_max = 50});
    struct sched sched = default_sched();
    struct run run;
    exec_run(small, &workload, &sched, false, &run);
    assert_true(run.trace.truncated);
    assert_int_equal(run.trace.count, 50);
    exec_free(small);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_op_is_executed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bodies_unwind_at_their_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(returns_go_back_to_the_caller, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nesting_has_a_cap, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fuel_is_of_the_whole_run, set_up, tear_down),
        cmocka_unit_test_setup_teardown(endless_spawning_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(exit_ends_from_any_depth, set_up, tear_down),
        cmocka_unit_test_setup_teardown(waiting_for_ever_is_quiescent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_object_travels_through_a_channel, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_finalizer_may_keep_its_object, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_profile_shows_frames_and_labels, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_small_buffer_stays_untouched, set_up, tear_down),
        cmocka_unit_test_setup_teardown(runs_repeat_exactly, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_profile_meets_a_collection, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stacks_are_suspended_and_move, set_up, tear_down),
        cmocka_unit_test_setup_teardown(decisions_are_kept_on_request, set_up, tear_down),
        cmocka_unit_test_setup_teardown(mutants_can_be_switched, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_trace_says_so, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

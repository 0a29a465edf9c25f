// Every monitor against one story (story.h): told straight it passes, and for each twist the oracle
// names the invariant that breaks there, before anything that follows from it.
#include "oracle.h"
#include "story.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static bool names(const struct verdict *verdict, enum invariant invariant) {
    for (uint32_t i = 0; i < verdict->count; i++)
        if (verdict->violations[i].invariant == invariant)
            return true;
    return false;
}

static void print_violations(const struct verdict *verdict) {
    for (uint32_t i = 0; i < verdict->count; i++)
        print_message("    %s at %u: %s\n", invariant_info(verdict->violations[i].invariant)->id,
                      verdict->violations[i].event, verdict->violations[i].reason);
}

static void test_straight_holds(void **state) {
    static struct story story;
    for (int raw = 0; raw < 2; raw++) {
        struct oracle *oracle = oracle_new();
        struct verdict verdict;
        (void)state;
        story_tell(&story, STRAIGHT, raw);
        struct trace trace = script_trace(&story.script);
        oracle_judge(oracle, &trace, RUN_FINISHED, &verdict);
        print_violations(&verdict);
        assert_int_equal(verdict.kind, VERDICT_PASS);
        for (int i = 0; i < INVARIANT_COUNT; i++) {
            bool undecidable = i == INV_unwinders_agree || i == INV_data_race ||
                               (!raw && (i == INV_raw_agrees || i == INV_stop_answered ||
                                         i == INV_suspend_answered));
            if (undecidable != (oracle_stats(oracle)->decided[i] == 0))
                fail_msg("%s is %sdecided", invariant_info((enum invariant)i)->id,
                         undecidable ? "" : "not ");
            assert_true(oracle_stats(oracle)->evaluated[i] >= oracle_stats(oracle)->decided[i]);
        }
        oracle_free(oracle);
    }
}

struct expectation {
    enum twist twist;
    const char *name;
    enum invariant invariant;
    bool raw_only;
};
#define BREAKS(twist, invariant)                                                                   \
    { twist, #twist, INV_##invariant, false }
#define BREAKS_RAW(twist, invariant)                                                               \
    { twist, #twist, INV_##invariant, true }

static const struct expectation expectations[] = {
    BREAKS(RUN_ABSENT, satisfied_before_run),
    BREAKS(RUN_IN_PROGRESS, satisfied_before_run),
    BREAKS(RUN_SYSTEM_ABSENT, satisfied_before_run),
    BREAKS(FLIP_ABSENT, satisfied_before_run),
    BREAKS(SYSCALL_ABSENT, satisfied_before_run),
    BREAKS(RUN_BEFORE_STORE, satisfied_before_run),
    BREAKS(ACQUIRE_TWICE, state_edges),
    BREAKS(ACQUIRE_AGAIN, state_edges),
    BREAKS(ACQUIRE_RUNNING, state_edges),
    BREAKS(SWEEP_EARLY, state_edges),
    BREAKS(BORN_TWICE, state_edges),
    BREAKS(SATISFY_OTHER, state_edges),
    BREAKS(VERSION_TWICE, state_edges),
    BREAKS(READ_RUNNING, running_stack_unread),
    BREAKS(SATISFIED_EARLY, record_before_satisfied),
    BREAKS(RECORD_LATE, record_before_satisfied),
    BREAKS(RECORD_AGAIN_LATE, record_before_satisfied),
    BREAKS(RECORD_NEVER, record_before_satisfied),
    BREAKS(MISSING, everybody_recorded),
    BREAKS(MISSING_IN_RESULT, count_equals_records),
    BREAKS(TWO_RECORDS, recorded_once),
    BREAKS(NEWCOMER, no_newcomers),
    BREAKS(NEWCOMER_ACQUIRED, no_newcomers),
    BREAKS(NEWCOMER_RESULT, no_newcomers),
    BREAKS(SYSTEM_RECORD, no_system_record),
    BREAKS(WRONG_FRAME, record_stack),
    BREAKS(SHALLOW, record_stack),
    BREAKS(TAIL_DIRTY, record_tail_zero),
    BREAKS(WRONG_PROGRESS, record_progress),
    BREAKS(WRONG_PROGRESS_RESULT, record_progress),
    BREAKS(WRONG_LABEL, record_labels),
    BREAKS(CALLER_LABEL_LOST, record_labels),
    BREAKS(SLOTS_TAKEN, count_equals_records),
    BREAKS(SLOT_UNWRITTEN, count_equals_records),
    BREAKS(RESULT_SHORT, everybody_recorded),
    BREAKS(N_CHANGES, count_equals_records),
    BREAKS(COUNT_HIGH, count_exact),
    BREAKS(COUNT_LOW, count_exact),
    BREAKS(SMALL_TOUCHED, too_small_untouched),
    BREAKS(SMALL_TRUE, too_small_untouched),
    BREAKS(FIT_FALSE, too_small_untouched),
    BREAKS(TAIL_TOUCHED, tail_untouched),
    BREAKS(CALLER_SECOND, caller_first),
    BREAKS(SWEEP_MISSES, at_rest_absent),
    BREAKS(SWEEP_MISSING, at_rest_absent),
    BREAKS(ACTIVE_RUNNING, activated_while_stopped),
    BREAKS(INACTIVE_RUNNING, deactivated_while_stopped),
    BREAKS(SECOND_PROFILE, profiles_serialised),
    BREAKS(COUNTED_TWICE, profiles_serialised),
    BREAKS(LATE_RECORD, no_late_recorder),
    BREAKS(LATE_ACQUIRE, no_late_recorder),
    BREAKS(RECORDER_PREEMPTED, recorder_unpreempted),
    BREAKS(RECORDER_STOPPED, recorder_unpreempted),
    BREAKS(RECORDER_MOVED, recorder_unpreempted),
    BREAKS(STEP_WHILE_STOPPED, world_stopped),
    BREAKS(RUN_WHILE_STOPPED, world_stopped),
    BREAKS(RUNS_THROUGH_STOP, world_stopped),
    BREAKS(STOPPED_TWICE, world_stopped),
    BREAKS(STATUS_ILLEGAL, status_edges),
    BREAKS(STATUS_SKIPS, status_edges),
    BREAKS(STATUS_VERSION_TWICE, status_edges),
    BREAKS(READ_SCANNED, stack_owner),
    BREAKS(SCANNED_READ, stack_owner),
    BREAKS(MOVED_RUNNING, stack_owner),
    BREAKS_RAW(RAW_UNTOLD, raw_agrees),
    BREAKS_RAW(RAW_OTHER, raw_agrees),
    BREAKS_RAW(RAW_UNWRITTEN, raw_agrees),
    BREAKS_RAW(RAW_SKIPS, raw_agrees),
    BREAKS_RAW(BOTH_SKIP, raw_agrees),
    BREAKS(TWO_THREADS, one_runner),
    BREAKS(TWO_ON_THREAD, one_runner),
    BREAKS(WRONG_THREAD, one_runner),
    BREAKS(FINALIZER_TWICE, service_once),
    BREAKS(CLEANUP_UNQUEUED, service_once),
    BREAKS(CLEANUP_QUEUED_TWICE, service_once),
    BREAKS(FINALIZER_LOST, service_once),
    BREAKS(CLEANUP_LOST, service_once),
    BREAKS(FINALIZER_GONE, service_once),
    BREAKS(SYSTEM_LABEL, labels_of_users_only),
    BREAKS(COUNTED_EARLY, counted_while_stopped),
    BREAKS(RECORDED_EARLY, counted_before_records),
    BREAKS(CALLER_LATE, caller_recorded_while_stopped),
    BREAKS(OVERRUN, slot_in_range),
    BREAKS(WALK_STOPPED, pause_constant),
    BREAKS(THREE_STOPS, stops_per_profile),
    BREAKS(QUERY_STOPS, stops_per_profile),
    BREAKS(QUERY_ZERO, query_positive),
    BREAKS(QUERY_TRUE, query_positive),
    BREAKS(BUFFER_IGNORED, stops_per_profile),
    BREAKS(NUMBER_SKIPPED, profiles_numbered),
    BREAKS(BODY_LEFT_OUT, service_once),
    BREAKS(FLIP_BACK_MISSING, user_code_in_user_role),
    BREAKS(SERVICE_TWICE, services_bounded),
    BREAKS(FLIP_MISSING, user_code_in_user_role),
    BREAKS(ASKED_TWICE, world_phase_edges),
    BREAKS(STARTED_BY_OTHER, world_phase_edges),
    BREAKS_RAW(STEPS_ON, stop_answered),
    BREAKS_RAW(CALLS_ON, stop_answered),
    BREAKS(HANDOFF_KEPT, handoff_direct),
    BREAKS(RECORDER_BUSY, in_progress_bounded),
    BREAKS(LEFT_RUNNABLE, goroutines_conserved),
    BREAKS(ENDED_WAITING, goroutines_conserved),
    BREAKS(MUTEX_TWICE, mutual_exclusion),
    BREAKS(SEMAPHORE_TWICE, semaphore_count),
    BREAKS(TICKET_AGAIN, ticket_taken),
    BREAKS(GROUP_EARLY, wait_group_zero),
    BREAKS(TIMER_EARLY, timer_once),
    BREAKS(TIMER_TWICE, timer_once),
    BREAKS(TIMER_LOST, timer_once),
    BREAKS(MUTEX_LOST, no_lost_wakeup),
    BREAKS(CHAN_LOST, no_lost_wakeup),
    BREAKS(LEAK_WOKEN, leak_sound),
    BREAKS(LEAK_LOST, leak_sound),
    BREAKS(LEAKS_MANY, leaks_exact),
    BREAKS(LEAK_UNSHOWN, leaks_exact),
    BREAKS(LEAK_OTHER, leaks_exact),
    BREAKS(SLOTS_LEFT, profile_undisturbed),
    BREAKS(STACKS_MANY, stacks_exact),
    BREAKS(STACKS_TWICE, stacks_exact),
    BREAKS(STACKS_OTHER, stacks_exact),
    BREAKS(STACKS_STATE, stacks_states),
    BREAKS(STACKS_LATE, stacks_states),
    BREAKS(STACKS_ORDER, stacks_order),
    BREAKS(STACKS_BEHIND, stacks_order),
    BREAKS(STACKS_FREE, stacks_states),
    BREAKS(STACKS_LOCKED, stacks_states),
    BREAKS(STACKS_SENDS, stacks_states),
    BREAKS(NUMBER_HIGH, number_exact),
    BREAKS(ID_TWICE, goroutines_numbered),
    BREAKS_RAW(QUERY_HIGH, query_positive),
    BREAKS(MOVED_IN_CALL, stack_owner),
    BREAKS(MOVED_TOO_FAR, runtime_sound),
    BREAKS(LOCK_MOVED, locked_to_thread),
    BREAKS(LOCK_SHARED, locked_to_thread),
    BREAKS(VALUE_OTHER, channel_exact),
    BREAKS(VALUE_TWICE, channel_exact),
    BREAKS(VALUE_LOST, channel_exact),
    BREAKS(CLOSED_EARLY, channel_exact),
    BREAKS(CLOSED_FULL, channel_exact),
    BREAKS(FREED_EARLY, gc_sound),
    BREAKS(DUE_UNQUEUED, due_queued),
    BREAKS(CLEANUP_UNSEEN, due_queued),
    BREAKS(FINALIZER_UNSEEN, due_queued),
    BREAKS(BLOCK_LEFT, service_once),
    BREAKS(IDLE_BESIDE_WORK, service_once),
    BREAKS_RAW(SCAN_IGNORED, suspend_answered),
    BREAKS_RAW(READ_UNOWNED, stack_owner),
};

static void test_each_twist_is_named(void **state) {
    static struct story story;
    struct oracle *oracle = oracle_new();
    (void)state;
    assert_int_equal(sizeof expectations / sizeof expectations[0], TWISTS - 1);
    for (int raw = 0; raw < 2; raw++) {
        for (size_t i = 0; i < sizeof expectations / sizeof expectations[0]; i++) {
            const struct expectation *expected = &expectations[i];
            struct verdict verdict;
            if (expected->raw_only && !raw)
                continue;
            story_tell(&story, expected->twist, raw);
            struct trace trace = script_trace(&story.script);
            oracle_judge(oracle, &trace, RUN_FINISHED, &verdict);
            if (verdict.count == 0 || verdict.violations[0].invariant != expected->invariant) {
                print_violations(&verdict);
                fail_msg("%s (raw %d) does not break %s first", expected->name, raw,
                         invariant_info(expected->invariant)->id);
            }
            assert_int_equal(verdict.kind, VERDICT_VIOLATION);
            assert_true(verdict.violations[0].event < trace.count);
            assert_true(strlen(verdict.violations[0].reason) > 20);
        }
    }
    oracle_free(oracle);
}

// Does a check of the runtime, or an end, break it? Those are told by oracle_test.c.
static bool is_told_by_the_runtime(enum invariant invariant) {
    if (invariant == INV_not_stuck || invariant == INV_progress || invariant == INV_runtime_sound)
        return true;
    for (uint32_t check = 0; check < TRACE_CHECK_COUNT; check++)
        if (invariant_parse(trace_check_info(check)->invariant) == invariant)
            return true;
    return false;
}

// Told straight, the story decides every invariant; each needs a twist, or an end, that breaks it.
// One that runs while it is recorded breaks another promise first, and races are told by no trace:
// both have tests of their own.
static void test_each_invariant_has_its_pair(void **state) {
    (void)state;
    for (int i = 0; i < INVARIANT_COUNT; i++) {
        bool broken = is_told_by_the_runtime((enum invariant)i) ||
                      i == INV_in_progress_not_running || i == INV_data_race;
        for (size_t k = 0; k < sizeof expectations / sizeof expectations[0]; k++)
            broken |= expectations[k].invariant == (enum invariant)i;
        if (!broken)
            fail_msg("no trace of the tests breaks %s", invariant_info((enum invariant)i)->id);
    }
}

// What another judge saw counts like what the trace shows, and comes behind it.
static void test_another_judge_adds(void **state) {
    static struct story story;
    struct oracle *oracle = oracle_new();
    struct verdict verdict;
    const struct violation race = {.invariant = INV_data_race, .signature = 7};
    (void)state;
    story_tell(&story, STRAIGHT, true);
    struct trace trace = script_trace(&story.script);
    oracle_judge(oracle, &trace, RUN_FINISHED, &verdict);
    oracle_add(oracle, INV_data_race, NULL, &verdict);
    assert_int_equal(verdict.kind, VERDICT_PASS);
    oracle_add(oracle, INV_data_race, &race, &verdict);
    assert_int_equal(verdict.kind, VERDICT_VIOLATION);
    assert_int_equal(verdict.count, 1);
    assert_int_equal(verdict.violations[0].signature, 7);
    assert_int_equal(oracle_stats(oracle)->evaluated[INV_data_race], 2);
    for (int i = 0; i < VERDICT_VIOLATIONS_MAX; i++)
        oracle_add(oracle, INV_data_race, &race, &verdict);
    assert_int_equal(verdict.count, VERDICT_VIOLATIONS_MAX);
    oracle_free(oracle);
}

// A goroutine that runs while its record is in progress breaks another promise first: it has
// started, or been acquired, when it must not.
static void test_in_progress_does_not_run(void **state) {
    static const enum twist twists[] = {RUN_IN_PROGRESS, ACQUIRE_RUNNING};
    static struct story story;
    struct oracle *oracle = oracle_new();
    struct verdict verdict;
    (void)state;
    for (int i = 0; i < 2; i++) {
        story_tell(&story, twists[i], true);
        struct trace trace = script_trace(&story.script);
        oracle_judge(oracle, &trace, RUN_FINISHED, &verdict);
        assert_true(names(&verdict, INV_in_progress_not_running));
        assert_int_equal(verdict.violations[0].event, verdict.violations[1].event);
    }
    oracle_free(oracle);
}

// A newcomer that is satisfied when no profile is active: nobody swept it, and the next profile
// begins.
static void test_not_absent_when_a_profile_begins(void **state) {
    static struct script script;
    struct oracle *oracle = oracle_new();
    struct verdict verdict;
    (void)state;
    script_begin(&script, false);
    script_create(&script, 0, 0, 1, TRACE_PLAN);
    script_create(&script, 0, 0, 2, TRACE_PLAN);
    script_event(&script, 0, TRACE_observe, 2, TRACE_BY_CREATION, 0, TRACE_SATISFIED,
                 TRACE_ROLE_USER);
    script_world_stop(&script, 0, 1, TRACE_STOP_PROFILE);
    script_event(&script, 0, TRACE_profile_counted, 1, 1, 0, 2, 10);
    script_profile_record(&script, 0, 1, 0);
    script_state(&script, 0, 1, TRACE_BY_SELF, TRACE_SATISFIED);
    script_event(&script, 0, TRACE_profile_active, 1, 1, 0, 2, 0);
    struct trace trace = script_trace(&script);
    oracle_judge(oracle, &trace, RUN_FINISHED, &verdict);
    assert_int_equal(verdict.count, 1);
    assert_int_equal(verdict.violations[0].invariant, INV_at_rest_absent);
    assert_int_equal(verdict.violations[0].goroutine, 2);
    oracle_free(oracle);
}

// A result whose profile is not known any more is still held against itself.
static void test_result_of_a_forgotten_profile(void **state) {
    static const struct script_g seen = {.progress = 1};
    static struct script script;
    struct oracle *oracle = oracle_new();
    (void)state;
    for (uint32_t records = 1; records <= 2; records++) {
        struct verdict verdict;
        script_begin(&script, false);
        script_create(&script, 0, 0, 1, TRACE_PLAN);
        script_status(&script, 0, 1, TRACE_GRUNNABLE);
        script_run(&script, 0, 1);
        script_event(&script, 0, TRACE_profile_result, 1, 99, 2, 2, 2 << 1 | 1);
        for (uint32_t slot = 0; slot < records; slot++)
            script_result_record(&script, 0, 1 + slot, slot, &seen);
        script_step(&script, 0, 1);
        script_stop(&script, 0, 1, TRACE_WAIT_CHAN);
        struct trace trace = script_trace(&script);
        oracle_judge(oracle, &trace, RUN_QUIESCENT, &verdict);
        assert_int_equal(verdict.count, records == 2 ? 0 : 1);
        if (records == 1)
            assert_int_equal(verdict.violations[0].invariant, INV_count_equals_records);
    }
    oracle_free(oracle);
}

// A mended story passes though it was told right after a broken one: nothing is left of a run.
static void test_nothing_is_left(void **state) {
    static struct story story;
    struct oracle *oracle = oracle_new();
    (void)state;
    for (int twist = 0; twist < TWISTS; twist++) {
        struct verdict verdict;
        story_tell(&story, (enum twist)twist, true);
        struct trace trace = script_trace(&story.script);
        oracle_judge(oracle, &trace, RUN_FINISHED, &verdict);
        story_tell(&story, STRAIGHT, true);
        trace = script_trace(&story.script);
        oracle_judge(oracle, &trace, RUN_FINISHED, &verdict);
        assert_int_equal(verdict.kind, VERDICT_PASS);
    }
    oracle_free(oracle);
}

// The bug is the same whoever it strikes: ids do not matter to a signature, faults do.
static void test_signatures(void **state) {
    static struct story story;
    struct oracle *oracle = oracle_new();
    uint64_t signatures[TWISTS];
    struct verdict verdict;
    (void)state;
    for (int twist = 1; twist < TWISTS; twist++) {
        story_tell(&story, (enum twist)twist, true);
        struct trace trace = script_trace(&story.script);
        oracle_judge(oracle, &trace, RUN_FINISHED, &verdict);
        signatures[twist] = verdict.violations[0].signature;
        // Exchange two ids everywhere, and every thread for another.
        for (uint32_t i = 0; i < story.script.count; i++) {
            struct trace_event *event = &story.script.events[i];
            event->goroutine = event->goroutine == 2   ? 14
                               : event->goroutine == 4 ? 2
                                                       : event->goroutine;
            event->thread ^= 0x81;
        }
        oracle_judge(oracle, &trace, RUN_FINISHED, &verdict);
        assert_int_equal(verdict.violations[0].signature, signatures[twist]);
    }
    assert_int_not_equal(signatures[RUN_ABSENT], signatures[RUN_SYSTEM_ABSENT]);
    assert_int_not_equal(signatures[COUNT_HIGH], signatures[COUNT_LOW]);
    assert_int_not_equal(signatures[WRONG_LABEL], signatures[CALLER_LABEL_LOST]);
    oracle_free(oracle);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_straight_holds),
        cmocka_unit_test(test_each_twist_is_named),
        cmocka_unit_test(test_each_invariant_has_its_pair),
        cmocka_unit_test(test_another_judge_adds),
        cmocka_unit_test(test_in_progress_does_not_run),
        cmocka_unit_test(test_not_absent_when_a_profile_begins),
        cmocka_unit_test(test_result_of_a_forgotten_profile),
        cmocka_unit_test(test_nothing_is_left),
        cmocka_unit_test(test_signatures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

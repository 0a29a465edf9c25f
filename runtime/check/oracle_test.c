// The oracle as a whole: what it makes of ends, checks, cuts and nonsense; which violations a
// verdict holds; and the shadow's memory of stacks and of profiles that overlap. The monitors have
// monitors_test.c.
#include "oracle.h"
#include "rng.h"
#include "story.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct story story;
static struct script script;

static int set_up(void **state) {
    *state = oracle_new();
    return *state == NULL;
}

static int tear_down(void **state) {
    oracle_free(*state);
    return 0;
}

static struct verdict judge(void **state, const struct script *told, enum run_end end) {
    struct trace trace = script_trace(told);
    struct verdict verdict;
    oracle_judge(*state, &trace, end, &verdict);
    return verdict;
}

static void expect_pass(const struct verdict *verdict) {
    if (verdict->count != 0)
        print_message("%s at %u: %s\n", invariant_info(verdict->violations[0].invariant)->id,
                      verdict->violations[0].event, verdict->violations[0].reason);
    assert_int_equal(verdict->kind, VERDICT_PASS);
}

static void expect_first(const struct verdict *verdict, enum invariant invariant) {
    assert_int_equal(verdict->kind, VERDICT_VIOLATION);
    assert_string_equal(invariant_info(verdict->violations[0].invariant)->id,
                        invariant_info(invariant)->id);
}

// ---- tables -------------------------------------------------------------------------------------

static void test_invariants(void **state) {
    (void)state;
    for (int i = 0; i < INVARIANT_COUNT; i++) {
        const struct invariant_info *info = invariant_info((enum invariant)i);
        assert_int_equal(invariant_parse(info->id), i);
        for (const char *c = info->id; *c != 0; c++)
            assert_true(islower((unsigned char)*c) || *c == '-');
        assert_true(info->sentence[0] != 0 && info->source[0] != 0);
        assert_true(strcmp(info->worlds, "both") == 0 || strcmp(info->worlds, "virtual") == 0 ||
                    strcmp(info->worlds, "posix") == 0 || strcmp(info->worlds, "tsan") == 0);
    }
    assert_int_equal(invariant_parse("no-such-thing"), INVARIANT_COUNT);
    assert_int_equal(invariant_parse(""), INVARIANT_COUNT);
    assert_string_equal(verdict_kind_name(VERDICT_INCONCLUSIVE), "inconclusive");
    assert_string_equal(verdict_kind_name((enum verdict_kind)7), "?");
}

static void test_each_check_names_its_invariant(void **state) {
    for (uint32_t check = 0; check < TRACE_CHECK_COUNT; check++) {
        script_begin(&script, true);
        script_event(&script, 0, TRACE_fatal, 0, 0, 0, check, 7);
        struct verdict verdict = judge(state, &script, RUN_FATAL);
        expect_first(&verdict, invariant_parse(trace_check_info(check)->invariant));
        assert_int_equal(verdict.count, 1);
        assert_int_equal(verdict.violations[0].event, 1);
        assert_non_null(strstr(verdict.violations[0].reason, trace_check_info(check)->message));
    }
    script_begin(&script, true);
    script_event(&script, 0, TRACE_fatal, 0, 0, 0, TRACE_CHECK_COUNT, 0);
    script_create(&script, 0, 0, 1, TRACE_PLAN);
    struct verdict verdict = judge(state, &script, RUN_FATAL);
    expect_first(&verdict, INV_runtime_sound);
    assert_int_equal(verdict.violations[0].event, 1);
}

static void test_ends(void **state) {
    static const struct {
        enum run_end end;
        enum verdict_kind kind;
        enum invariant invariant;
    } ends[] = {
        {RUN_FINISHED, VERDICT_PASS, INVARIANT_COUNT},
        {RUN_QUIESCENT, VERDICT_PASS, INVARIANT_COUNT},
        {RUN_STUCK, VERDICT_VIOLATION, INV_not_stuck},
        {RUN_FATAL, VERDICT_VIOLATION, INV_runtime_sound},
        {RUN_NO_PROGRESS, VERDICT_VIOLATION, INV_progress},
        {RUN_INCONCLUSIVE, VERDICT_INCONCLUSIVE, INVARIANT_COUNT},
        {RUN_CRASHED, VERDICT_VIOLATION, INV_runtime_sound},
        {(enum run_end)77, VERDICT_INCONCLUSIVE, INVARIANT_COUNT},
    };
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        for (int truncated = 0; truncated < 2; truncated++) {
            story_tell(&story, STRAIGHT, true);
            struct trace trace = script_trace(&story.script);
            trace.truncated = truncated;
            struct verdict verdict;
            oracle_judge(*state, &trace, ends[i].end, &verdict);
            assert_int_equal(verdict.end, ends[i].end);
            bool passes = ends[i].kind == VERDICT_PASS;
            assert_int_equal(verdict.kind,
                             passes && truncated ? VERDICT_INCONCLUSIVE : ends[i].kind);
            if (ends[i].kind == VERDICT_VIOLATION)
                expect_first(&verdict, ends[i].invariant);
        }
    }
}

static void test_empty_trace(void **state) {
    struct trace trace = {0};
    struct verdict verdict;
    oracle_judge(*state, &trace, RUN_FINISHED, &verdict);
    expect_pass(&verdict);
    oracle_judge(*state, &trace, RUN_CRASHED, &verdict);
    expect_first(&verdict, INV_runtime_sound);
    assert_int_equal(verdict.violations[0].event, 0);
}

// ---- what a verdict holds -----------------------------------------------------------------------

static void test_violations_are_the_earliest_in_order(void **state) {
    // Bare events that break more than eight promises, one after another.
    script_begin(&script, false);
    script_create(&script, 0, 0, 1, TRACE_PLAN);
    script_create(&script, 0, 0, 2, TRACE_FINALIZER);
    script_label(&script, 0, 2, 1);                                               // a label
    script_event(&script, 0, TRACE_finalizer_run, 2, 1, 0, 0, 0);                 // not queued
    script_step(&script, 0, 1);                                                   // not on a thread
    script_event(&script, 0, TRACE_profile_active, 1, 1, 0, 1, 0);                // not stopped
    script_run(&script, 0, 1);                                                    // absent
    script_state(&script, 0, 1, TRACE_BY_WALKER, TRACE_IN_PROGRESS);              // runs
    script_stop(&script, 0, 1, TRACE_WAIT_YIELD);                                 // recording
    script_event(&script, 0, TRACE_profile_inactive, 1, 1, 0, 1, 0);              // not stopped
    script_state(&script, 0, 1, TRACE_BY_WALKER, TRACE_SATISFIED);                // late
    script_event(&script, 0, TRACE_status, 1, 0, 9, TRACE_GDEAD, TRACE_GWAITING); // no such edge
    script_event(&script, 0, TRACE_stack_read, 1, 1, 0, TRACE_GRUNNING, 0);
    struct verdict verdict = judge(state, &script, RUN_STUCK);
    assert_int_equal(verdict.kind, VERDICT_VIOLATION);
    assert_int_equal(verdict.count, VERDICT_VIOLATIONS_MAX);
    for (uint32_t i = 1; i < verdict.count; i++) {
        assert_true(verdict.violations[i - 1].event <= verdict.violations[i].event);
        for (uint32_t j = 0; j < i; j++)
            assert_int_not_equal(verdict.violations[i].invariant, verdict.violations[j].invariant);
    }
    expect_first(&verdict, INV_labels_of_users_only);
}

static void test_a_cut_trace_keeps_what_stands_before(void **state) {
    struct verdict whole, verdict;
    story_tell(&story, RUN_SYSTEM_ABSENT, true);
    whole = judge(state, &story.script, RUN_FINISHED);
    for (uint32_t count = 0; count < story.script.count; count++) {
        struct trace trace = script_trace(&story.script);
        trace.count = count;
        trace.truncated = true;
        oracle_judge(*state, &trace, RUN_FINISHED, &verdict);
        if (count <= whole.violations[0].event) {
            assert_int_equal(verdict.kind, VERDICT_INCONCLUSIVE);
        } else {
            expect_first(&verdict, INV_satisfied_before_run);
            assert_int_equal(verdict.violations[0].signature, whole.violations[0].signature);
        }
    }
}

// A run may be cut off anywhere: nothing that a correct runtime has begun counts against it.
static void test_every_prefix_of_a_correct_run_holds(void **state) {
    for (int raw = 0; raw < 2; raw++) {
        story_tell(&story, STRAIGHT, raw);
        for (uint32_t count = 0; count < story.script.count; count++) {
            struct trace trace = script_trace(&story.script);
            struct verdict verdict;
            trace.count = count;
            oracle_judge(*state, &trace, RUN_INCONCLUSIVE, &verdict);
            assert_int_equal(verdict.kind, VERDICT_INCONCLUSIVE);
        }
    }
}

static void test_what_cannot_be_judged(void **state) {
    static const struct trace_event strange[] = {
        {.kind = TRACE_KIND_COUNT},
        {.kind = UINT16_MAX},
        {.kind = TRACE_go_create, .goroutine = UINT32_MAX},
        {.kind = TRACE_go_create, .goroutine = 0},
        {.kind = TRACE_go_create, .goroutine = 15, .a = 99},
        {.kind = TRACE_role, .goroutine = 1, .a = 99},
        {.kind = TRACE_call, .goroutine = 1, .a = 99},
    };
    for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++) {
        story_tell(&story, STRAIGHT, true);
        story.script.events[story.script.count++] = strange[i];
        struct verdict verdict = judge(state, &story.script, RUN_FINISHED);
        assert_int_equal(verdict.kind, VERDICT_INCONCLUSIVE);
    }
}

static void test_statistics(void **state) {
    struct oracle *oracle = *state;
    story_tell(&story, STRAIGHT, true);
    judge(state, &story.script, RUN_FINISHED);
    struct oracle_stats once = *oracle_stats(oracle);
    assert_int_equal(once.runs, 1);
    assert_int_equal(once.evaluated[INV_count_exact], 2);
    assert_int_equal(once.decided[INV_count_exact], 2);
    assert_int_equal(once.evaluated[INV_activated_while_stopped], 1);
    assert_int_equal(once.decided[INV_unwinders_agree], 0);
    judge(state, &story.script, RUN_FINISHED);
    const struct oracle_stats *twice = oracle_stats(oracle);
    assert_int_equal(twice->runs, 2);
    for (int i = 0; i < INVARIANT_COUNT; i++) {
        assert_int_equal(twice->evaluated[i], 2 * once.evaluated[i]);
        assert_int_equal(twice->decided[i], 2 * once.decided[i]);
    }
}

// Steps in a row are judged as one: each counts all the same, for each promise about it, and what
// breaks in front of a row or behind it is seen.
static void test_steps_in_a_row(void **state) {
    enum { STEPS = 10 };
    struct oracle *oracle = *state;
    struct oracle_stats before = *oracle_stats(oracle);
    script_begin(&script, false);
    script_create(&script, 0, 0, 1, TRACE_PLAN);
    script_status(&script, 0, 1, TRACE_GRUNNABLE);
    script_run(&script, 0, 1);
    for (int i = 0; i < STEPS; i++)
        script_step(&script, 0, 1);
    script_stop(&script, 0, 1, TRACE_WAIT_CHAN);
    struct verdict verdict = judge(state, &script, RUN_QUIESCENT);
    expect_pass(&verdict);
    const struct oracle_stats *after = oracle_stats(oracle);
    assert_int_equal(after->decided[INV_user_code_in_user_role],
                     before.decided[INV_user_code_in_user_role] + STEPS);
    assert_int_equal(after->decided[INV_one_runner],
                     before.decided[INV_one_runner] + STEPS + 1); // and the start
    script_step(&script, 0, 1);                                   // it runs no more
    script_step(&script, 0, 1);
    verdict = judge(state, &script, RUN_QUIESCENT);
    expect_first(&verdict, INV_one_runner);
    assert_int_equal(verdict.violations[0].event, script.count - 2);
}

// The largest value that a bound was measured at, over all runs.
static void test_bounds(void **state) {
    story_tell(&story, STRAIGHT, true);
    judge(state, &story.script, RUN_FINISHED);
    const struct oracle_stats *stats = oracle_stats(*state);
    assert_int_equal(stats->largest[INV_stop_answered], 1);
    assert_int_equal(stats->largest[INV_in_progress_bounded], 3);
    for (int i = 0; i < INVARIANT_COUNT; i++)
        assert_true(stats->largest[i] <= invariant_bound((enum invariant)i).limit);
    story_tell(&story, RECORDER_BUSY, true);
    judge(state, &story.script, RUN_FINISHED);
    assert_true(stats->largest[INV_in_progress_bounded] >
                invariant_bound(INV_in_progress_bounded).limit);
}

// ---- order --------------------------------------------------------------------------------------

// Edges made by compare-and-swap may be told late; their versions say how they followed each other.
static void test_status_edges_by_version(void **state) {
    script_begin(&script, false);
    script_create(&script, 0, 0, 1, TRACE_PLAN);
    script_event(&script, 0, TRACE_status, 1, 0, 7, TRACE_GDEAD, TRACE_GRUNNABLE);
    script_event(&script, 0, TRACE_status, 1, 0, 9, TRACE_GRUNNING, TRACE_GWAITING);
    script_event(&script, 0, TRACE_status, 1, 0, 10, TRACE_GWAITING, TRACE_GRUNNABLE);
    script_event(&script, 0, TRACE_status, 1, 0, 8, TRACE_GRUNNABLE, TRACE_GRUNNING);
    script_event(&script, 0, TRACE_status, 1, 0, 11, TRACE_GRUNNABLE, TRACE_GRUNNING);
    script_event(&script, 0, TRACE_status, 1, 0, 12, TRACE_GRUNNING, TRACE_GWAITING);
    struct verdict verdict = judge(state, &script, RUN_QUIESCENT);
    expect_pass(&verdict);
    script.events[3].a = TRACE_GSYSCALL; // 9 does not follow 8 any more
    script.events[3].b = TRACE_GRUNNABLE;
    verdict = judge(state, &script, RUN_QUIESCENT);
    expect_first(&verdict, INV_status_edges);
    assert_int_equal(verdict.violations[0].event, 3);
}

// A struct that is recycled while it is swept: the event names the dead goroutine, the store the
// new one.
static void test_sweep_meets_a_newcomer(void **state) {
    story_tell(&story, STRAIGHT, true);
    struct script *s = &story.script;
    // Between the event of the sweep of 6 and its store, say that 6 has died and 8 has its struct.
    uint32_t at = s->count;
    for (uint32_t i = 0; i < s->count; i++)
        if (s->events[i].kind == TRACE_profile_state && s->events[i].goroutine == 6 &&
            s->events[i].object == TRACE_BY_SWEEP)
            at = i;
    assert_true(at + 1 < s->count && s->events[at + 1].kind == TRACE_raw);
    memmove(&s->events[at + 2], &s->events[at + 1], (s->count - at - 1) * sizeof s->events[0]);
    s->count++;
    s->events[at + 1] = (struct trace_event){.kind = TRACE_go_create, .goroutine = 8, .object = 1};
    s->events[at + 2].goroutine = 8;
    for (uint32_t i = at; i < s->count;
         i++) { // one more is alive at the stop of the second profile
        enum trace_kind kind = (enum trace_kind)s->events[i].kind;
        if (kind == TRACE_profile_counted || kind == TRACE_profile_result)
            s->events[i].a += s->events[i].object == 2;
        s->events[i].a += kind == TRACE_number_given;
    }
    // The newcomer has not become runnable yet: the run goes on.
    struct verdict verdict = judge(state, s, RUN_INCONCLUSIVE);
    assert_int_equal(verdict.count, 0);
}

// ---- profiles that overlap ----------------------------------------------------------------------

// One whole profile by caller of goroutines 1 .. 3, all parked but the caller.
static void tell_profile(struct script *s, uint32_t caller, uint32_t number) {
    script_event(s, 0, TRACE_profile_request, caller, number, 0, 9, 0);
    script_world_stop(s, 0, caller, TRACE_STOP_PROFILE);
    script_event(s, 0, TRACE_profile_counted, caller, number, 0, 3, 9);
    script_profile_record(s, 0, caller, 0);
    script_state(s, 0, caller, TRACE_BY_SELF, TRACE_SATISFIED);
    script_event(s, 0, TRACE_profile_active, caller, number, 0, 3, 0);
    script_world_start(s, 0, caller, TRACE_STOP_PROFILE);
    uint32_t slot = 1;
    for (uint32_t id = 1; id <= 3; id++)
        if (id != caller)
            script_record(s, 0, id, TRACE_BY_WALKER, slot++);
    script_world_stop(s, 0, caller, TRACE_STOP_PROFILE_CLEANUP);
    script_event(s, 0, TRACE_profile_inactive, caller, number, 0, 3, 3);
    script_world_start(s, 0, caller, TRACE_STOP_PROFILE_CLEANUP);
    for (uint32_t id = 1; id <= 3; id++)
        script_state(s, 0, id, TRACE_BY_SWEEP, TRACE_ABSENT);
    script_event(s, 0, TRACE_profile_swept, caller, number, 0, 0, 0);
    script_event(s, 0, TRACE_profile_end, caller, number, 0, 3, 1);
}

static void tell_result(struct script *s, uint32_t caller, uint32_t number,
                        const struct script_g *seen) {
    script_event(s, 0, TRACE_profile_result, caller, number, 9, 3, 3 << 1 | 1);
    script_result_record(s, 0, caller, 0, &seen[caller]);
    uint32_t slot = 1;
    for (uint32_t id = 1; id <= 3; id++)
        if (id != caller)
            script_result_record(s, 0, id, slot++, &seen[id]);
    script_step(s, 0, caller);
}

// Goroutine id runs on thread 0, calls a frame, steps and parks again.
static void tell_change(struct script *s, uint32_t id, uint32_t frame) {
    script_ready(s, 0, id);
    script_run(s, 0, id);
    script_call(s, 0, id, frame);
    script_step(s, 0, id);
    script_label(s, 0, id, frame + 100);
    script_stop(s, 0, id, TRACE_WAIT_CHAN);
}

// The results of profiles are told only after others have begun: each is held against its own first
// stop.
static void test_results_are_of_their_own_stop(void **state) {
    for (int wrong = 0; wrong <= 3; wrong++) {
        struct script_g seen[4][SCRIPT_GOROUTINES];
        script_begin(&script, true);
        for (uint32_t id = 1; id <= 3; id++) {
            script_create(&script, 0, 0, id, TRACE_PLAN);
            script_status(&script, 0, id, TRACE_GRUNNABLE);
            script_run(&script, 0, id);
            script_body(&script, 0, id, true);
            script_stop(&script, 0, id, TRACE_WAIT_CHAN);
        }
        for (uint32_t number = 1; number <= 3; number++) { // 1, 2 and 3 profile in turn
            tell_change(&script, 3, number);
            tell_change(&script, 1, number + 4);
            script_ready(&script, 0, number);
            script_run(&script, 0, number);
            memcpy(seen[number], script.g, sizeof script.g);
            tell_profile(&script, number, number);
            script_stop(&script, 0, number, TRACE_WAIT_CHAN);
        }
        for (uint32_t number = 1; number <= 3; number++) { // told much later
            script_ready(&script, 0, number);
            script_run(&script, 0, number);
            int other = wrong == (int)number ? (wrong % 3) + 1 : (int)number;
            tell_result(&script, number, number, seen[other]);
            script_stop(&script, 0, number, TRACE_WAIT_CHAN);
        }
        struct verdict verdict = judge(state, &script, RUN_QUIESCENT);
        if (wrong == 0)
            expect_pass(&verdict);
        else
            assert_true(verdict.kind == VERDICT_VIOLATION &&
                        (verdict.violations[0].invariant == INV_record_progress ||
                         verdict.violations[0].invariant == INV_record_labels));
    }
}

// ---- hostile traces -----------------------------------------------------------------------------

enum { HOSTILE_EVENTS = 600 };

static void check_verdict(const struct verdict *verdict, uint32_t count) {
    assert_true(verdict->count <= VERDICT_VIOLATIONS_MAX);
    assert_int_equal(verdict->kind == VERDICT_VIOLATION, verdict->count != 0);
    for (uint32_t i = 0; i < verdict->count; i++) {
        const struct violation *violation = &verdict->violations[i];
        assert_true((unsigned)violation->invariant < INVARIANT_COUNT);
        assert_true(violation->event < count || count == 0);
        assert_true(strnlen(violation->reason, sizeof violation->reason) <
                    sizeof violation->reason);
    }
}

// Small numbers mostly, so that events meet; the largest now and then.
static uint32_t nasty(struct rng *rng) {
    switch (rng_below(rng, 8)) {
    case 0:
        return (uint32_t)rng_next(rng);
    case 1:
        return UINT32_MAX - rng_below(rng, 3);
    default:
        return rng_below(rng, 6);
    }
}

static struct trace_event nasty_event(struct rng *rng) {
    return (struct trace_event){
        .sequence = nasty(rng),
        .kind =
            (uint16_t)(rng_below(rng, 50) == 0 ? rng_next(rng) : rng_below(rng, TRACE_KIND_COUNT)),
        .thread = (uint16_t)nasty(rng),
        .goroutine = nasty(rng),
        .object = nasty(rng),
        .version = nasty(rng),
        .a = nasty(rng),
        .b = (uint64_t)nasty(rng) << (rng_below(rng, 4) == 0 ? 32 : 0) | nasty(rng),
    };
}

// Every event is thrown, most are admitted: no kind that ends the trace but as the rarest.
static void test_random_traces(void **state) {
    static struct trace_event events[HOSTILE_EVENTS];
    struct rng rng = rng_seeded(1);
    for (int run = 0; run < 3000; run++) {
        uint32_t count = rng_below(&rng, HOSTILE_EVENTS);
        for (uint32_t i = 0; i < count; i++)
            events[i] = nasty_event(&rng);
        if (run % 2 == 0) // let goroutines be there
            for (uint32_t id = 1; id < 6 && id < count; id++)
                events[id - 1] = (struct trace_event){
                    .kind = TRACE_go_create, .goroutine = id, .a = rng_below(&rng, 3)};
        struct trace trace = {.events = events, .count = count, .truncated = run % 5 == 0};
        struct verdict verdict;
        oracle_judge(*state, &trace, (enum run_end)rng_below(&rng, RUN_END_COUNT + 1), &verdict);
        check_verdict(&verdict, count);
    }
}

// The story with a few events changed, dropped, doubled or exchanged: nearly right is the hardest.
static void test_damaged_stories(void **state) {
    struct rng rng = rng_seeded(2);
    for (int run = 0; run < 20000; run++) {
        story_tell(&story, (enum twist)rng_below(&rng, TWISTS), run & 1);
        struct script *s = &story.script;
        for (uint32_t edits = 1 + rng_below(&rng, 6); edits > 0; edits--) {
            uint32_t at = rng_below(&rng, s->count), other = rng_below(&rng, s->count);
            struct trace_event event = s->events[at], nasty_one = nasty_event(&rng);
            switch (rng_below(&rng, 8)) {
            case 0:
                s->events[at] = nasty_one;
                break;
            case 1:
                s->events[at] = s->events[other];
                s->events[other] = event;
                break;
            case 2:
                s->events[other] = event;
                break;
            case 3:
                s->count -= rng_below(&rng, s->count / 4);
                break;
            case 4:
                s->events[at].goroutine = nasty_one.goroutine;
                break;
            case 5:
                s->events[at].a = nasty_one.a;
                break;
            case 6:
                s->events[at].b = nasty_one.b;
                break;
            default:
                s->events[at].object = nasty_one.object;
            }
        }
        struct verdict verdict = judge(state, s, (enum run_end)rng_below(&rng, RUN_END_COUNT));
        check_verdict(&verdict, s->count);
    }
}

// Many goroutines, many stops, many sweeps that leave them unswept, deep stacks: quadratic work
// would not come to an end.
static void test_large_traces(void **state) {
    enum { LARGE = 400000 };
    struct trace_event *events = calloc(LARGE, sizeof *events);
    uint32_t count = 0;
    for (uint32_t id = 1; id <= LARGE / 4; id++)
        events[count++] = (struct trace_event){.kind = TRACE_go_create, .goroutine = id};
    static const uint16_t kinds[] = {
        TRACE_profile_state, TRACE_world_stopped,  TRACE_profile_active, TRACE_profile_swept,
        TRACE_call,          TRACE_body_begin,     TRACE_result_record,  TRACE_profile_inactive,
        TRACE_go_run,        TRACE_profile_result, TRACE_result_frames};
    for (uint32_t i = 0; count < LARGE; i++)
        events[count++] = (struct trace_event){
            .kind = kinds[i % (sizeof kinds / sizeof kinds[0])],
            .goroutine = 1 + i % 7,
            .object = i % 5,
            .version = i,
            .a = i % 3,
            .b = i % 4,
        };
    struct trace trace = {.events = events, .count = count};
    struct verdict verdict;
    for (int run = 0; run < 3; run++) {
        oracle_judge(*state, &trace, RUN_FINISHED, &verdict);
        check_verdict(&verdict, count);
    }
    free(events);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_invariants),
        TEST(test_each_check_names_its_invariant),
        TEST(test_ends),
        TEST(test_empty_trace),
        TEST(test_violations_are_the_earliest_in_order),
        TEST(test_a_cut_trace_keeps_what_stands_before),
        TEST(test_every_prefix_of_a_correct_run_holds),
        TEST(test_what_cannot_be_judged),
        TEST(test_statistics),
        TEST(test_steps_in_a_row),
        TEST(test_bounds),
        TEST(test_status_edges_by_version),
        TEST(test_sweep_meets_a_newcomer),
        TEST(test_results_are_of_their_own_stop),
        TEST(test_random_traces),
        TEST(test_damaged_stories),
        TEST(test_large_traces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// The search on the runtime itself: with and without reduction it sees the same traces and breaks
// the same promises. #74090 is found with one preemption, and with the fault off nothing is, all
// schedules looked at.
#include "exhaust.h"
#include "hashes.h"
#include "rng.h"
#include "scoreboard.h"
#include "search.h"
#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SET_SIZE = 1 << 18 };

// What a search showed: each order of events with its end, and each promise broken.
struct shown {
    uint64_t traces[SET_SIZE];
    uint8_t values[SET_SIZE];
    struct hashes set;
    bool broken[INVARIANT_COUNT];
    struct search_stats stats;
};

static struct shown all, reduced;

static uint64_t hash_of(const struct trace *trace, enum run_end end) {
    uint64_t hash = end;
    for (uint32_t i = 0; i < trace->count; i++) {
        struct trace_event event = trace->events[i];
        event.sequence = 0;
        if (event.kind == TRACE_preempt || event.kind == TRACE_choose)
            continue;
        uint64_t words[4];
        memcpy(words, &event, sizeof words);
        for (int k = 0; k < 4; k++)
            hash = rng_mix(hash ^ words[k]);
    }
    return hash;
}

static void show(struct runner *runner, const struct workload *workload,
                 const struct search_config *config, struct shown *shown) {
    *shown = (struct shown){0};
    shown->set = (struct hashes){shown->traces, shown->values, SET_SIZE, 0};
    struct search *search = search_new(config);
    assert_non_null(search);
    runner_steer(runner, search_sched(search));
    bool more = true;
    while (more) {
        struct outcome outcome;
        runner_run(runner, workload, false, &outcome);
        if (!search_was_cut(search))
            hashes_add(&shown->set, hash_of(&outcome.run.trace, outcome.run.end));
        for (uint32_t i = 0; i < outcome.verdict.count; i++)
            shown->broken[outcome.verdict.violations[i].invariant] = true;
        more = search_next(search, outcome.run.end);
    }
    shown->stats = *search_stats(search);
    search_free(search);
    runner_steer(runner, NULL);
}

// The plan with this mutant, or none: without reduction and with this method.
static void agree(const char *text, const char *mutant, struct search_config config) {
    struct workload workload;
    struct workload_error error;
    struct subject subject;
    assert_true(workload_parse(&workload, text, strlen(text), &error));
    subject_init(&subject);
    assert_true(mutant == NULL || subject_add_mutant(&subject, mutant));
    const struct runner_config runner_config = {.subject = &subject};
    struct runner *runner = runner_new(&runner_config);
    assert_non_null(runner);
    show(runner, &workload, &config, &reduced);
    config.method = SEARCH_PLAIN;
    show(runner, &workload, &config, &all);
    runner_free(runner);
    uint32_t broken = 0;
    for (uint32_t i = 0; i < INVARIANT_COUNT; i++)
        broken += all.broken[i];
    print_message(
        "%s, bound %u: %llu runs, reduced %llu, %llu orders of events, %u promises broken\n",
        mutant ? mutant : "correct", config.preemptions, (unsigned long long)all.stats.executions,
        (unsigned long long)reduced.stats.executions, (unsigned long long)all.set.count, broken);
    assert_int_equal(all.stats.gaps | reduced.stats.gaps, 0);
    assert_int_equal(all.set.count, reduced.set.count);
    for (uint32_t i = 0; i < SET_SIZE; i++)
        if (all.traces[i] != 0)
            assert_int_not_equal(reduced.traces[hashes_place(&reduced.set, all.traces[i])], 0);
    assert_memory_equal(all.broken, reduced.broken, sizeof all.broken);
    assert_true(reduced.stats.executions <= all.stats.executions);
}

static const char nothing[] = "gproof 1\nbody main\nschedule list\n";
static const char finalizer[] =
    "gproof 1\nms 2\ncleanups 1\nbody main\nalloc s0\nfinalizer s0 fin1\n"
    "profile fit\nbody fin1\nschedule list\n";
static const char cleanup[] = "gproof 1\nms 2\ncleanups 1\nbody main\nalloc s0\ncleanup s0 clean1\n"
                              "profile fit\nbody clean1\nschedule list\n";
static const char two[] = "gproof 1\nms 2\ncleanups 1\nbody main\nspawn side 1\nprofile fit\n"
                          "body side\nyield\nschedule list\n";
static const char alone[] = "gproof 1\nprocs 1\nms 1\ncleanups 1\nbody main\nschedule list\n";

static void test_bounded_search_sees_the_same(void **state) {
    (void)state;
    struct search_config config = {.method = SEARCH_STATES, .preemptions = 1};
    agree(finalizer, NULL, config);
    agree(finalizer, "issue-74090", config);
    agree(finalizer, "second-stop-missing", config);
    agree(finalizer, "no-checkin-execute", config);
    agree(cleanup, "issue-74090", config);
    agree(cleanup, "sweep-missing", config);
    agree(two, NULL, config);
    agree(two, "newcomer-not-satisfied", config);
    agree(two, "in-progress-is-done", config);
    config.chooses = true;
    agree(nothing, NULL, config);
    config = (struct search_config){.method = SEARCH_STATES, .preemptions = 2};
    agree(nothing, NULL, config);
    agree(finalizer, "issue-74090", config);
}

static void test_unbounded_search_sees_the_same(void **state) {
    (void)state;
    const struct search_config races = {.method = SEARCH_RACES, .preemptions = SEARCH_UNBOUNDED};
    agree(alone, NULL, races);
    agree(alone, "count-clamped", races);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bounded_search_sees_the_same),
        cmocka_unit_test(test_unbounded_search_sees_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

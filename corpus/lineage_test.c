#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lineage.h"
#include "path.h"
#include "text.h"

#include <string.h>

static void parse(struct workload *workload, const char *plan, const char *entries) {
    char text[2048];
    struct workload_error error;
    int size =
        snprintf(text, sizeof text, "gproof 1\nbody main\n%sschedule list\n%s", plan, entries);
    if (!workload_parse(workload, text, (size_t)size, &error))
        fail_msg("%u:%u: %s", error.line, error.column, error.message);
}

static uint64_t path(const char *text) {
    uint64_t parsed = 0;
    assert_true(path_parse(text, strlen(text), &parsed));
    return parsed;
}

// Take the ops [at, at + count) of all bodies out of the plan and see where one entry goes.
static bool follow(const char *plan, uint32_t at, uint32_t count, struct workload_entry *entry) {
    struct workload before, after;
    parse(&before, plan, "");
    after = before;
    struct lineage_edit edit = {.before = &before.plan, .after = &after.plan, .inlined = -1};
    for (uint32_t i = 0; i < WORKLOAD_OPS_MAX; i++)
        edit.moved[i] = (int16_t)(i < at ? i : i < at + count ? -1 : (int)(i - count));
    for (uint32_t body = 0; body < after.plan.bodies; body++) {
        uint32_t begin = workload_body_begin(&before.plan, body), length = 0, first = 0;
        for (uint32_t i = begin; i < workload_body_end(&before.plan, body); i++)
            if (i >= at && i < at + count && length++ == 0)
                first = i - begin;
        workload_remove(&after.plan, body, first, length);
    }
    struct workload_schedule schedule = {.entries = 1, .entry = {*entry}};
    lineage_follow(&schedule, &edit);
    *entry = schedule.entry[0];
    return schedule.entries == 1;
}

struct step {
    uint32_t at, count; // ops removed
    const char *context;
    uint32_t op;
    const char *context_after; // NULL: the goroutine is gone
    uint32_t op_after;
};

static void check(const char *plan, const struct step *steps, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const struct step *step = &steps[i];
        struct workload_entry entry = {
            .context = path(step->context), .op = step->op, .occurrence = 1};
        bool stays = follow(plan, step->at, step->count, &entry);
        if (stays != (step->context_after != NULL))
            fail_msg("step %zu: stays %d", i, stays);
        if (!stays)
            continue;
        char text[PATH_TEXT_SIZE];
        if (entry.context != path(step->context_after) || entry.op != step->op_after)
            fail_msg("step %zu: found %s op %u", i, path_format(entry.context, text), entry.op);
    }
}

static void test_ops_of_main(void **state) {
    (void)state;
    static const struct step steps[] = {
        {0, 1, "main", 3, "main", 2},       // what is behind moves up
        {2, 1, "main", 1, "main", 1},       // what is before stays
        {1, 1, "main", 2, "main", 2},       // the op that takes its place
        {1, 2, "main", 2, "main", 2},       // likewise, further behind
        {3, 1, "main", 4, "main", 3},       // nothing takes its place: the one before
        {0, 1, "main", 0, "main", 0},       // before the first op
        {0, 1, "main", 9, "main", 9},       // no such op
        {0, 1, "m0", 3, "m0", 3},           // threads count something else
        {0, 1, "main/m1", 3, "main/m1", 3}, // likewise
        {0, 1, "~00000000000012", 3, "~00000000000012", 3},
    };
    check("yield\ngc\nstep 1\nexit\n", steps, sizeof steps / sizeof steps[0]);
}

static void test_goroutines(void **state) {
    (void)state;
    // ops: 0 spawn a 2, 1 yield, 2 spawn b 3; body a: 3 gc; body b: 4 yield, 5 spawn a 1, 6 gc
    static const char plan[] =
        "spawn a 2\nyield\nspawn b 3\nbody a\ngc\nbody b\nyield\nspawn a 1\ngc\n";
    static const struct step steps[] = {
        {0, 1, "main/4", 3, "main/2", 3},       // two goroutines less before it
        {0, 1, "main/2", 1, NULL, 0},           // it was one of them
        {1, 1, "main/4", 3, "main/4", 3},       // nothing that concerns it
        {4, 1, "main/3", 3, "main/3", 2},       // an op of its body
        {4, 1, "main/1", 1, "main/1", 1},       // of another's body
        {5, 1, "main/5/1", 1, NULL, 0},         // the spawn of its creator
        {0, 1, "main/5/1", 1, "main/3/1", 1},   // its creator has another name
        {0, 1, "main/5/m1", 7, "main/3/m1", 7}, // and so has the thread
        {0, 1, "main/9", 3, "main/9", 3},       // nobody starts that one
        {2, 1, "main/3/m1", 1, NULL, 0},        // a thread whose creator is gone
    };
    check(plan, steps, sizeof steps / sizeof steps[0]);
}

static void test_services_count_on(void **state) {
    (void)state;
    // ops: 0 alloc, 1 finalizer, 2 cleanup; body fin: 3 yield, 4 step, 5 gc; body clean: 6 step
    static const char plan[] = "alloc s0\nfinalizer s0 fin\ncleanup s0 clean\nbody fin\nyield\n"
                               "step 1\ngc\nbody clean\nstep 1\n";
    static const struct step steps[] = {
        {3, 1, "fing", 2, "fing", 1},         // first run of the body
        {3, 1, "fing", 6, "fing", 4},         // second run
        {6, 1, "fing", 5, "fing", 5},         // another body
        {3, 1, "cleanup1", 3, "cleanup1", 3}, // likewise
    };
    check(plan, steps, sizeof steps / sizeof steps[0]);
}

static void test_target_follows(void **state) {
    (void)state;
    static const char plan[] = "spawn a 2\nspawn a 1\nbody a\ngc\n";
    struct workload_entry entry = {
        .context = path("main"), .op = 2, .occurrence = 1, .target = path("main/3/m1")};
    assert_true(follow(plan, 0, 1, &entry));
    assert_true(entry.target == path("main/1/m1"));
    assert_int_equal(entry.op, 1);
    entry.target = path("main/3/m2");
    entry.op = 1;
    assert_true(follow(plan, 1, 1, &entry));
    assert_true(entry.target == 0); // whoever comes next
}

static void test_inlined_body(void **state) {
    (void)state;
    // before: 0 yield, 1 spawn b 1, 2 exit; body b: 3 spawn a 2, 4 gc; body a: 5 step
    // after:  0 yield, 1 spawn a 2, 2 gc, 3 exit; body b: 4, 5; body a: 6
    struct workload before, after;
    parse(&before, "yield\nspawn b 1\nexit\nbody b\nspawn a 2\ngc\nbody a\nstep 1\n", "");
    parse(&after, "yield\nspawn a 2\ngc\nexit\nbody b\nspawn a 2\ngc\nbody a\nstep 1\n", "");
    struct lineage_edit edit = {.before = &before.plan, .after = &after.plan, .inlined = 1};
    for (uint32_t i = 0; i < workload_ops(&before); i++)
        edit.moved[i] = (int16_t)(i <= 1 ? i : i + 1);
    static const struct step steps[] = {
        {0, 0, "main", 3, "main", 4},
        {0, 0, "main/1", 2, "main", 3},
        {0, 0, "main/1/2", 1, "main/2", 1},
    };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct workload_schedule schedule = {.entries = 1};
        schedule.entry[0] = (struct workload_entry){
            .context = path(steps[i].context), .op = steps[i].op, .occurrence = 1};
        lineage_follow(&schedule, &edit);
        assert_int_equal(schedule.entries, 1);
        assert_true(schedule.entry[0].context == path(steps[i].context_after));
        assert_int_equal(schedule.entry[0].op, steps[i].op_after);
    }
}

// Of five goroutines two are left: the first two, or the last two.
static void test_fewer_spawned(void **state) {
    (void)state;
    struct workload before, after;
    parse(&before, "spawn a 5\nbody a\ngc\n", "");
    parse(&after, "spawn a 2\nbody a\ngc\n", "");
    struct lineage_edit edit = {.before = &before.plan, .after = &after.plan, .inlined = -1};
    for (uint32_t i = 0; i < workload_ops(&before); i++)
        edit.moved[i] = (int16_t)i;
    for (uint32_t child = 1; child <= 5; child++)
        for (int first_go = 0; first_go < 2; first_go++) {
            struct workload_schedule schedule = {.entries = 1};
            schedule.entry[0] = (struct workload_entry){
                .context = path_child(path("main"), child, false), .op = 1, .occurrence = 1};
            edit.first_go = first_go;
            lineage_follow(&schedule, &edit);
            uint32_t skipped = first_go ? 3 : 0;
            bool stays = child > skipped && child <= skipped + 2;
            assert_int_equal(schedule.entries, stays);
            if (stays)
                assert_true(schedule.entry[0].context ==
                            path_child(path("main"), child - skipped, false));
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ops_of_main),       cmocka_unit_test(test_goroutines),
        cmocka_unit_test(test_services_count_on), cmocka_unit_test(test_target_follows),
        cmocka_unit_test(test_inlined_body),      cmocka_unit_test(test_fewer_spawned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

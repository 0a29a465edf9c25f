// Toy predicates: the minimiser knows nothing of what it minimises for.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "generate.h"
#include "minimize.h"
#include "path.h"
#include "text.h"

#include <string.h>

static void parse(struct workload *workload, const char *text) {
    struct workload_error error;
    if (!workload_parse(workload, text, strlen(text), &error))
        fail_msg("%u:%u: %s", error.line, error.column, error.message);
}

static uint32_t count_ops(const struct workload *workload, enum workload_op_kind kind) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < workload_ops(workload); i++)
        count += workload->plan.ops[i].kind == kind;
    return count;
}

static uint32_t minimized(struct workload *workload, bool (*holds)(void *, struct workload *),
                          bool *complete) {
    struct minimize_predicate predicate = {.holds = holds};
    return workload_minimize(workload, &predicate, NULL, complete);
}

static void assert_same(const struct workload *workload, const char *text) {
    struct workload expected;
    parse(&expected, text);
    if (workload_equal(workload, &expected))
        return;
    static char printed[WORKLOAD_TEXT_MAX];
    workload_print(workload, NULL, printed, sizeof printed);
    fail_msg("found\n%s", printed);
}

static bool always(void *user, struct workload *candidate) {
    (void)user, (void)candidate;
    return true;
}

static void test_everything_goes(void **state) {
    (void)state;
    struct rng rng = rng_seeded(7);
    for (int round = 0; round < 20; round++) {
        struct workload workload;
        bool complete = false;
        workload_generate(&workload, &rng);
        minimized(&workload, always, &complete);
        assert_true(complete);
        assert_same(&workload, "gproof 1\nprocs 1\nms 1\ncleanups 1\ngoroutines 1\nfuel 1\n");
    }
}

static void test_goroutines_that_run_main(void **state) {
    (void)state;
    struct workload workload;
    parse(&workload, "gproof 1\nbody main\n spawn w 1\n spawn main 2\nbody w\n spawn main 1\n");
    minimized(&workload, always, NULL);
    assert_same(&workload, "gproof 1\nprocs 1\nms 1\ncleanups 1\ngoroutines 1\nfuel 1\n");
}

static bool two_profiles_and_a_gc(void *user, struct workload *candidate) {
    (void)user;
    return count_ops(candidate, OP_profile) >= 2 && count_ops(candidate, OP_gc) >= 1 &&
           candidate->header.procs >= 3;
}

static void test_keeps_what_is_needed(void **state) {
    (void)state;
    struct rng rng = rng_seeded(11);
    int tried = 0;
    while (tried < 20) {
        struct workload workload;
        workload_generate(&workload, &rng);
        if (!two_profiles_and_a_gc(NULL, &workload))
            continue;
        tried++;
        minimized(&workload, two_profiles_and_a_gc, NULL);
        assert_int_equal(workload_ops(&workload), 3);
        assert_int_equal(count_ops(&workload, OP_profile), 2);
        assert_int_equal(workload.header.procs, 3);
        assert_int_equal(workload.header.ms, 3);
        assert_int_equal(workload.schedule.mode, SCHEDULE_LIST);
    }
}

// An op in a called frame and a matching pair around it: neither call nor return may go alone.
static bool balanced(void *user, struct workload *candidate) {
    (void)user;
    return count_ops(candidate, OP_call) == count_ops(candidate, OP_return) &&
           count_ops(candidate, OP_gc) == 1;
}

static void test_calls_go_in_pairs(void **state) {
    (void)state;
    struct workload workload;
    parse(&workload, "gproof 1\nprocs 1\nms 1\ncleanups 1\ngoroutines 1\nfuel 1\n"
                     "body main\n call f3\n call f4\n yield\n gc\n return\n step 9\n return\n");
    minimized(&workload, balanced, NULL);
    assert_same(&workload, "gproof 1\nprocs 1\nms 1\ncleanups 1\ngoroutines 1\nfuel 1\n"
                           "body main\n gc\n");
}

// So deep that pairs of any ops are not tried yet.
static void test_deep_calls_go_in_pairs(void **state) {
    (void)state;
    struct workload workload;
    workload_init(&workload);
    assert_true(workload_insert(&workload.plan, 0, 0, (struct workload_op){OP_gc, 0, 0}));
    for (uint32_t depth = 0; depth < 20; depth++) {
        struct workload_op call = {OP_call, depth % WORKLOAD_FRAMES, 0}, back = {OP_return, 0, 0};
        assert_true(workload_insert(&workload.plan, 0, 0, call));
        assert_true(workload_insert(&workload.plan, 0, workload_ops(&workload), back));
    }
    minimized(&workload, balanced, NULL);
    assert_int_equal(workload_ops(&workload), 1);
}

// Two ops that only go together, though no call and return.
static bool even_yields(void *user, struct workload *candidate) {
    (void)user;
    return count_ops(candidate, OP_yield) % 2 == 0 && count_ops(candidate, OP_gc) == 1;
}

static void test_pairs_go(void **state) {
    (void)state;
    struct workload workload;
    parse(&workload, "gproof 1\nbody main\n yield\n gc\n yield\n");
    minimized(&workload, even_yields, NULL);
    assert_int_equal(workload_ops(&workload), 1);
}

static bool spawned_or_inline_gc(void *user, struct workload *candidate) {
    (void)user;
    uint32_t in_main = workload_body_end(&candidate->plan, 0);
    return count_ops(candidate, OP_gc) == 1 &&
           (count_ops(candidate, OP_spawn) == 1 ||
            (in_main > 0 && candidate->plan.ops[in_main - 1].kind == OP_gc));
}

static void test_goroutines_are_inlined(void **state) {
    (void)state;
    struct workload workload;
    parse(&workload, "gproof 1\nbody main\n spawn w 3\nbody w\n gc\n");
    minimized(&workload, spawned_or_inline_gc, NULL);
    assert_int_equal(workload.plan.bodies, 1);
    assert_int_equal(workload_ops(&workload), 1);
}

// The entry at the gc of the second goroutine that main starts: keys must follow as ops and
// goroutines before it go.
static bool entry_at_gc_of_worker(void *user, struct workload *candidate) {
    (void)user;
    const struct workload_plan *plan = &candidate->plan;
    const struct workload_schedule *schedule = &candidate->schedule;
    uint32_t children = 0;
    for (uint32_t i = 0; i < workload_body_end(plan, 0); i++) {
        if (plan->ops[i].kind != OP_spawn)
            continue;
        uint32_t begin = workload_body_begin(plan, plan->ops[i].a);
        uint32_t end = workload_body_end(plan, plan->ops[i].a);
        for (uint32_t child = children + 1; child <= children + plan->ops[i].b; child++)
            for (uint32_t e = 0; e < schedule->entries; e++)
                if (schedule->entry[e].context ==
                        path_child(path_root(PATH_MAIN, 0), child, false) &&
                    schedule->entry[e].op > 0 && begin + schedule->entry[e].op - 1 < end &&
                    plan->ops[begin + schedule->entry[e].op - 1].kind == OP_gc)
                    return true;
        children += plan->ops[i].b;
    }
    return false;
}

static void test_keys_follow(void **state) {
    (void)state;
    struct workload workload;
    bool complete;
    parse(&workload,
          "gproof 1\nprocs 1\nms 1\ncleanups 1\ngoroutines 1\nfuel 1\nbody main\n"
          " yield\n spawn x 2\n step 3\n spawn w 2\nbody x\n yield\nbody w\n step 4\n"
          " label 2\n gc\n exit\nschedule list\n at main/4 op 3 user_step #2 to main/m1\n"
          " at main op 2 user_step #1 to next\n");
    assert_true(entry_at_gc_of_worker(NULL, &workload));
    minimized(&workload, entry_at_gc_of_worker, &complete);
    assert_true(complete);
    assert_same(&workload, "gproof 1\nprocs 1\nms 1\ncleanups 1\ngoroutines 1\nfuel 1\nbody main\n"
                           " spawn w 1\nbody w\n gc\nschedule list\n"
                           " at main/1 op 1 user_step #2 to next\n");
}

static bool slots_agree(void *user, struct workload *candidate) {
    (void)user;
    uint32_t slot = WORKLOAD_SLOTS;
    for (uint32_t i = 0; i < workload_ops(candidate); i++) {
        const struct workload_op *op = &candidate->plan.ops[i];
        if (op->kind == OP_alloc)
            slot = op->a;
        if (op->kind == OP_drop && op->a == slot)
            return true;
    }
    return false;
}

static void test_slots_are_renamed_together(void **state) {
    (void)state;
    struct workload workload;
    parse(&workload, "gproof 1\nbody main\n alloc s3\n alloc s2\n drop s2\n drop s3\n");
    minimized(&workload, slots_agree, NULL);
    assert_int_equal(workload_ops(&workload), 2);
    assert_int_equal(workload.plan.ops[0].a, 0);
    assert_int_equal(workload.plan.ops[1].a, 0);
}

// A predicate that refines: entries beyond the first had no effect in the run.
static bool refines(void *user, struct workload *candidate) {
    (void)user;
    if (candidate->schedule.entries == 0)
        return false;
    candidate->schedule.entries = 1;
    return true;
}

static void test_predicate_may_refine(void **state) {
    (void)state;
    struct workload workload;
    parse(&workload,
          "gproof 1\nbody main\n yield\nschedule list\n at main op 1 user_step #1 to next"
          "\n at main op 2 user_step #1 to next\n at fing op 1 user_step #1 to next\n");
    minimized(&workload, refines, NULL);
    assert_int_equal(workload.schedule.entries, 1);
    assert_int_equal(workload_ops(&workload), 0);
}

// Shows under one decision that depends on the length of the plan, and under any walk, which it
// turns into that decision and one that has no effect.
static bool needs_another_schedule(void *user, struct workload *candidate) {
    (void)user;
    struct workload_schedule *schedule = &candidate->schedule;
    uint32_t key = 100 + workload_ops(candidate);
    if (schedule->mode == SCHEDULE_LIST) {
        for (uint32_t i = 0; i < schedule->entries; i++)
            if (schedule->entry[i].op == key)
                return true;
        return false;
    }
    memset(schedule, 0, sizeof *schedule);
    schedule->entries = 2;
    for (uint32_t i = 0; i < 2; i++)
        schedule->entry[i] = (struct workload_entry){
            .context = path_root(PATH_M0, 0), .op = i == 0 ? key : 1, .occurrence = 1};
    return true;
}

static void test_walks_find_another_schedule(void **state) {
    (void)state;
    const char *text = "gproof 1\nbody main\n yield\n yield\n yield\nschedule list\n"
                       " at m0 op 103 spin #1 to next\n";
    struct minimize_predicate predicate = {.holds = needs_another_schedule};
    struct minimize_limits limits = {.walks = 0};
    struct workload workload;
    parse(&workload, text);
    workload_minimize(&workload, &predicate, &limits, NULL);
    assert_int_equal(workload_ops(&workload), 3);
    limits.walks = 2;
    workload_minimize(&workload, &predicate, &limits, NULL);
    assert_int_equal(workload_ops(&workload), 0);
    assert_int_equal(workload.schedule.entries, 1);
    assert_int_equal(workload.schedule.entry[0].op, 100);
}

// Shows as a whole, and as the three ops 1, 5 and 8 of main alone, under a walk: five ops are in
// the way, and no four of them can go. Those of work, which only 4 starts, go with it.
static bool shows_in_parts(void *user, struct workload *candidate) {
    (void)user;
    const struct workload_op *ops = candidate->plan.ops;
    uint32_t count = workload_ops(candidate);
    if (candidate->schedule.mode != SCHEDULE_LIST)
        memset(&candidate->schedule, 0, sizeof candidate->schedule);
    return (count == 10 && ops[0].a == 1 && ops[4].a == 5 && ops[7].a == 8) ||
           (count == 3 && ops[0].a == 1 && ops[1].a == 5 && ops[2].a == 8);
}

static void test_parts_go_at_once(void **state) {
    (void)state;
    const char *text = "gproof 1\nbody main\n step 1\n step 2\n step 3\n spawn work 1\n step 5\n"
                       " step 6\n step 7\n step 8\nbody work\n step 1\n step 2\nschedule list\n";
    struct minimize_predicate predicate = {.holds = shows_in_parts};
    struct minimize_limits limits = {.walks = 0};
    struct workload workload;
    parse(&workload, text);
    workload_minimize(&workload, &predicate, &limits, NULL);
    assert_int_equal(workload_ops(&workload), 10);
    limits.walks = 256;
    workload_minimize(&workload, &predicate, &limits, NULL);
    assert_int_equal(workload_ops(&workload), 3);
    assert_int_equal(workload.plan.bodies, 1);
}

struct watch {
    uint32_t tries, best_ops;
    bool grew;
};

static bool count_tries(void *user, struct workload *candidate) {
    struct watch *watch = user;
    watch->tries++;
    return count_ops(candidate, OP_profile) >= 1;
}

static void watch_progress(void *user, uint32_t tried, const struct workload *best) {
    struct watch *watch = user;
    watch->grew |= workload_ops(best) > watch->best_ops || tried != watch->tries;
    watch->best_ops = workload_ops(best);
}

static void test_limit_and_progress(void **state) {
    (void)state;
    struct rng rng = rng_seeded(3);
    struct workload workload;
    workload_generate(&workload, &rng);
    struct watch watch = {.best_ops = workload_ops(&workload)};
    struct minimize_predicate predicate = {count_tries, watch_progress, &watch};
    struct minimize_limits limits = {.tries_max = 4};
    bool complete = true;
    assert_int_equal(workload_minimize(&workload, &predicate, &limits, &complete), 4);
    assert_int_equal(watch.tries, 4);
    assert_false(complete);
    assert_false(watch.grew);
    assert_true(count_ops(&workload, OP_profile) >= 1);
}

static void test_deterministic(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct rng rng = rng_seeded(seed);
        struct workload first, second;
        do
            workload_generate(&first, &rng);
        while (!two_profiles_and_a_gc(NULL, &first));
        second = first;
        uint32_t tries = minimized(&first, two_profiles_and_a_gc, NULL);
        assert_int_equal(minimized(&second, two_profiles_and_a_gc, NULL), tries);
        assert_true(workload_equal(&first, &second));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything_goes),
        cmocka_unit_test(test_goroutines_that_run_main),
        cmocka_unit_test(test_keeps_what_is_needed),
        cmocka_unit_test(test_calls_go_in_pairs),
        cmocka_unit_test(test_deep_calls_go_in_pairs),
        cmocka_unit_test(test_pairs_go),
        cmocka_unit_test(test_goroutines_are_inlined),
        cmocka_unit_test(test_keys_follow),
        cmocka_unit_test(test_slots_are_renamed_together),
        cmocka_unit_test(test_predicate_may_refine),
        cmocka_unit_test(test_walks_find_another_schedule),
        cmocka_unit_test(test_parts_go_at_once),
        cmocka_unit_test(test_limit_and_progress),
        cmocka_unit_test(test_deterministic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

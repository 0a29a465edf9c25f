// The virtual world by itself: what the default order is, when threads block and wake, how time
// goes, how runs end, what a scheduler is asked and told, and what TSan sees of it.
#include "os_atomic.h"
#include "path.h"
#include "virtual.h"
#include "virtual_race.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { THREADS = 4, BUDGET = 1000 };

static struct stack_pool *stacks;
static struct os_world *world;
static struct os_context contexts[THREADS], goroutine;
static struct os_mutex mutex, second_mutex;
static struct os_note note;
static struct os_u32 word;
static char trail[256]; // what happened, a letter each
static size_t trail_size;

// A scheduler that does what the test says: calls are counted, picks come from a function.
struct probe {
    struct sched sched;
    uint32_t (*picker)(const struct sched_view *view);
    uint32_t picks, chooses, enables, watch_calls, begins, ends;
    uint64_t pick_steps[64], watched_path;
    uint32_t watched_op, occurrences[64];
    bool ask; // what `enabled` answers
};
static struct probe probe;

static uint32_t probe_pick(struct sched *sched, const struct sched_view *view) {
    (void)sched;
    probe.pick_steps[probe.picks % 64] = view->step;
    probe.occurrences[probe.picks % 64] = view->occurrence;
    probe.picks++;
    return probe.picker != NULL ? probe.picker(view) : sched_default(view);
}

static uint32_t probe_choose(struct sched *sched, const struct sched_view *view, uint32_t bound) {
    (void)sched;
    (void)view;
    probe.chooses++;
    return bound - 1;
}

static bool probe_watches(struct sched *sched, const struct os_context *context) {
    (void)sched;
    probe.watch_calls++;
    return context->path == probe.watched_path && context->op == probe.watched_op;
}

static bool probe_enabled(struct sched *sched, const struct sched_view *view, uint32_t thread) {
    (void)sched;
    (void)view;
    probe.enables |= 1u << thread;
    return probe.ask;
}

static void probe_begin(struct sched *sched) {
    (void)sched;
    probe.begins++;
}

static void probe_end(struct sched *sched, const struct sched_view *view) {
    (void)sched, (void)view;
    probe.ends++;
}

static void did(char what) {
    trail[trail_size++] = what;
    trail[trail_size] = '\0';
}

static int setup(void **state) {
    (void)state;
    memset(contexts, 0, sizeof contexts);
    for (uint32_t i = 0; i < THREADS; i++)
        contexts[i].path = i == 0 ? path_root(PATH_M0, 0) : path_child(contexts[0].path, i, true);
    goroutine = (struct os_context){.path = path_root(PATH_MAIN, 0)};
    mutex = second_mutex = (struct os_mutex){0};
    note = (struct os_note){0};
    os_init_u32(&word, 0);
    trail[trail_size = 0] = '\0';
    probe = (struct probe){.sched = {.name = "probe",
                                     .begin = probe_begin,
                                     .end = probe_end,
                                     .pick = probe_pick,
                                     .choose = probe_choose,
                                     .quiet = SCHED_QUIET_MAX}};
    return 0;
}

static enum run_end run(void (*entry)(void *self)) {
    enum run_end end =
        os_virtual_run(world, &probe.sched, false, entry, &contexts[0], &contexts[0]);
    stack_pool_reset(stacks);
    return end;
}

static void start(uint32_t thread, void (*entry)(void *self)) {
    os_thread_start(entry, &contexts[thread], &contexts[thread], SITE_thread_start);
}

static void step(char what) {
    os_point(OS_STEP, NULL, SITE_test);
    did(what);
}

// ---- order, locks, notes ------------------------------------------------------------------------

static void two_steps(void *self) {
    char what = (char)('a' + (self == &contexts[2]));
    step(what);
    step(what);
}

static void starts_two(void *self) {
    assert_ptr_equal(os_self(), self);
    start(1, two_steps);
    start(2, two_steps);
    step('0');
    os_yield(SITE_test);
    step('0');
}

static void test_default_is_sequential(void **state) {
    (void)state;
    assert_int_equal(run(starts_two), RUN_FINISHED);
    assert_string_equal(trail, "0aabb0");
    assert_int_equal(os_virtual_stats(world)->threads, 3);
    assert_int_equal(os_virtual_stats(world)->preemptions, 0);
    // two starts, three steps and a yield, four steps of the others, three exits
    assert_int_equal(os_virtual_stats(world)->steps, 2 + 2 + 1 + 4 + 3);
    assert_int_equal(probe.begins, 1);
    assert_int_equal(probe.ends, 1);
}

static uint32_t pick_last(const struct sched_view *view) {
    return 63 - (uint32_t)__builtin_clzll(view->enabled);
}

static void locker(void *self) {
    os_mutex_lock(&mutex, SITE_test);
    did(self == &contexts[0] ? '(' : '[');
    step('.');
    step('.');
    os_mutex_unlock(&mutex, SITE_test);
    did(self == &contexts[0] ? ')' : ']');
}

static void lockers(void *self) {
    start(1, locker);
    locker(self);
}

static void test_locks_exclude(void **state) {
    (void)state;
    probe.sched.quiet = 1;
    probe.picker = pick_last; // the new thread as soon as it can
    assert_int_equal(run(lockers), RUN_FINISHED);
    assert_string_equal(trail, "[..](..)"); // it got the lock; m0 had to wait
    setup(NULL);
    probe.picker = NULL;
    assert_int_equal(run(lockers), RUN_FINISHED);
    assert_string_equal(trail, "(..)[..]");
}

static uint32_t pick_other(const struct sched_view *view) {
    return sched_next(view);
}

static void test_lock_taken_while_pending(void **state) {
    (void)state;
    // Round-robin at every point: both announce the lock while it is free, one gets it, the other
    // must be disabled again though it was announced as enabled.
    probe.sched.quiet = 1;
    probe.picker = pick_other;
    assert_int_equal(run(lockers), RUN_FINISHED);
    assert_true(strcmp(trail, "(..)[..]") == 0 || strcmp(trail, "[..](..)") == 0 ||
                strcmp(trail, "(..[)..]") == 0 || strcmp(trail, "[..(]..)") == 0);
}

static void waker(void *self) {
    (void)self;
    step('w');
    os_note_wake(&note, SITE_test);
    did('W');
    os_note_wake(&note, SITE_test); // twice does nothing
}

static void sleeper(void *self) {
    (void)self;
    start(1, waker);
    did('s');
    os_note_sleep(&note, SITE_test);
    did('S');
    os_note_sleep(&note, SITE_test); // woken already: at once
    os_note_clear(&note);
    did(os_note_sleep_for(&note, 500, SITE_test) ? '!' : 't');
}

static void test_notes_wake(void **state) {
    (void)state;
    assert_int_equal(run(sleeper), RUN_FINISHED);
    // The waker goes on after its wake, by default; both end.
    assert_string_equal(trail, "swWSt");
}

// ---- time ---------------------------------------------------------------------------------------

static int64_t times[4];

static void long_sleeper(void *self) {
    (void)self;
    struct os_note own = {0};
    times[0] = os_now();
    assert_false(os_note_sleep_for(&own, 1000000, SITE_test));
    times[1] = os_now();
    did('l');
}

static void short_sleeper(void *self) {
    (void)self;
    struct os_note own = {0};
    start(1, long_sleeper);
    assert_false(os_note_sleep_for(&own, 5000, SITE_test));
    times[2] = os_now();
    did('s');
    assert_false(os_note_sleep_for(&own, 0, SITE_test)); // no time at all
    assert_false(os_note_sleep_for(&own, -5, SITE_test));
    assert_false(os_note_sleep_for(&own, INT64_MAX, SITE_test)); // 292 years are a jump too
    did('S');
}

static void test_time_jumps_when_all_wait(void **state) {
    (void)state;
    assert_int_equal(run(short_sleeper), RUN_FINISHED);
    assert_string_equal(trail, "slS");
    assert_in_range(times[2], 5000, 5200);
    assert_in_range(times[1] - times[0], 1000000, 1000100);
    assert_true(os_virtual_stats(world)->steps < 20);
}

static void spinner(void *self) {
    (void)self;
    while (os_load_u32(&word, OS_ACQUIRE, SITE_test) == 0)
        os_yield(SITE_spin);
    did('p');
}

static void slow_setter(void *self) {
    (void)self;
    struct os_note own = {0};
    start(1, spinner);
    os_note_sleep_for(&own, 1000000000, SITE_test);
    os_store_u32(&word, 1, OS_RELEASE, SITE_test);
}

static void test_time_jumps_for_a_lonely_spin(void **state) {
    (void)state;
    assert_int_equal(run(slow_setter), RUN_FINISHED);
    assert_string_equal(trail, "p");
}

// ---- ends ---------------------------------------------------------------------------------------

static void ends_quiescent(void *self) {
    (void)self;
    start(1, two_steps);
    os_run_end(RUN_QUIESCENT);
    did('x');
}

static void ends_fatal(void *self) {
    (void)self;
    step('f');
    os_run_fatal();
}

static void deadlock_other(void *self) {
    (void)self;
    os_mutex_lock(&second_mutex, SITE_sched_lock);
    os_mutex_lock(&mutex, SITE_chan_lock);
}

static void deadlock(void *self) {
    (void)self;
    os_mutex_lock(&mutex, SITE_chan_lock);
    start(1, deadlock_other);
    os_yield(SITE_test);
    os_mutex_lock(&second_mutex, SITE_sched_lock);
}

static void lost_wake(void *self) {
    (void)self;
    os_note_sleep(&note, SITE_test);
}

static void spins_for_ever(void *self) {
    (void)self;
    for (;;)
        os_yield(SITE_spin);
}

static void busy_for_ever(void *self) {
    (void)self;
    for (;;)
        os_point(OS_STEP, NULL, SITE_test);
}

static void retries_for_ever(void *self) {
    (void)self;
    for (;;)
        os_note_sleep_for(&note, 20000, SITE_test);
}

static void test_ends(void **state) {
    (void)state;
    assert_int_equal(run(ends_quiescent), RUN_QUIESCENT);
    assert_string_equal(trail, "");
    assert_int_equal(run(ends_fatal), RUN_FATAL);
    assert_int_equal(run(lost_wake), RUN_STUCK);
    assert_int_equal(run(spins_for_ever), RUN_NO_PROGRESS);
    assert_in_range(os_virtual_stats(world)->steps, 2 * BUDGET, 2 * BUDGET + 100);
    setup(NULL);
    assert_int_equal(run(busy_for_ever), RUN_NO_PROGRESS);
    setup(NULL);
    assert_int_equal(run(retries_for_ever), RUN_NO_PROGRESS);
    setup(NULL);
    assert_int_equal(run(deadlock), RUN_STUCK);
}

static void test_describe(void **state) {
    (void)state;
    assert_int_equal(run(deadlock), RUN_STUCK);
    char text[200];
    size_t length = os_virtual_describe(world, 1, text, sizeof text);
    assert_int_equal(length, strlen(text));
    assert_non_null(strstr(text, "thread 1 m0/m1"));
    assert_non_null(strstr(text, "lock at chan_lock"));
    assert_non_null(strstr(text, "held by thread 0"));
    assert_int_equal(os_virtual_describe(world, 0, text, 10), 9);
    assert_int_equal(strlen(text), 9);
}

// Needs the other thread to run while it does not yield: only fair rotation helps.
static void waits_rudely(void *self) {
    (void)self;
    start(1, two_steps);
    while (trail_size < 2)
        os_point(OS_STEP, NULL, SITE_test);
    if (contexts[0].children != 0)
        os_note_sleep(&note, SITE_test);
}

static void test_fair_tail(void **state) {
    (void)state;
    assert_int_equal(run(waits_rudely), RUN_INCONCLUSIVE);
    assert_in_range(os_virtual_stats(world)->steps, BUDGET, BUDGET + 100);
    setup(NULL);
    contexts[0].children = 1;
    assert_int_equal(run(waits_rudely), RUN_STUCK); // stays what it is
}

static void progresses(void *self) {
    (void)self;
    for (int i = 0; i < 10; i++) {
        for (int j = 0; j < BUDGET - 10; j++)
            os_point(OS_STEP, NULL, SITE_test);
        os_progress();
    }
}

static void test_progress_renews_the_budget(void **state) {
    (void)state;
    assert_int_equal(run(progresses), RUN_FINISHED);
}

// ---- what a scheduler is asked and told ---------------------------------------------------------

static void many_steps(void *self) {
    (void)self;
    for (int i = 0; i < 100; i++)
        os_point(OS_STEP, NULL, SITE_test);
}

static void test_quiet_counts_points(void **state) {
    (void)state;
    probe.sched.quiet = 7;
    assert_int_equal(run(many_steps), RUN_FINISHED);
    assert_int_equal(probe.picks, 14); // and nobody is left to pick from at the exit
    for (uint32_t i = 0; i < probe.picks; i++)
        assert_int_equal(probe.pick_steps[i], 7 * (i + 1));
}

static void ops_of_two_contexts(void *self) {
    os_point(OS_STEP, NULL, SITE_checkpoint);
    os_context_enter(&goroutine);
    for (int op = 0; op < 3; op++) {
        os_op_begin();
        for (int i = 0; i < 3; i++) {
            os_point(OS_STEP, NULL, SITE_test);
            os_point(OS_STEP, NULL, SITE_user_step);
            if (i == 0) { // another context acts in the midst of the op
                os_context_enter(self);
                os_point(OS_STEP, NULL, SITE_test);
                os_context_enter(&goroutine);
            }
            os_yield(SITE_spin);
        }
    }
    assert_int_equal(goroutine.op, 3);
}

static void test_watched_op(void **state) {
    (void)state;
    probe.sched.watches = probe_watches;
    probe.watched_path = goroutine.path;
    probe.watched_op = 2;
    assert_int_equal(run(ops_of_two_contexts), RUN_FINISHED);
    assert_int_equal(probe.picks, 6); // two sites, three times each; no spin, no other context
    const uint32_t occurrences[] = {1, 1, 2, 2, 3, 3};
    assert_memory_equal(probe.occurrences, occurrences, sizeof occurrences);
    assert_int_equal(probe.watch_calls, 1 + 1 + 3); // each context first, then each op
}

static void test_watched_before_the_first_op(void **state) {
    (void)state;
    probe.sched.watches = probe_watches;
    probe.watched_path = contexts[0].path;
    probe.watched_op = 0;
    assert_int_equal(run(ops_of_two_contexts), RUN_FINISHED);
    assert_int_equal(probe.picks, 1 + 3); // checkpoint and three steps; its exit ends the run
    setup(NULL);
    probe.sched.watches = probe_watches;
    probe.watched_path = contexts[1].path; // a thread that never enters a context
    assert_int_equal(run(starts_two), RUN_FINISHED);
    assert_int_equal(probe.picks, 2 + 2 + 1); // its steps; exits with others left, m0's yield
}

static void test_told_of_the_enabled(void **state) {
    (void)state;
    probe.sched.enabled = probe_enabled;
    assert_int_equal(run(lockers), RUN_FINISHED);
    assert_int_equal(probe.enables, 2); // thread 1 at its start
    uint32_t picks = probe.picks;
    setup(NULL);
    probe.sched.enabled = probe_enabled;
    probe.ask = true;
    probe.picker = pick_last;
    assert_int_equal(run(lockers), RUN_FINISHED);
    assert_true(probe.picks > picks);
    assert_string_equal(trail, "[..](..)"); // asked at the next point, so the new thread was first
    setup(NULL);
    probe.sched.enabled = probe_enabled;
    assert_int_equal(run(sleeper), RUN_FINISHED);
    assert_int_equal(probe.enables, 3); // m0 when woken, and when its time was up
}

static void deadline_passes(void *self) {
    (void)self;
    start(1, long_sleeper);
    os_yield(SITE_test);
    for (int i = 0; i < 100 * BUDGET + 10; i++) {
        os_progress();
        os_point(OS_STEP, NULL, SITE_test);
    }
    did('e');
}

static void test_told_when_a_deadline_passes(void **state) {
    (void)state;
    probe.sched.enabled = probe_enabled;
    probe.ask = true;
    probe.picker = pick_last;
    assert_int_equal(run(deadline_passes), RUN_FINISHED);
    assert_string_equal(trail, "le");
    assert_in_range(times[1] - times[0], 1000000, 1000100);
}

static uint32_t chosen[4];

static void chooser(void *self) {
    (void)self;
    for (uint32_t i = 0; i < 4; i++)
        chosen[i] = os_choose(i + 1, SITE_steal_victim);
}

static void test_choose(void **state) {
    (void)state;
    assert_int_equal(run(chooser), RUN_FINISHED);
    const uint32_t expected[] = {0, 1, 2, 3};
    assert_memory_equal(chosen, expected, sizeof expected);
    assert_int_equal(probe.chooses, 3); // of one there is nothing to choose
}

// ---- the record ---------------------------------------------------------------------------------

static void test_record(void **state) {
    (void)state;
    probe.sched.quiet = 1;
    probe.picker = pick_last;
    enum run_end end =
        os_virtual_run(world, &probe.sched, true, starts_two, &contexts[0], &contexts[0]);
    assert_int_equal(end, RUN_FINISHED);
    const struct os_virtual_stats *stats = os_virtual_stats(world);
    assert_string_equal(trail, "aabb00"); // whoever is new goes first
    assert_true(stats->decisions_count >= 2);
    const struct os_decision *first = &stats->decisions[0];
    assert_int_equal(first->context, contexts[0].path);
    assert_int_equal(first->op, 0);
    assert_int_equal(first->site, SITE_thread_start); // before m0's second start
    assert_int_equal(first->occurrence, 2);
    assert_int_equal(first->target, contexts[1].path);
    assert_true(first->preemption);
    assert_int_equal(stats->preemptions, 2);
    stack_pool_reset(stacks);
}

// ---- TSan ---------------------------------------------------------------------------------------

static int tsan_child(bool races) {
    for (int i = 0; i < 3; i++) { // a run must not race with the one before it either
        setup(NULL);
        race_setup();
        if (run(races ? race_program : race_ordered_program) != RUN_FINISHED)
            return 1;
    }
    return 0;
}

static void test_virtual_threads_are_threads_to_tsan(void **state) {
    (void)state;
#ifdef GPROOF_TSAN
    const int race = 66;
#else
    const int race = 0;
#endif
    assert_int_equal(race_status("races"), race);
    assert_int_equal(race_status("synchronises"), 0);
}

static int group_setup(void **state) {
    (void)state;
    stacks = stack_pool_new(64);
    const struct os_virtual_config config = {.stacks = stacks, .progress_steps = BUDGET};
    world = os_virtual_new(&config);
    return stacks == NULL || world == NULL;
}

static int group_teardown(void **state) {
    (void)state;
    os_virtual_free(world);
    stack_pool_free(stacks);
    return 0;
}

#define TEST(function) cmocka_unit_test_setup(function, setup)

int main(int argc, char **argv) {
    if (argc > 1) {
        group_setup(NULL);
        int status = tsan_child(strcmp(argv[1], "races") == 0);
        group_teardown(NULL);
        return status;
    }
    const struct CMUnitTest tests[] = {
        TEST(test_default_is_sequential),
        TEST(test_locks_exclude),
        TEST(test_lock_taken_while_pending),
        TEST(test_notes_wake),
        TEST(test_time_jumps_when_all_wait),
        TEST(test_time_jumps_for_a_lonely_spin),
        TEST(test_ends),
        TEST(test_describe),
        TEST(test_fair_tail),
        TEST(test_progress_renews_the_budget),
        TEST(test_quiet_counts_points),
        TEST(test_watched_op),
        TEST(test_watched_before_the_first_op),
        TEST(test_told_of_the_enabled),
        TEST(test_told_when_a_deadline_passes),
        TEST(test_choose),
        TEST(test_record),
        TEST(test_virtual_threads_are_threads_to_tsan),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}

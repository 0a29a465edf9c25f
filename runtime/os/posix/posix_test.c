// The posix world, plain (posix_test) and noisy (noise_test): threads and their pool, mutexes and
// notes, how runs end and are lost, and goroutines that migrate, as the sanitizers see them.
#include "context_switch.h"
#include "os_atomic.h"
#include "path.h"
#include "posix.h"
#include "stack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { THREADS = 4, ROUNDS = 2000, LOST_STATUS = 40, SLOW_MS = 1000 };

static struct os_posix *world;
static struct os_context contexts[THREADS + 1];
static struct os_mutex mutex, other_mutex;
static struct os_note notes[THREADS + 1];
static struct os_u32 word;
static uint32_t plain; // protected by mutex

static void on_lost(void *user, enum run_end end) {
    (void)user;
    char text[160];
    for (uint32_t i = 0; i < os_posix_threads(world); i++) {
        os_posix_describe(world, i, text, sizeof text);
        fprintf(stderr, "%s\n", text);
    }
    _exit(LOST_STATUS + (int)end);
}

static void reset(void) {
    memset(contexts, 0, sizeof contexts);
    memset(notes, 0, sizeof notes);
    for (uint32_t i = 0; i <= THREADS; i++)
        contexts[i].path =
            i == 0 ? path_root(PATH_M0, 0) : path_child(path_root(PATH_M0, 0), i, true);
    mutex = other_mutex = (struct os_mutex){0};
    os_init_u32(&word, 0);
    plain = 0;
}

static enum run_end run(void (*entry)(void *self)) {
    return os_posix_run(world, entry, &contexts[0], &contexts[0]);
}

static void start_all(void (*entry)(void *self)) {
    for (uint32_t i = 1; i <= THREADS; i++)
        os_thread_start(entry, &contexts[i], &contexts[i], SITE_thread_start);
}

// ---- threads, mutexes, notes --------------------------------------------------------------------

static void counts(void *self) {
    assert_ptr_equal(os_self(), self);
    struct os_note never = {0};
    for (int i = 0; i < ROUNDS; i++) {
        os_mutex_lock(&mutex, SITE_test);
        plain++;
        if (i % 400 == 0) // long enough for the others to go to sleep on it
            os_note_sleep_for(&never, 2000000, SITE_test);
        os_mutex_unlock(&mutex, SITE_test);
    }
    os_add_u32(&word, 1, SITE_test);
}

static void counts_and_starts(void *self) {
    start_all(counts);
    counts(self);
}

static void test_mutexes_exclude(void **state) {
    (void)state;
    reset();
    assert_int_equal(run(counts_and_starts), RUN_FINISHED);
    assert_int_equal(plain, (THREADS + 1) * ROUNDS);
    assert_int_equal(word.raw_value, THREADS + 1);
}

static void nothing(void *self) {
    (void)self;
    os_add_u32(&word, 1, SITE_test);
}

static void starts_and_ends(void *self) {
    (void)self;
    start_all(nothing);
    os_run_end(RUN_QUIESCENT);
    os_run_end(RUN_FATAL); // the first call counts
    os_add_u32(&word, 1, SITE_test);
}

static void test_threads_are_kept_between_runs(void **state) {
    (void)state;
    for (int i = 0; i < 300; i++) {
        reset();
        assert_int_equal(run(starts_and_ends), RUN_QUIESCENT);
        assert_int_equal(word.raw_value, THREADS + 1); // all have returned
    }
    assert_in_range(os_posix_threads(world), 1, THREADS + 1);
    char text[160];
    size_t length = os_posix_describe(world, 0, text, sizeof text);
    assert_int_equal(length, strlen(text));
    assert_non_null(strstr(text, "has returned"));
}

// A token goes round: each sleeps on its own note, then wakes the next.
static void passes_token(void *self) {
    uint32_t me = (uint32_t)((struct os_context *)self - contexts);
    for (int i = 0; i < 200; i++) {
        os_note_sleep(&notes[me], SITE_test);
        os_note_clear(&notes[me]);
        plain++; // whoever has the token is alone
        os_note_wake(&notes[(me + 1) % (THREADS + 1)], SITE_test);
    }
}

static void starts_token(void *self) {
    start_all(passes_token);
    os_note_wake(&notes[0], SITE_test);
    os_note_wake(&notes[0], SITE_test);
    passes_token(self);
}

static void test_notes_order(void **state) {
    (void)state;
    reset();
    assert_int_equal(run(starts_token), RUN_FINISHED);
    assert_int_equal(plain, 200 * (THREADS + 1));
}

static void sleeps(void *self) {
    (void)self;
    int64_t begin = os_now();
    assert_false(os_note_sleep_for(&notes[0], 2000000, SITE_test));
    assert_true(os_now() - begin >= 2000000);
    assert_false(os_note_sleep_for(&notes[0], 0, SITE_test));
    assert_false(os_note_sleep_for(&notes[0], -1, SITE_test));
    os_note_wake(&notes[0], SITE_test);
    assert_true(os_note_sleep_for(&notes[0], 0, SITE_test));
    assert_true(os_note_sleep_for(&notes[0], INT64_MAX, SITE_test));
    os_note_sleep(&notes[0], SITE_test);
    os_note_clear(&notes[0]);
    assert_false(os_note_sleep_for(&notes[0], 1, SITE_test));
}

static void test_sleep_for(void **state) {
    (void)state;
    reset();
    assert_int_equal(run(sleeps), RUN_FINISHED);
}

static uint64_t drawn;

static void chooses(void *self) {
    (void)self;
    drawn = 0;
    for (int i = 0; i < 16; i++) {
        uint32_t choice = os_choose(16, SITE_test);
        assert_true(choice < 16);
        drawn = drawn << 4 | choice;
    }
    assert_int_equal(os_choose(1, SITE_test), 0);
    struct os_context *own = &contexts[0], *goroutine = &contexts[1];
    os_op_begin();
    os_context_enter(goroutine);
    os_op_begin();
    os_op_begin();
    assert_int_equal(own->op, 1);
    assert_int_equal(goroutine->op, 2);
}

static void test_choose_and_ops(void **state) {
    (void)state;
    reset();
    assert_int_equal(run(chooses), RUN_FINISHED);
    uint64_t first = drawn;
    reset();
    assert_int_equal(run(chooses), RUN_FINISHED);
    assert_true(first != drawn); // each run has choices of its own
}

// ---- goroutines ---------------------------------------------------------------------------------

enum { GOROUTINES = 12, SWITCHES = 60 };

struct machine { // an M
    struct context g0;
    uint32_t switches; // owned by whoever runs on it
};

struct goroutine {
    struct context context;
    struct goroutine *next;
    uint32_t counter; // its own
    bool done;
};

static struct machine machines[THREADS + 1];
static struct goroutine goroutines[GOROUTINES], *queue; // queue: protected by mutex
static uint32_t goroutines_left;                        // protected by mutex
static bool goroutines_race;
static uint32_t racy;

__attribute__((noinline)) static void goroutine_pause(struct goroutine *gp, int depth) {
    volatile char frame[64];
    memset((char *)frame, depth, sizeof frame);
    if (depth > 0) {
        goroutine_pause(gp, depth - 1);
    } else {
        struct machine *mp = os_self();
        mp->switches++;
        context_switch(&gp->context, &mp->g0, CONTEXT_SYNC);
        mp = os_self(); // another one, perhaps
        mp->switches++;
    }
    assert_int_equal(frame[7], depth);
}

static void goroutine_main(void *argument) {
    struct goroutine *gp = argument;
    for (int i = 0; i < SWITCHES; i++) {
        gp->counter++;
        for (int j = 0; goroutines_race && j < 10; j++) {
            racy++;
            os_yield(SITE_test); // so that two of them stand here at once
        }
        goroutine_pause(gp, i % 7);
    }
    gp->done = true;
    struct machine *mp = os_self();
    context_switch_last(&gp->context, &mp->g0, CONTEXT_SYNC);
}

static void machine_main(void *self) {
    struct machine *mp = self;
    context_here(&mp->g0);
    for (;;) {
        os_mutex_lock(&mutex, SITE_test);
        struct goroutine *gp = queue;
        bool over = goroutines_left == 0;
        if (gp != NULL)
            queue = gp->next;
        os_mutex_unlock(&mutex, SITE_test);
        if (over)
            return;
        if (gp == NULL) {
            os_yield(SITE_spin);
            continue;
        }
        mp->switches++;
        context_switch(&mp->g0, &gp->context, CONTEXT_SYNC);
        os_progress();
        os_mutex_lock(&mutex, SITE_test);
        if (gp->done) {
            goroutines_left--;
        } else { // to the end, so that they go round
            struct goroutine **end = &queue;
            while (*end != NULL)
                end = &(*end)->next;
            gp->next = NULL;
            *end = gp;
        }
        os_mutex_unlock(&mutex, SITE_test);
    }
}

static void machine_first(void *self) {
    for (uint32_t i = 1; i <= THREADS; i++)
        os_thread_start(machine_main, &machines[i], &contexts[i], SITE_thread_start);
    machine_main(self);
}

static void run_goroutines(struct stack_pool *stacks) {
    reset();
    memset(machines, 0, sizeof machines);
    queue = NULL;
    goroutines_left = GOROUTINES;
    for (uint32_t i = 0; i < GOROUTINES; i++) {
        goroutines[i] = (struct goroutine){.next = queue};
        context_make(&goroutines[i].context, stack_pool_get(stacks), stack_size(), goroutine_main,
                     &goroutines[i]);
        queue = &goroutines[i];
    }
    assert_int_equal(os_posix_run(world, machine_first, &machines[0], &contexts[0]), RUN_FINISHED);
    uint32_t counted = 0, switches = 0;
    for (uint32_t i = 0; i < GOROUTINES; i++)
        counted += goroutines[i].counter;
    for (uint32_t i = 0; i <= THREADS; i++)
        switches += machines[i].switches;
    assert_int_equal(counted, GOROUTINES * SWITCHES);
    assert_int_equal(switches, GOROUTINES * (3 * SWITCHES + 1));
    stack_pool_reset(stacks);
}

static void test_goroutines_migrate(void **state) {
    (void)state;
    struct stack_pool *stacks = stack_pool_new(GOROUTINES);
    for (int i = 0; i < 20; i++)
        run_goroutines(stacks);
    stack_pool_free(stacks);
}

// ---- runs in processes of their own -------------------------------------------------------------

static void deadlock_other(void *self) {
    (void)self;
    os_mutex_lock(&other_mutex, SITE_test);
    os_note_wake(&notes[1], SITE_test);
    os_mutex_lock(&mutex, SITE_test);
}

static void deadlock(void *self) {
    (void)self;
    os_mutex_lock(&mutex, SITE_test);
    os_thread_start(deadlock_other, &contexts[1], &contexts[1], SITE_thread_start);
    os_note_sleep(&notes[1], SITE_test);
    os_mutex_lock(&other_mutex, SITE_test);
}

static void spins(void *self) {
    (void)self;
    while (os_load_u32(&word, OS_ACQUIRE, SITE_test) == 0)
        os_yield(SITE_spin);
}

static void naps(void *self) {
    (void)self;
    for (;;)
        os_note_sleep_for(&notes[0], 3000000, SITE_test);
}

static void ends_but_stays(void *self) {
    os_run_end(RUN_FINISHED);
    spins(self);
}

static void fatal(void *self) {
    (void)self;
    start_all(spins);
    os_run_fatal();
}

static void slow_but_steady(void *self) {
    (void)self;
    for (int i = 0; i < 60; i++) { // longer than the watchdog in all
        os_note_sleep_for(&notes[0], 20000000, SITE_test);
        os_progress();
    }
}

static void slow_for_ever(void *self) {
    for (;;)
        slow_but_steady(self);
}

static int child(const char *what) {
    static const struct {
        const char *name;
        void (*entry)(void *self);
    } cases[] = {{"deadlock", deadlock},
                 {"spins", spins},
                 {"naps", naps},
                 {"ends-but-stays", ends_but_stays},
                 {"fatal", fatal},
                 {"slow-but-steady", slow_but_steady},
                 {"slow-for-ever", slow_for_ever}};
    reset();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (strcmp(what, cases[i].name) == 0)
            return (int)run(cases[i].entry);
    goroutines_race = strcmp(what, "race") == 0;
    struct stack_pool *stacks = stack_pool_new(GOROUTINES);
    run_goroutines(stacks);
    stack_pool_free(stacks);
    return 0;
}

static int status_of(const char *what) {
    pid_t pid = fork();
    if (pid == 0) {
        if (freopen("/dev/null", "w", stderr) == NULL)
            _exit(126);
        setenv("TSAN_OPTIONS", "exitcode=66:symbolize=0", 1);
        execl("/proc/self/exe", "posix_test", what, (char *)NULL);
        _exit(127);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_lost_runs(void **state) {
    (void)state;
    assert_int_equal(status_of("deadlock"), LOST_STATUS + RUN_STUCK);
    assert_int_equal(status_of("spins"), LOST_STATUS + RUN_NO_PROGRESS);
    assert_int_equal(status_of("naps"), LOST_STATUS + RUN_STUCK);
    assert_int_equal(status_of("ends-but-stays"), LOST_STATUS + RUN_NO_PROGRESS);
    assert_int_equal(status_of("fatal"), LOST_STATUS + RUN_FATAL);
    assert_int_equal(status_of("slow-but-steady"), RUN_FINISHED);
    assert_int_equal(status_of("slow-for-ever"), LOST_STATUS + RUN_INCONCLUSIVE);
}

static void test_tsan_sees_goroutines(void **state) {
    (void)state;
#ifdef GPROOF_TSAN
    assert_int_equal(status_of("race"), 66);
#endif
    assert_int_equal(status_of("no race"), 0);
}

// ---- noise --------------------------------------------------------------------------------------

static void test_noise(void **state) {
    (void)state;
    reset();
    uint64_t before = os_posix_disturbances(world);
    assert_int_equal(run(counts_and_starts), RUN_FINISHED);
#ifdef OS_IS_NOISY
    assert_true(os_posix_disturbances(world) > before + 5);
#else
    assert_int_equal(os_posix_disturbances(world), before);
#endif
}

static struct os_posix *new_world(uint32_t watchdog_ms, uint32_t slow_ms) {
    const struct os_posix_config config = {.noise = OS_NOISE_LIGHT,
                                           .noise_seed = 1,
                                           .watchdog_ms = watchdog_ms,
                                           .slow_ms = slow_ms,
                                           .lost = on_lost};
    return os_posix_new(&config);
}

static int setup(void **state) {
    (void)state;
    world = new_world(60000, 0);
    return world == NULL;
}

static int teardown(void **state) {
    (void)state;
    os_posix_free(world);
    return 0;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(int argc, char **argv) {
    if (argc > 1) {
        // A deadlock is seen without the watchdog's help, and so is what is slow.
        bool slow = strcmp(argv[1], "slow-for-ever") == 0;
        bool patient = strstr(argv[1], "race") != NULL || strcmp(argv[1], "deadlock") == 0 || slow;
        bool steady = strcmp(argv[1], "slow-but-steady") == 0; // on a machine with more to do
        world = new_world(patient ? 600000 : steady ? 1000 : 200, slow ? SLOW_MS : 0);
        int status = child(argv[1]);
        os_posix_free(world);
        return status;
    }
    const struct CMUnitTest tests[] = {
        TEST(test_mutexes_exclude),
        TEST(test_threads_are_kept_between_runs),
        TEST(test_notes_order),
        TEST(test_sleep_for),
        TEST(test_choose_and_ops),
        TEST(test_goroutines_migrate),
        TEST(test_noise),
        cmocka_unit_test(test_lost_runs),
        cmocka_unit_test(test_tsan_sees_goroutines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

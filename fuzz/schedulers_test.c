// The schedulers, on toy programs in the virtual world: every run replays exactly from its recorded
// decisions, and the same schedule gives the same run. What each does: walks_test.c.
#include "os_atomic.h"
#include "path.h"
#include "rng.h"
#include "sched_census.h"
#include "schedulers.h"
#include "virtual.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

// ---- toy programs -------------------------------------------------------------------------------

// A few threads run scripts drawn from the program's seed: atomics, locks (which may deadlock),
// notes, sleeps, spins (which may never end), choices, new threads, and "goroutines": contexts that
// lie in a queue and are continued by whichever thread takes them.

enum { THREADS = 6, MUTEXES = 3, WORDS = 3, GOROUTINES = 4, STACKS = 64 };

struct toy {
    uint64_t seed;
    uint32_t script; // ops a thread
    struct os_context threads[THREADS], goroutines[GOROUTINES];
    struct os_u32 words[WORDS], flags[THREADS];
    struct os_mutex mutexes[MUTEXES], queue_mutex;
    struct os_note notes[THREADS];
    bool taken[GOROUTINES];
    uint32_t started;
    uint64_t hash; // of all that happened, in order
};

static struct toy toy;
static struct stack_pool *stacks;
static struct os_world *world; // toys: a small budget, so that its end is reached

static void happened(uint64_t what, uint64_t value) {
    toy.hash = rng_mix(toy.hash ^ rng_mix(what) ^ value * 3) ^ (uint64_t)os_now();
}

static void toy_thread(void *self);

static void toy_start_thread(uint32_t parent) {
    if (toy.started == THREADS)
        return;
    uint32_t index = toy.started++;
    struct os_context *by = &toy.threads[parent];
    toy.threads[index] = (struct os_context){.path = path_child(by->path, ++by->threads, true)};
    os_thread_start(toy_thread, (void *)(uintptr_t)index, &toy.threads[index], SITE_thread_start);
}

static void toy_locked(struct rng *rng) {
    uint32_t first = rng_below(rng, MUTEXES), second = rng_below(rng, MUTEXES);
    os_mutex_lock(&toy.mutexes[first], SITE_sched_lock);
    os_add_u32(&toy.words[0], 3, SITE_test);
    if (second != first && rng_below(rng, 4) == 0) { // in any order: may deadlock
        os_mutex_lock(&toy.mutexes[second], SITE_chan_lock);
        os_mutex_unlock(&toy.mutexes[second], SITE_chan_unlock);
    }
    os_mutex_unlock(&toy.mutexes[first], SITE_sched_unlock);
}

// Continue a goroutine for an op or two, then put it back.
static void toy_goroutine(uint32_t thread, struct rng *rng) {
    uint32_t got = GOROUTINES;
    os_mutex_lock(&toy.queue_mutex, SITE_runq_head);
    for (uint32_t i = 0; i < GOROUTINES && got == GOROUTINES; i++)
        if (!toy.taken[i])
            toy.taken[got = i] = true;
    os_mutex_unlock(&toy.queue_mutex, SITE_runq_head);
    if (got == GOROUTINES)
        return;
    os_context_enter(&toy.goroutines[got]);
    for (uint32_t ops = 1 + rng_below(rng, 2); ops > 0; ops--) {
        os_point(OS_STEP, NULL, SITE_checkpoint);
        os_op_begin();
        happened(100 + got, os_add_u32(&toy.words[1], 1 + got, SITE_user_step));
        happened(110, os_choose(3, SITE_steal_victim));
    }
    os_context_enter(&toy.threads[thread]);
    os_mutex_lock(&toy.queue_mutex, SITE_runq_tail);
    toy.taken[got] = false;
    os_mutex_unlock(&toy.queue_mutex, SITE_runq_tail);
}

static void toy_note(uint32_t thread, struct rng *rng) {
    int64_t timeout_ns = 50 + rng_below(rng, 3000);
    switch (rng_below(rng, 4)) {
    case 0:
        os_note_wake(&toy.notes[rng_below(rng, THREADS)], SITE_park_wake);
        return;
    case 1:
        os_note_sleep(&toy.notes[thread], SITE_park_note); // may be for ever
        break;
    default:
        happened(30, os_note_sleep_for(&toy.notes[thread], timeout_ns, SITE_stop_note));
    }
    os_note_clear(&toy.notes[thread]);
}

static void toy_spin(uint32_t thread, struct rng *rng) {
    if (rng_below(rng, 8) != 0) {
        os_store_u32(&toy.flags[thread], 1, OS_RELEASE, SITE_gcwaiting);
        return;
    }
    struct os_u32 *flag = &toy.flags[rng_below(rng, THREADS)];
    while (os_load_u32(flag, OS_ACQUIRE, SITE_spinning_count) == 0)
        os_yield(SITE_spin);
}

static void toy_op(uint32_t thread, struct rng *rng) {
    uint32_t kind = rng_below(rng, 16);
    switch (kind) {
    case 0:
        toy_start_thread(thread);
        break;
    case 1:
    case 2:
        toy_locked(rng);
        break;
    case 3:
    case 4:
        toy_goroutine(thread, rng);
        break;
    case 5:
        toy_note(thread, rng);
        break;
    case 6:
        toy_spin(thread, rng);
        break;
    case 7:
        os_yield(SITE_try_wait);
        break;
    case 8:
        happened(kind, os_choose(1 + rng_below(rng, 4), SITE_steal_victim));
        break;
    case 9:
        os_progress();
        break;
    default:
        happened(kind, os_add_u32(&toy.words[kind % WORDS], 1, SITE_runq_next));
    }
}

static void toy_thread(void *self) {
    uint32_t thread = (uint32_t)(uintptr_t)self;
    struct rng rng = rng_seeded(toy.seed ^ (uint64_t)thread << 40);
    for (uint32_t i = 0; i < toy.script; i++) {
        happened(thread, i);
        toy_op(thread, &rng);
        if (i % 3 == 2)
            os_op_begin();
    }
    if (thread == 0 && rng_below(&rng, 4) == 0)
        os_run_end(RUN_QUIESCENT);
}

struct outcome {
    enum run_end end;
    uint64_t hash, switches, steps;
    uint32_t preemptions, threads;
};

static uint64_t switches_hash;

static void on_switched(void *user, uint32_t from, uint32_t to, enum site site, bool preemption) {
    (void)user;
    switches_hash =
        rng_mix(switches_hash ^ (from << 16 | to << 8 | (uint32_t)site << 1 | preemption));
}

static void on_chosen(void *user, uint32_t thread, enum site site, uint32_t value) {
    (void)user;
    switches_hash = rng_mix(switches_hash ^ (thread << 16 | (uint32_t)site << 8 | value));
}

static struct outcome toy_run(uint64_t seed, uint32_t script, struct sched *sched, bool record) {
    toy = (struct toy){.seed = seed, .script = script, .started = 1};
    toy.threads[0].path = path_root(PATH_M0, 0);
    for (uint32_t i = 0; i < GOROUTINES; i++)
        toy.goroutines[i].path = path_child(path_root(PATH_MAIN, 0), i + 1, false);
    switches_hash = 0;
    struct outcome outcome = {0};
    outcome.end = os_virtual_run(world, sched, record, toy_thread, NULL, &toy.threads[0]);
    const struct os_virtual_stats *stats = os_virtual_stats(world);
    outcome.hash = toy.hash;
    outcome.switches = switches_hash;
    outcome.steps = stats->steps;
    outcome.preemptions = stats->preemptions;
    outcome.threads = stats->threads;
    stack_pool_reset(stacks);
    return outcome;
}

static void assert_same(const struct outcome *a, const struct outcome *b) {
    assert_int_equal(a->end, b->end);
    assert_int_equal(a->steps, b->steps);
    assert_int_equal(a->hash, b->hash);
    assert_int_equal(a->switches, b->switches);
    assert_int_equal(a->preemptions, b->preemptions);
    assert_int_equal(a->threads, b->threads);
}

// The decisions of the last run as a list. False if they are too many for one.
static bool recorded_list(struct workload_schedule *list) {
    const struct os_virtual_stats *stats = os_virtual_stats(world);
    memset(list, 0, sizeof *list);
    if (stats->decisions_count > WORKLOAD_ENTRIES_MAX)
        return false;
    for (uint32_t i = 0; i < stats->decisions_count; i++) {
        const struct os_decision *from = &stats->decisions[i];
        assert_true(from->occurrence > 0);
        list->entry[list->entries++] =
            (struct workload_entry){.context = from->context,
                                    .op = from->op,
                                    .occurrence = (uint16_t)from->occurrence,
                                    .site = (uint8_t)from->site,
                                    .is_choice = from->is_choice,
                                    .target = from->target,
                                    .value = from->value};
    }
    return true;
}

static struct workload_schedule schedule_of(uint32_t mode, uint32_t param, uint32_t seed) {
    return (struct workload_schedule){.mode = (uint8_t)mode, .param = (uint8_t)param, .seed = seed};
}

static struct scheduler scheduler, list_scheduler;

// ---- exactness ----------------------------------------------------------------------------------

struct exactness {
    uint32_t replayed, ends[RUN_END_COUNT];
    uint64_t decisions, preemptions;
};

static void check_exact(const struct workload_schedule *schedule, uint64_t seed, uint32_t script,
                        struct exactness *seen) {
    static struct sched_census census;
    if (schedule->mode == SCHEDULE_SURW || schedule->mode == SCHEDULE_RF) {
        sched_census_init(&census);
        toy_run(seed, script, &census.sched, false);
    }
    scheduler_init(&scheduler, schedule);
    scheduler.census = &census;
    struct outcome plain = toy_run(seed, script, &scheduler.sched, false);
    struct outcome recorded = toy_run(seed, script, &scheduler.sched, true);
    assert_same(&plain, &recorded); // recording changes nothing, and state is fresh for each run
    seen->ends[plain.end]++;
    struct workload_schedule list, again;
    if (!recorded_list(&list))
        return;
    scheduler_init(&list_scheduler, &list);
    struct outcome replayed = toy_run(seed, script, &list_scheduler.sched, true);
    assert_same(&plain, &replayed);
    assert_true(recorded_list(&again)); // every entry took effect
    assert_memory_equal(&list, &again, sizeof list);
    replayed = toy_run(seed, script, &list_scheduler.sched, false);
    assert_same(&plain, &replayed);
    seen->replayed++;
    seen->decisions += list.entries;
    seen->preemptions += plain.preemptions;
}

static void test_replay_is_exact(void **state) {
    (void)state;
    struct exactness seen = {0};
#ifdef GPROOF_TSAN
    const uint32_t seeds = 600; // a fiber costs microseconds
#else
    const uint32_t seeds = 8000;
#endif
    for (uint32_t seed = 0; seed < seeds; seed++) {
        uint32_t script = 4 + seed % 29;
        const struct workload_schedule schedules[] = {
            schedule_of(SCHEDULE_LIST, 0, 0),
            schedule_of(SCHEDULE_UNIFORM, 0, seed),
            schedule_of(SCHEDULE_STICKY, 2 + seed % 63, seed),
            schedule_of(SCHEDULE_PCT, 1 + seed % 8, seed),
            schedule_of(SCHEDULE_POS, 0, seed),
            schedule_of(SCHEDULE_SURW, 0, seed),
            schedule_of(SCHEDULE_RF, 0, seed),
        };
        for (size_t i = 0; i < sizeof schedules / sizeof schedules[0]; i++)
            check_exact(&schedules[i], seed / 2, script, &seen);
    }
    // The programs must reach what can go wrong, or this test proves nothing.
    assert_true(seen.replayed > seeds * 3);
    assert_true(seen.decisions > seeds * 20);
    assert_true(seen.preemptions > seeds * 5);
    assert_true(seen.ends[RUN_FINISHED] > seeds / 4);
    assert_true(seen.ends[RUN_QUIESCENT] > seeds / 10);
    assert_true(seen.ends[RUN_STUCK] > seeds / 10);
    assert_true(seen.ends[RUN_NO_PROGRESS] > 0);
    assert_true(seen.ends[RUN_INCONCLUSIVE] > 0);
}

// ---- the list -----------------------------------------------------------------------------------

static void test_list_ignores_unknown_keys(void **state) {
    (void)state;
    struct workload_schedule empty = {0}, list = {0};
    scheduler_init(&scheduler, &empty);
    struct outcome plain = toy_run(7, 20, &scheduler.sched, false);
    uint64_t m0 = path_root(PATH_M0, 0), nobody = path_root(PATH_FING, 0);
    const struct workload_entry entries[] = {
        {.context = nobody, .op = 1, .occurrence = 1, .site = SITE_test, .target = m0},
        {.context = m0, .op = 60000, .occurrence = 1, .site = SITE_test},
        {.context = m0, .op = 0, .occurrence = 999, .site = SITE_runq_next},
        {.context = m0, .op = 0, .occurrence = 1, .site = SITE_thread_start, .target = nobody},
        {.context = m0, .op = 0, .occurrence = 1, .site = SITE_spin, .is_choice = true, .value = 9},
    };
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++)
        list.entry[list.entries++] = entries[i];
    scheduler_init(&scheduler, &list);
    struct outcome listed = toy_run(7, 20, &scheduler.sched, false);
    assert_same(&plain, &listed);
}

static int group_setup(void **state) {
    (void)state;
    stacks = stack_pool_new(STACKS);
    struct os_virtual_config config = {
        .stacks = stacks, .progress_steps = 150, .switched = on_switched, .chosen = on_chosen};
    world = os_virtual_new(&config);
    return stacks == NULL || world == NULL;
}

static int group_teardown(void **state) {
    (void)state;
    os_virtual_free(world);
    stack_pool_free(stacks);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replay_is_exact),
        cmocka_unit_test(test_list_ignores_unknown_keys),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}

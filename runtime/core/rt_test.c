// The runtime by itself, in the virtual world under the default decisions: what user code may rely
// on.
#include "rt_impl.h"
#include "virtual.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

// ---- a run of one function on the main goroutine ------------------------------------------------

enum { EVENTS_MAX = 1 << 14 };

static struct {
    struct arena arena;
    struct stack_pool *stacks;
    struct os_world *world;
    struct trace_event events[EVENTS_MAX];
    struct trace_buffer buffer;
    struct rt *rt;
    struct mutant_set mutants;
} bench;

static uint32_t pick(struct sched *sched, const struct sched_view *view) {
    (void)sched;
    return sched_default(view);
}

static uint32_t choose_first(struct sched *sched, const struct sched_view *view, uint32_t bound) {
    (void)sched, (void)view, (void)bound;
    return 0;
}

// The test's frame functions, known to the runtime by their bounds.
static int frame_of(uintptr_t pc);

static enum run_end run_with(void (*main_fn)(void *), uint32_t procs) {
    arena_reset(&bench.arena);
    stack_pool_reset(bench.stacks);
    bench.buffer = (struct trace_buffer){.events = bench.events, .capacity = EVENTS_MAX};
    struct rt_config config = {.procs = procs,
                               .ms_max = 4,
                               .cleanups_max = 2,
                               .mutants = bench.mutants,
                               .arena = &bench.arena,
                               .stacks = bench.stacks,
                               .buffers = &bench.buffer,
                               .shared_buffer = true,
                               .events = true,
                               .judge_every = 1,
                               .frame_of = frame_of,
                               .main = main_fn};
    bench.rt = rt_new(&config);
    struct sched sched = {
        .name = "default", .pick = pick, .choose = choose_first, .quiet = SCHED_QUIET_MAX};
    return os_virtual_run(bench.world, &sched, false, rt_start, rt_first_m(bench.rt),
                          rt_first_context(bench.rt));
}

static enum run_end run(void (*main_fn)(void *)) {
    return run_with(main_fn, 2);
}

static uint32_t count_events(enum trace_kind kind) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < bench.buffer.count; i++)
        count += bench.events[i].kind == kind;
    return count;
}

static int set_up(void **state) {
    (void)state;
    struct os_virtual_config config = {.progress_steps = 20000};
    if (arena_init(&bench.arena, (size_t)64 << 20) != 0)
        return -1;
    bench.stacks = stack_pool_new(256);
    config.stacks = bench.stacks;
    bench.world = bench.stacks != NULL ? os_virtual_new(&config) : NULL;
    return bench.world != NULL ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    os_virtual_free(bench.world);
    stack_pool_free(bench.stacks);
    arena_fini(&bench.arena);
    return 0;
}

static void wait_until(const uint32_t *value, uint32_t wanted) {
    for (int i = 0; i < 1000 && *value < wanted; i++)
        rt_gosched();
}

// ---- goroutines ---------------------------------------------------------------------------------

static uint32_t ran;

static void raise_ran(void *argument) {
    (void)argument;
    ran++;
}

static void spawn_twenty(void *argument) {
    (void)argument;
    for (int i = 0; i < 20; i++)
        assert_int_equal(rt_go(raise_ran, NULL), i + 2);
}

static void every_goroutine_runs_and_is_reused(void **state) {
    (void)state;
    ran = 0;
    assert_int_equal(run(spawn_twenty), RUN_FINISHED);
    assert_int_equal(ran, 20);
    assert_int_equal(count_events(TRACE_go_exit), 21);
    assert_int_equal(rt_gcount(bench.rt), 0);
}

static void spawn_in_turn(void *argument) {
    (void)argument;
    for (uint32_t i = 1; i <= 20; i++) {
        rt_go(raise_ran, NULL);
        wait_until(&ran, i);
    }
    assert_in_range(os_peek_u32(&rt_m()->rt->allgs_length), 2, 8);
}

static void dead_goroutines_are_used_again(void **state) {
    (void)state;
    ran = 0;
    assert_int_equal(run(spawn_in_turn), RUN_FINISHED);
}

// ---- channels -----------------------------------------------------------------------------------

static struct rt_chan *chan;
static struct rt_object *sent;

static void send_one(void *argument) {
    (void)argument;
    assert_true(rt_chan_send(chan, sent));
    ran++;
}

static void rendezvous(void *argument) {
    (void)argument;
    struct rt_object *value;
    chan = rt_chan_new(rt_m()->rt, 0);
    sent = rt_alloc();
    rt_go(send_one, NULL);
    assert_true(rt_chan_recv(chan, &value));
    assert_ptr_equal(value, sent);
    wait_until(&ran, 1);
    assert_true(rt_chan_close(chan));
    assert_false(rt_chan_close(chan));
    assert_false(rt_chan_recv(chan, &value));
    assert_null(value);
    assert_false(rt_chan_send(chan, sent));
}

static void channels_hand_over_and_close(void **state) {
    (void)state;
    ran = 0;
    assert_int_equal(run(rendezvous), RUN_FINISHED);
    assert_int_equal(ran, 1);
}

static void receive_for_ever(void *argument) {
    (void)argument;
    struct rt_object *value;
    rt_chan_recv(rt_chan_new(rt_m()->rt, 1), &value);
    fail();
}

static void waiting_on_the_plan_is_quiescent(void **state) {
    (void)state;
    assert_int_equal(run(receive_for_ever), RUN_QUIESCENT);
}

static void wait_inside_the_runtime(void *argument) {
    (void)argument;
    rt_sema_acquire(&rt_m()->rt->gc_sema, false, TRACE_WAIT_GC_SEMA);
    rt_gc();
}

static void waiting_inside_the_runtime_is_stuck(void **state) {
    (void)state;
    assert_int_equal(run(wait_inside_the_runtime), RUN_STUCK);
}

// ---- coroutines ---------------------------------------------------------------------------------

static struct rt_coro *coro;

// Gives three values, one a switch, as an iterator does.
static void give_three(void *argument) {
    for (uint32_t i = 1; i <= 3; i++) {
        *(uint32_t *)argument = i;
        rt_coro_switch(coro);
    }
}

static void pull_three(void *argument) {
    (void)argument;
    uint32_t given = 0;
    coro = rt_coro_new(rt_m()->rt);
    rt_coro_switch(coro); // nobody waits: no effect
    assert_true(rt_coro_create(coro, give_three, &given));
    assert_false(rt_coro_create(coro, give_three, &given));
    for (uint32_t i = 1; i <= 3; i++) {
        assert_int_equal(given, i - 1);
        rt_coro_switch(coro);
        assert_int_equal(given, i);
    }
    rt_coro_switch(coro); // it ends, and gives the thread back
    assert_true(rt_coro_create(coro, give_three, &given));
}

static void coroutines_change_places_directly(void **state) {
    (void)state;
    assert_int_equal(run(pull_three), RUN_QUIESCENT); // the second one waits for ever
    assert_int_equal(count_events(TRACE_go_ready), 0);
    assert_int_equal(count_events(TRACE_go_exit), 2);
}

// ---- system calls -------------------------------------------------------------------------------

static void block_while_others_run(void *argument) {
    (void)argument;
    rt_go(raise_ran, NULL);
    rt_syscall_enter(true);
    for (int i = 0; i < 1000 && ran == 0; i++)
        os_yield(SITE_syscall_body);
    assert_int_equal(ran, 1);
    rt_syscall_exit();
}

static void a_blocking_call_hands_its_p_off(void **state) {
    (void)state;
    ran = 0;
    assert_int_equal(run_with(block_while_others_run, 1), RUN_FINISHED);
}

// ---- objects ------------------------------------------------------------------------------------

static uint32_t finalized, cleaned;

static void finalize(void *argument, struct rt_object *object) {
    assert_non_null(object);
    finalized++;
    if (argument != NULL)
        rt_goexit();
}

static void clean(void *argument, struct rt_object *object) {
    assert_null(object);
    cleaned++;
    if (argument != NULL)
        rt_goexit();
}

static void collect_in_order(void *exit) {
    struct rt_frame frame = {0};
    rt_frame_push(&frame);
    frame.slots[1] = rt_alloc();
    assert_true(rt_set_finalizer(frame.slots[1], (struct rt_callback){finalize, exit, 1}));
    assert_false(rt_set_finalizer(frame.slots[1], (struct rt_callback){finalize, exit, 1}));
    rt_add_cleanup(frame.slots[1], (struct rt_callback){clean, exit, 2});
    uint32_t queued = count_events(TRACE_finalizer_queued);
    rt_gc();
    assert_int_equal(count_events(TRACE_finalizer_queued), queued); // reached through the slot
    frame.slots[1] = NULL;
    rt_gc();
    wait_until(&finalized, 1);
    assert_int_equal(finalized, 1);
    assert_int_equal(cleaned, 0); // the finalizer kept it for this cycle
    rt_gc();
    wait_until(&cleaned, 1);
    assert_int_equal(cleaned, 1);
    rt_gc();
    rt_frame_pop(&frame);
}

static void collect_quietly(void *argument) {
    (void)argument;
    collect_in_order(NULL);
}

static void finalizers_come_before_cleanups(void **state) {
    (void)state;
    finalized = cleaned = 0;
    assert_int_equal(run(collect_quietly), RUN_FINISHED);
    assert_int_equal(finalized, 1);
    assert_int_equal(cleaned, 1);
}

static void collect_with_exits(void *argument) {
    (void)argument;
    bool ok;
    uint32_t number, before = rt_goroutine_profile(NULL, NULL, 0, &number, &ok);
    collect_in_order(&finalized);
    finalized = cleaned = 0;
    collect_in_order(NULL); // whoever took over still works
    assert_int_equal(rt_goroutine_profile(NULL, NULL, 0, &number, &ok), before);
}

static void a_service_goroutine_that_exits_is_replaced(void **state) {
    (void)state;
    finalized = cleaned = 0;
    assert_int_equal(run(collect_with_exits), RUN_FINISHED);
    assert_int_equal(count_events(TRACE_finalizer_run), 2);
}

// ---- profiles -----------------------------------------------------------------------------------

static void parked(void *argument);

__attribute__((noinline, section("rt_test_frames"))) static void outer(void *argument) {
    parked(argument);
    __asm__ volatile(""); // not a tail call
}

static int frame_of(uintptr_t pc) {
    extern const char __start_rt_test_frames[], __stop_rt_test_frames[];
    return pc > (uintptr_t)__start_rt_test_frames && pc < (uintptr_t)__stop_rt_test_frames ? 7 : -1;
}

static void parked(void *argument) {
    struct rt_object *value;
    rt_set_label(*(const uint32_t *)argument);
    rt_user_step();
    ran++;
    rt_chan_recv(chan, &value);
}

static void profile_three(void *argument) {
    (void)argument;
    struct rt_record records[4];
    static const uint32_t names[2] = {11, 12};
    uint32_t labels[4], number;
    bool ok;
    chan = rt_chan_new(rt_m()->rt, 0);
    rt_go(outer, (void *)&names[0]);
    rt_go(outer, (void *)&names[1]);
    wait_until(&ran, 2);
    rt_set_label(5);
    memset(records, 0xa5, sizeof records);
    assert_int_equal(rt_goroutine_profile(records, labels, 2, &number, &ok), 3);
    assert_false(ok);
    for (size_t i = 0; i < sizeof records; i++)
        assert_int_equal(((unsigned char *)records)[i], 0xa5);
    assert_int_equal(rt_goroutine_profile(records, labels, 4, &number, &ok), 3);
    assert_true(ok);
    assert_int_equal(number, 2);
    assert_int_equal(records[0].goid, 1);
    assert_int_equal(labels[0], 5);
    assert_int_equal(records[0].depth, 0);
    for (int i = 1; i < 3; i++) {
        assert_int_equal(labels[i], records[i].goid == 2 ? 11 : 12);
        assert_int_equal(records[i].depth, 1);
        assert_int_equal(records[i].frames[0], 7);
        assert_int_equal(records[i].progress, 1);
    }
    assert_int_equal(((unsigned char *)&records[3])[0], 0xa5);
    rt_chan_close(chan);
}

static void a_profile_shows_everybody_once(void **state) {
    (void)state;
    ran = 0;
    assert_int_equal(run(profile_three), RUN_FINISHED);
    assert_in_range(rt_stacks_judged(bench.rt), 3, 100); // libunwind agreed each time
}

static void profile_costs_two_stops(void *argument) {
    (void)argument;
    struct rt_record records[64];
    uint32_t number;
    bool ok;
    rt_goroutine_profile(records, NULL, 64, &number, &ok);
    rt_goroutine_profile(NULL, NULL, 0, &number, &ok);
}

static void a_size_query_stops_nothing(void **state) {
    (void)state;
    assert_int_equal(run(profile_costs_two_stops), RUN_FINISHED);
    assert_int_equal(count_events(TRACE_world_stopped), 2);
}

// ---- the runtime's own checks fire --------------------------------------------------------------

static enum trace_check fatal_check(void) {
    const struct trace_event *last = &bench.events[bench.buffer.count - 1];
    assert_int_equal(last->kind, TRACE_fatal);
    return (enum trace_check)last->a;
}

static void take_locks_backwards(void *argument) {
    (void)argument;
    rt_lock(&bench.rt->sched.lock, SITE_test);
    rt_lock(&bench.rt->heap.lock, SITE_test);
}

static void stop_with_a_lock(void *argument) {
    (void)argument;
    rt_lock(&bench.rt->heap.lock, SITE_test);
    rt_stop_world(TRACE_STOP_OTHER);
}

static void take_a_wrong_edge(void *argument) {
    (void)argument;
    rt_cas_status(rt_self(), GRUNNING, GIDLE, SITE_test);
}

static void close_twice(void *argument) {
    (void)argument;
    chan = rt_chan_new(bench.rt, 0);
    rt_chan_close(chan);
    rt_chan_close(chan);
}

static void checks_fire(void **state) {
    (void)state;
    assert_int_equal(run(take_locks_backwards), RUN_FATAL);
    assert_int_equal(fatal_check(), TRACE_CHECK_lock_rank);
    assert_int_equal(run(stop_with_a_lock), RUN_FATAL);
    assert_int_equal(fatal_check(), TRACE_CHECK_stop_with_locks);
    assert_int_equal(run(take_a_wrong_edge), RUN_FATAL);
    assert_int_equal(fatal_check(), TRACE_CHECK_status_edge);
    assert_int_equal(run(close_twice), RUN_FINISHED);
    mutant_add(&bench.mutants, MUTANT_canary_plumbing);
    assert_int_equal(run(close_twice), RUN_FATAL);
    assert_int_equal(fatal_check(), TRACE_CHECK_canary);
    bench.mutants = (struct mutant_set){{0}};
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_goroutine_runs_and_is_reused),
        cmocka_unit_test(dead_goroutines_are_used_again),
        cmocka_unit_test(channels_hand_over_and_close),
        cmocka_unit_test(waiting_on_the_plan_is_quiescent),
        cmocka_unit_test(waiting_inside_the_runtime_is_stuck),
        cmocka_unit_test(coroutines_change_places_directly),
        cmocka_unit_test(a_blocking_call_hands_its_p_off),
        cmocka_unit_test(finalizers_come_before_cleanups),
        cmocka_unit_test(a_service_goroutine_that_exits_is_replaced),
        cmocka_unit_test(a_profile_shows_everybody_once),
        cmocka_unit_test(a_size_query_stops_nothing),
        cmocka_unit_test(checks_fire),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

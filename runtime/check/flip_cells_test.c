// The table of feasible cells is the protocol's, and counting follows roles through a trace.
#include "flip_cells.h"
#include "story.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_index_and_cell(void **state) {
    (void)state;
    for (uint32_t i = 0; i < FLIP_CELLS; i++)
        assert_int_equal(flip_cell_index(flip_cell_at(i)), i);
}

// Written out once by hand, from the protocol: a bit for each (before, after), system->system
// first.
static void test_feasible_cells(void **state) {
    enum { SS = 1, SU = 2, US = 4, UU = 8 };
    static const uint8_t feasible[TRACE_OBSERVER_COUNT][TRACE_STATE_COUNT] = {
        [TRACE_BY_EXECUTE] = {SS | UU, SS | UU, SS | SU | US | UU},
        [TRACE_BY_WALKER] = {SS | UU, SS | UU, SS | SU | US | UU},
        [TRACE_BY_SYSCALL_RETURN] = {UU, UU, UU | SU},
        [TRACE_BY_COROUTINE] = {UU, UU, UU | SU},
        [TRACE_BY_FOREIGN] = {UU, UU, UU},
        [TRACE_BY_CREATION] = {SS | UU, 0, SS | UU},
    };
    (void)state;
    for (uint32_t i = 0; i < FLIP_CELLS; i++) {
        struct flip_cell cell = flip_cell_at(i);
        bool expected = feasible[cell.observer][cell.state] >> (cell.before * 2 + cell.after) & 1;
        const char *reason = flip_cell_infeasible(i);
        assert_int_equal(reason == NULL, expected);
        assert_true(reason == NULL || strlen(reason) > 20);
    }
}

static uint32_t count_of(const uint32_t *counts, enum trace_observer observer,
                         enum trace_profile_state state, enum trace_role before,
                         enum trace_role after) {
    return counts[flip_cell_index((struct flip_cell){observer, state, before, after})];
}

static void test_counting(void **state) {
    static struct story story;
    uint32_t counts[FLIP_CELLS] = {0}, sum = 0;
    const enum trace_role s = TRACE_ROLE_SYSTEM, u = TRACE_ROLE_USER;
    (void)state;
    story_tell(&story, STRAIGHT, true);
    struct trace trace = script_trace(&story.script);
    flip_cells_count(&trace, counts);
    assert_int_equal(count_of(counts, TRACE_BY_WALKER, TRACE_ABSENT, u, u), 2);
    assert_int_equal(count_of(counts, TRACE_BY_WALKER, TRACE_SATISFIED, u, u), 1);
    assert_int_equal(count_of(counts, TRACE_BY_EXECUTE, TRACE_ABSENT, s, s), 1);
    assert_int_equal(count_of(counts, TRACE_BY_EXECUTE, TRACE_SATISFIED, u, u), 1);
    assert_int_equal(count_of(counts, TRACE_BY_SYSCALL_RETURN, TRACE_ABSENT, u, u), 1);
    assert_int_equal(count_of(counts, TRACE_BY_CREATION, TRACE_ABSENT, u, u), 1);
    for (uint32_t i = 0; i < FLIP_CELLS; i++) {
        assert_true(counts[i] == 0 || flip_cell_infeasible(i) == NULL);
        sum += counts[i];
    }
    assert_int_equal(sum, 7);
}

// The role before is that of the first stop, whatever it is later; a newcomer's is that of its
// birth.
static void test_roles_before_and_after(void **state) {
    static struct script script;
    uint32_t counts[FLIP_CELLS] = {0};
    (void)state;
    script_begin(&script, false);
    script_create(&script, 0, 0, 1, TRACE_CLEANUP);
    script_create(&script, 0, 0, 2, TRACE_FINALIZER);
    script_role(&script, 0, 2, TRACE_ROLE_USER);
    script_world_stop(&script, 0, 1, TRACE_STOP_PROFILE);
    script_role(&script, 0, 1, TRACE_ROLE_USER);
    script_role(&script, 0, 2, TRACE_ROLE_SYSTEM);
    script_world_stop(&script, 0, 1, TRACE_STOP_GC); // no first stop
    script_create(&script, 0, 0, 3, TRACE_PLAN);
    script_event(&script, 0, TRACE_observe, 1, TRACE_BY_WALKER, 0, TRACE_SATISFIED,
                 TRACE_ROLE_USER);
    script_event(&script, 0, TRACE_observe, 2, TRACE_BY_EXECUTE, 0, TRACE_SATISFIED,
                 TRACE_ROLE_SYSTEM);
    script_event(&script, 0, TRACE_observe, 3, TRACE_BY_WALKER, 0, TRACE_SATISFIED,
                 TRACE_ROLE_USER);
    struct trace trace = script_trace(&script);
    flip_cells_count(&trace, counts);
    assert_int_equal(
        count_of(counts, TRACE_BY_WALKER, TRACE_SATISFIED, TRACE_ROLE_SYSTEM, TRACE_ROLE_USER), 1);
    assert_int_equal(
        count_of(counts, TRACE_BY_EXECUTE, TRACE_SATISFIED, TRACE_ROLE_USER, TRACE_ROLE_SYSTEM), 1);
    assert_int_equal(
        count_of(counts, TRACE_BY_WALKER, TRACE_SATISFIED, TRACE_ROLE_USER, TRACE_ROLE_USER), 1);
}

static void test_saturates_and_ignores_nonsense(void **state) {
    struct trace_event events[] = {
        {.kind = TRACE_observe, .goroutine = 1, .object = TRACE_BY_WALKER},
        {.kind = TRACE_observe, .goroutine = UINT32_MAX, .object = TRACE_OBSERVER_COUNT},
        {.kind = TRACE_observe, .goroutine = UINT32_MAX, .a = TRACE_STATE_COUNT},
        {.kind = TRACE_observe, .goroutine = UINT32_MAX, .b = UINT64_MAX},
        {.kind = TRACE_go_create, .goroutine = UINT32_MAX},
        {.kind = UINT16_MAX},
    };
    struct trace trace = {.events = events, .count = sizeof events / sizeof events[0]};
    uint32_t counts[FLIP_CELLS];
    (void)state;
    memset(counts, 0xff, sizeof counts);
    flip_cells_count(&trace, counts);
    for (uint32_t i = 0; i < FLIP_CELLS; i++)
        assert_int_equal(counts[i], UINT32_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_index_and_cell),
        cmocka_unit_test(test_feasible_cells),
        cmocka_unit_test(test_counting),
        cmocka_unit_test(test_roles_before_and_after),
        cmocka_unit_test(test_saturates_and_ignores_nonsense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

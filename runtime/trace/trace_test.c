// Tables are whole, the hash tells everything apart, merging keeps the order and never leaves a
// hole.
#include "trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_tables(void **state) {
    (void)state;
    for (uint16_t kind = 0; kind < TRACE_KIND_COUNT; kind++) {
        const struct trace_kind_info *info = trace_kind_info(kind);
        assert_true(info->name[0] != 0 && info->meaning[0] != 0);
        for (uint16_t other = 0; other < kind; other++)
            assert_string_not_equal(info->name, trace_kind_info(other)->name);
    }
    for (uint32_t check = 0; check < TRACE_CHECK_COUNT; check++) {
        const struct trace_check_info *info = trace_check_info(check);
        assert_true(info->name[0] != 0 && info->message[0] != 0 && info->invariant[0] != 0);
    }
    assert_string_equal(trace_kind_info(TRACE_profile_state)->a, "from");
    assert_string_equal(trace_check_info(TRACE_CHECK_running_stack)->invariant,
                        "running-stack-unread");
}

static void test_names(void **state) {
    (void)state;
    assert_string_equal(trace_role_name(TRACE_ROLE_USER), "user");
    assert_string_equal(trace_state_name(TRACE_IN_PROGRESS), "in-progress");
    assert_string_equal(trace_observer_name(TRACE_BY_SYSCALL_RETURN), "syscall-return");
    assert_string_equal(trace_status_name(TRACE_GRUNNABLE), "runnable");
    assert_string_equal(trace_status_name(TRACE_GRUNNING), "running");
    assert_string_equal(trace_status_name(TRACE_GSYSCALL), "syscall");
    assert_string_equal(trace_status_name(TRACE_GDEAD), "dead");
    assert_string_equal(trace_wait_name(TRACE_WAIT_CLEANUP), "cleanup wait");
    assert_string_equal(trace_stop_reason_name(TRACE_STOP_GC), "gc");
    assert_string_equal(run_end_name(RUN_NO_PROGRESS), "no progress");
    const uint64_t outside[] = {100, UINT32_MAX, UINT64_MAX};
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++) {
        assert_string_equal(trace_role_name(outside[i]), "?");
        assert_string_equal(trace_state_name(outside[i]), "?");
        assert_string_equal(trace_observer_name(outside[i]), "?");
        assert_string_equal(trace_status_name(outside[i]), "?");
        assert_string_equal(trace_wait_name(outside[i]), "?");
        assert_string_equal(trace_stop_reason_name(outside[i]), "?");
        assert_string_equal(run_end_name((enum run_end)outside[i]), "?");
    }
}

static void test_hash(void **state) {
    (void)state;
    struct trace_event events[3] = {
        {.sequence = 0, .kind = TRACE_run_begin, .a = 2, .b = 4},
        {.sequence = 1, .kind = TRACE_go_create, .goroutine = 1, .b = 0x0100000000000000},
        {.sequence = 2, .kind = TRACE_run_end, .a = RUN_FINISHED},
    };
    struct trace trace = {.events = events, .count = 3};
    uint64_t hash = trace_hash(&trace, RUN_FINISHED);
    // The value itself is part of the contract: the same on every machine and compiler.
    assert_int_equal(hash, 0xa5b1a861c25ed027);
    assert_int_equal(trace_hash(&trace, RUN_FINISHED), hash);
    assert_int_not_equal(trace_hash(&trace, RUN_QUIESCENT), hash);
    trace.truncated = true;
    assert_int_not_equal(trace_hash(&trace, RUN_FINISHED), hash);
    trace.truncated = false;
    trace.count = 2;
    assert_int_not_equal(trace_hash(&trace, RUN_FINISHED), hash);
    trace.count = 3;
    unsigned char *bytes = (unsigned char *)events;
    for (size_t i = 0; i < sizeof events; i++) {
        bytes[i] ^= 0x10;
        assert_int_not_equal(trace_hash(&trace, RUN_FINISHED), hash);
        bytes[i] ^= 0x10;
    }
    trace = (struct trace){0};
    (void)trace_hash(&trace, RUN_FINISHED);
}

static void test_append(void **state) {
    (void)state;
    struct trace_event events[2];
    struct trace_buffer buffer = {.events = events, .capacity = 2};
    for (uint32_t i = 0; i < 3; i++) {
        assert_false(buffer.truncated);
        trace_append(&buffer, (struct trace_event){.sequence = i});
    }
    assert_true(buffer.truncated);
    assert_int_equal(buffer.count, 2);
    assert_int_equal(events[1].sequence, 1);
}

enum { BUFFERS = 5, EVENTS = 1000 };

static struct trace_event storage[BUFFERS][EVENTS];

// Deal the sequences 0 .. EVENTS-1 to the buffers, in bursts, by a fixed pseudo-random pattern.
static void deal(struct trace_buffer *buffers) {
    uint32_t to = 0, pattern = 12345;
    for (uint32_t i = 0; i < BUFFERS; i++)
        buffers[i] = (struct trace_buffer){.events = storage[i], .capacity = EVENTS};
    for (uint32_t i = 0; i < EVENTS; i++) {
        pattern = pattern * 1664525 + 1013904223;
        if (pattern >> 30 == 0)
            to = (pattern >> 8) % (BUFFERS - 1); // the last one stays empty
        trace_append(&buffers[to], (struct trace_event){.sequence = i, .thread = (uint16_t)to});
    }
}

static void test_merge(void **state) {
    (void)state;
    static struct trace_event out[EVENTS];
    struct trace_buffer buffers[BUFFERS];
    struct trace trace;
    deal(buffers);
    trace_merge(buffers, BUFFERS, out, EVENTS, &trace);
    assert_ptr_equal(trace.events, out);
    assert_int_equal(trace.count, EVENTS);
    assert_false(trace.truncated);
    for (uint32_t i = 0; i < EVENTS; i++)
        assert_int_equal(out[i].sequence, i);
    trace_merge(buffers, BUFFERS, out, EVENTS - 1, &trace);
    assert_int_equal(trace.count, EVENTS - 1);
    assert_true(trace.truncated);
    trace_merge(buffers, 0, out, EVENTS, &trace);
    assert_int_equal(trace.count, 0);
    assert_false(trace.truncated);
}

static void test_merge_cuts_at_the_first_hole(void **state) {
    (void)state;
    static struct trace_event out[EVENTS];
    struct trace_buffer buffers[BUFFERS];
    struct trace trace;
    for (uint32_t full = 0; full < BUFFERS - 1; full++) {
        deal(buffers);
        uint32_t kept = buffers[full].count / 2;
        uint32_t missing = buffers[full].events[kept].sequence; // the first that was dropped
        buffers[full].count = kept;
        buffers[full].truncated = true;
        trace_merge(buffers, BUFFERS, out, EVENTS, &trace);
        assert_true(trace.truncated);
        assert_true(trace.count > 0 && trace.count <= missing);
        for (uint32_t i = 0; i < trace.count; i++)
            assert_int_equal(out[i].sequence, i);
        assert_int_equal(out[trace.count - 1].sequence, buffers[full].events[kept - 1].sequence);
    }
    deal(buffers);
    buffers[BUFFERS - 1].truncated = true; // no room for a single event
    trace_merge(buffers, BUFFERS, out, EVENTS, &trace);
    assert_true(trace.truncated);
    assert_int_equal(trace.count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables), cmocka_unit_test(test_names),
        cmocka_unit_test(test_hash),   cmocka_unit_test(test_append),
        cmocka_unit_test(test_merge),  cmocka_unit_test(test_merge_cuts_at_the_first_hole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

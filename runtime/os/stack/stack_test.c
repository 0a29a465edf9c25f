// Stacks and the switch between them: whom a stack belongs to, what a switch keeps, where a walk
// ends, and (in sanitizer builds) that abandoned and recycled stacks give no false report.
#include "assert.h"
#include "context_switch.h"
#include "stack.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <unwind.h>

#include <cmocka.h>

#if defined(GPROOF_ASAN) || defined(GPROOF_TSAN)
enum { MANY = 1000 };
#else
enum { MANY = 40000 }; // more than guards of their own would allow: 32,754
#endif

// ---- the pool -----------------------------------------------------------------------------------

static void test_pool_hands_out_distinct_stacks(void **state) {
    (void)state;
    struct stack_pool *pool = stack_pool_new(MANY);
    assert_non_null(pool);
    static unsigned char *stacks[MANY];
    for (int i = 0; i < MANY; i++) {
        stacks[i] = stack_pool_get(pool);
        assert_non_null(stacks[i]);
        assert_true(stack_intact(stacks[i]));
        if (i > 0) // ascending, so that distinct means far enough apart
            assert_true(stacks[i] >= stacks[i - 1] + stack_size());
        stacks[i][stack_size() - 1] = 1;
        stacks[i][STACK_RESERVED] = 1;
    }
    assert_null(stack_pool_get(pool)); // stacks_max are in use
    for (int i = 0; i < MANY; i++)
        assert_true(stack_intact(stacks[i]));
    stack_pool_put(pool, stacks[5]);
    stack_pool_put(pool, stacks[7]);
    assert_ptr_equal(stack_pool_get(pool), stacks[7]); // the warm one first
    assert_ptr_equal(stack_pool_get(pool), stacks[5]);
    assert_null(stack_pool_get(pool));
    stack_pool_put(pool, stacks[9]);
    stack_pool_reset(pool);
    for (int i = 0; i < MANY; i++) // the same order in each run
        assert_ptr_equal(stack_pool_get(pool), stacks[i]);
    stack_pool_free(pool);
}

static void test_pool_refuses_too_much(void **state) {
    (void)state;
    errno = 0;
    assert_null(stack_pool_new((size_t)1 << 40));
    assert_int_equal(errno, ENOMEM);
    assert_null(stack_pool_new(SIZE_MAX));
    assert_int_equal(errno, ENOMEM);
}

static void test_canary_sees_an_overflow(void **state) {
    (void)state;
    struct stack_pool *pool = stack_pool_new(4);
    unsigned char *low = stack_pool_get(pool), *next = stack_pool_get(pool);
    next[0] ^= 1;
    assert_false(stack_intact(next));
    assert_true(stack_intact(low));
    stack_pool_reset(pool);
    stack_pool_free(pool);
}

static void test_guard_below_the_block(void **state) {
    (void)state;
    struct stack_pool *pool = stack_pool_new(4);
    volatile unsigned char *low = stack_pool_get(pool);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGSEGV, SIG_DFL);
        low[-1] = 1;
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    stack_pool_free(pool);
}

// ---- the switch ---------------------------------------------------------------------------------

static struct context host, left, right;
static int trail[64], trail_count;

static void ping(void *argument) {
    int base = *(int *)argument;
    for (int i = 0; i < 3; i++) {
        trail[trail_count++] = base + i;
        context_switch(&left, &right, CONTEXT_SYNC);
    }
    context_switch_last(&left, &host, CONTEXT_SYNC);
}

static void pong(void *argument) {
    int base = *(int *)argument;
    for (int i = 0;; i++) {
        trail[trail_count++] = base + i;
        context_switch(&right, &left, CONTEXT_SYNC);
    }
}

static void test_switch_goes_back_and_forth(void **state) {
    (void)state;
    struct stack_pool *pool = stack_pool_new(2);
    int tens = 10, twenties = 20;
    context_make(&left, stack_pool_get(pool), stack_size(), ping, &tens);
    context_make(&right, stack_pool_get(pool), stack_size(), pong, &twenties);
    trail_count = 0;
    context_here(&host);
    context_switch(&host, &left, CONTEXT_SYNC);
    const int expected[] = {10, 20, 11, 21, 12, 22};
    assert_int_equal(trail_count, 6);
    assert_memory_equal(trail, expected, sizeof expected);
    stack_pool_free(pool);
}

// Keeps many values alive across a switch, so that they sit in callee-saved registers.
static void keeper(void *argument) {
    uint64_t seed = (uint64_t)(uintptr_t)argument;
    uint64_t a = seed * 3, b = seed * 5, c = seed * 7, d = seed * 11, e = seed * 13, f = seed * 17;
    for (int i = 0; i < 100; i++) {
        struct context *me = argument == (void *)1 ? &left : &right;
        struct context *other = argument == (void *)1 ? &right : &left;
        context_switch(me, other, CONTEXT_SYNC);
        a += b, b ^= c, c += d, d ^= e, e += f, f ^= a;
    }
    uint64_t x = seed * 3, y = seed * 5, z = seed * 7, u = seed * 11, v = seed * 13, w = seed * 17;
    for (int i = 0; i < 100; i++)
        x += y, y ^= z, z += u, u ^= v, v += w, w ^= x;
    ASSERT(a == x && b == y && c == z && d == u && e == v && f == w);
    trail_count++;
    if (argument == (void *)1)
        context_switch(&left, &right, CONTEXT_SYNC);
    context_switch_last(&right, &host, CONTEXT_SYNC);
}

static void test_switch_keeps_registers(void **state) {
    (void)state;
    struct stack_pool *pool = stack_pool_new(2);
    context_make(&left, stack_pool_get(pool), stack_size(), keeper, (void *)1);
    context_make(&right, stack_pool_get(pool), stack_size(), keeper, (void *)2);
    trail_count = 0;
    context_here(&host);
    context_switch(&host, &left, CONTEXT_SYNC);
    assert_int_equal(trail_count, 2);
    stack_pool_free(pool);
}

// ---- walks --------------------------------------------------------------------------------------

static int unwound;

static _Unwind_Reason_Code count_frame(struct _Unwind_Context *context, void *argument) {
    (void)argument;
    unwound += _Unwind_GetIP(context) != 0; // the end itself is told as a frame at 0
    return unwound < 100 ? _URC_NO_REASON : _URC_NORMAL_STOP;
}

__attribute__((noinline)) static void deep(int depth, bool unwind) {
    if (depth > 0) {
        deep(depth - 1, unwind);
    } else if (unwind) {
        unwound = 0;
        _Unwind_Backtrace(count_frame, NULL);
    } else {
        context_switch(&left, &host, CONTEXT_SYNC);
    }
    __asm__ volatile(""); // no tail call
}

static void sleeper(void *argument) {
    (void)argument;
    deep(4, false);
    deep(4, true);
    context_switch_last(&left, &host, CONTEXT_SYNC);
}

// Frames of a suspended context by its frame pointers, from the switch to the entry.
static int walk(const struct context *context, unsigned char *low, bool *ends) {
    struct context_frame frame = context_frame(context);
    uintptr_t high = (uintptr_t)low + stack_size();
    int frames = 1; // where pc is
    *ends = false;
    for (uintptr_t fp = frame.fp; frames < 100; frames++) {
        if (fp == 0) {
            *ends = true;
            return frames;
        }
        assert_in_range(fp, (uintptr_t)low, high - 16);
        assert_true(((uintptr_t *)fp)[1] != 0);
        fp = *(uintptr_t *)fp;
    }
    return frames;
}

static void test_walks_end_at_the_entry(void **state) {
    (void)state;
    struct stack_pool *pool = stack_pool_new(1);
    unsigned char *low = stack_pool_get(pool);
    context_make(&left, low, stack_size(), sleeper, NULL);
    bool ends;
    assert_int_equal(walk(&left, low, &ends), 1); // not begun: nothing but its start
    assert_true(ends);
    context_here(&host);
    context_switch(&host, &left, CONTEXT_SYNC);
    // deep five times, sleeper, its caller context_start; in sanitizer builds the switch itself
    // too.
    int frames = walk(&left, low, &ends);
    assert_true(ends);
    assert_in_range(frames, 7, 8);
    context_switch(&host, &left, CONTEXT_SYNC);
    // An unwinder sees deep five times, sleeper and context_start, and stops there by itself.
    assert_int_equal(unwound, 7);
    stack_pool_free(pool);
}

// ---- sanitizers ---------------------------------------------------------------------------------

__attribute__((noinline)) static int touch(int depth) {
    volatile char frame[512];
    memset((char *)frame, depth, sizeof frame);
    if (depth > 0)
        return touch(depth - 1) + frame[depth];
    context_switch(&left, &host, CONTEXT_NO_SYNC);
    return frame[0];
}

static void toucher(void *argument) {
    *(int *)argument = touch(20);
    ASSERT(!"abandoned");
}

// What TSan says of two flows that write the same word, by the edge between them. In a process of
// its own, since a report is what is looked for.
static int racy_word;

static void racer(void *argument) {
    enum context_edge edge = *(enum context_edge *)argument;
    racy_word++;
    context_switch_last(&left, &host, edge);
}

static int race_child(const char *how) {
    enum context_edge edge = strcmp(how, "sync") == 0 ? CONTEXT_SYNC : CONTEXT_NO_SYNC;
    struct stack_pool *pool = stack_pool_new(1);
    context_make(&left, stack_pool_get(pool), stack_size(), racer, &edge);
    if (strcmp(how, "join") != 0 && strcmp(how, "late") != 0)
        racy_word++; // behind the making: only a switch with sync comes between
    context_here(&host);
    context_switch(&host, &left, edge);
    if (strcmp(how, "late") != 0)
        context_join(&left);
    racy_word++;
    stack_pool_free(pool);
    return 0;
}

static int race_status(const char *how) {
    pid_t child = fork();
    if (child == 0) {
        setenv("TSAN_OPTIONS", "exitcode=66:log_path=/dev/null", 1);
        execl("/proc/self/exe", "stack_test", how, (char *)NULL);
        _exit(127);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_edges_as_tsan_sees_them(void **state) {
    (void)state;
#ifdef GPROOF_TSAN
    const int race = 66;
#else
    const int race = 0;
#endif
    assert_int_equal(race_status("no-sync"), race);
    assert_int_equal(race_status("late"), race);
    assert_int_equal(race_status("join"), 0);
    assert_int_equal(race_status("sync"), 0);
}

// Contexts that are abandoned in the midst of deep frames; their stacks are used again.
static void test_abandoned_stacks_are_clean(void **state) {
    (void)state;
    struct stack_pool *pool = stack_pool_new(4);
    for (int run = 0; run < 200; run++) {
        int result = 0;
        void *low = stack_pool_get(pool);
        context_make(&left, low, stack_size(), toucher, &result);
        context_here(&host);
        if (run % 3 != 0) // some are never entered
            context_switch(&host, &left, CONTEXT_NO_SYNC);
        if (run % 2 == 0) {
            context_join(&left);
            stack_pool_reset(pool);
        } else {
            context_forget(&left);
            stack_pool_put(pool, low);
        }
        memset((char *)low + STACK_RESERVED, 1, stack_size() - STACK_RESERVED);
    }
    stack_pool_free(pool);
}

// What a run has left on a stack is not there for the next one, where first frames come to lie.
static void test_pool_wipes(void **state) {
    (void)state;
    struct stack_pool *pool = stack_pool_new(1);
    assert_non_null(pool);
    stack_pool_wipes(pool);
    for (int run = 0; run < 2; run++) {
        unsigned char *low = stack_pool_get(pool), *high = low + stack_size();
        assert_non_null(low);
        for (unsigned char *at = high - STACK_WIPED; at < high; at++)
            assert_int_equal(*at, 0);
        memset(high - STACK_WIPED, 0x5a, STACK_WIPED);
        stack_pool_reset(pool);
    }
    stack_pool_free(pool);
}

int main(int argc, char **argv) {
    if (argc > 1)
        return race_child(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pool_hands_out_distinct_stacks),
        cmocka_unit_test(test_pool_wipes),
        cmocka_unit_test(test_pool_refuses_too_much),
        cmocka_unit_test(test_canary_sees_an_overflow),
        cmocka_unit_test(test_guard_below_the_block),
        cmocka_unit_test(test_switch_goes_back_and_forth),
        cmocka_unit_test(test_switch_keeps_registers),
        cmocka_unit_test(test_walks_end_at_the_entry),
        cmocka_unit_test(test_abandoned_stacks_are_clean),
        cmocka_unit_test(test_edges_as_tsan_sees_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

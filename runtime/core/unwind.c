// Stack capture from the saved context of a goroutine that is not running: frame pointers, bounded
// by its stack; libunwind is the judge, sampled. Never under TSan: an unwind hides races there, and
// the walk reads stacks that other threads have written, which stack_owner stands for.
#include "rt_impl.h"

#include <string.h>

#if defined(__SANITIZE_THREAD__)
#define UNWIND_JUDGE 0
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UNWIND_JUDGE 0
#endif
#endif
#ifndef UNWIND_JUDGE
#define UNWIND_JUDGE 1
#define UNW_LOCAL_ONLY
#include <libunwind.h>
#endif

enum { PCS_MAX = 256 };

// Return addresses from leaf to root. Not instrumented: it reads a stack that is not its own.
__attribute__((no_sanitize("address", "thread"), noinline)) static uint32_t
walk(const struct g *gp, struct stack_map map, uintptr_t pcs[PCS_MAX]) {
    uintptr_t low = (uintptr_t)gp->stack;
    uintptr_t high = low + stack_size();
    uint32_t count = 0;
    while (map.pc != 0 && count < PCS_MAX) {
        pcs[count++] = map.pc;
        if (map.fp == 0 || map.fp < low || map.fp > high - 2 * sizeof(uintptr_t) || map.fp % 8 != 0)
            break;
        const uintptr_t *frame = (const uintptr_t *)map.fp;
        if (frame[0] != 0 && frame[0] <= map.fp)
            break;
        map.pc = frame[1];
        map.fp = frame[0];
    }
    return count;
}

#if UNWIND_JUDGE && defined(__x86_64__)
// Does libunwind see the same return addresses?
static bool judge(struct stack_map map, const uintptr_t *pcs, uint32_t count) {
    unw_context_t context;
    unw_cursor_t cursor;
    memset(&context, 0, sizeof context);
    context.uc_mcontext.gregs[REG_RIP] = (greg_t)map.pc;
    context.uc_mcontext.gregs[REG_RSP] = (greg_t)map.sp;
    context.uc_mcontext.gregs[REG_RBP] = (greg_t)map.fp;
    if (unw_init_local(&cursor, &context) != 0)
        return false;
    for (uint32_t i = 0;; i++) {
        unw_word_t pc = 0;
        unw_get_reg(&cursor, UNW_REG_IP, &pc);
        if (i == count || pc == 0)
            return pc == 0 && i == count;
        if (pc != pcs[i])
            return false;
        if (unw_step(&cursor) <= 0)
            return i + 1 == count;
    }
}

static void judge_some(struct rt *rt, struct stack_map map, const uintptr_t *pcs, uint32_t count) {
    if (rt->config.judge_every == 0 || count == PCS_MAX)
        return;
    if (os_sequence(&rt->stacks_captured) % rt->config.judge_every != 0)
        return;
    if (!judge(map, pcs, count))
        rt_fatal(TRACE_CHECK_unwinder_judge, count);
    os_sequence(&rt->stacks_judged);
}
#else
static void judge_some(struct rt *rt, struct stack_map map, const uintptr_t *pcs, uint32_t count) {
    (void)rt, (void)map, (void)pcs, (void)count;
}
#endif

void rt_save_g(struct rt *rt, struct g *gp, struct rt_record *record) {
    struct stack_map map = gp->syscall;
    if (map.fp == 0 || mutant(rt, syscall_stack_stale)) {
        struct context_frame frame = context_frame(&gp->context);
        map = (struct stack_map){frame.pc, frame.sp, frame.fp};
    }
    uintptr_t here = (uintptr_t)__builtin_frame_address(0), low = (uintptr_t)gp->stack;
    if (here - low < stack_size()) // traceback.go: only another stack can read this one
        rt_fatal(TRACE_CHECK_own_stack, gp->goid);
    uintptr_t pcs[PCS_MAX];
    uint32_t count = walk(gp, map, pcs);
    if (mutant(rt, unwind_drops_root) && count > 2)
        count--;
    judge_some(rt, map, pcs, count);
    volatile const uint32_t *owner = &gp->stack_owner; // for TSan: whoever runs it writes this
    (void)*owner;
    record->goid = gp->goid;
    record->progress = gp->progress;
    record->depth = 0;
    for (uint32_t i = 0; i < count && record->depth < RT_FRAMES_MAX; i++) {
        int frame = rt->config.frame_of(pcs[i]);
        if (frame >= 0)
            record->frames[record->depth++] = (uint8_t)frame;
    }
}

uint32_t rt_stacks_judged(const struct rt *rt) {
    return os_peek_u32(&rt->stacks_judged);
}

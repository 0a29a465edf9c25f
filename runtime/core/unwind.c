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

// A walk of a stopped stack from leaf to root.
struct stack_walk {
    uintptr_t low, high; // of the stack
    struct stack_map at; // pc 0: the end
    bool drops_root;     // of a mutant
};

static struct stack_walk walk_begin(const struct g *gp, struct stack_map map) {
    uintptr_t low = (uintptr_t)gp->stack;
    return (struct stack_walk){.low = low, .high = low + stack_size(), .at = map};
}

// Step to the caller's frame. Not instrumented: it reads a stack that is not its own.
__attribute__((no_sanitize("address", "thread"))) static void walk_next(struct stack_walk *walk) {
    uintptr_t fp = walk->at.fp;
    walk->at.pc = 0;
    if (fp == 0 || fp < walk->low || fp > walk->high - 2 * sizeof(uintptr_t) || fp % 8 != 0)
        return;
    const uintptr_t *frame = (const uintptr_t *)fp;
    if (frame[0] != 0 && frame[0] <= fp)
        return;
    if (walk->drops_root && frame[0] == 0)
        return;
    walk->at.pc = frame[1];
    walk->at.fp = frame[0];
}

#if UNWIND_JUDGE && defined(__x86_64__)
// Does libunwind see the same return addresses?
static bool judge(struct stack_walk walk) {
    unw_context_t context;
    unw_cursor_t cursor;
    memset(&context, 0, sizeof context);
    context.uc_mcontext.gregs[REG_RIP] = (greg_t)walk.at.pc;
    context.uc_mcontext.gregs[REG_RSP] = (greg_t)walk.at.sp;
    context.uc_mcontext.gregs[REG_RBP] = (greg_t)walk.at.fp;
    if (unw_init_local(&cursor, &context) != 0)
        return false;
    for (;; walk_next(&walk)) {
        unw_word_t pc = 0;
        unw_get_reg(&cursor, UNW_REG_IP, &pc);
        if (pc != walk.at.pc)
            return false;
        if (pc == 0)
            return true;
        if (unw_step(&cursor) <= 0) {
            walk_next(&walk);
            return walk.at.pc == 0;
        }
    }
}

static void judge_some(struct rt *rt, struct stack_walk walk) {
    if (rt->config.judge_every == 0)
        return;
    if (os_sequence(&rt->stacks_captured) % rt->config.judge_every != 0)
        return;
    if (!judge(walk)) // how far they agree is the compiler's business, and no part of a trace
        rt_fatal(TRACE_CHECK_unwinder_judge, 0);
    os_sequence(&rt->stacks_judged);
}
#else
static void judge_some(struct rt *rt, struct stack_walk walk) {
    (void)rt, (void)walk;
}
#endif

// Fill in the frames of a walk. What is written behind the first RT_FRAMES_INLINE is copied to a
// piece of its own length.
static void save_frames(struct rt *rt, struct stack_walk walk, struct rt_record *record) {
    uint8_t deep[RT_FRAMES_MAX - RT_FRAMES_INLINE];
    uint32_t depth = 0;
    for (; walk.at.pc != 0 && depth < RT_FRAMES_MAX; walk_next(&walk)) {
        int frame = rt->config.frame_of(walk.at.pc);
        if (frame < 0)
            continue;
        if (depth < RT_FRAMES_INLINE)
            record->frames[depth] = (uint8_t)frame;
        else
            deep[depth - RT_FRAMES_INLINE] = (uint8_t)frame;
        depth++;
    }
    record->depth = depth;
    record->deep = NULL;
    if (depth > RT_FRAMES_INLINE) {
        uint8_t *copy = arena_alloc(rt->config.arena, depth - RT_FRAMES_INLINE);
        memcpy(copy, deep, depth - RT_FRAMES_INLINE);
        record->deep = copy;
    } else if (!mutant(rt, tail_not_zeroed)) {
        memset(record->frames + depth, 0, RT_FRAMES_INLINE - depth);
    }
}

void rt_save_g(struct rt *rt, struct g *gp, struct rt_record *record) {
    struct stack_map map = gp->syscall;
    if (map.fp == 0 || mutant(rt, syscall_stack_stale)) {
        struct context_frame frame = context_frame(&gp->context);
        map = (struct stack_map){frame.pc, frame.sp, frame.fp};
    }
    uintptr_t here = (uintptr_t)__builtin_frame_address(0), low = (uintptr_t)gp->stack;
    if (here - low < stack_size()) // traceback.go: only another stack can read this one
        rt_fatal(TRACE_CHECK_own_stack, gp->goid);
    struct stack_walk walk = walk_begin(gp, map);
    walk.drops_root = mutant(rt, unwind_drops_root);
    judge_some(rt, walk);
    volatile const uint32_t *owner = &gp->stack_owner; // for TSan: whoever runs it writes this
    (void)*owner;
    record->goid = gp->goid;
    record->progress = gp->progress;
    save_frames(rt, walk, record);
}

uint32_t rt_stacks_judged(const struct rt *rt) {
    return os_peek_u32(&rt->stacks_judged);
}

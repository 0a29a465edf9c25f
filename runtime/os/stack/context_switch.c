// The switch, where a sanitizer has to be told of it; elsewhere it is inlined from the header.
// Built without instrumentation, so that no sanitizer's bookkeeping of calls is left half done on a
// stack that goes to sleep.
//
// A suspended context, from sp upwards: r15 r14 r13 r12 rbx rbp, return address. The first switch
// to a context "returns" into context_start, which calls entry(argument): rbp is 0 there, where a
// walk of frame pointers ends, and its return address is marked undefined, where an unwinder ends.
#include "context_switch.h"
#include "assert.h"
#include "stack_header.h"

#include <string.h>

#ifdef GPROOF_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef GPROOF_TSAN
#include <sanitizer/tsan_interface.h>
#endif

#if defined(GPROOF_ASAN) || defined(GPROOF_TSAN)
#define SWITCH_IS_TOLD 1
#define ARRIVE         "    mov %rax, %rdi\n    call context_arrived\n"
#else
#define SWITCH_IS_TOLD 0
#define ARRIVE         ""
#endif

#define RESUME                                                                                     \
    "    mov (%rsi), %rsp\n"                                                                       \
    "    mov %rdx, %rax\n"                                                                         \
    "    pop %r15\n    pop %r14\n    pop %r13\n    pop %r12\n    pop %rbx\n    pop %rbp\n"         \
    "    pop %rcx\n"                                                                               \
    "    jmp *%rcx\n"

// rdi: context to save to (its first word is sp); rsi: context to go on with; rdx: handed over in
// rax.
#if SWITCH_IS_TOLD
__asm__(".text\n"
        ".p2align 4\n"
        ".globl context_jump\n"
        ".type context_jump, @function\n"
        "context_jump:\n"
        "    .cfi_startproc\n"
        "    push %rbp\n    .cfi_adjust_cfa_offset 8\n    .cfi_rel_offset %rbp, 0\n"
        "    push %rbx\n    .cfi_adjust_cfa_offset 8\n    .cfi_rel_offset %rbx, 0\n"
        "    push %r12\n    .cfi_adjust_cfa_offset 8\n    .cfi_rel_offset %r12, 0\n"
        "    push %r13\n    .cfi_adjust_cfa_offset 8\n    .cfi_rel_offset %r13, 0\n"
        "    push %r14\n    .cfi_adjust_cfa_offset 8\n    .cfi_rel_offset %r14, 0\n"
        "    push %r15\n    .cfi_adjust_cfa_offset 8\n    .cfi_rel_offset %r15, 0\n"
        "    mov %rsp, (%rdi)\n" RESUME "    .cfi_endproc\n"
        ".size context_jump, . - context_jump\n");
#endif
__asm__(".text\n"
        ".p2align 4\n"
        ".globl context_jump_last\n"
        ".type context_jump_last, @function\n"
        "context_jump_last:\n" RESUME ".size context_jump_last, . - context_jump_last\n"
        ".p2align 4\n"
        ".globl context_start\n"
        ".type context_start, @function\n"
        "    .cfi_startproc\n"
        "    .cfi_undefined rip\n"
        "    nop\n" // an unwinder looks up the return address minus one: keep that inside
        "context_start:\n" ARRIVE "    mov %r12, %rdi\n"
        "    call *%rbx\n"
        "    ud2\n"
        "    .cfi_endproc\n"
        ".size context_start, . - context_start\n");

void context_start(void);

// The stack of a suspended context, as the switch leaves it.
struct saved {
    uint64_t r15, r14, r13, r12, rbx, rbp, pc;
};

void context_make(struct context *context, void *low, size_t size, void (*entry)(void *),
                  void *argument) {
    ASSERT(size >= 4096 && stack_intact(low));
    stack_retire(low);
    *context = (struct context){.stack_low = low, .stack_size = size};
#ifdef GPROOF_TSAN
    context->fiber = __tsan_create_fiber(0);
    ((struct stack_header *)low)->fiber = context->fiber;
#endif
    // Two words of zero above the first frame: where a walk reads beyond it, it reads an end.
    uintptr_t top = ((uintptr_t)low + size) & ~(uintptr_t)15;
    uint64_t *end = (uint64_t *)(top - 16);
    end[0] = end[1] = 0;
    struct saved *saved = (struct saved *)((uintptr_t)end - sizeof *saved);
    *saved = (struct saved){.rbx = (uint64_t)(uintptr_t)entry,
                            .r12 = (uint64_t)(uintptr_t)argument,
                            .pc = (uint64_t)(uintptr_t)context_start};
    context->sp = saved;
}

void context_here(struct context *context) {
    *context = (struct context){0};
#ifdef GPROOF_TSAN
    context->fiber = __tsan_get_current_fiber();
#endif
}

void context_forget(struct context *context) {
    ASSERT(context->stack_low != NULL);
    stack_retire(context->stack_low);
    context->fiber = NULL;
}

void context_join(const struct context *context) {
#ifdef GPROOF_TSAN
    void *self = __tsan_get_current_fiber();
    if (context->fiber == NULL || context->fiber == self)
        return;
    __tsan_switch_to_fiber(context->fiber, __tsan_switch_to_fiber_no_sync);
    __tsan_switch_to_fiber(self, 0);
#else
    (void)context;
#endif
}

struct context_frame context_frame(const struct context *context) {
    const struct saved *saved = context->sp;
    uintptr_t sp = (uintptr_t)(saved + 1);
#if !SWITCH_IS_TOLD
    if (saved->pc != (uintptr_t)context_start)
        sp += CONTEXT_GAP;
#endif
    return (struct context_frame){.pc = saved->pc, .sp = sp, .fp = saved->rbp};
}

struct transfer;
__attribute__((noreturn)) void context_jump_last(struct context *from, struct context *to,
                                                 struct transfer *transfer);

#if SWITCH_IS_TOLD

// Lives on the stack of the flow that leaves; read by the flow that arrives before it does
// anything.
struct transfer {
    struct context *from, *to;
};

struct transfer *context_jump(struct context *from, struct context *to, struct transfer *transfer);
void context_arrived(const struct transfer *transfer);

// First thing on the new stack. Only now are the bounds of the stack that was left known.
void context_arrived(const struct transfer *transfer) {
#ifdef GPROOF_ASAN
    const void *low;
    size_t size;
    __sanitizer_finish_switch_fiber(transfer->to->fake_stack, &low, &size);
    memcpy(&transfer->from->stack_low, &low, sizeof low);
    transfer->from->stack_size = size;
#else
    (void)transfer;
#endif
}

static void context_leave(const struct transfer *transfer, enum context_edge edge, bool last) {
#ifdef GPROOF_ASAN
    __sanitizer_start_switch_fiber(last ? NULL : &transfer->from->fake_stack,
                                   transfer->to->stack_low, transfer->to->stack_size);
#endif
#ifdef GPROOF_TSAN
    transfer->from->fiber = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(transfer->to->fiber,
                           edge == CONTEXT_NO_SYNC ? __tsan_switch_to_fiber_no_sync : 0);
#endif
    (void)transfer, (void)edge, (void)last;
}

void context_switch(struct context *from, struct context *to, enum context_edge edge) {
    struct transfer transfer = {from, to};
    context_leave(&transfer, edge, false);
    context_arrived(context_jump(from, to, &transfer));
}

void context_switch_last(struct context *from, struct context *to, enum context_edge edge) {
    struct transfer transfer = {from, to};
    context_leave(&transfer, edge, true);
    context_jump_last(from, to, &transfer);
}

#else

void context_switch_last(struct context *from, struct context *to, enum context_edge edge) {
    (void)edge;
    context_jump_last(from, to, NULL);
}

#endif

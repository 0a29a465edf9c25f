// Switch between stacks. The only place that does, and the only place that tells the sanitizers;
// not instrumented itself. x86-64, System V ABI. Callee-saved registers, MXCSR and the x87 control
// word are not switched (nobody here changes them). Thread-safe: a context has one owner at a time.
#ifndef GPROOF_CONTEXT_SWITCH_H
#define GPROOF_CONTEXT_SWITCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A suspended flow of control. Valid between the switch away from it and the switch back.
struct context {
    void *sp;        // saved stack pointer; saved registers and return address lie above it
    void *stack_low; // bounds of the stack it was made on, NULL = an OS thread's own; with ASan, of
    size_t stack_size; // the stack it runs on, known once it has been left
    void *fiber;       // TSan fiber, or NULL
    void *fake_stack;  // ASan fake stack, or NULL
};

// How TSan sees a switch. SYNC: the two sides are one thread of execution (goroutine and g0 on one
// M). NO_SYNC: they are different threads (virtual threads); only modelled operations order them.
enum context_edge { CONTEXT_SYNC, CONTEXT_NO_SYNC };

// Make a context that will run entry(argument) on the stack [low, low + size) when first switched
// to. low comes from a stack_pool. entry must not return. Retires what ran on the stack before;
// creates a TSan fiber, which the creator's past happens before.
void context_make(struct context *context, void *low, size_t size, void (*entry)(void *),
                  void *argument);

// Describe the flow that runs now (an OS thread's own stack), so that one can switch back to it.
void context_here(struct context *context);

// Save the running flow in *from and go on with *to. Returns when somebody switches to *from.
#if defined(GPROOF_ASAN) || defined(GPROOF_TSAN)
void context_switch(struct context *from, struct context *to, enum context_edge edge);
#else
// Inlined, without a call and a return: the processor would predict a return into another flow
// wrong, and with it those that follow. What it leaves on the stack is `struct saved` of
// context_switch.c, and above that a gap, since a compiler may keep things under the stack pointer.
// Asking for the frame makes one: a function without calls might have none, and walks miss it.
enum { CONTEXT_GAP = 128 };
static inline __attribute__((always_inline)) void
context_switch(struct context *from, struct context *to, enum context_edge edge) {
    (void)edge;
    __asm__ volatile("leaq -%c[gap](%%rsp), %%rsp\n\t"
                     "leaq 1f(%%rip), %%rax\n\t"
                     "pushq %%rax\n\t"
                     "pushq %[frame]\n\t"
                     "pushq %%rbx\n\t"
                     "pushq %%r12\n\t"
                     "pushq %%r13\n\t"
                     "pushq %%r14\n\t"
                     "pushq %%r15\n\t"
                     "movq %%rsp, (%%rdi)\n\t"
                     "movq (%%rsi), %%rsp\n\t"
                     "popq %%r15\n\t"
                     "popq %%r14\n\t"
                     "popq %%r13\n\t"
                     "popq %%r12\n\t"
                     "popq %%rbx\n\t"
                     "popq %%rbp\n\t"
                     "popq %%rcx\n\t"
                     "jmpq *%%rcx\n"
                     "1:\n\t"
                     "leaq %c[gap](%%rsp), %%rsp"
                     : "+D"(from), "+S"(to)
                     : [gap] "i"(CONTEXT_GAP), [frame] "r"(__builtin_frame_address(0))
                     : "rax", "rcx", "rdx", "r8", "r9", "r10", "r11", "xmm0", "xmm1", "xmm2",
                       "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11",
                       "xmm12", "xmm13", "xmm14", "xmm15", "cc", "memory");
}
#endif

// The same, but *from never runs again (its ASan fake stack is destroyed). Never returns.
__attribute__((noreturn)) void context_switch_last(struct context *from, struct context *to,
                                                   enum context_edge edge);

// Forget a context made on a stack that will not run again: stack_retire of its stack, which stays
// with its owner. Not needed before stack_pool_reset or the stack's next context_make.
void context_forget(struct context *context);

// Order all that a suspended context did before what the caller does next (TSan; else nothing).
void context_join(const struct context *context);

// The registers of a suspended context that a walk of its stack starts from.
struct context_frame {
    uintptr_t pc, sp, fp;
};
struct context_frame context_frame(const struct context *context);

#endif

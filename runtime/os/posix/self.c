// The accessor of the OS thread's own state, in a file of its own and never inlined: a goroutine
// that was switched may continue on another OS thread, and must not use an address from before.
#include "thread.h"

static _Thread_local struct os_thread *thread_here;

__attribute__((noinline)) struct os_thread *os_thread_here(void) {
    return thread_here;
}

__attribute__((noinline)) void os_thread_become(struct os_thread *thread) {
    thread_here = thread;
}

__attribute__((noinline)) void *os_self(void) {
    return thread_here->self;
}

__attribute__((noinline)) void os_context_enter(struct os_context *context) {
    thread_here->context = context;
}

__attribute__((noinline)) void os_op_begin(void) {
    thread_here->context->op++;
}

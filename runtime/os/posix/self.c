// The OS thread's own state. The accessor is in a file of its own and never inlined: a goroutine
// that was switched may continue on another OS thread, and must not use an address from before.
// What is asked too often for a call is in os_posix_here (posix_impl.h).
#include "thread.h"

#if defined(GPROOF_TSAN) || defined(GPROOF_ASAN)
static _Thread_local struct os_posix_here os_posix_here;

__attribute__((noinline)) void *os_self(void) {
    return os_posix_here.self;
}

__attribute__((noinline)) void os_context_enter(struct os_context *context) {
    os_posix_here.context = context;
}

__attribute__((noinline)) void os_op_begin(void) {
    os_posix_here.context->op++;
}
#else
_Thread_local struct os_posix_here os_posix_here;
#endif

static _Thread_local struct os_thread *thread_here;

__attribute__((noinline)) struct os_thread *os_thread_here(void) {
    return thread_here;
}

__attribute__((noinline)) void os_thread_become(struct os_thread *thread) {
    thread_here = thread;
}

__attribute__((noinline)) void os_thread_enter(void *self, struct os_context *context) {
    os_posix_here.self = self;
    os_posix_here.context = context;
}

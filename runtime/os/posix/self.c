// The OS thread's own state. The accessor is in a file of its own and never inlined: a goroutine
// that was switched may continue on another OS thread, and must not use an address from before.
// What is asked too often for a call is in os_posix_here (posix_impl.h).
#include "thread.h"

_Thread_local struct os_posix_here os_posix_here;
static _Thread_local struct os_thread *thread_here;

__attribute__((noinline)) struct os_thread *os_thread_here(void) {
    return thread_here;
}

__attribute__((noinline)) void os_thread_become(struct os_thread *thread) {
    thread_here = thread;
}

__attribute__((noinline)) void os_thread_enter(void *self, struct os_context *context) {
    os_posix_here = (struct os_posix_here){self, context};
}

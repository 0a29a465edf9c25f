// The posix world's half of os.h but for the point, which differs between the plain world and the
// noisy one: included by both os_impl.h. See posix.h.
struct os_mutex;
struct os_note;
#include "os.h" // before the guard: whichever of the two is included first, os_impl.h has this one's

#ifndef GPROOF_POSIX_IMPL_H
#define GPROOF_POSIX_IMPL_H

struct os_mutex {
    uint32_t word; // futex: 0 free, 1 locked, 2 locked and somebody waits
};
struct os_note {
    uint32_t word; // futex: 0 cleared, 1 woken
};

// What a thread asks of itself all the time: what it was started with, and who it acts for. Set
// when it begins a run (self.c). Volatile: whoever was switched asks again.
struct os_posix_here {
    void *volatile self;
    struct os_context *volatile context;
};

#if defined(GPROOF_TSAN) || defined(GPROOF_ASAN)
// A sanitizer is handed the address of what is read, and a compiler would keep that over a switch,
// behind which the goroutine may be on another OS thread: never inlined (self.c).
void *os_self(void);
void os_context_enter(struct os_context *context);
void os_op_begin(void);
#else
// Inlined, a field of a thread-local is one instruction that names the thread by its segment
// register. That nowhere its address is computed instead is what the test `no-kept-thread` holds
// the compiler to.
extern _Thread_local struct os_posix_here os_posix_here;

static inline __attribute__((always_inline)) void *os_self(void) {
    return os_posix_here.self;
}
static inline __attribute__((always_inline)) void os_context_enter(struct os_context *context) {
    os_posix_here.context = context;
}
static inline __attribute__((always_inline)) void os_op_begin(void) {
    os_posix_here.context->op++;
}
#endif

static inline void os_raw(uint32_t raw_class, uint32_t id, uint32_t word) {
    (void)raw_class, (void)id, (void)word; // nobody could order it against what others write
}

#endif

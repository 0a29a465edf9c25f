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
// when it begins a run (self.c).
struct os_posix_here {
    void *self;
    struct os_context *context;
};
extern _Thread_local struct os_posix_here os_posix_here;

// A goroutine may be on another OS thread after a switch, and a compiler that computes the address
// of a thread-local keeps the old one. So these name the thread in the instruction itself, and are
// done where they stand. TSan does not see them: nobody else touches the word.
#define OS_HERE_LOAD(result, field)                                                                \
    __asm__ volatile("movq os_posix_here@gottpoff(%%rip), %0\n\t"                                  \
                     "movq %%fs:%c1(%0), %0"                                                       \
                     : "=&r"(result)                                                               \
                     : "i"(offsetof(struct os_posix_here, field))                                  \
                     : "memory")

static inline __attribute__((always_inline)) void *os_self(void) {
    void *self;
    OS_HERE_LOAD(self, self);
    return self;
}

static inline __attribute__((always_inline)) void os_context_enter(struct os_context *context) {
    uintptr_t offset;
    __asm__ volatile("movq os_posix_here@gottpoff(%%rip), %0\n\t"
                     "movq %1, %%fs:%c2(%0)"
                     : "=&r"(offset)
                     : "r"(context), "i"(offsetof(struct os_posix_here, context))
                     : "memory");
}

static inline __attribute__((always_inline)) void os_op_begin(void) {
    struct os_context *context;
    OS_HERE_LOAD(context, context);
    context->op++;
}

static inline void os_raw(uint32_t raw_class, uint32_t id, uint32_t word) {
    (void)raw_class, (void)id, (void)word; // nobody could order it against what others write
}

#endif

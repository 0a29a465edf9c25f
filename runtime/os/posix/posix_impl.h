// The posix world's half of os.h but for the point, which differs between the plain world and the
// noisy one: included by both os_impl.h. See posix.h.
#ifndef GPROOF_POSIX_IMPL_H
#define GPROOF_POSIX_IMPL_H

struct os_mutex;
struct os_note;
#include "os.h" // whichever of the two is included first

struct os_mutex {
    uint32_t word; // futex: 0 free, 1 locked, 2 locked and somebody waits
};
struct os_note {
    uint32_t word; // futex: 0 cleared, 1 woken
};

// All of these read the OS thread's own state through one accessor that is never inlined (self.c):
// a goroutine may be on another OS thread after a switch, and a compiler would keep the old
// address.
void *os_self(void);
void os_context_enter(struct os_context *context);
void os_op_begin(void);

static inline void os_raw(uint32_t raw_class, uint32_t id, uint32_t word) {
    (void)raw_class, (void)id, (void)word; // nobody could order it against what others write
}

#endif

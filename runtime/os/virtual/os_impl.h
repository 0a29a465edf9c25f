// The virtual world's half of os.h: included by it, by include path. See virtual.h.
#ifndef GPROOF_OS_IMPL_H
#define GPROOF_OS_IMPL_H

#include "sites.h"

#include <stdbool.h>
#include <stdint.h>

struct os_mutex {
    bool locked;
    uint32_t owner; // index of the virtual thread that holds it
};
struct os_note {
    bool woken;
};

// The part of the world that a point touches, kept together and first. Only the seam writes it.
struct os_virtual_hot {
    uint32_t quiet;             // points left before the scheduler is asked; wraps to the slow path
    struct os_context *context; // of the current thread
    void *self;                 // of the current thread
    uint64_t step;
    uint64_t progress_step;     // step of the last progress
};
extern _Thread_local struct os_virtual_hot *os_virtual_hot;

void os_virtual_point_slow(int op, const void *object, enum site site);
void os_virtual_op_begin_slow(void);
void os_virtual_raw(uint32_t raw_class, uint32_t id, uint32_t word);

#define os_point(op, object, site) os_virtual_point((op), (object), (site))
static inline __attribute__((always_inline)) void os_virtual_point(int op, const void *object,
                                                                   enum site site) {
    struct os_virtual_hot *hot = os_virtual_hot;
    hot->step++;
    if (__builtin_expect(--hot->quiet == 0 || hot->context->watch != 0, 0))
        os_virtual_point_slow(op, object, site);
}

static inline void *os_self(void) { return os_virtual_hot->self; }

static inline void os_context_enter(struct os_context *context) {
    os_virtual_hot->context = context;
}

static inline void os_op_begin(void) {
    os_virtual_hot->context->op++;
    os_virtual_op_begin_slow();
}

static inline void os_raw(uint32_t raw_class, uint32_t id, uint32_t word) {
    os_virtual_raw(raw_class, id, word);
}

#endif

// The virtual world's half of os.h: included by it, by include path. See virtual.h.
//
// A point is one decrement of a thread-local word. The world arms it with the number of points that
// may pass before anybody has to look: the scheduler, a count of occurrences, a budget, a deadline.
// Steps are counted by the same word: limit - countdown have passed.
#ifndef GPROOF_OS_IMPL_H
#define GPROOF_OS_IMPL_H

struct os_mutex;
struct os_note;
struct os_world;
#include "os.h" // whichever of the two is included first

// pending, sleepers: the virtual threads, one bit each, whose announced operation is to lock it or
// to sleep on it; they become enabled and disabled with it.
struct os_mutex {
    uint64_t pending;
    uint32_t owner; // index of the virtual thread that holds it
    bool locked;
};
struct os_note {
    uint64_t sleepers;
    bool woken;
};

// The part of the world that a point touches. One world runs on an OS thread at a time. Only the
// seam writes it.
struct os_virtual_hot {
    int32_t countdown;          // points left before the slow path; <= 0 = now
    bool watching;              // somebody may want occurrences counted in this run
    struct os_context *context; // of the current thread
    void *self;                 // of the current thread
    uint64_t limit;             // the step at which countdown reaches 0
    uint64_t progress_step;     // step of the last progress
    struct os_world *world;     // NULL outside a run
};
extern _Thread_local struct os_virtual_hot os_virtual_hot;

void os_mutex_lock(struct os_mutex *mutex, enum site site);
void os_mutex_unlock(struct os_mutex *mutex, enum site site);
void os_virtual_point_slow(int op, const void *object, enum site site);
void os_virtual_entered(void);
void os_virtual_op_begun(void);
void os_virtual_raw(uint32_t raw_class, uint32_t id, uint32_t word);

#define os_point(op, object, site)  os_virtual_point((op), (object), (site))
#define os_raw(raw_class, id, word) os_virtual_raw((raw_class), (id), (word))

// Under TSan the virtual threads are threads, and what they share with the world must not look like
// a race: the same functions then stand in virtual/inline.c, which is not instrumented.
#ifdef GPROOF_TSAN
void os_virtual_point(int op, const void *object, enum site site);
void *os_self(void);
void os_context_enter(struct os_context *context);
void os_op_begin(void);
#endif
#if !defined(GPROOF_TSAN) || defined(OS_VIRTUAL_BODIES)
#ifdef GPROOF_TSAN
#define OS_VIRTUAL_INLINE
#else
#define OS_VIRTUAL_INLINE static inline __attribute__((always_inline))
#endif

OS_VIRTUAL_INLINE void os_virtual_point(int op, const void *object, enum site site) {
    if (__builtin_expect(--os_virtual_hot.countdown <= 0, 0))
        os_virtual_point_slow(op, object, site);
}

OS_VIRTUAL_INLINE void *os_self(void) {
    return os_virtual_hot.self;
}

OS_VIRTUAL_INLINE void os_context_enter(struct os_context *context) {
    os_virtual_hot.context = context;
    if (__builtin_expect(os_virtual_hot.watching, 0))
        os_virtual_entered();
}

OS_VIRTUAL_INLINE void os_op_begin(void) {
    os_virtual_hot.context->op++;
    if (__builtin_expect(os_virtual_hot.watching, 0))
        os_virtual_op_begun();
}

#endif
#endif

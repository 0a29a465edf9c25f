// Atomic words of the runtime: a point, then the compiler's builtin. A struct of its own for each
// width, so that no plain access compiles by accident. Orders are the __ATOMIC_ constants; the
// core's table of tags says for each use which two accesses it orders.
//
// A watched word (goroutine status, profile state) holds its state in the low 8 bits and a version
// above, raised by every write. In the virtual world each write is also told to the trace by the
// seam itself (event `raw`), whatever the runtime emits: the oracle holds one against the other.
#ifndef GPROOF_OS_ATOMIC_H
#define GPROOF_OS_ATOMIC_H

#include "os.h"

#define OS_RELAXED __ATOMIC_RELAXED
#define OS_ACQUIRE __ATOMIC_ACQUIRE
#define OS_RELEASE __ATOMIC_RELEASE
#define OS_SEQ_CST __ATOMIC_SEQ_CST
#define OS_INLINE  static inline __attribute__((always_inline))

struct os_u32 {
    uint32_t raw_value; // only os_atomic.h touches it
};
struct os_u64 {
    uint64_t raw_value;
};
struct os_ptr {
    void *raw_value;
};

#define OS_ATOMIC_OPS(type, name, value_type)                                                      \
    /* Set before anybody else can see it. No point, not atomic. */                                \
    OS_INLINE void os_init_##name(struct type *word, value_type value) {                           \
        word->raw_value = value;                                                                   \
    }                                                                                              \
    OS_INLINE value_type os_load_##name(struct type *word, int order, enum site site) {            \
        os_point(OS_LOAD, word, site);                                                             \
        return __atomic_load_n(&word->raw_value, order);                                           \
    }                                                                                              \
    OS_INLINE void os_store_##name(struct type *word, value_type value, int order,                 \
                                   enum site site) {                                               \
        os_point(OS_STORE, word, site);                                                            \
        __atomic_store_n(&word->raw_value, value, order);                                          \
    }                                                                                              \
    /* Compare and swap; on failure *expected is what was there, read with acquire. */             \
    OS_INLINE bool os_cas_##name(struct type *word, value_type *expected, value_type desired,      \
                                 enum site site) {                                                 \
        os_point(OS_RMW, word, site);                                                              \
        return __atomic_compare_exchange_n(&word->raw_value, expected, desired, false,             \
                                           __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);                    \
    }                                                                                              \
    OS_INLINE value_type os_swap_##name(struct type *word, value_type value, enum site site) {     \
        os_point(OS_RMW, word, site);                                                              \
        return __atomic_exchange_n(&word->raw_value, value, __ATOMIC_ACQ_REL);                     \
    }

OS_ATOMIC_OPS(os_u32, u32, uint32_t)
OS_ATOMIC_OPS(os_u64, u64, uint64_t)
OS_ATOMIC_OPS(os_ptr, ptr, void *)

// Read without a point, relaxed: for diagnostics and event fields only, never for a decision.
OS_INLINE uint32_t os_peek_u32(const struct os_u32 *word) {
    return __atomic_load_n(&word->raw_value, __ATOMIC_RELAXED);
}

// The same with acquire, for what is behind the pointer.
OS_INLINE void *os_peek_ptr(const struct os_ptr *word) {
    return __atomic_load_n(&word->raw_value, __ATOMIC_ACQUIRE);
}

// Of a word that nobody else touches now, since the world is stopped or a lock is held: plain, so
// that TSan checks the claim, and no point, since no order can show.
OS_INLINE uint32_t os_settled_u32(const struct os_u32 *word) {
    return word->raw_value;
}
OS_INLINE void os_settle_u32(struct os_u32 *word, uint32_t value) {
    word->raw_value = value;
}

// The access of somebody who forgot that others are there, for the mutants that only TSan can show:
// a plain one in the code, as in the slip. The point stays, so the order of a run does not change.
OS_INLINE void *os_load_plain_ptr(struct os_ptr *word, enum site site) {
    os_point(OS_LOAD, word, site);
    return word->raw_value;
}
OS_INLINE void os_store_plain_ptr(struct os_ptr *word, void *value, enum site site) {
    os_point(OS_STORE, word, site);
    word->raw_value = value;
}
// The same of a field that is plain anyway. Volatile: the compiler keeps a look without a use.
#define OS_LOOK(field) ((void)*(volatile __typeof__(field) *)&(field))

// Write without a point, relaxed: a counter that one thread owns and others only peek at.
OS_INLINE void os_poke_u32(struct os_u32 *word, uint32_t value) {
    __atomic_store_n(&word->raw_value, value, __ATOMIC_RELAXED);
}

#define OS_ATOMIC_ARITHMETIC(name, builtin)                                                        \
    /* Returns the value before. */                                                                \
    OS_INLINE uint32_t os_##name##_u32(struct os_u32 *word, uint32_t operand, enum site site) {    \
        os_point(OS_RMW, word, site);                                                              \
        return builtin(&word->raw_value, operand, __ATOMIC_ACQ_REL);                               \
    }

OS_ATOMIC_ARITHMETIC(add, __atomic_fetch_add)
OS_ATOMIC_ARITHMETIC(or, __atomic_fetch_or)
OS_ATOMIC_ARITHMETIC(and, __atomic_fetch_and)

// The next sequence number: a relaxed fetch-add, so that numbering orders no two threads (an
// acquire-release counter hides data races from TSan). No point.
OS_INLINE uint32_t os_sequence(struct os_u32 *counter) {
    return __atomic_fetch_add(&counter->raw_value, 1, __ATOMIC_RELAXED);
}

// Add delta (wraps) to a counter of the harness itself, such as fuel; returns the value before.
// Relaxed, so that it orders no two threads, and no point: a budget is no operation of the program.
OS_INLINE uint32_t os_count(struct os_u32 *counter, uint32_t delta) {
    return __atomic_fetch_add(&counter->raw_value, delta, __ATOMIC_RELAXED);
}

// A watched word. id and class say of whom a `raw` event speaks.
struct os_watched {
    struct os_u32 word;
    struct os_u32 id; // goroutine; set at its creation, read for events only
};
enum { OS_STATE_BITS = 8 };

// Name whose word it is. When nobody else writes the word.
OS_INLINE void os_set_watched_id(struct os_watched *watched, uint32_t id) {
    __atomic_store_n(&watched->id.raw_value, id, __ATOMIC_RELAXED);
}

OS_INLINE uint32_t os_watched_state(uint32_t word) {
    return word & ((1u << OS_STATE_BITS) - 1);
}
OS_INLINE uint32_t os_watched_version(uint32_t word) {
    return word >> OS_STATE_BITS;
}
OS_INLINE uint32_t os_watched_next(uint32_t word, uint32_t state) {
    return ((os_watched_version(word) + 1) << OS_STATE_BITS) | state;
}

// Load the word (state and version). Acquire.
OS_INLINE uint32_t os_watched_load(struct os_watched *watched, enum site site) {
    return os_load_u32(&watched->word, OS_ACQUIRE, site);
}

// Store state with the version that follows `from`, the word as the caller knows it. Release. For
// whoever is alone in writing the word; two who are not write one version twice, and the oracle
// sees it. Returns the word written.
OS_INLINE uint32_t os_watched_store(struct os_watched *watched, uint32_t from, uint32_t state,
                                    uint32_t raw_class, enum site site) {
    uint32_t next = os_watched_next(from, state);
    os_store_u32(&watched->word, next, OS_RELEASE, site);
    os_raw(raw_class, os_peek_u32(&watched->id), next);
    return next;
}

// The same without release, for a mutant.
OS_INLINE uint32_t os_watched_store_relaxed(struct os_watched *watched, uint32_t from,
                                            uint32_t state, uint32_t raw_class, enum site site) {
    uint32_t next = os_watched_next(from, state);
    os_store_u32(&watched->word, next, OS_RELAXED, site);
    os_raw(raw_class, os_peek_u32(&watched->id), next);
    return next;
}

// Compare and swap the whole word from `from` (as loaded) to state with the next version. Returns
// the word written, or 0 if it failed (a version is never 0 after a write).
OS_INLINE uint32_t os_watched_cas(struct os_watched *watched, uint32_t from, uint32_t state,
                                  uint32_t raw_class, enum site site) {
    uint32_t next = os_watched_next(from, state);
    if (!os_cas_u32(&watched->word, &from, next, site))
        return 0;
    os_raw(raw_class, os_peek_u32(&watched->id), next);
    return next;
}

#endif

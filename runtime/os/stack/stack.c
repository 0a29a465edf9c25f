// The pool of stacks. Built without instrumentation: its lock must not order the subject's threads
// for TSan, and it writes to poisoned stacks.
#include "stack.h"
#include "assert.h"
#include "stack_header.h"

#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef GPROOF_ASAN
#include <sanitizer/asan_interface.h>
#endif
#ifdef GPROOF_TSAN
#include <sanitizer/tsan_interface.h>
#endif

enum {
    BLOCK_STACKS = 64, // between two guards
#if defined(GPROOF_ASAN) || defined(GPROOF_TSAN)
    STACK_BYTES = (256 << 10) + 576,
#else
    STACK_BYTES = (64 << 10) + 576,
#endif
};
static const uint64_t stack_canary = 0x9d5c3a71e8b2f604u;

struct stack_pool {
    bool wipes;  // set before anybody gets one
    bool locked; // protects what follows; held for a few instructions
    size_t stacks_max;
    size_t fresh;        // stacks [0, fresh) were handed out since the last reset
    size_t blocks;       // blocks [0, blocks) are accessible
    void *free;          // stacks given back since the last reset, most recent first
    unsigned char *base; // reserved address space: guard, block, guard, block, ..., guard
    size_t guard, block_stride, reserved;
};

size_t stack_size(void) {
    return STACK_BYTES;
}

static void pool_lock(struct stack_pool *pool) {
    while (__atomic_test_and_set(&pool->locked, __ATOMIC_ACQUIRE))
        sched_yield();
}

static void pool_unlock(struct stack_pool *pool) {
    __atomic_clear(&pool->locked, __ATOMIC_RELEASE);
}

struct stack_pool *stack_pool_new(size_t stacks_max) {
    ASSERT(stacks_max > 0);
    struct stack_pool *pool = calloc(1, sizeof *pool);
    if (pool == NULL)
        return NULL;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t block = ((size_t)BLOCK_STACKS * STACK_BYTES + page - 1) / page * page;
    size_t blocks = stacks_max / BLOCK_STACKS + (stacks_max % BLOCK_STACKS != 0);
    pool->stacks_max = stacks_max;
    pool->guard = page;
    pool->block_stride = page + block;
    if (blocks > SIZE_MAX / pool->block_stride - 1) {
        free(pool);
        errno = ENOMEM;
        return NULL;
    }
    pool->reserved = blocks * pool->block_stride + page;
    pool->base =
        mmap(NULL, pool->reserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (pool->base == MAP_FAILED) {
        int error = errno;
        free(pool);
        errno = error;
        return NULL;
    }
    // A huge page would commit thirty stacks for one; a kernel without huge pages may refuse.
    (void)madvise(pool->base, pool->reserved, MADV_NOHUGEPAGE);
    return pool;
}

static unsigned char *pool_stack(const struct stack_pool *pool, size_t index) {
    return pool->base + index / BLOCK_STACKS * pool->block_stride + pool->guard +
           index % BLOCK_STACKS * (size_t)STACK_BYTES;
}

void stack_pool_free(struct stack_pool *pool) {
    if (pool == NULL)
        return;
    stack_pool_reset(pool);
    munmap(pool->base, pool->reserved);
    free(pool);
}

// A stack that was not handed out since the last reset, or NULL.
static unsigned char *pool_fresh_locked(struct stack_pool *pool) {
    if (pool->fresh == pool->stacks_max)
        return NULL;
    size_t block = pool->fresh / BLOCK_STACKS;
    if (block == pool->blocks) {
        unsigned char *low = pool->base + block * pool->block_stride + pool->guard;
        if (mprotect(low, pool->block_stride - pool->guard, PROT_READ | PROT_WRITE) != 0)
            return NULL;
        pool->blocks++;
    }
    return pool_stack(pool, pool->fresh++);
}

void stack_pool_wipes(struct stack_pool *pool) {
    pool->wipes = true;
}

static void wipe(unsigned char *low) {
    unsigned char *from = low + STACK_BYTES - STACK_WIPED;
#if defined(GPROOF_ASAN) || defined(GPROOF_TSAN) // memset would be the sanitizer's
    for (size_t i = 0; i < STACK_WIPED / sizeof(uint64_t); i++)
        ((volatile uint64_t *)(void *)from)[i] = 0;
#else
    memset(from, 0, STACK_WIPED);
#endif
}

void *stack_pool_get(struct stack_pool *pool) {
    pool_lock(pool);
    void *low = pool->free;
    if (low != NULL)
        pool->free = ((struct stack_header *)low)->next;
    else
        low = pool_fresh_locked(pool);
    pool_unlock(pool);
    if (low == NULL)
        return NULL;
#ifdef GPROOF_TSAN
    __tsan_acquire(low); // the last owner's frames happened before the next one's
#endif
    if (pool->wipes)
        wipe(low);
    ((struct stack_header *)low)->canary = stack_canary;
    return low;
}

void stack_pool_put(struct stack_pool *pool, void *low) {
#ifdef GPROOF_TSAN
    __tsan_release(low);
#endif
    pool_lock(pool);
    ((struct stack_header *)low)->next = pool->free;
    pool->free = low;
    pool_unlock(pool);
}

void stack_pool_reset(struct stack_pool *pool) {
#if defined(GPROOF_ASAN) || defined(GPROOF_TSAN)
    for (size_t i = 0; i < pool->fresh; i++)
        stack_retire(pool_stack(pool, i));
#endif
    pool->fresh = 0;
    pool->free = NULL;
}

void stack_release(void *low, uintptr_t sp) {
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t from = ((uintptr_t)low + STACK_RESERVED + page - 1) / page * page; // keeps the canary
    uintptr_t to = sp / page * page;
    ASSERT(sp > (uintptr_t)low && sp <= (uintptr_t)low + STACK_BYTES);
    if (to > from)
        (void)madvise((void *)from, to - from, MADV_DONTNEED); // refused: it only costs memory
}

bool stack_intact(const void *low) {
    return ((const struct stack_header *)low)->canary == stack_canary;
}

void stack_retire(void *low) {
#ifdef GPROOF_ASAN
    __asan_unpoison_memory_region(low, STACK_BYTES);
#endif
#ifdef GPROOF_TSAN
    struct stack_header *header = low;
    void *fiber = header->fiber;
    header->fiber = NULL;
    if (fiber == NULL)
        return;
    // Enter it once (a fiber destroyed before its first switch crashes TSan) and come back with
    // sync: all that it did happened before what the caller does next. No stack is switched.
    void *self = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(fiber, __tsan_switch_to_fiber_no_sync);
    __tsan_switch_to_fiber(self, 0);
    __tsan_destroy_fiber(fiber);
#endif
    (void)low;
}

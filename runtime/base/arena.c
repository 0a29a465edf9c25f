#include "arena.h"

#include "assert.h"

#include <string.h>
#include <sys/mman.h>

enum { ARENA_PAGE = 4096, ARENA_KEEP = 16 << 20 };

int arena_init(struct arena *arena, size_t capacity) {
    capacity = (capacity + ARENA_PAGE - 1) / ARENA_PAGE * ARENA_PAGE;
    void *base = mmap(NULL, capacity, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED)
        return -1;
    arena->base = base;
    arena->capacity = capacity;
    atomic_init(&arena->used, 0);
    return 0;
}

void arena_fini(struct arena *arena) {
    munmap(arena->base, arena->capacity);
    arena->base = NULL;
    arena->capacity = 0;
}

void *arena_alloc(struct arena *arena, size_t size) {
    size = (size + 15) & ~(size_t)15;
    size_t at = atomic_fetch_add_explicit(&arena->used, size, memory_order_relaxed);
    ASSERT(at + size <= arena->capacity);
    return memset(arena->base + at, 0, size);
}

void arena_reset(struct arena *arena) {
    size_t used = atomic_load_explicit(&arena->used, memory_order_relaxed);
    if (used > ARENA_KEEP)
        madvise(arena->base + ARENA_KEEP, used - ARENA_KEEP, MADV_DONTNEED);
    atomic_store_explicit(&arena->used, 0, memory_order_relaxed);
}

// A bump allocator for all state of one run: allocate during the run, reset after it, never free a
// piece. Memory is zeroed when it is handed out, so a run never sees what the run before it left.
// Addresses are stable until the reset.
#ifndef GPROOF_ARENA_H
#define GPROOF_ARENA_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct arena {
    unsigned char *base; // reserved address space, page-aligned, committed on first touch
    size_t capacity;     // bytes reserved
    atomic_size_t used;  // bytes handed out since the last reset
};

// Reserve capacity bytes of address space (rounded up to pages). Returns 0, or -1 with errno set
// and the arena untouched.
int arena_init(struct arena *arena, size_t capacity);

// Give the address space back. The arena may be initialised again.
void arena_fini(struct arena *arena);

// Hand out size zeroed bytes aligned to 16. Thread-safe (one relaxed fetch-add; whoever publishes
// the pointer orders it). Stops the process when the arena is full: its size is the caller's limit.
void *arena_alloc(struct arena *arena, size_t size);

// Forget everything handed out. All pointers into the arena die. Gives pages above 16 MiB back.
void arena_reset(struct arena *arena);

#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, count)                                                            \
    ((type *)arena_alloc((arena), sizeof(type) * (size_t)(count)))

#endif

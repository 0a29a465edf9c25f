// A pool of stacks, all of stack_size() bytes, for goroutines and virtual threads. Address space is
// reserved in large blocks with one guard page a block side, so that 100,000 stacks fit the default
// vm.max_map_count; each stack carries a canary word at its low end instead of a guard of its own.
// Memory is committed on first touch, and zeroed only as stack_pool_wipes says. Thread-safe, and
// silent for TSan: the pool orders nothing but the last owner of a stack before its next one.
#ifndef GPROOF_STACK_H
#define GPROOF_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Bytes a stack; larger in instrumented builds. A multiple of 64 and not of the page size: the tops
// of neighbours fall into different cache sets.
size_t stack_size(void);

// Bytes at the low end of each stack that belong to the pool: canary, free list, TSan fiber.
enum { STACK_RESERVED = 64 };

struct stack_pool;

// A pool that can grow to stacks_max stacks. NULL with errno set if address space is short.
struct stack_pool *stack_pool_new(size_t stacks_max);
void stack_pool_free(struct stack_pool *pool);

// From now on hand out each stack with STACK_WIPED bytes of zero at its high end, where the first
// frames come to lie. A runtime that reads a stack at a wrong place then finds what this run has
// left there, and not what others have: one input stays one run.
void stack_pool_wipes(struct stack_pool *pool);
enum { STACK_WIPED = 4096 };

// The low end of a stack nobody uses, or NULL if stacks_max are in use or memory is short.
void *stack_pool_get(struct stack_pool *pool);

// Give one back. Not needed before a reset.
void stack_pool_put(struct stack_pool *pool, void *low);

// Every stack is free again (the run that used them is over). Retires them all; the next run gets
// the same stacks in the same order. Not while anybody runs on one.
void stack_pool_reset(struct stack_pool *pool);

// Give the pages between the low end and sp back to the system: whoever is above sp does not need
// them now. They read as zero when they are used again.
void stack_release(void *low, uintptr_t sp);

// False if the canary at the low end was overwritten: the stack has overflowed.
bool stack_intact(const void *low);

// What ran on this stack never runs again: destroys its TSan fiber with a join edge to the caller,
// and unpoisons the stack for ASan. Done by itself when a stack is reset or gets a new context.
void stack_retire(void *low);

#endif

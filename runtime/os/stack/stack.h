// A pool of stacks, all of STACK_SIZE bytes, for goroutines and virtual threads. Address space is
// reserved in large blocks with one guard page a block side, so that 100,000 stacks fit the default
// vm.max_map_count; each stack carries a canary word at its low end instead of a guard of its own.
// Memory is committed on first touch and never zeroed. Thread-safe.
#ifndef GPROOF_STACK_H
#define GPROOF_STACK_H

#include <stdbool.h>
#include <stddef.h>

// Bytes a stack; larger in instrumented builds.
size_t stack_size(void);

struct stack_pool;

// A pool that can grow to stacks_max stacks. NULL with errno set if address space is short.
struct stack_pool *stack_pool_new(size_t stacks_max);
void stack_pool_free(struct stack_pool *pool);

// The low end of a stack nobody uses, or NULL if stacks_max are in use.
void *stack_pool_get(struct stack_pool *pool);

// Give one back. Not needed before a reset.
void stack_pool_put(struct stack_pool *pool, void *low);

// Every stack is free again (the run that used them is over). Unpoisons them for ASan.
void stack_pool_reset(struct stack_pool *pool);

// False if the canary at the low end was overwritten: the stack has overflowed.
bool stack_intact(const void *low);

#endif

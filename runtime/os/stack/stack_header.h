// What the pool keeps at the low end of each stack, below all that a flow may push, so that an
// overflow destroys the canary first. Owned by the pool while the stack is free, by whoever runs on
// it otherwise. For stack.c and context_switch.c only.
#ifndef GPROOF_STACK_HEADER_H
#define GPROOF_STACK_HEADER_H

#include "stack.h"

#include <stdint.h>

struct stack_header {
    uint64_t canary;
    void *next;  // while in the free list: the next free stack
    void *fiber; // TSan fiber of the flow that was made on this stack, or NULL
};
_Static_assert(sizeof(struct stack_header) <= STACK_RESERVED, "the header outgrew its place");

#endif

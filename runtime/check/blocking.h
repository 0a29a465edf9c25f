// What a trace tells of the objects of the plan that goroutines wait for, and of timers. Ids are
// small and dense; what lies beyond the limits is not judged. Only monitor_blocking writes it.
// Internal to check/.
#ifndef GPROOF_BLOCKING_H
#define GPROOF_BLOCKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    BLOCKING_OBJECTS = 16,
    BLOCKING_TIMERS = 4096,
    BLOCKING_WAITS = 512,
    BLOCKING_NEVER = UINT32_MAX
};

struct blocking_timer {
    uint32_t run; // this entry is of that run
    bool fired;
    uint64_t due;
};

// Goroutines that wait on a channel at the end, in each direction; of more than two, two.
struct blocking_ends {
    uint32_t goroutines[2][2];
};

struct blocking {
    uint32_t run;
    uint32_t waits; // wait_for events
    uint32_t timers_pending;
    struct {
        uint32_t holder; // 0 = nobody
    } mutexes[BLOCKING_OBJECTS];
    struct {
        uint32_t given, taken;
    } semaphores[BLOCKING_OBJECTS];
    struct {
        uint32_t counter, zeroes; // how often it has become 0
    } groups[BLOCKING_OBJECTS];
    bool closed[BLOCKING_OBJECTS]; // channels
    struct blocking_timer timers[BLOCKING_TIMERS];
    uint32_t wait_events[BLOCKING_WAITS]; // indexes of the first of them
};

// Forget the last run.
void blocking_begin(struct blocking *blocking);

#endif

// What an engine process tells the campaign while it runs, in a small file mapped by both:
// counters, and the input under execution. A process that dies without a word, by whatever engine
// it was driven, leaves here what it was doing; engines that fork (AFL++) go on counting in the
// same place. Written by one process at a time, read by the campaign at any time (figures may be
// one execution old).
#ifndef GPROOF_SCOREBOARD_H
#define GPROOF_SCOREBOARD_H

#include "distinct.h"
#include "flip_cells.h"
#include "oracle.h"
#include "workload.h"

enum { SCOREBOARD_SAMPLE = 16 };

struct scoreboard {
    uint64_t magic; // layout of this struct
    uint64_t executions;
    uint64_t first_ns; // CLOCK_MONOTONIC at the first execution; 0 = none yet
    uint64_t last_ns;  // at a recent one
    uint64_t inconclusive, violations;
    uint64_t points, events; // scheduling points passed and events emitted, of all executions
    uint64_t evaluated[INVARIANT_COUNT], decided[INVARIANT_COUNT], largest[INVARIANT_COUNT];
    uint64_t broken[INVARIANT_COUNT]; // executions whose verdict lists it
    uint32_t cells[FLIP_CELLS];
    uint64_t sampled;       // executions whose trace was hashed, one in SCOREBOARD_SAMPLE
    struct distinct traces; // of those
    uint32_t running;       // 1 while `input` is being executed
    uint32_t input_size;
    uint8_t input[WORKLOAD_BYTES_MAX];
};

// Map the file, creating it with zeros if it is absent. NULL with a message on stderr if that
// fails, or if the file is of another layout (campaign and target are not of one build).
struct scoreboard *scoreboard_open(const char *file);
void scoreboard_close(struct scoreboard *board); // NULL is fine

// Monotonic time.
uint64_t clock_ns(void);

#endif

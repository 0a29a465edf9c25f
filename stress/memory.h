// Resident memory of a campaign's workers over its time: peaks in spans of equal width, which
// become twice as wide whenever the campaign outgrows them, so that a minute and a night take the
// same room. A value without pointers; one writer at a time.
#ifndef GPROOF_STRESS_MEMORY_H
#define GPROOF_STRESS_MEMORY_H

#include <stdint.h>

enum { MEMORY_SPANS = 128 };

struct memory {
    double width; // seconds of a span; 0 = nothing was added
    uint32_t peak_kb[MEMORY_SPANS];
};

// Resident memory of this process at the moment, in KiB; 0 if the system does not tell.
uint32_t memory_resident_kb(void);

// It was kb, so many seconds after the campaign's beginning.
void memory_add(struct memory *memory, double seconds, uint32_t kb);

// The most that was added for quarter 0 to 3 of a campaign of so many seconds; 0 if nothing was. A
// span that reaches into the quarter belongs to it.
uint32_t memory_quarter_kb(const struct memory *memory, int quarter, double seconds);

// The most that was ever added.
uint32_t memory_most_kb(const struct memory *memory);

#endif

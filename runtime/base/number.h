// Numbers and durations as people type them after an option. Nothing is guessed: what is not wholly
// a number in range is refused. Pure, thread-safe.
#ifndef GPROOF_NUMBER_H
#define GPROOF_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

// Parse a decimal or 0x number in [min, max]. Returns false, *value untouched, if text is anything
// else.
bool number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *value);

// Parse a duration: a decimal number with the unit ms, s, m, h or d; without a unit seconds ("90",
// "1.5m", "8h"). More than 0 and at most 100 days. Returns false, *seconds untouched, otherwise.
bool duration_parse(const char *text, double *seconds);

#endif

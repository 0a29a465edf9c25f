// How many different values a stream had, in four thousand bytes whatever its length (HyperLogLog,
// Flajolet, Fusy, Gandouet and Meunier, 2007): within a few per cent. Campaigns ask it how many of
// their runs were new. All zeros is a stream without values. One writer at a time.
#ifndef GPROOF_DISTINCT_H
#define GPROOF_DISTINCT_H

#include <stdint.h>

enum { DISTINCT_BITS = 12, DISTINCT_CELLS = 1 << DISTINCT_BITS };

struct distinct {
    uint8_t ranks[DISTINCT_CELLS];
};

// A value has come, as a hash whose 64 bits are all as good as chance.
void distinct_add(struct distinct *distinct, uint64_t hash);

// *into has seen what both have seen.
void distinct_merge(struct distinct *into, const struct distinct *other);

// About how many different values there were.
double distinct_count(const struct distinct *distinct);

#endif

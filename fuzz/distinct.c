#include "distinct.h"

#include <math.h>

void distinct_add(struct distinct *distinct, uint64_t hash) {
    uint64_t rest = hash << DISTINCT_BITS | (uint64_t)1 << (DISTINCT_BITS - 1); // never zero
    uint8_t rank = (uint8_t)(__builtin_clzll(rest) + 1);
    uint8_t *cell = &distinct->ranks[hash >> (64 - DISTINCT_BITS)];
    if (rank > *cell)
        *cell = rank;
}

void distinct_merge(struct distinct *into, const struct distinct *other) {
    for (int i = 0; i < DISTINCT_CELLS; i++)
        if (other->ranks[i] > into->ranks[i])
            into->ranks[i] = other->ranks[i];
}

double distinct_count(const struct distinct *distinct) {
    static const double cells = DISTINCT_CELLS, alpha = 0.7213 / (1 + 1.079 / DISTINCT_CELLS);
    double sum = 0;
    uint32_t empty = 0;
    for (int i = 0; i < DISTINCT_CELLS; i++) {
        sum += ldexp(1, -distinct->ranks[i]);
        empty += distinct->ranks[i] == 0;
    }
    double estimate = alpha * cells * cells / sum;
    if (estimate <= 2.5 * cells && empty != 0) // few values: counting empty cells says more
        estimate = cells * log(cells / empty);
    return estimate;
}

#include "mutator.h"

#include "generate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_USAGE = 2, BYTES_EDITS_MAX = 8, BYTES_BLOCK_MAX = 16 };

enum mode { MODE_VALUE, MODE_UNIFORM, MODE_BYTES, MODES };

static enum mode wanted(void) {
    static const char *const names[MODES] = {"value", "uniform", "bytes"};
    const char *mode = getenv("GPROOF_MUTATOR");
    for (int i = 0; i < MODES; i++)
        if (mode == NULL || strcmp(mode, names[i]) == 0)
            return (enum mode)i;
    fprintf(stderr, "GPROOF_MUTATOR: '%s', expected value, uniform or bytes\n", mode);
    exit(EXIT_USAGE);
}

size_t mutator_value(const uint8_t *bytes, size_t size, const uint8_t *other, size_t other_size,
                     uint8_t *out, size_t capacity, struct rng *rng) {
    struct workload workload;
    // An engine's first input is empty or one byte: a version and nothing else.
    if (size <= 1 || (other == NULL && rng_below(rng, MUTATOR_FRESH) == 0)) {
        if (wanted() == MODE_UNIFORM)
            workload_generate_uniform(&workload, rng);
        else
            workload_generate(&workload, rng);
        return workload_encode(&workload, out, capacity);
    }
    workload_decode(&workload, bytes, size);
    if (other != NULL) {
        struct workload lender;
        workload_decode(&lender, other, other_size);
        workload_mutate(&workload, &lender, rng);
    } else {
        workload_mutate(&workload, NULL, rng);
    }
    return workload_encode(&workload, out, capacity);
}

static size_t remove_block(uint8_t *bytes, size_t size, size_t at, size_t count) {
    if (count > size - at)
        count = size - at;
    memmove(bytes + at, bytes + at + count, size - at - count);
    return size - count;
}

static size_t insert_block(uint8_t *bytes, size_t size, size_t at, size_t count, size_t capacity,
                           struct rng *rng) {
    if (count > capacity - size)
        count = capacity - size;
    memmove(bytes + at + count, bytes + at, size - at);
    for (size_t i = 0; i < count; i++)
        bytes[at + i] = (uint8_t)rng_next(rng);
    return size + count;
}

static size_t edit_bytes(uint8_t *bytes, size_t size, size_t capacity, struct rng *rng) {
    size_t count = 1 + rng_below(rng, BYTES_BLOCK_MAX);
    if (size == 0)
        return insert_block(bytes, 0, 0, count, capacity, rng);
    size_t at = rng_below(rng, (uint32_t)size);
    switch (rng_below(rng, 5)) {
    case 0:
        bytes[at] ^= (uint8_t)(1u << rng_below(rng, 8));
        return size;
    case 1:
        bytes[at] = (uint8_t)rng_next(rng);
        return size;
    case 2:
        return size > 1 ? remove_block(bytes, size, at, count) : size;
    case 3: {
        size_t from = rng_below(rng, (uint32_t)size);
        size_t room = size - (at > from ? at : from);
        memmove(bytes + at, bytes + from, count < room ? count : room);
        return size;
    }
    default:
        return insert_block(bytes, size, at, count, capacity, rng);
    }
}

size_t mutator_bytes(uint8_t *bytes, size_t size, const uint8_t *other, size_t other_size,
                     size_t capacity, struct rng *rng) {
    if (other != NULL && other_size != 0) {
        size_t keep = rng_below(rng, (uint32_t)size + 1);
        size_t from = rng_below(rng, (uint32_t)other_size);
        size_t count = other_size - from;
        if (count > capacity - keep)
            count = capacity - keep;
        memcpy(bytes + keep, other + from, count);
        return keep + count;
    }
    uint32_t edits = 1 + rng_below(rng, BYTES_EDITS_MAX);
    for (uint32_t i = 0; i < edits; i++)
        size = edit_bytes(bytes, size, capacity, rng);
    return size;
}

bool mutator_wants_bytes(void) {
    return wanted() == MODE_BYTES;
}

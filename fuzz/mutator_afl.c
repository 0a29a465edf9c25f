// The mutator as a shared library that afl-fuzz loads (AFL_CUSTOM_MUTATOR_LIBRARY).
#include "mutator.h"
#include "workload.h"

#include <stdlib.h>
#include <string.h>

struct afl_mutator {
    struct rng rng;
    uint8_t out[WORKLOAD_BYTES_MAX];
};

void *afl_custom_init(void *afl, unsigned int seed);
size_t afl_custom_fuzz(void *data, uint8_t *buf, size_t buf_size, uint8_t **out_buf,
                       uint8_t *add_buf, size_t add_buf_size, size_t max_size);
const char *afl_custom_describe(void *data, size_t max_description_len);
void afl_custom_deinit(void *data);

void *afl_custom_init(void *afl, unsigned int seed) {
    (void)afl;
    struct afl_mutator *mutator = calloc(1, sizeof *mutator);
    if (mutator != NULL)
        mutator->rng = rng_seeded(seed);
    return mutator;
}

// One in so many mutants borrows from the second input.
enum { SPLICE_EVERY = 4 };

size_t afl_custom_fuzz(void *data, uint8_t *buf, size_t buf_size, uint8_t **out_buf,
                       uint8_t *add_buf, size_t add_buf_size, size_t max_size) {
    struct afl_mutator *mutator = data;
    size_t capacity = max_size < sizeof mutator->out ? max_size : sizeof mutator->out;
    if (rng_below(&mutator->rng, SPLICE_EVERY) != 0)
        add_buf = NULL;
    size_t size =
        mutator_value(buf, buf_size, add_buf, add_buf_size, mutator->out, capacity, &mutator->rng);
    *out_buf = mutator->out;
    return size;
}

const char *afl_custom_describe(void *data, size_t max_description_len) {
    (void)data, (void)max_description_len;
    return "workload";
}

void afl_custom_deinit(void *data) {
    free(data);
}

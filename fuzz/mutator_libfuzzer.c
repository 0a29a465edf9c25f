// The mutator as libFuzzer calls it. libFuzzer switches its own length control off when it sees
// these.
#include "mutator.h"

#include <string.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2,
                                 size_t size2, uint8_t *out, size_t max_out_size,
                                 unsigned int seed);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed) {
    if (mutator_wants_bytes())
        return LLVMFuzzerMutate(data, size, max_size);
    struct rng rng = rng_seeded(seed);
    return mutator_value(data, size, NULL, 0, data, max_size, &rng);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2,
                                 size_t size2, uint8_t *out, size_t max_out_size,
                                 unsigned int seed) {
    struct rng rng = rng_seeded(seed);
    if (!mutator_wants_bytes())
        return mutator_value(data1, size1, data2, size2, out, max_out_size, &rng);
    size_t size = size1 < max_out_size ? size1 : max_out_size;
    memcpy(out, data1, size);
    return mutator_bytes(out, size, data2, size2, max_out_size, &rng);
}

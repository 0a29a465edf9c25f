// A set of 64-bit hashes with a byte beside each, of fixed size: open addressing, no allocation.
// All zeros is the empty set. Full at three quarters: then nothing new is taken in.
#ifndef GPROOF_HASHES_H
#define GPROOF_HASHES_H

#include <stdbool.h>
#include <stdint.h>

struct hashes {
    uint64_t *keys;  // size of them, 0 = free
    uint8_t *values; // or NULL
    uint64_t size;   // a power of two
    uint64_t count;
};

// The place of the hash: where it is, or where it would go. Its key is 0 if it is not there.
static inline uint64_t hashes_place(const struct hashes *hashes, uint64_t hash) {
    uint64_t at = hash & (hashes->size - 1);
    while (hashes->keys[at] != 0 && hashes->keys[at] != hash)
        at = (at + 1) & (hashes->size - 1);
    return at;
}

// Add it. True if it is new; false if it was there, or there is no room.
static inline bool hashes_add(struct hashes *hashes, uint64_t hash) {
    hash += hash == 0;
    uint64_t at = hashes_place(hashes, hash);
    if (hashes->keys[at] != 0 || hashes->count >= hashes->size / 4 * 3)
        return false;
    hashes->keys[at] = hash;
    hashes->count++;
    return true;
}

// Raise the value beside it to `value`. False if it was at least that already; true also if there
// is no room.
static inline bool hashes_raise(struct hashes *hashes, uint64_t hash, uint8_t value) {
    hash += hash == 0;
    uint64_t at = hashes_place(hashes, hash);
    if (hashes->keys[at] != 0) {
        bool higher = hashes->values[at] < value;
        hashes->values[at] = higher ? value : hashes->values[at];
        return higher;
    }
    if (hashes->count >= hashes->size / 4 * 3)
        return true;
    hashes->keys[at] = hash;
    hashes->values[at] = value;
    hashes->count++;
    return true;
}

// The value beside it, 0 if it is not there.
static inline uint8_t hashes_value(const struct hashes *hashes, uint64_t hash) {
    hash += hash == 0;
    uint64_t at = hashes_place(hashes, hash);
    return hashes->keys[at] != 0 ? hashes->values[at] : 0;
}

#endif

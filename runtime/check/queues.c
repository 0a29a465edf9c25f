// See queues.h.
#include "queues.h"

#include "rng.h"

#include <stdlib.h>
#include <string.h>

enum { CAPACITY_FIRST = 256, PROBES_MAX = 128 };

void queues_begin(struct queues *queues) {
    if (++queues->run == 0) {
        memset(queues->entries, 0, queues->capacity * sizeof *queues->entries);
        queues->run = 1;
    }
    queues->used = 0;
    queues->taken = 0;
    queues->full = queues->takes = false;
    memset(queues->queued, 0, sizeof queues->queued);
    memset(queues->ran, 0, sizeof queues->ran);
}

void queues_fini(struct queues *queues) {
    free(queues->entries);
    memset(queues, 0, sizeof *queues);
}

// The slot of the key, or the free one where it belongs; NULL if the probes run out.
static struct queue_entry *probe(struct queues *queues, enum queue_kind kind, uint32_t object,
                                 uint64_t cleanup) {
    uint64_t hash = rng_mix(rng_mix((uint64_t)object << 1 | kind) ^ cleanup);
    for (uint32_t i = 0; i < PROBES_MAX; i++) {
        struct queue_entry *entry = &queues->entries[(hash + i) & (queues->capacity - 1)];
        if (entry->run != queues->run ||
            (entry->kind == (uint32_t)kind && entry->object == object && entry->cleanup == cleanup))
            return entry;
    }
    return NULL;
}

static bool grow(struct queues *queues) {
    struct queues old = *queues;
    uint32_t capacity = old.capacity == 0 ? CAPACITY_FIRST : old.capacity * 2;
    struct queue_entry *entries = calloc(capacity, sizeof *entries);
    if (entries == NULL)
        return false;
    queues->entries = entries;
    queues->capacity = capacity;
    for (uint32_t i = 0; i < old.capacity; i++) {
        const struct queue_entry *from = &old.entries[i];
        if (from->run != old.run)
            continue;
        struct queue_entry *to = probe(queues, from->kind, from->object, from->cleanup);
        if (to == NULL) {
            queues->full = true;
            break;
        }
        *to = *from;
    }
    free(old.entries);
    return true;
}

struct queue_entry *queues_entry(struct queues *queues, enum queue_kind kind, uint32_t object,
                                 uint64_t cleanup) {
    if (queues->full)
        return NULL;
    if (queues->used >= queues->capacity / 2 && !grow(queues)) {
        queues->full = true;
        return NULL;
    }
    struct queue_entry *entry = probe(queues, kind, object, cleanup);
    if (queues->full || entry == NULL) {
        queues->full = true;
        return NULL;
    }
    if (entry->run != queues->run) {
        *entry = (struct queue_entry){
            .cleanup = cleanup, .object = object, .kind = kind, .run = queues->run};
        queues->used++;
    }
    return entry;
}

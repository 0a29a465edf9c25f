// How often each finalizer and cleanup was set, how often queued, and how often it ran. A hash
// table that is never cleared: an entry belongs to the run that wrote it. Internal to check/, used
// by monitor_service.
#ifndef GPROOF_QUEUES_H
#define GPROOF_QUEUES_H

#include <stdbool.h>
#include <stdint.h>

struct queue_entry {
    uint64_t cleanup; // number of the cleanup; 0 = the finalizer, or all cleanups of the object
    uint32_t object, kind;
    uint32_t run; // of the oracle; 0 = never used
    uint32_t set, queued, ran;
};

struct queues {
    struct queue_entry *entries;
    uint32_t capacity; // a power of two
    uint32_t used;     // in this run
    uint32_t run;
    uint64_t queued[2], ran[2]; // by kind, in this run
    uint64_t taken; // cleanups that are not in the queue any more, if the run tells of that
    bool takes;
    bool full; // an entry found no room: nothing can be said any more
};

enum queue_kind { QUEUE_FINALIZERS, QUEUE_CLEANUPS };

// All-zero is empty. Forget the last run.
void queues_begin(struct queues *queues);
void queues_fini(struct queues *queues);

// The entry of this finalizer or cleanup, or of all cleanups (0), made if it is new; valid until
// the next call. NULL, and full, if memory is short or the table degenerates.
struct queue_entry *queues_entry(struct queues *queues, enum queue_kind kind, uint32_t object,
                                 uint64_t cleanup);

#endif

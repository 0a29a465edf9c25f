// A trace as spans of time: who is on which thread, each goroutine's status, role and profile
// state, stops of the world, active profiles; and the preemptions between them. Time is the index
// of an event. What pages and viewers draw. Knows traces, never the runtime. Total: any trace is
// fine.
#ifndef GPROOF_TIMELINE_H
#define GPROOF_TIMELINE_H

#include "trace.h"

#include <stdbool.h>
#include <stdint.h>

enum timeline_kind {    // lane; value
    TIMELINE_ON_THREAD, // a thread; the goroutine on it
    TIMELINE_STATUS,    // a goroutine; enum trace_status
    TIMELINE_ROLE,      // a goroutine; enum trace_role
    TIMELINE_STATE,     // a goroutine; enum trace_profile_state
    TIMELINE_WANTED,    // 0; a stop of the world is asked for: enum trace_stop_reason
    TIMELINE_STOPPED,   // 0; the world is stopped: enum trace_stop_reason
    TIMELINE_PROFILE,   // 0; a profile is active: its number
    TIMELINE_KIND_COUNT
};

// It holds from the first event until before the second.
struct timeline_span {
    enum timeline_kind kind;
    uint32_t lane, value;
    uint32_t from, to;
};

struct timeline_preemption {
    uint32_t event, thread, to_thread, site;
};

struct timeline {
    struct timeline_span *spans; // in the order in which they begin
    uint32_t spans_count, spans_capacity;
    struct timeline_preemption *preemptions;
    uint32_t preemptions_count, preemptions_capacity;
    uint32_t events, threads, goroutines; // indices and ids below
};

// Out of memory stops the process.
void timeline_init(struct timeline *timeline, const struct trace *trace);
void timeline_fini(struct timeline *timeline);

#endif

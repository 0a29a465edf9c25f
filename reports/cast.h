// Who is who in a trace: the names of goroutines, their roles, profile states and places in the
// plan, followed event by event. Knows traces and workloads, never the runtime. Total: any trace is
// fine.
#ifndef GPROOF_CAST_H
#define GPROOF_CAST_H

#include "strbuf.h"
#include "trace.h"
#include "workload.h"

#include <stdint.h>

struct cast_goroutine {
    uint64_t path;   // 0 = never created in this trace; known from the begin on
    bool created;    // it has been, by now
    uint8_t service; // enum trace_service
    uint8_t role;    // enum trace_role
    uint8_t state;   // enum trace_profile_state
    bool in_body;    // a plan body is being executed, at ops[at]
    uint16_t at, end;
    uint32_t steps_left; // of the `step` op at hand
};

struct cast {
    const struct workload *workload; // or NULL
    struct cast_goroutine *goroutines;
    uint32_t goroutines_count; // ids below; others are nobody
    uint32_t *current;         // per thread: the goroutine on it, 0 = none
    uint32_t threads;
    bool raw; // the trace tells the writes of profile states themselves: they count, not the events
};

// Before the first event. Memory grows with the largest id, up to a limit. Out of memory stops the
// process.
void cast_init(struct cast *cast, const struct trace *trace, const struct workload *workload);
void cast_fini(struct cast *cast);

// The goroutine with this id; ids that are out of range give one that was never created.
const struct cast_goroutine *cast_goroutine(const struct cast *cast, uint32_t id);

// Append "G3 fing": id and path of creation.
void cast_name(const struct cast *cast, uint32_t id, struct strbuf *out);

// Append the op that a user_step event executes, as the plan says it, or only its name where the
// plan is unknown. Before cast_apply of the event.
void cast_op(const struct cast *cast, const struct trace_event *event, struct strbuf *out);

// Append the name of a body.
void cast_body(const struct cast *cast, uint32_t body, struct strbuf *out);

// Append text with every "goroutine 3" said as "G3 fing".
void cast_rename(const struct cast *cast, const char *text, struct strbuf *out);

// True if the event is the moment at which a profile state changes. Where the seam has a record of
// its own that is the write; the runtime's event stands before a store and after a
// compare-and-swap.
bool cast_is_state_edge(const struct cast *cast, const struct trace_event *event);

// The event has happened.
void cast_apply(struct cast *cast, const struct trace_event *event);

#endif

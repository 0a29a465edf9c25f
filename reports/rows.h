// The rows of a story: bursts of what one goroutine does, or has done to it, on one thread, put
// into words. What no reader needs is left out or merged; rows keep the number of their first
// event.
#ifndef GPROOF_ROWS_H
#define GPROOF_ROWS_H

#include "cast.h"
#include "strbuf.h"
#include "trace.h"

struct story_row {
    uint32_t event; // index of its first event
    uint32_t event_last;
    uint32_t thread;
    uint32_t goroutine;  // spoken of, 0 = none
    uint32_t to_thread;  // of a preemption: who goes on
    uint32_t preemption; // its number from 1, 0 = this is none
    uint32_t tag;        // offsets into the text: "G3 fing  system->user  absent"
    uint32_t action;     // "runs, does gc", may be empty
    bool solitary;       // stands for one event and is not merged with others
    bool violating;
    bool shown;
    uint64_t busy; // bit per thread (below 64): a goroutine is on it after this row
};

struct story_rows {
    struct story_row *row;
    uint32_t count, capacity;
    struct strbuf text;
};

// Put a trace into rows. violating = index of the event that must have a row of its own, or
// UINT32_MAX.
void rows_build(struct story_rows *rows, const struct trace *trace, const struct workload *workload,
                uint32_t violating);
void rows_fini(struct story_rows *rows);

// Append what the event says in a few words, without the goroutine's name; nothing for kinds that a
// story leaves out unless `always`. Before cast_apply of the event.
void rows_phrase(const struct cast *cast, const struct trace_event *event, bool always,
                 struct strbuf *out);

#endif

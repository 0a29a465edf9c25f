// A goroutine profile as its caller saw it, as a value read from a trace, and the files that users
// of Go's profiles know: debug=1, as aggregated text, and debug=0, as gzipped protobuf for `go tool
// pprof`. A record tells functions, not places inside them: each frame stands at the first byte of
// its function. Pure: reads a trace, appends to a growing string. Not thread-safe per value.
#ifndef GPROOF_PROFILE_H
#define GPROOF_PROFILE_H

#include "strbuf.h"
#include "trace.h"

#include <stdint.h>

// One record. Its frames, leaf first, are frames[first .. first + depth).
struct profile_record {
    uint32_t goroutine; // 0: a slot that was counted and that nobody wrote
    uint32_t label;     // 0 = none
    uint32_t first, depth;
};

struct profile {
    uint32_t number;    // of the profile in its run, from 1
    uint32_t event;     // at which its caller had it
    uint32_t goroutine; // the caller
    uint32_t n;
    bool ok; // false: the buffer was too small, and there are no records
    struct profile_record *records;
    uint32_t count, capacity;
    uint8_t *frames; // frame ids
    uint32_t frames_count, frames_capacity;
};

// A function that can be on a stack, by frame id.
struct profile_function {
    const char *name, *file; // file may be NULL
    uint32_t line;
    uint64_t address; // of its first byte, as the linker placed it
};

// The program whose functions these are. Strings are borrowed.
struct profile_program {
    const struct profile_function *functions;
    uint32_t functions_count;      // frame ids below; others are functions nobody knows
    const char *file, *build_id;   // of its binary, or NULL
    uint64_t start, limit, offset; // of the code: addresses as linked, and where in the file
};

// Records of the same stack and label, as both files count them.
struct profile_group {
    uint32_t record; // one of them
    uint32_t count;
};

// True if this event says that a profile came back to its caller: its number is event->object. A
// query for n without a buffer is none.
static inline bool profile_came_back(const struct trace_event *event) {
    return event->kind == TRACE_profile_result && event->object != 0;
}

// The number of the profile that a reader wants to see who asks for none: of those that came back
// to a caller the latest one before event, else the first. 0 if none did. UINT32_MAX = the last.
uint32_t profile_choose(const struct trace *trace, uint32_t event);

// Read the profile of that number as its caller got it; *profile is overwritten and owned. Returns
// false, with *profile empty, if no profile of the number came back. Total: a trace that lacks
// frames gives records with fewer.
bool profile_read(struct profile *profile, const struct trace *trace, uint32_t number);
void profile_fini(struct profile *profile);

// Group the records: the most frequent first, ties by their key in the text, as Go sorts them.
// groups has room for profile->count. Returns how many there are.
uint32_t profile_groups(const struct profile *profile, const struct profile_program *program,
                        struct profile_group *groups);

// Append what `debug=1` gives.
void profile_text(struct strbuf *out, const struct profile *profile,
                  const struct profile_program *program);

// Append what `debug=0` gives. comment, shown by `pprof -comments`, may be NULL. The same profile
// gives the same bytes: no time is told.
void profile_pprof(struct strbuf *out, const struct profile *profile,
                   const struct profile_program *program, const char *comment);

// The dumps of all stacks that came back to their callers, counted from 1. Which one a reader wants
// who asks for none: the latest before event, else the first that did not fill its slots, else the
// first; 0 if none came back. UINT32_MAX = the last.
uint32_t profile_stacks_choose(const struct trace *trace, uint32_t event);

// Append the state of a goroutine in a dump, as Go's header has it in brackets.
void profile_put_state(struct strbuf *out, uint64_t state);

// Append what the caller of the dump of that number got, in the layout and words of `debug=2` of Go
// 1.27: no arguments, no minutes, and for the place of a goroutine's creation its creator. False,
// and nothing is written, if there is no such dump.
bool profile_stacks_text(struct strbuf *out, const struct trace *trace, uint32_t number,
                         const struct profile_program *program);

#endif

// Reports: verdict and trace in, bytes out. Knows traces, verdicts and workload text, never the
// runtime. All functions append to a growing string or write a file through a temporary name and a
// rename, so that a reader never sees half a file. Not thread-safe per string.
#ifndef GPROOF_REPORT_H
#define GPROOF_REPORT_H

#include "oracle.h"
#include "profile.h"
#include "trace.h"
#include "workload.h"

#include "strbuf.h"

// A run as reports see it.
struct report_run {
    const struct trace *trace;
    const struct verdict *verdict;
    const struct workload *workload; // NULL: unknown
    uint64_t hash;                   // of the trace
    const char *world;               // "virtual" or "posix"
    const char *replay;              // the one-line command, or NULL
    const char *dump;                // of a hang, or NULL
};

// The story for people: headline (the broken invariant in one sentence and why it came about), then
// a table with a column per thread whose cells hold goroutine, role and profile state, preemptions
// marked, the violating row marked, then the dump if there is one and the replay command. width =
// columns of the terminal, at least 80. colour = ANSI colours.
void report_story(struct strbuf *out, const struct report_run *run, uint32_t width, bool colour);

// The run as one JSON object: verdict, the facts that led to it, every profile as its caller got
// it.
void report_json(struct strbuf *out, const struct report_run *run,
                 const struct profile_program *program);

// The run as an HTML document that needs nothing else: for somebody who was not there.
void report_page(struct strbuf *out, const struct report_run *run,
                 const struct profile_program *program);

// The run in the formats of others: a SARIF 2.1.0 log whose results lie in file, the workload; the
// trace events that Perfetto opens; JUnit with a case for each promise.
void report_sarif(struct strbuf *out, const struct report_run *run, const char *file);
void report_perfetto(struct strbuf *out, const struct report_run *run);
void report_junit(struct strbuf *out, const struct report_run *run);

// All events as lines of text (kind and named fields), for `replay --trace`.
void report_events(struct strbuf *out, const struct trace *trace);

#endif

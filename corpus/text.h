// The text form of a workload: one op a line, comments from '#', errors with line and column.
// Prints canonical values so that parsing gives them back without loss.
//
//   gproof 1                        # version of the language, always first
//   procs 2                         # header: procs, ms, cleanups, goroutines, fuel; each optional
//   chan c0 1                       # a channel and its capacity
//   body main                       # bodies; the first is what main runs
//     alloc s0
//     finalizer s0 fin              # bodies may be named before they are defined
//     spawn worker 2
//     profile fit
//   body fin
//     call f3
//     return
//   schedule list                   # or: uniform SEED | sticky N SEED | pct D SEED | pos SEED |
//                                   # surw SEED | rf SEED
//     at fing op 2 execute_checkin #1 to main/m1
//     at main op 4 profile_walk #2 to next
//     at m0 op 1 steal_victim #1 choose 2
#ifndef GPROOF_WORKLOAD_TEXT_H
#define GPROOF_WORKLOAD_TEXT_H

#include "workload.h"

#include <stdio.h>

struct workload_error {
    uint32_t line, column; // from 1
    char message[160];     // what is wrong and what was expected, no newline
};

// Parse text of size bytes. Returns true and a canonical value, or false with *error filled in and
// *workload untouched. Limits of workload.h are errors here, not silently wrapped.
bool workload_parse(struct workload *workload, const char *text, size_t size,
                    struct workload_error *error);

// Print a canonical value. Returns the length without the final NUL; like snprintf, text is cut at
// capacity. comment, if not NULL, is printed first, each of its lines behind "# ".
size_t workload_print(const struct workload *workload, const char *comment, char *text,
                      size_t capacity);

// Print one op of a plan, such as "finalizer s0 fin1", or the name of a body. The same rules.
size_t workload_print_op(const struct workload_plan *plan, const struct workload_op *op, char *text,
                         size_t capacity);
size_t workload_print_body(const struct workload_plan *plan, uint32_t body, char *text,
                           size_t capacity);

enum {
    WORKLOAD_TEXT_MAX = 65536,   // workload_print without a comment never needs more
    WORKLOAD_FILE_MAX = 1 << 20, // files larger than this are refused
};

// Read bytes or text: text if the first word of the contents is "gproof", or if they are several
// lines of printable characters (somebody's misspelt text, not an input of a fuzzer). Returns true,
// or false with *error filled in (line 0: the whole file).
bool workload_read(struct workload *workload, const void *contents, size_t size,
                   struct workload_error *error);

// Load a file of bytes or text. On failure prints "file:line:column: message" (or "file: message")
// to stderr and returns false; *workload is untouched.
bool workload_load(struct workload *workload, const char *file);

#endif

// JUnit XML for CI: one test suite, a case for each promise that was checked, a failure for each
// that was broken. A violation always reads as a failure; where it showed in some runs only, a
// flakyFailure beside it says in how many. Pure: appends to a growing string.
#ifndef GPROOF_JUNIT_H
#define GPROOF_JUNIT_H

#include "strbuf.h"

#include <stdbool.h>
#include <stdint.h>

struct junit {
    struct strbuf *out; // borrowed
    const char *suite;  // class name of the cases; borrowed
    bool in_properties; // the list of properties is still open
};

// What a case says of itself. Strings are borrowed for the call.
struct junit_case {
    const char *name;
    bool skipped;        // never decided: neither good nor bad
    const char *failure; // one line, or NULL if it passed
    const char *details; // text of the failure (a story, a replay command), or NULL
    uint64_t hits, runs; // of a failure: seen in that many of so many runs
};

struct junit_totals {
    uint32_t cases, failures, skipped;
    double seconds;
};

// Write the head of the document. totals must equal what the cases will add up to.
void junit_begin(struct junit *junit, struct strbuf *out, const char *suite,
                 const struct junit_totals *totals);
// Say something about the whole suite (the seed, the sanitizer). After begin, before the first
// case.
void junit_property(struct junit *junit, const char *name, const char *value);
void junit_case(struct junit *junit, const struct junit_case *test);
// Write the end of the document. errors, if not NULL, is put into system-err.
void junit_end(struct junit *junit, const char *errors);

#endif

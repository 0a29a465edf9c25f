// The table of a carried finding: with and without the slip, gates on and off, k of n runs each. A
// run is one process of the test. Not thread-safe.
#ifndef GPROOF_CARRY_TABLE_H
#define GPROOF_CARRY_TABLE_H

#include "carry_program.h"
#include "strbuf.h"

#include <stdbool.h>
#include <stdint.h>

enum { CARRY_ROWS = 4, CARRY_WAYS = 6, CARRY_WAY_MAX = 160 };

struct carry_way { // how runs of a row ended
    char text[CARRY_WAY_MAX];
    uint64_t runs;
};

struct carry_row {
    bool slip, gates;
    bool stock; // the runtime is unchanged
    uint64_t runs, fired, hung;
    uint64_t hits[CARRY_HITS];
    struct carry_way ways[CARRY_WAYS]; // by first appearance; others go to none
    double seconds;
};

struct carry_trial {
    const char *const *environment; // of Go
    const char *folder;             // where the tests lie
    uint32_t procs;
    uint64_t rounds, seed;
    double limit; // seconds, of one run
    bool checks;
};

// Run the test of row->slip, gates and runs as set, until that many runs are done or a few have
// hung; then row->runs says how many were. False with a message on stderr if a test ends in a way
// that is neither success nor a fatal error of Go.
bool carry_measure(const struct carry_trial *trial, struct carry_row *row);

// The sum of the hits of all gates.
uint64_t carry_row_hits(const struct carry_row *row);

struct carry_report {
    const char *finding, *mutant, *go, *folder; // mutant NULL: none
    const char *left_out;                       // lines, or ""
    bool checks;
    double seconds;
    struct carry_row rows[CARRY_ROWS];
    uint32_t count;
};

void carry_report_text(const struct carry_report *report, struct strbuf *out);
void carry_report_json(const struct carry_report *report, struct strbuf *out);

#endif

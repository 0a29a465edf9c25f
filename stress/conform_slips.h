// Slips of the real runtime, one for each rule of the profiler's protocol, each with its twin among
// our mutants: does the same oracle see it in both runtimes? Pure, thread-safe.
#ifndef GPROOF_CONFORM_SLIPS_H
#define GPROOF_CONFORM_SLIPS_H

#include "conform_carried.h"
#include "conform_judge.h"
#include "strbuf.h"

enum { CONFORM_SLIPS_MAX = 32 };

struct conform_slip {
    const char *slip;    // seeded in Go by stress/go/slip.go
    const char *mutant;  // its twin in our runtime
    const char *explain; // why the two may differ, or NULL
};

// What the oracle saw of one in both runtimes.
struct conform_slip_result {
    invariant_set broken; // invariants, in Go, a bit each
    invariant_set ours;   // and in ours, by the regression of the twin
    uint64_t profiles;
    struct conform_carried carried; // tried if no trace shows it
    bool built;                     // this version of Go has its place
};

// Static table; NULL behind the last.
const struct conform_slip *conform_slip_at(uint32_t index);

// What a sum says is broken and not known.
invariant_set conform_slip_broken(const struct conform_sum *sum);

// Invariants that break in both runtimes, or the one that our mutant names if Go breaks it.
invariant_set conform_slip_common(uint32_t index, const struct conform_slip_result *result);

// True if there is one; or if, carried, it shows in half of the runs.
bool conform_slip_agrees(uint32_t index, const struct conform_slip_result *result);

// Append the table, a row each.
void conform_slips_text(const struct conform_slip_result *results, struct strbuf *out);

#endif

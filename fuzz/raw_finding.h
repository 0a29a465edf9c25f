// A violation as an engine process leaves it for the campaign: two small files in a folder that
// both know, named by the signature. SIGNATURE.bytes is the input, SIGNATURE.json says what broke
// and when. Each is written to a temporary name and renamed, the bytes last: who sees them sees the
// whole. Any number of processes may write to one folder; the first of a signature stays.
#ifndef GPROOF_RAW_FINDING_H
#define GPROOF_RAW_FINDING_H

#include "workload.h"

#include <stdbool.h>

struct raw_finding {
    char invariant[64]; // stable id
    uint64_t signature;
    uint64_t executions; // of this process when first seen
    double seconds;      // since its first execution
};

// Write both files unless the signature is there. Returns 0 or an errno; nothing half-written
// stays.
int raw_finding_write(const char *folder, const struct raw_finding *finding,
                      const struct workload *workload);

#endif

// Finding a regression anew: hunt its mutant with the loop engine under a few seeds, shrink what
// each seed finds, and keep the smallest that breaks the mutant's invariant with it and holds
// without. Runs campaigns, so one at a time in a process; see campaign.h.
#ifndef GPROOF_REHUNT_H
#define GPROOF_REHUNT_H

#include "regression.h"

struct rehunt_config {
    const char *out;           // working folder of the campaigns
    const char *engine_folder; // or NULL: beside this binary
    uint64_t seed, seeds;      // the first, and how many
    double seconds;            // of each hunt, and of each shrinking
    struct sandbox *plain;     // of the runtime without mutants, borrowed
};

enum rehunt_result {
    REHUNT_FOUND,
    REHUNT_SURVIVED,    // no seed found one that is good
    REHUNT_INTERRUPTED, // by SIGINT or SIGTERM
    REHUNT_ENVIRONMENT, // said on stderr
};

// Replace *regression, which is for a known mutant, by the smallest found: good, to be saved by the
// caller. Else it is untouched.
enum rehunt_result rehunt(const struct rehunt_config *config, struct regression *regression);

#endif

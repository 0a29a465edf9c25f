// A slip that no trace shows without gates, carried: gproof carry runs the regression of its mutant
// on the same Go, with gates.
#ifndef GPROOF_CONFORM_CARRIED_H
#define GPROOF_CONFORM_CARRIED_H

#include "carry_go.h"

#include <stdbool.h>
#include <stdint.h>

struct conform_carried {
    uint64_t runs, fired; // with gates: of how many runs, how many showed it; 0 = not tried
    char way[160];        // what the first of them said, "" = nothing
};

// Run it so often with the slip and with gates. False with a message on stderr: it could not be
// carried.
bool conform_carry(const struct carry_go *go, const char *slip, const char *cache,
                   const char *folder, uint64_t runs, struct conform_carried *carried);

#endif

// A slip that no trace shows without gates, carried: gproof carry runs the regression of its mutant
// on the same Go, with gates.
#ifndef GPROOF_CONFORM_CARRIED_H
#define GPROOF_CONFORM_CARRIED_H

#include "carry_go.h"

#include <stdbool.h>
#include <stdint.h>

// Run it so often with the slip and with gates; in *fired, how many runs showed it. False with a
// message on stderr: it could not be carried.
bool conform_carried(const struct carry_go *go, const char *slip, const char *cache,
                     const char *folder, uint64_t runs, uint64_t *fired);

#endif

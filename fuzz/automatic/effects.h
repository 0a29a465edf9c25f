// What a statement reads and writes, as far as syntax tells, for the one question whether two
// neighbours may change places unseen. They may if both are plain and neither writes what the other
// reads or writes. Plain is an assignment, an increment, a declaration of variables, or an `if`
// over such, that calls nothing but pure functions (evidence.def), does not jump and does not loop:
// it takes no lock, does no atomic operation, emits no event and is no scheduling point, so that
// whoever could tell the order would race with both. Two places of memory are apart if they are
// different fields, neither of which can hold the other's struct, or have different types, none of
// them a character or a whole struct; unions are never apart. Beside that, what only holds or lets
// go of the M (rt_acquirem, rt_releasem) may change places with atomic operations, which are no
// safe points. Not thread-safe.
#ifndef GPROOF_EFFECTS_H
#define GPROOF_EFFECTS_H

#include "syntax.h"

// Do the two commute? False wherever that is not certain.
bool effects_commute(const struct syntax *syntax, CXCursor first, CXCursor second);

#endif

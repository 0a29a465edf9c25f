// What of a source runs for its deliberate faults only (mutants.def): with all of them off, which
// is how automatic mutants are hunted, a change of it changes nothing. An expression "implies a
// fault" when true, or when false, if it can be so only while a fault is on: mutant(...) itself,
// trait(...), which says that another version of the protocol runs,
// what is joined to it by && or ||, its negation, and variables that were set to such an
// expression.
#ifndef GPROOF_PLANTED_H
#define GPROOF_PLANTED_H

#include "syntax.h"

struct implies {
    bool when_true, when_false;
};

struct planted_variable {
    CXCursor declaration;
    struct implies implies;
};

enum { PLANTED_VARIABLES_MAX = 64 };
struct planted { // of one function; zero is none
    struct planted_variable variables[PLANTED_VARIABLES_MAX];
    size_t count;
};

// Take note of a variable and what it was set to; behind the last place it is forgotten.
void planted_note(const struct syntax *syntax, struct planted *planted, CXCursor declaration,
                  CXCursor value);

struct implies planted_implies(const struct syntax *syntax, const struct planted *planted,
                               CXCursor expression);

// && and || of an expression: its operands. False if it is neither.
struct junction {
    bool is_and;
    CXCursor left, right;
    struct span sign;
};
bool planted_junction(const struct syntax *syntax, CXCursor expression, struct junction *junction);

#endif

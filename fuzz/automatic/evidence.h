// Names that mutations go by, as evidence.def lists them: what only reports, what is read for
// reports only, what changes nothing, what only holds the M, and words of the trace. Thread-safe:
// constants.
#ifndef GPROOF_EVIDENCE_H
#define GPROOF_EVIDENCE_H

#include "syntax.h"

enum evidence {
    EVIDENCE_REPORT,
    EVIDENCE_ANNOTATION,
    EVIDENCE_PURE,
    EVIDENCE_HOLD,
    EVIDENCE_PREFIX
};

// Is this name of that kind? Of prefixes: does it begin with one?
bool evidence_is(enum evidence kind, const char *name);

// Does the text of the cursor begin with a use of a macro or a call of a function of that kind?
bool evidence_calls(enum evidence kind, const struct syntax *syntax, CXCursor cursor);

#endif

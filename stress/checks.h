// What a stress campaign has looked at: for each promise how often its condition arose in a trace,
// and how often the trace decided it. A promise that was never evaluated was not checked, and a
// report that hides that reads like a pass. The canary's promise is about the harness and is told
// by the canaries, not here.
#ifndef GPROOF_STRESS_CHECKS_H
#define GPROOF_STRESS_CHECKS_H

#include "json.h"
#include "ledger.h"

// Can this build, on real threads, decide it at all? If not, *why (may be NULL) says what could.
bool checks_decidable(enum invariant invariant, const char **why);

// Decidable here, and its condition never arose; decided by at least one trace.
bool checks_never_evaluated(const struct ledger *ledger, enum invariant invariant);
bool checks_decided(const struct ledger *ledger, enum invariant invariant);

// A row for each promise that is decidable here, what was never evaluated as a list, and the sums.
// colour: mark what was never evaluated in red.
void checks_text(const struct ledger *ledger, bool colour, struct strbuf *out);

// The same as a list `promises`, and `never_evaluated`, inside the object that is open.
void checks_json(const struct ledger *ledger, struct json *json);

#endif

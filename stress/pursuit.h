// After a campaign on real threads: what it found is sought again where it can be repeated. The
// plan of a finding is run in the virtual world under schedules of every mode; if the same promise
// breaks there, the finding becomes a deterministic and minimised one, with a text, a story and a
// replay line. If it does not, it is minimised on real threads, each try repeated often enough for
// how often it shows. Both are done by the tools beside this one, in processes of their own.
#ifndef GPROOF_STRESS_PURSUIT_H
#define GPROOF_STRESS_PURSUIT_H

#include "ledger.h"
#include "stress_options.h"

// Pursue the most frequent finding of each kind, at most PURSUITS_MAX of them, and note in the
// ledger what came of each. stop is asked now and then: true ends it. Says on stderr what it does.
enum { PURSUITS_MAX = 8 };
void pursue(const struct stress_options *options, struct ledger *ledger, bool (*stop)(void));

// One line that tells what came of it ("shown in the virtual world ..."), and the command that runs
// it again, if there is one: appended to out with `indent` before each. Nothing if it was not
// pursued.
void pursuit_text(const struct ledger_pursuit *pursuit, const char *indent, struct strbuf *out);

// "none", "virtual", "posix", "gone" or "failed": for machines.
const char *pursuit_name(enum pursuit_end end);

#endif

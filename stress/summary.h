// What a stress campaign came to, for people (text), machines (JSON, whose fields are a contract)
// and CI (JUnit: each invariant a case; one that no trace decided is skipped, not passed). Pure
// functions of options and ledger that append to a growing string; thread-safe while the ledger
// stands still.
#ifndef GPROOF_STRESS_SUMMARY_H
#define GPROOF_STRESS_SUMMARY_H

#include "ledger.h"
#include "strbuf.h"
#include "stress_options.h"

struct summary {
    const struct stress_options *options;
    const struct ledger *ledger;
    double seconds; // from the first execution to the end
    bool blind;     // nothing executed, or a canary was not seen
    bool colour;    // text for a terminal
};

void summary_text(const struct summary *summary, struct strbuf *out);
void summary_json(const struct summary *summary, struct strbuf *out);
void summary_junit(const struct summary *summary, struct strbuf *out);

// Bounds of the 95 % interval (Wilson) of k hits in n runs, n > 0.
void summary_interval(uint64_t k, uint64_t n, double *low, double *high);

// Append the command that runs a finding's workload again.
void summary_replay(const struct summary *summary, const struct ledger_finding *finding,
                    struct strbuf *out);

#endif

// The inside of the minimiser: the best workload so far, and the one way to replace it. A candidate
// is only tried if it is smaller, so every success brings the end nearer. Internal to corpus/.
#ifndef GPROOF_SHRINK_H
#define GPROOF_SHRINK_H

#include "minimize.h"

struct shrink {
    struct workload best;
    const struct minimize_predicate *predicate;
    uint32_t tries_max; // 0 = no limit
    uint32_t walks;     // per plan that is tried under other schedules
    uint32_t tried;
    bool stopped; // the limit was met: nothing is tried any more
};

// Bring candidate into canonical form and, if it is smaller than the best, ask the predicate.
// Returns true if it is the best now; *candidate is spent either way.
bool shrink_try(struct shrink *shrink, struct workload *candidate);

// The same for a candidate under a walk: the list that the predicate makes of it is made short
// before it is compared.
bool shrink_try_walk(struct shrink *shrink, struct workload *candidate);

// One pass each. Returns true if something became smaller.
bool shrink_schedule(struct shrink *shrink); // fewer entries, plainer entries, a plainer mode
bool shrink_ops(struct shrink *shrink);      // fewer ops: chunks, whole bodies, calls, inlining
bool shrink_pairs(struct shrink *shrink);    // two at a time, once there are few
bool shrink_walks(struct shrink *shrink);    // under another schedule
bool shrink_parts(struct shrink *shrink);    // many ops at once, under another schedule
bool shrink_operands(struct shrink *shrink); // plainer operands, channels and slots
bool shrink_header(struct shrink *shrink);   // smaller limits

#endif

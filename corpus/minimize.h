// The minimiser: the smallest plan and schedule that still satisfy a predicate, reduced together
// until no single op, body, frame, goroutine, entry or header value can go. It executes nothing:
// the caller's predicate does, and says what counts as the same finding. Deterministic.
#ifndef GPROOF_MINIMIZE_H
#define GPROOF_MINIMIZE_H

#include "workload.h"

struct minimize_predicate {
    // Does the candidate still show it? May refine *candidate's schedule (drop entries that had no
    // effect in the run). Called often.
    bool (*holds)(void *user, struct workload *candidate);
    // NULL, or told after each success, for progress: candidates tried so far and the best.
    void (*progress)(void *user, uint32_t tried, const struct workload *best);
    void *user;
};

// Is a smaller than b, as the minimiser measures it: fewer ops and decisions first?
bool workload_smaller(const struct workload *a, const struct workload *b);

struct minimize_limits {
    uint32_t tries_max; // candidates; 0 = no limit
    // A smaller plan may show it under another schedule only: when nothing else helps, each plan
    // with some ops less is tried under so many random walks. Worth it if the predicate turns walks
    // into lists; 0 = none (on real threads schedules say nothing).
    uint32_t walks;
};

// Shrink *workload, for which the predicate holds. Returns the number of candidates tried. The
// result satisfies the predicate, and is never larger; when tries_max stopped it, it may not be
// minimal and *complete (may be NULL) is false.
uint32_t workload_minimize(struct workload *workload, const struct minimize_predicate *predicate,
                           const struct minimize_limits *limits, bool *complete);

#endif

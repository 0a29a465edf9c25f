// Who runs which body: a context is named by how it was created (path.h), so the plan tells what it
// runs. When ops are taken out of a plan, the keys of a schedule would speak of other ops and other
// goroutines than before; this makes them follow. Best effort: threads, and services that run
// several bodies, keep their keys. Internal to corpus/; pure, thread-safe.
#ifndef GPROOF_LINEAGE_H
#define GPROOF_LINEAGE_H

#include "workload.h"

// What was done to a plan. Borrows both plans; indexes are into plan.ops.
struct lineage_edit {
    const struct workload_plan *before, *after;
    int16_t moved[WORKLOAD_OPS_MAX]; // per op of before: where it is in after, -1 = gone
    int16_t inlined; // the spawn of before in whose place its body stands now, from moved[inlined]
                     // on; -1 = none
    bool first_go; // of a spawn that starts fewer now, the first goroutines are gone, else the last
};

// Make the entries of a schedule for `before` follow to `after`. An entry at an op that is gone
// moves to the op that took its place; one of a goroutine that is gone goes. The result is
// canonical.
void lineage_follow(struct workload_schedule *schedule, const struct lineage_edit *edit);

#endif

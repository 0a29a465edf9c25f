// All schedules of one workload, or all up to a number of preemptions: a search (search.h) whose
// runs a sandbox makes. One file a world; on real threads the machine decides, and there is nothing
// to search.
#ifndef GPROOF_EXHAUST_H
#define GPROOF_EXHAUST_H

#include "sandbox.h"

enum { EXHAUST_PREEMPTIONS_MAX = 200, EXHAUST_UNBOUNDED = UINT16_MAX };

struct exhaust_config {
    const struct subject *subject;
    const struct workload *workload; // its schedule does not count
    uint32_t judge_every;
    uint32_t preemptions; // at most; EXHAUST_UNBOUNDED
    bool chooses;         // explore free choices too; else each is 0, the default
    uint64_t runs_max;
    uint64_t end_ns; // of the clock of clock_ns
    // A run broke a promise. False = nothing more is wanted of it. If so, `found` gets the workload
    // with the decisions as a list, or NULL if they are more than a list holds; false = stop.
    bool (*wants)(void *user, const struct verdict *verdict);
    bool (*found)(void *user, const struct workload *listed);
    void *user;
};

struct exhaust_result {
    uint64_t executions, cut, traces, violations;
    uint32_t preemptions; // that the search had got to; EXHAUST_UNBOUNDED
    uint32_t depth;       // decisions of the longest run
    bool complete;
    const char *gap; // why not, or NULL
};

// False with a message on stderr if there is no search in this world.
bool exhaust_possible(void);

// Run them. *result is up to date whenever a callback is called. False with a message on stderr
// (environment).
bool exhaust(const struct exhaust_config *config, struct exhaust_result *result);

#endif

// What became of a mutation, as a value that outlives the process: kept in a folder, one small file
// a mutation, under a key of all that the answer depends on. Not thread-safe.
#ifndef GPROOF_FATE_H
#define GPROOF_FATE_H

#include "mutation.h"

enum fate_kind {
    FATE_OPEN,      // not hunted yet
    FATE_KILLED,    // by what `by` says
    FATE_SURVIVED,  // for `budget` seconds
    FATE_REFUSED,   // it does not compile
    FATE_UNCHANGED, // the compiler makes the same code of it: equivalent by construction
    FATE_TWIN,      // the same code as the mutation `by`
    FATE_BROKEN,    // the environment failed; said on stderr
    FATE_COUNT
};
const char *fate_name(enum fate_kind kind);

struct fate {
    enum fate_kind kind;
    char by[2 * MUTATION_NAME_MAX]; // id of an invariant, "data-race", or of a mutation
    char how[200];                  // of a kill: what was seen, in a line
    uint64_t executions;            // to the kill, or all of them
    double seconds;                 // since the first execution
    double budget;
    uint64_t object; // hash of its code
    bool kept;       // read from the folder, not hunted now
};

// Read what was kept of it. False, *fate untouched, if there is nothing under this key, or if it
// survived a smaller budget than this.
bool fate_load(const char *folder, const char *id, uint64_t key, double budget, struct fate *fate);

// Keep a kill or a survival. Returns 0 or an errno.
int fate_save(const char *folder, const char *id, uint64_t key, const struct fate *fate);

#endif

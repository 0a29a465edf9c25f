// What the two ways to try a mutant share: kill.c hunts it by a campaign in the virtual world,
// kill_threads.c by the stress driver on real threads. Nobody else includes this.
#ifndef GPROOF_KILL_IMPL_H
#define GPROOF_KILL_IMPL_H

#include "kill.h"

// How it went with one mutant and seed. Not killed: what was tried until the time was over.
struct kill_sample {
    bool killed;
    enum invariant by; // INVARIANT_COUNT: not killed
    uint64_t executions;
    double seconds;
};

// Run `gproof-stress`, which lies beside this tool, until a run breaks row->expected or the time is
// over; add what broke, and the runs, to the row. Nothing is replayed: what was seen on real
// threads was seen. Returns an exit code: nothing found (also if it was killed), environment,
// blind; with a message on stderr for the last two.
int kill_on_threads(const struct kill_config *config, uint64_t seed, struct matrix_row *row,
                    struct kill_sample *sample);

#endif

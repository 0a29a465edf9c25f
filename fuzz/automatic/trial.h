// One program, hunted: the fuzz target with a changed runtime runs the seeds, then what it makes of
// them, until it finds a violation, dies, hangs, swells or the time is over. Everything is said by
// the process's end, its last words and its scoreboard. Blocks.
#ifndef GPROOF_AUTOMATIC_TRIAL_H
#define GPROOF_AUTOMATIC_TRIAL_H

#include "fate.h"

struct trial_config {
    const char *target; // the program
    const char *folder; // to work in; it leaves target.log there
    const char *seeds;  // folder of inputs as bytes
    uint64_t seed;
    double seconds;
    bool races; // it is built with ThreadSanitizer
};

// Set kind, by, how, executions and seconds of *fate: KILLED, SURVIVED or BROKEN.
void trial_run(const struct trial_config *config, struct fate *fate);

#endif

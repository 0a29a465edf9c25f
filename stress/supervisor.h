// Keeps a worker process alive until the campaign is over: replaces one that a run took down, ends
// one that hangs, and first makes sure, with canaries, that a fault would be seen at all. A worker
// dies with its supervisor, however that ends: no process is left over. The caller must have no
// threads.
#ifndef GPROOF_SUPERVISOR_H
#define GPROOF_SUPERVISOR_H

#include "ledger.h"
#include "source.h"
#include "stress_options.h"

enum stress_end {
    STRESS_OVER,    // limits reached
    STRESS_STOPPED, // by a signal; what was found is kept
    STRESS_BLIND,   // a canary was not seen
    STRESS_TROUBLE, // the environment: processes, memory, disk
};

// Run the campaign. Says on stderr what is going on.
enum stress_end supervise(const struct stress_options *options, const struct source *source,
                          struct ledger *ledger);

#endif

// The process that runs workloads, one after another, until the campaign is over or a run takes it
// down. All that it learns goes into the ledger and into the findings' folders, at once.
#ifndef GPROOF_STRESS_WORKER_H
#define GPROOF_STRESS_WORKER_H

#include "ledger.h"
#include "source.h"
#include "stress_options.h"

struct worker_config {
    const struct stress_options *options;
    const struct source *source;
    struct ledger *ledger;
    int report_fd; // a memory file for the sanitizer's own text
    bool save;     // write findings to options->out
};

// A worker that holds more resident memory than this is replaced, if it has run for a while.
// TSan's runtime keeps some 300 bytes of every goroutine's fiber for good.
enum { WORKER_KB_MAX = 256 << 10 };

enum {                   // how a worker ends, besides RUNNER_EXIT_LOST
    WORKER_OVER = 0,     // limits reached, or told to stop
    WORKER_TROUBLE = 3,  // the environment: memory, disk
    WORKER_RECYCLE = 42, // too old or too large; the next one goes on
};

// Have the campaign's limits been reached?
bool stress_worker_over(const struct worker_config *config);

// Run until over. Returns one of the above; does not return from a run that is lost.
int stress_worker_run(const struct worker_config *config);

// Record a run that ended the worker without a word: what is in the ledger's board was running.
// reason says how it ended. Called by the supervisor when the worker is gone. Returns 0 or an
// errno.
int stress_worker_record_crash(const struct worker_config *config, const char *reason);

#endif

// One engine process of a campaign, in a process group of its own, that the kernel ends when the
// campaign dies. The campaign is subreaper of what a worker leaves behind. Owned by the campaign.
#ifndef GPROOF_WORKER_H
#define GPROOF_WORKER_H

#include "engine.h"
#include "finding.h"
#include "scoreboard.h"

#include <sys/types.h>

struct worker {
    struct engine_order order;
    struct scoreboard *board;
    pid_t pid;                  // leader of the group; 0 = not running
    uint64_t executions_before; // when it was started last
    uint32_t starts, barren;    // barren: deaths in a row without one execution
    uint64_t seen_executions;   // when its board was seen to move last
    uint64_t seen_ns;           // and when that was; 0 = not since its start
    char board_file[FINDING_PATH_MAX], log_file[FINDING_PATH_MAX];
};

struct worker_task {
    const struct subject *subject;
    const char *findings;  // folder for raw findings
    const char *temporary; // folder for the engine's temporary files
    bool uniform;          // walk uniformly, whatever the input says
};

// Start the process; the board is opened at the first start. Returns false with a message on
// stderr.
bool worker_start(struct worker *worker, const struct worker_task *task);

enum worker_state { WORKER_RUNS, WORKER_LOST, WORKER_DIED, WORKER_REFUSES };
// Has it ended? LOST: it left after a run whose threads could not be ended, its finding is written.
// REFUSES: it said that it cannot work here (disk full, a bad option), and would say so again.
// DIED: any other end, or none: a process of the loop engine that is still in the same run after
// ENGINE_HANG_SECONDS is killed (the other engines see to that themselves). *reason says which.
// Ended workers may be started again.
enum worker_state worker_poll(struct worker *worker, char reason[64]);

// End the group: politely first, then not. Blocks up to half a second.
void worker_stop(struct worker *worker);
void worker_fini(struct worker *worker); // stops it, closes the board

// Cut a log that has grown large to nothing; the process appends to it all the same.
void worker_trim_log(const struct worker *worker);

// Append the last lines of what it said.
void worker_last_words(const struct worker *worker, struct strbuf *out);

#endif

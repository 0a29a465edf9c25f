// What a stress campaign knows while it runs: counters, the workload under execution, and the
// findings grouped by signature. It lies in memory that the supervisor shares with its worker and
// so outlives every worker: a run that takes its process down leaves here what it was doing. One
// writer at a time: the worker while it lives, else the supervisor.
#ifndef GPROOF_LEDGER_H
#define GPROOF_LEDGER_H

#include "memory.h"
#include "scoreboard.h"

#include <stdbool.h>

enum {
    LEDGER_FINDINGS_MAX = 64,
    LEDGER_KIND_SIZE = 48,
    LEDGER_REASON_SIZE = 320,
    LEDGER_NAME_SIZE = 512
};

enum pursuit_end {
    PURSUIT_NONE,
    PURSUIT_VIRTUAL, // it shows in the virtual world: deterministic and minimised there
    PURSUIT_POSIX,   // not there: minimised on real threads
    PURSUIT_GONE,    // not there, and not seen again on real threads either
    PURSUIT_FAILED   // a tool could not do its work
};

// What came of a finding afterwards (pursuit.h).
struct ledger_pursuit {
    enum pursuit_end end;
    char kind[LEDGER_KIND_SIZE]; // what broke there first
    uint64_t schedules;          // tried in the virtual world
    uint32_t ops, preemptions;   // of the minimised one
    bool minimal;                // nothing single can go
    uint64_t hits, runs;         // posix: how often the minimised one shows
    char text[LEDGER_NAME_SIZE], story[LEDGER_NAME_SIZE]; // files, or ""
    char replay[LEDGER_NAME_SIZE];                        // command
};

// All runs with one signature.
struct ledger_finding {
    uint64_t signature;
    uint64_t hits;               // runs that showed it
    uint64_t execution;          // the first of them, from 1
    double seconds;              // when that was, since the first execution
    uint32_t ops;                // of its workload
    bool saved;                  // its files are complete
    char kind[LEDGER_KIND_SIZE]; // id of the broken invariant, or TSan's name for what it reports
    char reason[LEDGER_REASON_SIZE];
    struct ledger_pursuit pursuit;
};

struct ledger {
    struct scoreboard board;        // executions, evaluated and decided, cells, the running input
    uint64_t lost;                  // workers that a run took down
    uint64_t slow;                  // of them, those that made progress and were given up
    struct ledger_finding slow_run; // the first of those, if any
    uint64_t reports;               // of TSan
    uint64_t canary_runs;           // of all canaries
    uint32_t canary_rounds;         // in which every canary was seen
    uint64_t workers;               // started, one after another
    uint64_t replaced;              // of them, because of their memory or age
    struct memory memory;           // resident, of the workers
    uint32_t stop;                  // set by the supervisor: end after this run. Atomic
    uint32_t trouble;               // an exit code the worker could not live with, or 0
    char last_words[LEDGER_REASON_SIZE]; // why the process is about to die, if it knows
    uint32_t findings_count;
    bool findings_full; // a signature did not fit
    struct ledger_finding findings[LEDGER_FINDINGS_MAX];
};

// A ledger of zeros that child processes share. NULL with a message on stderr if there is no
// memory.
struct ledger *ledger_new(void);
void ledger_free(struct ledger *ledger); // NULL is fine

// Seconds since the first execution.
double ledger_seconds(const struct ledger *ledger);

// Count one run with this signature. Returns its finding, whose hits are 1 when it is new, or NULL
// if it is new and there is no room (findings_full is set).
struct ledger_finding *ledger_hit(struct ledger *ledger, uint64_t signature, const char *kind,
                                  const char *reason, const struct workload *workload);

// The first finding of this kind, or NULL.
const struct ledger_finding *ledger_find(const struct ledger *ledger, const char *kind);

// Did a run break this promise, be it behind another that named the finding?
bool ledger_broken(const struct ledger *ledger, const char *invariant);

// A signature of what has no better one than its text.
uint64_t ledger_hash(const char *text);

// Name of the finding's folder: kind and signature. size at least LEDGER_KIND_SIZE + 20.
void ledger_finding_name(const struct ledger_finding *finding, char *name, size_t size);

#endif

// A campaign: engine processes drive the target, the campaign watches them, and every violation
// that they leave is replayed, grouped, minimised and written as a finding. The supervisor executes
// nothing itself, so no run can take it down; killed by force, it leaves no process and no
// half-written file. One campaign at a time in a process (a canary's runs inside its own), and one
// in an out folder.
#ifndef GPROOF_CAMPAIGN_H
#define GPROOF_CAMPAIGN_H

#include "engine.h"
#include "finding.h"
#include "scoreboard.h"

enum { CAMPAIGN_WORKERS_MAX = 64, CAMPAIGN_FINDINGS_MAX = 256 };

struct campaign_config {
    struct subject subject;
    enum engine engines[2]; // workers take turns
    int engines_count;
    const char *engine_folder; // or NULL: the sibling build folders
    uint32_t workers;
    uint64_t seed;
    double seconds;
    uint64_t runs_max;     // stop after so many executions, or a few more; 0 = no limit
    uint32_t findings_max; // stop after so many distinct ones; 0 = no limit
    enum invariant until;  // stop at a finding of this invariant; INVARIANT_COUNT = none
    bool until_listed;     // or at a run that breaks it behind another one
    const char *out;       // folder: findings/, corpus/, work/, status.json
    const char *corpus;    // folder, or NULL: out/corpus
    bool fresh;            // begin with an empty out/corpus instead of resuming
    bool bytes, uniform;   // ablations: engine's own mutators, uniform walk,
    bool uniform_ops;      // fresh workloads without motifs
    bool minimize;
    double minimize_seconds; // a finding; 0 = default
    bool quiet;              // no status
    double canary_every;     // seconds; 0 = never; the caller has run them once before
    double canary_seconds;   // budget of each canary; 0 = its own
    // NULL, or told of each finding as it is written.
    void (*found)(void *user, const struct finding *finding, const char *story);
    void *user;
};

enum campaign_end {
    CAMPAIGN_TIME,            // the time is over, or as many executions done as were wanted
    CAMPAIGN_ENOUGH,          // findings_max or until
    CAMPAIGN_INTERRUPTED,     // SIGINT or SIGTERM
    CAMPAIGN_BLIND,           // nothing executed, or a canary was not found
    CAMPAIGN_ENVIRONMENT,     // an engine dies again and again, no disk, no process
    CAMPAIGN_NONDETERMINISTIC // replays of one input disagree
};

struct campaign_result {
    enum campaign_end end;
    char why[512]; // for blind, environment and nondeterministic
    uint64_t executions, inconclusive, points, events;
    double seconds; // since the first execution
    uint64_t evaluated[INVARIANT_COUNT], decided[INVARIANT_COUNT], largest[INVARIANT_COUNT];
    double traces;                    // different ones, an estimate (estimate.h)
    uint64_t broken[INVARIANT_COUNT]; // executions whose verdict lists it, crashes not among them
    uint32_t cells_reached, cells_feasible;
    uint32_t cells[FLIP_CELLS];
    uint64_t sampled;        // executions whose trace was hashed
    double traces_distinct;  // about, among those
    uint32_t restarts, lost; // of workers
    uint32_t unreproduced;   // inputs that never fired again; kept in out/work/unreproduced
    uint32_t findings_count;
    struct finding findings[CAMPAIGN_FINDINGS_MAX];
};

// Run it to its end. *result is filled in whatever the end.
void campaign_run(const struct campaign_config *config, struct campaign_result *result);

// Leave nothing of a folder that campaigns made. Best effort.
void campaign_remove(const char *folder);

#endif

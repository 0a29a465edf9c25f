// The same hunt on two trees of the project: this one and a revision of its repository. The
// revision is written out below a folder (no worktree, nothing of the repository changes), built
// there, and both are hunted by their own tools under one seed and budget, one after the other,
// each judged by its own oracle. Then each side replays what the other found and kept. Virtual
// world, loop engine. Blocks; one at a time in an out folder.
#ifndef GPROOF_AGAINST_H
#define GPROOF_AGAINST_H

#include "strbuf.h"

#include <stdint.h>

enum { AGAINST_NAME_MAX = 64, AGAINST_PATH_MAX = 4096 };

struct against_config {
    const char *revision;   // as git names it
    const char *repository; // folder
    const char *builds;     // folder below which the revision is written out and built
    const char *out;
    uint64_t seed, workers, findings; // findings: a hunt ends after so many
    double seconds;                   // of each hunt, and of comparing
};

enum side { SIDE_HERE, SIDE_THERE, SIDE_COUNT };
extern const char *const side_names[SIDE_COUNT];

struct against_verdict {
    char verdict[24], invariant[AGAINST_NAME_MAX], trace_hash[24];
};

// A workload that one side found or kept, and what each side says of it.
struct against_workload {
    enum side from;
    bool finding;
    char invariant[AGAINST_NAME_MAX]; // of a finding
    double executions, seconds;       // of a finding, when first seen
    char file[AGAINST_PATH_MAX];
    struct against_verdict by[SIDE_COUNT];
};

struct against {
    struct against_config config;
    char commit[AGAINST_NAME_MAX];          // full name of the revision
    char bin[SIDE_COUNT][AGAINST_PATH_MAX]; // folders of the tools
    double executions[SIDE_COUNT], hunted_seconds[SIDE_COUNT];
    struct against_workload *workloads; // findings, and what tells the sides apart; owned
    size_t count, capacity;
    uint64_t until_ns;             // when comparing ends
    size_t compared, other_traces; // workloads replayed on both; of them with another trace
};

// Find the revision, write it out, build it: sets commit and bin. Returns an exit code of
// options.h: 0, usage (no such revision) or environment (no repository, it does not build), with a
// message on stderr.
int against_build(struct against *against);

// Hunt both and compare. Returns an exit code: 0 nothing found and nothing apart, violation, or
// that of a hunt that could not be done.
int against_run(struct against *against);

void against_fini(struct against *against);

// Do the two sides say different things of it?
bool against_is_apart(const struct against_workload *workload);

#endif

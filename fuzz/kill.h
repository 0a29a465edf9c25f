// The measurement behind the kill matrix: each mutant is hunted, once a seed, until the invariant
// that it must break is found broken or the time is over: in the virtual world from an empty corpus
// by an engine with one worker, on real threads by the stress driver. Runs campaigns, so one at a
// time in a process.
#ifndef GPROOF_KILL_H
#define GPROOF_KILL_H

#include "campaign.h"
#include "matrix.h"

enum { KILL_SEEDS_MAX = 1000 };

struct kill_config {
    const struct mutant_set *mutants; // to be hunted, borrowed; those the world cannot show are not
    double seconds;                   // of one mutant and seed
    uint64_t seed, seeds;             // the first, and how many: 1 to KILL_SEEDS_MAX
    uint32_t noise;                   // posix
    enum engine engine;               // virtual
    const char *engine_folder;        // or NULL: the sibling build folders
    const char *out;                  // working folder
    // NULL, or told of each row as it is complete. Returns false to end the measurement, with the
    // reason on stderr; the exit code is then that of the environment.
    bool (*row)(void *user, const struct matrix_row *row);
    void *user;
};

struct kill_rows {
    uint32_t count;
    struct matrix_row row[MUTANT_COUNT];
};

// Are mutants tried by the stress driver here, and not by an engine?
bool kill_has_driver(void);

// Measure all. Returns an exit code (options.h): killed all, survived some, environment, blind; in
// the last two, and after an interrupt, *rows holds what was measured until then and the reason is
// on stderr. Says on stderr how far it is.
int kill_measure(const struct kill_config *config, struct kill_rows *rows);

// Will this mutant be hunted here? If not, the world cannot show it, or nobody asked for it.
bool kill_hunts(const struct kill_config *config, enum mutant mutant);

// The rows as a matrix, which borrows them.
struct matrix kill_matrix(const struct kill_config *config, const struct kill_rows *rows);

#endif

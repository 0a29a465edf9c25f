// A regression: a workload as text that says in its head comment which mutant it is for and which
// invariant it breaks with that mutant on; without it, it must hold. One file a mutant, named after
// it:
//   gproof 1
//   # mutant issue-74090
//   # breaks satisfied-before-run
// A workload without these lines is for no mutant (a seed, a false alarm of old): it must hold.
// Replayed in the virtual world, every captured stack judged. Not thread-safe.
#ifndef GPROOF_REGRESSION_H
#define GPROOF_REGRESSION_H

#include "sandbox.h"

enum { REGRESSION_NAME_MAX = 64, REGRESSION_WHY_MAX = 320 };

enum regression_state {
    REGRESSION_GOOD,
    REGRESSION_MISSING, // the mutant has no file
    REGRESSION_STALE,   // with its mutant, or in a version that it lives in, it does not break what
                        // it must
    REGRESSION_LOUD,    // without a mutant it does not hold
    REGRESSION_UNKNOWN, // no mutant is called as it says
    REGRESSION_STATE_COUNT
};
const char *regression_state_name(enum regression_state state);

struct regression {
    char mutant_id[REGRESSION_NAME_MAX], breaks_id[REGRESSION_NAME_MAX]; // as written; "" = none
    enum mutant mutant;                                                  // MUTANT_COUNT: none
    struct workload workload;
    enum regression_state state;
    char why[REGRESSION_WHY_MAX]; // not empty unless good
};

// Load a text. False with "FILE:LINE: what was expected" on stderr if it is no workload, has one of
// the two lines only or twice, or is not called as its mutant; *regression is then undefined.
bool regression_load(struct regression *regression, const char *file);

// Make one for a mutant that has no file: missing, an empty workload.
void regression_of_mutant(struct regression *regression, enum mutant mutant);

// Replay one that is not missing and set its state and why. plain runs the runtime without mutants.
// False with a message on stderr: environment; the state is then undefined.
bool regression_check(struct regression *regression, struct sandbox *plain);

// Write the text of one for a mutant into folder, as MUTANT.txt. Returns 0, or an errno with what
// was there untouched.
int regression_save(const struct regression *regression, const char *folder);

// True if the virtual world can show the mutant without a sanitizer: then it must have a file.
bool regression_wanted(enum mutant mutant);

// A sandbox as regressions are replayed in, with this mutant on (MUTANT_COUNT: none). NULL with a
// message on stderr.
struct sandbox *regression_sandbox(enum mutant mutant);

#endif

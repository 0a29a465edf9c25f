// Words and numbers of the command line, for all verbs: what is wrong is said to stderr in one line
// with what was expected, and the caller ends with VERB_USAGE.
#ifndef GPROOF_OPTIONS_H
#define GPROOF_OPTIONS_H

#include "subject.h"

#include <limits.h>

enum verb_exit { // the exit codes of every verb
    VERB_NOTHING_FOUND = 0,
    VERB_VIOLATION = 1,
    VERB_USAGE = 2,
    VERB_ENVIRONMENT = 3,
    VERB_BLIND = 4
};

// Switch a mutant on. An unknown one: says which names are near.
bool option_mutant(struct subject *subject, const char *id);
bool option_version(struct subject *subject, const char *version);

// A number in [min, max], a duration ("60s", "8h"), one of count words (*index).
bool option_uint(const char *option, const char *text, uint64_t min, uint64_t max, uint64_t *value);
bool option_duration(const char *option, const char *text, double *seconds);
bool option_word(const char *option, const char *text, const char *const *words, int count,
                 int *index);

// A level of noise: off, light, heavy, or its number.
bool option_noise(const char *option, const char *text, uint32_t *level);
const char *option_noise_name(uint32_t level); // level <= SUBJECT_NOISE_MAX

// The id of a promise, for which *id then stands; borrowed from the table.
bool option_invariant(const char *option, const char *text, const char **id);

// Say on stderr which of count names are near to word (all, if none is), as "did you mean".
void option_suggest(const char *word, const char *(*name)(size_t index), size_t count);

// Is this option among the arguments, with or without "=VALUE"?
bool option_given(const char *option, int argc, char **argv);

// The path of the tool of this name that lies beside this one, whether it is there or not. A path
// that does not fit is cut.
void option_beside(const char *tool, char file[PATH_MAX]);

// Become the tool of this name that lies beside this one. Returns only if that fails: an exit code,
// with the reason and `hint` on stderr.
int option_become(const char *tool, char **argv, const char *hint);

// 64 bits of chance from the machine, for a seed nobody chose.
uint64_t option_random_seed(void);

#endif

// What is under test: the version of the protocol, the mutants switched on, and the noise (posix).
// A value that travels: from options to engine processes by environment variables, from a finding's
// folder to replay by JSON, and into the one-line replay command.
#ifndef GPROOF_SUBJECT_H
#define GPROOF_SUBJECT_H

#include "mutants.h"
#include "strbuf.h"

enum { SUBJECT_NAMES_MAX = 8192, SUBJECT_NOISE_MAX = 2 };

struct subject {
    struct mutant_set mutants;     // of the version and the list together
    char names[SUBJECT_NAMES_MAX]; // ids switched on one by one, with commas between
    char version[24];              // of the protocol
    uint32_t noise;                // 0 off, 1 light, 2 heavy; posix only
};

// The correct runtime, noise off.
void subject_init(struct subject *subject);

// Switch a mutant on by its id. Returns false, subject untouched, if there is none or no room.
bool subject_add_mutant(struct subject *subject, const char *id);

// Choose the version of the protocol. Returns false, subject untouched, if there is none of the
// name.
bool subject_set_version(struct subject *subject, const char *version);

// The environment variables of target.h, for a process to be started and in one that was. _set
// changes the caller's environment. _get prints what is wrong to stderr and returns false.
void subject_to_environment(const struct subject *subject);
bool subject_from_environment(struct subject *subject);

// Append the options that name this subject (" --mutant issue-74090 --noise 1"), nothing for
// defaults.
void subject_options(const struct subject *subject, struct strbuf *out);

// The mutants' ids one by one: *id, *size for index, false behind the last.
bool subject_mutant(const struct subject *subject, size_t index, const char **id, size_t *size);

#endif

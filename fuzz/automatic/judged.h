// Survivors that people have judged equivalent, with the reason for each: a text file, one a line,
// "ID DIGEST REASON", '#' begins a comment. The digest is the mutation's: an entry whose place has
// been edited since is stale, as is one without a mutation, and one that was killed. Not
// thread-safe.
#ifndef GPROOF_JUDGED_H
#define GPROOF_JUDGED_H

#include "mutation.h"

struct judgement {
    char id[2 * MUTATION_NAME_MAX];
    uint32_t digest;
    uint32_t line; // of the file
    char *reason;  // owned
};
struct judged {
    struct judgement *items; // owned
    size_t count, capacity;
};

// Read the file; one that is not there is empty. False with "FILE:LINE: what was expected" on
// stderr.
bool judged_load(struct judged *judged, const char *file);
void judged_fini(struct judged *judged);

// The reason that holds for the mutation, or NULL.
const char *judged_reason(const struct judged *judged, const struct mutation *mutation);

#endif

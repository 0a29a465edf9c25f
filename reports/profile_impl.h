// What the two files of a profile share. For reports/profile*.c alone.
#ifndef GPROOF_PROFILE_IMPL_H
#define GPROOF_PROFILE_IMPL_H

#include "profile.h"

// The key under which our labels, which are numbers, stand in the files.
#define PROFILE_LABEL_KEY "label"

// The function at this place of a record's stack, or NULL if nobody knows it.
static inline const struct profile_function *
profile_function_at(const struct profile *profile, const struct profile_program *program,
                    const struct profile_record *record, uint32_t at) {
    uint8_t id = profile->frames[record->first + at];
    return id < program->functions_count ? &program->functions[id] : NULL;
}

// What stands on a stack: the address behind the call. 0 where nobody knows the function.
static inline uint64_t profile_return_address(const struct profile_function *function) {
    return function != NULL ? function->address + 1 : 0;
}

// Append what tells the groups of a profile apart, as the text writes it: the addresses, and the
// label on a line of its own.
void profile_put_key(struct strbuf *out, const struct profile *profile,
                     const struct profile_program *program, const struct profile_record *record);

#endif

// A mutation: one small change of a C source, made by an operator and not by a person. A value:
// where it stands, what stands there, what stands there instead. Its id is
// FILE/FUNCTION/OPERATOR-ORDINAL, the ordinal counted within the function, so that edits elsewhere
// do not move it; the digest of its diff tells an edit of the lines themselves. Pure, but for
// memory; not thread-safe.
#ifndef GPROOF_MUTATION_H
#define GPROOF_MUTATION_H

#include "strbuf.h"

#include <stdint.h>

enum operator_kind {
#define OPERATOR(name, title) OPERATOR_##name,
#include "operators.def"
#undef OPERATOR
    OPERATOR_COUNT
};
const char *operator_name(enum operator_kind kind);
const char *operator_title(enum operator_kind kind);

enum { MUTATION_NAME_MAX = 128 };

struct mutation {
    char id[2 * MUTATION_NAME_MAX];
    char function[MUTATION_NAME_MAX];
    enum operator_kind kind;
    uint32_t line;      // of the place, from 1
    size_t begin, end;  // bytes of the source that it replaces
    char *replacement;  // owned
    uint32_t digest;    // of its diff
    const char *path;   // of the source, as it was named; borrowed
    const char *source; // its whole text; borrowed
    size_t source_size;
};

struct mutation_list {
    struct mutation *items; // owned
    size_t count, capacity;
};

// Append a copy with its digest made; the replacement is copied, too. Out of memory stops the
// process.
void mutation_add(struct mutation_list *list, const struct mutation *mutation,
                  const char *replacement);
void mutation_list_fini(struct mutation_list *list);

// Append the changed source.
void mutation_apply(const struct mutation *mutation, struct strbuf *out);

// Append the change as the lines of a diff: "-" the lines before, "+" the lines after, none of
// context.
void mutation_diff(const struct mutation *mutation, struct strbuf *out);

// The same in one line: "before => after", blanks drawn together, cut at width characters.
void mutation_brief(const struct mutation *mutation, size_t width, struct strbuf *out);

#endif

// What the files of the operators share: operators.c (functions, statements), expressions.c. Nobody
// else includes this.
#ifndef GPROOF_OPERATORS_IMPL_H
#define GPROOF_OPERATORS_IMPL_H

#include "operators.h"
#include "planted.h"

struct finder {
    const struct syntax *syntax;
    const char *path, *name;
    char function[MUTATION_NAME_MAX];
    uint32_t ordinals[OPERATOR_COUNT]; // within the function
    size_t last_return;                // of the function, by where it begins; it is not deleted
    struct cursors live; // functions that somebody calls or names while no fault is on
    struct planted planted;
    struct mutation_list *list;
};

// Append a mutation of the function at hand: what stands in span becomes the replacement.
void finder_add(struct finder *finder, enum operator_kind kind, unsigned line, struct span span,
                const char *replacement);

// Is the cursor a call of something that only reports?
bool finder_is_report(const struct finder *finder, CXCursor cursor);

// Mutations inside an expression, and inside one that decides.
void finder_expression(struct finder *finder, CXCursor expression);
void finder_condition(struct finder *finder, CXCursor condition);

#endif

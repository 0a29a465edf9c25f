// The operators: every mutation of a source that they can make. What stands only for the sake of
// deliberate faults (static functions that only they call included), or only reports, is left out,
// and so is what changes nothing by construction: the swap of two statements that commute
// (effects.h). Needs libclang. Not thread-safe.
#ifndef GPROOF_OPERATORS_H
#define GPROOF_OPERATORS_H

#include "mutation.h"
#include "syntax.h"

// Append the mutations of a function (NULL: of all) of a parsed file, in the order of the source,
// their ids beginning with `name`. The list borrows path and the text of syntax. Returns how many
// functions of that name it holds.
size_t operators_find(const struct syntax *syntax, const char *path, const char *name,
                      const char *function, struct mutation_list *list);

#endif

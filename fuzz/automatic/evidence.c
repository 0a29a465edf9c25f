#include "evidence.h"

#include <string.h>

static const struct {
    enum evidence kind;
    const char *name;
} table[] = {
#define EVIDENCE(kind, name) {EVIDENCE_##kind, name},
#include "evidence.def"
#undef EVIDENCE
};
enum { TABLE_COUNT = sizeof table / sizeof table[0] };

bool evidence_is(enum evidence kind, const char *name) {
    for (size_t i = 0; i < TABLE_COUNT; i++)
        if (table[i].kind == kind &&
            (kind == EVIDENCE_PREFIX ? strncmp(name, table[i].name, strlen(table[i].name)) == 0
                                     : strcmp(name, table[i].name) == 0))
            return true;
    return false;
}

bool evidence_calls(enum evidence kind, const struct syntax *syntax, CXCursor cursor) {
    for (size_t i = 0; i < TABLE_COUNT; i++)
        if (table[i].kind == kind && syntax_calls(syntax, cursor, table[i].name))
            return true;
    return false;
}

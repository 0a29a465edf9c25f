// Names of the mutants, and the versions of the protocol as sets of them.
#include "mutants.h"

#include "assert.h"

#include <string.h>

static const struct mutant_info infos[MUTANT_COUNT] = {
#define MUTANT(name, id, title, source, invariant, worlds, depth)                                  \
    {id, title, source, invariant, worlds, depth},
#include "../mutants.def"
#undef MUTANT
};

const struct mutant_info *mutant_info(enum mutant mutant) {
    ASSERT(mutant < MUTANT_COUNT);
    return &infos[mutant];
}

enum mutant mutant_parse(const char *id) {
    int i = 0;
    while (i < MUTANT_COUNT && strcmp(infos[i].id, id) != 0)
        i++;
    return (enum mutant)i;
}

// Each version with the faults that live in it; each difference is listed in HACKING.md.
static const struct {
    const char *name;
    uint32_t count;
    enum mutant mutants[4];
} versions[] = {
    {"ideal", 0, {0}},
    {"go1.25-before",
     3,
     {MUTANT_issue_74090, MUTANT_service_exit_unrepaired, MUTANT_count_clamped}},
};

bool version_add(struct mutant_set *set, const char *name) {
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        if (strcmp(versions[i].name, name) != 0)
            continue;
        for (uint32_t k = 0; k < versions[i].count; k++)
            mutant_add(set, versions[i].mutants[k]);
        return true;
    }
    return false;
}

const char *version_name(size_t index) {
    return index < sizeof versions / sizeof versions[0] ? versions[index].name : NULL;
}

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

bool mutant_shown_in(enum mutant mutant, const char *world, bool races) {
    const char *worlds = mutant_info(mutant)->worlds;
    if (strcmp(worlds, "tsan") == 0)
        return races;
    return strcmp(worlds, "both") == 0 || strcmp(worlds, world) == 0;
}

enum mutant mutant_parse(const char *id) {
    int i = 0;
    while (i < MUTANT_COUNT && strcmp(infos[i].id, id) != 0)
        i++;
    return (enum mutant)i;
}

// Faults that live in every Go, as far as this table goes.
#define FAULTS_OF_GO                                                                               \
    MUTANT_attach_without_mark, MUTANT_detach_without_record, MUTANT_bound_idle_counted,           \
        MUTANT_foreign_labels_persist, MUTANT_service_exit_unrepaired, MUTANT_count_clamped

// Each version with the faults that live in it; each difference is listed in HACKING.md.
static const struct version {
    const char *name;
    uint32_t traits; // a bit each
    uint32_t count;
    enum mutant mutants[8];
} versions[] = {
    {"ideal", 0, 0, {0}},
    {"ideal-go1.26", 1u << TRAIT_running_early, 0, {0}},
    {"go1.24", 1u << TRAIT_extra_plain_dead, 7, {MUTANT_finalizer_self_published, FAULTS_OF_GO}},
    {"go1.25-before", 1u << TRAIT_extra_plain_dead, 7, {MUTANT_issue_74090, FAULTS_OF_GO}},
    {"go1.25", 1u << TRAIT_extra_plain_dead, 6, {FAULTS_OF_GO}},
    {"go1.26", 1u << TRAIT_running_early, 7, {MUTANT_leak_count_early, FAULTS_OF_GO}},
};

bool version_add(struct mutant_set *set, const char *name) {
    for (size_t i = 0; version_name(i) != NULL; i++) {
        if (strcmp(versions[i].name, name) != 0)
            continue;
        set->bits[3] |= versions[i].traits;
        for (uint32_t k = 0; k < versions[i].count; k++)
            mutant_add(set, versions[i].mutants[k]);
        return true;
    }
    return false;
}

bool version_holds(size_t index, enum mutant mutant) {
    ASSERT(version_name(index) != NULL);
    for (uint32_t k = 0; k < versions[index].count; k++)
        if (versions[index].mutants[k] == mutant)
            return true;
    return false;
}

const char *version_name(size_t index) {
    return index < sizeof versions / sizeof versions[0] ? versions[index].name : NULL;
}

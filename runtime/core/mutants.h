// Deliberate faults of the runtime (mutants.def), and the versions of the protocol, which are small
// named sets of them. Off by default, chosen at run time, carried in the run's own struct; compiled
// out with GPROOF_NO_MUTANTS. A set is a value. Thread-safe.
#ifndef GPROOF_MUTANTS_H
#define GPROOF_MUTANTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mutant {
#define MUTANT(name, id, title, source, invariant, worlds, depth) MUTANT_##name,
#include "../mutants.def"
#undef MUTANT
    MUTANT_COUNT
};

struct mutant_info {
    const char *id;        // kebab-case, as --mutant takes it
    const char *title;     // the fault in one line
    const char *source;    // issue, or "plausible"
    const char *invariant; // id of the invariant that must catch it
    const char *worlds;    // that can show it: "virtual", "posix", "both", "tsan" or "weak"
    int depth;             // preemptions it needs, as minimised
};
const struct mutant_info *mutant_info(enum mutant mutant);

// Can a run in that world ("virtual", "posix") show it? races: the build sees data races (TSan).
bool mutant_shown_in(enum mutant mutant, const char *world, bool races);

// The mutant with this id, or MUTANT_COUNT.
enum mutant mutant_parse(const char *id);

// How versions differ where none is wrong.
enum trait {
    TRAIT_extra_plain_dead, // before 1.26: contexts for threads of C are plainly dead between calls
    TRAIT_running_early,    // since 1.26: running before a P is held, on return from a system call
    TRAIT_COUNT
};

struct mutant_set {
    uint64_t bits[4]; // of faults; the last word of traits
};
_Static_assert(MUTANT_COUNT <= 192, "mutant_set is too small");

static inline bool mutant_in(const struct mutant_set *set, enum mutant mutant) {
#ifdef GPROOF_NO_MUTANTS
    (void)set, (void)mutant;
    return false;
#else
    return (set->bits[mutant / 64] >> (mutant % 64)) & 1;
#endif
}
static inline bool trait_in(const struct mutant_set *set, enum trait trait) {
    return set->bits[3] >> trait & 1;
}
static inline void mutant_add(struct mutant_set *set, enum mutant mutant) {
    set->bits[mutant / 64] |= (uint64_t)1 << (mutant % 64);
}

// A version of the protocol by name ("ideal", "go1.25-before"). False if unknown, *set untouched;
// true adds its faults and traits to *set.
bool version_add(struct mutant_set *set, const char *name);
// Does this fault live in the version at index?
bool version_holds(size_t index, enum mutant mutant);
// Name of the version at index, or NULL behind the last.
const char *version_name(size_t index);

#endif

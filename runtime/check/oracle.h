// The oracle: reads an event trace and nothing else, replays it into a shadow of the program, and
// says which promises of a goroutine profile were broken. It has never seen the runtime's headers;
// it has its own tables of legal edges. The same code judges both worlds: where the order of two
// events is not known it says undecided rather than guess. One oracle serves one thread, run after
// run.
#ifndef GPROOF_ORACLE_H
#define GPROOF_ORACLE_H

#include "trace.h"

enum invariant {
#define INVARIANT(name, id, sentence, source, worlds) INV_##name,
#include "invariants.def"
#undef INVARIANT
    INVARIANT_COUNT
};

__extension__ typedef unsigned __int128 invariant_set; // a bit each
_Static_assert(INVARIANT_COUNT <= 128, "a set of invariants is 128 bits");
#define INVARIANT_BIT(invariant) ((invariant_set)1 << (invariant))

struct invariant_info {
    const char *id;       // stable, kebab-case
    const char *sentence; // the promise
    const char *source;   // in Go: file, issue or documentation
    const char *worlds;   // where it is decidable: "virtual", "posix", "both"; "tsan": in both, and
                          // only in a build with ThreadSanitizer
};
const struct invariant_info *invariant_info(enum invariant invariant);
// The invariant with this id, or INVARIANT_COUNT.
enum invariant invariant_parse(const char *id);

enum verdict_kind { VERDICT_PASS, VERDICT_VIOLATION, VERDICT_INCONCLUSIVE };
const char *verdict_kind_name(enum verdict_kind kind);

struct violation {
    enum invariant invariant;
    uint32_t event;     // index into the trace where it showed
    uint32_t goroutine; // concerned, or 0
    uint64_t signature; // invariant, kinds, roles and sites at the violation: no ids, no addresses
    char reason[200];   // one sentence: what was seen and what was promised instead
};

enum { VERDICT_VIOLATIONS_MAX = 8 };

// violations[0], the earliest in the trace, names the finding; at most one entry per invariant.
struct verdict {
    enum verdict_kind kind;
    enum run_end end;
    uint32_t count;
    struct violation violations[VERDICT_VIOLATIONS_MAX];
};

// Some promises are bounds. limit 0: this one is not.
struct invariant_bound {
    uint64_t limit;
    const char *unit; // of what, in the plural
};
struct invariant_bound invariant_bound(enum invariant invariant);

// Per invariant, over all judged traces: how often its condition arose (evaluated), how often the
// trace decided it, and for a bound how close it came: the largest value that was measured.
struct oracle_stats {
    uint64_t runs;
    uint64_t evaluated[INVARIANT_COUNT];
    uint64_t decided[INVARIANT_COUNT];
    uint64_t largest[INVARIANT_COUNT];
};

struct oracle;
struct oracle *oracle_new(void); // NULL if memory is short
void oracle_free(struct oracle *oracle);

// Judge one finished run. Total: any trace, hostile ones included, gives a verdict in time linear
// in its length. Memory grows with the largest goroutine id seen, up to a limit; beyond:
// inconclusive.
void oracle_judge(struct oracle *oracle, const struct trace *trace, enum run_end end,
                  struct verdict *verdict);

// Add to the verdict of the run judged last what another judge has seen of it, which no trace
// tells: counts as evaluated and decided. broken is NULL if the promise was kept; else it is added
// behind what the trace showed, if there is room.
void oracle_add(struct oracle *oracle, enum invariant invariant, const struct violation *broken,
                struct verdict *verdict);

const struct oracle_stats *oracle_stats(const struct oracle *oracle);

#endif

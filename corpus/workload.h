// A workload is a value: what the goroutines do (the plan) and who runs when (the schedule). It is
// decoded from any bytes, printed as text, parsed back, compared, mutated and made smaller; it
// never executes anything. Fixed size, no pointers: copy it by assignment, compare canonical ones
// with workload_equal. Functions here are pure but for their outputs, and thread-safe.
//
// Bytes: version, header, plan first, schedule last, so that an edit of one does not shift the
// other. Decoding is total: any bytes, none included, give a valid value (bytes that end early mean
// defaults, operands wrap into their range, rests are ignored). Encoding is canonical:
// decode(encode(w)) equals w for every valid w, and encode(decode(b)) is a fixed point.
#ifndef GPROOF_WORKLOAD_H
#define GPROOF_WORKLOAD_H

#include "sites.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WORKLOAD_VERSION = 1,
    WORKLOAD_PROCS_MAX = 8,
    WORKLOAD_MS_MAX = 16,
    WORKLOAD_CLEANUPS_MAX = 4,
    WORKLOAD_BODIES_MAX = 16,
    WORKLOAD_OPS_MAX = 256, // of all bodies together
    WORKLOAD_CHANS_MAX = 8,
    WORKLOAD_CHAN_CAP_MAX = 15,
    WORKLOAD_SPAWN_MAX = 100000,
    WORKLOAD_GOROUTINES_MAX = 200000,
    WORKLOAD_FRAMES = 16,
    WORKLOAD_SLOTS = 4,
    WORKLOAD_COROS = 4,
    WORKLOAD_MUTEXES = 4,
    WORKLOAD_SEMAPHORES = 4,
    WORKLOAD_GROUPS = 4,
    WORKLOAD_CASES_MAX = 8,
    WORKLOAD_LABELS = 256,
    WORKLOAD_ENTRIES_MAX = 128,
    WORKLOAD_TICKS_MAX = 255,
    WORKLOAD_FUEL_MAX = 1 << 24,
    WORKLOAD_STICKY_MIN = 2, // param of SCHEDULE_STICKY
    WORKLOAD_STICKY_MAX = 64,
    WORKLOAD_PCT_MAX = 8, // param of SCHEDULE_PCT
    WORKLOAD_ENTRY_OP_MAX = 65535,
    WORKLOAD_BYTES_MAX = 8192, // an encoded workload is never longer
    WORKLOAD_PROFILE_FIT = 0xffff,
};

enum { // what a header says unless told
    WORKLOAD_PROCS_DEFAULT = 2,
    WORKLOAD_MS_DEFAULT = 4,
    WORKLOAD_CLEANUPS_DEFAULT = 2,
    WORKLOAD_GOROUTINES_DEFAULT = 64,
    WORKLOAD_FUEL_DEFAULT = 2048,
};

enum workload_op_kind {
#define OP(name, a, b, meaning) OP_##name,
#include "ops.def"
#undef OP
    OP_COUNT
};

enum workload_operand {
#define OPERAND(name, role, prefix, least, values, noun) OPERAND_##name,
#include "operands.def"
#undef OPERAND
    OPERAND_COUNT
};

enum workload_role { ROLE_NONE, ROLE_AMOUNT, ROLE_VARIANT, ROLE_NAME, ROLE_PLAN }; // operands.def

struct workload_operand_info {
    enum workload_role role;
    const char *prefix, *noun; // in text
    uint32_t least, values;    // in range: [least, least + values)
};

// Static table; operand < OPERAND_COUNT.
const struct workload_operand_info *workload_operand_info(enum workload_operand operand);

struct workload_op {
    uint8_t kind;  // enum workload_op_kind
    uint32_t a, b; // 0 where the op has no operand
};

struct workload_op_info {
    const char *name, *meaning;
    enum workload_operand a, b;
};

// Static table; kind < OP_COUNT.
const struct workload_op_info *workload_op_info(uint8_t kind);

// Limits of the run. All in range in a valid value; 0 is never valid.
struct workload_header {
    uint8_t version;  // of the decoder: WORKLOAD_VERSION
    uint8_t procs;    // Ps, 1 .. WORKLOAD_PROCS_MAX
    uint8_t ms;       // Ms at most, 1 .. WORKLOAD_MS_MAX, raised to procs if smaller
    uint8_t cleanups; // cleanup goroutines at most, 1 .. WORKLOAD_CLEANUPS_MAX
    uint32_t
        goroutines; // goroutines of the plan alive at once, at most, 1 .. WORKLOAD_GOROUTINES_MAX
    uint32_t fuel;  // ops executed in the whole run, at most, 1 .. WORKLOAD_FUEL_MAX
};

// Bodies are ranges of ops; body 0 is main. A body runs to its end, to an exit, or out of fuel.
struct workload_plan {
    uint8_t bodies;                           // 1 .. WORKLOAD_BODIES_MAX
    uint8_t chans;                            // 0 .. WORKLOAD_CHANS_MAX
    uint8_t chan_cap[WORKLOAD_CHANS_MAX];     // 0 .. WORKLOAD_CHAN_CAP_MAX; 0 where unused
    uint16_t body_end[WORKLOAD_BODIES_MAX];   // body i is ops[body_end[i-1] .. body_end[i])
    struct workload_op ops[WORKLOAD_OPS_MAX]; // zero behind the last body's end
};
// An op that names a channel in a plan without channels has no effect; canonical values hold none.

enum workload_schedule_mode {
    SCHEDULE_LIST,    // the entries alone, default decisions elsewhere
    SCHEDULE_UNIFORM, // random walk: at each point any enabled thread
    SCHEDULE_STICKY,  // random walk that switches with probability 1 / param
    SCHEDULE_PCT,     // priorities with param change points
    SCHEDULE_POS,  // a priority for each operation, drawn again when one that it races with is done
    SCHEDULE_SURW, // every order of the operations on one kind of object with equal chance
    SCHEDULE_RF,   // wishes about which read gets the value of which write
    SCHEDULE_MODE_COUNT
};

// A decision at a key that differs from the default. Keys that never come up are ignored. The key
// is context, op, site, occurrence and is_choice: a point and a choice may share the other four.
struct workload_entry {
    uint64_t context;    // path of who acts (path.h); canonical, not 0
    uint32_t op;         // ordinal of its op; 0 .. WORKLOAD_ENTRY_OP_MAX
    uint16_t occurrence; // of the site in that op, from 1
    uint8_t site;        // enum site
    bool is_choice;      // false: give way to `target`; true: the choice is `value`
    uint64_t target;     // path of the M given way to, 0 = the next in rotation; 0 for a choice
    uint32_t value;      // 1 .. 65535 for a choice, else 0
};

struct workload_schedule {
    uint8_t mode;  // enum workload_schedule_mode; entries overrule a mode: canonical is then LIST
    uint8_t param; // STICKY: WORKLOAD_STICKY_MIN .. MAX; PCT: 1 .. WORKLOAD_PCT_MAX; else 0
    uint16_t entries;
    uint32_t seed;                                     // 0 in LIST mode
    struct workload_entry entry[WORKLOAD_ENTRIES_MAX]; // sorted by key, no key twice
};

struct workload {
    struct workload_header header;
    struct workload_plan plan;
    struct workload_schedule schedule;
};

// ---- value --------------------------------------------------------------------------------------

// The smallest valid workload: defaults, an empty main, the empty list.
void workload_init(struct workload *workload);

// Bring every field into its range, sort the entries, zero what is unused: total and idempotent.
void workload_canonicalize(struct workload *workload);
// The same for a schedule alone.
void workload_canonicalize_schedule(struct workload_schedule *schedule);

// True if two canonical values are the same.
bool workload_equal(const struct workload *a, const struct workload *b);

// Order entries by key: negative, 0 (the same key) or positive.
int workload_entry_compare(const struct workload_entry *a, const struct workload_entry *b);

// Number of ops of the plan, of entries that are not choices ("preemptions" of a minimised list).
uint32_t workload_ops(const struct workload *workload);
uint32_t workload_preemptions(const struct workload *workload);

// First and one-behind-last op of a body. body < plan.bodies.
uint32_t workload_body_begin(const struct workload_plan *plan, uint32_t body);
uint32_t workload_body_end(const struct workload_plan *plan, uint32_t body);

// How many of the ops behind op `at` of the plan are cases of it: of a select or poll, the sends
// and receives that follow in the same body, up to its operand; of any other op none.
uint32_t workload_cases(const struct workload_plan *plan, uint32_t at);

// The operand of the op that names a body, or NULL if it names none.
uint32_t *workload_body_operand(struct workload_op *op);

// Does an op of this kind open a frame, up to a matching return?
static inline bool workload_calls(uint8_t kind) {
    return kind == OP_call || kind == OP_recurse;
}

// Insert an op before position at of body (0 = first; = its length: append). False if full.
bool workload_insert(struct workload_plan *plan, uint32_t body, uint32_t at, struct workload_op op);
// Remove count ops from position at of body; all must exist.
void workload_remove(struct workload_plan *plan, uint32_t body, uint32_t at, uint32_t count);
// Remove a body that is not main: ops that name it go, higher indexes move down.
void workload_remove_body(struct workload_plan *plan, uint32_t body);
// Append an empty body. Returns its index, or 0 if there is no room.
uint32_t workload_add_body(struct workload_plan *plan);

// ---- bytes --------------------------------------------------------------------------------------

// Any bytes to a valid, canonical value. Never fails, never reads behind size.
void workload_decode(struct workload *workload, const uint8_t *bytes, size_t size);

// A canonical value to bytes; out has capacity bytes. Returns the size, or 0 with out undefined if
// it does not fit (never with WORKLOAD_BYTES_MAX).
size_t workload_encode(const struct workload *workload, uint8_t *out, size_t capacity);

#endif

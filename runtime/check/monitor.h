// What a monitor is: one file a subject, judging the events of its kinds against the shadow as it
// stood before them. A monitor never changes the shadow, but for the fields that are its own (said
// in its file). Internal to check/.
//
// A monitor counts each time the condition of its invariant arises: oracle_holds if the trace
// decides it, oracle_undecided if it does not. It raises a violation only behind a false
// oracle_holds.
#ifndef GPROOF_MONITOR_H
#define GPROOF_MONITOR_H

#include "blocking.h"
#include "oracle.h"
#include "queues.h"
#include "shadow.h"

enum { JUDGES_MAX = 512 };

typedef void monitor_judge(struct oracle *oracle, const struct trace_event *event);

__extension__ typedef unsigned __int128 monitor_kinds; // one bit a trace_kind

struct monitor {
    monitor_kinds kinds; // one bit a trace_kind that it judges
    // Kinds that it judges only while a profile is active or a thread tells a result: at any other
    // time it has nothing to say of them, and is not asked. Most events of a run are of these.
    monitor_kinds watched_kinds;
    monitor_judge *judge;
    // The run is over; cut = the trace is not whole, so nothing can be said of what is missing.
    void (*end)(struct oracle *oracle, bool cut);
};
_Static_assert(TRACE_KIND_COUNT <= 128, "a set of kinds is 128 bits");

#define MONITOR_KIND(name) ((monitor_kinds)1 << TRACE_##name)

enum { LEAK_CYCLES = 16 }; // searches remembered, for results that are told later

// What the searches for leaked goroutines have found. Only monitor_leak writes it.
struct leaks {
    uint32_t ever;    // goroutines found leaked, each once
    uint32_t marked;  // in the search under way
    uint32_t results; // leak profiles told so far
    struct {
        uint32_t cycle, count;
    } found[LEAK_CYCLES]; // by cycle; 0 = none
};

enum { NUMBER_LEAVING = 8 }; // threads in the middle of something that NumGoroutine may see

// What NumGoroutine has to give. Only monitor_stacks writes it.
struct number {
    uint32_t changes; // of shadow.plans, and timers that start somebody
    uint32_t asked;   // goroutine that asks while nobody else does anything; 0 = none
    uint32_t asked_clock, asked_changes;
    uint32_t leaving; // entries below; more than there is room for = never quiet again
    struct {
        uint32_t thread, looked; // it may be in the middle of it as of that event
    } threads[NUMBER_LEAVING];
};

enum {
    CHAN_VALUES = 256,      // places where the two ends of a value meet
    CHAN_VALUES_WINDOW = 32 // of one channel; more than its buffer holds
};

// Values on their way through channels. Only monitor_chan writes it.
struct chan_values {
    uint32_t run;       // places of other runs are free
    uint32_t unmatched; // came out, and nobody has told that they went in
    bool lost;          // there was no place for one
    struct chan_value {
        uint32_t run, chan, ordinal, object;
        uint8_t told;
    } places[CHAN_VALUES];
};

struct oracle {
    struct shadow shadow;
    struct oracle_stats stats;
    struct verdict *verdict; // being written
    const struct trace *trace;
    enum run_end end;
    uint32_t index;               // of the event being judged
    bool raw;                     // the seam has told raw writes: the virtual world
    bool raised[INVARIANT_COUNT]; // violated so far
    // Of this run; stats has them when it is over.
    uint32_t decided[INVARIANT_COUNT], undecided[INVARIANT_COUNT];
    struct queues queues;
    struct blocking blocking;
    struct chan_values values;
    struct leaks leaks;
    struct number number;
    uint32_t cleanups_max; // as the run began, 0 = not told; monitor_service's own
    uint32_t profiles_requested, profile_first, profile_last; // monitor_course's own
    uint32_t results_open; // threads that tell a result; monitor_result's own
    // Who judges a kind of event, by whether it is watched, up to NULL: where its list begins in
    // lists, which lie close together so that they stay in the cache.
    uint16_t judges[2][TRACE_KIND_COUNT];
    monitor_judge *lists[JUDGES_MAX];
    enum invariant check_invariant[TRACE_CHECK_COUNT];
};

// The condition of the invariant arose and the trace decides it. Returns false if it is broken and
// not reported yet.
static inline bool oracle_holds(struct oracle *oracle, enum invariant invariant, bool holds) {
    oracle->decided[invariant]++;
    return __builtin_expect(holds, 1) || oracle->raised[invariant];
}

// The condition arose so often, and each time the promise was kept.
static inline void oracle_count(struct oracle *oracle, enum invariant invariant, uint32_t count) {
    oracle->decided[invariant] += count;
}

// The same for a bound: holds if value is within it.
static inline bool oracle_within(struct oracle *oracle, enum invariant invariant, uint64_t value) {
    if (value > oracle->stats.largest[invariant])
        oracle->stats.largest[invariant] = value;
    return oracle_holds(oracle, invariant, value <= invariant_bound(invariant).limit);
}

static inline void oracle_undecided(struct oracle *oracle, enum invariant invariant) {
    oracle->undecided[invariant]++;
}

// Report a violation at the event with that index, concerning that goroutine (0 = none). facts are
// small numbers that tell this fault from others of the same invariant: no ids, no addresses, no
// counts. The format gives one sentence.
__attribute__((format(printf, 6, 7))) void oracle_raise(struct oracle *oracle,
                                                        enum invariant invariant, uint32_t event,
                                                        uint32_t goroutine, uint64_t facts,
                                                        const char *format, ...);

// "goroutine 3 (finalizer, system)" for a sentence.
struct oracle_name {
    char text[64];
};
struct oracle_name oracle_name(struct oracle *oracle, uint32_t goroutine);

// Number of the profile under way, for a sentence; 0 = none or not told yet.
uint32_t oracle_profile_number(struct oracle *oracle);

// A live goroutine that is not absent and not `except`; a member of the profile that its records
// (or, with a mark, the result with that mark) leave out. 0 if there is none. Look at all
// goroutines: only for a sentence about a violation.
uint32_t oracle_find_not_absent(struct oracle *oracle, uint32_t except);
uint32_t oracle_find_unrecorded(struct oracle *oracle, uint32_t stop, uint32_t mark);

// What a record says of a goroutine, told by the recorder or by the caller who reads it.
struct oracle_record {
    uint32_t goroutine, slot;
    uint32_t stop, caller; // of the profile
    uint64_t progress, label;
    bool again; // there was a record of it before
};
// A recorder holds a goroutine in progress on this event's thread, or may: count what it does.
void oracle_judge_recorder_step(struct oracle *oracle, const struct trace_event *event);

// Judge a raw write and the event behind it, which tells it, as one. Returns how many events that
// are: 0 = the monitors have to look at them.
uint32_t oracle_judge_told_write(struct oracle *oracle, const struct trace_event *raw);

// Judge who is recorded, where, and with what progress and label. Returns true if it is a member.
bool oracle_judge_record(struct oracle *oracle, const struct oracle_record *record);

extern const struct monitor monitor_barrier;   // who may run while a profile is active
extern const struct monitor monitor_state;     // the profile state machine and its recorders
extern const struct monitor monitor_record;    // what is recorded, and of whom
extern const struct monitor monitor_result;    // what the caller sees in its buffer
extern const struct monitor monitor_world;     // stops, threads, profiles one after another
extern const struct monitor monitor_user_code; // it runs where and when it may
extern const struct monitor monitor_status;    // g.status, and raw writes against told ones
extern const struct monitor monitor_service;   // finalizers, cleanups, labels of system goroutines
extern const struct monitor monitor_course;    // what a profile does when, and in which stop
extern const struct monitor monitor_phase;     // the world: running, stopping, stopped
extern const struct monitor monitor_conserved; // what becomes of goroutines
extern const struct monitor monitor_blocking;  // what goroutines of the plan wait for, and timers
extern const struct monitor monitor_locked;    // who runs on a thread that is somebody's
extern const struct monitor monitor_chan;      // what channels carry
extern const struct monitor monitor_stack;     // who owns a stack that does not run
extern const struct monitor monitor_leak;      // who is leaked, and the leak profile
extern const struct monitor monitor_stacks;    // dumps of all stacks, the number of goroutines
extern const struct monitor monitor_fatal;     // what the runtime says of itself, and how it ended

#endif

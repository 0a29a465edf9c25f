// The shadow: what the program must look like, as its events tell it. One entry per goroutine id
// and per thread, moved along by shadow_apply, one event at a time. Monitors read it before an
// event is applied, so that they hold the event against what stood before. Internal to check/.
//
// Two laws keep a judgement linear in its trace and free of allocation once warm. Nothing is
// cleared between runs: an entry carries the number of the run that wrote it and counts as empty in
// any other. And nothing is copied at a stop: a stack is a path in a tree of frames that only
// grows, and a goroutine saves what it looked like when it first changes after a profile's first
// stop.
#ifndef GPROOF_SHADOW_H
#define GPROOF_SHADOW_H

#include "trace.h"

enum {
    SHADOW_GOROUTINES_MAX = 1 << 20, // largest id; a trace with a larger one is inconclusive
    SHADOW_THREADS = 1 << 16,        // every value of an event's thread
    SHADOW_PROFILES = 16,            // first stops remembered, for results that are told later
    SHADOW_WORDS = TRACE_RAW_CLASS_COUNT,
    SHADOW_PENDING = 2, // entries of one word that wait for their counterpart
};

// What a record of a goroutine has to show, and whether it has to have one.
struct shadow_view {
    uint32_t top;   // innermost frame, an index of frames; 0 = none
    uint32_t depth; // frames from there to the root
    uint32_t label;
    uint32_t progress;
    uint8_t alive;
    uint8_t role; // enum trace_role
};

// An edge or a raw write of a word that is set aside until its turn comes.
struct shadow_pending {
    uint32_t version; // 0 = free
    uint32_t event;   // index into the trace
    uint8_t from, to;
    bool raw;
};

// A watched word as the seam and the events tell it, each for itself.
struct shadow_word {
    uint32_t raw;                                  // last version written
    uint8_t value;                                 // what was written
    uint32_t latest;                               // highest version written or told
    struct shadow_pending pending[SHADOW_PENDING]; // written and not told, or told and not written
};

struct shadow_g {
    uint32_t run;     // this entry is of that run
    bool known;       // its creation was seen
    bool in_syscall;  // between syscall_enter and syscall_exit
    bool state_known; // see shadow_state
    uint8_t service;  // enum trace_service
    uint8_t state;    // enum trace_profile_state
    uint8_t status;   // enum trace_status
    uint8_t wait;     // enum trace_wait of its last go_stop
    uint32_t thread;  // 1 + the thread it runs on; 0 = not running
    struct shadow_view now;
    uint32_t body;           // innermost body, an index of bodies; 0 = none
    uint32_t saved_stop;     // first stops up to this one see a saved view, later ones see `now`
    uint32_t saved;          // newest saved view; 0 = none
    uint32_t born;           // first stops before it was created
    uint32_t born_sweep;     // if !state_known: it is absent once that many sweeps are over
    uint32_t state_version;  // of the last edge; 0 = none seen
    uint32_t status_version; // of the last edge; 0 = none seen
    uint32_t scanner;        // 1 + the thread that has its scan bit; 0 = nobody
    uint32_t reader;         // 1 + the thread that reads its stack; 0 = nobody
    uint32_t recorder;       // 1 + the thread that holds it in progress; 0 = nobody
    uint32_t record_stop;    // first stop of the profile that has recorded it; 0 = none
    uint32_t result_mark;    // mark of the last result that showed it
    uint32_t request;        // number of the profile that it has asked for last
    uint32_t capacity;       // of its buffer
    uint32_t stops;          // asked for since its profile began or ended, or its last step
    uint32_t ran;            // shadow.clock when it last started or went on; 0 = never
    uint32_t stopping;       // shadow.requested of the stop that its steps are counted for, and
    uint32_t stopping_steps; // their number; both are monitor_phase's own
    uint32_t call_stop;      // shadow.requested of the stop that had asked when its call began, and
    uint32_t call_ran;       // ran then, and
    uint32_t call_count;     // shadow.calls, its own included
    uint32_t asked;          // 1 + steps since a scanner has asked it to stop; 0 = it has not
    uint32_t ask;            // shadow.clock when the scanner found it running
    bool ticket;             // was handed what it waits for; monitor_blocking's own, as these:
    uint32_t group_mark;     // its wait for a group began when the counter had been 0 that often
    uint32_t wait_event;     // 1 + first event of its last wait for an object of the plan
    uint32_t wait_progress;  // and its progress then
    uint32_t sync;           // number of its last sync profile; monitor_course's own
    uint32_t leak_first;     // first cycle that found it leaked, 0 = none; monitor_leak's own:
    uint32_t leak_shown;     // the last leak profile that showed it
    uint32_t leak_result;    // the last one that it took, and
    uint32_t leak_cycle;     // its cycle
    uint32_t creator;        // whoever created it; 0 = nobody
    uint32_t place;          // 1 + its place in allgs; 0 = not told
    uint32_t locks;          // to its thread, as often as it has asked for it
    uint32_t home;           // 1 + that thread; 0 = none; monitor_locked's own
    uint32_t stacks_stop;    // of its last dump of all stacks; monitor_stacks's own, as these:
    uint32_t shown_stop;     // of the last dump that has shown it,
    uint64_t shown_state;    // as what, and
    uint32_t stacks_seen;    // of the last dump whose caller has seen it
    uint32_t due;            // 1 + body that it is to run next; monitor_service's own, as these:
    uint32_t swept;          // object that it has swept last; 0 = it has done something else since
    uint32_t owed;           // what it has yet to queue of that
    uint32_t taken;          // cleanups that it has taken from the queue and not run
    struct shadow_pending status_pending[SHADOW_PENDING]; // edges that came before their turn
    struct shadow_word words[SHADOW_WORDS];
};

// A profile from its first stop on.
struct shadow_profile {
    uint32_t stop;   // which first stop of the run, from 1; 0 = free
    uint32_t number; // as the events call it; 0 = not told yet
    uint32_t caller;
    uint32_t members; // user goroutines alive at that stop
    uint32_t n, capacity;
    uint32_t records;          // profile_record events
    uint32_t members_recorded; // of them, first records of members
    bool counted;
};

// What a thread is in the middle of.
struct shadow_result {
    bool open;
    bool ok;
    bool judged;    // the profile is remembered and can be compared
    uint32_t event; // index of the last event that told of it
    uint32_t caller, number, stop, mark;
    uint32_t n, records, members_seen;
    uint32_t subject, depth, compared, cursor; // of the record whose frames come next
    uint32_t place;                            // of who was shown last in a dump of all stacks
};
struct shadow_thread {
    uint32_t run;
    uint32_t goroutine;       // that runs on it; 0 = none
    uint32_t recording;       // goroutine that it holds in progress; 0 = none
    uint32_t recorder_events; // of it since the acquisition; monitor_state's own
    uint32_t owner;           // goroutine that is locked to it; 0 = none; monitor_locked's own
    struct shadow_result result;
};

enum shadow_phase { PHASE_RUNNING, PHASE_STOPPING, PHASE_STOPPED, PHASE_COUNT };

struct shadow_frame {
    uint32_t up;
    uint8_t frame;
};
struct shadow_body {
    uint32_t up, top, depth; // what the stack was when it began
};
struct shadow_saved {
    uint32_t after, upto; // seen by first stops after < stop <= upto
    uint32_t older;
    struct shadow_view view;
};

// A growing array; index 0 is never used.
struct shadow_array {
    void *items;
    uint32_t count, capacity;
};

struct shadow {
    uint32_t run;
    struct shadow_g *goroutines; // by id
    uint32_t goroutines_capacity;
    uint32_t goroutine_last; // largest id of this run
    struct shadow_thread *threads;
    struct shadow_array frames, bodies, saved;

    // The world
    enum shadow_phase phase;
    uint32_t phase_owner;  // goroutine that asked for the stop
    uint8_t phase_reason;  // enum trace_stop_reason
    uint32_t calls;        // system calls entered
    uint32_t clock;        // of go_run, syscall_exit, stop_request and suspend_ask
    uint32_t requested;    // clock of the last stop_request
    bool asked;            // since then everybody who runs has been asked to give way
    uint32_t sema_waiters; // goroutines that wait for worldsema
    uint32_t handoff_from; // who has started the world while somebody waited for it; 0 = nobody
    bool stopped;
    uint32_t stopper;       // goroutine that has stopped it; 0 = unknown
    uint8_t stop_reason;    // enum trace_stop_reason
    uint32_t running;       // goroutines that run and are not in a system call
    uint32_t users;         // live goroutines in the user role
    uint32_t plans;         // live goroutines of the plan, and calls from C
    uint32_t threads_seen;  // that have told of a goroutine, or of a timer
    uint32_t not_absent;    // live goroutines known to be in progress or satisfied
    uint32_t in_progress;   // live goroutines in progress
    uint32_t asked_to_stop; // goroutines that a scanner has asked, and that have not stopped since

    // Profiles
    uint32_t stops;                                  // first stops so far
    struct shadow_profile profiles[SHADOW_PROFILES]; // by stop
    uint32_t under_way;                              // stop of the profile under way, 0 = none
    bool active;                                     // between profile_active and profile_inactive
    bool sweeping;                                   // between profile_inactive and profile_swept
    uint32_t sweeps;
    uint32_t marks;
};

// False if memory is short.
bool shadow_init(struct shadow *shadow);
void shadow_fini(struct shadow *shadow);
// Forget the last run.
void shadow_begin(struct shadow *shadow);

// Make room for what the event makes. False if there is none, or if the event holds values that no
// run can emit: the trace can not be judged from here on.
bool shadow_admit_any(struct shadow *shadow, const struct trace_event *event);
static inline bool shadow_admit(struct shadow *shadow, const struct trace_event *event) {
    // These make something, or hold a value that is an index.
    const uint64_t makers = UINT64_C(1) << TRACE_go_create | UINT64_C(1) << TRACE_role |
                            UINT64_C(1) << TRACE_call | UINT64_C(1) << TRACE_body_begin |
                            UINT64_C(1) << TRACE_go_exit | UINT64_C(1) << TRACE_user_step |
                            UINT64_C(1) << TRACE_body_end | UINT64_C(1) << TRACE_return |
                            UINT64_C(1) << TRACE_label;
    _Static_assert(TRACE_label < 64, "the makers are among the first kinds");
    if (event->kind < TRACE_KIND_COUNT && (event->kind >= 64 || !(makers >> event->kind & 1)))
        return true;
    return shadow_admit_any(shadow, event);
}
// Move along by an admitted event.
void shadow_apply(struct shadow *shadow, const struct trace_event *event);

// Does an event of this kind leave the shadow as it is? The four that make up half of a trace: they
// need neither be admitted nor applied. kind < TRACE_KIND_COUNT.
static inline bool shadow_ignores(uint16_t kind) {
    return kind == TRACE_raw || kind == TRACE_status || kind == TRACE_preempt ||
           kind == TRACE_choose;
}

// The entry of a goroutine. All ids whose creation was not seen share one that is never known.
static inline struct shadow_g *shadow_goroutine(struct shadow *shadow, uint32_t id) {
    if (id > shadow->goroutine_last || shadow->goroutines[id].run != shadow->run)
        return &shadow->goroutines[0];
    return &shadow->goroutines[id];
}

// The entry of a thread, empty if this run has not seen it yet.
static inline struct shadow_thread *shadow_thread(struct shadow *shadow, uint32_t thread) {
    struct shadow_thread *entry = &shadow->threads[thread % SHADOW_THREADS];
    if (__builtin_expect(entry->run != shadow->run, 0)) {
        *entry = (struct shadow_thread){.run = shadow->run};
        shadow->threads_seen++;
    }
    return entry;
}

// Its profile state, if it is known (else *known is false): a struct that is recycled between the
// second stop and the end of the sweep may still be satisfied from its life before.
uint8_t shadow_state(const struct shadow *shadow, const struct shadow_g *g, bool *known);

// What it looked like at that first stop; one that was not created yet is not alive.
struct shadow_view shadow_view_at(const struct shadow *shadow, const struct shadow_g *g,
                                  uint32_t stop);

// The profile of a first stop, or NULL if it is forgotten. Likewise by number and caller.
struct shadow_profile *shadow_profile_at(struct shadow *shadow, uint32_t stop);
struct shadow_profile *shadow_profile_numbered(struct shadow *shadow, uint32_t number,
                                               uint32_t caller);

static inline const struct shadow_frame *shadow_frame(const struct shadow *shadow, uint32_t index) {
    return (const struct shadow_frame *)shadow->frames.items + index;
}

#endif

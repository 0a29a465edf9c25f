// The inside of a search, shared by its files only: search.c (which path is next), search_walk.c
// (the scheduler: takes the path and writes down what the run does), search_races.c (what of it
// could have gone the other way round).
#ifndef GPROOF_SEARCH_IMPL_H
#define GPROOF_SEARCH_IMPL_H

#include "hashes.h"
#include "search.h"

enum {
    SEARCH_SETS_SIZE = 1 << 22, // places of the tables of hashes
    SEARCH_OBJECT_PLACES = 2 * SEARCH_OBJECTS_MAX,
};
_Static_assert(SEARCH_STATES_MAX == SEARCH_SETS_SIZE / 4 * 3 &&
                   SEARCH_TRACES_MAX == SEARCH_SETS_SIZE / 4 * 3,
               "the tables are full at three quarters");

// What a transition does to its object. A mutex can be taken by two or given back, not both at
// once.
enum search_access { SEARCH_NONE, SEARCH_READ, SEARCH_WRITE, SEARCH_LOCK, SEARCH_UNLOCK };

// Objects that are always there: the trace, and everything.
enum { SEARCH_NO_OBJECT, SEARCH_TRACE, SEARCH_ALL, SEARCH_OBJECT_FIRST };

// A decision of a path: who goes on (and with that the transition: its announced operation, and all
// that it does up to the next one), or which value is chosen. Masks have a bit a thread.
struct search_step {
    uint64_t enabled;   // when it was taken
    uint64_t options;   // who may go on, by fairness and budget
    uint64_t backtrack; // who is to go on here in some run
    uint64_t done;      // who has
    uint64_t done_tells, done_global;
    uint64_t sleep; // whose going on here is known from another path
    uint64_t sleep_tells, sleep_global;
    uint32_t bound;  // of a choice; 0 = not one
    uint32_t chosen; // the thread, or the value
    // The transition, once it is over.
    uint32_t object; // in the order in which this run touched them
    uint8_t access;  // enum search_access
    uint8_t threads; // that existed before it
    bool tells, global;
};

// An object as the walk sees it: hashes of what was done to it last.
struct search_object {
    const void *address;
    uint32_t run; // stale if not this one
    uint64_t written, read;
};

// What is known of the run that is on.
struct search_run {
    uint32_t at;      // steps taken
    uint32_t last;    // step whose transition is on; SEARCH_DEPTH_MAX = before the first
    uint32_t running; // who
    enum os_op op;    // what it had announced
    const void *object;
    enum site site;
    uint32_t threads, spent;           // threads known; preemptions
    uint64_t local;                    // choices of the transition
    uint64_t chain[SCHED_THREADS_MAX]; // what led to where a thread is
    uint64_t
        awaits[SCHED_THREADS_MAX]; // who is to go on before this one, that has yielded, may again
    uint64_t yielded;              // whose awaits is not empty
    uint64_t sum, told, order, global; // of the whole run
    uint32_t told_count;
    uint64_t clock_reads, step;
    uint64_t pending_locks;                 // at the end: who waits for a mutex,
    const void *pending[SCHED_THREADS_MAX]; // for this one
    uint64_t enabled;                       // at the end
    uint64_t class;
    bool cut, ended;
};

struct search {
    struct sched sched; // first
    struct search_config config;
    struct search_stats stats;
    uint32_t bound;  // preemptions allowed in this pass
    uint32_t prefix; // steps given; what follows is by default
    uint32_t length; // steps of the last run
    bool leaves;     // a repeated run ends where it was cut
    uint32_t runs;   // begun
    struct search_run run;
    struct hashes states, traces;
    uint32_t decisions_count;
    struct os_decision decisions[SEARCH_DECISIONS_MAX];
    uint32_t objects_count;
    uint32_t places[SEARCH_OBJECT_PLACES]; // of objects by address; valid if places_run says so
    uint32_t places_run[SEARCH_OBJECT_PLACES];
    struct search_object objects[SEARCH_OBJECTS_MAX];
    struct search_step steps[SEARCH_DEPTH_MAX];
    struct search_races *races;
};

static inline uint64_t search_bit(uint32_t thread) {
    return (uint64_t)1 << thread;
}

// search_walk.c

void search_walk_init(struct search *search);

// The number of an object of the run, new or known.
uint32_t search_object_of(struct search *search, const void *address);

// search_races.c

size_t search_races_size(void);

// Add to each step's backtrack who could have gone on before it and made a difference.
void search_races_find(struct search *search);

#endif

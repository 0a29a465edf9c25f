// An exhaustive search over the schedules of one program, without keeping states of it: each run
// starts anew, takes the decisions of a path, and goes on by default; what it did tells which path
// is next. A scheduler (os/virtual/sched.h) and the books behind it, knowing nothing of workloads.
//
// What counts as the same, so that one of many schedules is enough (search_walk.c has the details):
// operations on different objects, and two loads of one, may be exchanged. Two threads that tell
// the trace anything may not, so that whoever judges by the trace sees every order of events. Who
// looks at the clock, yields, or ends the run keeps its place among all others. What is read
// without a point counts as the thread's own.
//
// A search lies in shared memory: the runs may be made by a forked process, and the search outlives
// it. One run at a time. Books of a run grow with its decisions and are used again; what a search
// remembers is bounded by the limits below: some 100 MiB when all of them are reached.
#ifndef GPROOF_SEARCH_H
#define GPROOF_SEARCH_H

#include "sched.h"
#include "virtual.h"

enum {
    SEARCH_DEPTH_MAX = 1 << 16,   // decisions of a run
    SEARCH_OBJECTS_MAX = 1 << 12, // objects of a run
    SEARCH_STATES_MAX = 3 << 20,  // states remembered; more are met again and again
    SEARCH_TRACES_MAX = 3 << 20,  // classes told apart; more are not counted
    SEARCH_DECISIONS_MAX = 1024,  // kept of a run that is recorded
    SEARCH_UNBOUNDED = UINT16_MAX,
};

enum search_method {
    SEARCH_PLAIN,  // every schedule: what the other two are held against
    SEARCH_STATES, // not from a state again that was left with as many preemptions to spend; a
                   // state is known by what led to it, up to exchanges. Exact under a bound.
    SEARCH_RACES, // only schedules that reverse a race of another (dynamic partial-order reduction,
                  // Flanagan and Godefroid, 2005), with sleep sets. Without a bound only.
    SEARCH_METHOD_COUNT
};

struct search_config {
    enum search_method method;
    uint32_t preemptions; // at most; first all schedules with none, then with one, ...
    bool chooses;         // free choices of the program are decisions too; else each is 0
    // For tests: dependences that the search is not to see, so that a miss can be shown.
    bool blind_to_writes;
};

// Why a search that has ended is not complete.
enum search_gap {
    SEARCH_GAP_DEPTH = 1,    // a run took more decisions than SEARCH_DEPTH_MAX
    SEARCH_GAP_OBJECTS = 2,  // or touched more objects than SEARCH_OBJECTS_MAX
    SEARCH_GAP_BUDGET = 4,   // a run spent its budget of steps: fair rotation decided the rest
    SEARCH_GAP_DIVERGED = 8, // the same decisions led elsewhere: the program is not deterministic
    SEARCH_GAP_EVENTS = 16,  // a trace was cut off
};

struct search_stats {
    uint64_t executions; // runs, those cut included
    uint64_t cut;        // given up: what lay ahead was known
    uint64_t traces;     // classes of runs that are not the same up to exchanges
    uint64_t nodes;      // decisions with more than one answer that were met first
    uint32_t bound;      // preemptions that the search had got to
    uint32_t depth;      // decisions of the longest run
    uint32_t gaps;       // enum search_gap, or-ed
    bool over;           // nothing is left to run
};

struct search;

// NULL with a message on stderr if address space is short. A bound and SEARCH_RACES do not go
// together.
struct search *search_new(const struct search_config *config);
void search_free(struct search *search); // NULL is fine

// What to give the next run, and the same for all.
struct sched *search_sched(struct search *search);

// The run is over and ended so. Prepare the next; false if there is none.
bool search_next(struct search *search, enum run_end end);

// Make the next run the last one again, to record it. To be called before search_next.
void search_repeat(struct search *search);

// The decisions of the last run that differ from the default, if it was recorded (occurrences of
// sites are counted then); also if it died. Returns how many, SEARCH_DECISIONS_MAX if there may be
// more. Borrowed until the next run.
uint32_t search_decisions(const struct search *search, const struct os_decision **decisions);

// The class of the last run, and whether it was cut.
uint64_t search_class(const struct search *search);
bool search_was_cut(const struct search *search);

const struct search_stats *search_stats(const struct search *search);

#endif

// The state of the runtime: its structs, who owns what and what orders what. All of it hangs off
// struct rt, in the arena of the run; no mutable globals. For core files only, through rt_impl.h.
//
// Who owns a goroutine's stack (and with it its plain fields marked [stack]) is told by its status:
//   Gdead       nobody (the free list, or its creator)   Grunnable  nobody; a recorder that holds
//   Grunning    the goroutine itself                                 in-progress may read it
//   Gsyscall    the goroutine; frozen from syscall_fp up Gwaiting   nobody; as Grunnable
//   Gcopystack  the goroutine, which moves it            Gpreempted  nobody; who asked makes it
//   with Gscan  whoever has set the bit: a scanner                   Gwaiting
//               or recorder, and nobody else
//
// What orders what (tags used at the stores and loads):
//   [world]    plain fields written only while the world is stopped; read by whoever holds a P and
//              cannot be stopped in between. The stop is the only fence (O5, O8, O9 of HACKING.md).
//   [status]   compare-and-swap on g.status: hands the stack from one owner to the next.
//   [state]    profile state: acquire of in-progress before the stack is read, release of satisfied
//              after the record is complete, acquire of satisfied before the goroutine runs (O14,
//              O15).
//   [sched]    under sched.lock.
//   [owner]    only the thread, P's owner or goroutine itself touches it.
//   [park]     written before os_note_wake, read after os_note_sleep.
#ifndef GPROOF_RT_STATE_H
#define GPROOF_RT_STATE_H

#include "assert.h"
#include "context_switch.h"
#include "os_atomic.h"
#include "path.h"
#include "rt.h"

enum { RT_PROCS_MAX = 8, RT_RUNQ_SIZE = 16, RT_GFREE_MAX = 4, RT_CLEANUPS_MAX = 4 };
enum {
    RT_LOCKED_MAX = 8,   // Ms locked to a goroutine at once, by its own wish
    RT_ENDED_MAX = 8,    // Ms that end with a goroutine locked to them, in one run
    RT_FOREIGN_MAX = 10, // threads of C, in one run
};
_Static_assert(RT_MS_MAX + RT_LOCKED_MAX + RT_ENDED_MAX + RT_FOREIGN_MAX + 1 <= RT_THREADS_MAX,
               "room for every M, and sysmon");

enum g_status { // Go's order; edges in status.c
    GIDLE,
    GRUNNABLE,
    GRUNNING,
    GSYSCALL,
    GWAITING,
    GDEAD,
    GCOPYSTACK,
    GPREEMPTED,
    GDEADEXTRA, // a context for threads of C that no call uses
    GLEAKED,    // waits, and no goroutine that can go on knows what for
    GSTATUS_COUNT,
    GSCAN = TRACE_GSCAN // added to another
};
enum p_status { PIDLE, PRUNNING, PSYSCALL, PGCSTOP, PDEAD };
enum profile_state { ABSENT, IN_PROGRESS, SATISFIED };

enum lock_rank {
#define RANK(name, protects, held) RANK_##name,
#include "lock_ranks.def"
#undef RANK
    RANK_COUNT
};

struct rt_mutex {
    struct os_mutex os;
    enum lock_rank rank;
    uint32_t peer; // its number among those of its rank that nest, else 0
};

// A semaphore with a queue of goroutines (sema.go).
struct rt_sema {
    struct os_u32 count;
    struct os_u32 waiters;
    struct rt_mutex lock;
    struct g *head, *tail; // under lock, linked by wait_next
    uint32_t object;       // its id in events, of an object of the plan; else 0
};

struct stack_map { // where a walk of a stopped stack starts
    uintptr_t pc, sp, fp;
};

struct g {
    struct os_watched status;   // GXXX; [status]
    struct os_watched profiled; // enum profile_state; [state]
    struct context context;     // saved flow while not running; [stack]
    void *stack;                // low end; the g keeps it for life
    uint32_t goid;              // of the current life; set before the status leaves Gdead
    uint32_t place;             // 1 + where it is in allgs, for life; set before it is published
    struct os_u32 service; // enum trace_service: created as; peeked at by observers of a dying one
    struct os_context os;  // name for schedules; op counter [owner]
    void (*fn)(void *);
    void *argument;
    uint32_t label;           // [stack]
    uint32_t creator;         // id of whoever created it, 0 = nobody; as goid
    uint32_t progress;        // [stack]
    uint32_t op_names, names; // objects of the plan that its op, or what follows, names; [stack]
    uint32_t stack_owner; // written when it runs, read when it is recorded: TSan cannot see pushes
    struct rt_frame *frames;    // innermost handle frame; [stack]
    uint32_t room;              // calls that fit on the stack before it has to move; [stack]
    struct os_u32 preempt_stop; // a scanner waits for it to stop (preempt.go)
    struct os_u32 on_p;         // 1 + the P that runs it, for whoever wants to preempt it: a hint
    struct stack_map syscall;   // where user frames end while in a system call, else fp 0; [stack]
    struct os_u32 running_cleanups; // a cleanup goroutine is inside a batch
    struct rt_coro *coro;           // of a goroutine created in one, else NULL; [stack]
    struct cleanup_block *batch;    // of a cleanup goroutine, what is left of it; [stack]
    struct m *lockedm;              // the M that it is locked to, or NULL; [stack]
    enum trace_wait wait;           // why it waits; set before Gwaiting, read while stopped
    bool sends;                     // on a channel, to send; as wait
    struct rt_object *value; // in transit through a channel; under the channel's lock or [status]
    bool value_ok;
    struct rt_waiter *woken_by; // whose operation was completed; [status]
    struct os_u32 select_done;  // whoever moves it to 1 may complete one case of the select
    bool ticket;                // semaphore handed over directly; [status]
    struct g *wait_next;        // in a queue of waiters; under its lock
    struct g *sched_next;       // in the global run queue or a free list
};

struct rt_waiter;
struct rt_timer;
struct m;
typedef struct g *rt_call_fn(struct m *mp, struct g *gp, void *argument); // see rt_mcall

struct m {
    struct rt *rt;
    uint32_t id;
    struct os_context os;       // name of its g0
    struct os_context *context; // who it acts for now; [owner]
    struct context g0;          // its own stack, saved while a goroutine runs; [owner]
    struct g *curg;             // [owner]
    struct p *p;                // [owner]
    struct p *next_p;           // handed to it by whoever wakes it; [park]
    struct p *old_p;            // P left behind in a system call; [owner]
    struct g *lockedg;          // the goroutine that is locked to it, or NULL; [owner]
    uint32_t lock_count;        // how often that one has asked for it; [owner]
    struct foreign *foreign;    // of a thread of C, else NULL; set before it starts
    bool spinning;              // [owner]; handed over by [park]
    uint32_t locks;             // > 0: may not be preempted; [owner]
    uint32_t held;              // bit per lock rank held; [owner]
    bool preempt_off;           // stopping the world; [owner]
    struct os_note park;
    struct m *sched_next; // idle list; [sched]
    rt_call_fn *call;     // what the goroutine asks g0 to do; [owner]
    void *call_argument;
};

struct p {
    uint32_t id;
    struct os_u32 status;  // enum p_status
    struct os_u32 preempt; // whoever runs here is asked to give way
    struct os_u32 runq_head, runq_tail;
    struct os_ptr runq[RT_RUNQ_SIZE];
    struct os_ptr runnext;
    struct g *gfree; // dead goroutines; [owner], or [world]
    struct os_u32 gfree_count;
    struct os_u32 schedtick,
        syscalltick;      // goroutines executed and calls entered; [owner], seen by sysmon
    struct p *sched_next; // idle list; [sched]
};

struct rt_object {
    struct rt_object *next;
    uint32_t id;
    struct os_u32 marked; // number of the last cycle that reached it
    struct os_u32 gone;   // enum object_gone: what the last sweep said of it
    bool has_finalizer;   // under heap lock
    struct rt_callback finalizer;
    struct cleanup *cleanups;
};

enum object_gone { OBJECT_THERE, OBJECT_FINALIZING, OBJECT_FREED }; // in nobody's reach but fing's

struct finalizer {
    struct finalizer *next;
    struct rt_object *object;
    struct rt_callback callback;
};

struct cleanup {
    struct cleanup *next;
    struct rt_callback callback;
    uint32_t object, id;
};

enum { MAIN_GOID = 1 }; // goroutines are counted from there

enum { CLEANUP_BLOCK = 4 };
struct cleanup_block { // what one flip of a cleanup goroutine works off
    struct cleanup_block *next;
    uint32_t count, done;
    struct cleanup *cleanups[CLEANUP_BLOCK];
};

// Where one of the collector's goroutines, or who waits for a cycle, sleeps until it is woken.
struct gc_bed {
    struct g *sleeper; // under gc.lock
    bool woken;        // before it slept
};
struct gc_worker {
    struct rt *rt;
    struct gc_bed bed;
};
enum { GC_WORKERS_MAX = 2 };
enum { STACK_ROOM_MIN = 8, STACK_ROOM_FACTOR = 2 }; // shrinks when half of the smaller one is free

enum { // bits of fing_status (mfinal.go)
    FING_CREATED = 1,
    FING_RUNNING = 2,
    FING_WAIT = 4,
    FING_WAKE = 8
};

struct rt {
    struct rt_config config;
    struct os_u32 sequence; // of events

    // allgs only grows; entries never change. Readers take the length, then the array (O6).
    struct rt_mutex allgs_lock;
    struct os_ptr allgs;
    struct os_u32 allgs_length;
    uint32_t allgs_capacity; // under allgs_lock
    struct os_u32 goid;
    uint32_t procs; // Ps in use, ps[0] ..; [world]

    struct {
        struct rt_mutex lock;
        struct m *idle_ms;
        uint32_t idle_ms_count, ms_count; // [sched]; ids of Ms handed out
        uint32_t ms_system;           // of them sysmon, which is never idle; before anybody runs
        uint32_t retaking;            // sysmon has a P in its hands; [sched]
        uint32_t ended;               // Ms that have ended; [sched]
        uint32_t locked, locked_idle; // locked Ms, and those that sleep as such; [sched]
        uint32_t wedded_ended;        // that ended with a goroutine locked to them; [sched]
        uint32_t foreign;             // threads of C that have not ended; [sched]
        struct p *idle_ps;
        struct os_u32 idle_ps_count;
        struct os_u32 spinning;
        struct g *runq_head, *runq_tail;
        struct os_u32 runq_count;
        struct os_u32 gcwaiting;
        uint32_t stopwait; // Ps still to stop; [sched]
        struct os_note stop_note;
        struct os_u32 ngsys; // system goroutines
    } sched;

    struct {
        struct rt_mutex lock; // whoever stops the world holds it meanwhile; see extra.c
        struct g *free;       // contexts that no thread has; under lock
        uint32_t threads;     // of C, started so far; [sched], and read in a stop ([world])
        bool held;            // by the stop under way; [world]
    } extra;

    struct rt_mutex gfree_lock;
    struct g *gfree;
    struct os_u32 gfree_count;

    struct rt_sema world_sema, gc_sema;
    bool stopped; // [world]

    struct {
        struct os_u32 status; // FING_ bits
        struct rt_mutex lock;
        struct finalizer *head, *tail; // queued; under lock
        struct finalizer *batch;       // taken by the finalizer goroutine; [owner]
        struct g *g;                   // the parked one; set before FING_WAIT, read after it
    } fing;

    struct {
        struct rt_mutex lock;
        struct cleanup_block *head, *tail; // queued
        struct os_u32 work;                // blocks queued
        struct g *sleeping;                // parked, waiting for work
        struct os_u32 count;               // created
        struct os_u32 need;                // to be created by the next AddCleanup
        struct os_u32 running;             // inside a batch
    } cleanups;

    struct {
        struct rt_sema sema;       // serialises whole profiles (O1)
        bool active;               // [world]
        uint32_t told_as;          // number of the profile under way, for events; [world]
        uint32_t capacity;         // slots; [world]
        struct rt_record *records; // [world]
        uint32_t *labels;          // or NULL; [world]
        struct os_u32 offset;      // next free slot
        struct os_u32 numbers;     // profiles requested so far
    } profile;

    struct {
        struct rt_mutex lock;
        struct rt_object *objects;
        uint32_t objects_count, cleanups_count; // under lock
        uint32_t freed, scavenged;              // objects; under lock; freed is the sweeper's
        uint32_t wanted;                        // what the scavenger was last woken for
        bool has_scavenger;                     // both the sweeper's own
        uint32_t cycle;                         // [world]
        struct rt_chan *chans;                  // roots; under lock while growing
        uint32_t chans_count;
    } heap;

    struct {
        struct rt_mutex lock;
        struct rt_timer **heap;   // under lock; the first is due first
        uint32_t count, capacity; // under lock
        struct os_u64 next;       // when the first is due; 0 = none
        struct os_u32 ids;        // handed out
        struct os_u32 polling;    // an M sleeps for the next one, or is about to
        struct os_u64 poll_until; // how long; 0 = not known yet
        struct os_note poll_note;
    } timers;
    // Of the plan, made before the run.
    uint32_t mutexes_count, semaphores_count, groups_count;
    struct rt_gomutex *mutexes;
    struct rt_semaphore *semaphores;
    struct rt_coro *coros;

    struct {
        bool marking;           // the write barrier is on; [world]
        uint32_t workers_count; // started; whoever runs a cycle holds gc_sema
        struct g **gs;          // whose stacks are roots of this cycle; [world]
        uint32_t jobs;          // of this cycle: one a goroutine, then the channels; [world]
        struct os_u32 next_job, jobs_done;
        struct rt_object *sweep_from; // newer objects are black; [world]
        struct rt_mutex lock;
        struct gc_worker workers[GC_WORKERS_MAX];
        struct gc_bed sweeper, scavenger, caller;
    } gc;

    struct {                                   // leak.c
        struct rt_sema lock;                   // a whole request: each cycle begins by forgetting
        struct os_u32 pending;                 // the next cycle is to look for leaks
        bool detecting;                        // this one does; [world]
        uint32_t cycle, count;                 // what the last one has found; [world]
        struct os_u32 lasting[RT_NAMES_COUNT]; // 1: finalizers, timers and the like may name it
    } leak;

    struct os_u32 stacks_judged, stacks_captured;
    struct p ps[RT_PROCS_MAX];
    struct m ms[RT_THREADS_MAX];
};

#endif

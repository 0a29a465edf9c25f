// The inner ring of the runtime: its structs, and what core files ask of each other. Users include
// rt.h. All state hangs off struct rt, in the arena of the run; no mutable globals.
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
//              cannot be stopped in between. The stop is the only fence (go-profiler O5, O8, O9).
//   [status]   compare-and-swap on g.status: hands the stack from one owner to the next.
//   [state]    profile state: acquire of in-progress before the stack is read, release of satisfied
//              after the record is complete, acquire of satisfied before the goroutine runs (O14,
//              O15).
//   [sched]    under sched.lock.
//   [owner]    only the thread, P's owner or goroutine itself touches it.
//   [park]     written before os_note_wake, read after os_note_sleep.
#ifndef GPROOF_RT_IMPL_H
#define GPROOF_RT_IMPL_H

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
    struct os_u32 service; // enum trace_service: created as; peeked at by observers of a dying one
    struct os_context os;  // name for schedules; op counter [owner]
    void (*fn)(void *);
    void *argument;
    uint32_t label;       // [stack]
    uint32_t progress;    // [stack]
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
        uint32_t number;           // of the profile under way; [world]
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
    uint32_t mutexes_count, semaphores_count, groups_count; // made before the run

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

    struct os_u32 stacks_judged, stacks_captured;
    struct p ps[RT_PROCS_MAX];
    struct m ms[RT_THREADS_MAX];
};

#define mutant(rt, name) mutant_in(&(rt)->config.mutants, MUTANT_##name)
#define trait(rt, name)  trait_in(&(rt)->config.mutants, TRAIT_##name)

// ---- rt.c: self, events, checks -----------------------------------------------------------------

static inline struct m *rt_m(void) {
    return (struct m *)os_self();
}

// Emit an event of thread mp. Any context. A run without events pays a branch for it.
void rt_event_append(struct m *mp, enum trace_kind kind, uint32_t goroutine, uint32_t object,
                     uint32_t version, uint32_t a, uint64_t b);
static inline void rt_event(struct m *mp, enum trace_kind kind, uint32_t goroutine, uint32_t object,
                            uint32_t version, uint32_t a, uint64_t b) {
    if (mp->rt->config.events)
        rt_event_append(mp, kind, goroutine, object, version, a, b);
}

// A check fired: emit it and end the run as fatal.
__attribute__((noreturn, cold)) void rt_fatal(enum trace_check check, uint64_t detail);

// mp acts for context from now on.
void rt_context(struct m *mp, struct os_context *context);

// May the goroutine on mp be preempted? (proc.go acquirem, releasem)
static inline struct m *rt_acquirem(void) {
    struct m *mp = rt_m();
    mp->locks++;
    return mp;
}
static inline void rt_releasem(struct m *mp) {
    mp->locks--;
}

// End the run: every M is idle. Holding sched.lock.
void rt_end_locked(struct rt *rt, struct m *mp);

// ---- lock.c -------------------------------------------------------------------------------------

void rt_lock(struct rt_mutex *mutex, enum site site);
void rt_unlock(struct rt_mutex *mutex, enum site site);
// Further locks of a rank of which one is held, in the order of their ids; released before that
// one.
void rt_lock_peer(struct rt_mutex *mutex, enum site site);
void rt_unlock_peer(struct rt_mutex *mutex, enum site site);

// ---- status.c -----------------------------------------------------------------------------------

// The status, whether somebody has the scan bit or not.
static inline enum g_status rt_status(struct g *gp, enum site site) {
    uint32_t word = os_watched_load(&gp->status, site);
    return (enum g_status)(os_watched_state(word) & ~(uint32_t)GSCAN);
}
// Move gp from one status to another by compare-and-swap, once nobody has the scan bit; anything
// else there is fatal.
void rt_cas_status(struct g *gp, enum g_status from, enum g_status to, enum site site);
// Own the stack of a goroutine that does not run: set its scan bit, unless the status is not `word`
// any more, which has none. Returns the word written, 0 if somebody was faster. Not preemptible
// until rt_scan_release(gp, that word): others spin on it.
uint32_t rt_scan_acquire(struct g *gp, uint32_t word);
void rt_scan_release(struct g *gp, uint32_t word);

// ---- goroutine.c: creation, death, allgs --------------------------------------------------------

// Create a goroutine, make it runnable, wake a P. On a goroutine or on g0, with a P. NULL: no
// stack.
struct g *rt_newproc(struct m *mp, void (*fn)(void *), void *argument, enum trace_service service,
                     struct os_context name);
// The name of the next goroutine of the plan that mp's goroutine creates.
struct os_context rt_child_name(struct m *mp);
// The same for a goroutine of the plan that waits in a coroutine; no P is woken.
struct g *rt_newcoro(struct m *mp, void (*fn)(void *), void *argument, struct rt_coro *coro);
// A goroutine of its own stack, Gdead and in allgs. NULL: no stack.
struct g *rt_allocate(struct m *mp);
// The place of a newcomer, still dead, in a profile that is under way: it has none, so it is
// satisfied. While no stop of the world can come between.
void rt_pass_by_profile(struct m *mp, struct g *gp);
// The name of the next goroutine of the plan that mp's goroutine creates.
struct os_context rt_child_name(struct m *mp);
// A snapshot of allgs: its length, and the array in *array. Any context.
uint32_t rt_allgs(struct rt *rt, struct g ***array);
// User goroutines by bookkeeping, service goroutines left out. Exact while the world is stopped
// (O2).
uint32_t rt_gcount(struct rt *rt);
// Is it a system goroutine now? Service goroutines change (traceback.go isSystemGoroutine).
bool rt_is_system(struct rt *rt, struct g *gp, enum site site);
// The same without a point, for events.
enum trace_role rt_role(struct rt *rt, const struct g *gp);
// Destroy gp, which runs on mp and has come to its end. On g0. (proc.go gdestroy)
void rt_destroy(struct m *mp, struct g *gp);
// The current goroutine leaves mp: mp acts for itself. On g0.
void rt_drop_g(struct m *mp);
// Move gp's profile state on from the word the caller knows: event, then store. Only one may write.
void rt_profile_store(struct m *mp, struct g *gp, uint32_t from, enum profile_state state,
                      uint32_t by, enum site site);

// ---- runq.c -------------------------------------------------------------------------------------

void rt_runq_put(struct rt *rt, struct p *pp, struct g *gp, bool next); // owner of pp
struct g *rt_runq_get(struct p *pp);                                    // owner of pp
bool rt_runq_empty(struct p *pp);
struct g *rt_runq_steal(struct p *pp, struct p *victim, bool next); // owner of pp
void rt_global_put_locked(struct rt *rt, struct g *gp);
struct g *rt_global_get_locked(struct rt *rt);
// Move what pp holds to the global queue. Holding sched.lock, owning pp.
void rt_runq_flush_locked(struct rt *rt, struct p *pp);

// ---- proc.c: the scheduler ----------------------------------------------------------------------

// Pick the next goroutine and execute it; g0 then switches to it. On g0, with a P. NULL: the run
// ends.
struct g *rt_schedule(struct m *mp);
// Run goroutines until the run ends. On g0, with a P.
void rt_loop(struct m *mp);
// Run gp, and whoever goes on after it, until nobody does on this M. On g0.
void rt_run(struct m *mp, struct g *gp);
// Leave the goroutine and run fn on g0; the goroutine goes on when somebody executes it, or at once
// if fn returns it. [user]
void rt_mcall(rt_call_fn *fn, void *argument);
// Run fn(mp, argument) on g0 while the goroutine stays running. [user]
void rt_systemstack(void (*fn)(struct m *mp, void *argument), void *argument);
// Park until rt_ready. mutex (or NULL) is released once the goroutine is Gwaiting. [user]
void rt_park(struct rt_mutex *mutex, enum site site, enum trace_wait wait);
// The same with a function that lets go of what it waits for, on g0, once the goroutine is
// Gwaiting. From then on gp may be anywhere. It may refuse to wait by returning false, and then
// nobody else can have reached gp: it goes on at once, through execute. (proc.go gopark)
typedef bool rt_unlock_fn(struct m *mp, struct g *gp, void *argument);
void rt_park_with(rt_unlock_fn *unlock, void *argument, enum trace_wait wait);
// Give way to runnext, staying on this P (proc.go goyield). [user]
void rt_goyield(void);
// gp, which runs on mp, waits from now on: event, status, and mp acts for itself. On g0.
void rt_leave_waiting(struct m *mp, struct g *gp, enum trace_wait wait);
// gp, which runs on mp, queues up behind the others of this P. On g0.
void rt_leave_yielding(struct m *mp, struct g *gp);
// Make a waiting goroutine runnable, next on this P. On a goroutine or g0, with a P.
void rt_ready(struct m *mp, struct g *gp);
// Check in and make gp run next on mp; its code goes on when g0 switches to it. On g0.
void rt_execute(struct m *mp, struct g *gp);

// ---- thread.c: Ms and Ps ------------------------------------------------------------------------

void rt_acquire_p(struct m *mp, struct p *pp);
struct p *rt_release_p(struct m *mp);
void rt_idle_put_locked(struct rt *rt, struct p *pp);
struct p *rt_idle_get_locked(struct rt *rt);
struct m *rt_idle_m_locked(struct rt *rt);
// Run pp on an idle or new M; if there is none, its work goes to the global queue and pp idles.
void rt_start_m(struct m *mp, struct p *pp, bool spinning);
// Start an M for pp, which this thread owns, and spinning or not. False at the limit of Ms.
bool rt_new_m(struct m *mp, struct p *pp, bool spinning);
// Sleep without a P until somebody hands one. False: the run ends.
bool rt_stop_m(struct m *mp);
// The same for an M in a count other than that of the idle list.
bool rt_sleep_m(struct m *mp);
// End the run if every M sleeps. Holding sched.lock.
void rt_checkdead_locked(struct rt *rt, struct m *mp);
// Give pp away: to an M if it has or may get work, else to the idle list or the stopper.
void rt_handoff_p(struct m *mp, struct p *pp);
// Get one more M spinning if there is an idle P and nobody spins.
void rt_wake_p(struct m *mp);

// ---- sysmon.c -----------------------------------------------------------------------------------

// Start the monitor's thread. On the first M, before anybody else runs.
void rt_sysmon_start(struct m *mp);
// ---- locked.c: goroutines locked to an M --------------------------------------------------------

// Wait until the goroutine locked to mp is to run, and execute it. NULL: the run ends. On g0.
struct g *rt_schedule_locked(struct m *mp);
// Give mp's P away, which nobody may take: what waits to be woken by the scheduler is woken first.
void rt_give_p(struct m *mp);
// Hand mp's P to the M that gp, which is next, is locked to, and get another one. False: the run
// ends. On g0.
bool rt_start_locked_m(struct m *mp, struct g *gp);
// The goroutine locked to mp has ended: mp ends as well, unless next, or NULL, goes on here.
// Returns who goes on; NULL: nobody on this M. On g0.
struct g *rt_exit_locked(struct m *mp, struct g *next);

// ---- extra.c: calls from threads of C -----------------------------------------------------------

// Keep contexts from coming and going while the world is stopped, and let them again. By the
// stopper, on g0.
void rt_extra_hold(struct rt *rt);
void rt_extra_let(struct rt *rt);

// ---- world.c ------------------------------------------------------------------------------------

// Stop or start the world. [user], no locks.
void rt_stop_world(enum trace_stop_reason reason);
void rt_start_world(enum trace_stop_reason reason);
// Park this M's P for the stop. On g0 with a P. False: the run ends.
bool rt_gcstop_m(struct m *mp);
// Ask everybody who runs, but on the own P, to give way.
void rt_preempt_all(struct rt *rt, const struct p *own);

// ---- suspend.c: who owns a stack that does not run (preempt.go suspendG, stack.go)
// ---------------

// Own gp's stack, wherever it is: ask it to stop if it runs. Returns the word for rt_resume_g, 0 if
// it is dead. The caller is preemptible before and not after. On a goroutine.
struct suspended {
    struct g *gp;
    uint32_t word; // with the scan bit; 0 = dead
    bool stopped;  // it has stopped itself for us and has to be readied
};
struct suspended rt_suspend_g(struct g *gp);
void rt_resume_g(struct suspended suspended);
// gp, suspended, uses a small part of its stack: move it to a smaller one.
void rt_shrink_stack(struct suspended suspended);

// ---- gc_mark.c, gc_sweep.c: the collector -------------------------------------------------------

// Somebody writes this handle (or NULL) to the heap, reads it from there for good or hands it to
// another goroutine: keep it in this cycle (the hybrid write barrier). With a P, not preemptible or
// without a safe point until the write is done.
static inline void rt_gc_shade(struct rt *rt, struct rt_object *object);
// User code has this handle (or NULL): no sweep may have said that it has not.
void rt_gc_touch(struct rt_object *object);
// Start the goroutines of the collector, once. Holding gc_sema. [user]
void rt_gc_start_services(struct m *mp);
// Run a mark phase and its termination; wakes the sweeper. Holding gc_sema. [user]
void rt_gc_mark(struct m *mp);
// The loops of the collector's goroutines.
void rt_gc_worker(void *worker);
void rt_gc_sweeper(void *rt);
void rt_gc_scavenger(void *rt);
// Sleep until somebody wakes the bed, or at once if somebody has. [user]
void rt_gc_sleep(struct rt *rt, struct gc_bed *bed, enum trace_wait wait);
void rt_gc_wake(struct m *mp, struct gc_bed *bed);

// ---- sema.c -------------------------------------------------------------------------------------

// Take a count, or wait for one at the end of the queue, or with lifo in front. Returns true if it
// was handed over. [user]
bool rt_sema_acquire(struct rt_sema *sema, bool lifo, enum trace_wait wait);
// Give a count and wake whoever waits first. With handoff it gets the count and goes on at once, on
// the time of the caller. [user]
void rt_sema_release(struct rt_sema *sema, bool handoff);

// ---- finalizer.c, cleanup.c: services -----------------------------------------------------------

void rt_fing_create(struct m *mp);
void rt_fing_queue(struct m *mp, struct rt_object *object);
void rt_fing_wake(struct m *mp); // on g0, in the scheduler
// It ends inside a finalizer: take its user role back; then start another one (#71824).
void rt_fing_exiting(struct m *mp, struct g *gp);
void rt_fing_replace(struct m *mp, struct os_context name);
void rt_cleanups_queue(struct m *mp, struct cleanup *list);
void rt_cleanups_wake(struct m *mp); // on g0, in the scheduler
void rt_cleanups_create(struct m *mp);
void rt_cleanup_exiting(struct m *mp, struct g *gp); // the same repair
void rt_cleanup_replace(struct m *mp, struct os_context name);

// ---- profile.c ----------------------------------------------------------------------------------

// The barrier: everybody who is about to run gp calls it while a profile is active (execute,
// exitsyscall), so that gp is recorded before it runs. With a P, not preemptible.
void rt_profile_checkin(struct m *mp, struct g *gp, enum trace_observer by);
// The same for a context that is about to leave, in a system call and without a P; the caller keeps
// the world from being stopped.
void rt_profile_leave(struct g *gp);

// ---- time.c -------------------------------------------------------------------------------------

// Run what is due. On g0, with a P.
void rt_timers_run(struct m *mp);
// Sleep until the next timer is due, or somebody pokes. False at once if there is none, or another
// M does it. On g0, without a P.
bool rt_timers_poll(struct m *mp);
// Wake the M that sleeps for the next timer: there is a P.
void rt_timers_poke(struct rt *rt);
// Is there a timer that no M sleeps for?
bool rt_timers_unwatched(struct rt *rt);
uint32_t rt_tick_ns(const struct rt *rt);

// ---- coro.c -------------------------------------------------------------------------------------

// mp's goroutine has left; gp, which waits and which nobody else can reach, runs here and now, past
// the scheduler, so with a check-in of its own. On g0, with a P.
struct g *rt_run_waiting(struct m *mp, struct g *gp, bool checkin);

// A goroutine created in the coroutine has ended: who waits there goes on, NULL if nobody does. On
// g0.
struct g *rt_coro_exited(struct m *mp, struct rt_coro *coro);

// ---- chan.c -------------------------------------------------------------------------------------

// Visit every handle buffered in a channel, under its lock. On a goroutine or g0.
void rt_chan_each_value(struct rt *rt, void (*visit)(struct rt_object *object, uint32_t cycle));

// ---- unwind.c -----------------------------------------------------------------------------------

// Record gp's frames, label and progress. gp's stack belongs to the caller: it is stopped, or in a
// system call, and cannot go on.
void rt_save_g(struct rt *rt, struct g *gp, struct rt_record *record);

// ---- inline -------------------------------------------------------------------------------------

static inline void rt_gc_shade(struct rt *rt, struct rt_object *object) {
    if (rt->gc.marking && object != NULL)
        os_poke_u32(&object->marked, rt->heap.cycle);
}

#endif

// The inner ring of the runtime: what core files ask of each other, file by file. The structs are
// in rt_state.h. Users include rt.h. Marks: [user] as in rt.h; "on g0" means that no goroutine runs
// on the M; "_locked" that the caller holds the lock which is named.
#ifndef GPROOF_RT_IMPL_H
#define GPROOF_RT_IMPL_H

#include "rt_state.h"

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
static inline void rt_context(struct m *mp, struct os_context *context) {
    mp->context = context;
    os_context_enter(context);
}

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

// Whoever holds a lock is not preempted. Ranks only go up.
static inline void rt_lock(struct rt_mutex *mutex, enum site site) {
    struct m *mp = rt_acquirem();
    if (mp->held >> mutex->rank != 0)
        rt_fatal(TRACE_CHECK_lock_rank, mutex->rank);
    mp->held |= 1u << mutex->rank;
    os_mutex_lock(&mutex->os, site);
}
static inline void rt_unlock(struct rt_mutex *mutex, enum site site) {
    struct m *mp = rt_m();
    mp->held &= ~(1u << mutex->rank);
    os_mutex_unlock(&mutex->os, site);
    rt_releasem(mp);
}
// Further locks of a rank of which one is held, in the order of their numbers, each behind the
// last; released before that one.
void rt_lock_peer(struct rt_mutex *mutex, const struct rt_mutex *last, enum site site);
void rt_unlock_peer(struct rt_mutex *mutex, enum site site);

// ---- status.c -----------------------------------------------------------------------------------

// The status, whether somebody has the scan bit or not.
static inline enum g_status rt_status(struct g *gp, enum site site) {
    uint32_t word = os_watched_load(&gp->status, site);
    return (enum g_status)(os_watched_state(word) & ~(uint32_t)GSCAN);
}
// Has a bit for each status that may follow.
extern const uint16_t rt_status_edges[GSTATUS_COUNT];
// The rest of rt_cas_status, if somebody was in the way: word is what is there now. Returns the
// word written.
uint32_t rt_cas_status_contended(struct g *gp, uint32_t word, enum g_status from, enum g_status to,
                                 enum site site);
// Move gp from one status to another by compare-and-swap, once nobody has the scan bit; anything
// else there is fatal.
static inline void rt_cas_status(struct g *gp, enum g_status from, enum g_status to,
                                 enum site site) {
    if (((rt_status_edges[from] >> to) & 1) == 0)
        rt_fatal(TRACE_CHECK_status_edge, (uint64_t)from << 8 | to);
    // Read now: behind the write it may run elsewhere, end, and begin anew under another id.
    uint32_t goid = gp->goid;
    uint32_t word = os_watched_load(&gp->status, site), written = 0;
    if (os_watched_state(word) == (uint32_t)from) {
        written = os_watched_cas(&gp->status, word, to, TRACE_RAW_STATUS, site);
        if (written == 0)
            word = os_watched_load(&gp->status, site);
    }
    if (__builtin_expect(written == 0, 0))
        written = rt_cas_status_contended(gp, word, from, to, site);
    rt_event(rt_m(), TRACE_status, goid, 0, os_watched_version(written), from, to);
}
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

// ---- leak.c -------------------------------------------------------------------------------------

// A cycle begins: if it is to look for leaks, nobody is leaked any more. Inside its first stop.
void rt_leak_forget(struct rt *rt);
// If it is to look for leaks: find who can not be woken any more. Inside mark termination.
void rt_leak_detect(struct rt *rt);
// What the op of the calling goroutine names will be named by code that it hands to the runtime.
void rt_keep_names(void);

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

// ---- rest.c -------------------------------------------------------------------------------------

// Nothing moves any more, and nobody is stuck: whatever does not hold then is fatal.
void rt_check_rest(struct rt *rt);
// As many wait as are counted.
void rt_sema_check(const struct rt_sema *sema);
// Nobody waits to send where there is room, or to receive what is there.
void rt_chans_check(struct rt *rt);
// Each mutex counts those who wait for it, and promises itself to nobody else.
void rt_gomutexes_check(struct rt *rt);
void rt_semaphores_check(struct rt *rt);
// Who waits in a coroutine is the one that it holds.
void rt_coros_check(struct rt *rt);

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

// The runtime as its users see it (exec, tests, benchmarks): goroutines, channels, system calls,
// objects with finalizers, and the goroutine profiler, in Go's names. Core files use rt_impl.h
// instead.
//
// A run: rt_new in an arena, rt_start as the entry of the world's first thread; it ends through
// os_run_end when the main body's goroutines are finished or nothing can go on (see enum run_end).
// Everything lives in the arena of the run; there is nothing to free.
//
// Calls marked [user] are made by user code: on a goroutine, holding no lock of the runtime, with a
// P. They may block or switch, and the goroutine may be on another thread afterwards.
#ifndef GPROOF_RT_H
#define GPROOF_RT_H

#include "arena.h"
#include "mutants.h"
#include "os.h"
#include "stack.h"
#include "trace.h"

struct rt;
struct g;
struct rt_chan;
struct rt_object;
struct rt_coro;

enum { RT_FRAMES_MAX = 128, RT_FRAMES_INLINE = 32, RT_SLOTS = 4 };
enum { RT_MS_MAX = 32, RT_THREADS_MAX = 60 }; // of rt_config; threads of a run, all together

// ---- the run ------------------------------------------------------------------------------------

struct rt_config {
    uint32_t procs;        // Ps, 1 .. 8
    uint32_t ms_max;       // Ms, procs <= ms_max <= RT_MS_MAX; locked ones not counted
    uint32_t cleanups_max; // cleanup goroutines, 1 .. 4
    struct mutant_set mutants;
    struct arena *arena; // of this run
    struct stack_pool *stacks;
    struct trace_buffer *buffers; // one a thread (posix), or the same one for all (virtual)
    bool shared_buffer;           // every thread appends to buffers[0] (virtual world only)
    bool events;                  // false: emit nothing
    bool sysmon;                  // a thread preempts and retakes Ps; needs tick_ns
    bool timers;                  // the program sleeps or sets timers
    uint32_t tick_ns;             // length of a tick of sleeps, timers and sysmon
    uint32_t judge_every;         // every how-manyth captured stack libunwind judges; 0 = none
    // Frame function of a return address, or -1 for a frame of the runtime (dropped from records).
    int (*frame_of)(uintptr_t pc);
    void (*main)(void *argument); // body of the main goroutine
    void *main_argument;
};

struct rt *rt_new(const struct rt_config *config);

// Entry of the world's first thread, with self = rt_first_m(rt) and context = rt_first_context(rt).
void rt_start(void *self);
void *rt_first_m(struct rt *rt);
struct os_context *rt_first_context(struct rt *rt);

// Classify what is left when every thread is idle or blocked: RUN_FINISHED, RUN_QUIESCENT,
// RUN_STUCK.
enum run_end rt_classify(const struct rt *rt);

// Text about every G, M and P. For a run that has ended or cannot go on: reads without locks.
size_t rt_dump(const struct rt *rt, char *text, size_t size);

// Stacks that libunwind confirmed so far.
uint32_t rt_stacks_judged(const struct rt *rt);

// ---- goroutines ---------------------------------------------------------------------------------

// The goroutine that calls. [user]
struct g *rt_self(void);

// Start fn(argument) on a new goroutine; it inherits the label. Returns its id, or 0 if no stack is
// to be had. [user]
uint32_t rt_go(void (*fn)(void *), void *argument);

// Give way. [user]
void rt_gosched(void);

// A safe point: give way if somebody asked for it (preemption). [user]
void rt_checkpoint(void);

// End the calling goroutine, from any depth of calls. [user]
__attribute__((noreturn)) void rt_goexit(void);

// The goroutine's progress counter: raised by user code at each of its steps, read by recorders.
// Returns the value after. Plain; owned like the stack. [user]
uint32_t rt_user_step(void);

// Set the calling goroutine's label; 0 = none. [user]
void rt_set_label(uint32_t label);

// ---- frames: handle slots of a frame function, the roots of the collector -----------------------

struct rt_frame {
    struct rt_frame *up;
    struct rt_object *slots[RT_SLOTS]; // plain; owned like the stack
};
// Push or pop the innermost frame of the calling goroutine. The frame lives on its C stack. [user]
void rt_frame_push(struct rt_frame *frame);
void rt_frame_pop(struct rt_frame *frame);

// Before the depth-th frame is pushed: move the stack to a larger one if it does not fit. [user]
void rt_morestack(uint32_t depth);

// ---- channels -----------------------------------------------------------------------------------

// A channel with room for capacity handles. Before the run or [user].
struct rt_chan *rt_chan_new(struct rt *rt, uint32_t capacity);
// Send; returns false at once if the channel is closed (also when closed while waiting). [user]
bool rt_chan_send(struct rt_chan *chan, struct rt_object *value);
// Receive; returns false with *value NULL if closed and empty. [user]
bool rt_chan_recv(struct rt_chan *chan, struct rt_object **value);
// Close; returns false if it was closed. [user]
bool rt_chan_close(struct rt_chan *chan);

// One of the operations of a select.
struct rt_case {
    struct rt_chan *chan;
    bool send;
    struct rt_object *value; // to send; or received
    bool ok;                 // false: the channel was closed
    uint32_t ordinal;        // of the value, among those that went this way; what events tell
};
enum { RT_CASES_MAX = 8 };

// Do one of the operations, any that can go on; wait until one can, or return -1 if !waits. count
// is 1 .. RT_CASES_MAX. Returns the index of the case. [user]
int rt_select(struct rt_case *cases, uint32_t count, bool waits);

// ---- mutexes, semaphores, wait groups: of the plan, made before the run -------------------------

struct rt_gomutex;
struct rt_semaphore;
struct rt_group;

struct rt_gomutex *rt_gomutex_new(struct rt *rt);
void rt_gomutex_lock(struct rt_gomutex *mutex); // [user]
// Returns false, without effect, if the caller does not hold it. [user]
bool rt_gomutex_unlock(struct rt_gomutex *mutex);

// A semaphore of count 0, with direct hand-off.
struct rt_semaphore *rt_semaphore_new(struct rt *rt);
void rt_semaphore_acquire(struct rt_semaphore *semaphore); // [user]
void rt_semaphore_release(struct rt_semaphore *semaphore); // [user]

// A wait group of counter 0.
struct rt_group *rt_group_new(struct rt *rt);
void rt_group_add(struct rt_group *group, uint32_t count); // [user]
// Returns false, without effect, if the counter is 0. [user]
bool rt_group_done(struct rt_group *group);
void rt_group_wait(struct rt_group *group); // [user]

// ---- time: with config.timers only --------------------------------------------------------------

// Sleep for so many ticks, at least 1. [user]
void rt_sleep(uint32_t ticks);
// Start fn(argument) on a new goroutine after so many ticks, at least 1 (AfterFunc). If there is no
// stack for it then, nothing happens. [user]
void rt_after(uint32_t ticks, void (*fn)(void *argument), void *argument);

// ---- coroutines ---------------------------------------------------------------------------------

// A coroutine that nobody waits in. Before the run or [user].
struct rt_coro *rt_coro_new(struct rt *rt);
// Create a goroutine on fn(argument) that waits in the coroutine until somebody switches to it;
// when it ends, whoever waits in the coroutine then goes on. False if somebody waits there or no
// stack is to be had: nothing has happened. [user]
bool rt_coro_create(struct rt_coro *coro, void (*fn)(void *), void *argument);
// Change places with whoever waits in the coroutine, directly (coro.go coroswitch). No effect if
// nobody does, or if the caller is locked to its thread. [user]
void rt_coro_switch(struct rt_coro *coro);

// ---- calls from threads of C --------------------------------------------------------------------

// What a thread that the runtime has not created does: calls into the program, one after another.
struct rt_foreign {
    bool (*call)(void *argument); // [user]; false: it was the last
    void *argument;
    uint32_t calls; // at most
    bool bound;     // the thread keeps its context between calls; else it gives it back (dropm)
};

// Start such a thread. False if there are too many or no stack is to be had: nothing has happened.
// [user]
bool rt_foreign_start(struct rt_foreign foreign);

// ---- threads and Ps -----------------------------------------------------------------------------

// Lock the calling goroutine to its M, once more; no effect, and false, while too many are
// (runtime.LockOSThread). One that ends locked ends its M with it. [user]
bool rt_lock_thread(void);
// Take back one rt_lock_thread; no effect, and false, without. [user]
bool rt_unlock_thread(void);

// Go on with count Ps, 1 .. 8, from a stop of the world on (runtime.GOMAXPROCS). [user]
void rt_set_procs(uint32_t count);

// ---- system calls -------------------------------------------------------------------------------

// Enter a system call; until rt_syscall_exit the goroutine emits nothing and touches nothing of the
// runtime. blocks = known to block: hands the P off at once. [user]
void rt_syscall_enter(bool blocks);
void rt_syscall_exit(void);

// ---- objects ------------------------------------------------------------------------------------

// A service body: fn(argument, object), with the id of the body for the trace. object is NULL for a
// cleanup. Runs on a service goroutine as user code.
struct rt_callback {
    void (*fn)(void *argument, struct rt_object *object);
    void *argument;
    uint32_t body;
};

// Allocate an object. The caller roots it in a slot before its next call. [user]
struct rt_object *rt_alloc(void);
// The object's id in events.
uint32_t rt_object_id(const struct rt_object *object);
// Set the finalizer; returns false if it has one. [user]
bool rt_set_finalizer(struct rt_object *object, struct rt_callback callback);
// Add a cleanup. Returns its number in events. [user]
uint32_t rt_add_cleanup(struct rt_object *object, struct rt_callback callback);
// Run a whole collection cycle: mark while the world runs, sweep, queue finalizers and cleanups.
// Returns when it is swept. [user]
void rt_gc(void);

// ---- the goroutine profiler ---------------------------------------------------------------------

// One goroutine's record. Frames are frame ids, leaf first, at most RT_FRAMES_MAX; runtime frames
// are dropped. The first RT_FRAMES_INLINE lie in the record itself, as in Go's public StackRecord,
// with zeros behind the last; what a deeper stack has beyond them lies in the arena of the run.
struct rt_record {
    uint32_t goid;
    uint32_t progress; // its progress counter
    uint32_t depth;    // frames
    uint8_t frames[RT_FRAMES_INLINE];
    const uint8_t *deep; // depth - RT_FRAMES_INLINE frames; NULL if there are none
};

// Take a profile (runtime.goroutineProfileWithLabels). Writes the caller first, then all others,
// and returns n with *ok true if capacity >= n; else writes nothing and returns n with *ok false.
// capacity 0 is a size query without a stop. labels has capacity entries or is NULL. *profile is
// the number of this profile, as events call it, or 0 for a size query. [user]
uint32_t rt_goroutine_profile(struct rt_record *records, uint32_t *labels, uint32_t capacity,
                              uint32_t *profile, bool *ok);

// The same under one stop of the world (goroutineProfileWithLabelsSync): the caller first, then all
// others in the order of their creation. Its pause grows with the number of goroutines. It takes no
// part in the state machine, so it may come while a profile is active. [user]
uint32_t rt_goroutine_profile_sync(struct rt_record *records, uint32_t *labels, uint32_t capacity,
                                   uint32_t *profile, bool *ok);

// Dump the stacks of all goroutines under one stop of the world (runtime.Stack): the caller first,
// then all others in the order of allgs. Writes as many as fit and returns how many that are.
// labels and states have capacity entries; a state is as said in trace_events.def. It takes no part
// in the state machine, so it may come while a profile is active. [user]
uint32_t rt_stacks(struct rt_record *records, uint32_t *labels, uint64_t *states,
                   uint32_t capacity);

// The number of goroutines, at least 1 (runtime.NumGoroutine): no stop, so it is exact only while
// nobody else does anything. Service goroutines do not count, whatever they run. [user]
uint32_t rt_num_goroutine(void);

// ---- the goroutine leak profile -----------------------------------------------------------------

enum { RT_NAMES_COUNT = 32 };
#define RT_NAMES_ALL UINT32_MAX

// Objects that goroutines wait for are a bit each: which of them the op that comes next names, code
// that it hands over included, and which the rest of the calling goroutine's code does. Both may
// only shrink. A goroutine begins with what its creator's op names, and main with everything; one
// that waits for an object waits for what its op names. [user]
void rt_set_names(uint32_t op, uint32_t rest);

// Begin a request: wait for any other to end, and run a collection cycle that looks for goroutines
// of the plan that wait on a channel, mutex, semaphore or wait group which nobody names who can
// still go on (pprof.go writeGoroutineLeak). Returns their number, and of the cycle in *cycle.
// [user]
uint32_t rt_leak_begin(uint32_t *cycle);
// Write a record of each, in the order of their creation; labels has capacity entries. False, and
// nothing is written, if they are more than capacity. No stop: they do not run any more. [user]
bool rt_leak_records(struct rt_record *records, uint32_t *labels, uint32_t capacity);
// End the request. [user]
void rt_leak_end(void);

// ---- the trace ----------------------------------------------------------------------------------

// Emit an event from user code, about the calling goroutine. [user]
void rt_emit(enum trace_kind kind, uint32_t object, uint32_t version, uint32_t a, uint64_t b);

// Emit one about another goroutine (result_record). [user]
void rt_emit_about(enum trace_kind kind, uint32_t goroutine, uint32_t object, uint32_t version,
                   uint32_t a, uint64_t b);

#endif

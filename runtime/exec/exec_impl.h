// The inner ring of exec: the program of one run, and the flow of control through one plan body.
// Both are plain data that a run leaves behind in its arena or on its stacks.
#ifndef GPROOF_EXEC_IMPL_H
#define GPROOF_EXEC_IMPL_H

#include "exec.h"
#include "os_atomic.h"
#include "rt.h"
#include "workload.h"

enum {
    EXEC_NESTING_MAX = 144,       // calls inside calls: more than a record holds
    EXEC_PROFILE_SPARE = 64,      // slots a buffer may have beyond the goroutines of the plan
    EXEC_PROFILE_SLOTS = 8 << 20, // of all profile buffers of a run together
    EXEC_SERVICES = 8,            // service goroutines, with room for those that are replaced
};
_Static_assert((int)EXEC_NESTING_MAX > (int)RT_FRAMES_MAX, "deep stacks are cut in records");

struct exec_program;

// What a goroutine or callback gets as its argument: which body of which program.
struct exec_entry {
    struct exec_program *program;
    uint32_t body;
};

// One run of one workload. Plain fields are written before the run starts.
struct exec_program {
    const struct workload *workload;
    struct arena *arena;
    struct rt *rt;
    struct rt_chan *chans[WORKLOAD_CHANS_MAX];
    struct rt_coro *coros[WORKLOAD_COROS];
    struct rt_gomutex *mutexes[WORKLOAD_MUTEXES];
    struct rt_semaphore *semaphores[WORKLOAD_SEMAPHORES];
    struct rt_group *groups[WORKLOAD_GROUPS];
    struct exec_entry entries[WORKLOAD_BODIES_MAX];
    const struct exec_names *names; // by op; NULL: nobody looks for leaks
    struct os_u32 fuel_used;
    struct os_u32 alive; // goroutines of the plan
    struct os_u32 slots; // of profile buffers handed out
};

// Which objects of the plan that goroutines wait for an op names, a bit each, and which the ops
// behind it in its body do; what a body names that is named counts as well.
struct exec_names {
    uint32_t op, rest;
};

// A buffer that profiles of one flow are written to, reused while it is large enough.
struct exec_profile_buffer {
    struct rt_record *records;
    uint64_t *states; // of a dump of all stacks
    uint32_t *labels;
    uint32_t capacity;
};

// What kind of goroutine executes a body.
enum exec_runner { EXEC_PLAN, EXEC_SERVICE, EXEC_FOREIGN };

// One execution of one body, on the stack of the goroutine that executes it.
struct exec_flow {
    struct exec_program *program;
    const struct workload_op *ops;
    uint32_t at, end;  // next op of the body; at == end unwinds
    uint32_t depth;    // frame functions entered and not returned from
    uint32_t progress; // of the goroutine, after its last step
    uint32_t levels;   // of a recursion that are still to be entered
    bool sync;         // the profile that it takes is the sync variant
    enum exec_runner runner;
    struct exec_profile_buffer buffer;
};

// What is needed to execute a workload, from pieces that the world owns.
struct exec_resources {
    struct arena *arena;
    struct stack_pool *stacks;
    struct trace_buffer *buffers;
    bool shared_buffer;
    uint32_t tick_ns; // of sleeps and timers
};

// Boot a runtime for the workload. The result lives in the arena. *workload must outlive the run.
struct exec_program *exec_program_new(const struct exec_config *config,
                                      const struct exec_resources *resources,
                                      const struct workload *workload);

// Bytes of arena that any canonical workload can do with.
size_t exec_arena_capacity(void);

// Stacks that a run of any canonical workload can use at once: goroutines, services, threads.
size_t exec_stacks_max(void);

// Execute ops of the flow until the matching return or the end of the body. frame holds its
// handles; id is the frame function that called, or -1 for the body itself. [user]
void exec_ops(struct exec_flow *flow, struct rt_frame *frame, int id);

// Call frame function id, which goes on with the flow. id < WORKLOAD_FRAMES. [user]
void exec_call_frame(struct exec_flow *flow, uint32_t id);

// The frame function that this return address lies in, or -1. Pure.
int exec_frame_of(uintptr_t pc);

// Make the objects of the plan that goroutines wait for, but channels. Before the run.
void exec_blocking_new(struct exec_program *program);

// Does the plan sleep or set timers?
bool exec_has_timers(const struct workload_plan *plan);

// Execute an op on a mutex, semaphore or wait group, or a sleep. [user]
void exec_blocking(struct exec_flow *flow, const struct workload_op *op);

// Execute the select or poll that the flow has just taken, with the cases that follow, which it
// leaves behind. [user]
void exec_select(struct exec_flow *flow, struct rt_frame *frame, bool waits);

// Start a goroutine on that body after so many ticks, if there is room for one. [user]
void exec_after(struct exec_flow *flow, uint32_t ticks, uint32_t body);

// Take the place of a goroutine of the plan, of which so many may be alive. False: there is none.
bool exec_take_place(struct exec_program *program);
void exec_give_place(struct exec_program *program);

// What a goroutine of the plan runs; argument is its struct exec_entry.
void exec_goroutine(void *argument);

// Execute a profile op, or one of the sync variant. [user]
void exec_profile(struct exec_flow *flow, uint32_t capacity, bool sync);

// Execute a stacks op. [user]
void exec_stacks(struct exec_flow *flow, uint32_t capacity);

// Execute a goroutineleak op. [user]
void exec_leak_profile(struct exec_flow *flow, uint32_t capacity);

// What each op of the plan names, in the arena; NULL if no op looks for leaks. Before the run.
const struct exec_names *exec_names_new(struct arena *arena, const struct workload_plan *plan);

// Tell the runtime what the op that comes next names, and the rest of the flow. [user]
void exec_tell_names(struct exec_flow *flow, const struct workload_op *op);

#endif

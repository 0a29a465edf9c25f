// See script.h.
#include "script.h"

#include "assert.h"

#include <string.h>

void script_event(struct script *script, uint32_t thread, enum trace_kind kind, uint32_t goroutine,
                  uint32_t object, uint32_t version, uint32_t a, uint64_t b) {
    ASSERT(script->count < SCRIPT_EVENTS);
    script->events[script->count] = (struct trace_event){
        .sequence = script->count,
        .kind = (uint16_t)kind,
        .thread = (uint16_t)thread,
        .goroutine = goroutine,
        .object = object,
        .version = version,
        .a = a,
        .b = b,
    };
    script->count++;
}

void script_begin(struct script *script, bool raw) {
    memset(script, 0, sizeof *script);
    script->raw = raw;
    script_event(script, 0, TRACE_run_begin, 0, 2, 0, 4, 8);
}

struct trace script_trace(const struct script *script) {
    return (struct trace){.events = script->events, .count = script->count};
}

// ---- watched words ------------------------------------------------------------------------------

static void tell_raw(struct script *script, uint32_t thread, uint32_t goroutine,
                     enum trace_raw_class which, uint32_t version, uint32_t value) {
    if (script->raw)
        script_event(script, thread, TRACE_raw, goroutine, 0, version, which, value);
}

void script_status(struct script *script, uint32_t thread, uint32_t goroutine, uint32_t to) {
    struct script_g *g = &script->g[goroutine];
    uint32_t from = g->status;
    g->status = to;
    g->status_version++;
    tell_raw(script, thread, goroutine, TRACE_RAW_STATUS, g->status_version, to);
    script_event(script, thread, TRACE_status, goroutine, 0, g->status_version, from, to);
}

// A compare-and-swap tells after it was done, a store before.
void script_state(struct script *script, uint32_t thread, uint32_t goroutine, uint32_t by,
                  uint32_t to) {
    struct script_g *g = &script->g[goroutine];
    uint32_t from = g->state;
    bool store = to != TRACE_IN_PROGRESS;
    g->state = to;
    g->state_version++;
    if (!store)
        tell_raw(script, thread, goroutine, TRACE_RAW_PROFILE_STATE, g->state_version, to);
    script_event(script, thread, TRACE_profile_state, goroutine, by, g->state_version, from, to);
    if (store)
        tell_raw(script, thread, goroutine, TRACE_RAW_PROFILE_STATE, g->state_version, to);
}

// ---- life ---------------------------------------------------------------------------------------

void script_create(struct script *script, uint32_t thread, uint32_t creator, uint32_t goroutine,
                   enum trace_service service) {
    struct script_g *g = &script->g[goroutine];
    ASSERT(goroutine < SCRIPT_GOROUTINES);
    *g = (struct script_g){.status = TRACE_GDEAD, .status_version = 1};
    script_event(script, thread, TRACE_go_create, goroutine, creator, goroutine, service,
                 goroutine);
    if (service == TRACE_PLAN && script->g[creator].label != 0)
        script_label(script, thread, goroutine, script->g[creator].label);
}

void script_run(struct script *script, uint32_t thread, uint32_t goroutine) {
    script_status(script, thread, goroutine, TRACE_GRUNNING);
    script_event(script, thread, TRACE_go_run, goroutine, 0, 0, 0, 0);
}

void script_stop(struct script *script, uint32_t thread, uint32_t goroutine, enum trace_wait wait) {
    bool runnable =
        wait == TRACE_WAIT_PREEMPTED || wait == TRACE_WAIT_YIELD || wait == TRACE_WAIT_SYSCALL_NO_P;
    script_event(script, thread, TRACE_go_stop, goroutine, 0, 0, wait, 0);
    script_status(script, thread, goroutine, runnable ? TRACE_GRUNNABLE : TRACE_GWAITING);
}

void script_ready(struct script *script, uint32_t thread, uint32_t goroutine) {
    script_event(script, thread, TRACE_go_ready, goroutine, 0, 0, 0, 0);
    script_status(script, thread, goroutine, TRACE_GRUNNABLE);
}

void script_exit(struct script *script, uint32_t thread, uint32_t goroutine, enum trace_role role) {
    script_event(script, thread, TRACE_go_exit, goroutine, 0, 0, role, 0);
    script_status(script, thread, goroutine, TRACE_GDEAD);
}

void script_role(struct script *script, uint32_t thread, uint32_t goroutine, enum trace_role role) {
    script_event(script, thread, TRACE_role, goroutine, 0, 0, role, 0);
}

void script_syscall(struct script *script, uint32_t thread, uint32_t goroutine, bool enter) {
    if (enter)
        script_event(script, thread, TRACE_syscall_enter, goroutine, 0, 0, 0, 0);
    script_status(script, thread, goroutine, enter ? TRACE_GSYSCALL : TRACE_GRUNNING);
    if (!enter)
        script_event(script, thread, TRACE_syscall_exit, goroutine, 0, 0, 0, 0);
}

// ---- user code ----------------------------------------------------------------------------------

void script_step(struct script *script, uint32_t thread, uint32_t goroutine) {
    script_event(script, thread, TRACE_user_step, goroutine, 0, 0, 0,
                 ++script->g[goroutine].progress);
}

void script_body(struct script *script, uint32_t thread, uint32_t goroutine, bool begin) {
    script_event(script, thread, begin ? TRACE_body_begin : TRACE_body_end, goroutine, 0, 0, 0,
                 ++script->g[goroutine].progress);
    script->g[goroutine].depth = 0;
}

void script_call(struct script *script, uint32_t thread, uint32_t goroutine, uint32_t frame) {
    struct script_g *g = &script->g[goroutine];
    ASSERT(g->depth < SCRIPT_FRAMES);
    g->frames[g->depth++] = (uint8_t)frame;
    script_event(script, thread, TRACE_call, goroutine, 0, 0, frame, 0);
}

void script_return(struct script *script, uint32_t thread, uint32_t goroutine) {
    struct script_g *g = &script->g[goroutine];
    g->depth--;
    script_event(script, thread, TRACE_return, goroutine, 0, 0, g->frames[g->depth], 0);
}

void script_label(struct script *script, uint32_t thread, uint32_t goroutine, uint32_t label) {
    script->g[goroutine].label = label;
    script_event(script, thread, TRACE_label, goroutine, 0, 0, label, 0);
}

// ---- the world and the profiler -----------------------------------------------------------------

void script_world_stop(struct script *script, uint32_t thread, uint32_t goroutine,
                       enum trace_stop_reason reason) {
    script_event(script, thread, TRACE_stop_request, goroutine, 0, 0, reason, 0);
    script_event(script, thread, TRACE_world_stopped, goroutine, 0, 0, reason, 0);
}

void script_world_start(struct script *script, uint32_t thread, uint32_t goroutine,
                        enum trace_stop_reason reason) {
    script_event(script, thread, TRACE_world_start, goroutine, 0, 0, reason, 0);
}

void script_profile_record(struct script *script, uint32_t thread, uint32_t goroutine,
                           uint32_t slot) {
    const struct script_g *g = &script->g[goroutine];
    script_event(script, thread, TRACE_profile_record, goroutine, slot, 0, g->progress, g->label);
}

void script_record(struct script *script, uint32_t thread, uint32_t goroutine,
                   enum trace_observer by, uint32_t slot) {
    const struct script_g *g = &script->g[goroutine];
    bool system = slot == SCRIPT_NO_SLOT;
    script_event(script, thread, TRACE_observe, goroutine, by, 0, g->state,
                 system ? TRACE_ROLE_SYSTEM : TRACE_ROLE_USER);
    script_state(script, thread, goroutine, by, TRACE_IN_PROGRESS);
    if (!system) {
        uint32_t status = g->status;
        bool taken = (status & TRACE_GSCAN) != 0; // by somebody else
        if (!taken)
            script_status(script, thread, goroutine, status | TRACE_GSCAN);
        script_event(script, thread, TRACE_stack_read, goroutine, 1, 0, status,
                     status == TRACE_GSYSCALL);
        script_profile_record(script, thread, goroutine, slot);
        if (!taken)
            script_status(script, thread, goroutine, status);
    }
    script_state(script, thread, goroutine, by, TRACE_SATISFIED);
}

void script_result_record(struct script *script, uint32_t thread, uint32_t goroutine, uint32_t slot,
                          const struct script_g *seen) {
    uint64_t frames = 0;
    for (uint32_t i = 0; i < seen->depth; i++)
        frames |= (uint64_t)seen->frames[seen->depth - 1 - i] << (4 * i);
    script_event(script, thread, TRACE_result_record, goroutine, slot, seen->progress, seen->label,
                 seen->depth);
    if (seen->depth != 0)
        script_event(script, thread, TRACE_result_frames, goroutine, slot, 0, 0, frames);
}

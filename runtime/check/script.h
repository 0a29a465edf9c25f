// Hand-written traces for tests: each call appends the events that a correct runtime emits for one
// thing that happens, with versions, progress and raw writes kept right by themselves. A test bends
// a script by leaving a call out, by calling it at the wrong moment, or by appending a bare event.
#ifndef GPROOF_SCRIPT_H
#define GPROOF_SCRIPT_H

#include "trace.h"

enum { SCRIPT_EVENTS = 1024, SCRIPT_GOROUTINES = 16, SCRIPT_FRAMES = 8 };

struct script_g {
    uint32_t status, status_version;
    uint32_t state, state_version;
    uint32_t progress, label, depth;
    uint8_t frames[SCRIPT_FRAMES]; // root first
};

struct script {
    bool raw; // tell raw writes, as the virtual world does
    uint32_t count;
    struct trace_event events[SCRIPT_EVENTS];
    struct script_g g[SCRIPT_GOROUTINES];
};

// Empty, but for run_begin.
void script_begin(struct script *script, bool raw);
struct trace script_trace(const struct script *script);

// A bare event.
void script_event(struct script *script, uint32_t thread, enum trace_kind kind, uint32_t goroutine,
                  uint32_t object, uint32_t version, uint32_t a, uint64_t b);

// Edges of the two watched words, with their raw writes. by = enum trace_observer or SELF, SWEEP.
void script_status(struct script *script, uint32_t thread, uint32_t goroutine, uint32_t to);
void script_state(struct script *script, uint32_t thread, uint32_t goroutine, uint32_t by,
                  uint32_t to);

// Life
void script_create(struct script *script, uint32_t thread, uint32_t creator, uint32_t goroutine,
                   enum trace_service service);
void script_run(struct script *script, uint32_t thread, uint32_t goroutine);
void script_stop(struct script *script, uint32_t thread, uint32_t goroutine, enum trace_wait wait);
void script_ready(struct script *script, uint32_t thread, uint32_t goroutine);
void script_exit(struct script *script, uint32_t thread, uint32_t goroutine, enum trace_role role);
void script_role(struct script *script, uint32_t thread, uint32_t goroutine, enum trace_role role);
void script_syscall(struct script *script, uint32_t thread, uint32_t goroutine, bool enter);

// User code
void script_step(struct script *script, uint32_t thread, uint32_t goroutine);
void script_body(struct script *script, uint32_t thread, uint32_t goroutine, bool begin);
void script_call(struct script *script, uint32_t thread, uint32_t goroutine, uint32_t frame);
void script_return(struct script *script, uint32_t thread, uint32_t goroutine);
void script_label(struct script *script, uint32_t thread, uint32_t goroutine, uint32_t label);

// The world: stop_request and world_stopped, or world_start.
void script_world_stop(struct script *script, uint32_t thread, uint32_t goroutine,
                       enum trace_stop_reason reason);
void script_world_start(struct script *script, uint32_t thread, uint32_t goroutine,
                        enum trace_stop_reason reason);

// A recorder: observe, acquire, read the stack, write the record to that slot, satisfy. Slot
// SCRIPT_NO_SLOT: a system goroutine, which has no record.
enum { SCRIPT_NO_SLOT = UINT32_MAX };
void script_record(struct script *script, uint32_t thread, uint32_t goroutine,
                   enum trace_observer by, uint32_t slot);
// Its last part but one: only the record.
void script_profile_record(struct script *script, uint32_t thread, uint32_t goroutine,
                           uint32_t slot);

// One record of a result as the caller sees it, showing goroutine as *seen remembers it.
void script_result_record(struct script *script, uint32_t thread, uint32_t goroutine, uint32_t slot,
                          const struct script_g *seen);

#endif

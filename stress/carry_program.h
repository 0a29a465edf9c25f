// A workload as a Go test: the text of plan_test.go, whose bodies call the ops of the harness in
// stress/go. Pure, thread-safe.
//
// Also which gates of the runtime a workload asks for: those at the sites of its schedule's
// preemptions, and those around the flips and returns that its ops bring about.
#ifndef GPROOF_CARRY_PROGRAM_H
#define GPROOF_CARRY_PROGRAM_H

#include "strbuf.h"
#include "workload.h"

#include <stdbool.h>
#include <stdint.h>

// The gates, in the order of the counters that the test prints (stress/go/support.go.txt).
enum carry_gate {
    CARRY_FINALIZER_LOOP,
    CARRY_FINALIZER_FLIP,
    CARRY_CLEANUP_LOOP,
    CARRY_CLEANUP_FLIP,
    CARRY_CLEANUP_END,
    CARRY_WALK,
    CARRY_SYSCALL,
    CARRY_STATE,
    CARRY_RECORD,
    CARRY_FLAGS,
    CARRY_STOP,
    CARRY_GATES,
    CARRY_PROFILES = 14, // no gate: profiles that became active
    CARRY_OPS = 15,      // between the ops of the plan
    CARRY_HITS = 16
};

// The name of a gate or of CARRY_OPS; NULL for a number without one.
const char *carry_gate_name(uint32_t gate);

// Bit i: gate i is wanted.
uint32_t carry_gates(const struct workload *workload);

// True if an op of this kind is in the plan.
bool carry_has(const struct workload_plan *plan, enum workload_op_kind kind);

// Name of an op of the plan that the harness has no counterpart for, or NULL. stock: on a runtime
// without changes.
const char *carry_refused(const struct workload_plan *plan, bool stock);

// Ps that a test of the plan has.
uint32_t carry_procs(const struct workload *workload);

// True if an op of the plan starts threads of C, which need cgo.
bool carry_has_threads(const struct workload_plan *plan);

// The oldest minor version of Go 1 that has a counterpart for every op of the plan, and in *op the
// name of an op that needs it (NULL if every supported version has them all).
uint32_t carry_needs(const struct workload_plan *plan, const char **op);

// Append the Go source. number tells the plans of one test apart; gates as told by carry_gates.
void carry_print(const struct workload *workload, uint32_t number, uint32_t gates,
                 struct strbuf *out);

#endif

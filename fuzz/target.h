// The fuzz target, the same for every engine: bytes -> workload -> run -> verdict. Options come by
// environment variables, since engines own the command line:
//
//   GPROOF_MUTANTS     ids of mutants to switch on, with commas between       (default none)
//   GPROOF_VERSION     version of the protocol                                (default ideal)
//   GPROOF_NOISE       posix: 0 off, 1 light, 2 heavy                         (default 0)
//   GPROOF_SCHEDULE    input | uniform: ignore the input's schedule and walk uniformly, seeded by
//   the
//                      input (an ablation)                                    (default input)
//   GPROOF_MUTATOR     value | bytes: decode, change the value, encode; or leave the bytes to the
//                      engine's own mutators (an ablation; see mutator.h)     (default value)
//   GPROOF_SEED        seed of the noise                                      (default 1)
//   GPROOF_FINDINGS    folder for violations (raw_finding.h): the target writes each signature once
//   and
//                      goes on. Without it the target behaves as users of an engine expect: it
//                      prints the broken invariant and aborts.
//   GPROOF_SCOREBOARD  file for counters and the input under execution (scoreboard.h)
//
// A bad value ends the process with exit code 2 before the first execution. In the posix world a
// run that cannot be drained ends the process with RUNNER_EXIT_LOST after its finding is written.
//
// Inputs are cut to TARGET_FUEL_MAX and TARGET_GOROUTINES_MAX before they run (and findings are
// written as they ran): beyond, the trace of a run does not fit its buffer and nothing can be
// judged.
#ifndef GPROOF_TARGET_H
#define GPROOF_TARGET_H

#include <stddef.h>
#include <stdint.h>

enum { TARGET_FUEL_MAX = 8192, TARGET_GOROUTINES_MAX = 1024 };

// The engines call these two. Returns 0.
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

// Scheduling points of the last run (virtual), for an engine that prefers short ones.
uint64_t target_points(void);

#endif

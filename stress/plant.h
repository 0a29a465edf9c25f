// The canary of the sanitizer: a fault that only it can see. One implementation is linked, by what
// the build is instrumented with (plant_tsan.c, plant_asan.c, plant_none.c). Called by the worker,
// between runs, with the sanitizer started.
#ifndef GPROOF_STRESS_PLANT_H
#define GPROOF_STRESS_PLANT_H

// What kind of finding has to come of it. NULL: there is no sanitizer, and nothing is planted.
const char *plant_kind(void);

// Commit it. Under TSan a race on a plain variable, in plant_first and plant_second; under ASan a
// write behind a block, which ends the process.
void plant_fault(void);

#endif

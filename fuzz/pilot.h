// Who steers a run: the scheduler that a workload's schedule names in the virtual world, nobody in
// the posix world, where the machine decides. One file a world (pilot_virtual.c, pilot_posix.c),
// chosen by the link line.
#ifndef GPROOF_PILOT_H
#define GPROOF_PILOT_H

#include "workload.h"

struct sched;
struct pilot;

// NULL if memory is short.
struct pilot *pilot_new(void);
void pilot_free(struct pilot *pilot); // NULL is fine

// What to give exec_run first, for a run that nobody looks at: the schedule of this workload asks
// what its program does. NULL = it does not, or that is known since the last such run. Borrowed.
struct sched *pilot_scout(struct pilot *pilot, const struct workload *workload);

// What to give exec_run for this schedule. Borrowed until the next call.
struct sched *pilot_for(struct pilot *pilot, const struct workload_schedule *schedule);

#endif

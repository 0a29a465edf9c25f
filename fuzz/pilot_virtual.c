#include "pilot.h"

#include "sched_census.h"
#include "schedulers.h"

#include <stdlib.h>

struct pilot {
    struct scheduler scheduler;
    struct sched_census census;
    struct workload counted; // of the census, its schedule left out
    bool has_census;
};

struct pilot *pilot_new(void) {
    return calloc(1, sizeof(struct pilot));
}

void pilot_free(struct pilot *pilot) {
    free(pilot);
}

struct sched *pilot_scout(struct pilot *pilot, const struct workload *workload) {
    const struct workload_schedule *schedule = &workload->schedule;
    bool asks = schedule->mode == SCHEDULE_SURW || schedule->mode == SCHEDULE_RF;
    if (!asks || schedule->entries != 0)
        return NULL;
    struct workload program = {.header = workload->header, .plan = workload->plan};
    if (pilot->has_census && workload_equal(&pilot->counted, &program))
        return NULL;
    pilot->has_census = true;
    pilot->counted = program;
    sched_census_init(&pilot->census);
    return &pilot->census.sched;
}

struct sched *pilot_for(struct pilot *pilot, const struct workload_schedule *schedule) {
    scheduler_init(&pilot->scheduler, schedule);
    pilot->scheduler.census = pilot->has_census ? &pilot->census : NULL;
    return &pilot->scheduler.sched;
}

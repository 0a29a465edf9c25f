#include "pilot.h"

#include "schedulers.h"

#include <stdlib.h>

struct pilot {
    struct scheduler scheduler;
};

struct pilot *pilot_new(void) {
    return calloc(1, sizeof(struct pilot));
}

void pilot_free(struct pilot *pilot) {
    free(pilot);
}

struct sched *pilot_for(struct pilot *pilot, const struct workload_schedule *schedule) {
    scheduler_init(&pilot->scheduler, schedule);
    return &pilot->scheduler.sched;
}

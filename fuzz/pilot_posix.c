#include "pilot.h"

#include <stdlib.h>

struct pilot {
    char nothing;
};

struct pilot *pilot_new(void) {
    return calloc(1, sizeof(struct pilot));
}

void pilot_free(struct pilot *pilot) {
    free(pilot);
}

struct sched *pilot_scout(struct pilot *pilot, const struct workload *workload) {
    (void)pilot, (void)workload;
    return NULL;
}

struct sched *pilot_for(struct pilot *pilot, const struct workload_schedule *schedule) {
    (void)pilot, (void)schedule;
    return NULL;
}

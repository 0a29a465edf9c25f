// From a schedule to the scheduler that keeps it.
#include "schedulers.h"
#include "assert.h"
#include "sched_impl.h"

void scheduler_init(struct scheduler *scheduler, const struct workload_schedule *schedule) {
    scheduler->schedule = *schedule;
    if (schedule->entries != 0) {
        sched_list_init(scheduler);
        return;
    }
    switch ((enum workload_schedule_mode)schedule->mode) {
    case SCHEDULE_LIST:
        sched_list_init(scheduler);
        return;
    case SCHEDULE_UNIFORM:
        sched_uniform_init(scheduler);
        return;
    case SCHEDULE_STICKY:
        sched_sticky_init(scheduler);
        return;
    case SCHEDULE_PCT:
        sched_pct_init(scheduler);
        return;
    case SCHEDULE_POS:
        sched_pos_init(scheduler);
        return;
    case SCHEDULE_SURW:
        sched_surw_init(scheduler);
        return;
    case SCHEDULE_RF:
        sched_rf_init(scheduler);
        return;
    case SCHEDULE_MODE_COUNT:
        break;
    }
    ASSERT(!"a schedule without a mode");
}

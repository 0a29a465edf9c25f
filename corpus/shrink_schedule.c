#include "shrink.h"

#include <string.h>

static void remove_entries(struct workload_schedule *schedule, uint32_t at, uint32_t count) {
    memmove(&schedule->entry[at], &schedule->entry[at + count],
            (schedule->entries - at - count) * sizeof schedule->entry[0]);
    schedule->entries = (uint16_t)(schedule->entries - count);
}

// Chunks of entries from large to small, the last first: late decisions follow from early ones.
static bool fewer_entries(struct shrink *shrink) {
    bool progress = false;
    for (uint32_t size = shrink->best.schedule.entries; size > 0; size /= 2) {
        uint32_t end = shrink->best.schedule.entries;
        while (end > 0) {
            uint32_t at = end > size ? end - size : 0;
            struct workload candidate = shrink->best;
            remove_entries(&candidate.schedule, at, end - at);
            progress |= shrink_try(shrink, &candidate);
            uint32_t left = shrink->best.schedule.entries;
            end = at < left ? at : left;
        }
    }
    return progress;
}

static bool plainer_entries(struct shrink *shrink) {
    bool progress = false;
    for (uint32_t i = 0; i < shrink->best.schedule.entries; i++) {
        struct workload candidate = shrink->best;
        struct workload_entry *entry = &candidate.schedule.entry[i];
        entry->target = 0;
        if (entry->is_choice)
            entry->value = 1;
        progress |= shrink_try(shrink, &candidate);
    }
    return progress;
}

static bool plainer_mode(struct shrink *shrink) {
    bool progress = false;
    struct workload candidate = shrink->best;
    if (candidate.schedule.mode == SCHEDULE_LIST)
        return false;
    memset(&candidate.schedule, 0, sizeof candidate.schedule);
    if (shrink_try(shrink, &candidate))
        return true;
    while (shrink->best.schedule.param > 0) {
        candidate = shrink->best;
        candidate.schedule.param--;
        if (!shrink_try(shrink, &candidate))
            break;
        progress = true;
    }
    return progress;
}

bool shrink_schedule(struct shrink *shrink) {
    bool progress = plainer_mode(shrink);
    progress |= fewer_entries(shrink);
    progress |= plainer_entries(shrink);
    return progress;
}

// A number from value toward low by halving steps.
static bool smaller_number(struct shrink *shrink, uint32_t low,
                           uint32_t (*get)(const struct workload_header *header),
                           void (*set)(struct workload_header *header, uint32_t value)) {
    bool progress = false;
    uint32_t step = get(&shrink->best.header) - low;
    while (step > 0) {
        uint32_t value = get(&shrink->best.header);
        struct workload candidate = shrink->best;
        set(&candidate.header, value - step);
        if (shrink_try(shrink, &candidate)) {
            progress = true;
            uint32_t left = get(&shrink->best.header) - low;
            step = step < left ? step : left;
        } else {
            step /= 2;
        }
    }
    return progress;
}

#define HEADER_FIELD(field, type)                                                                  \
    static uint32_t get_##field(const struct workload_header *header) {                            \
        return header->field;                                                                      \
    }                                                                                              \
    static void set_##field(struct workload_header *header, uint32_t value) {                      \
        header->field = (type)value;                                                               \
    }
HEADER_FIELD(procs, uint8_t)
HEADER_FIELD(ms, uint8_t)
HEADER_FIELD(cleanups, uint8_t)
HEADER_FIELD(goroutines, uint32_t)
HEADER_FIELD(fuel, uint32_t)

bool shrink_header(struct shrink *shrink) {
    bool progress = smaller_number(shrink, 1, get_procs, set_procs);
    progress |= smaller_number(shrink, shrink->best.header.procs, get_ms, set_ms);
    progress |= smaller_number(shrink, 1, get_cleanups, set_cleanups);
    progress |= smaller_number(shrink, 1, get_goroutines, set_goroutines);
    progress |= smaller_number(shrink, 1, get_fuel, set_fuel);
    return progress;
}

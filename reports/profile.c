#include "profile_impl.h"

#include "assert.h"

#include <stdlib.h>
#include <string.h>

enum { FRAMES_PER_EVENT = 16, FRAME_BITS = 4 };

// ---- reading ------------------------------------------------------------------------------------

uint32_t profile_choose(const struct trace *trace, uint32_t event) {
    uint32_t number = 0;
    for (uint32_t i = 0; i < trace->count && (i <= event || number == 0); i++)
        if (profile_came_back(&trace->events[i]))
            number = trace->events[i].object;
    return number;
}

static void *grow(void *array, uint32_t *capacity, uint32_t count, size_t size) {
    if (count < *capacity)
        return array;
    *capacity = *capacity != 0 ? *capacity * 2 : 64;
    array = realloc(array, *capacity * size);
    ASSERT(array != NULL);
    return array;
}

static void add_record(struct profile *profile, const struct trace_event *event) {
    profile->records =
        grow(profile->records, &profile->capacity, profile->count, sizeof *profile->records);
    profile->records[profile->count++] = (struct profile_record){
        .goroutine = event->goroutine,
        .label = event->a,
        .first = profile->frames_count,
    };
}

// Up to 16 frames of the last record. Its depth, which the record told, ends them.
static void add_frames(struct profile *profile, const struct trace_event *event, uint64_t depth) {
    if (profile->count == 0)
        return;
    struct profile_record *record = &profile->records[profile->count - 1];
    if (event->a != record->depth) // frames before these are missing
        return;
    for (uint32_t i = 0; i < FRAMES_PER_EVENT && record->depth < depth; i++) {
        profile->frames =
            grow(profile->frames, &profile->frames_capacity, profile->frames_count, 1);
        profile->frames[profile->frames_count++] =
            (uint8_t)(event->b >> (FRAME_BITS * i) & ((1u << FRAME_BITS) - 1));
        record->depth++;
    }
}

// The caller tells its records on one thread, right after the profile has returned.
static void read_records(struct profile *profile, const struct trace *trace) {
    uint64_t depth = 0;
    for (uint32_t i = profile->event + 1; i < trace->count; i++) {
        const struct trace_event *event = &trace->events[i];
        if (event->thread != trace->events[profile->event].thread)
            continue;
        if (event->kind == TRACE_result_record) {
            add_record(profile, event);
            depth = event->b;
        } else if (event->kind == TRACE_result_frames) {
            add_frames(profile, event, depth);
        } else if (event->kind != TRACE_preempt && event->kind != TRACE_choose) {
            return;
        }
    }
}

bool profile_read(struct profile *profile, const struct trace *trace, uint32_t number) {
    *profile = (struct profile){.number = number};
    for (uint32_t i = 0; i < trace->count; i++) {
        const struct trace_event *event = &trace->events[i];
        if (!profile_came_back(event) || event->object != number)
            continue;
        profile->event = i;
        profile->goroutine = event->goroutine;
        profile->n = event->a;
        profile->ok = event->b & 1;
        if (profile->ok)
            read_records(profile, trace);
        return true;
    }
    return false;
}

void profile_fini(struct profile *profile) {
    free(profile->records);
    free(profile->frames);
    *profile = (struct profile){0};
}

// ---- grouping -----------------------------------------------------------------------------------

// A record on its way into a group: records of one key become neighbours.
struct keyed {
    struct strbuf key;
    uint32_t record, count;
};

static int by_key(const void *left, const void *right) {
    const struct keyed *a = left, *b = right;
    int order = strcmp(a->key.text, b->key.text);
    return order != 0 ? order : a->record < b->record ? -1 : 1;
}

static int by_count(const void *left, const void *right) {
    const struct keyed *a = left, *b = right;
    return a->count != b->count ? (a->count > b->count ? -1 : 1) : strcmp(a->key.text, b->key.text);
}

uint32_t profile_groups(const struct profile *profile, const struct profile_program *program,
                        struct profile_group *groups) {
    uint32_t count = 0;
    if (profile->count == 0)
        return 0;
    struct keyed *keyed = calloc(profile->count, sizeof *keyed);
    ASSERT(keyed != NULL);
    for (uint32_t i = 0; i < profile->count; i++) {
        keyed[i] = (struct keyed){.record = i, .count = 1};
        profile_put_key(&keyed[i].key, profile, program, &profile->records[i]);
    }
    qsort(keyed, profile->count, sizeof *keyed, by_key);
    for (uint32_t i = 0; i < profile->count; i++) {
        if (count != 0 && strcmp(keyed[count - 1].key.text, keyed[i].key.text) == 0) {
            keyed[count - 1].count++;
            strbuf_fini(&keyed[i].key);
        } else {
            struct keyed moved = keyed[i];
            keyed[i].key = (struct strbuf){0};
            keyed[count++] = moved;
        }
    }
    qsort(keyed, count, sizeof *keyed, by_count);
    for (uint32_t i = 0; i < count; i++) {
        groups[i] = (struct profile_group){.record = keyed[i].record, .count = keyed[i].count};
        strbuf_fini(&keyed[i].key);
    }
    free(keyed);
    return count;
}

#include "timeline.h"

#include "assert.h"
#include "cast.h"

#include <stdlib.h>

#define NOTHING UINT32_MAX // no value, no span

struct builder {
    struct timeline *timeline;
    struct cast cast;
    uint32_t *open[TIMELINE_KIND_COUNT]; // per lane: its span that has not ended, or NOTHING
    uint32_t lanes[TIMELINE_KIND_COUNT];
    bool *dead; // per goroutine: what is still written about it is not drawn
};

static void *grow(void *array, uint32_t *capacity, uint32_t count, size_t size) {
    if (count < *capacity)
        return array;
    *capacity = *capacity != 0 ? *capacity * 2 : 256;
    array = realloc(array, *capacity * size);
    ASSERT(array != NULL);
    return array;
}

// From event on, the lane shows value, or NOTHING.
static void show(struct builder *builder, enum timeline_kind kind, uint32_t lane, uint32_t value,
                 uint32_t event) {
    struct timeline *timeline = builder->timeline;
    if (lane >= builder->lanes[kind])
        return;
    uint32_t *open = &builder->open[kind][lane];
    if (*open != NOTHING) {
        struct timeline_span *span = &timeline->spans[*open];
        if (span->value == value)
            return;
        span->to = event;
        *open = NOTHING;
    }
    if (value == NOTHING)
        return;
    timeline->spans = grow(timeline->spans, &timeline->spans_capacity, timeline->spans_count,
                           sizeof *timeline->spans);
    *open = timeline->spans_count++;
    timeline->spans[*open] = (struct timeline_span){
        .kind = kind, .lane = lane, .value = value, .from = event, .to = timeline->events};
}

static void add_preemption(struct timeline *timeline, uint32_t index,
                           const struct trace_event *event) {
    timeline->preemptions = grow(timeline->preemptions, &timeline->preemptions_capacity,
                                 timeline->preemptions_count, sizeof *timeline->preemptions);
    timeline->preemptions[timeline->preemptions_count++] = (struct timeline_preemption){
        .event = index, .thread = event->thread, .to_thread = event->object, .site = event->a};
}

static void show_world(struct builder *builder, uint32_t index, const struct trace_event *event) {
    switch (event->kind) {
    case TRACE_stop_request:
        show(builder, TIMELINE_WANTED, 0, event->a, index);
        break;
    case TRACE_world_stopped:
        show(builder, TIMELINE_WANTED, 0, NOTHING, index);
        show(builder, TIMELINE_STOPPED, 0, event->a, index);
        break;
    case TRACE_world_start:
        show(builder, TIMELINE_STOPPED, 0, NOTHING, index);
        break;
    case TRACE_profile_active:
        show(builder, TIMELINE_PROFILE, 0, event->object, index);
        break;
    case TRACE_profile_inactive:
        show(builder, TIMELINE_PROFILE, 0, NOTHING, index);
        break;
    case TRACE_preempt:
        if (event->b != 0)
            add_preemption(builder->timeline, index, event);
        break;
    default:
        break;
    }
}

static void show_goroutine(struct builder *builder, uint32_t index,
                           const struct trace_event *event) {
    uint32_t id = event->goroutine;
    const struct cast_goroutine *goroutine = cast_goroutine(&builder->cast, id);
    if (id == 0 || id >= builder->cast.goroutines_count || !goroutine->created)
        return;
    bool *gone = &builder->dead[id];
    if (event->kind == TRACE_go_create)
        *gone = false;
    if (*gone)
        return;
    bool dead = *gone =
        event->kind == TRACE_status && (event->b == TRACE_GDEAD || event->b == TRACE_GDEADEXTRA);
    if (event->kind == TRACE_status)
        show(builder, TIMELINE_STATUS, id, dead ? NOTHING : (uint32_t)event->b, index);
    show(builder, TIMELINE_ROLE, id, dead ? NOTHING : goroutine->role, index);
    show(builder, TIMELINE_STATE, id, dead ? NOTHING : goroutine->state, index);
}

static void show_threads(struct builder *builder, uint32_t index, uint32_t thread) {
    if (thread >= builder->cast.threads)
        return;
    uint32_t current = builder->cast.current[thread];
    show(builder, TIMELINE_ON_THREAD, thread, current != 0 ? current : NOTHING, index);
}

void timeline_init(struct timeline *timeline, const struct trace *trace) {
    struct builder builder = {.timeline = timeline};
    cast_init(&builder.cast, trace, NULL);
    *timeline = (struct timeline){.events = trace->count,
                                  .threads = builder.cast.threads,
                                  .goroutines = builder.cast.goroutines_count};
    builder.dead = calloc(timeline->goroutines, sizeof *builder.dead);
    ASSERT(builder.dead != NULL);
    for (int kind = 0; kind < TIMELINE_KIND_COUNT; kind++) {
        builder.lanes[kind] = kind == TIMELINE_ON_THREAD ? timeline->threads
                              : kind >= TIMELINE_WANTED  ? 1
                                                         : timeline->goroutines;
        builder.open[kind] = malloc(builder.lanes[kind] * sizeof *builder.open[kind]);
        ASSERT(builder.open[kind] != NULL);
        for (uint32_t lane = 0; lane < builder.lanes[kind]; lane++)
            builder.open[kind][lane] = NOTHING;
    }
    for (uint32_t i = 0; i < trace->count; i++) {
        const struct trace_event *event = &trace->events[i];
        cast_apply(&builder.cast, event);
        show_world(&builder, i, event);
        show_goroutine(&builder, i, event);
        show_threads(&builder, i, event->thread);
    }
    for (int kind = 0; kind < TIMELINE_KIND_COUNT; kind++)
        free(builder.open[kind]);
    free(builder.dead);
    cast_fini(&builder.cast);
}

void timeline_fini(struct timeline *timeline) {
    free(timeline->spans);
    free(timeline->preemptions);
    *timeline = (struct timeline){0};
}

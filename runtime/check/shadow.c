// Memory and look-up of the shadow. See shadow.h; the replay itself is shadow_apply.c.
#include "shadow.h"

#include <stdlib.h>
#include <string.h>

enum { GOROUTINES_FIRST = 256, ITEMS_FIRST = 1024, FRAMES_KINDS = 16 };

// ---- memory -------------------------------------------------------------------------------------

static bool array_reserve(struct shadow_array *array, size_t item_size) {
    if (array->count < array->capacity)
        return true;
    if (array->capacity > UINT32_MAX / 2)
        return false;
    uint32_t capacity = array->capacity == 0 ? ITEMS_FIRST : array->capacity * 2;
    void *items = realloc(array->items, capacity * item_size);
    if (items == NULL)
        return false;
    array->items = items;
    array->capacity = capacity;
    return true;
}

static bool goroutines_reserve(struct shadow *shadow, uint32_t id) {
    if (id < shadow->goroutines_capacity)
        return true;
    if (id > SHADOW_GOROUTINES_MAX)
        return false;
    uint32_t capacity =
        shadow->goroutines_capacity == 0 ? GOROUTINES_FIRST : shadow->goroutines_capacity;
    while (capacity <= id)
        capacity *= 2;
    struct shadow_g *goroutines = realloc(shadow->goroutines, capacity * sizeof *goroutines);
    if (goroutines == NULL)
        return false;
    // Only the number of the run has to be set: an entry of no run is empty.
    for (uint32_t i = shadow->goroutines_capacity; i < capacity; i++)
        goroutines[i].run = 0;
    memset(&goroutines[0], 0, sizeof goroutines[0]);
    shadow->goroutines = goroutines;
    shadow->goroutines_capacity = capacity;
    return true;
}

bool shadow_init(struct shadow *shadow) {
    memset(shadow, 0, sizeof *shadow);
    shadow->threads = calloc(SHADOW_THREADS, sizeof *shadow->threads);
    if (shadow->threads == NULL || !goroutines_reserve(shadow, 0)) {
        shadow_fini(shadow);
        return false;
    }
    return true;
}

void shadow_fini(struct shadow *shadow) {
    free(shadow->goroutines);
    free(shadow->threads);
    free(shadow->frames.items);
    free(shadow->bodies.items);
    free(shadow->saved.items);
    memset(shadow, 0, sizeof *shadow);
}

void shadow_begin(struct shadow *shadow) {
    // When the number of runs wraps, what the runs before left could be taken for this one's.
    if (++shadow->run == 0) {
        for (uint32_t i = 0; i < shadow->goroutines_capacity; i++)
            shadow->goroutines[i].run = 0;
        memset(shadow->threads, 0, SHADOW_THREADS * sizeof *shadow->threads);
        shadow->run = 1;
    }
    shadow->goroutine_last = 0;
    shadow->frames.count = shadow->bodies.count = shadow->saved.count = 1;
    shadow->stopped = shadow->active = shadow->sweeping = false;
    shadow->stopper = shadow->running = shadow->users = 0;
    shadow->plans = shadow->threads_seen = 0;
    shadow->not_absent = shadow->in_progress = 0;
    shadow->phase = PHASE_RUNNING;
    shadow->phase_owner = shadow->clock = shadow->requested = 0;
    shadow->sema_waiters = shadow->handoff_from = shadow->calls = 0;
    shadow->asked = false;
    shadow->stops = shadow->under_way = shadow->sweeps = shadow->marks = 0;
    memset(shadow->profiles, 0, sizeof shadow->profiles);
}

// ---- look-up ------------------------------------------------------------------------------------

uint8_t shadow_state(const struct shadow *shadow, const struct shadow_g *g, bool *known) {
    *known = g->known && (g->state_known || shadow->sweeps >= g->born_sweep);
    return g->state;
}

struct shadow_view shadow_view_at(const struct shadow *shadow, const struct shadow_g *g,
                                  uint32_t stop) {
    if (!g->known || g->born >= stop)
        return (struct shadow_view){0};
    if (stop > g->saved_stop)
        return g->now;
    const struct shadow_saved *items = shadow->saved.items;
    for (uint32_t i = g->saved; i != 0; i = items[i].older)
        if (stop > items[i].after)
            return items[i].view;
    return (struct shadow_view){0};
}

struct shadow_profile *shadow_profile_at(struct shadow *shadow, uint32_t stop) {
    struct shadow_profile *profile = &shadow->profiles[stop % SHADOW_PROFILES];
    return stop != 0 && profile->stop == stop ? profile : NULL;
}

struct shadow_profile *shadow_profile_numbered(struct shadow *shadow, uint32_t number,
                                               uint32_t caller) {
    for (uint32_t i = 0; i < SHADOW_PROFILES; i++) {
        struct shadow_profile *profile = &shadow->profiles[i];
        if (profile->stop != 0 && profile->counted && profile->number == number &&
            profile->caller == caller)
            return profile;
    }
    return NULL;
}

// ---- admission ----------------------------------------------------------------------------------

bool shadow_admit_any(struct shadow *shadow, const struct trace_event *event) {
    switch (event->kind) {
    case TRACE_go_create:
        return event->goroutine != 0 && event->a < TRACE_SERVICE_COUNT &&
               goroutines_reserve(shadow, event->goroutine) &&
               !shadow_goroutine(shadow, event->goroutine)->known;
    case TRACE_role:
        return event->a < TRACE_ROLE_COUNT &&
               array_reserve(&shadow->saved, sizeof(struct shadow_saved));
    case TRACE_call:
        return event->a < FRAMES_KINDS &&
               array_reserve(&shadow->frames, sizeof(struct shadow_frame)) &&
               array_reserve(&shadow->saved, sizeof(struct shadow_saved));
    case TRACE_body_begin:
        return array_reserve(&shadow->bodies, sizeof(struct shadow_body)) &&
               array_reserve(&shadow->saved, sizeof(struct shadow_saved));
    case TRACE_go_exit:
    case TRACE_user_step:
    case TRACE_body_end:
    case TRACE_return:
    case TRACE_label:
        return array_reserve(&shadow->saved, sizeof(struct shadow_saved));
    default:
        return event->kind < TRACE_KIND_COUNT;
    }
}

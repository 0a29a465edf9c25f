// The sync variant of the profile (mprof.go goroutineProfileWithLabelsSync): everything inside one
// stop. Whoever is recorded is stopped, so there is no state machine, no barrier and no semaphore:
// what it sees is what a concurrent profile with the same first stop has to show.
#include "rt_impl.h"

struct sync_request {
    struct rt_record *records;
    uint32_t *labels;
    uint32_t capacity, number, n;
};

static bool has_record(struct rt *rt, struct g *gp) {
    enum g_status status = rt_status(gp, SITE_try_status);
    return status != GDEAD && status != GDEADEXTRA &&
           (mutant(rt, sync_records_system) || !rt_is_system(rt, gp, SITE_record_classify));
}

static void record(struct rt *rt, struct sync_request *request, struct g *gp) {
    rt_save_g(rt, gp, &request->records[request->n]);
    if (request->labels != NULL)
        request->labels[request->n] = gp->label;
    request->n++;
}

// On g0: a goroutine is not unwound on its own stack.
static void record_all(struct m *mp, void *argument) {
    struct sync_request *request = argument;
    struct rt *rt = mp->rt;
    struct g **gs, *self = mp->curg;
    uint32_t length = rt_allgs(rt, &gs), n = 1;
    for (uint32_t i = 0; i < length; i++)
        n += gs[i] != self && has_record(rt, gs[i]);
    request->n = n;
    if (n > request->capacity)
        return;
    request->n = 0;
    if (!mutant(rt, sync_self_not_first))
        record(rt, request, self);
    for (uint32_t i = 0; i < length; i++)
        if ((gs[i] != self || mutant(rt, sync_self_not_first)) && has_record(rt, gs[i]))
            record(rt, request, gs[i]);
}

uint32_t rt_goroutine_profile_sync(struct rt_record *records, uint32_t *labels, uint32_t capacity,
                                   uint32_t *profile, bool *ok) {
    struct rt *rt = rt_m()->rt;
    struct sync_request request = {.records = records, .labels = labels, .capacity = capacity};
    request.number = *profile = os_add_u32(&rt->profile.numbers, 1, SITE_profile_offset) + 1;
    rt_event(rt_m(), TRACE_profile_request, rt_m()->curg->goid, request.number, 0, capacity, 0);
    rt_stop_world(TRACE_STOP_PROFILE_SYNC);
    rt_systemstack(record_all, &request);
    *ok = request.n <= capacity;
    rt_event(rt_m(), TRACE_profile_sync, rt_m()->curg->goid, request.number, 0, request.n, *ok);
    rt_start_world(TRACE_STOP_PROFILE_SYNC);
    os_progress();
    return request.n;
}

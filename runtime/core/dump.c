// What is left of a run: the verdict of its end, and a picture of every G, M and P. For a run in
// which nothing moves any more: reads without locks and without points.
#include "rt_impl.h"

#include <stdarg.h>
#include <stdio.h>

static struct g *const *all(const struct rt *rt, uint32_t *count) {
    *count = os_peek_u32(&rt->allgs_length);
    return os_peek_ptr(&rt->allgs);
}

static enum g_status status_of(const struct g *gp) {
    return (enum g_status)os_watched_state(os_peek_u32(&gp->status.word));
}

// Does gp keep the run from being over? RUN_FINISHED: no. RUN_QUIESCENT: it waits on the plan.
static enum run_end classify(const struct g *gp) {
    enum g_status status = status_of(gp);
    if (status == GDEAD || status == GDEADEXTRA)
        return RUN_FINISHED;
    if (status != GWAITING && status != GLEAKED)
        return RUN_STUCK;
    switch (gp->wait) {
    case TRACE_WAIT_FINALIZER:
    case TRACE_WAIT_CLEANUP:
    case TRACE_WAIT_MARK_WORKER:
    case TRACE_WAIT_SWEEPER:
    case TRACE_WAIT_SCAVENGER:
        return RUN_FINISHED; // a service goroutine at rest
    case TRACE_WAIT_CHAN:
    case TRACE_WAIT_COROUTINE:
    case TRACE_WAIT_SELECT:
    case TRACE_WAIT_MUTEX:
    case TRACE_WAIT_SEMAPHORE:
    case TRACE_WAIT_GROUP:
        return RUN_QUIESCENT;
    default:
        return RUN_STUCK;
    }
}

enum run_end rt_classify(const struct rt *rt) {
    uint32_t count;
    struct g *const *gs = all(rt, &count);
    // A timer that has not fired would still start somebody.
    enum run_end worst = rt->timers.count != 0 ? RUN_STUCK : RUN_FINISHED;
    for (uint32_t i = 0; i < count; i++) {
        enum run_end one = classify(gs[i]);
        if (one > worst)
            worst = one;
    }
    return worst;
}

struct text {
    char *text;
    size_t size, used;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *out, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    size_t room = out->size - out->used;
    int length = vsnprintf(out->text + out->used, room, format, arguments);
    va_end(arguments);
    if (length > 0)
        out->used += (size_t)length < room ? (size_t)length : room - 1;
}

static void add_g(struct text *out, const struct rt *rt, const struct g *gp) {
    char path[PATH_TEXT_SIZE];
    enum g_status status = status_of(gp);
    if (status == GDEAD || status == GDEADEXTRA)
        return;
    uint32_t state = os_watched_state(os_peek_u32(&gp->profiled.word));
    add(out, "  G%u %s: %s%s%s, %s, profile state %s, progress %u\n", gp->goid,
        path_format(gp->os.path, path), trace_status_name(status),
        status == GWAITING ? " for " : "", status == GWAITING ? trace_wait_name(gp->wait) : "",
        trace_role_name(rt_role((struct rt *)(uintptr_t)rt, gp)), trace_state_name(state),
        gp->progress);
}

size_t rt_dump(const struct rt *rt, char *text, size_t size) {
    struct text out = {text, size, 0};
    uint32_t count;
    struct g *const *gs = all(rt, &count);
    char path[PATH_TEXT_SIZE];
    text[0] = '\0';
    add(&out, "goroutines:\n");
    for (uint32_t i = 0; i < count; i++)
        add_g(&out, rt, gs[i]);
    add(&out, "threads:\n");
    for (uint32_t i = 0; i < rt->sched.ms_count; i++) {
        const struct m *mp = &rt->ms[i];
        add(&out, "  M%u %s: P %d, G %u, locks %u%s\n", i, path_format(mp->os.path, path),
            mp->p != NULL ? (int)mp->p->id : -1, mp->curg != NULL ? mp->curg->goid : 0, mp->locks,
            mp->spinning ? ", spinning" : "");
    }
    static const char *const names[] = {"idle", "running", "in a system call", "stopped", "dead"};
    add(&out, "processors:\n");
    for (uint32_t i = 0; i < rt->procs; i++)
        add(&out, "  P%u: %s\n", i, names[os_peek_u32(&rt->ps[i].status)]);
    add(&out, "scheduler: %s, %u idle Ms of %u, %u spinning; profile %s\n",
        os_peek_u32(&rt->sched.gcwaiting) ? "a stop of the world is wanted" : "running",
        rt->sched.idle_ms_count, rt->sched.ms_count - rt->sched.ended,
        os_peek_u32(&rt->sched.spinning), rt->profile.active ? "active" : "inactive");
    return out.used;
}

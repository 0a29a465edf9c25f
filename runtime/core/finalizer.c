// The finalizer goroutine (mfinal.go): one, created with the first finalizer, a system goroutine
// that is a user goroutine while it runs one: two flips a finalizer, each one atomic operation on
// the bit that both the count and the classification read.
#include "rt_impl.h"

static void append(struct rt *rt, struct finalizer *finalizer) {
    if (rt->fing.tail != NULL)
        rt->fing.tail->next = finalizer;
    else
        rt->fing.head = finalizer;
    rt->fing.tail = finalizer;
}

void rt_fing_queue(struct m *mp, struct rt_object *object) {
    struct rt *rt = mp->rt;
    struct finalizer *finalizer = ARENA_NEW(rt->config.arena, struct finalizer);
    finalizer->object = object;
    finalizer->callback = object->finalizer;
    rt_event(mp, TRACE_finalizer_queued, mp->curg->goid, object->id, 0, object->finalizer.body, 0);
    rt_lock(&rt->fing.lock, SITE_fin_lock);
    append(rt, finalizer);
    if (!mutant(rt, finalizer_wake_lost))
        os_or_u32(&rt->fing.status, FING_WAKE, SITE_fing_status);
    rt_unlock(&rt->fing.lock, SITE_fin_lock);
}

// Commit of its park: waiting is told only now, so that nobody readies a running goroutine.
static bool commit(struct m *mp, struct g *gp, void *argument) {
    (void)argument;
    mp->rt->fing.g = gp; // read by whoever sees FING_WAIT
    rt_unlock(&mp->rt->fing.lock, SITE_fin_lock);
    os_or_u32(&mp->rt->fing.status, FING_WAIT, SITE_fing_status);
    return true;
}

static void run_one(struct rt *rt, const struct finalizer *finalizer) {
    struct g *gp = rt_m()->curg;
    if (!mutant(rt, finalizer_never_flips)) {
        os_or_u32(&rt->fing.status, FING_RUNNING, SITE_fing_status);
        rt_event(rt_m(), TRACE_role, gp->goid, 0, 0, TRACE_ROLE_USER, 0);
    }
    rt_event(rt_m(), TRACE_finalizer_run, gp->goid, finalizer->object->id, 0,
             finalizer->callback.body, 0);
    os_poke_u32(&finalizer->object->gone, OBJECT_THERE); // user code has it again
    finalizer->callback.fn(finalizer->callback.argument, finalizer->object);
    os_and_u32(&rt->fing.status, ~(uint32_t)FING_RUNNING, SITE_fing_status);
    rt_event(rt_m(), TRACE_role, gp->goid, 0, 0, TRACE_ROLE_SYSTEM, 0);
}

static void run_finalizers(void *argument) {
    struct rt *rt = argument;
    for (;;) {
        // What a goroutine that ended inside a finalizer left over comes first.
        while (rt->fing.batch != NULL) {
            const struct finalizer *finalizer = rt->fing.batch;
            rt->fing.batch = finalizer->next;
            run_one(rt, finalizer);
        }
        rt_lock(&rt->fing.lock, SITE_fin_lock);
        rt->fing.batch = rt->fing.head;
        rt->fing.head = rt->fing.tail = NULL;
        if (rt->fing.batch == NULL && mutant(rt, finalizer_wait_early)) {
            commit(rt_m(), rt_m()->curg, NULL);
            rt_park_with(NULL, NULL, TRACE_WAIT_FINALIZER);
        } else if (rt->fing.batch == NULL)
            rt_park_with(commit, NULL, TRACE_WAIT_FINALIZER);
        else
            rt_unlock(&rt->fing.lock, SITE_fin_lock);
    }
}

void rt_fing_replace(struct m *mp, struct os_context name) {
    rt_newproc(mp, run_finalizers, mp->rt, TRACE_FINALIZER, name);
}

void rt_fing_create(struct m *mp) {
    uint32_t none = 0;
    if (os_load_u32(&mp->rt->fing.status, OS_ACQUIRE, SITE_fing_status) == 0 &&
        os_cas_u32(&mp->rt->fing.status, &none, FING_CREATED, SITE_fing_status))
        rt_fing_replace(mp, (struct os_context){.path = path_root(PATH_FING, 0)});
}

void rt_fing_wake(struct m *mp) {
    struct rt *rt = mp->rt;
    uint32_t status = os_load_u32(&rt->fing.status, OS_ACQUIRE, SITE_fing_status);
    if (status == (FING_CREATED | FING_WAIT | FING_WAKE) &&
        os_cas_u32(&rt->fing.status, &status, FING_CREATED, SITE_fing_status))
        rt_ready(mp, rt->fing.g);
}

void rt_fing_exiting(struct m *mp, struct g *gp) {
    os_and_u32(&mp->rt->fing.status, ~(uint32_t)FING_RUNNING, SITE_fing_status);
    rt_event(mp, TRACE_role, gp->goid, 0, 0, TRACE_ROLE_SYSTEM, 0);
}

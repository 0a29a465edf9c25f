// Birth and death of goroutines (proc.go newproc1, gdestroy, gfput, gfget), allgs, and who counts
// as a system goroutine (traceback.go isSystemGoroutine).
#include "rt_impl.h"

enum { ALLGS_FIRST = 4 };

// ---- allgs --------------------------------------------------------------------------------------

// Publish gp: the entry before the array, the array before the length (O6).
static void allgs_add(struct rt *rt, struct g *gp) {
    rt_lock(&rt->allgs_lock, SITE_allgs_lock);
    uint32_t length = os_load_u32(&rt->allgs_length, OS_RELAXED, SITE_allgs_length);
    struct g **array = os_load_ptr(&rt->allgs, OS_RELAXED, SITE_allgs_array);
    if (length == rt->allgs_capacity) {
        rt->allgs_capacity = length == 0 ? ALLGS_FIRST : 2 * length;
        // One more than its capacity: who reads past the end finds nobody there, on every machine.
        struct g **grown = ARENA_ARRAY(rt->config.arena, struct g *, rt->allgs_capacity + 1);
        for (uint32_t i = 0; i < length; i++)
            grown[i] = array[i];
        array = grown;
    }
    gp->place = length + 1;
    array[length] = gp;
    if (mutant(rt, allgs_length_first))
        os_store_u32(&rt->allgs_length, length + 1, OS_RELEASE, SITE_allgs_length);
    bool plain = mutant(rt, race_allgs_growth);
    if (plain)
        os_store_plain_ptr(&rt->allgs, array, SITE_allgs_array);
    else
        os_store_ptr(&rt->allgs, array, OS_RELEASE, SITE_allgs_array);
    os_store_u32(&rt->allgs_length, length + 1, plain ? OS_RELAXED : OS_RELEASE, SITE_allgs_length);
    rt_unlock(&rt->allgs_lock, SITE_allgs_lock);
}

uint32_t rt_allgs(struct rt *rt, struct g ***array) {
    if (mutant(rt, allgs_array_first)) {
        *array = os_load_ptr(&rt->allgs, OS_ACQUIRE, SITE_allgs_array);
        return os_load_u32(&rt->allgs_length, OS_ACQUIRE, SITE_allgs_length);
    }
    uint32_t length = os_load_u32(&rt->allgs_length, OS_ACQUIRE, SITE_allgs_length);
    *array = mutant(rt, race_allgs_growth) ? os_load_plain_ptr(&rt->allgs, SITE_allgs_array)
                                           : os_load_ptr(&rt->allgs, OS_ACQUIRE, SITE_allgs_array);
    return length;
}

uint32_t rt_gcount(struct rt *rt) {
    int64_t count = os_load_u32(&rt->allgs_length, OS_ACQUIRE, SITE_profile_count);
    if (!mutant(rt, free_list_not_counted))
        count -= os_peek_u32(&rt->gfree_count);
    for (uint32_t i = 0; i < rt->procs; i++)
        count -= os_peek_u32(&rt->ps[i].gfree_count);
    count -= (int32_t)os_load_u32(&rt->sched.ngsys, OS_ACQUIRE, SITE_system_count);
    return count < 0 ? 0 : (uint32_t)count;
}

// ---- who is a system goroutine ------------------------------------------------------------------

bool rt_is_system(struct rt *rt, struct g *gp, enum site site) {
    switch (os_peek_u32(&gp->service)) {
    case TRACE_FINALIZER:
        return (os_load_u32(&rt->fing.status, OS_ACQUIRE, site) & FING_RUNNING) == 0;
    case TRACE_CLEANUP:
        return os_load_u32(&gp->running_cleanups, OS_ACQUIRE, site) == 0;
    case TRACE_PLAN:
    case TRACE_FOREIGN:
        return false;
    default: // the collector's goroutines: always
        return true;
    }
}

enum trace_role rt_role(struct rt *rt, const struct g *gp) {
    uint32_t service = os_peek_u32(&gp->service);
    bool user = service == TRACE_FINALIZER ? (os_peek_u32(&rt->fing.status) & FING_RUNNING) != 0
                : service == TRACE_CLEANUP ? os_peek_u32(&gp->running_cleanups) != 0
                                           : service == TRACE_PLAN || service == TRACE_FOREIGN;
    return user ? TRACE_ROLE_USER : TRACE_ROLE_SYSTEM;
}

// ---- free lists ---------------------------------------------------------------------------------

static void push_local(struct p *pp, struct g *gp) {
    gp->sched_next = pp->gfree;
    pp->gfree = gp;
    os_poke_u32(&pp->gfree_count, os_peek_u32(&pp->gfree_count) + 1);
}

static struct g *pop_local(struct p *pp) {
    struct g *gp = pp->gfree;
    if (gp != NULL) {
        pp->gfree = gp->sched_next;
        os_poke_u32(&pp->gfree_count, os_peek_u32(&pp->gfree_count) - 1);
    }
    return gp;
}

// Keep a dead goroutine, its stack included, for the next one (gfput).
static void gfree_put(struct rt *rt, struct p *pp, struct g *gp) {
    push_local(pp, gp);
    if (os_peek_u32(&pp->gfree_count) < RT_GFREE_MAX)
        return;
    rt_lock(&rt->gfree_lock, SITE_free_lock);
    while (os_peek_u32(&pp->gfree_count) > RT_GFREE_MAX / 2) {
        gp = pop_local(pp);
        gp->sched_next = rt->gfree;
        rt->gfree = gp;
        os_add_u32(&rt->gfree_count, 1, SITE_free_lock);
    }
    rt_unlock(&rt->gfree_lock, SITE_free_lock);
}

// The goroutine that died last here, or some from the global list (gfget).
static struct g *gfree_get(struct rt *rt, struct p *pp) {
    if (pp->gfree == NULL && os_load_u32(&rt->gfree_count, OS_ACQUIRE, SITE_free_lock) != 0) {
        rt_lock(&rt->gfree_lock, SITE_free_lock);
        while (rt->gfree != NULL && os_peek_u32(&pp->gfree_count) < RT_GFREE_MAX / 2) {
            struct g *gp = rt->gfree;
            rt->gfree = gp->sched_next;
            os_add_u32(&rt->gfree_count, (uint32_t)-1, SITE_free_lock);
            push_local(pp, gp);
        }
        rt_unlock(&rt->gfree_lock, SITE_free_lock);
    }
    return pop_local(pp);
}

// ---- creation -----------------------------------------------------------------------------------

static void entry(void *argument) {
    struct g *gp = argument;
    gp->fn(gp->argument);
    rt_goexit();
}

struct g *rt_allocate(struct m *mp) {
    struct rt *rt = mp->rt;
    void *stack = stack_pool_get(rt->config.stacks);
    if (stack == NULL)
        return NULL;
    struct g *gp = ARENA_NEW(rt->config.arena, struct g);
    gp->stack = stack;
    rt_cas_status(gp, GIDLE, GDEAD, SITE_create_status);
    allgs_add(rt, gp); // dead, so that nobody looks at it before it is complete
    return gp;
}

void rt_profile_store(struct m *mp, struct g *gp, uint32_t from, enum profile_state state,
                      uint32_t by, enum site site) {
    rt_event(mp, TRACE_profile_state, os_peek_u32(&gp->profiled.id), by,
             os_watched_version(os_watched_next(from, state)), os_watched_state(from), state);
    if (mutant(mp->rt, race_satisfied_relaxed))
        os_watched_store_relaxed(&gp->profiled, from, state, TRACE_RAW_PROFILE_STATE, site);
    else
        os_watched_store(&gp->profiled, from, state, TRACE_RAW_PROFILE_STATE, site);
}

// Role and label of a newcomer. It is still Gdead.
static void classify(struct m *mp, struct g *gp) {
    struct rt *rt = mp->rt;
    bool system = rt_is_system(rt, gp, SITE_system_count);
    if (system)
        os_add_u32(&rt->sched.ngsys, 1, SITE_system_count);
    bool inherits = mp->curg != NULL && (!system || mutant(rt, system_inherits_labels)) &&
                    !mutant(rt, labels_not_inherited); // only user goroutines do (#50032)
    if (inherits && !mutant(rt, race_newcomer_label))
        gp->label = mp->curg->label;
    uint32_t label = inherits ? mp->curg->label : gp->label;
    rt_event(mp, TRACE_go_create, gp->goid, mp->curg != NULL ? mp->curg->goid : 0, gp->place,
             os_peek_u32(&gp->service), gp->os.path);
    if (label != 0)
        rt_event(mp, TRACE_label, gp->goid, 0, 0, label, 0);
}

void rt_pass_by_profile(struct m *mp, struct g *gp) {
    struct rt *rt = mp->rt;
    // `active` is plain: the second stop cannot come before the mark (O8).
    if (!rt->profile.active)
        return;
    if (mutant(rt, reuse_resets_state))
        rt_profile_store(mp, gp, os_peek_u32(&gp->profiled.word), ABSENT, TRACE_BY_CREATION,
                         SITE_create_mark);
    uint32_t word = os_peek_u32(&gp->profiled.word); // nobody else writes a dead one's now
    rt_event(mp, TRACE_observe, gp->goid, TRACE_BY_CREATION, 0, os_watched_state(word),
             rt_role(rt, gp));
    // A system goroutine stays absent: whoever meets it first satisfies it without a record.
    bool left_out = mutant(rt, newcomer_not_satisfied) || mutant(rt, reuse_resets_state) ||
                    (mutant(rt, attach_without_mark) && os_peek_u32(&gp->service) == TRACE_FOREIGN);
    if (rt_role(rt, gp) == TRACE_ROLE_USER && !left_out)
        rt_profile_store(mp, gp, word, SATISFIED, TRACE_BY_CREATION, SITE_create_mark);
}

// A goroutine that is complete and still Gdead, or NULL. Not preemptible.
static struct g *prepare(struct m *mp, void (*fn)(void *), void *argument,
                         enum trace_service service, struct os_context name) {
    struct rt *rt = mp->rt;
    struct g *gp = gfree_get(rt, mp->p);
    if (gp == NULL)
        gp = rt_allocate(mp);
    if (gp == NULL)
        return NULL;
    context_make(&gp->context, gp->stack, stack_size(), entry, gp);
    gp->fn = fn;
    gp->argument = argument;
    os_poke_u32(&gp->service, service);
    if (!mutant(rt, progress_survives_death))
        gp->progress = 0;
    gp->os = name;
    if (!mutant(rt, stale_cleanup_flag)) // before it is classified
        os_store_u32(&gp->running_cleanups, 0, OS_RELAXED, SITE_cleanup_flag);
    if (gp->goid == 0 || !mutant(rt, goid_reused))
        gp->goid = os_add_u32(&rt->goid, 1, SITE_goid) + 1;
    os_set_watched_id(&gp->status, gp->goid);
    os_set_watched_id(&gp->profiled, gp->goid);
    gp->coro = NULL;
    // What a timer starts is named for good, so it adds nothing.
    gp->op_names = mp->curg != NULL ? mp->curg->op_names : gp->goid == MAIN_GOID ? RT_NAMES_ALL : 0;
    gp->names = gp->op_names;
    gp->room = STACK_ROOM_MIN;
    gp->creator = mp->curg != NULL ? mp->curg->goid : 0;
    classify(mp, gp);
    bool stale = mutant(rt, newcomer_stale_active) && mp->curg != NULL && service == TRACE_PLAN;
    if (!mutant(rt, newcomer_marked_late) && !stale)
        rt_pass_by_profile(mp, gp); // before the status leaves Gdead (O7)
    return gp;
}

// A newcomer is marked by what `active` was before its creator was stopped: too late (O8).
static struct m *pass_by_stale(struct m *mp, struct g *gp) {
    bool active = mp->rt->profile.active;
    mp->locks--;
    rt_checkpoint();
    mp = rt_acquirem();
    if (active)
        rt_profile_store(mp, gp, os_peek_u32(&gp->profiled.word), SATISFIED, TRACE_BY_CREATION,
                         SITE_create_mark);
    return mp;
}

struct g *rt_newproc(struct m *mp, void (*fn)(void *), void *argument, enum trace_service service,
                     struct os_context name) {
    mp->locks++;
    struct g *gp = prepare(mp, fn, argument, service, name);
    if (gp != NULL) {
        if (mutant(mp->rt, newcomer_stale_active) && mp->curg != NULL && service == TRACE_PLAN)
            mp = pass_by_stale(mp, gp);
        rt_cas_status(gp, GDEAD, GRUNNABLE, SITE_create_status);
        rt_runq_put(mp->rt, mp->p, gp, true);
        if (mutant(mp->rt, race_newcomer_label) && service == TRACE_PLAN && mp->curg != NULL)
            gp->label = mp->curg->label; // somebody may run it by now
        if (mutant(mp->rt, newcomer_marked_late))
            rt_pass_by_profile(mp, gp);
        rt_wake_p(mp);
    }
    mp->locks--;
    return gp;
}

struct os_context rt_child_name(struct m *mp) {
    struct os_context *os = &mp->curg->os;
    return (struct os_context){.path = path_child(os->path, ++os->children, false)};
}

struct g *rt_newcoro(struct m *mp, void (*fn)(void *), void *argument, struct rt_coro *coro) {
    struct g *gp = prepare(mp, fn, argument, TRACE_PLAN, rt_child_name(mp));
    if (gp == NULL)
        return NULL;
    gp->coro = coro;
    gp->wait = TRACE_WAIT_COROUTINE;
    if (mutant(mp->rt, race_newcomer_label))
        gp->label = mp->curg->label;
    rt_cas_status(gp, GDEAD, GWAITING, SITE_create_status);
    return gp;
}

uint32_t rt_go(void (*fn)(void *), void *argument) {
    struct m *mp = rt_m();
    struct g *gp = rt_newproc(mp, fn, argument, TRACE_PLAN, rt_child_name(mp));
    return gp != NULL ? os_peek_u32(&gp->status.id) : 0;
}

// ---- death --------------------------------------------------------------------------------------

void rt_destroy(struct m *mp, struct g *gp) {
    struct rt *rt = mp->rt;
    enum trace_service service = (enum trace_service)os_peek_u32(&gp->service);
    // A replacement goes on under the same name: its ops and children are counted on from here, or
    // two places of the run would have one key.
    struct os_context name = gp->os;
    name.op++;
    name.watch = NULL;
    bool repair = service != TRACE_PLAN && !mutant(rt, service_exit_unrepaired);
    if (repair) // it ended inside a body: flag and counter go back first (#71824)
        service == TRACE_FINALIZER ? rt_fing_exiting(mp, gp) : rt_cleanup_exiting(mp, gp);
    os_progress();
    bool system = rt_is_system(rt, gp, SITE_system_count);
    rt_event(mp, TRACE_go_exit, gp->goid, 0, 0, rt_role(rt, gp), 0);
    rt_drop_g(mp);
    if (!mutant(rt, labels_survive_death))
        gp->label = 0;
    gp->frames = NULL;
    gp->lockedm = NULL;
    gp->syscall = (struct stack_map){0, 0, 0};
    bool parked = mutant(rt, exit_stays_waiting); // as who waits for nothing in particular
    if (parked)
        gp->wait = TRACE_WAIT_CHAN;
    rt_cas_status(gp, GRUNNING, parked ? GWAITING : GDEAD,
                  SITE_exit_status); // the profile state stays as it is (1.7)
    if (system && !mutant(rt, system_death_not_counted))
        os_add_u32(&rt->sched.ngsys, (uint32_t)-1, SITE_system_count);
    context_forget(&gp->context);
    if (!parked)
        gfree_put(rt, mp->p, gp);
    if (repair)
        service == TRACE_FINALIZER ? rt_fing_replace(mp, name) : rt_cleanup_replace(mp, name);
}

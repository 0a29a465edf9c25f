// Points and decisions: the way from "I am about to" to "go on", by the scheduler, by the default,
// or by fair rotation once the budget is spent.
#include "assert.h"
#include "world.h"

_Thread_local struct os_virtual_hot os_virtual_hot;

struct os_world *world_here(void) {
    struct os_world *world = os_virtual_hot.world;
    ASSERT(world != NULL);
    return world;
}

// The step at which the budget in force is spent.
static uint64_t budget_end(const struct os_world *world) {
    uint64_t since = os_virtual_hot.progress_step;
    if (world->fair && world->fair_step > since)
        since = world->fair_step;
    return since + world->config.progress_steps;
}

void world_arm(struct os_world *world) {
    struct os_virtual_hot *hot = &os_virtual_hot;
    uint64_t step = world->view.step, next = world->fair ? world->fair_turn : world->ask_step;
    uint64_t budget = budget_end(world);
    if (budget < next)
        next = budget;
    if (hot->watching && world_watch_of(hot->context)->counts)
        next = step;
    if (world->timed != 0 && world->sched->enabled != NULL &&
        world->next_deadline < next + world->view.skipped)
        next = world->next_deadline > world_clock(world)
                   ? world->next_deadline - world->view.skipped
                   : step;
    if (next <= step)
        next = step + 1;
    hot->limit = next;
    hot->countdown = (int32_t)(next - step); // never more than SCHED_QUIET_MAX
}

// The scheduler has heard of a thread that can run now, and may want a say.
static void tell_enabled(struct os_world *world, uint64_t mask) {
    for (; mask != 0; mask &= mask - 1)
        if (world->sched->enabled(world->sched, &world->view, (uint32_t)__builtin_ctzll(mask)))
            world->ask_step = 0;
}

void world_enable(struct os_world *world, uint64_t mask) {
    mask &= ~world->view.enabled;
    world->view.enabled |= mask;
    if (mask == 0 || world->sched->enabled == NULL || world->fair)
        return;
    world_fold(world);
    tell_enabled(world, mask);
    world_arm(world);
}

// Nobody can go on, or only one who gives way: let time pass, or end the run.
static void nobody_enabled(struct os_world *world) {
    if (world_awaits(world)) {
        world->view.skipped += world->next_deadline - world_clock(world);
        world_expire(world);
        ASSERT(world->view.enabled != 0);
        return;
    }
    world_leave(world, (world->view.live & ~world->daemons) == 0 ? RUN_FINISHED : RUN_STUCK);
}

// Budgets: the first one spent leads into the fair tail, the second one ends the run.
static void check_budget(struct os_world *world) {
    if (world->view.step < budget_end(world))
        return;
    if (world->fair)
        world_leave(world, RUN_NO_PROGRESS);
    world->fair = true;
    world->fair_step = world->view.step;
    world->fair_turn = 0;
}

// Who goes on. *decided = the answer is a schedule's, which may differ from the default.
static uint32_t decide(struct os_world *world, enum os_op op, enum site site, bool *decided) {
    struct sched_view *view = &world->view;
    bool goes_on = sched_is_enabled(view, view->current) && op != OS_YIELD;
    *decided = false;
    if (world->fair) {
        if (goes_on && view->step < world->fair_turn)
            return view->current;
        world->fair_turn = view->step + WORLD_FAIR_QUANTUM;
        return sched_next(view);
    }
    if (op == OS_YIELD && site == SITE_spin) {
        uint32_t next = sched_next(view);
        if (world->sched->enabled != NULL)
            tell_enabled(world, (uint64_t)1 << next);
        if (world->sched->rotated != NULL)
            world->sched->rotated(world->sched, view, next);
        return next;
    }
    const struct world_watch *watch =
        os_virtual_hot.watching ? world_watch_of(os_virtual_hot.context) : NULL;
    if (goes_on && view->step < world->ask_step && !(watch != NULL && watch->asks))
        return view->current;
    uint32_t pick = world->sched->pick(world->sched, view);
    if (pick == SCHED_LEAVE)
        world_leave(world, RUN_INCONCLUSIVE);
    ASSERT(pick < view->count && sched_is_enabled(view, pick));
    ASSERT(world->sched->quiet > 0 && world->sched->quiet <= SCHED_QUIET_MAX);
    world->ask_step = view->step + world->sched->quiet;
    *decided = true;
    return pick;
}

// Count, record and tell a decision that is not the default.
static void note_decision(struct os_world *world, uint32_t to, enum site site) {
    struct sched_view *view = &world->view;
    if (to == sched_default(view))
        return;
    bool preemption =
        sched_is_enabled(view, view->current) && view->threads[view->current].op != OS_YIELD;
    world->stats.preemptions += preemption;
    if (world->record)
        world_record(world, (struct os_decision){.occurrence = view->occurrence,
                                                 .site = site,
                                                 .preemption = preemption,
                                                 .target = view->threads[to].path});
    if (world->config.switched != NULL)
        world->config.switched(world->config.user, view->current, to, site, preemption);
}

static void switch_to(struct os_world *world, uint32_t to) {
    uint32_t from = world->view.current;
    world->view.current = to;
    os_virtual_hot.context = world->threads[to].context;
    os_virtual_hot.self = world->inner[to].self;
    world_arm(world);
    context_switch(&world->inner[from].context, &world->inner[to].context, CONTEXT_NO_SYNC);
}

void world_arrive(struct os_world *world, enum os_op op, const void *object, enum site site) {
    struct sched_view *view = &world->view;
    struct sched_thread *thread = &world->threads[view->current];
    world_fold(world);
    thread->op = op;
    thread->object = object;
    thread->site = site;
    thread->context = os_virtual_hot.context;
    bool spins = op == OS_YIELD && site == SITE_spin;
    view->occurrence = os_virtual_hot.watching && !spins ? world_watch_count(site) : 0;
    if (world_clock(world) >= world->next_deadline)
        world_expire(world);
    check_budget(world);
    bool alone = op == OS_YIELD && view->enabled == world_bit(world);
    if (view->enabled == 0 || (alone && world_awaits(world)))
        nobody_enabled(world);
    bool decided;
    uint32_t to = decide(world, op, site, &decided);
    if (decided)
        note_decision(world, to, site);
    if (to == view->current)
        world_arm(world);
    else
        switch_to(world, to);
}

void os_virtual_point_slow(int op, const void *object, enum site site) {
    struct os_world *world = os_virtual_hot.world;
    if (world == NULL) { // somebody looks at a run that is not on: no thread, no decision
        os_virtual_hot.countdown = INT32_MAX;
        return;
    }
    world_arrive(world, (enum os_op)op, object, site);
}

void os_yield(enum site site) {
    os_virtual_hot.countdown--;
    world_arrive(world_here(), OS_YIELD, NULL, site);
}

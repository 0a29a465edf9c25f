// Mutexes, notes, threads, time and choice of the virtual world: plain data, one virtual thread at
// a time. Whoever becomes able to go on is told by bit masks, so that nobody polls.
#include "assert.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

#ifdef GPROOF_TSAN
#include <sanitizer/tsan_interface.h>
#define EDGE_OUT(object) __tsan_release(object)
#define EDGE_IN(object)  __tsan_acquire(object)
#else
#define EDGE_OUT(object) ((void)(object))
#define EDGE_IN(object)  ((void)(object))
#endif

// ---- mutexes ------------------------------------------------------------------------------------

void os_mutex_lock(struct os_mutex *mutex, enum site site) {
    struct os_world *world = world_here();
    if (--os_virtual_hot.countdown <= 0 || mutex->locked) {
        uint64_t bit = world_bit(world);
        mutex->pending |= bit;
        if (mutex->locked)
            world->view.enabled &= ~bit;
        world_arrive(world, OS_LOCK, mutex, site);
        mutex->pending &= ~bit;
    }
    ASSERT(!mutex->locked);
    mutex->locked = true;
    mutex->owner = world->view.current;
    world->view.enabled &= ~mutex->pending;
    EDGE_IN(mutex);
}

void os_mutex_unlock(struct os_mutex *mutex, enum site site) {
    os_virtual_point(OS_UNLOCK, mutex, site);
    struct os_world *world = world_here();
    ASSERT(mutex->locked && mutex->owner == world->view.current);
    EDGE_OUT(mutex);
    mutex->locked = false;
    if (mutex->pending != 0)
        world_enable(world, mutex->pending);
}

// ---- notes --------------------------------------------------------------------------------------

// The current thread's sleep on a note: until woken or, if timed, the clock reaches deadline.
static void note_arrive(struct os_world *world, struct os_note *note, bool timed, uint64_t deadline,
                        enum site site) {
    uint64_t bit = world_bit(world);
    ASSERT((note->sleepers & ~bit) == 0);
    note->sleepers |= bit;
    bool waits = !note->woken && !(timed && deadline <= world_clock(world));
    if (waits)
        world->view.enabled &= ~bit;
    if (waits && timed) {
        world->inner[world->view.current].deadline = deadline;
        world->timed |= bit;
        if (deadline < world->next_deadline)
            world->next_deadline = deadline;
    }
    world_arrive(world, OS_SLEEP, note, site);
    note->sleepers &= ~bit;
}

void os_note_sleep(struct os_note *note, enum site site) {
    if (--os_virtual_hot.countdown <= 0 || !note->woken)
        note_arrive(world_here(), note, false, 0, site);
    ASSERT(note->woken);
    EDGE_IN(note);
}

bool os_note_sleep_for(struct os_note *note, int64_t timeout_ns, enum site site) {
    struct os_world *world = world_here();
    world->view.clock_reads++; // the deadline is set now, and
    if (--os_virtual_hot.countdown <= 0 || !note->woken) {
        world_fold(world);
        uint64_t steps = timeout_ns <= 0
                             ? 0
                             : ((uint64_t)timeout_ns + WORLD_NS_PER_STEP - 1) / WORLD_NS_PER_STEP;
        note_arrive(world, note, true, world_clock(world) + steps, site);
    }
    world->view.clock_reads++; // may have passed now
    if (!note->woken)
        return false;
    EDGE_IN(note);
    return true;
}

void os_note_wake(struct os_note *note, enum site site) {
    os_virtual_point(OS_WAKE, note, site);
    EDGE_OUT(note);
    note->woken = true;
    if (note->sleepers == 0)
        return;
    struct os_world *world = world_here();
    if (world->timed & note->sleepers) {
        world->timed &= ~note->sleepers;
        world_fold(world);
        world_expire(world);
        world_arm(world);
    }
    world_enable(world, note->sleepers);
}

void os_note_clear(struct os_note *note) {
    ASSERT(note->sleepers == 0);
    note->woken = false;
}

// ---- time ---------------------------------------------------------------------------------------

void world_expire(struct os_world *world) {
    uint64_t clock = world_clock(world), passed = 0;
    world->next_deadline = UINT64_MAX;
    for (uint64_t mask = world->timed; mask != 0; mask &= mask - 1) {
        uint32_t thread = (uint32_t)__builtin_ctzll(mask);
        uint64_t deadline = world->inner[thread].deadline;
        if (deadline <= clock)
            passed |= (uint64_t)1 << thread;
        else if (deadline < world->next_deadline)
            world->next_deadline = deadline;
    }
    world->timed &= ~passed;
    if (passed != 0)
        world_enable(world, passed);
}

int64_t os_now(void) {
    const struct os_virtual_hot *hot = &os_virtual_hot;
    if (hot->world == NULL)
        return 0;
    hot->world->view.clock_reads++;
    return (int64_t)((world_step() + hot->world->view.skipped) * WORLD_NS_PER_STEP);
}

void os_daemon(void) {
    struct os_world *world = world_here();
    world->daemons |= world_bit(world);
}

void os_progress(void) {
    os_virtual_hot.progress_step = world_step();
}

// ---- chance -------------------------------------------------------------------------------------

uint32_t os_choose(uint32_t bound, enum site site) {
    ASSERT(bound >= 1);
    struct os_world *world = world_here();
    struct sched_view *view = &world->view;
    world_fold(world);
    view->occurrence = os_virtual_hot.watching ? world_watch_count(site) : 0;
    uint32_t value = 0;
    if (bound > 1 && !world->fair) {
        struct sched_thread *thread = &world->threads[view->current];
        thread->op = OS_STEP;
        thread->object = NULL;
        thread->site = site;
        thread->context = os_virtual_hot.context;
        value = world->sched->choose(world->sched, view, bound);
        ASSERT(value < bound);
    }
    if (value != 0) {
        if (world->record)
            world_record(world, (struct os_decision){.occurrence = view->occurrence,
                                                     .site = site,
                                                     .is_choice = true,
                                                     .value = value});
        if (world->config.chosen != NULL)
            world->config.chosen(world->config.user, view->current, site, value);
    }
    world_arm(world);
    return value;
}

// ---- threads ------------------------------------------------------------------------------------

// What runs first on a virtual thread's stack.
static void thread_main(void *argument) {
    struct world_thread *thread = argument;
    thread->entry(thread->self);
    struct os_world *world = world_here();
    uint64_t bit = world_bit(world);
    world->view.live &= ~bit;
    world->view.enabled &= ~bit;
    os_virtual_hot.countdown--;
    world_arrive(world, OS_EXIT, NULL, SITE_thread_exit);
    ASSERT(!"an exited thread was picked");
}

uint32_t world_thread_new(struct os_world *world, void (*entry)(void *self), void *self,
                          struct os_context *context) {
    uint32_t index = world->view.count;
    ASSERT(index < SCHED_THREADS_MAX);
    struct world_thread *thread = &world->inner[index];
    void *stack = stack_pool_get(world->config.stacks);
    if (stack == NULL) {
        fprintf(stderr, "gproof: no stack for virtual thread %u\n", index);
        exit(3);
    }
    *thread = (struct world_thread){.entry = entry, .self = self, .stack = stack};
    context_make(&thread->context, stack, stack_size(), thread_main, thread);
    context->watch = NULL;
    if (os_virtual_hot.watching)
        world_watch_begin(world, context);
    world->threads[index] = (struct sched_thread){
        .path = context->path, .context = context, .op = OS_STEP, .site = SITE_thread_start};
    world->view.count = index + 1;
    world->view.live |= (uint64_t)1 << index;
    return index;
}

void os_thread_start(void (*entry)(void *self), void *self, struct os_context *context,
                     enum site site) {
    os_virtual_point(OS_START, context, site);
    struct os_world *world = world_here();
    uint32_t index = world_thread_new(world, entry, self, context);
    world_enable(world, (uint64_t)1 << index);
}

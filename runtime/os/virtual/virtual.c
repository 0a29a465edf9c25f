// The run of the virtual world: from the host's stack into the first thread and back.
#include "virtual.h"
#include "assert.h"
#include "path.h"
#include "world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct os_world *os_virtual_new(const struct os_virtual_config *config) {
    ASSERT(config->stacks != NULL && config->progress_steps > 0);
    struct os_world *world = calloc(1, sizeof *world);
    if (world == NULL)
        return NULL;
    world->config = *config;
    if (!world_record_init(world)) {
        free(world);
        return NULL;
    }
    return world;
}

void os_virtual_free(struct os_world *world) {
    if (world == NULL)
        return;
    for (struct world_watch_chunk *chunk = world->chunks, *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        free(chunk);
    }
    world_record_fini(world);
    free(world);
}

// Everything that a run reads, as if no run had been before.
static void world_reset(struct os_world *world, struct sched *sched, bool record) {
    world->sched = sched;
    world->record = record;
    world->view = (struct sched_view){.threads = world->threads, .told = world->config.told};
    world->fair = false;
    world->fair_turn = world->fair_step = world->timed = world->daemons = 0;
    world->next_deadline = UINT64_MAX;
    world->end = RUN_STUCK;
    world->decisions_count = 0;
    world->stats = (struct os_virtual_stats){0};
    world_watch_reset(world);
}

enum run_end os_virtual_run(struct os_world *world, struct sched *sched, bool record,
                            void (*entry)(void *self), void *self, struct os_context *context) {
    struct os_virtual_hot *hot = &os_virtual_hot;
    ASSERT(hot->world == NULL);
    world_reset(world, sched, record);
    *hot = (struct os_virtual_hot){.watching = record || sched->watches != NULL,
                                   .context = context,
                                   .self = self,
                                   .world = world};
    if (sched->begin != NULL)
        sched->begin(sched);
    ASSERT(sched->quiet > 0);
    world->ask_step = sched->quiet;
    uint32_t first = world_thread_new(world, entry, self, context);
    world->view.enabled = (uint64_t)1 << first;
    world_arm(world);
    context_here(&world->host);
    context_switch(&world->host, &world->inner[first].context, CONTEXT_NO_SYNC);
    if (sched->end != NULL)
        sched->end(sched, &world->view);
    for (uint32_t i = 0; i < world->view.count; i++) {
        context_join(&world->inner[i].context);
        ASSERT(stack_intact(world->inner[i].stack));
    }
    *hot = (struct os_virtual_hot){0};
    bool ended_well = world->end == RUN_FINISHED || world->end == RUN_QUIESCENT;
    return world->fair && ended_well ? RUN_INCONCLUSIVE : world->end;
}

void world_leave(struct os_world *world, enum run_end end) {
    world->end = end;
    world->stats.steps = world->view.step;
    world->stats.threads = world->view.count;
    world->stats.decisions = world->decisions;
    world->stats.decisions_count = world->decisions_count;
    context_switch_last(&world->inner[world->view.current].context, &world->host, CONTEXT_NO_SYNC);
}

void os_run_end(int end) {
    struct os_world *world = world_here();
    world_fold(world);
    world->threads[world->view.current].context = os_virtual_hot.context;
    world_leave(world, (enum run_end)end);
}

void os_run_fatal(void) {
    os_run_end(RUN_FATAL);
    __builtin_unreachable();
}

void os_virtual_raw(uint32_t raw_class, uint32_t id, uint32_t word) {
    const struct os_world *world = os_virtual_hot.world;
    if (world != NULL && world->config.raw != NULL)
        world->config.raw(world->config.user, world->view.current, raw_class, id, word);
}

const struct os_virtual_stats *os_virtual_stats(const struct os_world *world) {
    return &world->stats;
}

static const char *const op_names[OS_OP_COUNT] = {
    [OS_STEP] = "step",   [OS_LOAD] = "load",
    [OS_STORE] = "store", [OS_RMW] = "read-modify-write",
    [OS_LOCK] = "lock",   [OS_UNLOCK] = "unlock",
    [OS_SLEEP] = "sleep", [OS_WAKE] = "wake",
    [OS_YIELD] = "yield", [OS_START] = "start",
    [OS_EXIT] = "exit",
};

size_t os_virtual_describe(const struct os_world *world, uint32_t thread, char *text, size_t size) {
    ASSERT(thread < world->view.count && size > 0);
    const struct sched_thread *seen = &world->threads[thread];
    bool live = world->view.live >> thread & 1, enabled = sched_is_enabled(&world->view, thread);
    // What the running thread announced is done: it was in the midst of something else.
    bool runs = enabled && thread == world->view.current;
    const char *state = !live                          ? "exited"
                        : runs                         ? "runs"
                        : enabled                      ? "enabled"
                        : (world->timed >> thread & 1) ? "blocked with a deadline"
                                                       : "blocked";
    char path[PATH_TEXT_SIZE], actor[PATH_TEXT_SIZE], where[128] = "", holder[32] = "";
    if (live && !runs)
        snprintf(where, sizeof where, ", %s at %s (%s)", op_names[seen->op], site_name(seen->site),
                 site_meaning(seen->site));
    if (live && !enabled && seen->op == OS_LOCK)
        snprintf(holder, sizeof holder, ", held by thread %u",
                 ((const struct os_mutex *)seen->object)->owner);
    int length = snprintf(text, size, "thread %u %s: %s%s as %s op %u%s", thread,
                          path_format(seen->path, path), state, where,
                          path_format(seen->context->path, actor), seen->context->op, holder);
    if (length < 0)
        length = 0;
    return (size_t)length < size ? (size_t)length : size - 1;
}

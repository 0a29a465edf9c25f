// Occurrences and the record. A key of a schedule names the n-th time that a context passes a site
// in one op; counting is only done where a scheduler listens or a record is kept.
#include "assert.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static struct world_watch *watch_new(struct os_world *world) {
    if (world->chunk == NULL || world->chunk_used == WORLD_WATCH_CHUNK) {
        struct world_watch_chunk **next =
            world->chunk == NULL ? &world->chunks : &world->chunk->next;
        if (*next == NULL && (*next = calloc(1, sizeof **next)) == NULL) {
            fprintf(stderr, "gproof: out of memory in the virtual world\n");
            exit(3);
        }
        world->chunk = *next;
        world->chunk_used = 0;
    }
    return &world->chunk->watches[world->chunk_used++];
}

void world_watch_reset(struct os_world *world) {
    for (struct world_watch_chunk *chunk = world->chunk != NULL ? world->chunks : NULL;
         chunk != NULL; chunk = chunk == world->chunk ? NULL : chunk->next)
        memset(chunk->watches, 0, sizeof chunk->watches);
    world->chunk = NULL;
    world->chunk_used = 0;
}

void world_watch_begin(struct os_world *world, struct os_context *context) {
    bool asks = world->sched->watches != NULL && world->sched->watches(world->sched, context);
    bool counts = asks || world->record;
    if (context->watch == NULL)
        context->watch = &world->unwatched;
    if (!counts && context->watch == &world->unwatched)
        return;
    if (context->watch == &world->unwatched)
        context->watch = watch_new(world);
    struct world_watch *watch = context->watch;
    watch->counts = counts;
    watch->asks = asks;
}

void os_virtual_entered(void) {
    struct os_world *world = os_virtual_hot.world;
    if (world == NULL)
        return;
    world_fold(world);
    if (os_virtual_hot.context->watch == NULL)
        world_watch_begin(world, os_virtual_hot.context);
    world_arm(world);
}

void os_virtual_op_begun(void) {
    struct os_world *world = os_virtual_hot.world;
    if (world == NULL)
        return;
    world_fold(world);
    world_watch_begin(world, os_virtual_hot.context);
    world_arm(world);
}

uint32_t world_watch_count(enum site site) {
    const struct os_context *context = os_virtual_hot.context;
    struct world_watch *watch = context->watch;
    ASSERT(watch != NULL && site < SITE_COUNT);
    if (!watch->counts)
        return 0;
    if (watch->sites[site].op != context->op) {
        watch->sites[site].op = context->op;
        watch->sites[site].count = 0;
    }
    return ++watch->sites[site].count;
}

bool world_record_init(struct os_world *world) {
    void *room = mmap(NULL, sizeof *world->decisions * OS_DECISIONS_MAX, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED)
        return false;
    world->decisions = room;
    return true;
}

void world_record_fini(struct os_world *world) {
    munmap(world->decisions, sizeof *world->decisions * OS_DECISIONS_MAX);
}

void world_record(struct os_world *world, struct os_decision decision) {
    if (world->decisions_count == OS_DECISIONS_MAX)
        return;
    const struct os_context *context = os_virtual_hot.context;
    decision.context = context->path;
    decision.op = context->op;
    world->decisions[world->decisions_count++] = decision;
}

// Occurrences and the record. A key of a schedule names the n-th time that a context passes a site
// in one op; counting is only done where a scheduler listens or a record is kept.
#include "assert.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void out_of_memory(void) {
    fprintf(stderr, "gproof: out of memory in the virtual world\n");
    exit(3);
}

static struct world_watch *watch_new(struct os_world *world) {
    if (world->chunk == NULL || world->chunk_used == WORLD_WATCH_CHUNK) {
        struct world_watch_chunk **next =
            world->chunk == NULL ? &world->chunks : &world->chunk->next;
        if (*next == NULL && (*next = calloc(1, sizeof **next)) == NULL)
            out_of_memory();
        world->chunk = *next;
        world->chunk_used = 0;
    }
    return &world->chunk->watches[world->chunk_used++];
}

void world_watch_reset(struct os_world *world) {
    world->chunk = NULL;
    world->chunk_used = 0;
    world->unwatched = (struct world_watch){0};
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
    if (counts)
        memset(watch->occurrences, 0, sizeof watch->occurrences);
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
    struct world_watch *watch = os_virtual_hot.context->watch;
    ASSERT(watch != NULL);
    return watch->counts ? ++watch->occurrences[site] : 0;
}

void world_record(struct os_world *world, struct os_decision decision) {
    if (world->decisions_count == world->decisions_capacity) {
        uint32_t capacity = world->decisions_capacity != 0 ? world->decisions_capacity * 2 : 256;
        struct os_decision *grown = realloc(world->decisions, capacity * sizeof *grown);
        if (grown == NULL)
            out_of_memory();
        world->decisions = grown;
        world->decisions_capacity = capacity;
    }
    const struct os_context *context = os_virtual_hot.context;
    decision.context = context->path;
    decision.op = context->op;
    world->decisions[world->decisions_count++] = decision;
}

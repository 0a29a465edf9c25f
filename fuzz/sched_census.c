#include "sched_census.h"

#include "sched_impl.h"

#include <string.h>

static struct sched_census *census_of(struct sched *sched) {
    return (struct sched_census *)(void *)sched; // its first member
}

// The object with this address, or NULL if there is no more room.
static struct sched_kind *kind_of(struct sched_census *census, const void *address) {
    uint64_t at = rng_mix((uint64_t)(uintptr_t)address) % SCHED_CENSUS_PLACES;
    for (; census->places[at] != 0; at = (at + 1) % SCHED_CENSUS_PLACES)
        if (census->kind[census->places[at] - 1].address == address)
            return &census->kind[census->places[at] - 1];
    if (census->kinds == SCHED_CENSUS_OBJECTS)
        return NULL;
    struct sched_kind *kind = &census->kind[census->kinds++];
    kind->address = address;
    census->places[at] = (uint16_t)census->kinds;
    return kind;
}

static void add_site(struct sched_sites *sites, enum site site) {
    sites->words[site / 64] |= (uint64_t)1 << (site % 64);
}

static void count(struct sched_census *census, const struct sched_thread *thread, uint32_t index) {
    census->counts[index][thread->site]++;
    struct sched_kind *kind = thread->object == NULL ? NULL : kind_of(census, thread->object);
    if (kind == NULL)
        return;
    add_site(&kind->sites, thread->site);
    if (thread->op != OS_STORE)
        add_site(&kind->reads, thread->site);
    if (thread->op != OS_LOAD)
        add_site(&kind->writes, thread->site);
    kind->threads |= (uint64_t)1 << index;
    kind->written |= thread->op != OS_LOAD;
    kind->count++;
}

static uint32_t census_pick(struct sched *sched, const struct sched_view *view) {
    struct sched_census *census = census_of(sched);
    for (; census->threads < view->count; census->threads++) {
        census->paths[census->threads] = view->threads[census->threads].path;
        census->creators[census->threads] = (uint8_t)census->running;
    }
    uint32_t enabled = (uint32_t)__builtin_popcountll(view->enabled);
    uint32_t rank = rng_below(&census->rng, enabled);
    uint32_t thread = sched_ranked(view->enabled, rank, enabled);
    count(census, &view->threads[thread], thread);
    census->running = thread;
    return thread;
}

static uint32_t census_choose(struct sched *sched, const struct sched_view *view, uint32_t bound) {
    (void)view;
    return rng_below(&census_of(sched)->rng, bound);
}

void sched_census_init(struct sched_census *census) {
    memset(census, 0, sizeof *census);
    census->rng = rng_seeded(0);
    census->sched =
        (struct sched){.name = "census", .pick = census_pick, .choose = census_choose, .quiet = 1};
}

const struct sched_kind *sched_census_draw(const struct sched_census *census, struct rng *rng) {
    uint32_t total = 0;
    for (uint32_t i = 0; i < census->kinds; i++)
        total += sched_kind_is_shared(&census->kind[i]) ? census->kind[i].count : 0;
    uint32_t drawn = total == 0 ? 0 : rng_below(rng, total);
    for (uint32_t i = 0; i < census->kinds; i++) {
        const struct sched_kind *kind = &census->kind[i];
        uint32_t count = sched_kind_is_shared(kind) ? kind->count : 0;
        if (drawn < count)
            return kind;
        drawn -= count;
    }
    return NULL;
}

// Reads-from constraints (after RFF, Wolff and others, ASPLOS 2024): a few wishes of the form "this
// read gets its value from this write", or "does not". Read and write are sites of one kind of
// object, drawn by a census (sched_census.h). A wish against (read, write) keeps every such write
// waiting until the read has been done; a wish for it keeps the read waiting for the write, and
// then other writes for the read. Among those that no wish concerns, chance decides, and seldom:
// what matters is said by the wishes. A wish that everybody waits for, or that holds somebody back
// for long, is given up.
#include "rng.h"
#include "sched_census.h"
#include "sched_impl.h"

enum { WISHES_MAX = 3, SWITCH_ONE_IN = 8, WISHES_FOR_ONE_IN = 4, PATIENCE = 512 };

struct wish {
    struct sched_sites others; // writes of the kind but this one
    uint8_t read, write;       // sites
    bool wanted;               // for: the read gets the write's value; else it does not
    bool written;              // the write was done, and no other since
    bool over;
};

struct rf_state {
    struct rng rng;
    uint32_t wishes, held; // picks in a row at which somebody was held back
    struct wish wish[WISHES_MAX];
};
_Static_assert(sizeof(struct rf_state) <= sizeof((struct scheduler *)0)->state,
               "state is too small");
_Static_assert(SITE_COUNT < 256, "a site fits a byte");

static struct rf_state *rf_state(struct sched *sched) {
    return (struct rf_state *)scheduler_of(sched)->state;
}

// One of the sites; there is one.
static uint8_t draw_site(struct rng *rng, const struct sched_sites *sites) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < SITE_COUNT; i++)
        count += sched_sites_have(sites, (enum site)i);
    uint32_t rank = rng_below(rng, count), site = 0;
    for (;; site++)
        if (sched_sites_have(sites, (enum site)site) && rank-- == 0)
            return (uint8_t)site;
}

static bool is_empty(const struct sched_sites *sites) {
    for (uint32_t i = 0; i < SCHED_SITE_WORDS; i++)
        if (sites->words[i] != 0)
            return false;
    return true;
}

static void rf_begin(struct sched *sched) {
    struct rf_state *state = rf_state(sched);
    const struct scheduler *scheduler = scheduler_of(sched);
    *state = (struct rf_state){.rng = rng_seeded(scheduler->schedule.seed)};
    uint32_t wanted = 1 + rng_below(&state->rng, WISHES_MAX);
    for (uint32_t i = 0; scheduler->census != NULL && i < wanted; i++) {
        const struct sched_kind *kind = sched_census_draw(scheduler->census, &state->rng);
        if (kind == NULL || is_empty(&kind->reads))
            continue;
        struct wish wish = {.others = kind->writes,
                            .read = draw_site(&state->rng, &kind->reads),
                            .write = draw_site(&state->rng, &kind->writes),
                            .wanted = rng_below(&state->rng, WISHES_FOR_ONE_IN) == 0};
        wish.others.words[wish.write / 64] &= ~((uint64_t)1 << (wish.write % 64));
        if (wish.read != wish.write)
            state->wish[state->wishes++] = wish;
    }
}

// What the wishes say of an operation: below 0 it waits, above it hurries.
static int judge(const struct rf_state *state, enum site site) {
    int rank = 0;
    for (uint32_t i = 0; i < state->wishes; i++) {
        const struct wish *wish = &state->wish[i];
        bool reads = site == wish->read, writes = site == wish->write;
        if (wish->over || (!reads && !sched_sites_have(&wish->others, site) && !writes))
            continue;
        bool hurries = wish->wanted ? (wish->written ? reads : writes) : reads && !wish->written;
        bool waits = wish->wanted ? !hurries && (reads || wish->written) : writes;
        if (waits)
            return -1;
        rank |= hurries;
    }
    return rank;
}

// The operation is done: which wishes does that fulfil, or move?
static void note_done(struct rf_state *state, enum site site) {
    for (uint32_t i = 0; i < state->wishes; i++) {
        struct wish *wish = &state->wish[i];
        if (site == wish->read)
            wish->over |= wish->wanted == wish->written;
        if (site == wish->write)
            wish->written = true;
        else if (sched_sites_have(&wish->others, site))
            wish->written = false;
    }
}

static uint32_t rf_pick(struct sched *sched, const struct sched_view *view) {
    struct rf_state *state = rf_state(sched);
    uint64_t hurrying = 0, waiting = 0;
    for (uint64_t mask = view->enabled; mask != 0; mask &= mask - 1) {
        uint32_t thread = (uint32_t)__builtin_ctzll(mask);
        int rank = judge(state, view->threads[thread].site);
        hurrying |= rank > 0 ? mask & -mask : 0;
        waiting |= rank < 0 ? mask & -mask : 0;
    }
    uint64_t candidates = hurrying != 0 ? hurrying : view->enabled & ~waiting;
    state->held = waiting != 0 ? state->held + 1 : 0;
    if (candidates == 0 || state->held > PATIENCE) {
        for (uint32_t i = 0; i < state->wishes; i++)
            state->wish[i].over = true;
        state->held = 0;
        candidates = view->enabled;
    }
    uint32_t thread = sched_stay_or_switch(&state->rng, view, candidates, SWITCH_ONE_IN);
    note_done(state, view->threads[thread].site);
    return thread;
}

static uint32_t rf_choose(struct sched *sched, const struct sched_view *view, uint32_t bound) {
    (void)view;
    return rng_below(&rf_state(sched)->rng, bound);
}

void sched_rf_init(struct scheduler *scheduler) {
    scheduler->sched = (struct sched){
        .name = "rf", .begin = rf_begin, .pick = rf_pick, .choose = rf_choose, .quiet = 1};
}

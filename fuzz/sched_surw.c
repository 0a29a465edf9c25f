// SURW, selectively uniform random walk (Zhao and others, ASPLOS 2025): choose one kind of object;
// every order of the operations on it has about the same chance. At any time one thread is meant to
// do the next of them, drawn in proportion to how many it has left by a census (sched_census.h),
// the threads that it has yet to start included; all others wait before theirs. What is not on such
// an object needs no chance: a thread goes on with that, but for a switch now and then. If those
// who wait are waited for, or the census was wrong, patience ends and one of them is next.
#include "rng.h"
#include "sched_census.h"
#include "sched_impl.h"

enum { SWITCH_ONE_IN = 16, PATIENCE = 256, NOBODY = SCHED_THREADS_MAX };

struct surw_state {
    struct rng rng;
    struct sched_sites sites;         // those of the kind
    uint32_t left[SCHED_THREADS_MAX]; // by index of the census, its own
    uint8_t row[SCHED_THREADS_MAX];   // of a thread in the census, or NOBODY
    uint64_t rows;                    // that threads of this run have
    uint32_t known, intent;           // threads; who is to do the next
    uint32_t waited;                  // picks in a row at which somebody was held back
};
_Static_assert(sizeof(struct surw_state) <= sizeof((struct scheduler *)0)->state,
               "state is too small");

static struct surw_state *surw_state(struct sched *sched) {
    return (struct surw_state *)scheduler_of(sched)->state;
}

static void surw_begin(struct sched *sched) {
    struct surw_state *state = surw_state(sched);
    const struct scheduler *scheduler = scheduler_of(sched);
    const struct sched_census *census = scheduler->census;
    *state = (struct surw_state){.rng = rng_seeded(scheduler->schedule.seed), .intent = NOBODY};
    if (census == NULL)
        return;
    const struct sched_kind *kind = sched_census_draw(census, &state->rng);
    if (kind != NULL)
        state->sites = kind->sites;
    for (uint32_t i = 0; i < census->threads; i++)
        for (uint32_t site = 0; site < SITE_COUNT; site++)
            if (sched_sites_have(&state->sites, (enum site)site))
                state->left[i] += census->counts[i][site];
}

// What a row has left, with the rows that it has yet to start. Creators come before their threads.
static uint32_t weight(const struct surw_state *state, const struct sched_census *census,
                       uint32_t row) {
    uint64_t family = (uint64_t)1 << row;
    uint32_t sum = state->left[row];
    for (uint32_t i = row + 1; i < census->threads; i++) {
        if ((state->rows >> i & 1) || !(family >> census->creators[i] & 1))
            continue;
        family |= (uint64_t)1 << i;
        sum += state->left[i];
    }
    return sum;
}

static uint32_t weight_of(const struct surw_state *state, const struct sched_census *census,
                          uint32_t thread) {
    if (census == NULL || state->row[thread] == NOBODY)
        return 1; // it was not there when the census was taken
    return weight(state, census, state->row[thread]);
}

static void draw_intent(struct surw_state *state, const struct sched_census *census,
                        const struct sched_view *view) {
    uint32_t total = 0;
    for (uint64_t mask = view->live; mask != 0; mask &= mask - 1)
        total += weight_of(state, census, (uint32_t)__builtin_ctzll(mask));
    state->intent = NOBODY;
    if (total == 0)
        return;
    uint32_t drawn = rng_below(&state->rng, total);
    for (uint64_t mask = view->live; mask != 0; mask &= mask - 1) {
        uint32_t thread = (uint32_t)__builtin_ctzll(mask);
        uint32_t count = weight_of(state, census, thread);
        if (drawn < count) {
            state->intent = thread;
            return;
        }
        drawn -= count;
    }
}

// A new thread takes its share of what its creator was to do, and of the chance to be next.
static void meet_threads(struct surw_state *state, const struct sched_census *census,
                         const struct sched_view *view) {
    for (; state->known < view->count; state->known++) {
        uint32_t thread = state->known, row = 0, rows = census == NULL ? 0 : census->threads;
        while (row < rows && census->paths[row] != view->threads[thread].path)
            row++;
        state->row[thread] = (uint8_t)(row < rows ? row : NOBODY);
        if (row == rows)
            continue;
        uint32_t creator = state->intent;
        bool is_next = creator < thread && state->row[creator] == census->creators[row];
        uint32_t before = is_next ? weight_of(state, census, creator) : 0;
        state->rows |= (uint64_t)1 << row;
        if (before != 0 && rng_below(&state->rng, before) < weight(state, census, row))
            state->intent = thread;
    }
}

// Enabled threads that are about to touch the kind.
static uint64_t who_is_at_kind(const struct surw_state *state, const struct sched_view *view) {
    uint64_t threads = 0;
    for (uint64_t mask = view->enabled; mask != 0; mask &= mask - 1) {
        uint32_t thread = (uint32_t)__builtin_ctzll(mask);
        if (sched_sites_have(&state->sites, view->threads[thread].site))
            threads |= (uint64_t)1 << thread;
    }
    return threads;
}

static uint32_t surw_pick(struct sched *sched, const struct sched_view *view) {
    struct surw_state *state = surw_state(sched);
    const struct sched_census *census = scheduler_of(sched)->census;
    meet_threads(state, census, view);
    if (state->intent == NOBODY || !(view->live >> state->intent & 1))
        draw_intent(state, census, view);
    uint64_t at_kind = who_is_at_kind(state, view);
    uint64_t held = state->intent == NOBODY ? at_kind : at_kind & ~((uint64_t)1 << state->intent);
    uint64_t candidates = view->enabled & ~held;
    state->waited = held != 0 ? state->waited + 1 : 0;
    if (candidates == 0 || state->waited > PATIENCE)
        candidates = held;
    uint32_t thread = sched_stay_or_switch(&state->rng, view, candidates, SWITCH_ONE_IN);
    if (at_kind >> thread & 1) {
        uint8_t row = state->row[thread];
        if (row != NOBODY && state->left[row] != 0)
            state->left[row]--;
        state->waited = 0;
        draw_intent(state, census, view);
    }
    return thread;
}

static uint32_t surw_choose(struct sched *sched, const struct sched_view *view, uint32_t bound) {
    (void)view;
    return rng_below(&surw_state(sched)->rng, bound);
}

void sched_surw_init(struct scheduler *scheduler) {
    scheduler->sched = (struct sched){
        .name = "surw", .begin = surw_begin, .pick = surw_pick, .choose = surw_choose, .quiet = 1};
}

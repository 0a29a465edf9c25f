// The list scheduler: the default decision everywhere but at the keys of the schedule. Replay and
// minimising know nothing else. A filter over (context, op) keeps the points of all other ops fast;
// inside a watched op the whole key is looked up in a small open-addressed table.
#include "rng.h"
#include "sched_impl.h"

#include <string.h>

enum { TABLE_SIZE = 256, FILTER_BITS = 1024 };
_Static_assert(WORKLOAD_ENTRIES_MAX * 2 <= TABLE_SIZE, "the table must stay half empty");

struct list_state {
    uint64_t filter[FILTER_BITS / 64]; // bit of hash(context, op)
    uint8_t table[TABLE_SIZE];         // index of an entry + 1; 0 = empty
};
_Static_assert(sizeof(struct list_state) <= sizeof((struct scheduler *)0)->state,
               "state is too small");
_Static_assert(WORKLOAD_ENTRIES_MAX < 256, "an index must fit a byte");

static struct list_state *list_state(struct scheduler *scheduler) {
    return (struct list_state *)scheduler->state;
}

static uint64_t op_hash(uint64_t context, uint32_t op) {
    return rng_mix(context ^ rng_mix(op));
}

static uint64_t key_hash(uint64_t context, uint32_t op, uint32_t site, uint32_t occurrence,
                         bool is_choice) {
    return rng_mix(op_hash(context, op) ^
                   ((uint64_t)occurrence << 16 | (uint64_t)site << 1 | is_choice));
}

// The entry at the key of whoever is current, or NULL.
static const struct workload_entry *list_find(struct scheduler *scheduler,
                                              const struct sched_view *view, bool is_choice) {
    if (view->occurrence == 0)
        return NULL;
    const struct sched_thread *thread = &view->threads[view->current];
    uint64_t context = thread->context->path;
    uint32_t op = thread->context->op;
    uint64_t hash = key_hash(context, op, thread->site, view->occurrence, is_choice);
    const struct list_state *state = list_state(scheduler);
    for (uint32_t slot = hash % TABLE_SIZE; state->table[slot] != 0;
         slot = (slot + 1) % TABLE_SIZE) {
        const struct workload_entry *entry = &scheduler->schedule.entry[state->table[slot] - 1];
        if (entry->context == context && entry->op == op && entry->site == thread->site &&
            entry->occurrence == view->occurrence && entry->is_choice == is_choice)
            return entry;
    }
    return NULL;
}

static bool list_watches(struct sched *sched, const struct os_context *context) {
    uint64_t bit = op_hash(context->path, context->op) % FILTER_BITS;
    return list_state(scheduler_of(sched))->filter[bit / 64] >> (bit % 64) & 1;
}

static uint32_t list_pick(struct sched *sched, const struct sched_view *view) {
    const struct workload_entry *entry = list_find(scheduler_of(sched), view, false);
    if (entry == NULL)
        return sched_default(view);
    if (entry->target == 0)
        return sched_next(view);
    for (uint64_t mask = view->enabled; mask != 0; mask &= mask - 1) {
        uint32_t thread = (uint32_t)__builtin_ctzll(mask);
        if (view->threads[thread].path == entry->target)
            return thread;
    }
    return sched_default(view);
}

static uint32_t list_choose(struct sched *sched, const struct sched_view *view, uint32_t bound) {
    const struct workload_entry *entry = list_find(scheduler_of(sched), view, true);
    return entry != NULL ? entry->value % bound : 0;
}

void sched_list_init(struct scheduler *scheduler) {
    const struct workload_schedule *schedule = &scheduler->schedule;
    struct list_state *state = list_state(scheduler);
    memset(state, 0, sizeof *state);
    for (uint32_t i = 0; i < schedule->entries; i++) {
        const struct workload_entry *entry = &schedule->entry[i];
        uint64_t bit = op_hash(entry->context, entry->op) % FILTER_BITS;
        state->filter[bit / 64] |= (uint64_t)1 << (bit % 64);
        uint32_t slot =
            key_hash(entry->context, entry->op, entry->site, entry->occurrence, entry->is_choice) %
            TABLE_SIZE;
        while (state->table[slot] != 0)
            slot = (slot + 1) % TABLE_SIZE;
        state->table[slot] = (uint8_t)(i + 1);
    }
    scheduler->sched = (struct sched){
        .name = "list",
        .pick = list_pick,
        .choose = list_choose,
        .watches = schedule->entries != 0 ? list_watches : NULL,
        .quiet = SCHED_QUIET_MAX,
    };
}

#include "generate.h"

#include "motif.h"
#include "path.h"

#include <string.h>

enum {
    EDITS_MAX = 4,
    RANGE_MAX = 4,    // ops that are deleted, copied or moved together
    OPS_CROWDED = 64, // programs beyond this are made smaller, not larger: executions cost time
    ATTEMPTS = 16,    // at an edit that changes something
};

struct edit {
    struct workload *workload;
    const struct workload *other; // may be NULL
    struct rng *rng;
};

// Where in the plan: body, position in it, and how many ops the body has.
struct spot {
    uint32_t body, at, length;
};

static uint32_t length(const struct workload_plan *plan, uint32_t body) {
    return workload_body_end(plan, body) - workload_body_begin(plan, body);
}

// Any gap between ops; each body with the weight of its length and a little more.
static struct spot any_gap(const struct workload_plan *plan, struct rng *rng) {
    uint32_t ops = workload_body_end(plan, plan->bodies - 1u);
    uint32_t left = rng_below(rng, ops + plan->bodies), body = 0;
    while (left > length(plan, body))
        left -= length(plan, body++) + 1;
    return (struct spot){body, left, length(plan, body)};
}

// Any op; false if there is none.
static bool any_op(const struct workload_plan *plan, struct rng *rng, struct spot *spot) {
    uint32_t ops = workload_body_end(plan, plan->bodies - 1u), body = 0;
    if (ops == 0)
        return false;
    uint32_t left = rng_below(rng, ops);
    while (left >= length(plan, body))
        left -= length(plan, body++);
    *spot = (struct spot){body, left, length(plan, body)};
    return true;
}

static struct workload_op *op_at(struct workload_plan *plan, struct spot spot) {
    return &plan->ops[workload_body_begin(plan, spot.body) + spot.at];
}

// Up to RANGE_MAX ops from a spot on, copied out. Returns how many.
static uint32_t copy_range(const struct workload_plan *plan, struct spot spot, struct rng *rng,
                           struct workload_op range[RANGE_MAX]) {
    uint32_t room = spot.length - spot.at;
    uint32_t count = between(rng, 1, room < RANGE_MAX ? room : RANGE_MAX);
    memcpy(range, &plan->ops[workload_body_begin(plan, spot.body) + spot.at],
           count * sizeof range[0]);
    return count;
}

static void insert_range(struct workload_plan *plan, struct spot spot,
                         const struct workload_op *range, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        if (!workload_insert(plan, spot.body, spot.at + i, range[i]))
            return;
}

// ---- edits of the plan --------------------------------------------------------------------------

static void insert_op(struct edit *edit) {
    struct workload_plan *plan = &edit->workload->plan;
    struct spot spot = any_gap(plan, edit->rng);
    workload_insert(plan, spot.body, spot.at, motif_op(plan, spot.body, edit->rng));
}

static void insert_motif(struct edit *edit) {
    struct workload_plan *plan = &edit->workload->plan;
    struct spot spot = any_gap(plan, edit->rng);
    motif_insert(plan, spot.body, spot.at, motif_draw(edit->rng), edit->rng);
}

static void delete_ops(struct edit *edit) {
    struct workload_plan *plan = &edit->workload->plan;
    struct workload_op range[RANGE_MAX];
    struct spot spot;
    if (any_op(plan, edit->rng, &spot))
        workload_remove(plan, spot.body, spot.at, copy_range(plan, spot, edit->rng, range));
}

static void duplicate_ops(struct edit *edit) {
    struct workload_plan *plan = &edit->workload->plan;
    struct workload_op range[RANGE_MAX];
    struct spot spot;
    if (!any_op(plan, edit->rng, &spot))
        return;
    uint32_t count = copy_range(plan, spot, edit->rng, range);
    if (chance(edit->rng, 1, 2))
        spot = any_gap(plan, edit->rng);
    insert_range(plan, spot, range, count);
}

static void move_ops(struct edit *edit) {
    struct workload_plan *plan = &edit->workload->plan;
    struct workload_op range[RANGE_MAX];
    struct spot spot;
    if (!any_op(plan, edit->rng, &spot))
        return;
    uint32_t count = copy_range(plan, spot, edit->rng, range);
    workload_remove(plan, spot.body, spot.at, count);
    insert_range(plan, any_gap(plan, edit->rng), range, count);
}

static void swap_ops(struct edit *edit) {
    struct workload_plan *plan = &edit->workload->plan;
    struct spot spot;
    if (!any_op(plan, edit->rng, &spot) || spot.at + 1 == spot.length)
        return;
    struct workload_op *op = op_at(plan, spot), first = op[0];
    op[0] = op[1];
    op[1] = first;
}

static void change_operand(struct edit *edit) {
    struct workload_plan *plan = &edit->workload->plan;
    struct spot spot;
    if (!any_op(plan, edit->rng, &spot))
        return;
    struct workload_op *op = op_at(plan, spot);
    const struct workload_op_info *info = workload_op_info(op->kind);
    if (info->a == OPERAND_none)
        *op = motif_op(plan, spot.body, edit->rng);
    else if (info->b == OPERAND_none || chance(edit->rng, 1, 2))
        op->a = motif_operand(plan, spot.body, info->a, edit->rng);
    else
        op->b = motif_operand(plan, spot.body, info->b, edit->rng);
}

static void wrap_in_call(struct edit *edit) {
    struct workload_plan *plan = &edit->workload->plan;
    struct spot spot = any_gap(plan, edit->rng);
    struct workload_op call = {OP_call, rng_below(edit->rng, WORKLOAD_FRAMES), 0};
    struct workload_op back = {OP_return, 0, 0};
    uint32_t inside = rng_below(edit->rng, spot.length - spot.at + 1);
    if (workload_insert(plan, spot.body, spot.at, call))
        workload_insert(plan, spot.body, spot.at + 1 + inside, back);
}

static void remove_body(struct edit *edit) {
    struct workload_plan *plan = &edit->workload->plan;
    if (plan->bodies > 1)
        workload_remove_body(plan, between(edit->rng, 1, plan->bodies - 1u));
}

// Ops of another plan in terms of this one: bodies are chosen anew, channels come along.
static void adopt_op(struct edit *edit, uint32_t body, struct workload_op *op) {
    struct workload_plan *plan = &edit->workload->plan;
    const struct workload_op_info *info = workload_op_info(op->kind);
    uint32_t *named = workload_body_operand(op);
    if (named != NULL)
        *named = motif_operand(plan, body, OPERAND_body, edit->rng);
    if (info->a == OPERAND_chan)
        while (plan->chans <= op->a) {
            plan->chan_cap[plan->chans] = edit->other->plan.chan_cap[plan->chans];
            plan->chans++;
        }
}

static void splice_body(struct edit *edit) {
    if (edit->other == NULL)
        return;
    struct workload_plan *plan = &edit->workload->plan;
    const struct workload_plan *from = &edit->other->plan;
    uint32_t lent = rng_below(edit->rng, from->bodies);
    uint32_t body = workload_add_body(plan);
    if (body == 0)
        return;
    for (uint32_t i = workload_body_begin(from, lent); i < workload_body_end(from, lent); i++) {
        struct workload_op op = from->ops[i];
        adopt_op(edit, body, &op);
        if (!workload_insert(plan, body, length(plan, body), op))
            break;
    }
    struct workload_op spawn = {OP_spawn, body, 1};
    struct spot spot = any_gap(plan, edit->rng);
    workload_insert(plan, spot.body == body ? 0 : spot.body, spot.body == body ? 0 : spot.at,
                    spawn);
}

static void splice_ops(struct edit *edit) {
    struct spot from;
    if (edit->other == NULL || !any_op(&edit->other->plan, edit->rng, &from))
        return;
    struct workload_plan *plan = &edit->workload->plan;
    struct workload_op range[RANGE_MAX];
    uint32_t count = copy_range(&edit->other->plan, from, edit->rng, range);
    struct spot spot = any_gap(plan, edit->rng);
    for (uint32_t i = 0; i < count; i++)
        adopt_op(edit, spot.body, &range[i]);
    insert_range(plan, spot, range, count);
}

// ---- edits of the schedule ----------------------------------------------------------------------

// Somebody who acts when this plan runs, and an op of theirs.
static uint64_t any_goroutine(const struct edit *edit, uint32_t *op) {
    const struct workload_plan *plan = &edit->workload->plan;
    struct rng *rng = edit->rng;
    uint64_t path = path_root(PATH_MAIN, 0);
    uint32_t body = 0;
    while (chance(rng, 3, 5)) {
        uint32_t children = 0, chosen = 0, chosen_body = 0;
        for (uint32_t i = workload_body_begin(plan, body); i < workload_body_end(plan, body); i++) {
            if (plan->ops[i].kind != OP_spawn)
                continue;
            uint32_t some = plan->ops[i].b < RANGE_MAX ? plan->ops[i].b : RANGE_MAX;
            if (rng_below(rng, children + some) >= children) {
                chosen = children + 1 + rng_below(rng, some);
                chosen_body = plan->ops[i].a;
            }
            children += plan->ops[i].b;
        }
        if (chosen == 0)
            break;
        path = path_child(path, chosen, false);
        body = chosen_body;
    }
    *op = rng_below(rng, length(plan, body) + 2);
    return path;
}

static uint64_t any_context(const struct edit *edit, uint32_t *op) {
    enum { GOROUTINE, FING, CLEANUP, M, KINDS };
    static const uint8_t weights[KINDS] = {[GOROUTINE] = 8, [FING] = 3, [CLEANUP] = 3, [M] = 3};
    const struct workload_schedule *schedule = &edit->workload->schedule;
    struct rng *rng = edit->rng;
    if (schedule->entries > 0 && chance(rng, 2, 3)) { // a context that is known to act
        const struct workload_entry *entry = &schedule->entry[rng_below(rng, schedule->entries)];
        *op = entry->op + rng_below(rng, 3);
        *op -= *op > 0 ? 1 : 0;
        return entry->context;
    }
    uint32_t kind = weighted(rng, weights, KINDS);
    uint64_t path = any_goroutine(edit, op);
    if (kind == GOROUTINE)
        return path;
    *op = rng_below(rng, 6);
    if (kind == FING)
        return path_root(PATH_FING, 0);
    if (kind == CLEANUP)
        return path_root(PATH_CLEANUP, between(rng, 1, edit->workload->header.cleanups));
    return chance(rng, 1, 2) ? path_root(PATH_M0, 0) : path_child(path, between(rng, 1, 2), true);
}

static enum site any_site(struct rng *rng) {
    static const uint8_t protocol[] = {
        // where the profiler and those it looks at meet
        SITE_user_step,       SITE_syscall_body,  SITE_checkpoint,      SITE_execute_checkin,
        SITE_execute_status,  SITE_try_status,    SITE_try_state,       SITE_try_acquire,
        SITE_try_satisfy,     SITE_record_status, SITE_record_classify, SITE_record_slot,
        SITE_record_frames,   SITE_profile_count, SITE_profile_offset,  SITE_profile_walk,
        SITE_profile_sweep,   SITE_gcwaiting,     SITE_status_edge,     SITE_create_active,
        SITE_create_mark,     SITE_create_status, SITE_exit_status,     SITE_syscall_enter,
        SITE_syscall_checkin, SITE_syscall_exit,  SITE_fing_status,     SITE_cleanup_flag,
        SITE_cleanup_count,   SITE_steal_victim,
    };
    if (chance(rng, 3, 4))
        return (enum site)protocol[rng_below(rng, sizeof protocol)];
    return (enum site)rng_below(rng, SITE_COUNT);
}

static void decide(const struct edit *edit, struct workload_entry *entry) {
    struct rng *rng = edit->rng;
    uint32_t op;
    entry->is_choice = entry->site == SITE_steal_victim ? chance(rng, 3, 4) : chance(rng, 1, 40);
    entry->target = 0;
    entry->value = entry->is_choice ? between(rng, 1, 3) : 0;
    if (!entry->is_choice && chance(rng, 1, 3)) {
        entry->target = path_root(PATH_M0, 0);
        if (chance(rng, 2, 3)) {
            uint64_t creator = any_goroutine(edit, &op);
            entry->target = path_child(creator, between(rng, 1, 2), true);
        }
    }
}

static void add_entry(struct edit *edit) {
    struct workload_schedule *schedule = &edit->workload->schedule;
    if (schedule->entries == WORKLOAD_ENTRIES_MAX)
        return;
    struct workload_entry entry = {0};
    entry.context = any_context(edit, &entry.op);
    entry.site = (uint8_t)any_site(edit->rng);
    entry.occurrence = 1;
    while (entry.occurrence < 16 && chance(edit->rng, 1, 3))
        entry.occurrence++;
    decide(edit, &entry);
    schedule->entry[schedule->entries++] = entry;
}

static void alter_entry(struct edit *edit) {
    enum { OP, OCCURRENCE, SITE, CONTEXT, DECISION, KINDS };
    struct workload_schedule *schedule = &edit->workload->schedule;
    struct rng *rng = edit->rng;
    if (schedule->entries == 0)
        return;
    struct workload_entry *entry = &schedule->entry[rng_below(rng, schedule->entries)];
    uint32_t ignored;
    switch (rng_below(rng, KINDS)) {
    case OP:
        entry->op += chance(rng, 1, 2) || entry->op == 0 ? 1 : (uint32_t)-1;
        break;
    case OCCURRENCE:
        entry->occurrence =
            (uint16_t)(entry->occurrence + (chance(rng, 1, 2) || entry->occurrence == 1 ? 1 : -1));
        break;
    case SITE:
        entry->site = (uint8_t)any_site(rng);
        break;
    case CONTEXT:
        entry->context = any_context(edit, &ignored);
        break;
    case DECISION:
        decide(edit, entry);
        break;
    }
}

static void remove_entry(struct edit *edit) {
    struct workload_schedule *schedule = &edit->workload->schedule;
    if (schedule->entries == 0)
        return;
    uint32_t at = rng_below(edit->rng, schedule->entries);
    schedule->entry[at] = schedule->entry[--schedule->entries];
}

static void truncate_entries(struct edit *edit) {
    struct workload_schedule *schedule = &edit->workload->schedule;
    if (schedule->entries > 0)
        schedule->entries = (uint16_t)rng_below(edit->rng, schedule->entries);
}

// Another walk under the same mode; where entries decide, another entry.
static void reseed(struct edit *edit) {
    struct workload_schedule *schedule = &edit->workload->schedule;
    if (schedule->mode != SCHEDULE_LIST)
        schedule->seed = (uint32_t)rng_next(edit->rng);
    else if (schedule->entries > 0)
        add_entry(edit);
    else
        workload_generate_schedule(schedule, edit->rng);
}

static void redraw_schedule(struct edit *edit) {
    workload_generate_schedule(&edit->workload->schedule, edit->rng);
}

static void take_schedule(struct edit *edit) {
    if (edit->other != NULL)
        edit->workload->schedule = edit->other->schedule;
}

// ---- edits of the header ------------------------------------------------------------------------

static void change_header(struct edit *edit) {
    enum { PROCS, MS, CLEANUPS, GOROUTINES, KINDS };
    struct workload_header *header = &edit->workload->header;
    switch (rng_below(edit->rng, KINDS)) {
    case PROCS:
        header->procs = (uint8_t)between(edit->rng, 1, 4);
        break;
    case MS:
        header->ms = (uint8_t)(header->procs + rng_below(edit->rng, 4));
        break;
    case CLEANUPS:
        header->cleanups = (uint8_t)between(edit->rng, 1, WORKLOAD_CLEANUPS_MAX);
        break;
    case GOROUTINES:
        header->goroutines = chance(edit->rng, 1, 2) ? (uint32_t)WORKLOAD_GOROUTINES_DEFAULT
                                                     : between(edit->rng, 1, 16);
        break;
    }
}

// ---- choosing edits -----------------------------------------------------------------------------

struct edit_kind {
    void (*apply)(struct edit *edit);
    uint8_t weight;
    bool grows; // adds ops
};

static const struct edit_kind edits[] = {
    {insert_op, 10, true},       {insert_motif, 12, true},  {delete_ops, 12, false},
    {duplicate_ops, 5, true},    {move_ops, 5, false},      {swap_ops, 6, false},
    {change_operand, 8, false},  {wrap_in_call, 2, true},   {remove_body, 1, false},
    {splice_body, 4, true},      {splice_ops, 4, true},     {reseed, 16, false},
    {redraw_schedule, 6, false}, {take_schedule, 2, false}, {add_entry, 4, false},
    {alter_entry, 8, false},     {remove_entry, 3, false},  {truncate_entries, 1, false},
    {change_header, 5, false},
};
enum { EDIT_KINDS = sizeof edits / sizeof edits[0] };

static void apply_edit(struct edit *edit) {
    uint8_t weights[EDIT_KINDS];
    bool crowded = workload_ops(edit->workload) > OPS_CROWDED;
    for (uint32_t i = 0; i < EDIT_KINDS; i++)
        weights[i] = crowded && edits[i].grows ? 0 : edits[i].weight;
    edits[weighted(edit->rng, weights, EDIT_KINDS)].apply(edit);
    workload_canonicalize(edit->workload);
}

void workload_mutate(struct workload *workload, const struct workload *other, struct rng *rng) {
    struct workload before = *workload;
    struct edit edit = {workload, other, rng};
    uint32_t count = 1;
    while (count < EDITS_MAX && chance(rng, 2, 5))
        count++;
    for (uint32_t i = 0; i < count; i++)
        apply_edit(&edit);
    for (uint32_t i = 0; i < ATTEMPTS && workload_equal(&before, workload); i++)
        apply_edit(&edit);
}

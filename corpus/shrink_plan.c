#include "shrink.h"

#include "lineage.h"
#include "rng.h"

#include <string.h>

enum {
    PAIRS_MAX = 24,       // ops, or entries, up to which all pairs are tried
    WALKS_TO_A_LIST = 16, // times as many walks as long as there is no list
    PARTS_TO_A_WALK = 16, // times as many parts as there are walks to a plan
    PARTS_OPS_MIN = 4,    // of fewer ops, each part has been tried
};

// ---- trying a plan with its schedule ------------------------------------------------------------

// A plan made from the best one, and how its ops moved.
struct variant {
    struct workload_plan plan;
    struct lineage_edit edit;
};

// Start from the best plan, without the ops that are not kept.
static void variant_keep(struct variant *variant, const struct workload *best,
                         const bool keep[WORKLOAD_OPS_MAX]) {
    const struct workload_plan *before = &best->plan;
    struct workload_plan *after = &variant->plan;
    *after = *before;
    memset(after->ops, 0, sizeof after->ops);
    variant->edit = (struct lineage_edit){.before = before, .after = after, .inlined = -1};
    uint32_t to = 0;
    for (uint32_t body = 0; body < before->bodies; body++) {
        for (uint32_t i = workload_body_begin(before, body); i < workload_body_end(before, body);
             i++) {
            variant->edit.moved[i] = keep[i] ? (int16_t)to : -1;
            if (keep[i])
                after->ops[to++] = before->ops[i];
        }
        after->body_end[body] = (uint16_t)to;
    }
}

// Try it with a schedule whose keys followed the edit, then with the schedule as it was;
// without_entry is left out of both (none if there are no so many).
static bool variant_try(struct shrink *shrink, const struct variant *variant,
                        uint32_t without_entry) {
    struct workload candidate = shrink->best;
    struct workload_schedule *schedule = &candidate.schedule;
    candidate.plan = variant->plan;
    if (without_entry < schedule->entries) {
        schedule->entry[without_entry] = schedule->entry[schedule->entries - 1u];
        schedule->entries--;
    }
    struct workload plain = candidate;
    lineage_follow(schedule, &variant->edit);
    workload_canonicalize(&candidate);
    workload_canonicalize(&plain);
    if (!workload_equal(&candidate, &plain) && shrink_try(shrink, &candidate))
        return true;
    return shrink_try(shrink, &plain);
}

static bool try_without(struct shrink *shrink, uint32_t at, uint32_t count) {
    bool keep[WORKLOAD_OPS_MAX];
    for (uint32_t i = 0; i < WORKLOAD_OPS_MAX; i++)
        keep[i] = i < at || i >= at + count;
    struct variant variant;
    variant_keep(&variant, &shrink->best, keep);
    return variant_try(shrink, &variant, WORKLOAD_ENTRIES_MAX);
}

// Let whoever names a body at this op do what it says: the body takes the place of the op. False if
// the op names none, or if nothing would be gained.
static bool variant_inline(struct variant *variant, const struct workload *best, uint32_t spawn) {
    const struct workload_plan *before = &best->plan;
    struct workload_op op = before->ops[spawn];
    const uint32_t *named = workload_body_operand(&op);
    uint32_t lent = named != NULL ? *named : 0;
    uint32_t begin = workload_body_begin(before, lent), end = workload_body_end(before, lent);
    uint32_t body = 0;
    while (workload_body_end(before, body) <= spawn)
        body++;
    if (lent == body || lent == 0) // main stays
        return false;
    uint32_t at = spawn - workload_body_begin(before, body);
    variant->plan = *before;
    workload_remove(&variant->plan, body, at, 1);
    for (uint32_t i = begin; i < end; i++)
        if (!workload_insert(&variant->plan, body, at + i - begin, before->ops[i]))
            return false;
    variant->edit =
        (struct lineage_edit){.before = before, .after = &variant->plan, .inlined = (int16_t)spawn};
    for (uint32_t i = 0; i < workload_ops(best); i++)
        variant->edit.moved[i] = (int16_t)(i <= spawn ? i : i + (end - begin) - 1);
    if (begin == end) // an empty body leaves nothing in the place of what named it
        variant->edit.moved[spawn] = -1;
    return true;
}

// ---- under other schedules ----------------------------------------------------------------------

// Walks that switch seldom: what they find takes few decisions.
static struct workload_schedule gentle_walk(uint32_t number) {
    struct workload_schedule walk = {.mode = SCHEDULE_STICKY, .seed = number + 1};
    if (number % 4 == 3) {
        walk.mode = SCHEDULE_PCT;
        walk.param = (uint8_t)(1 + number / 4 % 4);
    } else {
        walk.param = (uint8_t)(4u << (number % 5));
    }
    return walk;
}

static bool try_walks(struct shrink *shrink, const struct workload_plan *plan, uint32_t walks) {
    for (uint32_t i = 0; i < walks; i++) {
        struct workload candidate = {.header = shrink->best.header, .plan = *plan};
        candidate.schedule = gentle_walk(i);
        if (shrink_try_walk(shrink, &candidate))
            return true;
    }
    return false;
}

// Every plan in which a body has taken the place of an op that names it. A finalizer's or cleanup's
// ops move to another goroutine by that, and to another time: no list follows.
static bool inline_under_walks(struct shrink *shrink) {
    bool progress = false;
    for (uint32_t i = 0; i < workload_ops(&shrink->best); i++) {
        const uint32_t *named = workload_body_operand(&shrink->best.plan.ops[i]);
        struct variant variant;
        if (!variant_inline(&variant, &shrink->best, i))
            continue;
        workload_remove_body(&variant.plan, *named);
        progress |= try_walks(shrink, &variant.plan, shrink->walks);
    }
    return progress;
}

// Every plan with a chunk of ops less, and the plan itself, for fewer decisions.
bool shrink_walks(struct shrink *shrink) {
    bool keep[WORKLOAD_OPS_MAX];
    struct variant variant;
    bool is_list = shrink->best.schedule.mode == SCHEDULE_LIST;
    uint32_t walks = is_list ? shrink->walks : WALKS_TO_A_LIST * shrink->walks;
    bool progress = try_walks(shrink, &shrink->best.plan, walks);
    for (uint32_t size = workload_ops(&shrink->best); size > 0 && shrink->walks > 0; size /= 2) {
        for (uint32_t end = workload_ops(&shrink->best); end > 0;) {
            uint32_t at = end > size ? end - size : 0;
            for (uint32_t i = 0; i < WORKLOAD_OPS_MAX; i++)
                keep[i] = i < at || i >= end;
            variant_keep(&variant, &shrink->best, keep);
            progress |= try_walks(shrink, &variant.plan, shrink->walks);
            uint32_t left = workload_ops(&shrink->best);
            end = at < left ? at : left;
        }
    }
    if (shrink->walks > 0)
        progress |= inline_under_walks(shrink);
    return progress;
}

// Leave out what stands in a body that nobody names any more.
static void drop_unnamed(const struct workload_plan *plan, bool keep[WORKLOAD_OPS_MAX]) {
    uint32_t named = 1; // a bit for each body; main
    for (uint32_t before = 0; before != named;) {
        before = named;
        for (uint32_t body = 0; body < plan->bodies; body++)
            for (uint32_t i = workload_body_begin(plan, body); i < workload_body_end(plan, body);
                 i++) {
                struct workload_op op = plan->ops[i];
                const uint32_t *other = workload_body_operand(&op);
                if (keep[i] && (named >> body & 1) && other != NULL)
                    named |= 1u << *other;
            }
    }
    for (uint32_t body = 0; body < plan->bodies; body++)
        for (uint32_t i = workload_body_begin(plan, body); i < workload_body_end(plan, body); i++)
            keep[i] &= named >> body & 1;
}

// A part of the plan, drawn at random, under a walk, again and again. Where nothing single can go,
// nor two, nor a chunk, several ops here and there may, all at once.
bool shrink_parts(struct shrink *shrink) {
    struct rng rng = rng_seeded(1);
    uint32_t ops = workload_ops(&shrink->best);
    uint32_t tries = ops > PARTS_OPS_MIN ? PARTS_TO_A_WALK * shrink->walks : 0;
    bool progress = false;
    for (uint32_t try = 0; try < tries && !shrink->stopped; try++) {
        bool keep[WORKLOAD_OPS_MAX];
        uint32_t quarters = 1 + rng_below(&rng, 3);
        for (uint32_t i = 0; i < WORKLOAD_OPS_MAX; i++)
            keep[i] = rng_below(&rng, 4) < quarters;
        drop_unnamed(&shrink->best.plan, keep);
        struct variant variant;
        variant_keep(&variant, &shrink->best, keep);
        struct workload candidate = {.header = shrink->best.header, .plan = variant.plan};
        candidate.schedule = gentle_walk(rng_below(&rng, shrink->walks));
        progress |= shrink_try_walk(shrink, &candidate);
    }
    return progress;
}

// ---- ops and bodies -----------------------------------------------------------------------------

static bool fewer_ops(struct shrink *shrink) {
    bool progress = false;
    for (uint32_t size = workload_ops(&shrink->best); size > 0; size /= 2) {
        uint32_t end = workload_ops(&shrink->best);
        while (end > 0) {
            uint32_t at = end > size ? end - size : 0;
            progress |= try_without(shrink, at, end - at);
            uint32_t left = workload_ops(&shrink->best);
            end = at < left ? at : left;
        }
    }
    return progress;
}

static bool fewer_bodies(struct shrink *shrink) {
    bool progress = false;
    for (uint32_t body = shrink->best.plan.bodies - 1u; body > 0; body--) {
        struct workload_plan *plan = &shrink->best.plan;
        if (body >= plan->bodies)
            continue;
        bool keep[WORKLOAD_OPS_MAX];
        for (uint32_t i = 0; i < workload_ops(&shrink->best); i++) {
            const uint32_t *named = workload_body_operand(&plan->ops[i]);
            bool inside = i >= workload_body_begin(plan, body) && i < workload_body_end(plan, body);
            keep[i] = !inside && (named == NULL || *named != body);
        }
        struct variant variant;
        variant_keep(&variant, &shrink->best, keep);
        workload_remove_body(&variant.plan, body); // nothing names it any more: no op moves
        progress |= variant_try(shrink, &variant, WORKLOAD_ENTRIES_MAX);
    }
    return progress;
}

// The return that matches the call at this op, or 0.
static uint32_t matching_return(const struct workload_plan *plan, uint32_t call, uint32_t end) {
    uint32_t depth = 0;
    for (uint32_t i = call + 1; i < end; i++) {
        if (plan->ops[i].kind == OP_return && depth-- == 0)
            return i;
        depth += workload_calls(plan->ops[i].kind);
    }
    return 0;
}

static bool fewer_calls(struct shrink *shrink) {
    bool progress = false;
    for (uint32_t body = 0; body < shrink->best.plan.bodies; body++) {
        uint32_t i = workload_body_begin(&shrink->best.plan, body);
        for (; i < workload_body_end(&shrink->best.plan, body); i++) {
            const struct workload_plan *plan = &shrink->best.plan;
            if (!workload_calls(plan->ops[i].kind))
                continue;
            uint32_t back = matching_return(plan, i, workload_body_end(plan, body));
            bool keep[WORKLOAD_OPS_MAX];
            memset(keep, true, sizeof keep);
            keep[i] = keep[back] = false;
            struct variant variant;
            variant_keep(&variant, &shrink->best, keep);
            if (back != 0 && variant_try(shrink, &variant, WORKLOAD_ENTRIES_MAX)) {
                progress = true;
                i--; // the op behind the call stands in its place
            }
        }
    }
    return progress;
}

// Inlining alone makes a plan longer when others still use the body, so it counts only together
// with the removal of the body.
static bool fewer_inlined(struct shrink *shrink) {
    bool progress = false;
    for (uint32_t i = 0; i < workload_ops(&shrink->best); i++) {
        const struct workload_op op = shrink->best.plan.ops[i];
        struct variant variant;
        if (op.kind != OP_spawn || !variant_inline(&variant, &shrink->best, i))
            continue;
        struct workload candidate = shrink->best;
        candidate.plan = variant.plan;
        lineage_follow(&candidate.schedule, &variant.edit);
        workload_remove_body(&candidate.plan, op.a);
        if (shrink_try(shrink, &candidate)) {
            progress = true;
            i--;
        }
    }
    return progress;
}

static bool try_spawn_count(struct shrink *shrink, uint32_t spawn, uint32_t count, bool first_go) {
    bool keep[WORKLOAD_OPS_MAX];
    memset(keep, true, sizeof keep);
    struct variant variant;
    variant_keep(&variant, &shrink->best, keep);
    variant.plan.ops[spawn].b = count;
    variant.edit.first_go = first_go;
    return variant_try(shrink, &variant, WORKLOAD_ENTRIES_MAX);
}

static bool fewer_spawned(struct shrink *shrink) {
    bool progress = false;
    for (uint32_t i = 0; i < workload_ops(&shrink->best); i++) {
        const struct workload_op *op = &shrink->best.plan.ops[i];
        if (op->kind != OP_spawn)
            continue;
        for (uint32_t fewer = op->b - 1; fewer > 0;) {
            uint32_t count = op->b - fewer;
            if (try_spawn_count(shrink, i, count, false) ||
                try_spawn_count(shrink, i, count, true)) {
                progress = true;
                fewer = fewer < op->b ? fewer : op->b - 1;
            } else {
                fewer /= 2;
            }
        }
    }
    return progress;
}

bool shrink_ops(struct shrink *shrink) {
    bool progress = fewer_ops(shrink);
    progress |= fewer_bodies(shrink);
    progress |= fewer_calls(shrink);
    progress |= fewer_inlined(shrink);
    progress |= fewer_spawned(shrink);
    return progress;
}

// ---- two at a time ------------------------------------------------------------------------------

static bool try_without_two_ops(struct shrink *shrink, uint32_t a, uint32_t b) {
    bool keep[WORKLOAD_OPS_MAX];
    memset(keep, true, sizeof keep);
    keep[a] = keep[b] = false;
    struct variant variant;
    variant_keep(&variant, &shrink->best, keep);
    return variant_try(shrink, &variant, WORKLOAD_ENTRIES_MAX);
}

static bool try_without_op_and_entry(struct shrink *shrink, uint32_t op, uint32_t entry) {
    bool keep[WORKLOAD_OPS_MAX];
    memset(keep, true, sizeof keep);
    keep[op] = false;
    struct variant variant;
    variant_keep(&variant, &shrink->best, keep);
    return variant_try(shrink, &variant, entry);
}

static bool try_without_two_entries(struct shrink *shrink, uint32_t a, uint32_t b) {
    struct workload candidate = shrink->best;
    struct workload_schedule *schedule = &candidate.schedule;
    uint32_t count = 0;
    for (uint32_t i = 0; i < schedule->entries; i++)
        if (i != a && i != b)
            schedule->entry[count++] = schedule->entry[i];
    schedule->entries = (uint16_t)count;
    return shrink_try(shrink, &candidate);
}

bool shrink_pairs(struct shrink *shrink) {
    bool progress = false;
    if (workload_ops(&shrink->best) > PAIRS_MAX)
        return false;
    for (uint32_t a = workload_ops(&shrink->best); a-- > 0;) {
        for (uint32_t b = a; b-- > 0 && a < workload_ops(&shrink->best);)
            progress |= try_without_two_ops(shrink, a, b);
        for (uint32_t entry = shrink->best.schedule.entries; entry-- > 0;)
            if (entry < PAIRS_MAX && a < workload_ops(&shrink->best))
                progress |= try_without_op_and_entry(shrink, a, entry);
    }
    if (shrink->best.schedule.entries > PAIRS_MAX)
        return progress;
    for (uint32_t a = shrink->best.schedule.entries; a-- > 0;)
        for (uint32_t b = a; b-- > 0 && a < shrink->best.schedule.entries;)
            progress |= try_without_two_entries(shrink, a, b);
    return progress;
}

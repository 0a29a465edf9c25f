#include "lineage.h"

#include "path.h"

enum { UNKNOWN = -1, M_STEP = 128 };

// Who a path names.
struct actor {
    uint64_t path; // after the edit
    int body;      // that it runs before the edit, or UNKNOWN
    int inlined;   // where in `after` that body stands in its creator's, or UNKNOWN
};

// Layout of path.h: the root in the top byte, then a byte a step from the left.
static enum path_root root_of(uint64_t path) {
    return (enum path_root)(path >> (8 * PATH_STEPS_MAX));
}

static uint32_t step_of(uint64_t path, uint32_t index) {
    return (uint8_t)(path >> (8 * (PATH_STEPS_MAX - 1 - index)));
}

// The only body that ops of this kind name, or UNKNOWN.
static int sole_body(const struct workload_plan *plan, enum workload_op_kind kind) {
    int body = UNKNOWN;
    for (uint32_t i = 0; i < workload_body_end(plan, plan->bodies - 1u); i++) {
        if (plan->ops[i].kind != kind)
            continue;
        if (body != UNKNOWN && (uint32_t)body != plan->ops[i].b)
            return UNKNOWN;
        body = (int)plan->ops[i].b;
    }
    return body;
}

// The body that an op stands in; a place behind all ops, which the edit has cut off, counts as the
// last body's: its key does not come up.
static uint32_t body_of(const struct workload_plan *plan, uint32_t op) {
    uint32_t body = 0;
    while (body + 1u < plan->bodies && workload_body_end(plan, body) <= op)
        body++;
    return body;
}

// Where an op of the actor's body is after the edit, or UNKNOWN.
static int place_of(const struct lineage_edit *edit, const struct actor *actor, uint32_t op) {
    if (actor->inlined == UNKNOWN)
        return edit->moved[op];
    return actor->inlined + (int)(op - workload_body_begin(edit->before, (uint32_t)actor->body));
}

// Goroutines that ops [from, to) of a plan start.
static uint32_t spawned(const struct workload_plan *plan, uint32_t from, uint32_t to) {
    uint32_t count = 0;
    for (uint32_t i = from; i < to; i++) {
        uint8_t kind = plan->ops[i].kind;
        count += kind == OP_spawn ? plan->ops[i].b : kind == OP_coro || kind == OP_after;
    }
    return count;
}

static void step_unresolved(struct actor *actor, uint32_t ordinal, bool is_m) {
    actor->path = path_child(actor->path, ordinal, is_m);
    actor->body = actor->inlined = UNKNOWN;
}

// Go from an actor to its child goroutine of this ordinal. False if the child is gone.
static bool step_child(const struct lineage_edit *edit, struct actor *actor, uint32_t ordinal) {
    const struct workload_plan *before = edit->before, *after = edit->after;
    if (actor->body == UNKNOWN) {
        step_unresolved(actor, ordinal, false);
        return true;
    }
    uint32_t op = workload_body_begin(before, (uint32_t)actor->body);
    uint32_t end = workload_body_end(before, (uint32_t)actor->body), left = ordinal;
    while (op < end && spawned(before, op, op + 1) < left)
        left -= spawned(before, op, op + 1), op++;
    if (op == end) {
        step_unresolved(actor, ordinal, false);
        return true;
    }
    if (op == (uint32_t)edit->inlined) {
        actor->body = (int)before->ops[op].a;
        actor->inlined = edit->moved[op];
        return true;
    }
    int place = place_of(edit, actor, op);
    if (place == UNKNOWN)
        return false;
    uint32_t old_count = spawned(before, op, op + 1);
    uint32_t new_count = spawned(after, (uint32_t)place, (uint32_t)place + 1);
    uint32_t skipped = edit->first_go && old_count > new_count ? old_count - new_count : 0;
    if (left <= skipped || left - skipped > new_count)
        return false;
    uint32_t begin = workload_body_begin(after, body_of(after, (uint32_t)place));
    uint32_t earlier = spawned(after, begin, (uint32_t)place);
    actor->path = path_child(actor->path, earlier + left - skipped, false);
    struct workload_op starter = before->ops[op];
    actor->body = (int)*workload_body_operand(&starter);
    actor->inlined = UNKNOWN;
    return true;
}

// Find out who a path names. False if they are gone.
static bool resolve(const struct lineage_edit *edit, uint64_t path, struct actor *actor) {
    uint32_t step = 0;
    *actor = (struct actor){path, UNKNOWN, UNKNOWN};
    switch (root_of(path)) {
    case PATH_MAIN:
        actor->body = 0;
        break;
    case PATH_FING:
        actor->body = sole_body(edit->before, OP_finalizer);
        break;
    case PATH_CLEANUP:
        actor->body = sole_body(edit->before, OP_cleanup);
        break;
    case PATH_M0:
        break;
    default:
        return true;
    }
    if (root_of(path) == PATH_CLEANUP)
        actor->path = path_root(PATH_CLEANUP, step_of(path, step++));
    else
        actor->path = path_root(root_of(path), 0);
    for (; step < PATH_STEPS_MAX && step_of(path, step) != 0; step++) {
        uint32_t ordinal = step_of(path, step);
        if (ordinal > M_STEP)
            step_unresolved(actor, ordinal - M_STEP, true);
        else if (!step_child(edit, actor, ordinal))
            return false;
    }
    return true;
}

// The ordinal, from 1, of the actor's op of this index of `before` once it stands in `after`.
static uint32_t ordinal_after(const struct lineage_edit *edit, const struct actor *actor,
                              uint32_t op) {
    const struct workload_plan *before = edit->before, *after = edit->after;
    uint32_t begin = workload_body_begin(before, (uint32_t)actor->body);
    uint32_t end = workload_body_end(before, (uint32_t)actor->body);
    uint32_t heir = op;
    while (heir < end && place_of(edit, actor, heir) == UNKNOWN)
        heir++;
    if (heir == end) // nothing took its place: the last op before it
        for (heir = op; heir > begin && place_of(edit, actor, heir) == UNKNOWN;)
            heir--;
    int place = place_of(edit, actor, heir);
    if (place == UNKNOWN)
        return 1;
    return (uint32_t)place - workload_body_begin(after, body_of(after, (uint32_t)place)) + 1;
}

// Services run their one body again and again, and count on.
static uint32_t follow_op(const struct lineage_edit *edit, const struct actor *actor,
                          uint32_t ordinal) {
    if (actor->body == UNKNOWN || ordinal == 0)
        return ordinal;
    uint32_t begin = workload_body_begin(edit->before, (uint32_t)actor->body);
    uint32_t length = workload_body_end(edit->before, (uint32_t)actor->body) - begin;
    bool is_service = root_of(actor->path) != PATH_MAIN;
    if (length == 0 || (!is_service && ordinal > length))
        return ordinal;
    uint32_t rounds = (ordinal - 1) / length;
    uint32_t kept = 0;
    for (uint32_t i = begin; i < begin + length; i++)
        kept += place_of(edit, actor, i) != UNKNOWN;
    return rounds * kept + ordinal_after(edit, actor, begin + (ordinal - 1) % length);
}

void lineage_follow(struct workload_schedule *schedule, const struct lineage_edit *edit) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < schedule->entries; i++) {
        struct workload_entry entry = schedule->entry[i];
        struct actor actor, target;
        if (!resolve(edit, entry.context, &actor))
            continue;
        entry.op = follow_op(edit, &actor, entry.op);
        entry.context = actor.path;
        if (entry.target != 0) // a thread whose creator is gone: whoever comes next
            entry.target = resolve(edit, entry.target, &target) ? target.path : 0;
        schedule->entry[count++] = entry;
    }
    schedule->entries = (uint16_t)count;
    workload_canonicalize_schedule(schedule);
}

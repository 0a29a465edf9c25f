#include "workload.h"

#include "assert.h"
#include "path.h"

#include <string.h>

const struct workload_op_info *workload_op_info(uint8_t kind) {
    static const struct workload_op_info ops[OP_COUNT] = {
#define OP(name, a, b, meaning) {#name, meaning, OPERAND_##a, OPERAND_##b},
#include "ops.def"
#undef OP
    };
    ASSERT(kind < OP_COUNT);
    return &ops[kind];
}

const struct workload_operand_info *workload_operand_info(enum workload_operand operand) {
    static const struct workload_operand_info operands[OPERAND_COUNT] = {
#define OPERAND(name, role, prefix, least, values, noun) {ROLE_##role, prefix, noun, least, values},
#include "operands.def"
#undef OPERAND
    };
    ASSERT(operand < OPERAND_COUNT);
    return &operands[operand];
}

void workload_init(struct workload *workload) {
    memset(workload, 0, sizeof *workload);
    workload->header = (struct workload_header){
        .version = WORKLOAD_VERSION,
        .procs = WORKLOAD_PROCS_DEFAULT,
        .ms = WORKLOAD_MS_DEFAULT,
        .cleanups = WORKLOAD_CLEANUPS_DEFAULT,
        .goroutines = WORKLOAD_GOROUTINES_DEFAULT,
        .fuel = WORKLOAD_FUEL_DEFAULT,
    };
    workload->plan.bodies = 1;
}

// ---- canonical form -----------------------------------------------------------------------------

// The value itself if it lies in [low, low + count), else one that does.
static uint32_t wrapped(uint32_t value, uint32_t low, uint32_t count) {
    return value >= low && value - low < count ? value : low + value % count;
}

static void canonicalize_header(struct workload_header *header) {
    header->version = WORKLOAD_VERSION;
    header->procs = (uint8_t)wrapped(header->procs, 1, WORKLOAD_PROCS_MAX);
    header->ms = (uint8_t)wrapped(header->ms, 1, WORKLOAD_MS_MAX);
    if (header->ms < header->procs)
        header->ms = header->procs;
    header->cleanups = (uint8_t)wrapped(header->cleanups, 1, WORKLOAD_CLEANUPS_MAX);
    header->goroutines = wrapped(header->goroutines, 1, WORKLOAD_GOROUTINES_MAX);
    header->fuel = wrapped(header->fuel, 1, WORKLOAD_FUEL_MAX);
}

static uint32_t canonical_operand(const struct workload_plan *plan, enum workload_operand operand,
                                  uint32_t value) {
    const struct workload_operand_info *info = workload_operand_info(operand);
    if (operand == OPERAND_body)
        return wrapped(value, 0, plan->bodies);
    if (operand == OPERAND_chan)
        return wrapped(value, 0, plan->chans);
    return wrapped(value, info->least, info->values);
}

static bool names_channel(uint8_t kind) {
    const struct workload_op_info *info = workload_op_info(kind);
    return info->a == OPERAND_chan || info->b == OPERAND_chan;
}

static void canonicalize_plan(struct workload_plan *plan) {
    plan->bodies = (uint8_t)wrapped(plan->bodies, 1, WORKLOAD_BODIES_MAX);
    plan->chans = (uint8_t)wrapped(plan->chans, 0, WORKLOAD_CHANS_MAX + 1);
    for (uint32_t i = 0; i < WORKLOAD_CHANS_MAX; i++)
        plan->chan_cap[i] =
            i < plan->chans ? (uint8_t)wrapped(plan->chan_cap[i], 0, WORKLOAD_CHAN_CAP_MAX + 1) : 0;

    uint32_t from = 0, to = 0;
    for (uint32_t body = 0; body < WORKLOAD_BODIES_MAX; body++) {
        uint32_t end = plan->body_end[body];
        if (end > WORKLOAD_OPS_MAX)
            end = WORKLOAD_OPS_MAX;
        if (body >= plan->bodies) {
            plan->body_end[body] = 0;
            continue;
        }
        for (; from < end; from++) {
            struct workload_op op = plan->ops[from];
            op.kind %= OP_COUNT;
            if (plan->chans == 0 && names_channel(op.kind))
                continue;
            const struct workload_op_info *info = workload_op_info(op.kind);
            op.a = canonical_operand(plan, info->a, op.a);
            op.b = canonical_operand(plan, info->b, op.b);
            plan->ops[to++] = op;
        }
        plan->body_end[body] = (uint16_t)to;
    }
    for (; to < WORKLOAD_OPS_MAX; to++)
        plan->ops[to] = (struct workload_op){0, 0, 0};
}

int workload_entry_compare(const struct workload_entry *a, const struct workload_entry *b) {
    if (a->context != b->context)
        return a->context < b->context ? -1 : 1;
    if (a->op != b->op)
        return a->op < b->op ? -1 : 1;
    if (a->site != b->site)
        return a->site < b->site ? -1 : 1;
    if (a->occurrence != b->occurrence)
        return a->occurrence < b->occurrence ? -1 : 1;
    return (int)a->is_choice - (int)b->is_choice;
}

static struct workload_entry canonical_entry(struct workload_entry entry) {
    entry.context = path_canonical(entry.context);
    entry.op = wrapped(entry.op, 0, WORKLOAD_ENTRY_OP_MAX + 1);
    entry.occurrence = (uint16_t)wrapped(entry.occurrence, 1, UINT16_MAX);
    entry.site %= SITE_COUNT;
    if (entry.is_choice) {
        entry.target = 0;
        entry.value = wrapped(entry.value, 1, UINT16_MAX);
    } else {
        entry.target = path_canonical(entry.target);
        if (!path_is_m(entry.target))
            entry.target = 0;
        entry.value = 0;
    }
    return entry;
}

// Insertion into the sorted front: stable, so of equal keys the first one given stays.
static void canonicalize_entries(struct workload_schedule *schedule) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < schedule->entries; i++) {
        struct workload_entry entry = canonical_entry(schedule->entry[i]);
        if (entry.context == 0)
            continue;
        uint32_t at = count;
        while (at > 0 && workload_entry_compare(&schedule->entry[at - 1], &entry) > 0)
            at--;
        if (at > 0 && workload_entry_compare(&schedule->entry[at - 1], &entry) == 0)
            continue;
        memmove(&schedule->entry[at + 1], &schedule->entry[at], (count - at) * sizeof entry);
        schedule->entry[at] = entry;
        count++;
    }
    schedule->entries = (uint16_t)count;
    memset(&schedule->entry[count], 0, (WORKLOAD_ENTRIES_MAX - count) * sizeof schedule->entry[0]);
}

void workload_canonicalize_schedule(struct workload_schedule *schedule) {
    schedule->mode %= SCHEDULE_MODE_COUNT;
    if (schedule->entries > WORKLOAD_ENTRIES_MAX)
        schedule->entries = WORKLOAD_ENTRIES_MAX;
    canonicalize_entries(schedule);
    if (schedule->entries != 0)
        schedule->mode = SCHEDULE_LIST;
    switch ((enum workload_schedule_mode)schedule->mode) {
    case SCHEDULE_STICKY:
        schedule->param = (uint8_t)wrapped(schedule->param, WORKLOAD_STICKY_MIN,
                                           WORKLOAD_STICKY_MAX - WORKLOAD_STICKY_MIN + 1);
        break;
    case SCHEDULE_PCT:
        schedule->param = (uint8_t)wrapped(schedule->param, 1, WORKLOAD_PCT_MAX);
        break;
    default:
        schedule->param = 0;
    }
    if (schedule->mode == SCHEDULE_LIST)
        schedule->seed = 0;
}

void workload_canonicalize(struct workload *workload) {
    canonicalize_header(&workload->header);
    canonicalize_plan(&workload->plan);
    workload_canonicalize_schedule(&workload->schedule);
}

// ---- comparing and counting ---------------------------------------------------------------------

static bool header_equal(const struct workload_header *a, const struct workload_header *b) {
    return a->version == b->version && a->procs == b->procs && a->ms == b->ms &&
           a->cleanups == b->cleanups && a->goroutines == b->goroutines && a->fuel == b->fuel;
}

static bool plan_equal(const struct workload_plan *a, const struct workload_plan *b) {
    if (a->bodies != b->bodies || a->chans != b->chans ||
        memcmp(a->chan_cap, b->chan_cap, sizeof a->chan_cap) != 0 ||
        memcmp(a->body_end, b->body_end, sizeof a->body_end) != 0)
        return false;
    for (uint32_t i = 0; i < workload_body_end(a, a->bodies - 1u); i++)
        if (a->ops[i].kind != b->ops[i].kind || a->ops[i].a != b->ops[i].a ||
            a->ops[i].b != b->ops[i].b)
            return false;
    return true;
}

static bool schedule_equal(const struct workload_schedule *a, const struct workload_schedule *b) {
    if (a->mode != b->mode || a->param != b->param || a->seed != b->seed ||
        a->entries != b->entries)
        return false;
    for (uint32_t i = 0; i < a->entries; i++)
        if (workload_entry_compare(&a->entry[i], &b->entry[i]) != 0 ||
            a->entry[i].target != b->entry[i].target || a->entry[i].value != b->entry[i].value)
            return false;
    return true;
}

bool workload_equal(const struct workload *a, const struct workload *b) {
    return header_equal(&a->header, &b->header) && plan_equal(&a->plan, &b->plan) &&
           schedule_equal(&a->schedule, &b->schedule);
}

uint32_t workload_ops(const struct workload *workload) {
    return workload_body_end(&workload->plan, workload->plan.bodies - 1u);
}

uint32_t workload_preemptions(const struct workload *workload) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < workload->schedule.entries; i++)
        count += !workload->schedule.entry[i].is_choice;
    return count;
}

// ---- editing a plan -----------------------------------------------------------------------------

uint32_t workload_body_begin(const struct workload_plan *plan, uint32_t body) {
    ASSERT(body < plan->bodies);
    return body == 0 ? 0 : plan->body_end[body - 1];
}

uint32_t workload_body_end(const struct workload_plan *plan, uint32_t body) {
    ASSERT(body < plan->bodies);
    return plan->body_end[body];
}

bool workload_insert(struct workload_plan *plan, uint32_t body, uint32_t at,
                     struct workload_op op) {
    uint32_t position = workload_body_begin(plan, body) + at;
    uint32_t end = plan->body_end[plan->bodies - 1];
    ASSERT(position <= plan->body_end[body]);
    if (end == WORKLOAD_OPS_MAX)
        return false;
    memmove(&plan->ops[position + 1], &plan->ops[position], (end - position) * sizeof op);
    plan->ops[position] = op;
    for (uint32_t i = body; i < plan->bodies; i++)
        plan->body_end[i]++;
    return true;
}

void workload_remove(struct workload_plan *plan, uint32_t body, uint32_t at, uint32_t count) {
    uint32_t position = workload_body_begin(plan, body) + at;
    uint32_t end = plan->body_end[plan->bodies - 1];
    ASSERT(position + count <= plan->body_end[body]);
    memmove(&plan->ops[position], &plan->ops[position + count],
            (end - position - count) * sizeof plan->ops[0]);
    memset(&plan->ops[end - count], 0, count * sizeof plan->ops[0]);
    for (uint32_t i = body; i < plan->bodies; i++)
        plan->body_end[i] = (uint16_t)(plan->body_end[i] - count);
}

uint32_t workload_cases(const struct workload_plan *plan, uint32_t at) {
    const struct workload_op *op = &plan->ops[at];
    if (op->kind != OP_select && op->kind != OP_poll)
        return 0;
    uint32_t body = 0, count = 0;
    while (workload_body_end(plan, body) <= at)
        body++;
    uint32_t room = workload_body_end(plan, body) - at - 1;
    while (count < room && count < op->a &&
           (op[1 + count].kind == OP_send || op[1 + count].kind == OP_recv))
        count++;
    return count;
}

uint32_t *workload_body_operand(struct workload_op *op) {
    const struct workload_op_info *info = workload_op_info(op->kind);
    if (info->a == OPERAND_body)
        return &op->a;
    return info->b == OPERAND_body ? &op->b : NULL;
}

void workload_remove_body(struct workload_plan *plan, uint32_t body) {
    ASSERT(body > 0 && body < plan->bodies);
    workload_remove(plan, body, 0, workload_body_end(plan, body) - workload_body_begin(plan, body));
    for (uint32_t i = 0; i < plan->bodies; i++) {
        uint32_t at = 0;
        while (workload_body_begin(plan, i) + at < workload_body_end(plan, i)) {
            uint32_t *named = workload_body_operand(&plan->ops[workload_body_begin(plan, i) + at]);
            if (named != NULL && *named == body) {
                workload_remove(plan, i, at, 1);
                continue;
            }
            if (named != NULL && *named > body)
                --*named;
            at++;
        }
    }
    memmove(&plan->body_end[body], &plan->body_end[body + 1],
            (plan->bodies - body - 1u) * sizeof plan->body_end[0]);
    plan->body_end[--plan->bodies] = 0;
}

uint32_t workload_add_body(struct workload_plan *plan) {
    if (plan->bodies == WORKLOAD_BODIES_MAX)
        return 0;
    plan->body_end[plan->bodies] = plan->body_end[plan->bodies - 1];
    return plan->bodies++;
}

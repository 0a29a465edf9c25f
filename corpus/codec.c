// The byte form. A byte that is not there reads as 0, and 0 means the default everywhere, so that
// bytes may end anywhere. What does not fit its range wraps into it, and numbers that make a run
// long (counts, ticks, capacities) take an escape to be large: random bytes give small programs
// that do something.
//
//   version  procs ms cleanups goroutines fuel
//   bodies chans capacity*          capacity once a channel
//   (op operand*)* END              once a body; op is 1 + its index, END is 0
//   mode                            LIST: count entry*; else: parameter, seed in four bytes
//   entry: path op site occurrence decision
#include "workload.h"

#include "path.h"

#include <string.h>

enum {
    ESCAPE = 0xf0, // a first byte from here on says that a varint follows
    SMALL = 16,    // numbers that need no escape, except
    CAPACITY_SMALL = 32,
    CAPACITY_FIT = 0x80,              // capacities: bytes from here to ESCAPE mean `fit`
    PATH_ROOTS = PATH_DEEP,           // roots of a path, PATH_NONE left out
    MODES_WRAPPED = SCHEDULE_PCT + 1, // bytes that name no mode have always meant one of these
    END_OF_BODY = 0,
};

enum decision { DECISION_NEXT, DECISION_TO, DECISION_CHOOSE, DECISION_COUNT };

struct reader {
    const uint8_t *next, *end;
};

struct writer {
    uint8_t *out;
    size_t size, capacity; // size goes on beyond capacity; nothing is written there
};

static uint8_t get_byte(struct reader *reader) {
    return reader->next < reader->end ? *reader->next++ : 0;
}

static void put_byte(struct writer *writer, uint32_t byte) {
    if (writer->size < writer->capacity)
        writer->out[writer->size] = (uint8_t)byte;
    writer->size++;
}

// Seven bits a byte, the lowest first; at most five bytes are read.
static uint32_t get_varint(struct reader *reader) {
    uint32_t value = 0;
    for (uint32_t shift = 0; shift < 35; shift += 7) {
        uint8_t byte = get_byte(reader);
        value |= (uint32_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            break;
    }
    return value;
}

static void put_varint(struct writer *writer, uint32_t value) {
    for (; value >= 0x80; value >>= 7)
        put_byte(writer, 0x80 | (value & 0x7f));
    put_byte(writer, value);
}

// A number in [low, low + count) of which the first `small` take one byte.
static uint32_t get_number(struct reader *reader, uint32_t low, uint32_t small, uint32_t count) {
    uint8_t byte = get_byte(reader);
    if (byte < ESCAPE)
        return low + byte % small;
    return low + small + get_varint(reader) % (count - small);
}

static void put_number(struct writer *writer, uint32_t value, uint32_t low, uint32_t small) {
    if (value - low < small) {
        put_byte(writer, value - low);
        return;
    }
    put_byte(writer, ESCAPE);
    put_varint(writer, value - low - small);
}

// A number in [1, max] around a default, which is written as 0; the distance alternates in sign.
static uint32_t get_around(struct reader *reader, uint32_t usual, uint32_t max) {
    uint32_t value = get_varint(reader);
    int64_t number = (int64_t)usual + (value & 1 ? -(int64_t)(value >> 1) - 1 : value >> 1);
    int64_t offset = (number - 1) % max;
    return (uint32_t)(offset < 0 ? offset + max : offset) + 1;
}

static void put_around(struct writer *writer, uint32_t value, uint32_t usual) {
    put_varint(writer, value >= usual ? (value - usual) << 1 : ((usual - value - 1) << 1) | 1);
}

// ---- header -------------------------------------------------------------------------------------

static void get_header(struct reader *reader, struct workload_header *header) {
    header->version = get_byte(reader); // one version exists, so canonical form settles it
    header->procs = (uint8_t)get_around(reader, WORKLOAD_PROCS_DEFAULT, WORKLOAD_PROCS_MAX);
    header->ms = (uint8_t)get_around(reader, WORKLOAD_MS_DEFAULT, WORKLOAD_MS_MAX);
    header->cleanups =
        (uint8_t)get_around(reader, WORKLOAD_CLEANUPS_DEFAULT, WORKLOAD_CLEANUPS_MAX);
    header->goroutines = get_around(reader, WORKLOAD_GOROUTINES_DEFAULT, WORKLOAD_GOROUTINES_MAX);
    header->fuel = get_around(reader, WORKLOAD_FUEL_DEFAULT, WORKLOAD_FUEL_MAX);
}

static void put_header(struct writer *writer, const struct workload_header *header) {
    put_byte(writer, header->version);
    put_around(writer, header->procs, WORKLOAD_PROCS_DEFAULT);
    put_around(writer, header->ms, WORKLOAD_MS_DEFAULT);
    put_around(writer, header->cleanups, WORKLOAD_CLEANUPS_DEFAULT);
    put_around(writer, header->goroutines, WORKLOAD_GOROUTINES_DEFAULT);
    put_around(writer, header->fuel, WORKLOAD_FUEL_DEFAULT);
}

// ---- plan ---------------------------------------------------------------------------------------

static uint32_t get_capacity(struct reader *reader) {
    uint8_t byte = get_byte(reader);
    if (byte < CAPACITY_FIT)
        return byte % CAPACITY_SMALL;
    if (byte < ESCAPE)
        return WORKLOAD_PROFILE_FIT;
    return CAPACITY_SMALL + get_varint(reader) % (WORKLOAD_PROFILE_FIT - CAPACITY_SMALL);
}

static void put_capacity(struct writer *writer, uint32_t capacity) {
    if (capacity == WORKLOAD_PROFILE_FIT)
        put_byte(writer, CAPACITY_FIT);
    else
        put_number(writer, capacity, 0, CAPACITY_SMALL);
}

static uint32_t get_operand(struct reader *reader, const struct workload_plan *plan,
                            enum workload_operand operand) {
    const struct workload_operand_info *info = workload_operand_info(operand);
    uint32_t values = info->values;
    if (operand == OPERAND_capacity)
        return get_capacity(reader);
    if (info->role == ROLE_NONE)
        return 0;
    if (info->role == ROLE_AMOUNT)
        return get_number(reader, info->least, SMALL, values);
    if (operand == OPERAND_body)
        values = plan->bodies;
    else if (operand == OPERAND_chan)
        values = plan->chans;
    uint8_t byte = get_byte(reader);
    return values == 0 ? 0 : info->least + byte % values;
}

static void put_operand(struct writer *writer, enum workload_operand operand, uint32_t value) {
    const struct workload_operand_info *info = workload_operand_info(operand);
    if (operand == OPERAND_capacity)
        put_capacity(writer, value);
    else if (info->role == ROLE_AMOUNT)
        put_number(writer, value, info->least, SMALL);
    else if (info->role != ROLE_NONE)
        put_byte(writer, value - info->least);
}

// Ops beyond the limit are read and left out, so that the schedule behind them is found.
static void get_plan(struct reader *reader, struct workload_plan *plan) {
    plan->bodies = (uint8_t)(1 + get_byte(reader) % WORKLOAD_BODIES_MAX);
    plan->chans = get_byte(reader) % (WORKLOAD_CHANS_MAX + 1);
    for (uint32_t i = 0; i < plan->chans; i++)
        plan->chan_cap[i] = get_byte(reader) % (WORKLOAD_CHAN_CAP_MAX + 1);
    uint32_t count = 0;
    for (uint32_t body = 0; body < plan->bodies; body++) {
        for (;;) {
            uint32_t byte = get_byte(reader) % (OP_COUNT + 1);
            if (byte == END_OF_BODY)
                break;
            struct workload_op op = {.kind = (uint8_t)(byte - 1)};
            const struct workload_op_info *info = workload_op_info(op.kind);
            op.a = get_operand(reader, plan, info->a);
            op.b = get_operand(reader, plan, info->b);
            if (count < WORKLOAD_OPS_MAX)
                plan->ops[count++] = op;
        }
        plan->body_end[body] = (uint16_t)count;
    }
}

static void put_plan(struct writer *writer, const struct workload_plan *plan) {
    put_byte(writer, plan->bodies - 1u);
    put_byte(writer, plan->chans);
    for (uint32_t i = 0; i < plan->chans; i++)
        put_byte(writer, plan->chan_cap[i]);
    for (uint32_t body = 0; body < plan->bodies; body++) {
        for (uint32_t i = workload_body_begin(plan, body); i < workload_body_end(plan, body); i++) {
            const struct workload_op_info *info = workload_op_info(plan->ops[i].kind);
            put_byte(writer, plan->ops[i].kind + 1u);
            put_operand(writer, info->a, plan->ops[i].a);
            put_operand(writer, info->b, plan->ops[i].b);
        }
        put_byte(writer, END_OF_BODY);
    }
}

// ---- schedule -----------------------------------------------------------------------------------

// A path: root and number of steps in one byte, then the steps. The layout is that of path.h.
static uint64_t get_path(struct reader *reader) {
    uint32_t first = get_byte(reader) % (PATH_ROOTS * (PATH_STEPS_MAX + 1));
    uint64_t bits = (uint64_t)(1 + first % PATH_ROOTS) << 56;
    for (uint32_t i = 0; i < first / PATH_ROOTS; i++)
        bits |= (uint64_t)get_byte(reader) << (48 - 8 * i);
    return path_canonical(bits);
}

static void put_path(struct writer *writer, uint64_t path) {
    uint32_t steps = PATH_STEPS_MAX;
    while (steps > 0 && (uint8_t)(path >> (56 - 8 * steps)) == 0)
        steps--;
    put_byte(writer, (uint32_t)(path >> 56) - 1 + PATH_ROOTS * steps);
    for (uint32_t i = 0; i < steps; i++)
        put_byte(writer, (uint8_t)(path >> (48 - 8 * i)));
}

static struct workload_entry get_entry(struct reader *reader) {
    struct workload_entry entry = {.context = get_path(reader)};
    entry.op = get_varint(reader) % (WORKLOAD_ENTRY_OP_MAX + 1);
    entry.site = get_byte(reader) % SITE_COUNT;
    entry.occurrence = (uint16_t)get_number(reader, 1, SMALL, UINT16_MAX);
    uint8_t decision = get_byte(reader) % DECISION_COUNT;
    entry.is_choice = decision == DECISION_CHOOSE;
    if (decision == DECISION_CHOOSE)
        entry.value = get_number(reader, 1, SMALL, UINT16_MAX);
    else if (decision == DECISION_TO)
        entry.target = get_path(reader);
    return entry;
}

static void put_entry(struct writer *writer, const struct workload_entry *entry) {
    put_path(writer, entry->context);
    put_varint(writer, entry->op);
    put_byte(writer, entry->site);
    put_number(writer, entry->occurrence, 1, SMALL);
    if (entry->is_choice) {
        put_byte(writer, DECISION_CHOOSE);
        put_number(writer, entry->value, 1, SMALL);
    } else if (entry->target != 0) {
        put_byte(writer, DECISION_TO);
        put_path(writer, entry->target);
    } else {
        put_byte(writer, DECISION_NEXT);
    }
}

static void get_schedule(struct reader *reader, struct workload_schedule *schedule) {
    uint8_t mode = get_byte(reader);
    schedule->mode = mode < SCHEDULE_MODE_COUNT ? mode : mode % MODES_WRAPPED;
    if (schedule->mode == SCHEDULE_LIST) {
        uint32_t count = get_byte(reader) % (WORKLOAD_ENTRIES_MAX + 1);
        while (schedule->entries < count && reader->next < reader->end)
            schedule->entry[schedule->entries++] = get_entry(reader);
        return;
    }
    uint8_t param = get_byte(reader);
    if (schedule->mode == SCHEDULE_STICKY)
        schedule->param = (uint8_t)(WORKLOAD_STICKY_MIN +
                                    param % (WORKLOAD_STICKY_MAX - WORKLOAD_STICKY_MIN + 1));
    else if (schedule->mode == SCHEDULE_PCT)
        schedule->param = (uint8_t)(1 + param % WORKLOAD_PCT_MAX);
    for (uint32_t i = 0; i < 4; i++)
        schedule->seed |= (uint32_t)get_byte(reader) << (8 * i);
}

static void put_schedule(struct writer *writer, const struct workload_schedule *schedule) {
    put_byte(writer, schedule->mode);
    if (schedule->mode == SCHEDULE_LIST) {
        put_byte(writer, schedule->entries);
        for (uint32_t i = 0; i < schedule->entries; i++)
            put_entry(writer, &schedule->entry[i]);
        return;
    }
    if (schedule->mode == SCHEDULE_STICKY)
        put_byte(writer, schedule->param - (uint32_t)WORKLOAD_STICKY_MIN);
    else if (schedule->mode == SCHEDULE_PCT)
        put_byte(writer, schedule->param - 1u);
    else
        put_byte(writer, 0);
    for (uint32_t i = 0; i < 4; i++)
        put_byte(writer, (uint8_t)(schedule->seed >> (8 * i)));
}

// ---- workload -----------------------------------------------------------------------------------

void workload_decode(struct workload *workload, const uint8_t *bytes, size_t size) {
    struct reader reader = {bytes, size == 0 ? bytes : bytes + size};
    memset(workload, 0, sizeof *workload);
    get_header(&reader, &workload->header);
    get_plan(&reader, &workload->plan);
    get_schedule(&reader, &workload->schedule);
    workload_canonicalize(workload);
}

size_t workload_encode(const struct workload *workload, uint8_t *out, size_t capacity) {
    struct writer writer = {out, 0, capacity};
    put_header(&writer, &workload->header);
    put_plan(&writer, &workload->plan);
    put_schedule(&writer, &workload->schedule);
    return writer.size <= capacity ? writer.size : 0;
}

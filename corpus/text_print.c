#include "text.h"

#include "assert.h"
#include "path.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

enum { INDENT = 2, INDENT_DEPTH_MAX = 8 };

struct printer {
    char *text;
    size_t length, capacity; // length goes on beyond capacity; nothing is written there
};

__attribute__((format(printf, 2, 3))) static void put(struct printer *printer, const char *format,
                                                      ...) {
    size_t room = printer->length < printer->capacity ? printer->capacity - printer->length : 0;
    va_list arguments;
    va_start(arguments, format);
    int size =
        vsnprintf(room > 0 ? printer->text + printer->length : NULL, room, format, arguments);
    va_end(arguments);
    ASSERT(size >= 0);
    printer->length += (size_t)size;
}

static void put_comment(struct printer *printer, const char *comment) {
    while (*comment != '\0') {
        size_t size = strcspn(comment, "\n");
        put(printer, size > 0 ? "# %.*s\n" : "#\n", (int)size, comment);
        comment += size;
        if (*comment == '\n')
            comment++;
    }
}

// Values hold no names: a body is called after what first uses it.
static void put_body_name(struct printer *printer, const struct workload_plan *plan,
                          uint32_t body) {
    if (body == 0) {
        put(printer, "main");
        return;
    }
    const char *use = "unused";
    for (uint32_t i = 0; i < workload_body_end(plan, plan->bodies - 1u); i++) {
        struct workload_op op = plan->ops[i];
        const uint32_t *named = workload_body_operand(&op);
        if (named == NULL || *named != body)
            continue;
        use = op.kind == OP_finalizer ? "fin" : op.kind == OP_cleanup ? "clean" : "work";
        break;
    }
    put(printer, "%s%" PRIu32, use, body);
}

static void put_operand(struct printer *printer, const struct workload_plan *plan,
                        enum workload_operand operand, uint32_t value) {
    const struct workload_operand_info *info = workload_operand_info(operand);
    if (info->role == ROLE_NONE)
        return;
    put(printer, " ");
    if (operand == OPERAND_body)
        put_body_name(printer, plan, value);
    else if (operand == OPERAND_capacity && value == WORKLOAD_PROFILE_FIT)
        put(printer, "fit");
    else
        put(printer, "%s%" PRIu32, info->prefix, value);
}

static void put_op(struct printer *printer, const struct workload_plan *plan,
                   const struct workload_op *op) {
    const struct workload_op_info *info = workload_op_info(op->kind);
    put(printer, "%s", info->name);
    put_operand(printer, plan, info->a, op->a);
    put_operand(printer, plan, info->b, op->b);
}

// Ops between call and return stand one step further in, up to a depth that keeps lines short.
static void put_body(struct printer *printer, const struct workload_plan *plan, uint32_t body) {
    put(printer, "body ");
    put_body_name(printer, plan, body);
    put(printer, "\n");
    uint32_t depth = 0;
    for (uint32_t i = workload_body_begin(plan, body); i < workload_body_end(plan, body); i++) {
        const struct workload_op *op = &plan->ops[i];
        if (op->kind == OP_return && depth > 0)
            depth--;
        uint32_t shown = depth < INDENT_DEPTH_MAX ? depth : INDENT_DEPTH_MAX;
        put(printer, "%*s", (int)(INDENT * (1 + shown)), "");
        put_op(printer, plan, op);
        put(printer, "\n");
        depth += workload_calls(op->kind);
    }
}

static void put_entry(struct printer *printer, const struct workload_entry *entry) {
    char context[PATH_TEXT_SIZE], target[PATH_TEXT_SIZE];
    put(printer, "  at %s op %" PRIu32 " %s #%u ", path_format(entry->context, context), entry->op,
        site_name((enum site)entry->site), (unsigned)entry->occurrence);
    if (entry->is_choice)
        put(printer, "choose %" PRIu32 "\n", entry->value);
    else if (entry->target != 0)
        put(printer, "to %s\n", path_format(entry->target, target));
    else
        put(printer, "to next\n");
}

static void put_schedule(struct printer *printer, const struct workload_schedule *schedule) {
    switch ((enum workload_schedule_mode)schedule->mode) {
    case SCHEDULE_LIST:
        put(printer, "schedule list\n");
        break;
    case SCHEDULE_UNIFORM:
        put(printer, "schedule uniform %" PRIu32 "\n", schedule->seed);
        break;
    case SCHEDULE_STICKY:
        put(printer, "schedule sticky %u %" PRIu32 "\n", (unsigned)schedule->param, schedule->seed);
        break;
    case SCHEDULE_PCT:
        put(printer, "schedule pct %u %" PRIu32 "\n", (unsigned)schedule->param, schedule->seed);
        break;
    case SCHEDULE_POS:
        put(printer, "schedule pos %" PRIu32 "\n", schedule->seed);
        break;
    case SCHEDULE_SURW:
        put(printer, "schedule surw %" PRIu32 "\n", schedule->seed);
        break;
    case SCHEDULE_RF:
        put(printer, "schedule rf %" PRIu32 "\n", schedule->seed);
        break;
    case SCHEDULE_MODE_COUNT:
        ASSERT(!"not a mode");
    }
    for (uint32_t i = 0; i < schedule->entries; i++)
        put_entry(printer, &schedule->entry[i]);
}

size_t workload_print_op(const struct workload_plan *plan, const struct workload_op *op, char *text,
                         size_t capacity) {
    struct printer printer = {text, 0, capacity};
    put_op(&printer, plan, op);
    return printer.length;
}

size_t workload_print_body(const struct workload_plan *plan, uint32_t body, char *text,
                           size_t capacity) {
    struct printer printer = {text, 0, capacity};
    put_body_name(&printer, plan, body);
    return printer.length;
}

size_t workload_print(const struct workload *workload, const char *comment, char *text,
                      size_t capacity) {
    struct printer printer = {text, 0, capacity};
    const struct workload_header *header = &workload->header;
    const struct workload_plan *plan = &workload->plan;
    if (capacity > 0)
        text[0] = '\0';
    put(&printer, "gproof %u\n", (unsigned)header->version);
    if (comment != NULL)
        put_comment(&printer, comment);
    put(&printer, "procs %u\nms %u\ncleanups %u\n", (unsigned)header->procs, (unsigned)header->ms,
        (unsigned)header->cleanups);
    put(&printer, "goroutines %" PRIu32 "\nfuel %" PRIu32 "\n", header->goroutines, header->fuel);
    for (uint32_t i = 0; i < plan->chans; i++)
        put(&printer, "chan c%" PRIu32 " %u\n", i, (unsigned)plan->chan_cap[i]);
    for (uint32_t body = 0; body < plan->bodies; body++)
        put_body(&printer, plan, body);
    put_schedule(&printer, &workload->schedule);
    return printer.length;
}

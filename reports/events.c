// A trace as lines of text: every event, every field by the name that trace_events.def gives it.
#include "report.h"

#include "path.h"
#include "profile.h"
#include "sites.h"

#include <string.h>

// Values that stand for a name say the name, by what the field is called.
static const char *name_of(uint16_t kind, const char *field, uint64_t value,
                           char text[PATH_TEXT_SIZE]) {
    if (strcmp(field, "path") == 0)
        return path_format(path_canonical(value), text);
    if (strcmp(field, "site") == 0)
        return value < SITE_COUNT ? site_name((enum site)value) : NULL;
    if (strcmp(field, "op") == 0)
        return value < OP_COUNT ? workload_op_info((uint8_t)value)->name : NULL;
    if (strcmp(field, "role") == 0)
        return trace_role_name(value);
    if (strcmp(field, "observer") == 0 || (strcmp(field, "by") == 0 && kind == TRACE_profile_state))
        return value < TRACE_OBSERVER_COUNT ? trace_observer_name(value)
               : value == TRACE_BY_SELF     ? "self"
               : value == TRACE_BY_SWEEP    ? "sweep"
                                            : NULL;
    if (strcmp(field, "service") == 0)
        return value < TRACE_SERVICE_COUNT ? trace_service_name(value) : NULL;
    if (strcmp(field, "wait") == 0)
        return trace_wait_name(value);
    if (strcmp(field, "reason") == 0)
        return trace_stop_reason_name(value);
    if (strcmp(field, "end") == 0)
        return value < RUN_END_COUNT ? run_end_name((enum run_end)value) : NULL;
    if (strcmp(field, "check") == 0)
        return value < TRACE_CHECK_COUNT ? trace_check_info((uint32_t)value)->name : NULL;
    bool status = kind == TRACE_status || kind == TRACE_stack_read;
    bool edge = strcmp(field, "from") == 0 || strcmp(field, "to") == 0;
    if (status && (edge || strcmp(field, "status") == 0))
        return trace_status_name(value);
    if (edge || strcmp(field, "state") == 0)
        return trace_state_name(value);
    return NULL;
}

static void put_field(struct strbuf *out, uint16_t kind, const char *field, uint64_t value) {
    char text[PATH_TEXT_SIZE];
    if (*field == '\0')
        return;
    if (strcmp(field, "state") == 0 &&
        (kind == TRACE_stacks_shown || kind == TRACE_stacks_record)) {
        strbuf_puts(out, " state=");
        profile_put_state(out, kind == TRACE_stacks_record ? value >> 8 : value);
        return;
    }
    const char *name = name_of(kind, field, value, text);
    if (name != NULL)
        strbuf_printf(out, " %s=%s", field, name);
    else if (strcmp(field, "frames") == 0)
        strbuf_printf(out, " %s=%llx", field, (unsigned long long)value);
    else
        strbuf_printf(out, " %s=%llu", field, (unsigned long long)value);
}

void report_events(struct strbuf *out, const struct trace *trace) {
    for (uint32_t i = 0; i < trace->count; i++) {
        const struct trace_event *event = &trace->events[i];
        strbuf_printf(out, "%6u M%-2u G%-3u ", i, event->thread, event->goroutine);
        if (event->kind >= TRACE_KIND_COUNT) {
            strbuf_printf(out, "unknown kind %u\n", event->kind);
            continue;
        }
        const struct trace_kind_info *info = trace_kind_info(event->kind);
        strbuf_puts(out, info->name);
        put_field(out, event->kind, info->object, event->object);
        put_field(out, event->kind, info->a, event->a);
        put_field(out, event->kind, info->b, event->b);
        if (event->version != 0)
            strbuf_printf(out, " version=%u", event->version);
        strbuf_puts(out, "\n");
    }
    if (trace->truncated)
        strbuf_puts(out, "(the buffer was full: later events are missing)\n");
}

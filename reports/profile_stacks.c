// debug=2: a dump of all stacks as its caller got it, a block a goroutine, in Go's layout
// (traceback.go goroutineheader, printcreatedby).
#include "profile_impl.h"

#include "path.h"

#include <inttypes.h>

enum {
    FRAMES_PER_EVENT = 16,
    FRAME_BITS = 4,
    STATE_WAIT = 8,
    STATE_LOCKED = 16,
    STATE_CREATOR = 24
};

uint32_t profile_stacks_choose(const struct trace *trace, uint32_t event) {
    uint32_t number = 0;
    for (uint32_t i = 0; i < trace->count && (i <= event || number == 0); i++)
        number += trace->events[i].kind == TRACE_stacks_result;
    return number;
}

// Status or reason to wait, as Go's header has them in brackets.
static void put_state(struct strbuf *out, uint64_t state) {
    uint64_t status = state & 0xff & ~(uint64_t)TRACE_GSCAN, wait = state >> STATE_WAIT & 0xff;
    bool waits = status == TRACE_GWAITING || status == TRACE_GLEAKED;
    strbuf_puts(out, waits ? trace_wait_name(wait) : trace_status_name(status));
    if (status == TRACE_GLEAKED)
        strbuf_puts(out, " (leaked)");
    if (state & TRACE_GSCAN)
        strbuf_puts(out, " (scan)");
    if (state >> STATE_LOCKED & 1)
        strbuf_puts(out, ", locked to thread");
}

static void put_place(struct strbuf *out, const struct profile_function *function) {
    if (function == NULL || function->file == NULL)
        strbuf_puts(out, "\t??:0 +0x0\n");
    else
        strbuf_printf(out, "\t%s:%" PRIu32 " +0x0\n", function->file, function->line);
}

static void put_header(struct strbuf *out, const struct trace_event *record) {
    strbuf_printf(out, "goroutine %" PRIu32 " [", record->goroutine);
    put_state(out, record->b >> 8);
    strbuf_puts(out, "]");
    if (record->a != 0)
        strbuf_printf(out, " {" PROFILE_LABEL_KEY ": %" PRIu32 "}", record->a);
    strbuf_puts(out, ":\n");
}

// Whoever created it, by name; main has no creator, nor has a call from C.
static void put_creator(struct strbuf *out, const struct trace *trace,
                        const struct trace_event *record) {
    uint32_t creator = (uint32_t)(record->b >> (8 + STATE_CREATOR));
    char path[PATH_TEXT_SIZE] = "??";
    if (creator == 0)
        return;
    for (const struct trace_event *event = trace->events; event < record; event++)
        if (event->kind == TRACE_go_create && event->goroutine == creator)
            path_format(event->b, path);
    strbuf_printf(out, "created by %s in goroutine %" PRIu32 "\n", path, creator);
    put_place(out, NULL);
}

static void put_frames(struct strbuf *out, const struct trace_event *event, uint32_t *left,
                       const struct profile_program *program) {
    for (uint32_t i = 0; i<FRAMES_PER_EVENT && * left> 0; i++, --*left) {
        uint32_t id = event->b >> (FRAME_BITS * i) & ((1u << FRAME_BITS) - 1);
        const struct profile_function *function =
            id < program->functions_count ? &program->functions[id] : NULL;
        strbuf_printf(out, "%s(...)\n", function != NULL ? function->name : "unknown");
        put_place(out, function);
    }
}

// The caller tells what it got on one thread, right after the dump has returned.
static void put_records(struct strbuf *out, const struct trace *trace, uint32_t at,
                        const struct profile_program *program) {
    const struct trace_event *record = NULL;
    uint32_t left = 0;
    for (uint32_t i = at + 1; i < trace->count; i++) {
        const struct trace_event *event = &trace->events[i];
        if (event->thread != trace->events[at].thread || event->kind == TRACE_preempt ||
            event->kind == TRACE_choose)
            continue;
        if (event->kind == TRACE_result_frames && record != NULL) {
            put_frames(out, event, &left, program);
            continue;
        }
        if (event->kind != TRACE_stacks_record)
            break;
        if (record != NULL) {
            put_creator(out, trace, record);
            strbuf_puts(out, "\n");
        }
        record = event;
        left = event->b & 0xff;
        put_header(out, record);
    }
    if (record != NULL)
        put_creator(out, trace, record);
}

bool profile_stacks_text(struct strbuf *out, const struct trace *trace, uint32_t number,
                         const struct profile_program *program) {
    for (uint32_t i = 0; number != 0 && i < trace->count; i++) {
        if (trace->events[i].kind != TRACE_stacks_result || --number != 0)
            continue;
        put_records(out, trace, i, program);
        return true;
    }
    return false;
}

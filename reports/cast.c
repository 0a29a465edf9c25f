#include "cast.h"

#include "assert.h"
#include "path.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

enum { GOROUTINES_LIMIT = 1 << 20, THREADS_LIMIT = 1 << 10 };

static bool is_raw_state(const struct trace_event *event) {
    return event->kind == TRACE_raw && event->a == TRACE_RAW_PROFILE_STATE;
}

bool cast_is_state_edge(const struct cast *cast, const struct trace_event *event) {
    return cast->raw ? is_raw_state(event) : event->kind == TRACE_profile_state;
}

void cast_init(struct cast *cast, const struct trace *trace, const struct workload *workload) {
    uint32_t goroutine_max = 0, thread_max = 0;
    bool raw = false;
    for (uint32_t i = 0; i < trace->count; i++) {
        const struct trace_event *event = &trace->events[i];
        if (event->goroutine > goroutine_max && event->goroutine < GOROUTINES_LIMIT)
            goroutine_max = event->goroutine;
        raw |= is_raw_state(event);
        if (event->thread > thread_max && event->thread < THREADS_LIMIT)
            thread_max = event->thread;
        if (event->kind == TRACE_preempt && event->object > thread_max &&
            event->object < THREADS_LIMIT)
            thread_max = event->object;
    }
    *cast = (struct cast){.workload = workload,
                          .goroutines_count = goroutine_max + 1,
                          .threads = thread_max + 1,
                          .raw = raw};
    cast->goroutines = calloc(cast->goroutines_count, sizeof *cast->goroutines);
    cast->current = calloc(cast->threads, sizeof *cast->current);
    ASSERT(cast->goroutines != NULL && cast->current != NULL);
    for (uint32_t i = 0; i < trace->count; i++) {
        const struct trace_event *event = &trace->events[i];
        if (event->kind == TRACE_go_create && event->goroutine < cast->goroutines_count)
            cast->goroutines[event->goroutine].path = path_canonical(event->b);
    }
}

void cast_fini(struct cast *cast) {
    free(cast->goroutines);
    free(cast->current);
}

const struct cast_goroutine *cast_goroutine(const struct cast *cast, uint32_t id) {
    return &cast->goroutines[id < cast->goroutines_count ? id : 0];
}

void cast_name(const struct cast *cast, uint32_t id, struct strbuf *out) {
    char text[PATH_TEXT_SIZE];
    strbuf_printf(out, "G%u", id);
    const struct cast_goroutine *goroutine = cast_goroutine(cast, id);
    if (goroutine->path != 0)
        strbuf_printf(out, " %s", path_format(goroutine->path, text));
}

void cast_op(const struct cast *cast, const struct trace_event *event, struct strbuf *out) {
    char text[64];
    const struct cast_goroutine *goroutine = cast_goroutine(cast, event->goroutine);
    if (goroutine->in_body && goroutine->at < goroutine->end) {
        const struct workload_op *op = &cast->workload->plan.ops[goroutine->at];
        if (op->kind == event->a) {
            workload_print_op(&cast->workload->plan, op, text, sizeof text);
            strbuf_puts(out, text);
            return;
        }
    }
    strbuf_puts(out, event->a < OP_COUNT ? workload_op_info((uint8_t)event->a)->name : "op ?");
}

void cast_body(const struct cast *cast, uint32_t body, struct strbuf *out) {
    char text[64];
    if (cast->workload == NULL || body >= cast->workload->plan.bodies) {
        strbuf_printf(out, "body %u", body);
        return;
    }
    workload_print_body(&cast->workload->plan, body, text, sizeof text);
    strbuf_puts(out, text);
}

void cast_rename(const struct cast *cast, const char *text, struct strbuf *out) {
    static const char word[] = "goroutine ";
    const char *at;
    while ((at = strstr(text, word)) != NULL) {
        const char *digits = at + strlen(word);
        char *end;
        unsigned long id = strtoul(digits, &end, 10);
        bool named = end != digits && *digits >= '0' && *digits <= '9' &&
                     cast_goroutine(cast, (uint32_t)id)->path != 0;
        strbuf_add(out, text, (size_t)((named ? at : digits) - text));
        if (named)
            cast_name(cast, (uint32_t)id, out);
        text = named ? end : digits;
    }
    strbuf_puts(out, text);
}

static void begin_body(struct cast *cast, struct cast_goroutine *goroutine, uint32_t body) {
    goroutine->in_body = cast->workload != NULL && body < cast->workload->plan.bodies;
    if (!goroutine->in_body)
        return;
    goroutine->at = (uint16_t)workload_body_begin(&cast->workload->plan, body);
    goroutine->end = (uint16_t)workload_body_end(&cast->workload->plan, body);
    goroutine->steps_left = 0;
}

// A `step N` is N user steps at one place of the plan; every other op is one.
static void user_step(const struct cast *cast, struct cast_goroutine *goroutine, uint32_t kind) {
    if (!goroutine->in_body || goroutine->at >= goroutine->end)
        return;
    const struct workload_op *op = &cast->workload->plan.ops[goroutine->at];
    if (kind == OP_step && goroutine->steps_left == 0)
        goroutine->steps_left = op->a;
    if (kind != OP_step || --goroutine->steps_left == 0)
        goroutine->at =
            (uint16_t)(goroutine->at + 1 + workload_cases(&cast->workload->plan, goroutine->at));
}

void cast_apply(struct cast *cast, const struct trace_event *event) {
    bool known = event->goroutine != 0 && event->goroutine < cast->goroutines_count;
    struct cast_goroutine *goroutine = known ? &cast->goroutines[event->goroutine] : NULL;
    uint32_t *current = event->thread < cast->threads ? &cast->current[event->thread] : NULL;
    if (goroutine == NULL)
        return;
    if (cast_is_state_edge(cast, event))
        goroutine->state = (uint8_t)event->b;
    switch (event->kind) {
    case TRACE_go_create:
        *goroutine = (struct cast_goroutine){
            .path = path_canonical(event->b),
            .created = true,
            .service = (uint8_t)event->a,
            .role = event->a == TRACE_PLAN || event->a == TRACE_FOREIGN ? TRACE_ROLE_USER
                                                                        : TRACE_ROLE_SYSTEM,
        };
        break;
    case TRACE_go_run:
        if (current != NULL)
            *current = event->goroutine;
        break;
    case TRACE_go_stop:
    case TRACE_go_exit:
        if (current != NULL && *current == event->goroutine)
            *current = 0;
        break;
    case TRACE_role:
        goroutine->role = (uint8_t)event->a;
        break;
    case TRACE_body_begin:
        begin_body(cast, goroutine, event->object);
        break;
    case TRACE_body_end:
        goroutine->in_body = false;
        break;
    case TRACE_user_step:
        user_step(cast, goroutine, event->a);
        break;
    default:
        break;
    }
}

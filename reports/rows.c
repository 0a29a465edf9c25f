#include "rows.h"

#include "assert.h"
#include "sites.h"

#include <stdlib.h>
#include <string.h>

enum { ACTIONS_MAX = 160 }; // bytes of one row's action before it is cut into another row

#define OP_MARK "does "

// ---- words --------------------------------------------------------------------------------------

static void put_site(struct strbuf *out, uint32_t site) {
    if (site < SITE_COUNT)
        strbuf_printf(out, "%s (%s)", site_name((enum site)site), site_meaning((enum site)site));
    else
        strbuf_puts(out, "an unknown place");
}

static const char *by_words(uint32_t by) {
    switch (by) {
    case TRACE_BY_EXECUTE:
        return "by the scheduler (execute)";
    case TRACE_BY_WALKER:
        return "by the profiler's walk";
    case TRACE_BY_SYSCALL_RETURN:
        return "on return from a system call";
    case TRACE_BY_COROUTINE:
        return "on a direct switch of coroutines";
    case TRACE_BY_CREATION:
        return "at its creation";
    default:
        return "by somebody";
    }
}

static void phrase_state(const struct trace_event *event, struct strbuf *out) {
    if (event->object == TRACE_BY_SELF)
        strbuf_puts(out, "marks itself");
    else if (event->object == TRACE_BY_SWEEP)
        strbuf_puts(out, "swept");
    else if (event->b == TRACE_IN_PROGRESS)
        strbuf_printf(out, "acquired %s", by_words(event->object));
    else if (event->a != TRACE_IN_PROGRESS) // else the acquisition has said who
        strbuf_printf(out, "marked %s", by_words(event->object));
}

static void phrase_profile(const struct trace_event *event, struct strbuf *out) {
    uint64_t b = event->b;
    switch (event->kind) {
    case TRACE_profile_request:
        strbuf_printf(out, "asks for profile %u into %u slots", event->object, event->a);
        break;
    case TRACE_profile_counted:
        strbuf_printf(out, "counts n = %u user goroutines", event->a);
        break;
    case TRACE_profile_active:
        strbuf_printf(out, "PROFILE %u ACTIVE", event->object);
        break;
    case TRACE_profile_inactive:
        strbuf_printf(out, "profile %u inactive, %llu of n = %u recorded", event->object,
                      (unsigned long long)b, event->a);
        break;
    case TRACE_profile_swept:
        strbuf_puts(out, "every state is absent again");
        break;
    case TRACE_profile_result:
        if (event->object == 0)
            strbuf_printf(out, "asks for n alone: %u", event->a);
        else
            strbuf_printf(out, "gets profile %u: n = %u, %s, %llu slots written", event->object,
                          event->a, b & 1 ? "ok" : "not ok", (unsigned long long)(b >> 1));
        break;
    case TRACE_result_record:
        strbuf_printf(out, "is record %u: depth %llu, label %u", event->object,
                      (unsigned long long)b, event->a);
        break;
    case TRACE_observe:
        strbuf_printf(out, "seen %s", by_words(event->object));
        break;
    case TRACE_profile_state:
        phrase_state(event, out);
        break;
    case TRACE_stack_read:
        strbuf_printf(out, "its stack is read while %s", trace_status_name(event->a));
        break;
    case TRACE_profile_record:
        strbuf_printf(out, "recorded in slot %u", event->object);
        break;
    default:
        break;
    }
}

static void phrase_service(const struct cast *cast, const struct trace_event *event,
                           struct strbuf *out) {
    bool run = event->kind == TRACE_finalizer_run || event->kind == TRACE_cleanup_run;
    bool finalizer = event->kind == TRACE_finalizer_run || event->kind == TRACE_finalizer_queued;
    if (event->kind == TRACE_object_swept) {
        strbuf_printf(out, "sweeps object %u, which %s", event->object,
                      event->a ? "has a finalizer" : "is freed");
        if (event->b != 0)
            strbuf_printf(out, " (%llu cleanups)", (unsigned long long)event->b);
        return;
    }
    strbuf_printf(out, "%s %s of object %u (", run ? "starts the" : "queues the",
                  finalizer ? "finalizer" : "cleanup", event->object);
    cast_body(cast, event->a, out);
    strbuf_puts(out, ")");
}

static void phrase_life(const struct cast *cast, const struct trace_event *event,
                        struct strbuf *out) {
    switch (event->kind) {
    case TRACE_go_create:
        strbuf_puts(out, "is created");
        if (event->object != 0) {
            strbuf_puts(out, " by ");
            cast_name(cast, event->object, out);
        }
        break;
    case TRACE_go_run:
        strbuf_puts(out, "runs");
        break;
    case TRACE_go_stop:
        strbuf_printf(out, "stops running: %s", trace_wait_name(event->a));
        break;
    case TRACE_go_exit:
        strbuf_puts(out, "ends");
        break;
    case TRACE_syscall_enter:
        strbuf_puts(out, "enters a system call");
        break;
    case TRACE_syscall_exit:
        strbuf_puts(out, "is back from the system call");
        break;
    case TRACE_user_step:
        if (cast_goroutine(cast, event->goroutine)->steps_left == 0) { // else told already
            strbuf_puts(out, OP_MARK);
            cast_op(cast, event, out);
        }
        break;
    case TRACE_body_begin:
    case TRACE_body_end:
        strbuf_puts(out, "body ");
        cast_body(cast, event->object, out);
        strbuf_puts(out, event->kind == TRACE_body_begin ? " begins" : " ends");
        break;
    default:
        break;
    }
}

// What it waits for, gets, or gives: the ops have said the rest.
static void phrase_blocking(const struct trace_event *event, struct strbuf *out) {
    switch (event->kind) {
    case TRACE_wait_for:
        if (event->a == TRACE_WAIT_CHAN || event->a == TRACE_WAIT_SELECT)
            strbuf_printf(out, "waits to %s channel c%u", event->b ? "send on" : "receive from",
                          event->object - 1);
        else
            strbuf_printf(out, "waits for %s %u", trace_wait_name(event->a), event->object - 1);
        break;
    case TRACE_chan_done:
        if (event->a == 1)
            strbuf_printf(out, "receives value %u of channel c%u", event->version,
                          event->object - 1);
        break;
    case TRACE_mutex_lock:
        strbuf_printf(out, "holds mutex m%u", event->object - 1);
        break;
    case TRACE_sema_acquire:
        strbuf_printf(out, "has %s semaphore q%u", event->a ? "been handed" : "taken",
                      event->object - 1);
        break;
    case TRACE_sema_ticket:
        strbuf_printf(out, "is handed %s %u", trace_wait_name(event->a), event->object - 1);
        break;
    case TRACE_group_pass:
        strbuf_printf(out, "passes wait group w%u", event->object - 1);
        break;
    case TRACE_timer_fire:
        strbuf_printf(out, "timer %u fires", event->object);
        break;
    default:
        break;
    }
}

static void phrase_world(const struct trace_event *event, struct strbuf *out) {
    switch (event->kind) {
    case TRACE_stop_request:
        strbuf_printf(out, "asks the world to stop (%s)", trace_stop_reason_name(event->a));
        break;
    case TRACE_world_stopped:
        strbuf_printf(out, "WORLD STOPPED (%s)", trace_stop_reason_name(event->a));
        break;
    case TRACE_world_start:
        strbuf_printf(out, "world starts again (%s)", trace_stop_reason_name(event->a));
        break;
    case TRACE_gc:
        strbuf_printf(out, "collects garbage: %u reachable, %llu queued", event->a,
                      (unsigned long long)event->b);
        break;
    case TRACE_fatal:
        strbuf_printf(out, "FATAL: %s",
                      event->a < TRACE_CHECK_COUNT ? trace_check_info(event->a)->message : "?");
        break;
    case TRACE_run_end:
        strbuf_printf(out, "the run ends: %s",
                      event->a < RUN_END_COUNT ? run_end_name((enum run_end)event->a) : "?");
        break;
    case TRACE_choose:
        strbuf_printf(out, "chance takes %llu at ", (unsigned long long)event->b);
        put_site(out, event->a);
        break;
    case TRACE_preempt:
        strbuf_puts(out, "SET ASIDE at ");
        put_site(out, event->a);
        break;
    default:
        break;
    }
}

// What a story leaves out unless it is where the promise broke.
static void phrase_detail(const struct trace_event *event, struct strbuf *out) {
    if (event->kind >= TRACE_KIND_COUNT)
        return;
    const struct trace_kind_info *info = trace_kind_info(event->kind);
    switch (event->kind) {
    case TRACE_status:
        strbuf_printf(out, "status %s -> %s", trace_status_name(event->a),
                      trace_status_name(event->b));
        break;
    case TRACE_call:
    case TRACE_return:
        strbuf_printf(out, "%s f%u", event->kind == TRACE_call ? "calls" : "returns from",
                      event->a);
        break;
    case TRACE_label:
        strbuf_printf(out, "has label %u", event->a);
        break;
    case TRACE_chan_done: // what it receives is told by every row
        if (event->a == 3)
            strbuf_printf(out, "sends value %u of channel c%u", event->version, event->object - 1);
        else
            strbuf_printf(out, "finds channel c%u closed", event->object - 1);
        break;
    default:
        strbuf_puts(out, info->meaning);
    }
}

void rows_phrase(const struct cast *cast, const struct trace_event *event, bool always,
                 struct strbuf *out) {
    size_t before = out->size;
    switch (event->kind) {
    case TRACE_finalizer_queued:
    case TRACE_finalizer_run:
    case TRACE_cleanup_queued:
    case TRACE_cleanup_run:
    case TRACE_object_swept:
        phrase_service(cast, event, out);
        break;
    default:
        phrase_life(cast, event, out);
        phrase_world(event, out);
        phrase_profile(event, out);
        phrase_blocking(event, out);
    }
    if (always && out->size == before && event->kind != TRACE_role)
        phrase_detail(event, out);
}

// ---- rows ---------------------------------------------------------------------------------------

struct builder {
    struct story_rows *rows;
    struct cast cast;
    struct strbuf tag_head, roles, states, action; // of the open row
    uint32_t seen_by; // who has looked at the goroutine of the open row, or UINT32_MAX
    uint32_t preemptions;
    uint64_t busy;
    bool open, ops;
};

static uint32_t keep_text(struct story_rows *rows, const char *text) {
    uint32_t at = (uint32_t)rows->text.size;
    strbuf_add(&rows->text, text, strlen(text) + 1);
    return at;
}

static struct story_row *add_row(struct story_rows *rows) {
    if (rows->count == rows->capacity) {
        rows->capacity = rows->capacity != 0 ? rows->capacity * 2 : 256;
        rows->row = realloc(rows->row, sizeof *rows->row * rows->capacity);
        ASSERT(rows->row != NULL);
    }
    rows->row[rows->count] = (struct story_row){0};
    return &rows->row[rows->count++];
}

static void close_row(struct builder *builder) {
    if (!builder->open)
        return;
    struct story_rows *rows = builder->rows;
    struct story_row *row = &rows->row[rows->count - 1];
    struct strbuf *tag = &builder->tag_head;
    if (row->goroutine != 0)
        strbuf_printf(tag, "  %s  %s", builder->roles.text, builder->states.text);
    row->tag = keep_text(rows, tag->size != 0 ? tag->text : "");
    row->action = keep_text(rows, builder->action.size != 0 ? builder->action.text : "");
    row->busy = builder->busy;
    builder->open = false;
}

// Whom the event is about; decisions of the scheduler concern whoever is on the thread.
static uint32_t subject_of(const struct builder *builder, const struct trace_event *event) {
    bool decision = event->kind == TRACE_preempt || event->kind == TRACE_choose;
    if (decision && event->thread < builder->cast.threads)
        return builder->cast.current[event->thread];
    return event->goroutine;
}

static void open_row(struct builder *builder, uint32_t index, const struct trace_event *event) {
    close_row(builder);
    struct story_row *row = add_row(builder->rows);
    uint32_t subject = subject_of(builder, event);
    const struct cast_goroutine *goroutine = cast_goroutine(&builder->cast, subject);
    *row = (struct story_row){
        .event = index, .event_last = index, .thread = event->thread, .goroutine = subject};
    strbuf_clear(&builder->tag_head);
    strbuf_clear(&builder->roles);
    strbuf_clear(&builder->states);
    strbuf_clear(&builder->action);
    if (event->kind == TRACE_go_create) // its name begins here
        cast_apply(&builder->cast, event);
    if (subject != 0)
        cast_name(&builder->cast, subject, &builder->tag_head);
    strbuf_puts(&builder->roles, trace_role_name(goroutine->role));
    strbuf_puts(&builder->states, trace_state_name(goroutine->state));
    builder->open = true;
    builder->ops = false;
    builder->seen_by = UINT32_MAX;
}

static bool stands_alone(const struct trace_event *event) {
    switch (event->kind) {
    case TRACE_role:
    case TRACE_profile_active:
    case TRACE_profile_inactive:
    case TRACE_world_stopped:
    case TRACE_fatal:
    case TRACE_run_end:
    case TRACE_preempt:
    case TRACE_choose:
        return true;
    default:
        return false;
    }
}

static bool left_out(const struct cast *cast, const struct trace_event *event) {
    if (cast_is_state_edge(cast, event))
        return false;
    switch (event->kind) {
    case TRACE_run_begin:
    case TRACE_status:
    case TRACE_raw:
    case TRACE_go_ready:
    case TRACE_group_count:
    case TRACE_group_wait:
    case TRACE_chan_close:
    case TRACE_mutex_unlock:
    case TRACE_sema_release:
    case TRACE_timer_set:
    case TRACE_call:
    case TRACE_return:
    case TRACE_label:
    case TRACE_profile_counted:
    case TRACE_profile_end:
    case TRACE_result_frames:
        return true;
    case TRACE_preempt:
        return event->b == 0; // a free choice: the columns show who goes on
    default:
        return event->kind >= TRACE_KIND_COUNT;
    }
}

static void add_action(struct builder *builder, const struct trace_event *event, bool always) {
    struct strbuf phrase = {0};
    bool acquired = event->kind == TRACE_profile_state && event->b == TRACE_IN_PROGRESS;
    if (acquired && builder->seen_by == event->object) // the row says already by whom
        strbuf_puts(&phrase, "acquired");
    else
        rows_phrase(&builder->cast, event, always, &phrase);
    if (event->kind == TRACE_observe)
        builder->seen_by = event->object;
    if (phrase.size != 0) {
        bool op = event->kind == TRACE_user_step;
        if (builder->action.size != 0)
            strbuf_puts(&builder->action, op && builder->ops ? "; " : ", ");
        // Ops in a row share one mark.
        strbuf_puts(&builder->action, phrase.text + (op && builder->ops ? strlen(OP_MARK) : 0));
        builder->ops = op;
    }
    strbuf_fini(&phrase);
}

static void extend_tag(struct builder *builder, const struct trace_event *event) {
    if (event->kind == TRACE_role) {
        const char *now = trace_role_name(event->a);
        if (strcmp(builder->roles.text, now) != 0)
            strbuf_printf(&builder->roles, "->%s", now);
    } else if (cast_is_state_edge(&builder->cast, event)) {
        strbuf_printf(&builder->states, "->%s", trace_state_name(event->b));
    }
}

// Does the event go on with the row that is open?
static bool continues(const struct builder *builder, const struct trace_event *event) {
    if (!builder->open)
        return false;
    const struct story_row *row = &builder->rows->row[builder->rows->count - 1];
    return !row->solitary && row->thread == event->thread && row->goroutine == event->goroutine &&
           builder->action.size < ACTIONS_MAX;
}

static void add_event(struct builder *builder, uint32_t index, const struct trace_event *event,
                      bool violating) {
    bool alone = violating || stands_alone(event);
    if (violating || !left_out(&builder->cast, event)) {
        if (alone || !continues(builder, event))
            open_row(builder, index, event);
        struct story_row *row = &builder->rows->row[builder->rows->count - 1];
        row->solitary = alone;
        row->violating = violating;
        row->event_last = index;
        if (event->kind == TRACE_preempt) {
            row->to_thread = event->object;
            row->preemption = event->b != 0 ? ++builder->preemptions : 0;
        }
        add_action(builder, event, violating);
        extend_tag(builder, event);
    }
    cast_apply(&builder->cast, event);
    if (event->thread < 64 && event->thread < builder->cast.threads) {
        uint64_t bit = (uint64_t)1 << event->thread;
        bool on = builder->cast.current[event->thread] != 0;
        builder->busy = on ? builder->busy | bit : builder->busy & ~bit;
    }
}

void rows_build(struct story_rows *rows, const struct trace *trace, const struct workload *workload,
                uint32_t violating) {
    struct builder builder = {.rows = rows};
    *rows = (struct story_rows){0};
    cast_init(&builder.cast, trace, workload);
    for (uint32_t i = 0; i < trace->count; i++)
        add_event(&builder, i, &trace->events[i], i == violating);
    close_row(&builder);
    cast_fini(&builder.cast);
    strbuf_fini(&builder.tag_head);
    strbuf_fini(&builder.roles);
    strbuf_fini(&builder.states);
    strbuf_fini(&builder.action);
}

void rows_fini(struct story_rows *rows) {
    free(rows->row);
    strbuf_fini(&rows->text);
    *rows = (struct story_rows){0};
}

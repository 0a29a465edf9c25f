// What the caller of a profile sees in its own buffer, told by user code right after the profile
// has returned, on one thread and without a safe point in between: the truth, whatever the
// recorders told. Its own fields of the shadow: shadow_thread.result, shadow_g.result_mark,
// shadow.marks.
#include "monitor.h"

enum { FRAMES_PER_RECORD = 128, FRAMES_PER_EVENT = 16, FRAME_BITS = 4 };

// The caller does something else on this thread: the result is whole.
static void close_result(struct oracle *oracle, struct shadow_thread *thread) {
    struct shadow_result *result = &thread->result;
    result->open = false;
    oracle->results_open--;
    const struct shadow_profile *profile = shadow_profile_at(&oracle->shadow, result->stop);
    if (profile == NULL) {
        oracle_undecided(oracle, INV_everybody_recorded);
    } else if (!oracle_holds(oracle, INV_everybody_recorded,
                             result->members_seen == profile->members)) {
        uint32_t id = oracle_find_unrecorded(oracle, result->stop, result->mark);
        oracle_raise(oracle, INV_everybody_recorded, result->event, id, 1,
                     "%s was a live user goroutine at the first stop of profile %u, but its caller "
                     "got no record of it",
                     oracle_name(oracle, id).text, result->number);
    }
    if (!oracle_holds(oracle, INV_count_equals_records, result->records == result->n))
        oracle_raise(oracle, INV_count_equals_records, result->event, 0, 2,
                     "profile %u gives n = %u, but %u records", result->number, result->n,
                     result->records);
}

// n, ok and the slots touched against the buffer: a buffer that is too small stays as it was.
static void judge_outcome(struct oracle *oracle, const struct trace_event *event,
                          const struct shadow_profile *profile) {
    const struct shadow_g *caller = shadow_goroutine(&oracle->shadow, event->goroutine);
    bool ok = event->b & 1;
    uint64_t touched = event->b >> 1;
    uint32_t n = event->a, capacity = profile != NULL ? profile->capacity : caller->capacity;
    if (profile == NULL && (!caller->known || caller->request != event->object)) {
        oracle_undecided(oracle, INV_too_small_untouched);
        return;
    }
    if (!oracle_holds(oracle, INV_too_small_untouched,
                      ok == (capacity != 0 && n <= capacity) && (ok || touched == 0)))
        oracle_raise(oracle, INV_too_small_untouched, oracle->index, event->goroutine,
                     (ok ? 2u : 0u) | (touched != 0 ? 1u : 0u),
                     "profile %u gives n = %u and %s for a buffer of %u slots, %llu of them "
                     "touched; only n <= slots gives true, and false touches none",
                     event->object, n, ok ? "true" : "false", capacity,
                     (unsigned long long)touched);
    if (!ok)
        return;
    if (!oracle_holds(oracle, INV_tail_untouched, touched <= n))
        oracle_raise(oracle, INV_tail_untouched, oracle->index, event->goroutine, 0,
                     "profile %u gives n = %u, but %llu slots of the buffer were touched",
                     event->object, n, (unsigned long long)touched);
    if (!oracle_holds(oracle, INV_count_equals_records,
                      touched >= n && (profile == NULL || n == profile->n)))
        oracle_raise(oracle, INV_count_equals_records, oracle->index, event->goroutine, 3,
                     "profile %u gives n = %u, but %llu slots were touched and n was %u at the "
                     "first stop",
                     event->object, n, (unsigned long long)touched,
                     profile == NULL ? n : profile->n);
}

static void open_result(struct oracle *oracle, const struct trace_event *event) {
    struct shadow *shadow = &oracle->shadow;
    const struct shadow_profile *profile =
        shadow_profile_numbered(shadow, event->object, event->goroutine);
    judge_outcome(oracle, event, profile);
    if ((event->b & 1) == 0)
        return;
    struct shadow_thread *thread = shadow_thread(shadow, event->thread);
    oracle->results_open += !thread->result.open; // else another caller's, cut short
    thread->result = (struct shadow_result){
        .open = true,
        .event = oracle->index,
        .caller = event->goroutine,
        .number = event->object,
        .stop = profile == NULL ? 0 : profile->stop,
        .mark = ++shadow->marks,
        .n = event->a,
    };
}

static void judge_result_record(struct oracle *oracle, const struct trace_event *event,
                                struct shadow_result *result) {
    struct shadow *shadow = &oracle->shadow;
    result->subject = 0;
    if (!oracle_holds(oracle, INV_count_equals_records, event->goroutine != 0))
        oracle_raise(oracle, INV_count_equals_records, oracle->index, 0, 4,
                     "slot %u of the %u that profile %u counts was never written", event->object,
                     result->n, result->number);
    if (event->goroutine == 0)
        return;
    result->records++;
    if (result->stop == 0) {
        oracle_undecided(oracle, INV_record_stack);
        return;
    }
    struct shadow_g *g = shadow_goroutine(shadow, event->goroutine);
    bool again = g->known && g->result_mark == result->mark;
    bool member = oracle_judge_record(oracle, &(struct oracle_record){
                                                  .goroutine = event->goroutine,
                                                  .slot = event->object,
                                                  .stop = result->stop,
                                                  .caller = result->caller,
                                                  .progress = event->version,
                                                  .label = event->a,
                                                  .again = again,
                                              });
    if (!member)
        return;
    result->members_seen += !again;
    g->result_mark = result->mark;
    uint32_t shown = (uint32_t)event->b, tail = (uint32_t)(event->b >> 32);
    if (!oracle_holds(oracle, INV_record_tail_zero, tail == 0))
        oracle_raise(oracle, INV_record_tail_zero, oracle->index, event->goroutine, 0,
                     "behind the %u frames of the record of %s lie %u that are not zero", shown,
                     oracle_name(oracle, event->goroutine).text, tail);
    struct shadow_view view = shadow_view_at(shadow, g, result->stop);
    uint32_t depth = view.depth < FRAMES_PER_RECORD ? view.depth : FRAMES_PER_RECORD;
    if (!oracle_holds(oracle, INV_record_stack, shown == depth))
        oracle_raise(oracle, INV_record_stack, oracle->index, event->goroutine, 0,
                     "the record of %s shows %u frames, but it had %u at the first stop",
                     oracle_name(oracle, event->goroutine).text, shown, depth);
    result->subject = event->goroutine;
    result->depth = shown < depth ? shown : depth;
    result->compared = 0;
    result->cursor = view.top;
}

static void judge_frames(struct oracle *oracle, const struct trace_event *event,
                         struct shadow_result *result) {
    if (result->subject == 0 || result->subject != event->goroutine ||
        event->a != result->compared) {
        oracle_undecided(oracle, INV_record_stack);
        return;
    }
    for (uint32_t i = 0; i < FRAMES_PER_EVENT && result->compared < result->depth; i++) {
        uint32_t seen = (event->b >> (FRAME_BITS * i)) & ((1u << FRAME_BITS) - 1);
        const struct shadow_frame *frame = shadow_frame(&oracle->shadow, result->cursor);
        if (!oracle_holds(oracle, INV_record_stack, seen == frame->frame))
            oracle_raise(oracle, INV_record_stack, oracle->index, event->goroutine, 1,
                         "frame %u of the record of %s is f%u, but it was f%u at the first stop",
                         result->compared, oracle_name(oracle, event->goroutine).text, seen,
                         frame->frame);
        result->compared++;
        result->cursor = frame->up;
    }
}

static void judge_result(struct oracle *oracle, const struct trace_event *event) {
    struct shadow_thread *thread = shadow_thread(&oracle->shadow, event->thread);
    switch (event->kind) {
    case TRACE_result_record:
        if (!thread->result.open)
            break;
        thread->result.event = oracle->index;
        judge_result_record(oracle, event, &thread->result);
        break;
    case TRACE_result_frames: // of a leak profile too, which is never open
        thread->result.event = oracle->index;
        judge_frames(oracle, event, &thread->result);
        break;
    default:
        if (thread->result.open && thread->result.caller == event->goroutine)
            close_result(oracle, thread);
        if (event->kind == TRACE_profile_result &&
            event->object != 0) // 0: a query without a buffer
            open_result(oracle, event);
    }
}

const struct monitor monitor_result = {
    .kinds = MONITOR_KIND(profile_result) | MONITOR_KIND(result_frames),
    .watched_kinds = MONITOR_KIND(result_record) | MONITOR_KIND(user_step) |
                     MONITOR_KIND(body_end) | MONITOR_KIND(return ) | MONITOR_KIND(go_stop) |
                     MONITOR_KIND(go_exit) | MONITOR_KIND(profile_request),
    .judge = judge_result,
};

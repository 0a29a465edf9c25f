#include "conform_grams.h"

#include "rng.h"

#include <stdlib.h>
#include <string.h>

enum {
    SLOTS = 1 << 16, // of the table, a power of two; it is never more than half full
    GOROUTINES_MAX = 1 << 14
};

struct conform_grams {
    struct conform_gram slots[SLOTS]; // count 0 = free
    uint32_t count;
    uint64_t total;
    struct {
        uint32_t last[2];
        bool runs_body;
    } of[GOROUTINES_MAX]; // of one trace
};

struct conform_grams *conform_grams_new(void) {
    return calloc(1, sizeof(struct conform_grams));
}

void conform_grams_free(struct conform_grams *grams) {
    free(grams);
}

// ---- tokens: kind, and two enums of its operands
// --------------------------------------------------

static uint32_t token(const struct trace_event *event) {
    uint32_t first = 0, second = 0;
    switch ((enum trace_kind)event->kind) {
    case TRACE_go_create:
    case TRACE_go_stop:
    case TRACE_go_exit:
    case TRACE_role:
        first = event->a;
        break;
    case TRACE_stop_request:
    case TRACE_world_stopped:
    case TRACE_world_start:
        first = event->a;
        break;
    case TRACE_status:
        first = event->a;
        second = (uint32_t)event->b;
        break;
    case TRACE_observe:
        first = event->object;
        second = event->a;
        break;
    case TRACE_profile_state:
        first = event->object;
        second = (uint32_t)event->b;
        break;
    case TRACE_stack_read:
        first = event->a;
        second = (uint32_t)event->b;
        break;
    default:
        break;
    }
    return 1u + event->kind | first << 8 | second << 16;
}

// Who made a goroutine runnable is told by our runtime and not always by Go, locks to threads
// never; the seam's own events are of our runtime alone; results speak of others.
static bool counts(uint16_t kind) {
    switch ((enum trace_kind)kind) {
    case TRACE_go_ready:
    case TRACE_raw:
    case TRACE_preempt:
    case TRACE_choose:
    case TRACE_gc:
    case TRACE_run_begin:
    case TRACE_run_end:
    case TRACE_lock_thread:
    case TRACE_finalizer_set:
    case TRACE_cleanup_added:
    case TRACE_finalizer_queued:
    case TRACE_finalizer_run:
    case TRACE_cleanup_queued:
    case TRACE_cleanup_run:
    case TRACE_cleanups_taken:
    case TRACE_object_swept:
    case TRACE_suspend_ask:
    case TRACE_suspend_asked:
    case TRACE_profile_result:
    case TRACE_result_record:
    case TRACE_result_frames:
        return false;
    default:
        return true;
    }
}

// ---- the set ------------------------------------------------------------------------------------

static struct conform_gram *slot_of(struct conform_gram *slots, const uint32_t tokens[3]) {
    uint64_t hash = rng_mix(((uint64_t)tokens[0] << 32 | tokens[1]) ^ rng_mix(tokens[2]));
    for (uint32_t at = (uint32_t)hash & (SLOTS - 1);; at = (at + 1) & (SLOTS - 1)) {
        struct conform_gram *slot = &slots[at];
        if (slot->count == 0 || memcmp(slot->tokens, tokens, sizeof slot->tokens) == 0)
            return slot;
    }
}

static void add(struct conform_grams *grams, const uint32_t tokens[3]) {
    struct conform_gram *slot = slot_of(grams->slots, tokens);
    if (slot->count == 0) {
        if (grams->count == SLOTS / 2)
            return;
        memcpy(slot->tokens, tokens, sizeof slot->tokens);
        grams->count++;
    }
    slot->count++;
    grams->total++;
}

void conform_grams_add(struct conform_grams *grams, const struct trace *trace) {
    memset(grams->of, 0, sizeof grams->of);
    for (uint32_t i = 0; i < trace->count; i++) {
        const struct trace_event *event = &trace->events[i];
        if (event->kind == TRACE_body_begin && event->goroutine < GOROUTINES_MAX)
            grams->of[event->goroutine].runs_body = true;
    }
    for (uint32_t i = 0; i < trace->count; i++) {
        const struct trace_event *event = &trace->events[i];
        uint32_t id = event->goroutine;
        if (id == 0 || id >= GOROUTINES_MAX || !grams->of[id].runs_body || !counts(event->kind))
            continue;
        uint32_t *last = grams->of[id].last;
        uint32_t tokens[3] = {last[0], last[1], token(event)};
        if (tokens[0] != 0)
            add(grams, tokens);
        last[0] = last[1];
        last[1] = tokens[2];
    }
}

uint32_t conform_grams_count(const struct conform_grams *grams) {
    return grams->count;
}

static int by_count(const void *a, const void *b) {
    const struct conform_gram *one = a, *two = b;
    if (one->count != two->count)
        return one->count < two->count ? 1 : -1;
    return memcmp(one->tokens, two->tokens, sizeof one->tokens);
}

uint32_t conform_grams_missing(const struct conform_grams *grams, const struct conform_grams *other,
                               struct conform_gram *out, uint32_t max, double *share) {
    uint32_t count = 0;
    uint64_t seen = 0;
    struct conform_gram *all = malloc(sizeof *all * (grams->count + 1u));
    *share = 0;
    if (all == NULL)
        return 0;
    for (uint32_t i = 0; i < SLOTS; i++) {
        const struct conform_gram *gram = &grams->slots[i];
        struct conform_gram *theirs =
            slot_of((struct conform_gram *)(uintptr_t)other->slots, gram->tokens);
        if (gram->count == 0 || theirs->count != 0)
            continue;
        all[count++] = *gram;
        seen += gram->count;
    }
    qsort(all, count, sizeof *all, by_count);
    memcpy(out, all, sizeof *all * (count < max ? count : max));
    free(all);
    *share = grams->total == 0 ? 0 : (double)seen / (double)grams->total;
    return count;
}

// ---- names --------------------------------------------------------------------------------------

static void print_token(uint32_t token_value, struct strbuf *out) {
    uint16_t kind = (uint16_t)((token_value & 0xff) - 1);
    uint32_t first = token_value >> 8 & 0xff, second = token_value >> 16;
    strbuf_puts(out, trace_kind_info(kind)->name);
    switch ((enum trace_kind)kind) {
    case TRACE_go_stop:
        strbuf_printf(out, "(%s)", trace_wait_name(first));
        break;
    case TRACE_go_exit:
    case TRACE_role:
        strbuf_printf(out, "(%s)", trace_role_name(first));
        break;
    case TRACE_stop_request:
    case TRACE_world_stopped:
    case TRACE_world_start:
        strbuf_printf(out, "(%s)", trace_stop_reason_name(first));
        break;
    case TRACE_status:
        strbuf_printf(out, "(%s to %s)", trace_status_name(first), trace_status_name(second));
        break;
    case TRACE_observe:
        strbuf_printf(out, "(%s, %s)", trace_observer_name(first), trace_state_name(second));
        break;
    case TRACE_profile_state:
        strbuf_printf(out, "(%s, by %u)", trace_state_name(second), first);
        break;
    case TRACE_stack_read:
        strbuf_printf(out, "(%s%s)", trace_status_name(first), second ? ", in a system call" : "");
        break;
    default:
        break;
    }
}

void conform_gram_print(const struct conform_gram *gram, struct strbuf *out) {
    for (int i = 0; i < 3; i++) {
        strbuf_puts(out, i == 0 ? "" : ", ");
        print_token(gram->tokens[i], out);
    }
}

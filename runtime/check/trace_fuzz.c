#include "trace_fuzz.h"

#include "assert.h"
#include "oracle.h"
#include "story.h"

#include <stdlib.h>
#include <string.h>

enum { EDIT_BYTES = 12 };

// A word of any size that hits ids and limits often.
static uint64_t word_of(const uint8_t *bytes) {
    uint64_t value = bytes[1] | (uint64_t)bytes[2] << 8;
    switch (bytes[0] % 4) {
    case 0:
        return value % 8;
    case 1:
        return value;
    case 2:
        return value << 16 | value;
    default:
        return UINT64_MAX - value;
    }
}

static void overwrite(struct trace_event *event, const uint8_t *edit) {
    uint64_t word = word_of(edit + 5);
    switch (edit[8] % 7) {
    case 0:
        event->kind = (uint16_t)(word % (TRACE_KIND_COUNT + 2));
        break;
    case 1:
        event->thread = (uint16_t)word;
        break;
    case 2:
        event->goroutine = (uint32_t)word;
        break;
    case 3:
        event->object = (uint32_t)word;
        break;
    case 4:
        event->version = (uint32_t)word;
        break;
    case 5:
        event->a = (uint32_t)word;
        break;
    default:
        event->b = word;
    }
}

static void edit_story(struct script *script, const uint8_t *edit) {
    if (script->count == 0)
        return;
    uint32_t at = (edit[1] | (uint32_t)edit[2] << 8) % script->count;
    uint32_t other = (edit[3] | (uint32_t)edit[4] << 8) % script->count;
    struct trace_event event = script->events[at];
    switch (edit[0] % 5) {
    case 0: // reordered
        script->events[at] = script->events[other];
        script->events[other] = event;
        break;
    case 1: // told twice
        script->events[other] = event;
        break;
    case 2: // left out
        memmove(&script->events[at], &script->events[at + 1],
                (script->count - at - 1) * sizeof event);
        script->count--;
        break;
    case 3: // cut
        script->count = at;
        break;
    default: // hostile
        overwrite(&script->events[at], edit);
    }
}

static void check(const struct verdict *verdict, uint32_t count) {
    ASSERT(verdict->count <= VERDICT_VIOLATIONS_MAX);
    ASSERT((verdict->kind == VERDICT_VIOLATION) == (verdict->count != 0));
    for (uint32_t i = 0; i < verdict->count; i++) {
        ASSERT((unsigned)verdict->violations[i].invariant < INVARIANT_COUNT);
        ASSERT(count == 0 || verdict->violations[i].event < count);
        ASSERT(i == 0 || verdict->violations[i - 1].event <= verdict->violations[i].event);
        ASSERT(memchr(verdict->violations[i].reason, 0, sizeof verdict->violations[i].reason));
    }
}

// In memory of exactly its length, so that a look behind the end is seen.
static void judge(const struct trace_event *events, uint32_t count, enum run_end end) {
    size_t size = count * sizeof *events;
    struct trace_event *copy = malloc(size);
    static struct oracle *oracle; // one for all: nothing of a run may be left in the next
    if (oracle == NULL)
        oracle = oracle_new();
    ASSERT(oracle != NULL && (copy != NULL || size == 0));
    if (size != 0)
        memcpy(copy, events, size);
    struct trace trace = {.events = copy, .count = count, .truncated = (unsigned)end % 5 == 4};
    struct verdict first, second;
    oracle_judge(oracle, &trace, end, &first);
    oracle_judge(oracle, &trace, end, &second);
    check(&first, count);
    ASSERT(first.kind == second.kind && first.count == second.count);
    for (uint32_t i = 0; i < first.count; i++)
        ASSERT(first.violations[i].signature == second.violations[i].signature);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static struct story story; // large
    if (size < 3 || size > TRACE_FUZZ_BYTES_MAX)
        return 0;
    enum run_end end = (enum run_end)(bytes[0] % (RUN_END_COUNT + 1));
    if (bytes[1] & 1) {
        static struct trace_event events[TRACE_FUZZ_BYTES_MAX / sizeof(struct trace_event) + 1];
        uint32_t count = (uint32_t)((size - 2) / sizeof events[0]);
        memcpy(events, bytes + 2, count * sizeof events[0]);
        judge(events, count, end);
        return 0;
    }
    story_tell(&story, (enum twist)(bytes[2] % TWISTS), bytes[1] & 2);
    for (size_t at = 3; at + EDIT_BYTES <= size; at += EDIT_BYTES)
        edit_story(&story.script, bytes + at);
    judge(story.script.events, story.script.count, end);
    return 0;
}

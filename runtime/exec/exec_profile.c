// The profile op: what a caller of runtime.GoroutineProfile does, and what it tells of the buffer
// that it got back. Every slot is filled with a pattern of its own first, so that a slot that was
// written, one that was not, and one that was written in the wrong place can be told apart
// afterwards.
#include "exec_impl.h"

#include <string.h>

enum { FIT_TRIES = 4, FIT_SPARE = 10, FRAMES_PER_EVENT = 16, FRAME_BITS = 4, STACKS_FIRST = 4 };

static struct rt_record pattern_record(uint32_t slot) {
    struct rt_record record;
    memset(&record, 0xa5, sizeof record);
    record.goid = 0xe0000000u + slot;
    record.progress = ~slot;
    return record;
}

static uint32_t pattern_label(uint32_t slot) {
    return 0xd0000000u + slot;
}

static bool touched(const struct exec_profile_buffer *buffer, uint32_t slot) {
    struct rt_record pattern = pattern_record(slot);
    return memcmp(&buffer->records[slot], &pattern, sizeof pattern) != 0 ||
           buffer->labels[slot] != pattern_label(slot);
}

static uint32_t count_touched(const struct exec_profile_buffer *buffer, uint32_t capacity) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < capacity; i++)
        count += touched(buffer, i);
    return count;
}

// Give the flow a buffer of at least capacity slots, filled with the pattern. A buffer larger than
// any profile of this run could be is cut to that. False if the run has used up its slots.
static bool prepare(struct exec_flow *flow, uint32_t *capacity) {
    struct exec_program *program = flow->program;
    struct exec_profile_buffer *buffer = &flow->buffer;
    uint32_t enough = program->workload->header.goroutines + EXEC_PROFILE_SPARE;
    if (*capacity > enough)
        *capacity = enough;
    if (buffer->capacity < *capacity) {
        if (os_count(&program->slots, *capacity) + *capacity > EXEC_PROFILE_SLOTS) {
            os_count(&program->slots, -*capacity);
            return false;
        }
        buffer->records = ARENA_ARRAY(program->arena, struct rt_record, *capacity);
        buffer->labels = ARENA_ARRAY(program->arena, uint32_t, *capacity);
        buffer->states = ARENA_ARRAY(program->arena, uint64_t, *capacity);
        buffer->capacity = *capacity;
    }
    for (uint32_t i = 0; i < *capacity; i++) {
        buffer->records[i] = pattern_record(i);
        buffer->labels[i] = pattern_label(i);
    }
    return true;
}

static uint8_t frame_at(const struct rt_record *record, uint32_t at) {
    return at < RT_FRAMES_INLINE ? record->frames[at] : record->deep[at - RT_FRAMES_INLINE];
}

// How much of what lies behind the frames of a record is not zero.
static uint32_t dirty_tail(const struct rt_record *record) {
    uint32_t dirty = 0;
    for (uint32_t i = record->depth; i < RT_FRAMES_INLINE; i++)
        dirty += record->frames[i] != 0;
    return dirty;
}

static void tell_frames(const struct rt_record *record, uint32_t slot) {
    uint32_t depth = record->depth < RT_FRAMES_MAX ? record->depth : RT_FRAMES_MAX;
    for (uint32_t at = 0; at < depth; at += FRAMES_PER_EVENT) {
        uint64_t frames = 0;
        for (uint32_t i = 0; i < FRAMES_PER_EVENT && at + i < depth; i++)
            frames |= (uint64_t)(frame_at(record, at + i) & (WORKLOAD_FRAMES - 1))
                      << (FRAME_BITS * i);
        rt_emit_about(TRACE_result_frames, record->goid, slot, 0, at, frames);
    }
}

// One record as the caller sees it, as an event of that kind; a slot that nobody wrote is told as a
// record of nobody.
static void tell_record(const struct exec_profile_buffer *buffer, uint32_t slot,
                        enum trace_kind kind) {
    const struct rt_record *record = &buffer->records[slot];
    if (!touched(buffer, slot)) {
        rt_emit_about(kind, 0, slot, 0, 0, 0);
        return;
    }
    rt_emit_about(kind, record->goid, slot, record->progress, buffer->labels[slot],
                  (uint64_t)dirty_tail(record) << 32 | record->depth);
    tell_frames(record, slot);
}

// Take one profile into a buffer of capacity slots and tell what came back. Returns true if it
// fitted.
static bool profile_once(struct exec_flow *flow, uint32_t capacity) {
    struct exec_profile_buffer *buffer = &flow->buffer;
    uint32_t profile = UINT32_MAX; // whoever forgets to answer is seen
    bool ok = true;
    uint32_t n =
        flow->sync
            ? rt_goroutine_profile_sync(buffer->records, buffer->labels, capacity, &profile, &ok)
            : rt_goroutine_profile(buffer->records, buffer->labels, capacity, &profile, &ok);
    uint32_t count = count_touched(buffer, capacity);
    rt_emit(TRACE_profile_result, profile, capacity, n, (uint64_t)count << 1 | ok);
    for (uint32_t i = 0; ok && i < n && i < capacity; i++)
        tell_record(buffer, i, TRACE_result_record);
    return ok;
}

// The way runtime/pprof does it: ask for n, add some, try again until it fits.
static void profile_fit(struct exec_flow *flow) {
    for (int i = 0; i < FIT_TRIES; i++) {
        uint32_t profile = UINT32_MAX;
        bool ok = true;
        uint32_t n = rt_goroutine_profile(NULL, NULL, 0, &profile, &ok);
        rt_emit(TRACE_profile_result, profile, 0, n, ok);
        uint32_t capacity = n + FIT_SPARE;
        if (!prepare(flow, &capacity) || profile_once(flow, capacity))
            return;
    }
}

void exec_profile(struct exec_flow *flow, uint32_t capacity, bool sync) {
    flow->sync = sync;
    if (capacity == WORKLOAD_PROFILE_FIT)
        profile_fit(flow);
    else if (prepare(flow, &capacity))
        profile_once(flow, capacity);
}

// As runtime/pprof does it: the whole request is one, from the cycle to the last record.
void exec_leak_profile(struct exec_flow *flow, uint32_t capacity) {
    struct exec_profile_buffer *buffer = &flow->buffer;
    uint32_t cycle, n = rt_leak_begin(&cycle);
    if (capacity == WORKLOAD_PROFILE_FIT)
        capacity = n + FIT_SPARE;
    rt_checkpoint();
    bool room = prepare(flow, &capacity);
    bool ok = room && rt_leak_records(buffer->records, buffer->labels, capacity);
    rt_leak_end();
    if (!room)
        return;
    uint32_t count = count_touched(buffer, capacity);
    rt_emit(TRACE_leak_result, cycle, capacity, n, (uint64_t)count << 1 | ok);
    for (uint32_t i = 0; ok && i < n && i < capacity; i++)
        tell_record(buffer, i, TRACE_leak_record);
}

// Take one dump of all stacks and tell what came back. Returns how many it shows.
static uint32_t stacks_once(struct exec_flow *flow, uint32_t capacity) {
    struct exec_profile_buffer *buffer = &flow->buffer;
    uint32_t n = rt_stacks(buffer->records, buffer->labels, buffer->states, capacity);
    rt_emit(TRACE_stacks_result, 0, capacity, n, count_touched(buffer, capacity));
    for (uint32_t i = 0; i < n && i < capacity; i++) {
        const struct rt_record *record = &buffer->records[i];
        rt_emit_about(TRACE_stacks_record, record->goid, i, record->progress, buffer->labels[i],
                      buffer->states[i] << 8 | (uint8_t)record->depth);
        tell_frames(record, i);
    }
    return n;
}

// fit is what runtime/pprof does: what fills its buffer may be cut, so again with twice as much.
void exec_stacks(struct exec_flow *flow, uint32_t capacity) {
    if (capacity != WORKLOAD_PROFILE_FIT) {
        if (prepare(flow, &capacity))
            stacks_once(flow, capacity);
        return;
    }
    for (uint32_t size = STACKS_FIRST;; size *= 2) {
        capacity = size;
        if (!prepare(flow, &capacity) || stacks_once(flow, capacity) < capacity || capacity < size)
            return;
    }
}

// Tables, names, hash and merge of the event trace. See trace.h.
#include "trace.h"

#include "assert.h"

// The base's assert.h stands before the C library's, which would have defined this for xxhash.h.
#define static_assert _Static_assert
#define XXH_INLINE_ALL
#include <xxhash.h>

static const struct trace_kind_info kind_infos[TRACE_KIND_COUNT] = {
#define EVENT(name, meaning, object, a, b) {#name, meaning, object, a, b},
#include "trace_events.def"
#undef EVENT
};

static const struct trace_check_info check_infos[TRACE_CHECK_COUNT] = {
#define CHECK(name, message, invariant) {#name, message, invariant},
#include "trace_checks.def"
#undef CHECK
};

const struct trace_kind_info *trace_kind_info(uint16_t kind) {
    ASSERT(kind < TRACE_KIND_COUNT);
    return &kind_infos[kind];
}

const struct trace_check_info *trace_check_info(uint32_t check) {
    ASSERT(check < TRACE_CHECK_COUNT);
    return &check_infos[check];
}

#define NAME_OF(names, value) ((value) < sizeof names / sizeof names[0] ? names[value] : "?")

const char *trace_role_name(uint64_t role) {
    static const char *const names[] = {"system", "user"};
    _Static_assert(sizeof names / sizeof names[0] == TRACE_ROLE_COUNT, "a name for each role");
    return NAME_OF(names, role);
}

const char *trace_state_name(uint64_t state) {
    static const char *const names[] = {"absent", "in-progress", "satisfied"};
    _Static_assert(sizeof names / sizeof names[0] == TRACE_STATE_COUNT, "a name for each state");
    return NAME_OF(names, state);
}

const char *trace_observer_name(uint64_t observer) {
    static const char *const names[] = {"execute",   "walker",  "syscall-return",
                                        "coroutine", "foreign", "creation"};
    _Static_assert(sizeof names / sizeof names[0] == TRACE_OBSERVER_COUNT, "a name for each");
    return NAME_OF(names, observer);
}

const char *trace_service_name(uint64_t service) {
    static const char *const names[] = {"plan",        "finalizer", "cleanup",  "call from C",
                                        "mark worker", "sweeper",   "scavenger"};
    _Static_assert(sizeof names / sizeof names[0] == TRACE_SERVICE_COUNT, "a name for each");
    return NAME_OF(names, service);
}

// Each with its name while somebody has the scan bit.
const char *trace_status_name(uint64_t status) {
    static const char *const names[][2] = {
        {"idle", "idle (scan)"},
        {"runnable", "runnable (scan)"},
        {"running", "running (scan)"},
        {"syscall", "syscall (scan)"},
        {"waiting", "waiting (scan)"},
        {"dead", "dead (scan)"},
        {"copystack", "copystack (scan)"},
        {"preempted", "preempted (scan)"},
        {"dead-extra", "dead-extra (scan)"},
        {"leaked", "leaked (scan)"},
    };
    _Static_assert(sizeof names / sizeof names[0] == TRACE_STATUS_COUNT, "a name for each status");
    uint64_t base = status & ~(uint64_t)TRACE_GSCAN;
    return base < TRACE_STATUS_COUNT ? names[base][base != status] : "?";
}

const char *trace_wait_name(uint64_t wait) {
    static const char *const names[] = {
        "preempted", "yield",        "channel",        "coroutine",     "world sema",
        "gc sema",   "profile sema", "finalizer wait", "cleanup wait",  "syscall (no P)",
        "select",    "mutex",        "semaphore",      "wait group",    "sleep",
        "gc cycle",  "mark wait",    "sweep wait",     "scavenge wait", "leak lock",
    };
    _Static_assert(sizeof names / sizeof names[0] == TRACE_WAIT_COUNT, "a name for each wait");
    return NAME_OF(names, wait);
}

const char *trace_stop_reason_name(uint64_t reason) {
    static const char *const names[] = {
        "profile",      "profile cleanup", "gc",     "mark termination",
        "sync profile", "number of Ps",    "stacks", "other"};
    _Static_assert(sizeof names / sizeof names[0] == TRACE_STOP_OTHER + 1,
                   "a name for each reason");
    return NAME_OF(names, reason);
}

const char *run_end_name(enum run_end end) {
    static const char *const names[] = {"finished",    "quiescent",    "stuck",  "fatal",
                                        "no progress", "inconclusive", "crashed"};
    _Static_assert(sizeof names / sizeof names[0] == RUN_END_COUNT, "a name for each end");
    return NAME_OF(names, (unsigned)end);
}

uint64_t trace_hash(const struct trace *trace, enum run_end end) {
    // The bytes of an event are its value: 32 bytes without padding, little-endian machines only.
    _Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "hashes are of little-endian events");
    uint64_t seed = (uint64_t)end << 1 | trace->truncated;
    return XXH3_64bits_withSeed(trace->events, (size_t)trace->count * sizeof *trace->events, seed);
}

// The sequence behind which events may be missing: a full buffer dropped what came after its last.
static uint64_t merge_cut(const struct trace_buffer *buffers, uint32_t count) {
    uint64_t cut = UINT64_MAX;
    for (uint32_t i = 0; i < count; i++) {
        if (!buffers[i].truncated)
            continue;
        uint32_t kept = buffers[i].count;
        uint64_t last = kept == 0 ? 0 : (uint64_t)buffers[i].events[kept - 1].sequence + 1;
        if (last < cut)
            cut = last;
    }
    return cut;
}

void trace_merge(const struct trace_buffer *buffers, uint32_t count, struct trace_event *out,
                 uint32_t out_capacity, struct trace *trace) {
    ASSERT(count <= TRACE_BUFFERS_MAX);
    uint32_t heads[TRACE_BUFFERS_MAX] = {0};
    uint64_t cut = merge_cut(buffers, count); // events with a sequence below it are complete
    *trace = (struct trace){.events = out, .truncated = cut != UINT64_MAX};
    for (;;) {
        // The buffer with the smallest head gives all that is not behind the second smallest; that
        // one is below the cut as long as a truncated buffer has an event left.
        uint32_t from = count;
        uint64_t first = UINT64_MAX, second = UINT64_MAX;
        for (uint32_t i = 0; i < count; i++) {
            if (heads[i] == buffers[i].count)
                continue;
            uint64_t head = buffers[i].events[heads[i]].sequence;
            if (head < first) {
                second = first;
                first = head;
                from = i;
            } else if (head < second) {
                second = head;
            }
        }
        if (from == count || first >= cut)
            return;
        const struct trace_buffer *buffer = &buffers[from];
        do {
            if (trace->count == out_capacity) {
                trace->truncated = true;
                return;
            }
            out[trace->count++] = buffer->events[heads[from]++];
        } while (heads[from] < buffer->count && buffer->events[heads[from]].sequence <= second);
    }
}

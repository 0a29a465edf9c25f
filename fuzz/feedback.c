#include "feedback.h"

#ifdef GPROOF_FEEDBACK_AFL
// Guards in the section that clang's module constructor hands to
// __sanitizer_cov_trace_pc_guard_init: AFL++ numbers them like edges, before it fixes the size of
// its map.
extern uint8_t *__afl_area_ptr;
__attribute__((section("__sancov_guards"), used)) static uint32_t guards[FEEDBACK_COUNTERS];

static inline void hit(uint32_t index) {
    __afl_area_ptr[guards[index]] = 1;
}
#else
// The section's name is libFuzzer's; without libFuzzer it is a section like any other.
__attribute__((section("__libfuzzer_extra_counters"), used))
uint8_t feedback_counters[FEEDBACK_COUNTERS];

static inline void hit(uint32_t index) {
    feedback_counters[index] = 1;
}
#endif

// What an event says about its goroutine as a small number, or 0 if it is no change or observation.
static inline uint16_t change_of(const struct trace_event *event) {
    uint32_t detail;
    switch (event->kind) {
    case TRACE_status: // the scan bit moves down to the others
        detail = (event->b & (TRACE_GSCAN >> 4 | 7)) | (event->b & TRACE_GSCAN) >> 3;
        break;
    case TRACE_profile_state:
        detail = (uint32_t)event->b;
        break;
    case TRACE_role:
    case TRACE_go_stop:
        detail = event->a;
        break;
    case TRACE_observe:
        detail = event->object * TRACE_STATE_COUNT + event->a;
        break;
    case TRACE_go_run:
    case TRACE_go_ready:
    case TRACE_syscall_exit:
    case TRACE_stack_read:
        detail = 0;
        break;
    default:
        return 0;
    }
    return (uint16_t)(1 + event->kind * 32 + (detail & 31));
}

static inline uint32_t pair_index(uint16_t before, uint16_t after) {
    uint32_t hash = (((uint32_t)before << 16) | after) * 0x9e3779b1u;
    return FLIP_CELLS + (hash >> 16) % FEEDBACK_PAIRS;
}

static void count_pairs(struct feedback *feedback, const struct trace *trace) {
    feedback->run++;
    for (uint32_t i = 0; i < trace->count; i++) {
        const struct trace_event *event = &trace->events[i];
        uint16_t change = change_of(event);
        if (change == 0)
            continue;
        struct feedback_last *last = &feedback->last[event->goroutine % FEEDBACK_GOROUTINES];
        if (last->run == feedback->run && last->thread != event->thread)
            hit(pair_index(last->change, change));
        *last = (struct feedback_last){feedback->run, event->thread, change};
    }
}

void feedback_count(struct feedback *feedback, const struct trace *trace, uint32_t *cells) {
    uint32_t counts[FLIP_CELLS] = {0};
    flip_cells_count(trace, counts);
    for (uint32_t i = 0; i < FLIP_CELLS; i++) {
        if (counts[i] == 0)
            continue;
        hit(i);
        cells[i] = UINT32_MAX - cells[i] < counts[i] ? UINT32_MAX : cells[i] + counts[i];
    }
    if (trace->count <= FEEDBACK_EVENTS_MAX)
        count_pairs(feedback, trace);
}

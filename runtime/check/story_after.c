// What happens once the profile is over. See story_parts.h.
#include "story_parts.h"

// 1 sends two values to 2, and closes the channel.
void story_tell_channel(struct story *story) {
    enum { RECEIVED = 1, SENT = 3, CLOSED = 0 };
    struct script *s = &story->script;
    script_event(s, 1, TRACE_chan_done, 2, 3, 1, RECEIVED, IS(VALUE_OTHER) ? 9 : 7);
    script_event(s, 0, TRACE_chan_done, 1, 3, 1, SENT, 7); // told late: 2 was faster
    script_event(s, 0, TRACE_chan_done, 1, 3, 2, SENT, 8);
    if (!IS(CLOSED_EARLY))
        script_event(s, 0, TRACE_chan_close, 1, 3, 0, 0, 0);
    if (!IS(CLOSED_FULL))
        script_event(s, 1, TRACE_chan_done, 2, 3, 2, RECEIVED, 8);
    if (IS(VALUE_TWICE) || IS(VALUE_LOST))
        script_event(s, 1, TRACE_chan_done, 2, 3, IS(VALUE_LOST) ? 3 : 2, RECEIVED, 8);
    script_event(s, 1, TRACE_chan_done, 2, 3, IS(CLOSED_FULL) ? 2 : 3, CLOSED, 0);
    script_event(s, 1, TRACE_chan_done, 1, 3, 0, SENT - RECEIVED, 8);
}

// What 1 and 2 do to a mutex, a semaphore, a wait group and a timer.
void story_tell_blocking(struct story *story) {
    struct script *s = &story->script;
    script_event(s, 0, TRACE_mutex_lock, 1, 1, 0, 0, 0);
    script_event(s, 1, TRACE_wait_for, 2, 1, 0, TRACE_WAIT_MUTEX, 0);
    if (!IS(MUTEX_TWICE))
        script_event(s, 0, TRACE_mutex_unlock, 1, 1, 0, 0, 0);
    script_event(s, 1, TRACE_mutex_lock, 2, 1, 0, 0, 0);
    script_event(s, 1, TRACE_mutex_unlock, 2, 1, 0, 0, 0);

    script_event(s, 0, TRACE_sema_release, 1, 1, 0, 0, 0);
    script_event(s, 0, TRACE_sema_ticket, 2, 1, 0, TRACE_WAIT_SEMAPHORE, 0);
    if (IS(TICKET_AGAIN))
        script_event(s, 1, TRACE_wait_for, 2, 1, 0, TRACE_WAIT_SEMAPHORE, 0);
    script_event(s, 1, TRACE_sema_acquire, 2, 1, 0, 1, 0);
    if (IS(SEMAPHORE_TWICE))
        script_event(s, 0, TRACE_sema_acquire, 1, 1, 0, 0, 0);

    script_event(s, 0, TRACE_group_count, 1, 1, 0, 1, 0);
    script_event(s, 1, TRACE_group_wait, 2, 1, 0, 1, 0);
    if (!IS(GROUP_EARLY))
        script_event(s, 0, TRACE_group_count, 1, 1, 0, 0, 0);
    script_event(s, 1, TRACE_group_pass, 2, 1, 0, 0, 0);

    script_event(s, 0, TRACE_timer_set, 1, 1, 0, 100, 1000);
    if (!IS(TIMER_LOST))
        script_event(s, 1, TRACE_timer_fire, 0, 1, 0, 0, IS(TIMER_EARLY) ? 1099 : 1100);
    if (IS(TIMER_TWICE))
        script_event(s, 1, TRACE_timer_fire, 0, 1, 0, 0, 1200);
}

// 7 waits for what nobody will do. Main looks for leaks, takes a leak profile, looks again.
void story_tell_leaks(struct story *story) {
    struct script *s = &story->script;
    script_create(s, 0, 1, 7, TRACE_PLAN);
    script_status(s, 0, 7, TRACE_GRUNNABLE);
    script_run(s, 1, 7);
    script_body(s, 1, 7, true);
    script_call(s, 1, 7, 3);
    script_stop(s, 1, 7, TRACE_WAIT_CHAN);
    for (uint32_t cycle = 1; cycle <= 2; cycle++) {
        bool lost = IS(LEAK_LOST) && cycle == 2;
        if (cycle == 2)
            script_status(s, 2, 7, TRACE_GWAITING);
        if (!lost) {
            script_status(s, 2, 7, TRACE_GLEAKED);
            script_event(s, 2, TRACE_leaked, 7, cycle, 0, 0, 0);
        }
        script_event(s, 2, TRACE_leak_found, 1, cycle, 0, !lost + IS(LEAKS_MANY), 0);
        if (cycle == 2)
            break;
        script_event(s, 0, TRACE_leak_result, 1, cycle, 4, 1, (IS(LEAK_UNSHOWN) ? 0 : 1) << 1 | 1);
        uint32_t shown = IS(LEAK_OTHER) ? 2 : 7;
        script_event(s, 0, TRACE_leak_record, shown, 0, s->g[shown].progress, s->g[shown].label, 1);
        script_event(s, 0, TRACE_result_frames, shown, 0, 0, 0, 3);
    }
    if (IS(LEAK_WOKEN))
        script_ready(s, 0, 7);
}

// It goes to wait, and stays there.
void story_tell_wait(struct story *story, uint32_t id, enum trace_wait wait, bool send) {
    struct script *s = &story->script;
    script_event(s, 1, TRACE_wait_for, id, 1, 0, wait, send);
    script_stop(s, 1, id, wait);
}

// What a dump of all stacks tells, and what its caller gets; there is no room for 6 and 7. Then
// main asks how many there are, while nobody else runs.
void story_tell_stacks(struct story *story) {
    struct script *s = &story->script;
    uint32_t shown[] = {1, IS(STACKS_OTHER) ? 4 : 2, IS(STACKS_TWICE) ? 2 : 3};
    uint64_t states[3];
    if (IS(STACKS_ORDER) || IS(STACKS_BEHIND)) {
        uint32_t first = IS(STACKS_ORDER), moved = shown[first];
        shown[first] = shown[first + 1];
        shown[first + 1] = moved;
    }
    script_run(s, 1, 2);
    script_event(s, 1, TRACE_lock_thread, 2, 0, 0, 1, 0);
    script_step(s, 1, 2);
    story_tell_wait(story, 2, TRACE_WAIT_CHAN, false);
    script_world_stop(s, 0, 1, TRACE_STOP_STACKS);
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t id = shown[i], status = id == 1 ? TRACE_GRUNNING : s->g[id].status;
        bool waits = status == TRACE_GWAITING;
        bool locked = (id == 2 && !IS(STACKS_FREE)) || (id == 3 && IS(STACKS_LOCKED));
        uint64_t wait = id == 4 ? TRACE_WAIT_FINALIZER : TRACE_WAIT_CHAN;
        if (IS(STACKS_STATE) && i == 1)
            status = TRACE_GSYSCALL;
        states[i] = status | (waits ? wait : 0) << 8 | (uint64_t)locked << 16 |
                    (uint64_t)(id == 2 && IS(STACKS_SENDS)) << 17 | (uint64_t)(id != 1) << 24;
        script_event(s, 0, TRACE_stacks_shown, id, i, 0, 0, states[i]);
    }
    script_world_start(s, 0, 1, TRACE_STOP_STACKS);
    script_event(s, 0, TRACE_stacks_result, 1, 0, 3, 3 + IS(STACKS_MANY), 3);
    for (uint32_t i = 0; i < 3; i++) {
        const struct script_g *g = &s->g[shown[i]];
        if (IS(STACKS_LATE) && i == 1)
            states[i]++;
        script_event(s, 0, TRACE_stacks_record, shown[i], i, g->progress, g->label,
                     states[i] << 8 | g->depth);
    }
    script_ready(s, 0, 2);
    script_event(s, 0, TRACE_number_asked, 1, 0, 0, 0, 0);
    script_event(s, 0, TRACE_number_given, 1, 0, 0, 5 + IS(NUMBER_HIGH), 0); // 1, 2, 3, 6 and 7
}

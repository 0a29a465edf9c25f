// See story.h.
#include "story_parts.h"

#include "assert.h"

#include <string.h>

// Object 1 is swept, whose finalizer is due, and object 3, of which nothing is.
static void tell_sweep(struct story *story) {
    struct script *s = &story->script;
    script_event(s, 0, TRACE_object_swept, 1, 1, 0, 1, 0);
    if (!IS(DUE_UNQUEUED))
        script_event(s, 0, TRACE_finalizer_queued, 1, 1, 0, 0, 0);
    if (IS(CLEANUP_UNSEEN))
        script_event(s, 0, TRACE_cleanup_added, 1, 3, 0, 0, 3);
    if (IS(FINALIZER_UNSEEN))
        script_event(s, 0, TRACE_finalizer_set, 1, 3, 0, 0, 0);
    script_event(s, 0, TRACE_object_swept, 1, 3, 0, 0, 0);
    if (IS(FREED_EARLY)) {
        script_event(s, 0, TRACE_cleanup_added, 1, 1, 0, 0, 3);
        script_event(s, 0, TRACE_cleanup_queued, 1, 1, 0, 0, 3);
    }
}

// Everybody is there, in the places that the profile finds them in.
static void tell_beginning(struct story *story) {
    struct script *s = &story->script;
    script_create(s, 0, 0, 1, TRACE_PLAN);
    script_status(s, 0, 1, TRACE_GRUNNABLE);
    script_run(s, 0, 1);
    script_body(s, 0, 1, true);
    script_label(s, 0, 1, 5);
    script_call(s, 0, 1, 1);
    for (uint32_t id = 2; id <= 5; id++) {
        script_create(s, 0, 1, id,
                      id == 4   ? TRACE_FINALIZER
                      : id == 5 ? TRACE_CLEANUP
                                : TRACE_PLAN);
        if (id == 4 && IS(SYSTEM_LABEL))
            script_label(s, 0, 4, 5);
        script_status(s, 0, id, IS(STATUS_ILLEGAL) && id == 3 ? TRACE_GSYSCALL : TRACE_GRUNNABLE);
        if (IS(STATUS_ILLEGAL) && id == 3)
            script_status(s, 0, 3, TRACE_GRUNNABLE);
    }
    if (IS(ID_TWICE))
        script_create(s, 0, 1, 3, TRACE_PLAN);
    script_event(s, 0, TRACE_profile_result, 1, 0, 0, IS(QUERY_HIGH) ? 4 : 3, 0);
    script_event(s, 0, TRACE_finalizer_set, 1, 1, 0, 0, 0);
    for (uint32_t number = 1; number <= 2; number++)
        script_event(s, 0, TRACE_cleanup_added, 1, 2, 0, 0, number);
    script_event(s, 0, TRACE_cleanup_queued, 1, 2, 0, 0, 1);
    if (IS(CLEANUP_QUEUED_TWICE))
        script_event(s, 0, TRACE_cleanup_queued, 1, 2, 0, 0, 1);
    script_run(s, 1, 2);
    script_body(s, 1, 2, true);
    script_call(s, 1, 2, 2);
    script_call(s, 1, 2, 3);
    script_step(s, 1, 2);
    script_stop(s, 1, 2, TRACE_WAIT_CHAN);
    script_run(s, 2, 4);
    script_stop(s, 2, 4, TRACE_WAIT_FINALIZER);
    script_run(s, 2, 5);
    script_role(s, 2, 5, TRACE_ROLE_USER);
    script_event(s, 2, TRACE_cleanups_taken, 5, 0, 0, IS(BLOCK_LEFT) ? 2 : 1, 0);
    script_event(s, 2, TRACE_cleanup_run, 5, 2, 0, 0, 1);
    if (IS(CLEANUP_UNQUEUED))
        script_event(s, 2, TRACE_cleanup_run, 5, 2, 0, 0, 2);
    script_body(s, 2, 5, true);
    script_call(s, 2, 5, 4);
    if (!IS(RUNS_THROUGH_STOP))
        script_stop(s, 2, 5, TRACE_WAIT_PREEMPTED);
    script_run(s, 3, 3);
    script_body(s, 3, 3, true);
    script_step(s, 3, 3);
    script_syscall(s, 3, 3, true);
    tell_sweep(story);
}

// Requested, stopped, counted, the caller recorded, active, started.
static void tell_first_stop(struct story *story) {
    struct script *s = &story->script;
    uint32_t n = IS(COUNT_HIGH) ? 5 : IS(COUNT_LOW) ? 3 : 4;
    script_event(s, 0, TRACE_profile_request, 1, 1, 0, 10, 0);
    if (IS(COUNTED_EARLY))
        script_event(s, 0, TRACE_profile_counted, 1, 1, 0, n, 10);
    if (IS(ASKED_TWICE))
        script_event(s, 1, TRACE_stop_request, 2, 0, 0, TRACE_STOP_GC, 0);
    script_world_stop(s, 0, 1, TRACE_STOP_PROFILE);
    memcpy(story->seen, s->g, sizeof s->g);
    if (IS(RECORDED_EARLY))
        script_profile_record(s, 0, 1, 0);
    if (!IS(COUNTED_EARLY))
        script_event(s, 0, TRACE_profile_counted, 1, 1, 0, n, 10);
    if (!IS(RECORDED_EARLY) && !IS(CALLER_LATE))
        script_profile_record(s, 0, 1, 0);
    if (!IS(CALLER_LATE))
        script_state(s, 0, 1, TRACE_BY_SELF, TRACE_SATISFIED);
    if (IS(COUNTED_TWICE))
        script_event(s, 0, TRACE_profile_counted, 1, 1, 0, n, 10);
    if (IS(SATISFY_OTHER))
        script_state(s, 0, 2, TRACE_BY_SELF, TRACE_SATISFIED);
    if (IS(STEP_WHILE_STOPPED))
        script_step(s, 3, 3);
    if (IS(RUN_WHILE_STOPPED))
        script_run(s, 2, 5);
    script_event(s, 0, TRACE_gc, 1, 1, 0, 0, 0);
    if (IS(STOPPED_TWICE))
        script_event(s, 0, TRACE_world_stopped, 1, 0, 0, TRACE_STOP_GC, 0);
    if (IS(ACTIVE_RUNNING))
        script_world_start(s, 0, 1, TRACE_STOP_PROFILE);
    script_event(s, 0, TRACE_profile_active, 1, 1, 0, n, IS(SLOTS_LEFT));
    if (IS(WALK_STOPPED))
        script_record(s, 0, 2, TRACE_BY_WALKER, 1);
    if (!IS(ACTIVE_RUNNING))
        script_world_start(s, 0, IS(STARTED_BY_OTHER) ? 2 : 1, TRACE_STOP_PROFILE);
    if (IS(CALLER_LATE))
        script_profile_record(s, 0, 1, 0);
    if (IS(THREE_STOPS)) {
        script_world_stop(s, 0, 1, TRACE_STOP_OTHER);
        script_world_start(s, 0, 1, TRACE_STOP_OTHER);
    }
}

// The walker, main on thread 0, records 2 into slot 1.
static void tell_walker(struct story *story) {
    struct script *s = &story->script;
    script_event(s, 0, TRACE_observe, 2, TRACE_BY_WALKER, 0, TRACE_ABSENT, TRACE_ROLE_USER);
    if (IS(RUN_ABSENT)) {
        script_ready(s, 0, 2);
        script_run(s, 1, 2);
        return;
    }
    script_state(s, 0, 2, TRACE_BY_WALKER, TRACE_IN_PROGRESS);
    if (IS(ACQUIRE_TWICE))
        script_event(s, 2, TRACE_profile_state, 2, TRACE_BY_EXECUTE, 2, TRACE_ABSENT,
                     TRACE_IN_PROGRESS);
    if (IS(VERSION_TWICE))
        script_event(s, 2, TRACE_profile_state, 2, TRACE_BY_EXECUTE, 1, TRACE_IN_PROGRESS,
                     TRACE_SATISFIED);
    if (IS(RUN_IN_PROGRESS)) {
        script_ready(s, 0, 2);
        script_run(s, 1, 2);
    }
    if (IS(RECORDER_PREEMPTED)) {
        script_stop(s, 0, 1, TRACE_WAIT_PREEMPTED);
        script_run(s, 0, 1);
    }
    if (IS(SATISFIED_EARLY))
        script_state(s, 0, 2, TRACE_BY_WALKER, TRACE_SATISFIED);
    bool owned = !IS(READ_UNOWNED) && !IS(RUN_IN_PROGRESS);
    if (owned)
        script_status(s, 0, 2, TRACE_GWAITING | TRACE_GSCAN);
    for (int i = 0; i < (IS(RECORDER_BUSY) ? 4 : 1); i++)
        script_event(s, 0, TRACE_stack_read, 2, 1, 0, TRACE_GWAITING, 0);
    if (!IS(RECORD_LATE) && !IS(RECORD_NEVER))
        script_profile_record(s, 0, 2, 1);
    if (IS(TWO_RECORDS))
        script_profile_record(s, 0, 2, 2);
    if (owned)
        script_status(s, 0, 2, TRACE_GWAITING);
    if (!IS(SATISFIED_EARLY))
        script_state(s, IS(RECORDER_MOVED) ? 1 : 0, 2, TRACE_BY_WALKER, TRACE_SATISFIED);
    if (IS(RUN_BEFORE_STORE)) { // the store comes after the run
        struct trace_event store = s->events[--s->count];
        script_ready(s, 0, 2);
        script_run(s, 1, 2);
        s->events[s->count++] = store;
        script_stop(s, 1, 2, TRACE_WAIT_CHAN);
    }
    if (IS(RECORD_LATE) || IS(RECORD_AGAIN_LATE))
        script_profile_record(s, 0, 2, 1);
    if (IS(ACQUIRE_AGAIN))
        script_record(s, 0, 2, TRACE_BY_WALKER, 1);
    if (IS(SWEEP_EARLY))
        script_state(s, 0, 2, TRACE_BY_SWEEP, TRACE_ABSENT);
    script_event(s, 0, TRACE_observe, 2, TRACE_BY_WALKER, 0, TRACE_SATISFIED, TRACE_ROLE_USER);
}

// The finalizer goroutine is woken, checked in without a record, flips, runs a finalizer, flips
// back.
static void tell_finalizer(struct story *story) {
    struct script *s = &story->script;
    script_ready(s, 0, 4);
    if (IS(FINALIZER_LOST)) {
        script_record(s, 0, 4, TRACE_BY_WALKER, SCRIPT_NO_SLOT);
        return;
    }
    if (IS(FLIP_ABSENT)) { // nobody has seen it start
        script_event(s, 2, TRACE_role, 4, 0, 0, TRACE_ROLE_USER, 0);
        return;
    }
    if (!IS(RUN_SYSTEM_ABSENT))
        script_record(s, 2, 4, TRACE_BY_EXECUTE, IS(SYSTEM_RECORD) ? 2 : SCRIPT_NO_SLOT);
    script_run(s, 2, 4);
    if (!IS(FLIP_MISSING))
        script_role(s, 2, 4, TRACE_ROLE_USER);
    script_event(s, 2, TRACE_finalizer_run, 4, 1, 0, 0, 0);
    if (IS(FINALIZER_TWICE))
        script_event(s, 2, TRACE_finalizer_run, 4, 1, 0, 0, 0);
    if (!IS(BODY_LEFT_OUT))
        script_body(s, 2, 4, true);
    script_call(s, 2, 4, 6);
    script_step(s, 2, 4);
    if (IS(ACQUIRE_RUNNING))
        script_state(s, 0, 4, TRACE_BY_WALKER, TRACE_IN_PROGRESS);
    if (IS(READ_RUNNING))
        script_event(s, 0, TRACE_stack_read, 4, 1, 0, TRACE_GRUNNABLE, 0);
    script_event(s, IS(MOVED_RUNNING) ? 1 : 2, TRACE_stack_moved, 4, 0, 0,
                 IS(MOVED_TOO_FAR) ? 8 : 16, 9);
    if (IS(MOVED_IN_CALL)) {
        script_status(s, 1, 3, (enum trace_status)(TRACE_GSYSCALL | TRACE_GSCAN));
        script_event(s, 1, TRACE_stack_moved, 3, 0, 0, 8, 0);
    }
    if (IS(WRONG_THREAD))
        script_step(s, 1, 4);
    script_return(s, 2, 4);
    script_body(s, 2, 4, false);
    if (!IS(FLIP_BACK_MISSING))
        script_role(s, 2, 4, TRACE_ROLE_SYSTEM);
    script_stop(s, 2, 4, TRACE_WAIT_FINALIZER);
}

// 3 comes back from its system call into slot 2, 2 is woken and runs, 6 is born and runs.
static void tell_others(struct story *story) {
    struct script *s = &story->script;
    if (!IS(SYSCALL_ABSENT))
        script_record(s, 3, 3, TRACE_BY_SYSCALL_RETURN, 2);
    script_syscall(s, 3, 3, false);
    script_step(s, 3, 3);
    script_ready(s, 0, 2);
    script_event(s, 1, TRACE_observe, 2, TRACE_BY_EXECUTE, 0, TRACE_SATISFIED, TRACE_ROLE_USER);
    if (IS(TWO_ON_THREAD)) { // and leaves again
        script_run(s, 3, 2);
        script_stop(s, 3, 2, TRACE_WAIT_YIELD);
    }
    script_run(s, 1, 2);
    if (IS(TWO_THREADS)) { // and is back
        script_event(s, 2, TRACE_go_run, 2, 0, 0, 0, 0);
        script_event(s, 1, TRACE_go_run, 2, 0, 0, 0, 0);
    }
    script_step(s, 1, 2);
    script_event(s, 2, TRACE_suspend_ask, 2, 0, 0, 0, 0);
    script_event(s, 2, TRACE_suspend_asked, 2, 0, 0, 0, 0);
    for (int i = 0; i < (IS(SCAN_IGNORED) ? 2 : 1); i++)
        script_step(s, 1, 2);
    script_stop(s, 1, 2, TRACE_WAIT_PREEMPTED);
    script_run(s, 1, 2);
    script_label(s, 1, 2, 9);
    script_return(s, 1, 2);
    script_create(s, 1, 2, 6, IS(SERVICE_TWICE) ? TRACE_FINALIZER : TRACE_PLAN);
    script_event(s, 1, TRACE_observe, 6, TRACE_BY_CREATION, 0, TRACE_ABSENT, TRACE_ROLE_USER);
    if (!IS(NEWCOMER) && !IS(NEWCOMER_ACQUIRED))
        script_state(s, 1, 6, TRACE_BY_CREATION, TRACE_SATISFIED);
    script_status(s, 1, 6, TRACE_GRUNNABLE);
    if (IS(NEWCOMER) || IS(NEWCOMER_ACQUIRED))
        script_record(s, 2, 6, TRACE_BY_EXECUTE, IS(NEWCOMER) ? 3 : SCRIPT_NO_SLOT);
    script_run(s, 2, 6);
    script_body(s, 2, 6, true);
    if (IS(BORN_TWICE))
        script_state(s, 1, 6, TRACE_BY_CREATION, TRACE_SATISFIED);
    script_stop(s, 2, 6, TRACE_WAIT_YIELD);
    if (IS(RECORDER_STOPPED)) // acquired on thread 2, which comes no further
        script_state(s, 2, 5, TRACE_BY_EXECUTE, TRACE_IN_PROGRESS);
    if (IS(READ_SCANNED))
        script_status(s, 3, 5, TRACE_GRUNNABLE | TRACE_GSCAN);
    if (IS(SCANNED_READ)) {
        script_event(s, 0, TRACE_stack_read, 5, 1, 0, TRACE_GRUNNABLE, 0);
        script_status(s, 3, 5, TRACE_GRUNNABLE | TRACE_GSCAN);
        script_status(s, 3, 5, TRACE_GRUNNABLE);
    }
    if (!IS(RECORDER_STOPPED) && !IS(MISSING))
        script_record(s, 0, 5, TRACE_BY_WALKER, IS(OVERRUN) ? 10 : 3);
    if (IS(READ_SCANNED))
        script_status(s, 3, 5, TRACE_GRUNNABLE);
    if (IS(WRONG_PROGRESS))
        s->events[s->count - (s->raw ? 5 : 3)].a++;
    if (IS(WRONG_LABEL))
        s->events[s->count - (s->raw ? 5 : 3)].b++;
    script_stop(s, 3, 3, TRACE_WAIT_WORLD_SEMA);
}

// 2 still runs when the second stop is asked for, and makes a step before it gives way.
static void ask_for_second_stop(struct story *story) {
    struct script *s = &story->script;
    script_event(s, 0, TRACE_stop_request, 1, 0, 0, TRACE_STOP_PROFILE_CLEANUP, 0);
    script_event(s, 0, TRACE_stop_asked, 1, 0, 0, TRACE_STOP_PROFILE_CLEANUP, 0);
    for (int i = 0; i < (IS(STEPS_ON) ? 2 : 1); i++)
        script_step(s, 1, 2);
    if (IS(CALLS_ON)) {
        script_syscall(s, 1, 2, true);
        script_syscall(s, 1, 2, false);
    }
    script_stop(s, 1, 2, TRACE_WAIT_PREEMPTED);
    script_event(s, 0, TRACE_world_stopped, 1, 0, 0, TRACE_STOP_PROFILE_CLEANUP, 0);
}

static void tell_second_stop(struct story *story) {
    struct script *s = &story->script;
    if (INACTIVE_RUNNING != story->twist)
        ask_for_second_stop(story);
    else
        script_stop(s, 1, 2, TRACE_WAIT_PREEMPTED);
    script_event(s, 0, TRACE_profile_inactive, 1, 1, 0, 4, IS(SLOTS_TAKEN) ? 5 : 4);
    if (!IS(INACTIVE_RUNNING))
        script_world_start(s, 0, 1, TRACE_STOP_PROFILE_CLEANUP);
    if (IS(LATE_RECORD))
        script_profile_record(s, 0, 4, 4);
    if (IS(SECOND_PROFILE)) {
        script_stop(s, 0, 1, TRACE_WAIT_PREEMPTED);
        script_run(s, 1, 2);
        script_world_stop(s, 1, 2, TRACE_STOP_PROFILE);
        script_world_start(s, 1, 2, TRACE_STOP_PROFILE);
        script_stop(s, 1, 2, TRACE_WAIT_PREEMPTED);
        script_run(s, 0, 1);
    }
    for (uint32_t id = 1; id <= 6 && !IS(SWEEP_MISSING); id++)
        if (s->g[id].state != TRACE_ABSENT && (id != 3 || !IS(SWEEP_MISSES)))
            script_state(s, 0, id, TRACE_BY_SWEEP, TRACE_ABSENT);
    if (!IS(SWEEP_MISSING))
        script_event(s, 0, TRACE_profile_swept, 1, 1, 0, 0, 0);
    if (IS(LATE_ACQUIRE))
        script_state(s, 0, 2, TRACE_BY_WALKER, TRACE_IN_PROGRESS);
    script_event(s, 0, TRACE_profile_end, 1, 1, 0, 4, 1);
}

// The world goes to 3, which has waited for it since before the second stop.
static void tell_handoff(struct story *story) {
    struct script *s = &story->script;
    if (IS(HANDOFF_KEPT)) {
        script_world_stop(s, 0, 1, TRACE_STOP_GC);
        script_world_start(s, 0, 1, TRACE_STOP_GC);
    }
    script_ready(s, 0, 3);
    script_stop(s, 0, 1, TRACE_WAIT_PREEMPTED);
    script_run(s, 3, 3);
    script_world_stop(s, 3, 3, TRACE_STOP_GC);
    script_world_start(s, 3, 3, TRACE_STOP_GC);
    script_stop(s, 3, 3, TRACE_WAIT_PREEMPTED);
    script_run(s, 0, 1);
    script_step(s, 0, 1);
}

// How many slots would a profile take?
static void tell_query(struct story *story) {
    struct script *s = &story->script;
    if (IS(QUERY_STOPS)) {
        script_world_stop(s, 0, 1, TRACE_STOP_PROFILE_CLEANUP);
        script_world_start(s, 0, 1, TRACE_STOP_PROFILE_CLEANUP);
    }
    script_event(s, 0, TRACE_profile_result, 1, 0, IS(BUFFER_IGNORED) ? 3 : 0,
                 IS(QUERY_ZERO) ? 0 : 5, IS(QUERY_TRUE));
}

// What main finds in its buffer, and its next step.
static void tell_result(struct story *story) {
    struct script *s = &story->script;
    uint32_t order[] = {1, 2, 3, 5};
    struct script_g seen[SCRIPT_GOROUTINES];
    memcpy(seen, story->seen, sizeof seen);
    uint64_t touched = IS(TAIL_TOUCHED) ? 5 : IS(SLOT_UNWRITTEN) ? 3 : 4;
    if (IS(FIT_FALSE)) {
        script_event(s, 0, TRACE_profile_result, 1, 1, 9, 4, 0);
        return;
    }
    if (IS(CALLER_SECOND)) {
        order[0] = 2;
        order[1] = 1;
    }
    if (IS(NEWCOMER_RESULT))
        order[3] = 6;
    if (IS(MISSING_IN_RESULT))
        order[3] = 0;
    if (IS(WRONG_FRAME))
        seen[2].frames[0] = 9;
    if (IS(SHALLOW)) // the leaf is right
        seen[2].frames[0] = seen[2].frames[--seen[2].depth];
    if (IS(WRONG_PROGRESS_RESULT))
        seen[3].progress++;
    if (IS(CALLER_LABEL_LOST))
        seen[1].label = 0;
    script_event(s, 0, TRACE_profile_result, 1, 1, 9, IS(N_CHANGES) ? 5 : 4, touched << 1 | 1);
    for (uint32_t slot = 0; slot < (IS(RESULT_SHORT) ? 3 : 4); slot++)
        script_result_record(s, 0, order[slot], slot, &seen[order[slot]]);
    for (uint32_t at = s->count; IS(TAIL_DIRTY) && at-- > 0;)
        if (s->events[at].kind == TRACE_result_record && s->events[at].goroutine == 2)
            s->events[at].b |= UINT64_C(3) << 32;
    script_step(s, 0, 1);
}

// A buffer of two slots is too small for five goroutines.
static void tell_small(struct story *story) {
    struct script *s = &story->script;
    script_event(s, 0, TRACE_profile_request, 1, IS(NUMBER_SKIPPED) ? 3 : 2, 0, 2, 0);
    script_world_stop(s, 0, 1, TRACE_STOP_PROFILE);
    script_event(s, 0, TRACE_profile_counted, 1, 2, 0, 5, 2);
    script_world_start(s, 0, 1, TRACE_STOP_PROFILE);
    script_event(s, 0, TRACE_profile_end, 1, 2, 0, 5, 0);
    script_event(s, 0, TRACE_profile_result, 1, 2, 2, 5,
                 IS(SMALL_TOUCHED) ? 2
                 : IS(SMALL_TRUE)  ? 1
                                   : 0);
}

static void tell_end(struct story *story) {
    struct script *s = &story->script;
    if (IS(STATUS_SKIPS))
        script_event(s, 0, TRACE_status, 6, 0, s->g[6].status_version + 1, TRACE_GRUNNING,
                     TRACE_GRUNNABLE);
    if (IS(STATUS_VERSION_TWICE))
        script_event(s, 0, TRACE_status, 6, 0, s->g[6].status_version, TRACE_GRUNNING,
                     TRACE_GRUNNABLE);
    if (IS(LOCK_SHARED)) {
        script_run(s, 1, 3);
        script_stop(s, 1, 3, TRACE_WAIT_CHAN);
    }
    for (uint32_t id = 2; id <= 6; id++) {
        if (id == 4 || (id == 6 && IS(LEFT_RUNNABLE)))
            continue;
        script_run(s, IS(LOCK_MOVED) && id == 2 ? 2 : 1, id);
        if (id == 2)
            script_event(s, 1, TRACE_lock_thread, 2, 0, 0, 0, 0);
        script_body(s, 1, id, false);
        if (id == 6 && IS(ENDED_WAITING)) {
            script_event(s, 1, TRACE_go_exit, 6, 0, 0, TRACE_ROLE_USER, 0);
            script_status(s, 1, 6, TRACE_GWAITING);
            continue;
        }
        if (id == 6 && IS(MUTEX_LOST)) {
            story_tell_wait(story, 6, TRACE_WAIT_MUTEX, false);
            continue;
        }
        if ((id == 3 || id == 6) && IS(CHAN_LOST)) {
            story_tell_wait(story, id, TRACE_WAIT_CHAN, id == 6);
            continue;
        }
        if (id != 5) {
            script_exit(s, 1, id, TRACE_ROLE_USER);
            continue;
        }
        if (IS(IDLE_BESIDE_WORK)) { // 5 waits inside its cleanup, 8 for work, which is there
            script_stop(s, 1, 5, TRACE_WAIT_SLEEP);
            script_create(s, 1, 1, 8, TRACE_CLEANUP);
            script_status(s, 1, 8, TRACE_GRUNNABLE);
            script_run(s, 1, 8);
            script_stop(s, 1, 8, TRACE_WAIT_CLEANUP);
            script_event(s, 0, TRACE_cleanup_queued, 1, 2, 0, 0, 2);
            continue;
        }
        script_role(s, 1, 5, TRACE_ROLE_SYSTEM);
        if (IS(BLOCK_LEFT))
            script_event(s, 1, TRACE_cleanups_taken, 5, 0, 0, 1, 0);
        script_stop(s, 1, 5, TRACE_WAIT_CLEANUP);
    }
    if (IS(CLEANUP_LOST))
        script_event(s, 0, TRACE_cleanup_queued, 1, 2, 0, 0, 2);
    if (IS(FINALIZER_LOST)) { // it sleeps again without having looked
        script_run(s, 1, 4);
        script_stop(s, 1, 4, TRACE_WAIT_FINALIZER);
    }
    if (IS(FINALIZER_GONE)) {
        script_event(s, 0, TRACE_finalizer_set, 1, 1, 0, 0, 0);
        script_event(s, 0, TRACE_finalizer_queued, 1, 1, 0, 0, 0);
        script_ready(s, 0, 4);
        script_run(s, 1, 4);
        script_exit(s, 1, 4, TRACE_ROLE_USER);
    }
    script_return(s, 0, 1);
    script_body(s, 0, 1, false);
    script_exit(s, 0, 1, TRACE_ROLE_USER);
    script_event(s, 0, TRACE_run_end, 0, 0, 0, RUN_FINISHED, 0);
}

// Bend the seam's own record of the k-th raw write of goroutine 2's status.
static void bend_raw(struct story *story) {
    struct script *s = &story->script;
    uint32_t at = 0, left = 3;
    while (at < s->count && !(s->events[at].kind == TRACE_raw && s->events[at].goroutine == 2 &&
                              s->events[at].a == TRACE_RAW_STATUS && --left == 0))
        at++;
    ASSERT(at + 1 < s->count);
    if (IS(RAW_OTHER))
        s->events[at].b = TRACE_GDEAD;
    if (IS(RAW_SKIPS))
        s->events[at].version += 7;
    for (uint32_t i = at; i < s->count && IS(BOTH_SKIP); i++)
        if (s->events[i].goroutine == 2 &&
            (s->events[i].kind == TRACE_status ||
             (s->events[i].kind == TRACE_raw && s->events[i].a == TRACE_RAW_STATUS)))
            s->events[i].version += 3;
    if (IS(RAW_UNTOLD))
        s->events[at + 1].kind = TRACE_choose;
    if (IS(RAW_UNWRITTEN))
        s->events[at].kind = TRACE_choose;
}

void story_tell(struct story *story, enum twist twist, bool raw) {
    story->twist = twist;
    script_begin(&story->script, raw);
    tell_beginning(story);
    tell_first_stop(story);
    tell_walker(story);
    tell_finalizer(story);
    tell_others(story);
    tell_second_stop(story);
    tell_result(story);
    tell_handoff(story);
    tell_query(story);
    tell_small(story);
    story_tell_channel(story);
    story_tell_blocking(story);
    story_tell_leaks(story);
    story_tell_stacks(story);
    tell_end(story);
    if (raw && (twist == RAW_UNTOLD || twist == RAW_OTHER || twist == RAW_UNWRITTEN ||
                twist == RAW_SKIPS || twist == BOTH_SKIP))
        bend_raw(story);
}

// One story for the tests of the monitors, told straight or with one twist. Told straight, every
// promise holds, and each that events can decide is decided at least once. Each twist bends one
// place.
//
// Main (1) profiles. 2 waits on a channel, 3 is in a system call, 4 is the finalizer goroutine, 5 a
// cleanup goroutine in the middle of a cleanup, 6 is born while the profile is active. Afterwards
// main tries again with a buffer that is too small; 1 and 2 use a mutex, a semaphore, a wait group
// and a timer, and everybody ends.
#ifndef GPROOF_STORY_H
#define GPROOF_STORY_H

#include "script.h"

enum twist {
    STRAIGHT,
    RUN_ABSENT,        // 2 runs without a check-in
    RUN_IN_PROGRESS,   // 2 runs while its record is in progress
    RUN_SYSTEM_ABSENT, // 4 runs without a check-in: issue 74090
    FLIP_ABSENT,       // the same, seen at its flip only
    SYSCALL_ABSENT,    // 3 returns without a check-in
    RUN_BEFORE_STORE,  // 2 runs between the event of satisfied and its store
    ACQUIRE_TWICE,     // 2 is acquired by two recorders
    ACQUIRE_AGAIN,     // 2 is acquired after it was satisfied
    ACQUIRE_RUNNING,   // 4 is acquired while it runs
    SWEEP_EARLY,       // the sweep begins while the profile is active
    BORN_TWICE,        // 6 is marked again after it has run
    SATISFY_OTHER,     // 2 is satisfied in the first stop by the caller
    VERSION_TWICE,     // two edges of one state word with one version
    READ_RUNNING,      // the stack of 4 is read while it runs
    SATISFIED_EARLY,   // 2 is satisfied before its record
    RECORD_LATE,       // 2 gets its record after it was satisfied
    RECORD_AGAIN_LATE, // 2 gets another record after it was satisfied
    RECORD_NEVER,      // 2 is satisfied and never gets a record
    MISSING,           // 5 gets no record
    MISSING_IN_RESULT, // the caller's buffer has nothing in the place of 5
    TWO_RECORDS,       // 2 gets two records
    NEWCOMER,          // 6 is not marked and gets a record
    NEWCOMER_ACQUIRED, // 6 is not marked and is acquired, though there is no room for a record
    NEWCOMER_RESULT,   // the caller's buffer shows 6
    SYSTEM_RECORD,     // 4 gets a record though it was a system goroutine
    WRONG_FRAME,
    SHALLOW,
    WRONG_PROGRESS,
    WRONG_PROGRESS_RESULT,
    WRONG_LABEL,
    CALLER_LABEL_LOST,
    SLOTS_TAKEN,    // more slots than n
    SLOT_UNWRITTEN, // a slot below n is as it was
    RESULT_SHORT,   // fewer records than n
    N_CHANGES,      // the caller gets another n than the first stop fixed
    COUNT_HIGH,
    COUNT_LOW,
    SMALL_TOUCHED,
    SMALL_TRUE,
    FIT_FALSE,
    TAIL_TOUCHED,
    CALLER_SECOND,
    SWEEP_MISSES,
    SWEEP_MISSING,
    ACTIVE_RUNNING,
    INACTIVE_RUNNING,
    SECOND_PROFILE, // 2 begins a profile while 1's is under way
    COUNTED_TWICE,  // n is fixed twice in one stop
    LATE_RECORD,
    LATE_ACQUIRE,
    RECORDER_PREEMPTED,
    RECORDER_STOPPED,
    RECORDER_MOVED,
    STEP_WHILE_STOPPED,
    RUN_WHILE_STOPPED,
    RUNS_THROUGH_STOP,
    STOPPED_TWICE,
    STATUS_ILLEGAL,
    STATUS_SKIPS,
    STATUS_VERSION_TWICE,
    RAW_UNTOLD,
    RAW_OTHER,
    RAW_UNWRITTEN,
    RAW_SKIPS,
    BOTH_SKIP, // raw and told versions leave some out
    TWO_THREADS,
    TWO_ON_THREAD,
    WRONG_THREAD,
    FINALIZER_TWICE,
    CLEANUP_UNQUEUED,
    CLEANUP_QUEUED_TWICE,
    FINALIZER_LOST,
    CLEANUP_LOST,
    FINALIZER_GONE,
    SYSTEM_LABEL,
    COUNTED_EARLY,     // before the first stop
    RECORDED_EARLY,    // before n is fixed
    CALLER_LATE,       // recorded after the first stop
    OVERRUN,           // behind the end of the buffer
    WALK_STOPPED,      // 2 is recorded inside the first stop
    THREE_STOPS,       // for one profile
    QUERY_STOPS,       // a query for n stops the world
    QUERY_ZERO,        // it gives 0
    BUFFER_IGNORED,    // a buffer is taken for a query for n
    NUMBER_SKIPPED,    // the second profile is the third
    SERVICE_TWICE,     // 6 is a second finalizer goroutine
    FLIP_BACK_MISSING, // 4 waits for work as a user goroutine
    BODY_LEFT_OUT,     // 4 does not run the finalizer that it was to run
    QUERY_TRUE,        // it says that there was room
    FLIP_MISSING,      // 4 runs a finalizer as a system goroutine
    ASKED_TWICE,       // 2 asks for a stop while 1 does
    STARTED_BY_OTHER,
    STEPS_ON,        // 2 makes two steps after it was asked to give way
    CALLS_ON,        // it goes into a system call instead, and is back before the stop
    HANDOFF_KEPT,    // 1 stops the world again while 3 waits for that
    RECORDER_BUSY,   // the recorder of 2 does more than it has to
    LEFT_RUNNABLE,   // 6 never runs again
    ENDED_WAITING,   // 6 ends and its status stays
    MUTEX_TWICE,     // 2 locks a mutex that 1 holds
    SEMAPHORE_TWICE, // a count is taken twice
    TICKET_AGAIN,    // 2 is handed a semaphore and waits again
    GROUP_EARLY,     // 2 passes a wait group whose counter is 1
    TIMER_EARLY,
    TIMER_TWICE,
    TIMER_LOST,
    MUTEX_LOST,       // 6 waits for a mutex that nobody holds, and nothing moves any more
    CHAN_LOST,        // it waits to send, and 3 to receive
    TAIL_DIRTY,       // behind the frames of 2 lies something
    READ_SCANNED,     // 5 is read while somebody else has its scan bit
    SCANNED_READ,     // somebody takes the scan bit of 5 while it is read
    MOVED_RUNNING,    // the stack of 4 is moved by somebody else while it runs
    LEAK_WOKEN,       // 7 is made runnable after it was found leaked
    LEAK_LOST,        // a later search does not find it
    LEAKS_MANY,       // the search counts one more than it has found
    LEAK_UNSHOWN,     // a leak profile has one slot that nobody wrote
    LEAK_OTHER,       // it shows 2, which is not leaked
    SLOTS_LEFT,       // a profile begins with a slot taken
    STACKS_MANY,      // a dump of all stacks counts one too many
    STACKS_TWICE,     // it shows 2 twice
    STACKS_OTHER,     // it shows 4, a system goroutine
    STACKS_STATE,     // it shows 2, which waits, as runnable
    STACKS_LATE,      // its caller gets another state of 2 than it has told of
    STACKS_ORDER,     // it shows 3 before 2
    STACKS_BEHIND,    // it shows 2 before its caller
    STACKS_FREE,      // it shows 2, which is locked to its thread, as not locked
    STACKS_LOCKED,    // it shows 3 as locked to its thread
    STACKS_SENDS,     // it shows 2, which waits to receive, as who waits to send
    NUMBER_HIGH,      // NumGoroutine counts one too many
    ID_TWICE,         // another goroutine is created as 3
    QUERY_HIGH,       // a query for n counts 4 as well, which is a system goroutine
    MOVED_IN_CALL,    // the stack of 3 is moved while it is in a system call
    MOVED_TOO_FAR,    // the stack of 4 has no room for its frames any more
    LOCK_MOVED,       // 2 runs on another thread than the one that it is locked to
    LOCK_SHARED,      // 3 runs there before 2 has ended
    VALUE_OTHER,      // 2 receives another object than 1 has sent
    VALUE_TWICE,      // it receives it twice
    VALUE_LOST,       // it receives what nobody has sent
    CLOSED_EARLY,     // it is told that an open channel is closed
    CLOSED_FULL,      // it is told so of one in which something lies
    FREED_EARLY,      // the object whose finalizer 4 is to run is freed before
    DUE_UNQUEUED,     // it is swept, and that finalizer is not queued
    CLEANUP_UNSEEN,   // another one is swept, and nobody sees that it has a cleanup
    FINALIZER_UNSEEN, // or a finalizer
    BLOCK_LEFT,       // 5 takes cleanups before it has run those that it has
    IDLE_BESIDE_WORK, // a cleanup goroutine sleeps, though a cleanup is queued, and 5 waits in one
    SCAN_IGNORED,     // 2 makes two steps after a scanner has asked it to stop
    READ_UNOWNED,     // the stack of 2 is read, and nobody has its scan bit
    TWISTS
};

struct story {
    struct script script;
    enum twist twist;
    struct script_g seen[SCRIPT_GOROUTINES]; // at the first stop
};

// Tell it anew. raw = with the seam's own record, as in the virtual world.
void story_tell(struct story *story, enum twist twist, bool raw);

#endif

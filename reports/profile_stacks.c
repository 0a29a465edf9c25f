// debug=2: a dump of all stacks as its caller got it, a block a goroutine, in Go's layout
// (traceback.go goroutineheader, printcreatedby).
#include "profile_impl.h"

#include "path.h"

#include <inttypes.h>

enum {
    FRAMES_PER_EVENT = 16,
    FRAME_BITS = 4,
    STATE_WAIT = 8,
    STATE_LOCKED = 16,
    STATE_SENDS = 17,
    STATE_CREATOR = 24,
    MAIN = 1 // id of the first goroutine, in Go too
};

// A dump that fills its slots may be cut, as Go's text ends where its buffer does: whoever wants
// all of it asks again.
uint32_t profile_stacks_choose(const struct trace *trace, uint32_t event) {
    uint32_t number = 0, before = 0, whole = 0;
    for (uint32_t i = 0; i < trace->count; i++) {
        const struct trace_event *result = &trace->events[i];
        if (result->kind != TRACE_stacks_result)
            continue;
        number++;
        if (i <= event)
            before = number;
        if (whole == 0 && result->a < result->version)
            whole = number;
    }
    return before != 0 ? before : whole != 0 ? whole : number != 0;
}

// Go's words (runtime2.go waitReasonStrings); NULL for what is none of its reasons to wait.
static const char *wait_words(uint64_t wait, bool sends) {
    static const char *const words[TRACE_WAIT_COUNT] = {
        [TRACE_WAIT_PREEMPTED] = "preempted",
        [TRACE_WAIT_CHAN] = "chan receive",
        [TRACE_WAIT_COROUTINE] = "coroutine",
        [TRACE_WAIT_WORLD_SEMA] = "semacquire",
        [TRACE_WAIT_GC_SEMA] = "semacquire",
        [TRACE_WAIT_PROFILE_SEMA] = "semacquire",
        [TRACE_WAIT_FINALIZER] = "finalizer wait",
        [TRACE_WAIT_CLEANUP] = "cleanup wait",
        [TRACE_WAIT_SELECT] = "select",
        [TRACE_WAIT_MUTEX] = "sync.Mutex.Lock",
        [TRACE_WAIT_SEMAPHORE] = "semacquire",
        [TRACE_WAIT_GROUP] = "sync.WaitGroup.Wait",
        [TRACE_WAIT_SLEEP] = "sleep",
        [TRACE_WAIT_GC_CYCLE] = "wait for GC cycle",
        [TRACE_WAIT_MARK_WORKER] = "GC worker (idle)",
        [TRACE_WAIT_SWEEPER] = "GC sweep wait",
        [TRACE_WAIT_SCAVENGER] = "GC scavenge wait",
        [TRACE_WAIT_LEAK_LOCK] = "sync.Mutex.Lock", // pprof.go goroutineLeakProfileLock
    };
    if (wait == TRACE_WAIT_CHAN && sends)
        return "chan send";
    return wait < TRACE_WAIT_COUNT ? words[wait] : NULL;
}

// Our names of statuses are Go's (traceback.go gStatusStrings), but for this one.
static const char *status_words(uint64_t status) {
    return status == TRACE_GDEADEXTRA ? "waiting for cgo callback" : trace_status_name(status);
}

void profile_put_state(struct strbuf *out, uint64_t state) {
    uint64_t status = state & 0xff & ~(uint64_t)TRACE_GSCAN, wait = state >> STATE_WAIT & 0xff;
    bool waits = status == TRACE_GWAITING || status == TRACE_GLEAKED;
    const char *words = waits ? wait_words(wait, state >> STATE_SENDS & 1) : NULL;
    strbuf_puts(out, words != NULL ? words : status_words(status));
    if (status == TRACE_GLEAKED)
        strbuf_puts(out, " (leaked)");
    if (state & TRACE_GSCAN)
        strbuf_puts(out, " (scan)");
    if (state >> STATE_LOCKED & 1)
        strbuf_puts(out, ", locked to thread");
}

static void put_place(struct strbuf *out, const struct profile_function *function) {
    if (function == NULL || function->file == NULL)
        strbuf_puts(out, "\t??:0 +0x0\n");
    else
        strbuf_printf(out, "\t%s:%" PRIu32 " +0x0\n", function->file, function->line);
}

static void put_header(struct strbuf *out, const struct trace_event *record) {
    strbuf_printf(out, "goroutine %" PRIu32 " [", record->goroutine);
    profile_put_state(out, record->b >> 8);
    strbuf_puts(out, "]");
    if (record->a != 0)
        strbuf_printf(out, " {" PROFILE_LABEL_KEY ": %" PRIu32 "}", record->a);
    strbuf_puts(out, ":\n");
}

static const struct trace_event *creation_of(const struct trace *trace, uint32_t goroutine,
                                             const struct trace_event *before) {
    const struct trace_event *found = NULL;
    for (const struct trace_event *event = trace->events; event < before; event++)
        if (event->kind == TRACE_go_create && event->goroutine == goroutine)
            found = event;
    return found;
}

// What Go shows of the runtime: at the root of a service goroutine what it is, and who created
// anybody of the program, by name. Main has no creator, nor has a call from C; a timer is nobody.
static void put_root(struct strbuf *out, const struct trace *trace,
                     const struct trace_event *record) {
    uint32_t creator = (uint32_t)(record->b >> (8 + STATE_CREATOR));
    const struct trace_event *self = creation_of(trace, record->goroutine, record);
    uint32_t service = self != NULL ? self->a : TRACE_PLAN;
    if (service == TRACE_FINALIZER || service == TRACE_CLEANUP) {
        strbuf_puts(out, service == TRACE_FINALIZER ? "runtime.runFinalizers()\n"
                                                    : "runtime.runCleanups()\n");
    } else if (creator != 0) {
        const struct trace_event *by = creation_of(trace, creator, record);
        char path[PATH_TEXT_SIZE] = "??";
        if (by != NULL)
            path_format(by->b, path);
        strbuf_printf(out, "created by %s in goroutine %" PRIu32 "\n", path, creator);
    } else if (self != NULL && service == TRACE_PLAN && record->goroutine != MAIN) {
        strbuf_puts(out, "created by time.goFunc\n");
    } else {
        return;
    }
    put_place(out, NULL);
}

static void put_frames(struct strbuf *out, const struct trace_event *event, uint32_t *left,
                       const struct profile_program *program) {
    for (uint32_t i = 0; i<FRAMES_PER_EVENT && * left> 0; i++, --*left) {
        uint32_t id = event->b >> (FRAME_BITS * i) & ((1u << FRAME_BITS) - 1);
        const struct profile_function *function =
            id < program->functions_count ? &program->functions[id] : NULL;
        strbuf_printf(out, "%s(...)\n", function != NULL ? function->name : "unknown");
        put_place(out, function);
    }
}

// The caller tells what it got on one thread, right after the dump has returned.
static void put_records(struct strbuf *out, const struct trace *trace, uint32_t at,
                        const struct profile_program *program) {
    const struct trace_event *record = NULL;
    uint32_t left = 0;
    for (uint32_t i = at + 1; i < trace->count; i++) {
        const struct trace_event *event = &trace->events[i];
        if (event->thread != trace->events[at].thread || event->kind == TRACE_preempt ||
            event->kind == TRACE_choose)
            continue;
        if (event->kind == TRACE_result_frames && record != NULL) {
            put_frames(out, event, &left, program);
            continue;
        }
        if (event->kind != TRACE_stacks_record)
            break;
        if (record != NULL) {
            put_root(out, trace, record);
            strbuf_puts(out, "\n");
        }
        record = event;
        left = event->b & 0xff;
        put_header(out, record);
    }
    if (record != NULL)
        put_root(out, trace, record);
}

bool profile_stacks_text(struct strbuf *out, const struct trace *trace, uint32_t number,
                         const struct profile_program *program) {
    for (uint32_t i = 0; number != 0 && i < trace->count; i++) {
        if (trace->events[i].kind != TRACE_stacks_result || --number != 0)
            continue;
        put_records(out, trace, i, program);
        return true;
    }
    return false;
}

// A run in the trace event format that Perfetto and about:tracing open: tracks for threads and for
// goroutines, one for the world, an instant for each event. A microsecond stands for an event.
#include "report.h"

#include "cast.h"
#include "json.h"
#include "rows.h"
#include "timeline.h"
#include "why.h"

#include <inttypes.h>

enum process { THREADS = 1, GOROUTINES, WORLD };
enum { TRACKS_EACH = 4 }; // of a goroutine: status, role, profile state
enum world_track { TRACK_WANTED, TRACK_STOPPED, TRACK_PROFILE };

// What every entry begins with. The object stays open.
static void begin(struct json *json, const char *phase, const char *name, enum process process,
                  uint64_t track) {
    json_object(json, NULL);
    json_string(json, "ph", phase);
    json_string(json, "name", name);
    json_uint(json, "pid", (uint64_t)process);
    json_uint(json, "tid", track);
}

static void put_name(struct json *json, const char *what, enum process process, uint64_t track,
                     const char *name) {
    begin(json, "M", what, process, track);
    json_object(json, "args");
    json_string(json, "name", name);
    json_end_object(json);
    json_end_object(json);
}

static void put_names(struct json *json, const struct timeline *timeline, const struct cast *cast) {
    static const char *const tracks[] = {"status", "role", "profile state"};
    struct strbuf name = {0};
    put_name(json, "process_name", THREADS, 0, "threads");
    put_name(json, "process_name", GOROUTINES, 0, "goroutines");
    put_name(json, "process_name", WORLD, 0, "world");
    put_name(json, "thread_name", WORLD, TRACK_WANTED, "stop asked for");
    put_name(json, "thread_name", WORLD, TRACK_STOPPED, "stopped");
    put_name(json, "thread_name", WORLD, TRACK_PROFILE, "profile active");
    for (uint32_t thread = 0; thread < timeline->threads; thread++) {
        strbuf_clear(&name);
        strbuf_printf(&name, "M%" PRIu32, thread);
        put_name(json, "thread_name", THREADS, thread, name.text);
    }
    for (uint32_t id = 1; id < timeline->goroutines; id++) {
        if (!cast_goroutine(cast, id)->created)
            continue;
        for (uint32_t i = 0; i < sizeof tracks / sizeof tracks[0]; i++) {
            strbuf_clear(&name);
            cast_name(cast, id, &name);
            strbuf_printf(&name, " %s", tracks[i]);
            put_name(json, "thread_name", GOROUTINES, (uint64_t)id * TRACKS_EACH + i, name.text);
        }
    }
    strbuf_fini(&name);
}

static void put_span(struct json *json, const struct cast *cast, const struct timeline_span *span) {
    struct strbuf name = {0};
    uint64_t goroutine = (uint64_t)span->lane * TRACKS_EACH;
    switch (span->kind) {
    case TIMELINE_ON_THREAD:
        cast_name(cast, span->value, &name);
        begin(json, "X", name.text, THREADS, span->lane);
        break;
    case TIMELINE_STATUS:
        begin(json, "X", trace_status_name(span->value), GOROUTINES, goroutine);
        break;
    case TIMELINE_ROLE:
        begin(json, "X", trace_role_name(span->value), GOROUTINES, goroutine + 1);
        break;
    case TIMELINE_STATE:
        begin(json, "X", trace_state_name(span->value), GOROUTINES, goroutine + 2);
        break;
    case TIMELINE_PROFILE:
        strbuf_printf(&name, "profile %" PRIu32, span->value);
        begin(json, "X", name.text, WORLD, TRACK_PROFILE);
        break;
    default:
        begin(json, "X", trace_stop_reason_name(span->value), WORLD,
              span->kind == TIMELINE_WANTED ? TRACK_WANTED : TRACK_STOPPED);
        break;
    }
    json_uint(json, "ts", span->from);
    json_uint(json, "dur", span->to - span->from);
    json_end_object(json);
    strbuf_fini(&name);
}

static void put_instant(struct json *json, const char *name, uint32_t event, uint32_t thread,
                        const char *scope, const char *words) {
    begin(json, "i", name, THREADS, thread);
    json_uint(json, "ts", event);
    json_string(json, "s", scope);
    json_object(json, "args");
    json_uint(json, "event", event);
    json_string(json, "what", words);
    json_end_object(json);
    json_end_object(json);
}

static void put_events(struct json *json, const struct report_run *run) {
    struct cast cast;
    struct strbuf words = {0};
    cast_init(&cast, run->trace, run->workload);
    for (uint32_t i = 0; i < run->trace->count; i++) {
        const struct trace_event *event = &run->trace->events[i];
        strbuf_clear(&words);
        if (event->goroutine != 0) {
            cast_name(&cast, event->goroutine, &words);
            strbuf_puts(&words, ": ");
        }
        rows_phrase(&cast, event, true, &words);
        bool known = event->kind < TRACE_KIND_COUNT;
        bool preemption = event->kind == TRACE_preempt && event->b != 0;
        put_instant(json,
                    preemption ? "PREEMPTION"
                    : known    ? trace_kind_info(event->kind)->name
                               : "unknown",
                    i, event->thread, "t", words.text);
        cast_apply(&cast, event);
    }
    cast_fini(&cast);
    strbuf_fini(&words);
}

static void put_violations(struct json *json, const struct report_run *run) {
    struct strbuf words = {0};
    for (uint32_t i = 0; i < run->verdict->count; i++) {
        const struct violation *violation = &run->verdict->violations[i];
        uint32_t thread =
            violation->event < run->trace->count ? run->trace->events[violation->event].thread : 0;
        strbuf_clear(&words);
        why_reason(&words, run->trace, run->workload, violation);
        put_instant(json, invariant_info(violation->invariant)->id, violation->event, thread, "g",
                    words.text);
    }
    strbuf_fini(&words);
}

void report_perfetto(struct strbuf *out, const struct report_run *run) {
    struct timeline timeline;
    struct cast cast; // all of the run has happened
    struct json json;
    timeline_init(&timeline, run->trace);
    cast_init(&cast, run->trace, run->workload);
    for (uint32_t i = 0; i < run->trace->count; i++)
        cast_apply(&cast, &run->trace->events[i]);
    json_init(&json, out);
    json_object(&json, NULL);
    json_array(&json, "traceEvents");
    put_names(&json, &timeline, &cast);
    for (uint32_t i = 0; i < timeline.spans_count; i++)
        put_span(&json, &cast, &timeline.spans[i]);
    put_events(&json, run);
    put_violations(&json, run);
    json_end_array(&json);
    json_end_object(&json);
    cast_fini(&cast);
    timeline_fini(&timeline);
}

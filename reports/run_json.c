// A run as one JSON object: verdict, how it came about, and every profile as its caller got it.
#include "report.h"

#include "json.h"
#include "why.h"

#include <inttypes.h>
#include <stdio.h>

static void put_hex(struct json *json, const char *key, uint64_t value) {
    char text[20];
    snprintf(text, sizeof text, "%016" PRIx64, value);
    json_string(json, key, text);
}

static void put_violations(struct json *json, const struct verdict *verdict) {
    json_array(json, "violations");
    for (uint32_t i = 0; i < verdict->count; i++) {
        const struct violation *violation = &verdict->violations[i];
        const struct invariant_info *info = invariant_info(violation->invariant);
        json_object(json, NULL);
        json_string(json, "invariant", info->id);
        json_string(json, "promise", info->sentence);
        json_string(json, "source", info->source);
        json_string(json, "reason", violation->reason);
        put_hex(json, "signature", violation->signature);
        json_uint(json, "event", violation->event);
        json_uint(json, "goroutine", violation->goroutine);
        json_end_object(json);
    }
    json_end_array(json);
}

static void put_facts(struct json *json, const struct report_run *run) {
    json_array(json, "facts");
    if (run->verdict->count != 0) {
        struct why why;
        why_collect(&why, run->trace, run->workload, &run->verdict->violations[0]);
        for (uint32_t i = 0; i < why.count; i++) {
            json_object(json, NULL);
            json_uint(json, "event", why.facts[i].event);
            json_string(json, "fact", why.facts[i].sentence.text);
            json_end_object(json);
        }
        why_fini(&why);
    }
    json_end_array(json);
}

static void put_record(struct json *json, const struct profile *profile,
                       const struct profile_program *program, const struct profile_record *record) {
    json_object(json, NULL);
    json_uint(json, "goroutine", record->goroutine);
    json_uint(json, "label", record->label);
    json_array(json, "stack");
    for (uint32_t i = 0; i < record->depth; i++) {
        uint8_t id = profile->frames[record->first + i];
        json_string(json, NULL, id < program->functions_count ? program->functions[id].name : NULL);
    }
    json_end_array(json);
    json_end_object(json);
}

static void put_profiles(struct json *json, const struct trace *trace,
                         const struct profile_program *program) {
    json_array(json, "profiles");
    for (uint32_t i = 0; i < trace->count; i++) {
        struct profile profile;
        if (!profile_came_back(&trace->events[i]) ||
            !profile_read(&profile, trace, trace->events[i].object))
            continue;
        json_object(json, NULL);
        json_uint(json, "profile", profile.number);
        json_uint(json, "event", profile.event);
        json_uint(json, "caller", profile.goroutine);
        json_uint(json, "n", profile.n);
        json_bool(json, "ok", profile.ok);
        json_array(json, "records");
        for (uint32_t k = 0; k < profile.count; k++)
            put_record(json, &profile, program, &profile.records[k]);
        json_end_array(json);
        json_end_object(json);
        profile_fini(&profile);
    }
    json_end_array(json);
}

void report_json(struct strbuf *out, const struct report_run *run,
                 const struct profile_program *program) {
    struct json json;
    json_init(&json, out);
    json_object(&json, NULL);
    json_string(&json, "verdict", verdict_kind_name(run->verdict->kind));
    json_string(&json, "world", run->world);
    json_string(&json, "end", run_end_name(run->verdict->end));
    json_uint(&json, "events", run->trace->count);
    put_hex(&json, "trace_hash", run->hash);
    json_string(&json, "replay", run->replay);
    put_violations(&json, run->verdict);
    put_facts(&json, run);
    put_profiles(&json, run->trace, program);
    json_string(&json, "dump", run->dump);
    json_end_object(&json);
}

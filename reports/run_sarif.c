// A run as SARIF 2.1.0, for code hosts and editors: a rule for every promise, a result for every
// broken one, with the facts that led to it as a code flow.
#include "report.h"

#include "json.h"
#include "why.h"

#include <inttypes.h>
#include <stdio.h>

static void put_message(struct json *json, const char *key, const char *text) {
    json_object(json, key);
    json_string(json, "text", text);
    json_end_object(json);
}

static void put_driver(struct json *json) {
    json_object(json, "tool");
    json_object(json, "driver");
    json_string(json, "name", "gproof");
    json_array(json, "rules");
    for (int i = 0; i < INVARIANT_COUNT; i++) {
        const struct invariant_info *info = invariant_info((enum invariant)i);
        json_object(json, NULL);
        json_string(json, "id", info->id);
        put_message(json, "shortDescription", info->sentence);
        put_message(json, "help", info->source);
        json_end_object(json);
    }
    json_end_array(json);
    json_end_object(json);
    json_end_object(json);
}

// Where: the workload that breaks it, as the whole it is.
static void put_place(struct json *json, const char *file, const char *message) {
    json_object(json, "physicalLocation");
    json_object(json, "artifactLocation");
    json_string(json, "uri", file);
    json_end_object(json);
    json_end_object(json);
    if (message != NULL)
        put_message(json, "message", message);
}

static void put_step(struct json *json, const char *file, const char *message) {
    json_object(json, NULL);
    json_object(json, "location");
    put_place(json, file, message);
    json_end_object(json);
    json_end_object(json);
}

static void put_flow(struct json *json, const struct report_run *run, const char *file,
                     const struct violation *violation) {
    struct why why;
    struct strbuf text = {0};
    why_collect(&why, run->trace, run->workload, violation);
    json_array(json, "codeFlows");
    json_object(json, NULL);
    json_array(json, "threadFlows");
    json_object(json, NULL);
    json_array(json, "locations");
    for (uint32_t i = 0; i < why.count; i++) {
        strbuf_clear(&text);
        strbuf_printf(&text, "event %" PRIu32 ": %s", why.facts[i].event,
                      why.facts[i].sentence.text);
        put_step(json, file, text.text);
    }
    strbuf_clear(&text);
    strbuf_printf(&text, "event %" PRIu32 ": here %s is broken", violation->event,
                  invariant_info(violation->invariant)->id);
    put_step(json, file, text.text);
    json_end_array(json);
    json_end_object(json);
    json_end_array(json);
    json_end_object(json);
    json_end_array(json);
    strbuf_fini(&text);
    why_fini(&why);
}

static void put_result(struct json *json, const struct report_run *run, const char *file,
                       const struct violation *violation) {
    struct strbuf text = {0};
    char signature[20];
    why_reason(&text, run->trace, run->workload, violation);
    snprintf(signature, sizeof signature, "%016" PRIx64, violation->signature);
    json_object(json, NULL);
    json_string(json, "ruleId", invariant_info(violation->invariant)->id);
    json_uint(json, "ruleIndex", (uint64_t)violation->invariant);
    json_string(json, "level", "error");
    put_message(json, "message", text.text);
    json_array(json, "locations");
    json_object(json, NULL);
    put_place(json, file, NULL);
    json_end_object(json);
    json_end_array(json);
    json_object(json, "partialFingerprints");
    json_string(json, "signature/v1", signature);
    json_end_object(json);
    put_flow(json, run, file, violation);
    json_end_object(json);
    strbuf_fini(&text);
}

void report_sarif(struct strbuf *out, const struct report_run *run, const char *file) {
    struct json json;
    json_init(&json, out);
    json_object(&json, NULL);
    json_string(&json, "version", "2.1.0");
    json_array(&json, "runs");
    json_object(&json, NULL);
    put_driver(&json);
    json_array(&json, "invocations");
    json_object(&json, NULL);
    json_string(&json, "commandLine", run->replay != NULL ? run->replay : "");
    json_bool(&json, "executionSuccessful", true);
    json_end_object(&json);
    json_end_array(&json);
    json_array(&json, "results");
    for (uint32_t i = 0; i < run->verdict->count; i++)
        put_result(&json, run, file, &run->verdict->violations[i]);
    json_end_array(&json);
    json_end_object(&json);
    json_end_array(&json);
    json_end_object(&json);
}

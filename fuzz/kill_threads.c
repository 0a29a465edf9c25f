#include "kill_impl.h"

#include "json_find.h"
#include "options.h"
#include "process.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    LOG_MAX = 1 << 20,
    GRACE_SECONDS = 120, // beyond the budget: canaries, a last run that its watchdog has to end
};

// Add the runs that broke each promise. A finding whose promise no verdict listed (a crash) counts
// by its own hits.
static void add_broken(const char *object, struct matrix_row *row) {
    uint64_t broken[INVARIANT_COUNT] = {0};
    const char *item;
    char id[64];
    double runs;
    for (size_t i = 0; (item = json_find_item(object, "promises", i)) != NULL; i++)
        if (json_find_string(item, "id", id, sizeof id) && invariant_parse(id) != INVARIANT_COUNT &&
            json_find_number(item, "broken", &runs))
            broken[invariant_parse(id)] = (uint64_t)runs;
    for (size_t i = 0; (item = json_find_item(object, "findings", i)) != NULL; i++)
        if (json_find_string(item, "invariant", id, sizeof id) &&
            invariant_parse(id) != INVARIANT_COUNT && broken[invariant_parse(id)] == 0 &&
            json_find_number(item, "hits", &runs))
            broken[invariant_parse(id)] = (uint64_t)runs;
    for (int i = 0; i < INVARIANT_COUNT; i++)
        row->broken[i] += broken[i];
}

// What caught it: the promise that it must break, with which the driver has stopped; failing that,
// the first finding.
static struct kill_sample sample_of(const char *object, bool expected_broken,
                                    enum invariant expected) {
    struct kill_sample sample = {.by = INVARIANT_COUNT};
    double executions = 0, seconds = 0;
    json_find_number(object, "executions", &executions);
    json_find_number(object, "seconds", &seconds);
    const char *finding = json_find_item(object, "findings", 0);
    char id[64];
    if (expected_broken) {
        sample.by = expected;
    } else if (finding != NULL && json_find_string(finding, "invariant", id, sizeof id)) {
        sample.by = invariant_parse(id);
        json_find_number(finding, "executions", &executions);
        json_find_number(finding, "seconds", &seconds);
    }
    sample.killed = sample.by != INVARIANT_COUNT;
    sample.executions = (uint64_t)executions;
    sample.seconds = seconds;
    return sample;
}

// What the driver printed: one object behind its messages.
static int read_object(const char *object, struct matrix_row *row, struct kill_sample *sample) {
    uint64_t before = row->broken[row->expected];
    double runs = 0;
    add_broken(object, row);
    json_find_number(object, "executions", &runs);
    row->tried += (uint64_t)runs;
    *sample = sample_of(object, row->broken[row->expected] != before, row->expected);
    return VERB_NOTHING_FOUND;
}

int kill_on_threads(const struct kill_config *config, uint64_t seed, struct matrix_row *row,
                    struct kill_sample *sample) {
    char file[PATH_MAX], seconds[32], number[24];
    struct strbuf out = {0}, log = {0}, said = {0};
    option_beside("gproof-stress", file);
    snprintf(seconds, sizeof seconds, "%.0fms", 1000 * config->seconds);
    snprintf(number, sizeof number, "%llu", (unsigned long long)seed);
    strbuf_printf(&out, "%s/%s", config->out, row->id);
    strbuf_printf(&log, "%s/%s.log", config->out, row->id);
    const char *const arguments[] = {file,
                                     "--mutant",
                                     row->id,
                                     "--until",
                                     invariant_info(row->expected)->id,
                                     "--noise",
                                     option_noise_name(config->noise),
                                     "--seed",
                                     number,
                                     "--time",
                                     seconds,
                                     "--out",
                                     out.text,
                                     "--json",
                                     "--no-pursuit",
                                     NULL};
    const struct process_config process = {.arguments = (char *const *)arguments,
                                           .log = log.text,
                                           .seconds = config->seconds + GRACE_SECONDS};
    struct process_end end = {0};
    int code = VERB_ENVIRONMENT;
    const char *object = NULL;
    if (folder_create(config->out) == 0 && process_run(&process, &end) &&
        file_read(log.text, LOG_MAX, &said) == 0)
        object = strstr(said.text, "{\n");
    if (end.kind == PROCESS_EXITED && end.code <= VERB_VIOLATION && object != NULL)
        code = read_object(object, row, sample);
    else if (end.kind == PROCESS_EXITED && end.code == VERB_BLIND)
        code = VERB_BLIND;
    if (code != VERB_NOTHING_FOUND)
        fprintf(stderr, "%s: %s failed; see %s\n", row->id, file, log.text);
    strbuf_fini(&out);
    strbuf_fini(&log);
    strbuf_fini(&said);
    return code;
}

#include "against.h"

#include "campaign.h"
#include "json_find.h"
#include "options.h"
#include "process.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const side_names[SIDE_COUNT] = {"here", "there"};

enum { JSON_MAX = 16 << 20, GRACE_SECONDS = 300, REPLAY_SECONDS = 60 };

bool against_is_apart(const struct against_workload *workload) {
    return strcmp(workload->by[SIDE_HERE].verdict, workload->by[SIDE_THERE].verdict) != 0 ||
           strcmp(workload->by[SIDE_HERE].invariant, workload->by[SIDE_THERE].invariant) != 0;
}

void against_fini(struct against *against) {
    free(against->workloads);
    *against = (struct against){0};
}

// ---- hunts --------------------------------------------------------------------------------------

static void put_folder(const struct against *against, enum side side, struct strbuf *out) {
    strbuf_printf(out, "%s/%s", against->config.out, side_names[side]);
}

// The tool's own exit code tells whether there is an answer to read.
static int hunt(struct against *against, enum side side) {
    const struct against_config *config = &against->config;
    struct strbuf tool = {0}, out = {0}, log = {0}, json = {0}, text = {0};
    char seed[24], time[32], workers[24], findings[24];
    strbuf_printf(&tool, "%s/gproof-fuzz-virtual", against->bin[side]);
    put_folder(against, side, &out);
    strbuf_printf(&log, "%s.log", out.text);
    strbuf_printf(&json, "%s.json", out.text);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)config->seed);
    snprintf(time, sizeof time, "%.3fs", config->seconds);
    snprintf(workers, sizeof workers, "%llu", (unsigned long long)config->workers);
    snprintf(findings, sizeof findings, "%llu", (unsigned long long)config->findings);
    campaign_remove(out.text);
    char *arguments[] = {"sh",
                         "-c",
                         "json=$1 && shift && exec \"$@\" >\"$json\"",
                         "sh",
                         json.text,
                         tool.text,
                         "hunt",
                         "--engine",
                         "loop",
                         "--engine-dir",
                         against->bin[side],
                         "--no-canary",
                         "--seed",
                         seed,
                         "--time",
                         time,
                         "--workers",
                         workers,
                         "--findings",
                         findings,
                         "--out",
                         out.text,
                         "--json",
                         NULL};
    fprintf(stderr, "hunting %s for %g s\n", side == SIDE_HERE ? "this tree" : config->revision,
            config->seconds);
    struct process_config process = {
        .arguments = arguments, .log = log.text, .seconds = config->seconds + GRACE_SECONDS};
    struct process_end end;
    int code = VERB_ENVIRONMENT;
    if (process_run(&process, &end) && end.kind == PROCESS_EXITED)
        code = end.code;
    if (code <= VERB_VIOLATION &&
        (file_read(json.text, JSON_MAX, &text) != 0 ||
         !json_find_number(text.text, "executions", &against->executions[side]) ||
         !json_find_number(text.text, "seconds", &against->hunted_seconds[side])))
        code = VERB_ENVIRONMENT;
    if (code > VERB_VIOLATION)
        fprintf(stderr, "the hunt failed (%d); see %s\n", code, log.text);
    strbuf_fini(&tool);
    strbuf_fini(&out);
    strbuf_fini(&log);
    strbuf_fini(&json);
    strbuf_fini(&text);
    return code;
}

// ---- replays ------------------------------------------------------------------------------------

static void replay(const struct against *against, enum side side, const char *file,
                   struct against_verdict *verdict) {
    struct strbuf tool = {0}, json = {0}, text = {0};
    strbuf_printf(&tool, "%s/gproof-fuzz-virtual", against->bin[side]);
    strbuf_printf(&json, "%s/replay.json", against->config.out);
    char *arguments[] = {"sh",      "-c",      "\"$1\" replay --json \"$2\" 2>&1 >\"$3\"",
                         "sh",      tool.text, (char *)file,
                         json.text, NULL};
    struct process_config process = {.arguments = arguments, .seconds = REPLAY_SECONDS};
    struct process_end end;
    *verdict = (struct against_verdict){.verdict = "not understood"};
    if (process_run(&process, &end) && end.kind == PROCESS_EXITED && end.code <= VERB_VIOLATION &&
        file_read(json.text, JSON_MAX, &text) == 0) {
        json_find_string(text.text, "verdict", verdict->verdict, sizeof verdict->verdict);
        json_find_string(text.text, "invariant", verdict->invariant, sizeof verdict->invariant);
        json_find_string(text.text, "trace_hash", verdict->trace_hash, sizeof verdict->trace_hash);
    }
    strbuf_fini(&tool);
    strbuf_fini(&json);
    strbuf_fini(&text);
}

static struct against_workload *next(struct against *against) {
    if (against->count == against->capacity) {
        against->capacity = against->capacity == 0 ? 16 : 2 * against->capacity;
        against->workloads =
            realloc(against->workloads, against->capacity * sizeof against->workloads[0]);
        if (against->workloads == NULL) {
            perror("hunt");
            abort();
        }
    }
    struct against_workload *workload = &against->workloads[against->count];
    *workload = (struct against_workload){.finding = false};
    return workload;
}

static bool compare(struct against *against, struct against_workload *workload) {
    for (int i = 0; i < SIDE_COUNT; i++)
        replay(against, (enum side)i, workload->file, &workload->by[i]);
    against->compared++;
    against->other_traces +=
        strcmp(workload->by[SIDE_HERE].trace_hash, workload->by[SIDE_THERE].trace_hash) != 0;
    return against_is_apart(workload);
}

static int is_visible(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

// Call `take` for each entry of a side's folder, in the order of the names, until it says no.
static void each(struct against *against, enum side side, const char *name,
                 bool (*take)(struct against *against, enum side side, const char *entry)) {
    struct strbuf folder = {0}, entry = {0};
    put_folder(against, side, &folder);
    strbuf_printf(&folder, "/%s", name);
    struct dirent **entries;
    int count = scandir(folder.text, &entries, is_visible, alphasort);
    bool more = true;
    for (int i = 0; i < count; i++) {
        strbuf_clear(&entry);
        strbuf_printf(&entry, "%s/%s", folder.text, entries[i]->d_name);
        more = more && take(against, side, entry.text);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    strbuf_fini(&folder);
    strbuf_fini(&entry);
}

static bool take_finding(struct against *against, enum side side, const char *folder) {
    struct against_workload *workload = next(against);
    struct strbuf name = {0}, text = {0};
    strbuf_printf(&name, "%s/finding.json", folder);
    bool ok = file_read(name.text, JSON_MAX, &text) == 0 &&
              json_find_string(text.text, "invariant", workload->invariant, AGAINST_NAME_MAX) &&
              json_find_number(text.text, "executions", &workload->executions) &&
              json_find_number(text.text, "seconds", &workload->seconds);
    if (ok) {
        workload->from = side;
        workload->finding = true;
        snprintf(workload->file, sizeof workload->file, "%.4000s/input.txt", folder);
        compare(against, workload);
        against->count++;
    }
    strbuf_fini(&name);
    strbuf_fini(&text);
    return true;
}

static bool take_kept(struct against *against, enum side side, const char *file) {
    struct against_workload *workload = next(against);
    workload->from = side;
    snprintf(workload->file, sizeof workload->file, "%s", file);
    against->count += compare(against, workload);
    return clock_ns() < against->until_ns;
}

int against_run(struct against *against) {
    int error = folder_create(against->config.out);
    if (error != 0) {
        fprintf(stderr, "%s: %s\n", against->config.out, strerror(error));
        return VERB_ENVIRONMENT;
    }
    for (int i = 0; i < SIDE_COUNT; i++) {
        int code = hunt(against, (enum side)i);
        if (code > VERB_VIOLATION)
            return code;
    }
    for (int i = 0; i < SIDE_COUNT; i++)
        each(against, (enum side)i, "findings", take_finding);
    for (int i = 0; i < SIDE_COUNT; i++) {
        against->until_ns = clock_ns() + (uint64_t)(against->config.seconds / SIDE_COUNT * 1e9);
        each(against, (enum side)i, "corpus", take_kept);
    }
    return against->count != 0 ? VERB_VIOLATION : VERB_NOTHING_FOUND;
}

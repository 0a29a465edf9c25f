#include "campaign_files.h"

#include "campaign_page.h"
#include "campaign_report.h"
#include "json_find.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { JSON_MAX = 4 << 20, TEXT_MAX = 4 << 20, WORDS_MAX = 1024, SIGNATURE_MAX = 32 };

// A finding as its folder tells it. Owned.
struct told_finding {
    char invariant[64], signature[SIGNATURE_MAX], reason[WORDS_MAX], replay[FINDING_PATH_MAX];
    struct strbuf story, page;
};

struct told_campaign {
    struct campaign_page page;
    char end[WORDS_MAX], why[WORDS_MAX], world[16], engine[64], subject[WORDS_MAX],
        canaries[WORDS_MAX];
    struct told_finding findings[CAMPAIGN_FINDINGS_MAX];
    struct campaign_page_finding shown[CAMPAIGN_FINDINGS_MAX];
};

static bool is_there(const char *folder, const char *file) {
    struct strbuf name = {0};
    strbuf_printf(&name, "%s/%s", folder, file);
    bool there = access(name.text, R_OK) == 0;
    strbuf_fini(&name);
    return there;
}

static int read_file(const char *folder, const char *file, size_t max, struct strbuf *text) {
    struct strbuf name = {0};
    strbuf_printf(&name, "%s/%s", folder, file);
    int error = file_read(name.text, max, text);
    strbuf_fini(&name);
    return error;
}

bool campaign_is_folder(const char *name) {
    return is_there(name, "report.json") || is_there(name, "status.json");
}

void campaign_page_name(const char *folder, struct strbuf *name) {
    strbuf_printf(name, "%s/report.html", folder);
}

// ---- figures ------------------------------------------------------------------------------------

// 0 if it is not told.
static uint64_t number_of(const char *json, const char *key) {
    double value = 0;
    return json_find_number(json, key, &value) && value >= 0 ? (uint64_t)value : 0;
}

static void take_looks(struct campaign_page *page, const char *json) {
    const char *item;
    for (size_t i = 0; (item = json_find_item(json, "evaluated", i)) != NULL; i++) {
        char id[64];
        if (!json_find_string(item, "invariant", id, sizeof id))
            continue;
        enum invariant invariant = invariant_parse(id);
        if (invariant == INVARIANT_COUNT)
            continue;
        page->evaluated[invariant] = number_of(item, "evaluated");
        page->decided[invariant] = number_of(item, "decided");
    }
    for (size_t i = 0; i < FLIP_CELLS && (item = json_find_item(json, "cells", i)) != NULL; i++)
        page->cells[i] = (uint32_t)strtoul(item, NULL, 10);
}

static void take_figures(struct told_campaign *told, const char *json) {
    struct campaign_page *page = &told->page;
    json_find_string(json, "end", told->end, sizeof told->end);
    json_find_string(json, "why", told->why, sizeof told->why);
    json_find_string(json, "world", told->world, sizeof told->world);
    json_find_string(json, "engine", told->engine, sizeof told->engine);
    json_find_string(json, "subject", told->subject, sizeof told->subject);
    json_find_string(json, "canaries", told->canaries, sizeof told->canaries);
    page->blind = json_find_true(json, "blind");
    page->seed = number_of(json, "seed");
    page->executions = number_of(json, "executions");
    page->inconclusive = number_of(json, "inconclusive");
    page->points = number_of(json, "points");
    page->events = number_of(json, "events");
    page->sampled = number_of(json, "traces_sampled");
    json_find_number(json, "traces_distinct", &page->traces_distinct);
    page->workers = number_of(json, "workers");
    page->restarts = number_of(json, "restarts");
    page->unreproduced = number_of(json, "unreproduced");
    json_find_number(json, "seconds", &page->seconds);
    take_looks(page, json);
}

// Of a campaign that has ended, else of its last sign of life.
static int read_figures(struct told_campaign *told, const char *folder) {
    struct strbuf json = {0};
    int error = read_file(folder, "report.json", JSON_MAX, &json);
    bool ended = error == 0;
    if (error == ENOENT)
        error = read_file(folder, "status.json", JSON_MAX, &json);
    if (error == 0)
        take_figures(told, json.text != NULL ? json.text : "");
    if (error == 0 && !ended)
        snprintf(told->end, sizeof told->end,
                 "not yet, or killed: the figures are those of its last status");
    strbuf_fini(&json);
    return error;
}

// ---- findings -----------------------------------------------------------------------------------

static bool read_finding(struct told_finding *told, struct campaign_page_finding *shown,
                         const char *folder, const char *name) {
    struct strbuf own = {0}, json = {0};
    strbuf_printf(&own, "%s/findings/%s", folder, name);
    bool ok = read_file(own.text, "finding.json", JSON_MAX, &json) == 0 && json.text != NULL &&
              json_find_string(json.text, "invariant", told->invariant, sizeof told->invariant) &&
              json_find_string(json.text, "signature", told->signature, sizeof told->signature);
    if (ok) {
        json_find_string(json.text, "reason", told->reason, sizeof told->reason);
        json_find_string(json.text, "replay", told->replay, sizeof told->replay);
        read_file(own.text, "story.txt", TEXT_MAX, &told->story);
        if (is_there(own.text, "page.html"))
            strbuf_printf(&told->page, "findings/%s/page.html", name);
        *shown = (struct campaign_page_finding){
            .invariant = told->invariant,
            .signature = told->signature,
            .reason = told->reason,
            .story = told->story.text,
            .replay = told->replay,
            .page = told->page.text,
            .ops = (uint32_t)number_of(json.text, "ops"),
            .preemptions = (uint32_t)number_of(json.text, "preemptions"),
            .hits = (uint32_t)number_of(json.text, "hits"),
            .replays = (uint32_t)number_of(json.text, "replays"),
            .executions = number_of(json.text, "executions"),
        };
        json_find_number(json.text, "seconds", &shown->seconds);
    }
    strbuf_fini(&own);
    strbuf_fini(&json);
    return ok;
}

// All that lie in the folder, in the order of their names.
static void read_findings(struct told_campaign *told, const char *folder) {
    struct strbuf parent = {0};
    struct dirent **entries = NULL;
    strbuf_printf(&parent, "%s/findings", folder);
    int count = scandir(parent.text, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        uint32_t at = told->page.findings_count;
        if (entries[i]->d_name[0] != '.' && at < CAMPAIGN_FINDINGS_MAX &&
            read_finding(&told->findings[at], &told->shown[at], folder, entries[i]->d_name))
            told->page.findings_count++;
        free(entries[i]);
    }
    free(entries);
    strbuf_fini(&parent);
}

int campaign_page_write(const char *folder) {
    struct told_campaign *told = calloc(1, sizeof *told);
    struct strbuf name = {0}, out = {0};
    int error = told != NULL ? read_figures(told, folder) : ENOMEM;
    campaign_page_name(folder, &name);
    if (error == 0) {
        told->page.end = told->end;
        told->page.why = told->why;
        told->page.world = told->world;
        told->page.engine = told->engine;
        told->page.subject = told->subject;
        told->page.canaries = told->canaries;
        told->page.findings = told->shown;
        read_findings(told, folder);
        campaign_page(&out, &told->page);
        error = file_write(name.text, out.text, out.size);
    }
    if (error != 0)
        fprintf(stderr, "%s: %s\n", name.text, strerror(error));
    for (uint32_t i = 0; told != NULL && i < CAMPAIGN_FINDINGS_MAX; i++) {
        strbuf_fini(&told->findings[i].story);
        strbuf_fini(&told->findings[i].page);
    }
    free(told);
    strbuf_fini(&name);
    strbuf_fini(&out);
    return error;
}

int campaign_files_write(const struct campaign_config *config,
                         const struct campaign_result *result) {
    struct strbuf name = {0}, json = {0};
    campaign_report_json(&json, config, result);
    strbuf_printf(&name, "%s/report.json", config->out);
    int error = file_write(name.text, json.text, json.size);
    if (error != 0)
        fprintf(stderr, "%s: %s\n", name.text, strerror(error));
    strbuf_fini(&name);
    strbuf_fini(&json);
    return error != 0 ? error : campaign_page_write(config->out);
}

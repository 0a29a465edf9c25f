#include "finding_files.h"

#include "report.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STORY_WIDTH = 100 };

static void folder_of(const struct stress_options *options, const struct ledger_finding *finding,
                      char *name) {
    char own[LEDGER_KIND_SIZE + 20];
    ledger_finding_name(finding, own, sizeof own);
    snprintf(name, FINDING_NAME_MAX, "%s/%s", options->out, own);
}

char *finding_files_name(const struct stress_options *options, const struct ledger_finding *finding,
                         enum finding_file file, char *name) {
    static const char *const names[FINDING_FILES] = {"input.bytes", "input.txt", "story.txt"};
    char own[LEDGER_KIND_SIZE + 20];
    ledger_finding_name(finding, own, sizeof own);
    snprintf(name, FINDING_NAME_MAX, "%s/%s/%s", options->out, own, names[file]);
    return name;
}

static int write_bytes(const char *name, const struct workload *workload) {
    uint8_t bytes[WORKLOAD_BYTES_MAX];
    return file_write(name, bytes, workload_encode(workload, bytes, sizeof bytes));
}

static int write_text(const char *name, const struct workload *workload, const char *comment) {
    size_t size = workload_print(workload, comment, NULL, 0);
    char *text = malloc(size + 1);
    if (text == NULL)
        return ENOMEM;
    workload_print(workload, comment, text, size + 1);
    int error = file_write(name, text, size);
    free(text);
    return error;
}

// The trace as a table where it shows the fault; the sanitizer's text where that does; the dump of
// all Gs, Ms and Ps in any case, if there is one.
static int write_story(const char *name, const struct ledger_finding *finding,
                       const struct workload *workload, const struct outcome *outcome,
                       const char *replay, const char *report) {
    struct strbuf story = {0};
    if (outcome != NULL && outcome->verdict.kind == VERDICT_VIOLATION && report == NULL) {
        struct report_run run = {
            .trace = &outcome->run.trace,
            .verdict = &outcome->verdict,
            .workload = workload,
            .hash = trace_hash(&outcome->run.trace, outcome->run.end),
            .world = "posix",
            .replay = replay,
            .dump = outcome->run.dump,
        };
        report_story(&story, &run, STORY_WIDTH, false);
    } else {
        const char *dump = outcome != NULL ? outcome->run.dump : NULL;
        strbuf_printf(&story, "%s: %s\n\n", finding->kind, finding->reason);
        if (report != NULL || dump != NULL)
            strbuf_printf(&story, "%s\n", report != NULL ? report : dump);
        strbuf_printf(&story, "replay: %s\n", replay);
    }
    int error = file_write(name, story.text, story.size);
    strbuf_fini(&story);
    return error;
}

int finding_files_save(const struct stress_options *options, const struct ledger_finding *finding,
                       const struct workload *workload, const struct outcome *outcome,
                       const char *report) {
    char folder[FINDING_NAME_MAX], name[FINDING_NAME_MAX];
    folder_of(options, finding, folder);
    struct strbuf replay = {0}, comment = {0};
    stress_options_replay(options, finding_files_name(options, finding, FINDING_TEXT, name),
                          &replay);
    strbuf_printf(&comment, "%s: %s\nseen on real threads; run it again:\n%s", finding->kind,
                  finding->reason, replay.text);

    int error = folder_create(folder);
    if (error == 0)
        error = write_bytes(finding_files_name(options, finding, FINDING_BYTES, name), workload);
    if (error == 0)
        error = write_text(finding_files_name(options, finding, FINDING_TEXT, name), workload,
                           comment.text);
    if (error == 0)
        error = write_story(finding_files_name(options, finding, FINDING_STORY, name), finding,
                            workload, outcome, replay.text, report);
    if (error != 0) {
        fprintf(stderr, "gproof stress: %s: %s\n", folder, strerror(error));
        for (int file = 0; file < FINDING_FILES; file++)
            unlink(finding_files_name(options, finding, (enum finding_file)file, name));
        rmdir(folder);
    }
    strbuf_fini(&replay);
    strbuf_fini(&comment);
    return error;
}

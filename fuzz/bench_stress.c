// `gproof bench stress`: how often a run of stress shows golang/go#74090, beside Go's own test.
#include "bench.h"

#include "json_find.h"
#include "options.h"
#include "process.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { RUNS = 1000, LOG_MAX = 1 << 20, LIMIT_SECONDS = 600 };

// Go's own regression test with the fix undone: crashes in 1,000 runs with 4 Ps on 2 CPUs.
static const double go_crashes = 7, go_runs = 1000;

static bool read_share(const char *log, double *share, double *runs) {
    struct strbuf text = {0};
    const char *object = NULL, *finding;
    double hits, sum = 0;
    if (file_read(log, LOG_MAX, &text) == 0)
        object = strchr(text.text, '{');
    bool ok = object != NULL && json_find_number(object, "executions", runs) && *runs > 0;
    for (size_t i = 0; ok && (finding = json_find_item(object, "findings", i)) != NULL; i++)
        if (json_find_number(finding, "hits", &hits))
            sum += hits;
    if (ok)
        *share = sum / *runs;
    strbuf_fini(&text);
    return ok;
}

int bench_stress(const struct bench_config *config, struct bench_results *results) {
    char file[PATH_MAX], log[PATH_MAX], out[PATH_MAX], runs_text[16];
    double share, runs;
    option_beside("gproof-stress", file);
    snprintf(log, sizeof log, "%s/stress.log", config->out);
    snprintf(out, sizeof out, "%s/stress", config->out);
    snprintf(runs_text, sizeof runs_text, "%d", RUNS);
    char *const arguments[] = {
        file,  "--mutant", "issue-74090", "--noise", "heavy",        "--runs", runs_text, "--time",
        "10m", "--seed",   "1",           "--json",  "--no-pursuit", "--out",  out,       NULL};
    const struct process_config process = {
        .arguments = arguments, .log = log, .seconds = LIMIT_SECONDS};
    struct process_end end;
    if (folder_create(config->out) != 0 || !process_run(&process, &end) ||
        end.kind != PROCESS_EXITED || end.code > VERB_VIOLATION ||
        !read_share(log, &share, &runs)) {
        fprintf(stderr, "%s failed; see %s\n", file, log);
        return VERB_ENVIRONMENT;
    }
    bench_add(results, "golang/go#74090 in a run on real threads", 100 * share, "% of 1,000 runs",
              "Go's own test (7 of 1,000)", share / (go_crashes / go_runs));
    return VERB_NOTHING_FOUND;
}

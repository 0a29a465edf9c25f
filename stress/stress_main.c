// gproof stress: workloads on real threads for a time or a count.
#include "options.h"
#include "source.h"
#include "stress_options.h"
#include "summary.h"
#include "supervisor.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int put(const char *text, size_t size) {
    return fwrite(text, 1, size, stdout) == size && fflush(stdout) == 0 ? 0 : errno;
}

// 0, or VERB_ENVIRONMENT with a message on stderr.
static int outcome_of(const char *where, int error) {
    if (error == 0)
        return VERB_NOTHING_FOUND;
    fprintf(stderr, "gproof stress: %s: %s\n", where, strerror(error));
    return VERB_ENVIRONMENT;
}

// Write the reports that were asked for, and that of the folder, which is there whatever was found.
// Returns 0, or VERB_ENVIRONMENT with a message on stderr.
static int report(const struct summary *summary) {
    struct strbuf out = {0}, json = {0}, where = {0};
    summary_json(summary, &json);
    if (!summary->options->json)
        summary_text(summary, &out);
    const struct strbuf *shown = summary->options->json ? &json : &out;
    int code = outcome_of("stdout", put(shown->text, shown->size));
    if (code == VERB_NOTHING_FOUND) {
        strbuf_printf(&where, "%s/report.json", summary->options->out);
        code = outcome_of(where.text, file_write(where.text, json.text, json.size));
    }
    if (code == VERB_NOTHING_FOUND && summary->options->junit != NULL) {
        strbuf_clear(&out);
        summary_junit(summary, &out);
        const char *name = summary->options->junit;
        code = outcome_of(name, file_write(name, out.text, out.size));
    }
    strbuf_fini(&out);
    strbuf_fini(&json);
    strbuf_fini(&where);
    return code;
}

static int run(const struct stress_options *options, const struct source *source,
               struct ledger *ledger) {
    enum stress_end end = supervise(options, source, ledger);
    struct summary summary = {
        .options = options,
        .ledger = ledger,
        .seconds = ledger_seconds(ledger),
        .blind = end == STRESS_BLIND || ledger->board.executions == 0,
        .colour = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL,
    };
    int code = report(&summary);
    if (end == STRESS_TROUBLE || code != VERB_NOTHING_FOUND)
        return VERB_ENVIRONMENT;
    if (ledger->findings_count != 0)
        return VERB_VIOLATION;
    return summary.blind ? VERB_BLIND : VERB_NOTHING_FOUND;
}

int main(int argc, char **argv) {
    static struct stress_options options;
    switch (stress_options_parse(&options, argc, argv)) {
    case OPTIONS_HELP:
        return VERB_NOTHING_FOUND;
    case OPTIONS_WRONG:
        return VERB_USAGE;
    case OPTIONS_RUN:
        break;
    }
    fprintf(stderr, "gproof stress: seed %" PRIu64 "\n", options.seed);
    struct source source;
    if (!source_open(&source, &options))
        return VERB_USAGE;
    struct ledger *ledger = ledger_new();
    int code =
        ledger == NULL ? VERB_ENVIRONMENT : outcome_of(options.out, folder_create(options.out));
    if (code == VERB_NOTHING_FOUND)
        code = run(&options, &source, ledger);
    ledger_free(ledger);
    source_close(&source);
    return code;
}

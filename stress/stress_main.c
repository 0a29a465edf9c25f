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

// Write the reports that were asked for. Returns 0, or VERB_ENVIRONMENT with a message on stderr.
static int report(const struct summary *summary) {
    struct strbuf out = {0};
    int error = 0;
    const char *where = "stdout";
    if (summary->options->json)
        summary_json(summary, &out);
    else
        summary_text(summary, &out);
    error = put(out.text, out.size);
    if (error == 0 && summary->options->junit != NULL) {
        strbuf_clear(&out);
        summary_junit(summary, &out);
        where = summary->options->junit;
        error = file_write(where, out.text, out.size);
    }
    strbuf_fini(&out);
    if (error == 0)
        return VERB_NOTHING_FOUND;
    fprintf(stderr, "gproof stress: %s: %s\n", where, strerror(error));
    return VERB_ENVIRONMENT;
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
    int code = ledger == NULL ? VERB_ENVIRONMENT : run(&options, &source, ledger);
    ledger_free(ledger);
    source_close(&source);
    return code;
}

#include "carry_options.h"

#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char help[] =
    "usage: gproof carry FINDING [OPTIONS]\n"
    "\n"
    "Makes a finding a test of the real Go. FINDING is the folder of one, or a workload as text "
    "with\n"
    "'# mutant ID' in its head. The plan becomes a Go test; the preemptions become gates (bounded\n"
    "waits) in a changed copy of Go's runtime, which the go command takes by -overlay; the fault "
    "of\n"
    "the finding is seeded in the copy by the same means. GOROOT is only read. Then the test runs\n"
    "with and without the fault, with gates on and off.\n"
    "\n"
    "  --go GOROOT       the Go tree (default: the one of the `go` in PATH); 1.19 or newer\n"
    "  --slip ID         the fault to seed, by the id of its mutant (default: the finding's; "
    "none)\n"
    "  --runs N[,N,N,N]  runs of each row of the table (default 100), or of slip with gates, slip\n"
    "                    without, no slip with gates, no slip without; 0 leaves a row out\n"
    "  --stock           the runtime as it is, unchanged: one row, no slip, no gates; for what "
    "lives\n"
    "                    in Go (with --runs N, N runs)\n"
    "  --rounds N        times a run goes through the plan (default 10)\n"
    "  --checks WHEN     checks of promises in the runtime, for faults that Go does not notice by\n"
    "                    itself: on, off, auto (default: only if Go does not crash without them,\n"
    "                    and never before go1.25, whose system goroutines stay out of them)\n"
    "  --limit T         a run that takes longer hangs (default 20s)\n"
    "  --seed N          of the first run (default 1)\n"
    "  --out DIR         folder of the test (default out/carry/NAME)\n"
    "  --cache DIR       folder of Go's caches (default out/carry/cache)\n"
    "  --json            one JSON object on stdout instead of the table\n"
    "\n"
    "examples:\n"
    "  gproof carry corpus/regressions/issue-74090.txt --go /usr/local/go\n"
    "  gproof carry out/hunt-issue-74090/findings/satisfied-before-run-89c001b6 --json\n"
    "\n"
    "exit codes: 0 nothing broke, 1 something did, 2 usage or bad input, 3 environment (no Go, "
    "one\n"
    "that lacks a place, a build that failed), 4 blind: the fault is there and never showed\n";

enum {
    OPTION_GO = 256,
    OPTION_SLIP,
    OPTION_RUNS,
    OPTION_STOCK,
    OPTION_ROUNDS,
    OPTION_CHECKS,
    OPTION_LIMIT,
    OPTION_SEED,
    OPTION_OUT,
    OPTION_CACHE,
    OPTION_JSON
};

static const struct option long_options[] = {
    {"go", required_argument, NULL, OPTION_GO},
    {"slip", required_argument, NULL, OPTION_SLIP},
    {"runs", required_argument, NULL, OPTION_RUNS},
    {"stock", no_argument, NULL, OPTION_STOCK},
    {"rounds", required_argument, NULL, OPTION_ROUNDS},
    {"checks", required_argument, NULL, OPTION_CHECKS},
    {"limit", required_argument, NULL, OPTION_LIMIT},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"out", required_argument, NULL, OPTION_OUT},
    {"cache", required_argument, NULL, OPTION_CACHE},
    {"json", no_argument, NULL, OPTION_JSON},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static const char *const checks_words[] = {"auto", "on", "off"};

// One number for all rows, or one for each.
static bool take_runs(struct carry_options *options, const char *value) {
    char part[24];
    int count = 0;
    for (const char *at = value;; at++) {
        size_t size = strcspn(at, ",");
        snprintf(part, sizeof part, "%.*s", (int)size, at);
        if (count < CARRY_RUNS && !option_uint("--runs", part, 0, 1000000, &options->runs[count]))
            return false;
        count++;
        at += size;
        if (*at == '\0')
            break;
    }
    for (int i = 1; count == 1 && i < CARRY_RUNS; i++)
        options->runs[i] = options->runs[0];
    if (count != 1 && count != CARRY_RUNS)
        fprintf(stderr, "gproof carry: --runs '%s': expected one number or %d\n", value,
                CARRY_RUNS);
    return count == 1 || count == CARRY_RUNS;
}

static bool take(struct carry_options *options, int option, const char *value) {
    switch (option) {
    case OPTION_GO:
        options->go = value;
        return true;
    case OPTION_SLIP:
        options->slip = value;
        return true;
    case OPTION_RUNS:
        return take_runs(options, value);
    case OPTION_STOCK:
        options->stock = true;
        return true;
    case OPTION_ROUNDS:
        return option_uint("--rounds", value, 1, 1000000, &options->rounds);
    case OPTION_CHECKS:
        return option_word("--checks", value, checks_words, 3, &options->checks);
    case OPTION_LIMIT:
        return option_duration("--limit", value, &options->limit);
    case OPTION_SEED:
        return option_uint("--seed", value, 0, UINT32_MAX, &options->seed);
    case OPTION_OUT:
        options->out = value;
        return true;
    case OPTION_CACHE:
        options->cache = value;
        return true;
    case OPTION_JSON:
        options->json = true;
        return true;
    default:
        return false; // getopt has said it
    }
}

enum carry_options_result carry_options_parse(struct carry_options *options, int argc,
                                              char **argv) {
    *options = (struct carry_options){.runs = {100, 100, 100, 100},
                                      .rounds = 10,
                                      .seed = 1,
                                      .limit = 20,
                                      .cache = "out/carry/cache"};
    if (argc > 1 && strcmp(argv[1], "carry") == 0) {
        argv++;
        argc--;
    }
    int option;
    while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
        if (option == 'h') {
            fputs(help, stdout);
            return CARRY_OPTIONS_HELP;
        }
        if (!take(options, option, optarg))
            return CARRY_OPTIONS_WRONG;
    }
    if (argc - optind != 1) {
        fprintf(stderr, "gproof carry: %d findings given, expected one: its folder, or a text\n",
                argc - optind);
        return CARRY_OPTIONS_WRONG;
    }
    options->finding = argv[optind];
    return CARRY_OPTIONS_RUN;
}

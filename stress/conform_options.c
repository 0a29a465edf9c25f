#include "conform_options.h"

#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char help[] =
    "usage: gproof conform [OPTIONS]\n"
    "\n"
    "The real Go under the oracle. Generated programs run on a copy of Go's runtime that tells\n"
    "events; the go command takes the copy by -overlay, GOROOT is only read. The same oracle that\n"
    "judges our runtime judges the traces; violations that are known of this Go are named. Then "
    "what\n"
    "goroutines of both runtimes do, three events at a time, is compared.\n"
    "\n"
    "  --go GOROOT       the Go tree (default: the one of the `go` in PATH); 1.25 or newer\n"
    "  --profiles N      goroutine profiles of Go to judge (default 1000)\n"
    "  --time T          end after this time of running Go, however many that were\n"
    "  --plans N         generated programs in a test binary; one binary serves 25,000 profiles\n"
    "                    (default 64)\n"
    "  --runs N          executions of our runtime for the comparison (default 4000)\n"
    "  --slip ID         seed this slip in the copy: can the oracle see it?\n"
    "  --slips           also: which of 26 slips does the oracle see in Go, and are they what our\n"
    "                    mutants break?\n"
    "  --seed N          of the programs (default 1)\n"
    "  --limit T         a process that takes longer hangs and is ended (default 60s)\n"
    "  --write           also write the report to stress/go/FIDELITY.md of the project\n"
    "  --out DIR         folder of the programs (default out/conform)\n"
    "  --cache DIR       folder of Go's caches (default out/carry/cache)\n"
    "  --json            one JSON object on stdout instead of the report\n"
    "\n"
    "examples:\n"
    "  gproof conform --go /usr/local/go --profiles 100000\n"
    "  gproof conform --go /usr/local/go --slip newcomer-not-satisfied\n"
    "\n"
    "exit codes: 0 nothing unexplained, 1 an unexplained violation, 2 usage, 3 environment (no "
    "Go,\n"
    "one that lacks a place, a build that failed), 4 blind: no profile was judged\n";

enum {
    OPTION_GO = 256,
    OPTION_PROFILES,
    OPTION_TIME,
    OPTION_PLANS,
    OPTION_RUNS,
    OPTION_SLIP,
    OPTION_SLIPS,
    OPTION_SEED,
    OPTION_LIMIT,
    OPTION_WRITE,
    OPTION_OUT,
    OPTION_CACHE,
    OPTION_JSON
};

static const struct option long_options[] = {
    {"go", required_argument, NULL, OPTION_GO},
    {"profiles", required_argument, NULL, OPTION_PROFILES},
    {"time", required_argument, NULL, OPTION_TIME},
    {"plans", required_argument, NULL, OPTION_PLANS},
    {"runs", required_argument, NULL, OPTION_RUNS},
    {"slip", required_argument, NULL, OPTION_SLIP},
    {"slips", no_argument, NULL, OPTION_SLIPS},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"limit", required_argument, NULL, OPTION_LIMIT},
    {"write", no_argument, NULL, OPTION_WRITE},
    {"out", required_argument, NULL, OPTION_OUT},
    {"cache", required_argument, NULL, OPTION_CACHE},
    {"json", no_argument, NULL, OPTION_JSON},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static bool take(struct conform_options *options, int option, const char *value) {
    switch (option) {
    case OPTION_GO:
        options->go = value;
        return true;
    case OPTION_PROFILES:
        return option_uint("--profiles", value, 1, UINT32_MAX, &options->profiles);
    case OPTION_TIME:
        return option_duration("--time", value, &options->time);
    case OPTION_PLANS:
        return option_uint("--plans", value, 1, 1000, &options->plans);
    case OPTION_RUNS:
        return option_uint("--runs", value, 1, 10000000, &options->runs);
    case OPTION_SLIP:
        options->slip = value;
        return true;
    case OPTION_SLIPS:
        options->slips = true;
        return true;
    case OPTION_SEED:
        return option_uint("--seed", value, 0, UINT32_MAX, &options->seed);
    case OPTION_LIMIT:
        return option_duration("--limit", value, &options->limit);
    case OPTION_WRITE:
        options->write = GPROOF_CARRY_FOLDER "/FIDELITY.md";
        return true;
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

enum conform_options_result conform_options_parse(struct conform_options *options, int argc,
                                                  char **argv) {
    *options = (struct conform_options){.out = "out/conform",
                                        .cache = "out/carry/cache",
                                        .profiles = 1000,
                                        .plans = 64,
                                        .runs = 4000,
                                        .seed = 1,
                                        .limit = 60};
    if (argc > 1 && strcmp(argv[1], "conform") == 0) {
        argv++;
        argc--;
    }
    int option;
    while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
        if (option == 'h') {
            fputs(help, stdout);
            return CONFORM_OPTIONS_HELP;
        }
        if (!take(options, option, optarg))
            return CONFORM_OPTIONS_WRONG;
    }
    if (argc != optind) {
        fprintf(stderr, "gproof conform: '%s': expected no argument but options\n", argv[optind]);
        return CONFORM_OPTIONS_WRONG;
    }
    return CONFORM_OPTIONS_RUN;
}

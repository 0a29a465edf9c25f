#include "stress_options.h"

#include "options.h"
#include "plant.h"
#include "sanitizer.h"
#include "workload.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char help[] =
    "usage: gproof stress [OPTIONS]\n"
    "\n"
    "Runs workloads on real threads and judges every run. Findings are grouped by signature, each "
    "with\n"
    "its workload as bytes and text, its story and a command that runs it again.\n"
    "\n"
    "  --time T             stop after T (default 60s; 30s, 5m, 8h)\n"
    "  --runs N             stop after N runs (default: no limit)\n"
    "  --until INVARIANT    stop at the first run that breaks this promise\n"
    "  --sanitizer KIND     thread, address or none (default); chooses the build\n"
    "  --noise LEVEL        disturb the threads at their points: off, light (default), heavy\n"
    "  --threads N          Ms of every workload, 1 to 16 (default: what the workload says)\n"
    "  --procs N            Ps of every workload, 1 to 8 (default: what the workload says)\n"
    "  --seed N             of workloads and noise (default: a random one, printed first)\n"
    "  --mutant ID          switch a deliberate fault on; may be repeated\n"
    "  --as VERSION         version of the protocol: ideal (default), go1.25-before, ...\n"
    "  --corpus DIR         run the workloads of this folder in turn (default: seeds, their "
    "mutations\n"
    "                       and generated ones)\n"
    "  --file FILE          run this workload again and again\n"
    "  --no-events          in-process checks only: the events' own fences are gone, the oracle is "
    "blind\n"
    "  --watchdog T         a run without progress for T is a finding (default 10s)\n"
    "  --pursue T           seek each kind of finding for T in the virtual world, and minimise it "
    "for "
    "T on\n"
    "                       real threads if it is not there (default 20s); --no-pursuit: do not\n"
    "  --slow T             one that makes progress and is not over after T is given up, counted "
    "and "
    "kept\n"
    "                       (default 60s)\n"
    "  --out DIR            folder of the findings and of report.json, what --json prints "
    "(default\n"
    "                       out/stress)\n"
    "  --junit FILE         also write a JUnit report\n"
    "  --json               one JSON object on stdout instead of text\n"
    "\n"
    "examples:\n"
    "  gproof stress --mutant issue-74090 --noise heavy --time 60s\n"
    "  gproof stress --sanitizer thread --time 5m --junit stress.xml\n"
    "\n"
    "exit codes: 0 nothing found, 1 a violation or a race, 2 usage or bad input, 3 environment, 4 "
    "blind\n";

enum { // options without a letter
    OPTION_TIME = 256,
    OPTION_RUNS,
    OPTION_THREADS,
    OPTION_PROCS,
    OPTION_NOISE,
    OPTION_SEED,
    OPTION_MUTANT,
    OPTION_AS,
    OPTION_SANITIZER,
    OPTION_JUNIT,
    OPTION_JSON,
    OPTION_CORPUS,
    OPTION_FILE,
    OPTION_OUT,
    OPTION_NO_EVENTS,
    OPTION_WATCHDOG,
    OPTION_SLOW,
    OPTION_PURSUE,
    OPTION_NO_PURSUIT,
    OPTION_UNTIL,
    OPTION_BLINDFOLD,
    OPTION_PLANT
};

static const struct option long_options[] = {
    {"time", required_argument, NULL, OPTION_TIME},
    {"runs", required_argument, NULL, OPTION_RUNS},
    {"threads", required_argument, NULL, OPTION_THREADS},
    {"procs", required_argument, NULL, OPTION_PROCS},
    {"noise", required_argument, NULL, OPTION_NOISE},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"mutant", required_argument, NULL, OPTION_MUTANT},
    {"as", required_argument, NULL, OPTION_AS},
    {"sanitizer", required_argument, NULL, OPTION_SANITIZER},
    {"junit", required_argument, NULL, OPTION_JUNIT},
    {"json", no_argument, NULL, OPTION_JSON},
    {"corpus", required_argument, NULL, OPTION_CORPUS},
    {"file", required_argument, NULL, OPTION_FILE},
    {"out", required_argument, NULL, OPTION_OUT},
    {"no-events", no_argument, NULL, OPTION_NO_EVENTS},
    {"watchdog", required_argument, NULL, OPTION_WATCHDOG},
    {"slow", required_argument, NULL, OPTION_SLOW},
    {"pursue", required_argument, NULL, OPTION_PURSUE},
    {"no-pursuit", no_argument, NULL, OPTION_NO_PURSUIT},
    {"until", required_argument, NULL, OPTION_UNTIL},
    {"blindfold", no_argument, NULL, OPTION_BLINDFOLD},
    {"plant-fault", no_argument, NULL, OPTION_PLANT},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static bool take_small(const char *option, const char *text, uint32_t max, uint32_t *value) {
    uint64_t number = *value;
    bool good = option_uint(option, text, 1, max, &number);
    *value = (uint32_t)number;
    return good;
}

static bool take_limit(const char *option, const char *text, uint32_t *ms) {
    double seconds;
    if (!option_duration(option, text, &seconds))
        return false;
    if (seconds < 0.1 || seconds > 3600) {
        fprintf(stderr, "%s: '%s', expected 100ms to 1h\n", option, text);
        return false;
    }
    *ms = (uint32_t)(seconds * 1000);
    return true;
}

static bool take_sanitizer(const char *name) {
    if (strcmp(name, sanitizer_name()) == 0)
        return true;
    fprintf(stderr,
            "gproof stress: --sanitizer '%s': this binary was built for '%s'; the front door "
            "(gproof stress --sanitizer KIND) chooses among thread, address and none\n",
            name, sanitizer_name());
    return false;
}

static bool take(struct stress_options *options, int option, const char *value) {
    switch (option) {
    case OPTION_TIME:
        return option_duration("--time", value, &options->seconds);
    case OPTION_RUNS:
        return option_uint("--runs", value, 1, UINT64_MAX, &options->runs);
    case OPTION_THREADS:
        return take_small("--threads", value, WORKLOAD_MS_MAX, &options->threads);
    case OPTION_PROCS:
        return take_small("--procs", value, WORKLOAD_PROCS_MAX, &options->procs);
    case OPTION_NOISE:
        return option_noise("--noise", value, &options->subject.noise);
    case OPTION_SEED:
        return option_uint("--seed", value, 0, UINT64_MAX, &options->seed);
    case OPTION_MUTANT:
        return option_mutant(&options->subject, value);
    case OPTION_AS:
        return option_version(&options->subject, value);
    case OPTION_SANITIZER:
        return take_sanitizer(value);
    case OPTION_WATCHDOG:
        return take_limit("--watchdog", value, &options->watchdog_ms);
    case OPTION_SLOW:
        return take_limit("--slow", value, &options->slow_ms);
    case OPTION_PURSUE:
        return option_duration("--pursue", value, &options->pursue_seconds);
    case OPTION_NO_PURSUIT:
        options->pursue_seconds = 0;
        return true;
    case OPTION_JUNIT:
        options->junit = value;
        return true;
    case OPTION_CORPUS:
        options->corpus = value;
        return true;
    case OPTION_FILE:
        options->file = value;
        return true;
    case OPTION_OUT:
        options->out = value;
        return true;
    case OPTION_JSON:
        options->json = true;
        return true;
    case OPTION_NO_EVENTS:
        options->events = false;
        return true;
    case OPTION_UNTIL:
        return option_invariant("--until", value, &options->until);
    case OPTION_BLINDFOLD:
        options->blindfold = true;
        return true;
    case OPTION_PLANT:
        options->plant = true;
        return true;
    default: // getopt has said what is wrong
        fputs("gproof stress --help lists the options\n", stderr);
        return false;
    }
}

static void defaults(struct stress_options *options) {
    *options = (struct stress_options){.seconds = 60,
                                       .out = "out/stress",
                                       .events = true,
                                       .watchdog_ms = 10000,
                                       .slow_ms = 60000,
                                       .pursue_seconds = 20};
    subject_init(&options->subject);
    options->subject.noise = 1;
    options->seed = option_random_seed();
}

enum stress_options_result stress_options_parse(struct stress_options *options, int argc,
                                                char **argv) {
    defaults(options);
    int option;
    argv[0] = "gproof stress"; // what getopt puts before its messages
    while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
        if (option == 'h') {
            fputs(help, stdout);
            return OPTIONS_HELP;
        }
        if (!take(options, option, optarg))
            return OPTIONS_WRONG;
    }
    if (optind < argc) {
        fprintf(stderr, "gproof stress: '%s': expected options only; workloads come by --file\n",
                argv[optind]);
        return OPTIONS_WRONG;
    }
    if (options->file != NULL && options->corpus != NULL) {
        fputs("gproof stress: --file and --corpus exclude each other\n", stderr);
        return OPTIONS_WRONG;
    }
    if (options->threads != 0 && options->threads < options->procs) {
        fprintf(stderr, "gproof stress: --threads %u: expected at least --procs %u\n",
                options->threads, options->procs);
        return OPTIONS_WRONG;
    }
    if (options->plant && plant_kind() == NULL) {
        fputs("gproof stress: --plant-fault: expected --sanitizer thread or address with it\n",
              stderr);
        return OPTIONS_WRONG;
    }
    return OPTIONS_RUN;
}

void stress_options_replay(const struct stress_options *options, const char *file,
                           struct strbuf *out) {
    strbuf_printf(out, "./gproof stress --file %s", file);
    if (strcmp(sanitizer_name(), "none") != 0)
        strbuf_printf(out, " --sanitizer %s", sanitizer_name());
    struct subject subject = options->subject;
    subject.noise = 0; // told here, because the default is not 0
    subject_options(&subject, out);
    strbuf_printf(out, " --noise %s --seed %llu", option_noise_name(options->subject.noise),
                  (unsigned long long)options->seed);
    if (options->threads != 0)
        strbuf_printf(out, " --threads %u", options->threads);
    if (options->procs != 0)
        strbuf_printf(out, " --procs %u", options->procs);
    if (!options->events)
        strbuf_puts(out, " --no-events");
    if (options->plant)
        strbuf_puts(out, " --plant-fault");
}

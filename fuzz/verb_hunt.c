#include "verb.h"

#include "campaign_files.h"
#include "campaign_report.h"
#include "canary.h"
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help_text[] =
    "usage: gproof hunt [OPTIONS]\n"
    "       gproof hunt --against REV [OPTIONS]   this tree and a revision; --against x --help\n"
    "\n"
    "A fuzz campaign on the runtime: workers mutate plans and schedules, every violation is "
    "replayed,\n"
    "grouped, minimised and told as a story. Resumes where the last one ended.\n"
    "\n"
    "  --time T          how long (default 60s)\n"
    "  --runs N          stop after N executions, or a few more (default: no limit)\n"
    "  --workers N       engine processes (default: the cores; 1 with --mutant)\n"
    "  --seed N          makes one worker's campaign repeatable (default: random, printed first)\n"
    "  --engine E        libfuzzer, afl, all or loop (default libfuzzer)\n"
    "  --world W         virtual or posix (default virtual)\n"
    "  --sanitizer KIND  thread, address or none (default); ./gproof chooses the build by it\n"
    "  --mutant ID       hunt a planted fault; may be repeated (gproof mutants lists them)\n"
    "  --as VERSION      version of the protocol (default ideal)\n"
    "  --corpus DIR      folder of inputs, kept between runs (default OUT/corpus; with --mutant "
    "it\n"
    "                    begins empty)\n"
    "  --out DIR         folder of findings and of the page report.html (default out/hunt, with "
    "--mutant out/hunt-ID)\n"
    "  --findings N      stop after N distinct findings (default: no limit; 1 with --mutant)\n"
    "  --noise LEVEL     posix: disturb the threads: off, light (default), heavy\n"
    "  --mutator M       value or bytes: bytes leaves mutation to the engine (an ablation)\n"
    "  --schedule S      input or uniform: uniform ignores the input's schedule (an ablation)\n"
    "  --engine-dir DIR  folder of the engine's binaries\n"
    "  --no-canary       do not check first that the campaign can see\n"
    "  --no-minimize     keep inputs as they came\n"
    "  --json            the report as one JSON object on stdout\n"
    "\n"
    "examples: gproof hunt --mutant issue-74090      gproof hunt --time 8h --engine all --out "
    "night\n"
    "exit: 0 nothing found, 1 a violation, 2 usage, 3 environment, 4 blind\n";

enum { FOR_EVER = 400 * 24 * 3600 }; // seconds, where only --runs is a limit

struct hunt {
    struct campaign_config campaign;
    bool json, canary;
    bool has_seed, has_workers, has_findings, has_time;
    char out[FINDING_PATH_MAX];
};

enum {
    OPTION_TIME = 256,
    OPTION_WORKERS,
    OPTION_RUNS,
    OPTION_SEED,
    OPTION_ENGINE,
    OPTION_WORLD,
    OPTION_MUTANT,
    OPTION_AS,
    OPTION_CORPUS,
    OPTION_OUT,
    OPTION_FINDINGS,
    OPTION_NOISE,
    OPTION_MUTATOR,
    OPTION_SCHEDULE,
    OPTION_ENGINE_DIR,
    OPTION_NO_CANARY,
    OPTION_NO_MINIMIZE,
    OPTION_JSON,
    OPTION_HELP
};
static const struct option options[] = {
    {"time", required_argument, NULL, OPTION_TIME},
    {"workers", required_argument, NULL, OPTION_WORKERS},
    {"runs", required_argument, NULL, OPTION_RUNS},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"engine", required_argument, NULL, OPTION_ENGINE},
    {"world", required_argument, NULL, OPTION_WORLD},
    {"mutant", required_argument, NULL, OPTION_MUTANT},
    {"as", required_argument, NULL, OPTION_AS},
    {"corpus", required_argument, NULL, OPTION_CORPUS},
    {"out", required_argument, NULL, OPTION_OUT},
    {"findings", required_argument, NULL, OPTION_FINDINGS},
    {"noise", required_argument, NULL, OPTION_NOISE},
    {"mutator", required_argument, NULL, OPTION_MUTATOR},
    {"schedule", required_argument, NULL, OPTION_SCHEDULE},
    {"engine-dir", required_argument, NULL, OPTION_ENGINE_DIR},
    {"no-canary", no_argument, NULL, OPTION_NO_CANARY},
    {"no-minimize", no_argument, NULL, OPTION_NO_MINIMIZE},
    {"json", no_argument, NULL, OPTION_JSON},
    {"help", no_argument, NULL, OPTION_HELP},
    {0},
};

static bool set_engine(struct campaign_config *campaign, const char *text) {
    static const char *const engines[] = {"libfuzzer", "afl", "loop", "all"};
    int index;
    if (!option_word("--engine", text, engines, 4, &index))
        return false;
    bool all = index == ENGINE_COUNT;
    campaign->engines[0] = all ? ENGINE_LIBFUZZER : (enum engine)index;
    campaign->engines[1] = ENGINE_AFL;
    campaign->engines_count = all ? 2 : 1;
    return true;
}

static bool set_folder(const char *option, const char *folder) {
    struct stat status;
    if (stat(folder, &status) == 0 && S_ISDIR(status.st_mode))
        return true;
    fprintf(stderr, "%s: '%s' is no folder\n", option, folder);
    return false;
}

// Options that say how the inputs are made and read.
static bool take_ablation(struct hunt *hunt, int option) {
    static const char *const mutators[] = {"value", "bytes"}, *const schedules[] = {"input",
                                                                                    "uniform"};
    int index;
    if (option == OPTION_MUTATOR) {
        if (!option_word("--mutator", optarg, mutators, 2, &index))
            return false;
        hunt->campaign.bytes = index == 1;
        return true;
    }
    if (!option_word("--schedule", optarg, schedules, 2, &index))
        return false;
    hunt->campaign.uniform = index == 1;
    return true;
}

static bool take_number(struct hunt *hunt, int option) {
    struct campaign_config *campaign = &hunt->campaign;
    uint64_t value = 0;
    switch (option) {
    case OPTION_WORKERS:
        if (!option_uint("--workers", optarg, 1, CAMPAIGN_WORKERS_MAX, &value))
            return false;
        campaign->workers = (uint32_t)value;
        return hunt->has_workers = true;
    case OPTION_RUNS:
        return option_uint("--runs", optarg, 1, UINT64_MAX, &campaign->runs_max);
    case OPTION_FINDINGS:
        if (!option_uint("--findings", optarg, 1, CAMPAIGN_FINDINGS_MAX, &value))
            return false;
        campaign->findings_max = (uint32_t)value;
        return hunt->has_findings = true;
    case OPTION_NOISE:
        return option_noise("--noise", optarg, &campaign->subject.noise);
    default:
        if (!option_uint("--seed", optarg, 0, UINT64_MAX, &campaign->seed))
            return false;
        return hunt->has_seed = true;
    }
}

static bool take(struct hunt *hunt, int option) {
    struct campaign_config *campaign = &hunt->campaign;
    switch (option) {
    case OPTION_TIME:
        hunt->has_time = true;
        return option_duration("--time", optarg, &campaign->seconds);
    case OPTION_ENGINE:
        return set_engine(campaign, optarg);
    case OPTION_MUTANT:
        return option_mutant(&campaign->subject, optarg);
    case OPTION_AS:
        return option_version(&campaign->subject, optarg);
    case OPTION_CORPUS:
        campaign->corpus = optarg;
        return set_folder("--corpus", optarg);
    case OPTION_OUT:
        campaign->out = optarg;
        return true;
    case OPTION_ENGINE_DIR:
        campaign->engine_folder = optarg;
        return set_folder("--engine-dir", optarg);
    case OPTION_NO_CANARY:
        hunt->canary = false;
        return true;
    case OPTION_NO_MINIMIZE:
        campaign->minimize = false;
        return true;
    case OPTION_JSON:
        return hunt->json = true;
    case OPTION_WORLD: // main has seen to it
        return true;
    case OPTION_MUTATOR:
    case OPTION_SCHEDULE:
        return take_ablation(hunt, option);
    case OPTION_WORKERS:
    case OPTION_RUNS:
    case OPTION_FINDINGS:
    case OPTION_NOISE:
    case OPTION_SEED:
        return take_number(hunt, option);
    default: // getopt has said what is wrong
        return false;
    }
}

static void set_defaults(struct hunt *hunt) {
    bool posix = strcmp(exec_world(), "posix") == 0;
    *hunt = (struct hunt){.canary = true};
    subject_init(&hunt->campaign.subject);
    hunt->campaign.subject.noise = posix ? 1 : 0;
    hunt->campaign.seconds = 60;
    hunt->campaign.until = INVARIANT_COUNT;
    hunt->campaign.minimize = true;
    set_engine(&hunt->campaign, "libfuzzer");
}

// What depends on other options.
static void complete(struct hunt *hunt) {
    struct campaign_config *campaign = &hunt->campaign;
    const char *id;
    size_t size;
    bool mutant = subject_mutant(&campaign->subject, 0, &id, &size);
    if (!hunt->has_seed)
        campaign->seed = option_random_seed();
    if (!hunt->has_workers) {
        long cores = sysconf(_SC_NPROCESSORS_ONLN);
        campaign->workers = mutant || cores < 1            ? 1
                            : cores > CAMPAIGN_WORKERS_MAX ? CAMPAIGN_WORKERS_MAX
                                                           : (uint32_t)cores;
    }
    if (campaign->workers < (uint32_t)campaign->engines_count)
        campaign->workers = (uint32_t)campaign->engines_count;
    if (campaign->runs_max != 0 && !hunt->has_time)
        campaign->seconds = FOR_EVER;
    if (mutant && !hunt->has_findings)
        campaign->findings_max = 1;
    // A planted fault is an experiment: it begins with nothing, and needs no canary.
    campaign->fresh = mutant;
    hunt->canary = hunt->canary && !mutant;
    campaign->canary_every = hunt->canary ? 3600 : 0;
    if (campaign->out == NULL) {
        const char *world = strcmp(exec_world(), "posix") == 0 ? "-posix" : "";
        snprintf(hunt->out, sizeof hunt->out, "out/hunt%s%s%.*s", world, mutant ? "-" : "",
                 mutant ? (int)size : 0, mutant ? id : "");
        campaign->out = hunt->out;
    }
}

static void found(void *user, const struct finding *finding, const char *story) {
    const struct hunt *hunt = user;
    if (hunt->json)
        fprintf(stderr, "found: %s %016llx in %s\n", invariant_info(finding->invariant)->id,
                (unsigned long long)finding->signature, finding->folder);
    else
        printf("%s\n", story);
    fflush(NULL);
}

// The page of the campaign, and where it is. A campaign that never began leaves the last one's.
static bool put_files(const struct hunt *hunt, const struct campaign_result *result) {
    if (result->end == CAMPAIGN_ENVIRONMENT && result->executions == 0)
        return true;
    struct strbuf name = {0};
    campaign_page_name(hunt->campaign.out, &name);
    bool written = campaign_files_write(&hunt->campaign, result) == 0;
    if (written)
        fprintf(hunt->json ? stderr : stdout, "page: %s\n", name.text);
    strbuf_fini(&name);
    return written;
}

// A canary stayed silent, as result->why says, and something else broke in its place: the hunt
// shows what. If it finds nothing, it was blind.
static void hunt_in_doubt(const struct campaign_config *campaign, struct campaign_result *result) {
    char why[sizeof result->why];
    memcpy(why, result->why, sizeof why);
    fprintf(stderr, "%s; something else broke instead, so it goes on\n", why);
    campaign_run(campaign, result);
    if (result->end != CAMPAIGN_TIME || result->findings_count != 0)
        return;
    result->end = CAMPAIGN_BLIND;
    memcpy(result->why, why, sizeof why);
}

static int run(struct hunt *hunt, struct campaign_result *result) {
    struct campaign_config *campaign = &hunt->campaign;
    fprintf(hunt->json ? stderr : stdout, "seed %llu\n", (unsigned long long)campaign->seed);
    fflush(NULL);
    for (int i = 0; i < campaign->engines_count; i++)
        if (!engine_ready(campaign->engines[i], campaign->engine_folder))
            return VERB_ENVIRONMENT;
    bool broken = false;
    *result = (struct campaign_result){.end = CAMPAIGN_ENOUGH};
    if (hunt->canary)
        result->end = canary_check(campaign, result->why, sizeof result->why, &broken);
    if (broken)
        hunt_in_doubt(campaign, result);
    else if (result->end == CAMPAIGN_ENOUGH)
        campaign_run(campaign, result);
    struct strbuf text = {0};
    if (hunt->json)
        campaign_report_json(&text, campaign, result);
    else
        campaign_report_text(&text, campaign, result,
                             isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL);
    fputs(text.text, stdout);
    if (hunt->json && result->why[0] != '\0')
        fprintf(stderr, "%s\n", result->why);
    strbuf_fini(&text);
    int code = campaign_exit(result);
    return put_files(hunt, result) ? code : VERB_ENVIRONMENT;
}

int verb_hunt(int argc, char **argv) {
    if (option_given("--against", argc, argv))
        return verb_against(argc, argv);
    struct hunt hunt;
    set_defaults(&hunt);
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == OPTION_HELP) {
            fputs(help_text, stdout);
            return VERB_NOTHING_FOUND;
        }
        if (!take(&hunt, option))
            return VERB_USAGE;
    }
    if (optind != argc) {
        fprintf(stderr, "%s: '%s' is no option; see --help\n", argv[0], argv[optind]);
        return VERB_USAGE;
    }
    complete(&hunt);
    hunt.campaign.found = found;
    hunt.campaign.user = &hunt;
    struct campaign_result *result = malloc(sizeof *result);
    if (result == NULL) {
        perror(argv[0]);
        return VERB_ENVIRONMENT;
    }
    int code = run(&hunt, result);
    free(result);
    return code;
}

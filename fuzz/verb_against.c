#include "verb.h"

#include "against.h"
#include "json.h"
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help_text[] =
    "usage: gproof hunt --against REV [OPTIONS]\n"
    "\n"
    "The same hunt on two trees: this one, and revision REV of its repository, which is written "
    "out\n"
    "and built below the build folder. Same seed, same budget, each judged by its own oracle, "
    "virtual\n"
    "world, loop engine. Says which invariants break in which, and which workloads tell the two "
    "apart:\n"
    "findings of one that the other does not confirm, and kept inputs with another verdict.\n"
    "\n"
    "  --time T          for each hunt, and for comparing what they kept (default 60s)\n"
    "  --seed N          of both (default: random, printed first)\n"
    "  --workers N       engine processes of each hunt (default 1: repeatable)\n"
    "  --findings N      a hunt ends after so many distinct findings (default 5)\n"
    "  --repository DIR  of git, that holds REV (default: this tree)\n"
    "  --out DIR         folder of both hunts (default out/against)\n"
    "  --json            one JSON object on stdout\n"
    "\n"
    "example: gproof hunt --against HEAD~1 --time 5m\n"
    "exit: 0 nothing found and nothing apart, 1 a violation or a difference, 2 usage or no such\n"
    "revision, 3 environment: REV does not build, an engine died, 4 blind\n";

enum {
    OPTION_AGAINST = 256,
    OPTION_TIME,
    OPTION_SEED,
    OPTION_WORKERS,
    OPTION_FINDINGS,
    OPTION_REPOSITORY,
    OPTION_OUT,
    OPTION_JSON,
    OPTION_HELP
};
static const struct option options[] = {{"against", required_argument, NULL, OPTION_AGAINST},
                                        {"time", required_argument, NULL, OPTION_TIME},
                                        {"seed", required_argument, NULL, OPTION_SEED},
                                        {"workers", required_argument, NULL, OPTION_WORKERS},
                                        {"findings", required_argument, NULL, OPTION_FINDINGS},
                                        {"repository", required_argument, NULL, OPTION_REPOSITORY},
                                        {"out", required_argument, NULL, OPTION_OUT},
                                        {"json", no_argument, NULL, OPTION_JSON},
                                        {"help", no_argument, NULL, OPTION_HELP},
                                        {0}};

static bool take(struct against_config *config, int option, bool *json) {
    switch (option) {
    case OPTION_AGAINST:
        config->revision = optarg;
        return true;
    case OPTION_TIME:
        return option_duration("--time", optarg, &config->seconds);
    case OPTION_SEED:
        return option_uint("--seed", optarg, 0, UINT64_MAX, &config->seed);
    case OPTION_WORKERS:
        return option_uint("--workers", optarg, 1, 64, &config->workers);
    case OPTION_FINDINGS:
        return option_uint("--findings", optarg, 1, 256, &config->findings);
    case OPTION_REPOSITORY:
        config->repository = optarg;
        return true;
    case OPTION_OUT:
        config->out = optarg;
        return true;
    case OPTION_JSON:
        return *json = true;
    default: // getopt has said what is wrong
        return false;
    }
}

// ---- the answer ---------------------------------------------------------------------------------

// The first finding of this invariant on a side, or NULL.
static const struct against_workload *finding_of(const struct against *against, enum side side,
                                                 const char *invariant) {
    for (size_t i = 0; i < against->count; i++) {
        const struct against_workload *workload = &against->workloads[i];
        if (workload->finding && workload->from == side &&
            strcmp(workload->invariant, invariant) == 0)
            return workload;
    }
    return NULL;
}

// Is this the first workload that tells of its invariant, whatever the side?
static bool is_first(const struct against *against, size_t index) {
    const char *invariant = against->workloads[index].invariant;
    for (size_t i = 0; i < index; i++)
        if (against->workloads[i].finding &&
            strcmp(against->workloads[i].invariant, invariant) == 0)
            return false;
    return against->workloads[index].finding;
}

static void print_cell(const struct against_workload *finding) {
    if (finding == NULL)
        printf("  %-26s", "-");
    else
        printf("  after %10.0f executions", finding->executions);
}

static const char *verdict_of(const struct against_verdict *verdict) {
    return verdict->invariant[0] != '\0' ? verdict->invariant : verdict->verdict;
}

static void print_text(const struct against *against) {
    printf("%-28s  %-26s  %s (%.12s)\n", "", "this tree", against->config.revision,
           against->commit);
    printf("%-28s  %-26.0f  %.0f\n", "executions", against->executions[SIDE_HERE],
           against->executions[SIDE_THERE]);
    for (size_t i = 0; i < against->count; i++) {
        if (!is_first(against, i))
            continue;
        printf("%-28s", against->workloads[i].invariant);
        for (int side = 0; side < SIDE_COUNT; side++)
            print_cell(finding_of(against, (enum side)side, against->workloads[i].invariant));
        printf("\n");
    }
    printf("\n%zu workloads replayed on both, %zu with another trace; these tell them apart:\n",
           against->compared, against->other_traces);
    size_t apart = 0;
    for (size_t i = 0; i < against->count; i++) {
        const struct against_workload *workload = &against->workloads[i];
        if (!against_is_apart(workload))
            continue;
        printf("  %s\n    this tree: %s; %s: %s\n", workload->file,
               verdict_of(&workload->by[SIDE_HERE]), against->config.revision,
               verdict_of(&workload->by[SIDE_THERE]));
        apart++;
    }
    if (apart == 0)
        printf("  none\n");
}

static void put_verdict(struct json *json, const char *key, const struct against_verdict *verdict) {
    json_object(json, key);
    json_string(json, "verdict", verdict->verdict);
    json_string(json, "invariant", verdict->invariant[0] != '\0' ? verdict->invariant : NULL);
    json_string(json, "trace_hash", verdict->trace_hash[0] != '\0' ? verdict->trace_hash : NULL);
    json_end_object(json);
}

static void put_side(struct json *json, const struct against *against, enum side side) {
    json_object(json, side_names[side]);
    json_uint(json, "executions", (uint64_t)against->executions[side]);
    json_real(json, "seconds", against->hunted_seconds[side]);
    json_array(json, "findings");
    for (size_t i = 0; i < against->count; i++) {
        const struct against_workload *workload = &against->workloads[i];
        if (!workload->finding || workload->from != side)
            continue;
        json_object(json, NULL);
        json_string(json, "invariant", workload->invariant);
        json_uint(json, "executions", (uint64_t)workload->executions);
        json_real(json, "seconds", workload->seconds);
        json_string(json, "text", workload->file);
        json_end_object(json);
    }
    json_end_array(json);
    json_end_object(json);
}

static void print_json(const struct against *against) {
    struct strbuf text = {0};
    struct json json;
    json_init(&json, &text);
    json_object(&json, NULL);
    json_uint(&json, "seed", against->config.seed);
    json_string(&json, "revision", against->config.revision);
    json_string(&json, "commit", against->commit);
    for (int side = 0; side < SIDE_COUNT; side++)
        put_side(&json, against, (enum side)side);
    json_uint(&json, "compared", against->compared);
    json_uint(&json, "other_traces", against->other_traces);
    json_array(&json, "apart");
    for (size_t i = 0; i < against->count; i++) {
        const struct against_workload *workload = &against->workloads[i];
        if (!against_is_apart(workload))
            continue;
        json_object(&json, NULL);
        json_string(&json, "file", workload->file);
        json_string(&json, "from", side_names[workload->from]);
        for (int side = 0; side < SIDE_COUNT; side++)
            put_verdict(&json, side_names[side], &workload->by[side]);
        json_end_object(&json);
    }
    json_end_array(&json);
    json_end_object(&json);
    fputs(text.text, stdout);
    strbuf_fini(&text);
}

int verb_against(int argc, char **argv) {
    struct against against = {.config = {.repository = GPROOF_TREE,
                                         .out = "out/against",
                                         .seed = option_random_seed(),
                                         .workers = 1,
                                         .findings = 5,
                                         .seconds = 60}};
    bool json = false;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == OPTION_HELP) {
            fputs(help_text, stdout);
            return VERB_NOTHING_FOUND;
        }
        if (!take(&against.config, option, &json))
            return VERB_USAGE;
    }
    if (optind != argc) {
        fprintf(stderr, "%s: '%s' is no option; see --against x --help\n", argv[0], argv[optind]);
        return VERB_USAGE;
    }
    const char *builds = getenv("GPROOF_BUILD");
    struct strbuf folder = {0};
    strbuf_printf(&folder, "%s/against", builds != NULL ? builds : "build");
    against.config.builds = folder.text;
    fprintf(json ? stderr : stdout, "seed %llu\n", (unsigned long long)against.config.seed);
    fflush(NULL);
    int code = against_build(&against);
    if (code == VERB_NOTHING_FOUND) {
        code = against_run(&against);
        if (code <= VERB_VIOLATION)
            (json ? print_json : print_text)(&against);
    }
    against_fini(&against);
    strbuf_fini(&folder);
    return code;
}

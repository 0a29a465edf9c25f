#include "verb.h"

#include "campaign.h"
#include "json.h"
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help_text[] =
    "usage: gproof mutants [--run] [OPTIONS]\n"
    "\n"
    "The deliberate faults of the runtime. Without --run: list them. With it: hunt each from an "
    "empty\n"
    "corpus with one worker, and say which invariant caught it, and when.\n"
    "\n"
    "  --run             measure\n"
    "  --mutant ID       only this one; may be repeated\n"
    "  --time T          for one mutant and seed (default 60s)\n"
    "  --seeds N         how many seeds (default 1)\n"
    "  --seed N          the first (default 1)\n"
    "  --engine E        libfuzzer, afl or loop (default libfuzzer)\n"
    "  --engine-dir DIR  folder of the engine's binaries\n"
    "  --world W         virtual or posix (default virtual): mutants it cannot show are left out\n"
    "  --noise N         posix: 0 off, 1 light, 2 heavy (default 1)\n"
    "  --out DIR         working folder (default out/mutants)\n"
    "  --json            one JSON object on stdout\n"
    "\n"
    "example: gproof mutants --run --time 60s --seeds 5\n"
    "exit: 0 all killed (or listed), 1 a mutant survived, 2 usage, 3 environment, 4 blind\n";

enum { SEEDS_MAX = 1000 };

struct sample {
    bool killed;
    enum invariant by;
    uint64_t executions;
    double seconds;
};

struct mutants {
    bool run, json;
    struct subject chosen; // its names: the mutants asked for; all if none
    double seconds;
    uint64_t seeds, seed, noise;
    enum engine engine;
    const char *engine_folder, *out;
    struct sample samples[SEEDS_MAX];
    struct campaign_result result;
};

enum {
    OPTION_RUN = 256,
    OPTION_MUTANT,
    OPTION_TIME,
    OPTION_SEEDS,
    OPTION_SEED,
    OPTION_ENGINE,
    OPTION_ENGINE_DIR,
    OPTION_WORLD,
    OPTION_NOISE,
    OPTION_OUT,
    OPTION_JSON,
    OPTION_HELP
};
static const struct option options[] = {{"run", no_argument, NULL, OPTION_RUN},
                                        {"mutant", required_argument, NULL, OPTION_MUTANT},
                                        {"time", required_argument, NULL, OPTION_TIME},
                                        {"seeds", required_argument, NULL, OPTION_SEEDS},
                                        {"seed", required_argument, NULL, OPTION_SEED},
                                        {"engine", required_argument, NULL, OPTION_ENGINE},
                                        {"engine-dir", required_argument, NULL, OPTION_ENGINE_DIR},
                                        {"world", required_argument, NULL, OPTION_WORLD},
                                        {"noise", required_argument, NULL, OPTION_NOISE},
                                        {"out", required_argument, NULL, OPTION_OUT},
                                        {"json", no_argument, NULL, OPTION_JSON},
                                        {"help", no_argument, NULL, OPTION_HELP},
                                        {0}};

static bool take(struct mutants *mutants, int option) {
    static const char *const engines[] = {"libfuzzer", "afl", "loop"};
    int index;
    switch (option) {
    case OPTION_RUN:
        return mutants->run = true;
    case OPTION_MUTANT:
        return option_mutant(&mutants->chosen, optarg);
    case OPTION_TIME:
        return option_duration("--time", optarg, &mutants->seconds);
    case OPTION_SEEDS:
        return option_uint("--seeds", optarg, 1, SEEDS_MAX, &mutants->seeds);
    case OPTION_SEED:
        return option_uint("--seed", optarg, 0, UINT64_MAX - SEEDS_MAX, &mutants->seed);
    case OPTION_NOISE:
        return option_uint("--noise", optarg, 0, SUBJECT_NOISE_MAX, &mutants->noise);
    case OPTION_ENGINE:
        if (!option_word("--engine", optarg, engines, ENGINE_COUNT, &index))
            return false;
        mutants->engine = (enum engine)index;
        return true;
    case OPTION_ENGINE_DIR:
        mutants->engine_folder = optarg;
        return true;
    case OPTION_OUT:
        mutants->out = optarg;
        return true;
    case OPTION_JSON:
        return mutants->json = true;
    case OPTION_WORLD: // main has seen to it
        return true;
    default:
        return false;
    }
}

static bool is_chosen(const struct mutants *mutants, enum mutant mutant) {
    return mutants->chosen.names[0] == '\0' || mutant_in(&mutants->chosen.mutants, mutant);
}

static bool is_visible(enum mutant mutant) {
    const char *worlds = mutant_info(mutant)->worlds;
    return strcmp(worlds, "both") == 0 || strcmp(worlds, exec_world()) == 0;
}

// ---- the list -----------------------------------------------------------------------------------

static void list(const struct mutants *mutants) {
    if (!mutants->json) {
        for (int i = 0; i < MUTANT_COUNT; i++) {
            const struct mutant_info *info = mutant_info((enum mutant)i);
            if (is_chosen(mutants, (enum mutant)i))
                printf("%-26s %s\n%-26s breaks %s; %s world%s; depth %d; %s\n", info->id,
                       info->title, "", info->invariant, info->worlds,
                       strcmp(info->worlds, "both") == 0 ? "s" : "", info->depth, info->source);
        }
        return;
    }
    struct strbuf text = {0};
    struct json json;
    json_init(&json, &text);
    json_object(&json, NULL);
    json_array(&json, "mutants");
    for (int i = 0; i < MUTANT_COUNT; i++) {
        const struct mutant_info *info = mutant_info((enum mutant)i);
        if (!is_chosen(mutants, (enum mutant)i))
            continue;
        json_object(&json, NULL);
        json_string(&json, "id", info->id);
        json_string(&json, "title", info->title);
        json_string(&json, "source", info->source);
        json_string(&json, "invariant", info->invariant);
        json_string(&json, "worlds", info->worlds);
        json_uint(&json, "depth", (uint64_t)info->depth);
        json_end_object(&json);
    }
    json_end_array(&json);
    json_end_object(&json);
    fputs(text.text, stdout);
    strbuf_fini(&text);
}

// ---- the measurement ----------------------------------------------------------------------------

// Hunt one mutant under one seed until the invariant that it must break is found broken.
static enum campaign_end hunt(struct mutants *mutants, enum mutant mutant, uint64_t seed,
                              struct sample *sample) {
    const struct mutant_info *info = mutant_info(mutant);
    struct strbuf out = {0};
    strbuf_printf(&out, "%s/%s", mutants->out, info->id);
    struct campaign_config config = {
        .engines = {mutants->engine},
        .engines_count = 1,
        .engine_folder = mutants->engine_folder,
        .workers = 1,
        .seed = seed,
        .seconds = mutants->seconds,
        .until = invariant_parse(info->invariant),
        .out = out.text,
        .fresh = true,
        .quiet = true,
    };
    subject_init(&config.subject);
    config.subject.noise = (uint32_t)mutants->noise;
    subject_add_mutant(&config.subject, info->id);
    struct campaign_result *result = &mutants->result;
    campaign_run(&config, result);
    strbuf_fini(&out);
    // The one it must be caught by; failing that, the first that caught it.
    *sample = (struct sample){.executions = result->executions, .seconds = result->seconds};
    for (uint32_t i = 0; i < result->findings_count; i++) {
        const struct finding *finding = &result->findings[i];
        if (sample->killed && finding->invariant != config.until)
            continue;
        *sample = (struct sample){true, finding->invariant, finding->executions, finding->seconds};
        if (finding->invariant == config.until)
            break;
    }
    return result->end;
}

static int by_executions(const void *a, const void *b) {
    const struct sample *x = a, *y = b;
    return (x->executions > y->executions) - (x->executions < y->executions);
}

static int by_seconds(const void *a, const void *b) {
    const struct sample *x = a, *y = b;
    return (x->seconds > y->seconds) - (x->seconds < y->seconds);
}

static void print_row(const struct mutants *mutants, enum mutant mutant, struct json *json) {
    const struct mutant_info *info = mutant_info(mutant);
    struct sample sorted[SEEDS_MAX];
    size_t count = mutants->seeds;
    memcpy(sorted, mutants->samples, count * sizeof sorted[0]);
    uint64_t killed = 0;
    const struct sample *odd = NULL; // a seed under which it survived, or another invariant saw it
    for (size_t i = 0; i < count; i++) {
        killed += sorted[i].killed;
        if (sorted[i].killed && strcmp(invariant_info(sorted[i].by)->id, info->invariant) != 0)
            odd = &mutants->samples[i];
    }
    const char *by = killed == 0   ? NULL
                     : odd != NULL ? invariant_info(odd->by)->id
                                   : info->invariant;
    qsort(sorted, count, sizeof sorted[0], by_executions);
    uint64_t executions = sorted[count / 2].executions;
    qsort(sorted, count, sizeof sorted[0], by_seconds);
    double seconds = sorted[count / 2].seconds, worst = sorted[count - 1].seconds;
    if (json == NULL) {
        printf("%-26s %-9s %8llu executions %8.3f s, worst %8.3f s  by %s%s\n", info->id,
               killed == count ? "killed"
               : killed == 0   ? "SURVIVED"
                               : "AT TIMES",
               (unsigned long long)executions, seconds, worst, by != NULL ? by : "-",
               odd != NULL ? " (another was expected)" : "");
        fflush(stdout);
        return;
    }
    json_object(json, NULL);
    json_string(json, "id", info->id);
    json_bool(json, "killed", killed == count);
    json_string(json, "invariant", info->invariant);
    json_string(json, "killed_by", by);
    json_uint(json, "executions", executions);
    json_real(json, "seconds", seconds);
    json_real(json, "worst_seconds", worst);
    json_uint(json, "seeds", count);
    json_uint(json, "seeds_killed", killed);
    json_end_object(json);
}

static int measure(struct mutants *mutants, struct json *json) {
    int code = VERB_NOTHING_FOUND;
    for (int i = 0; i < MUTANT_COUNT; i++) {
        enum mutant mutant = (enum mutant)i;
        if (!is_chosen(mutants, mutant) || !is_visible(mutant))
            continue;
        for (uint64_t k = 0; k < mutants->seeds; k++) {
            enum campaign_end end = hunt(mutants, mutant, mutants->seed + k, &mutants->samples[k]);
            if (end == CAMPAIGN_INTERRUPTED || end == CAMPAIGN_ENVIRONMENT ||
                end == CAMPAIGN_BLIND || end == CAMPAIGN_NONDETERMINISTIC) {
                fprintf(stderr, "%s: %s\n", mutant_info(mutant)->id,
                        end == CAMPAIGN_INTERRUPTED ? "interrupted" : mutants->result.why);
                return end == CAMPAIGN_BLIND ? VERB_BLIND : VERB_ENVIRONMENT;
            }
            if (!mutants->samples[k].killed)
                code = VERB_VIOLATION;
        }
        print_row(mutants, mutant, json);
    }
    return code;
}

static int run(struct mutants *mutants) {
    if (!engine_ready(mutants->engine, mutants->engine_folder))
        return VERB_ENVIRONMENT;
    if (!mutants->json)
        return measure(mutants, NULL);
    struct strbuf text = {0};
    struct json json;
    json_init(&json, &text);
    json_object(&json, NULL);
    json_uint(&json, "seed", mutants->seed);
    json_string(&json, "world", exec_world());
    json_string(&json, "engine", engine_name(mutants->engine));
    json_array(&json, "mutants");
    int code = measure(mutants, &json);
    json_end_array(&json);
    json_end_object(&json);
    fputs(text.text, stdout);
    strbuf_fini(&text);
    return code;
}

int verb_mutants(int argc, char **argv) {
    static struct mutants mutants; // large, and the verb runs once
    mutants.seconds = 60;
    mutants.seeds = mutants.seed = 1;
    mutants.noise = strcmp(exec_world(), "posix") == 0;
    mutants.out = "out/mutants";
    subject_init(&mutants.chosen);
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == OPTION_HELP) {
            fputs(help_text, stdout);
            return VERB_NOTHING_FOUND;
        }
        if (!take(&mutants, option))
            return VERB_USAGE;
    }
    if (optind != argc) {
        fprintf(stderr, "%s: '%s' is no option; see --help\n", argv[0], argv[optind]);
        return VERB_USAGE;
    }
    if (mutants.run)
        return run(&mutants);
    list(&mutants);
    return VERB_NOTHING_FOUND;
}

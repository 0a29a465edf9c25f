#include "verb.h"

#include "bench.h"
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char help_text[] =
    "usage: gproof bench NAME [OPTIONS]\n"
    "\n"
    "  executions        the reference workload: executions a second, and where the time goes\n"
    "  hunt              executions and seconds to find golang/go#74090 from an empty corpus, "
    "against\n"
    "                    blind bytes with a uniform walk on the same build\n"
    "  ablation          a fixed set of mutants: the tuned generator against uniform ops and "
    "against "
    "the\n"
    "                    engine's own mutators, with corpus/seeds and without\n"
    "  stress            how often a run on real threads shows golang/go#74090, beside Go's own "
    "test\n"
    "  runtime           yields, channels, goroutines and profiles on real threads, beside Go\n"
    "\n"
    "  --rounds N        executions, runtime: measurements, of which the median counts (default "
    "9;\n"
    "                    runtime: at least 5)\n"
    "  --seeds N         hunt, ablation: seeds 1 to N (default 20; ablation: 3)\n"
    "  --time T          hunt, ablation: at most so long for one seed (default 60s; ablation: 5s)\n"
    "  --engine E        hunt: libfuzzer, afl or loop (default libfuzzer)\n"
    "  --engine-dir DIR  hunt: folder of the engine's binaries\n"
    "  --world W         virtual or posix (default virtual)\n"
    "  --out DIR         hunt, runtime: working folder (default out/bench)\n"
    "  --json            one JSON object on stdout\n"
    "\n"
    "example: gproof bench executions\n";

enum {
    OPTION_ROUNDS = 256,
    OPTION_SEEDS,
    OPTION_TIME,
    OPTION_ENGINE,
    OPTION_ENGINE_DIR,
    OPTION_WORLD,
    OPTION_OUT,
    OPTION_JSON,
    OPTION_HELP
};
static const struct option options[] = {{"rounds", required_argument, NULL, OPTION_ROUNDS},
                                        {"seeds", required_argument, NULL, OPTION_SEEDS},
                                        {"time", required_argument, NULL, OPTION_TIME},
                                        {"engine", required_argument, NULL, OPTION_ENGINE},
                                        {"engine-dir", required_argument, NULL, OPTION_ENGINE_DIR},
                                        {"world", required_argument, NULL, OPTION_WORLD},
                                        {"out", required_argument, NULL, OPTION_OUT},
                                        {"json", no_argument, NULL, OPTION_JSON},
                                        {"help", no_argument, NULL, OPTION_HELP},
                                        {0}};

static bool take(struct bench_config *config, int option) {
    static const char *const engines[] = {"libfuzzer", "afl", "loop"};
    int index;
    switch (option) {
    case OPTION_ROUNDS:
        return option_uint("--rounds", optarg, 1, BENCH_ROUNDS_MAX, &config->rounds);
    case OPTION_SEEDS:
        return option_uint("--seeds", optarg, 1, BENCH_ROUNDS_MAX, &config->seeds);
    case OPTION_TIME:
        return option_duration("--time", optarg, &config->seconds);
    case OPTION_ENGINE:
        if (!option_word("--engine", optarg, engines, ENGINE_COUNT, &index))
            return false;
        config->engine = (enum engine)index;
        return true;
    case OPTION_ENGINE_DIR:
        config->engine_folder = optarg;
        return true;
    case OPTION_OUT:
        config->out = optarg;
        return true;
    case OPTION_JSON:
        return config->json = true;
    case OPTION_WORLD: // main has seen to it
        return true;
    default:
        return false;
    }
}

static void print(const struct bench_config *config, const struct bench_results *results) {
    struct strbuf text = {0};
    struct json json;
    json_init(&json, &text);
    json_object(&json, NULL);
    json_string(&json, "world", exec_world());
    json_array(&json, "results");
    for (uint32_t i = 0; i < results->count; i++) {
        const struct bench_result *row = &results->row[i];
        if (!config->json) {
            printf("%-42s %14.6g %-18s", row->name, row->value, row->unit);
            if (row->against != NULL)
                printf(" against %s: %.3g times", row->against, row->ratio);
            printf("\n");
            continue;
        }
        json_object(&json, NULL);
        json_string(&json, "name", row->name);
        json_real(&json, "value", row->value);
        json_string(&json, "unit", row->unit);
        json_string(&json, "against", row->against);
        if (row->against != NULL)
            json_real(&json, "ratio", row->ratio);
        else
            json_string(&json, "ratio", NULL);
        json_end_object(&json);
    }
    json_end_array(&json);
    json_end_object(&json);
    if (config->json)
        fputs(text.text, stdout);
    strbuf_fini(&text);
}

int verb_bench(int argc, char **argv) {
    struct bench_config config = {.rounds = 9, .out = "out/bench"};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == OPTION_HELP) {
            fputs(help_text, stdout);
            return VERB_NOTHING_FOUND;
        }
        if (!take(&config, option))
            return VERB_USAGE;
    }
    static const char *const names[] = {"executions", "hunt", "runtime", "ablation", "stress"};
    int index;
    if (optind != argc - 1) {
        fprintf(stderr, "%s: expected the name of one benchmark; see --help\n", argv[0]);
        return VERB_USAGE;
    }
    if (!option_word(argv[0], argv[optind], names, 5, &index))
        return VERB_USAGE;
    bool ablation = strcmp(names[index], "ablation") == 0;
    if (config.seeds == 0)
        config.seeds = ablation ? 3 : 20;
    if (config.seconds <= 0)
        config.seconds = ablation ? 5 : 60;
    static struct bench_results results;
    static int (*const run[])(const struct bench_config *config, struct bench_results *results) = {
        bench_executions, bench_hunt, bench_runtime, bench_ablation, bench_stress};
    int code = run[index](&config, &results);
    if (code == VERB_NOTHING_FOUND)
        print(&config, &results);
    return code;
}

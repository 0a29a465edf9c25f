#include "verb.h"

#include "json.h"
#include "kill.h"
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help_text[] =
    "usage: gproof mutants [--run] [OPTIONS]\n"
    "       gproof mutants --automatic [OPTIONS] FILE...\n"
    "\n"
    "The deliberate faults of the runtime. Without --run: list them. With it: hunt each from an "
    "empty\n"
    "corpus with one worker, and say which invariant caught it, and when.\n"
    "\n"
    "  --invariants      list the promises instead: what each says, where Go makes it, and which "
    "mutants\n"
    "                    it must catch\n"
    "  --run             measure\n"
    "  --automatic       hunt every small change of the sources FILE... that operators over C "
    "make;\n"
    "                    its options: gproof mutants --automatic --help\n"
    "  --mutant ID       only this one; may be repeated\n"
    "  --time T          for one mutant and seed (default 60s)\n"
    "  --seeds N         how many seeds (default 1)\n"
    "  --seed N          the first (default 1)\n"
    "  --engine E        libfuzzer, afl or loop (default libfuzzer)\n"
    "  --engine-dir DIR  folder of the engine's binaries\n"
    "  --world W         virtual or posix (default virtual): mutants it cannot show are left out. "
    "On real\n"
    "                    threads the stress driver tries them, and no engine\n"
    "  --sanitizer KIND  thread, address or none (default); ./gproof chooses the build by it. "
    "Under "
    "TSan\n"
    "                    data races are among the mutants\n"
    "  --noise LEVEL     posix: disturb the threads: off, light, heavy (default)\n"
    "  --out DIR         working folder (default out/mutants)\n"
    "  --csv FILE        with --run: the kill matrix, mutants by invariants, as CSV\n"
    "  --page FILE       with --run: the same as one HTML page that needs no other file\n"
    "  --json            one JSON object on stdout\n"
    "\n"
    "Behind the table: which mutants only one invariant saw, and which invariants could be left\n"
    "out without losing a mutant of this list.\n"
    "\n"
    "example: gproof mutants --run --time 60s --seeds 5 --page matrix.html\n"
    "exit: 0 all killed (or listed), 1 a mutant survived, 2 usage, 3 environment, 4 blind\n";

struct mutants {
    bool run, json, invariants;
    struct subject chosen; // its names: the mutants asked for; all if none
    struct kill_config config;
    const char *csv, *page; // files, or NULL
    struct kill_rows rows;
};

enum {
    OPTION_RUN = 256,
    OPTION_INVARIANTS,
    OPTION_MUTANT,
    OPTION_TIME,
    OPTION_SEEDS,
    OPTION_SEED,
    OPTION_ENGINE,
    OPTION_ENGINE_DIR,
    OPTION_WORLD,
    OPTION_NOISE,
    OPTION_OUT,
    OPTION_CSV,
    OPTION_PAGE,
    OPTION_JSON,
    OPTION_HELP
};
static const struct option options[] = {{"run", no_argument, NULL, OPTION_RUN},
                                        {"invariants", no_argument, NULL, OPTION_INVARIANTS},
                                        {"mutant", required_argument, NULL, OPTION_MUTANT},
                                        {"time", required_argument, NULL, OPTION_TIME},
                                        {"seeds", required_argument, NULL, OPTION_SEEDS},
                                        {"seed", required_argument, NULL, OPTION_SEED},
                                        {"engine", required_argument, NULL, OPTION_ENGINE},
                                        {"engine-dir", required_argument, NULL, OPTION_ENGINE_DIR},
                                        {"world", required_argument, NULL, OPTION_WORLD},
                                        {"noise", required_argument, NULL, OPTION_NOISE},
                                        {"out", required_argument, NULL, OPTION_OUT},
                                        {"csv", required_argument, NULL, OPTION_CSV},
                                        {"page", required_argument, NULL, OPTION_PAGE},
                                        {"json", no_argument, NULL, OPTION_JSON},
                                        {"help", no_argument, NULL, OPTION_HELP},
                                        {0}};

static bool take(struct mutants *mutants, int option) {
    static const char *const engines[] = {"libfuzzer", "afl", "loop"};
    int index;
    switch (option) {
    case OPTION_RUN:
        return mutants->run = true;
    case OPTION_INVARIANTS:
        return mutants->invariants = true;
    case OPTION_MUTANT:
        return option_mutant(&mutants->chosen, optarg);
    case OPTION_TIME:
        return option_duration("--time", optarg, &mutants->config.seconds);
    case OPTION_SEEDS:
        return option_uint("--seeds", optarg, 1, KILL_SEEDS_MAX, &mutants->config.seeds);
    case OPTION_SEED:
        return option_uint("--seed", optarg, 0, UINT64_MAX - KILL_SEEDS_MAX, &mutants->config.seed);
    case OPTION_NOISE:
        return option_noise("--noise", optarg, &mutants->config.noise);
    case OPTION_ENGINE:
        if (!option_word("--engine", optarg, engines, ENGINE_COUNT, &index))
            return false;
        mutants->config.engine = (enum engine)index;
        return true;
    case OPTION_ENGINE_DIR:
        mutants->config.engine_folder = optarg;
        return true;
    case OPTION_OUT:
        mutants->config.out = optarg;
        return true;
    case OPTION_CSV:
        mutants->csv = optarg;
        return true;
    case OPTION_PAGE:
        mutants->page = optarg;
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

// ---- the list -----------------------------------------------------------------------------------

// The versions of the protocol that a fault lives in: a known finding of each.
static void print_versions(enum mutant mutant) {
    bool first = true;
    for (size_t i = 0; version_name(i) != NULL; i++) {
        if (!version_holds(i, mutant))
            continue;
        printf("%s%s", first ? "; lives in " : ", ", version_name(i));
        first = false;
    }
    putchar('\n');
}

static const char *worlds_name(const char *worlds) {
    return strcmp(worlds, "both") == 0    ? "both worlds"
           : strcmp(worlds, "tsan") == 0  ? "both worlds under TSan only"
           : strcmp(worlds, "weak") == 0  ? "weak memory only"
           : strcmp(worlds, "posix") == 0 ? "real threads only"
                                          : "the virtual world only";
}

static void list(const struct mutants *mutants) {
    if (!mutants->json) {
        for (int i = 0; i < MUTANT_COUNT; i++) {
            const struct mutant_info *info = mutant_info((enum mutant)i);
            if (!is_chosen(mutants, (enum mutant)i))
                continue;
            printf("%-26s %s\n%-26s breaks %s; shown by %s; depth %d; %s", info->id, info->title,
                   "", info->invariant, worlds_name(info->worlds), info->depth, info->source);
            print_versions((enum mutant)i);
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
        json_array(&json, "versions");
        for (size_t k = 0; version_name(k) != NULL; k++)
            if (version_holds(k, (enum mutant)i))
                json_string(&json, NULL, version_name(k));
        json_end_array(&json);
        json_end_object(&json);
    }
    json_end_array(&json);
    json_end_object(&json);
    fputs(text.text, stdout);
    strbuf_fini(&text);
}

// ---- the promises -------------------------------------------------------------------------------

static bool must_catch(int mutant, int invariant) {
    return invariant_parse(mutant_info((enum mutant)mutant)->invariant) ==
           (enum invariant)invariant;
}

static void print_invariants(void) {
    for (int i = 0; i < INVARIANT_COUNT; i++) {
        const struct invariant_info *info = invariant_info((enum invariant)i);
        struct invariant_bound bound = invariant_bound((enum invariant)i);
        printf("%s\n    %s\n    source: %s; %s world%s\n", info->id, info->sentence, info->source,
               info->worlds, strcmp(info->worlds, "both") == 0 ? "s" : "");
        if (bound.limit != 0)
            printf("    bound: %llu %s\n", (unsigned long long)bound.limit, bound.unit);
        printf("    mutants:");
        for (int k = 0; k < MUTANT_COUNT; k++)
            if (must_catch(k, i))
                printf(" %s", mutant_info((enum mutant)k)->id);
        printf("\n");
    }
}

static void print_invariants_json(void) {
    struct strbuf text = {0};
    struct json json;
    json_init(&json, &text);
    json_object(&json, NULL);
    json_array(&json, "invariants");
    for (int i = 0; i < INVARIANT_COUNT; i++) {
        const struct invariant_info *info = invariant_info((enum invariant)i);
        json_object(&json, NULL);
        json_string(&json, "id", info->id);
        json_string(&json, "sentence", info->sentence);
        json_string(&json, "source", info->source);
        json_string(&json, "worlds", info->worlds);
        json_uint(&json, "limit", invariant_bound((enum invariant)i).limit);
        json_array(&json, "mutants");
        for (int k = 0; k < MUTANT_COUNT; k++)
            if (must_catch(k, i))
                json_string(&json, NULL, mutant_info((enum mutant)k)->id);
        json_end_array(&json);
        json_end_object(&json);
    }
    json_end_array(&json);
    json_end_object(&json);
    fputs(text.text, stdout);
    strbuf_fini(&text);
}

// ---- the measurement ----------------------------------------------------------------------------

static const char *invariant_name(enum invariant invariant) {
    return invariant == INVARIANT_COUNT ? NULL : invariant_info(invariant)->id;
}

// For people: on stdout, or beside the one object that machines get.
static void print_row(FILE *file, const struct matrix_row *row) {
    const char *by = invariant_name(row->killed_by);
    fprintf(file,
            "%-26s %-9s %8llu executions %8.3f s, worst %8.3f s  by %s%s; %llu of %llu runs; "
            "%s\n",
            row->id,
            row->seeds_killed == row->seeds ? "killed"
            : row->seeds_killed == 0        ? "SURVIVED"
                                            : "AT TIMES",
            (unsigned long long)row->runs, row->seconds, row->seconds_worst, by != NULL ? by : "-",
            by != NULL && row->killed_by != row->expected ? " (another was expected)" : "",
            (unsigned long long)row->hits, (unsigned long long)row->tried, row->worlds);
    fflush(file);
}

static void put_row(struct json *json, const struct matrix_row *row) {
    json_object(json, NULL);
    json_string(json, "id", row->id);
    json_bool(json, "killed", row->seeds_killed == row->seeds);
    json_string(json, "invariant", invariant_name(row->expected));
    json_string(json, "killed_by", invariant_name(row->killed_by));
    json_string(json, "sole", invariant_name(matrix_sole(row)));
    json_string(json, "worlds", row->worlds);
    json_uint(json, "hits", row->hits);
    json_uint(json, "tried", row->tried);
    json_uint(json, "executions", row->runs);
    json_uint(json, "worst_executions", row->runs_worst);
    json_real(json, "seconds", row->seconds);
    json_real(json, "worst_seconds", row->seconds_worst);
    json_uint(json, "seeds", row->seeds);
    json_uint(json, "seeds_killed", row->seeds_killed);
    json_object(json, "broken");
    for (int i = 0; i < INVARIANT_COUNT; i++)
        if (row->broken[i] != 0)
            json_uint(json, invariant_info((enum invariant)i)->id, row->broken[i]);
    json_end_object(json);
    json_end_object(json);
}

static void put_worth(struct json *json, const char *key, const struct matrix *matrix,
                      enum matrix_worth worth) {
    json_array(json, key);
    for (int i = 0; i < INVARIANT_COUNT; i++)
        if (matrix_worth(matrix, (enum invariant)i) == worth)
            json_string(json, NULL, invariant_info((enum invariant)i)->id);
    json_end_array(json);
}

static void put_sums(struct json *json, const struct matrix *matrix) {
    struct matrix_sums sums = matrix_sums(matrix);
    json_uint(json, "count", matrix->count);
    json_uint(json, "killed", sums.killed);
    json_uint(json, "killed_as_named", sums.named);
    json_uint(json, "executions", sums.runs);
    json_uint(json, "worst_executions", sums.runs_worst);
    json_real(json, "seconds", sums.seconds);
    json_real(json, "worst_seconds", sums.seconds_worst);
    json_string(json, "slowest", sums.slowest);
}

static void print_json(const struct matrix *matrix) {
    struct strbuf text = {0};
    struct json json;
    json_init(&json, &text);
    json_object(&json, NULL);
    json_uint(&json, "seed", matrix->seed);
    json_string(&json, "world", matrix->world);
    json_string(&json, "engine", matrix->engine);
    json_array(&json, "mutants");
    for (uint32_t i = 0; i < matrix->count; i++)
        put_row(&json, &matrix->rows[i]);
    json_end_array(&json);
    put_sums(&json, matrix);
    put_worth(&json, "needed", matrix, MATRIX_NEEDED);
    put_worth(&json, "redundant", matrix, MATRIX_REDUNDANT);
    put_worth(&json, "unseen", matrix, MATRIX_UNSEEN);
    json_end_object(&json);
    fputs(text.text, stdout);
    strbuf_fini(&text);
}

static bool save(const char *file, const struct matrix *matrix,
                 void (*write)(struct strbuf *out, const struct matrix *matrix)) {
    if (file == NULL)
        return true;
    struct strbuf text = {0};
    write(&text, matrix);
    int error = file_write(file, text.text, text.size);
    if (error != 0)
        fprintf(stderr, "%s: %s\n", file, strerror(error));
    strbuf_fini(&text);
    return error == 0;
}

// The files are written anew with each row: a long measurement can be watched, and a file that
// cannot be written ends it at once.
static bool row_done(void *user, const struct matrix_row *row) {
    struct mutants *mutants = user;
    struct matrix matrix = kill_matrix(&mutants->config, &mutants->rows);
    print_row(mutants->json ? stderr : stdout, row);
    return save(mutants->csv, &matrix, matrix_csv) && save(mutants->page, &matrix, matrix_page);
}

// Those that were asked for and that this world cannot show, with what can.
static void put_not_hunted(struct strbuf *out, const struct kill_config *config) {
    for (int i = 0; i < MUTANT_COUNT; i++)
        if (mutant_in(config->mutants, (enum mutant)i) && !kill_hunts(config, (enum mutant)i))
            strbuf_printf(out, "not tried: %s, shown by %s\n", mutant_info((enum mutant)i)->id,
                          worlds_name(mutant_info((enum mutant)i)->worlds));
}

static int run(struct mutants *mutants) {
    struct kill_config *config = &mutants->config;
    if (!kill_has_driver() && !engine_ready(config->engine, config->engine_folder))
        return VERB_ENVIRONMENT;
    struct mutant_set all = {{0}};
    for (int i = 0; i < MUTANT_COUNT; i++)
        if (is_chosen(mutants, (enum mutant)i))
            mutant_add(&all, (enum mutant)i);
    config->mutants = &all;
    config->row = row_done;
    config->user = mutants;
    int code = kill_measure(config, &mutants->rows);
    struct matrix matrix = kill_matrix(config, &mutants->rows);
    if (mutants->json) {
        print_json(&matrix);
    } else {
        struct strbuf text = {0};
        matrix_summary(&text, &matrix);
        put_not_hunted(&text, config);
        matrix_left_out(&text, &matrix);
        printf("\n%s", text.text);
        strbuf_fini(&text);
    }
    return code;
}

int verb_mutants(int argc, char **argv) {
    if (option_given("--automatic", argc, argv))
        return option_become("gproof-automatic", argv,
                             "; it is built where libclang is (libclang-14-dev)");
    static struct mutants mutants; // large, and the verb runs once
    mutants.config =
        (struct kill_config){.seconds = 60, .seeds = 1, .seed = 1, .out = "out/mutants"};
    mutants.config.noise = kill_has_driver() ? SUBJECT_NOISE_MAX : 0;
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
    if (mutants.invariants) {
        mutants.json ? print_invariants_json() : print_invariants();
        return VERB_NOTHING_FOUND;
    }
    list(&mutants);
    return VERB_NOTHING_FOUND;
}

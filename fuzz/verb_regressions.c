#include "verb.h"

#include "engine.h"
#include "json.h"
#include "options.h"
#include "rehunt.h"

#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char help_text[] =
    "usage: gproof regressions [OPTIONS] [FOLDER...]\n"
    "\n"
    "Replay old findings in the virtual world. A text whose head says\n"
    "\n"
    "  # mutant ID\n"
    "  # breaks INVARIANT\n"
    "\n"
    "breaks that invariant with that mutant on, and in each version of the protocol that the\n"
    "mutant lives in, and holds without; any other text holds. Each mutant that the virtual world\n"
    "can show has such a text, called ID.txt. What fails is named: missing (a mutant without a\n"
    "text), stale (it breaks something else, or nothing), loud (it does not hold), unknown (there\n"
    "is no such mutant any more).\n"
    "\n"
    "  --mutant ID       only this one; may be repeated\n"
    "  --rehunt          hunt what is missing or stale with the loop engine, shrink it, and write "
    "the\n"
    "                    smallest into the first FOLDER\n"
    "  --seeds N         rehunt: how many seeds (default 3)\n"
    "  --seed N          rehunt: the first (default 1)\n"
    "  --time T          rehunt: for a hunt, and for shrinking what it found (default 30s)\n"
    "  --engine-dir DIR  rehunt: folder of the engine's binary\n"
    "  --out DIR         rehunt: working folder (default out/regressions)\n"
    "  --json            one JSON object on stdout\n"
    "\n"
    "Without a FOLDER: corpus/regressions corpus/seeds.\n"
    "example: gproof regressions --rehunt --mutant issue-74090\n"
    "exit: 0 all good, 1 something fails, 2 usage or a bad file, 3 environment\n";

enum { SEEDS_MAX = 1000 };

struct row {
    struct regression regression;
    char *file; // owned; NULL if missing
    bool is_new;
};

struct regressions {
    bool rehunt, json;
    struct subject chosen; // its mutants: those asked for; all, and texts for none, if it has none
    struct rehunt_config config;
    struct row *rows; // owned
    size_t rows_count, rows_capacity;
};

enum {
    OPTION_MUTANT = 256,
    OPTION_REHUNT,
    OPTION_SEEDS,
    OPTION_SEED,
    OPTION_TIME,
    OPTION_ENGINE_DIR,
    OPTION_OUT,
    OPTION_JSON,
    OPTION_HELP
};
static const struct option options[] = {{"mutant", required_argument, NULL, OPTION_MUTANT},
                                        {"rehunt", no_argument, NULL, OPTION_REHUNT},
                                        {"seeds", required_argument, NULL, OPTION_SEEDS},
                                        {"seed", required_argument, NULL, OPTION_SEED},
                                        {"time", required_argument, NULL, OPTION_TIME},
                                        {"engine-dir", required_argument, NULL, OPTION_ENGINE_DIR},
                                        {"out", required_argument, NULL, OPTION_OUT},
                                        {"json", no_argument, NULL, OPTION_JSON},
                                        {"help", no_argument, NULL, OPTION_HELP},
                                        {0}};

static bool take(struct regressions *all, int option) {
    switch (option) {
    case OPTION_MUTANT:
        return option_mutant(&all->chosen, optarg);
    case OPTION_REHUNT:
        return all->rehunt = true;
    case OPTION_SEEDS:
        return option_uint("--seeds", optarg, 1, SEEDS_MAX, &all->config.seeds);
    case OPTION_SEED:
        return option_uint("--seed", optarg, 0, UINT64_MAX - SEEDS_MAX, &all->config.seed);
    case OPTION_TIME:
        return option_duration("--time", optarg, &all->config.seconds);
    case OPTION_ENGINE_DIR:
        all->config.engine_folder = optarg;
        return true;
    case OPTION_OUT:
        all->config.out = optarg;
        return true;
    case OPTION_JSON:
        return all->json = true;
    default: // getopt has said what is wrong
        return false;
    }
}

static bool is_chosen(const struct regressions *all, enum mutant mutant) {
    return all->chosen.names[0] == '\0' ||
           (mutant != MUTANT_COUNT && mutant_in(&all->chosen.mutants, mutant));
}

// ---- what there is ------------------------------------------------------------------------------

// The row behind the last, not yet counted. NULL with a message: no memory.
static struct row *next_row(struct regressions *all) {
    if (all->rows_count == all->rows_capacity) {
        size_t capacity = all->rows_capacity == 0 ? MUTANT_COUNT : 2 * all->rows_capacity;
        struct row *rows = realloc(all->rows, capacity * sizeof rows[0]);
        if (rows == NULL) {
            perror("regressions");
            return NULL;
        }
        all->rows = rows;
        all->rows_capacity = capacity;
    }
    struct row *row = &all->rows[all->rows_count];
    row->file = NULL;
    row->is_new = false;
    return row;
}

static int load_file(struct regressions *all, const char *file) {
    struct stat status;
    if (stat(file, &status) == 0 && !S_ISREG(status.st_mode)) {
        fprintf(stderr, "%s: expected the text of a workload; of a finding, its input.txt\n", file);
        return VERB_USAGE;
    }
    struct row *row = next_row(all);
    if (row == NULL)
        return VERB_ENVIRONMENT;
    if (!regression_load(&row->regression, file))
        return VERB_USAGE;
    if (!is_chosen(all, row->regression.mutant))
        return VERB_NOTHING_FOUND;
    row->file = strdup(file);
    all->rows_count += row->file != NULL;
    return row->file != NULL ? VERB_NOTHING_FOUND : VERB_ENVIRONMENT;
}

// Load the files of a folder in the order of their names; each bad one is named.
static int load_folder(struct regressions *all, const char *folder) {
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort);
    if (count < 0) {
        fprintf(stderr, "%s: %s; expected a folder of workloads\n", folder, strerror(errno));
        return VERB_USAGE;
    }
    int code = VERB_NOTHING_FOUND;
    struct strbuf file = {0};
    for (int i = 0; i < count; i++) {
        strbuf_clear(&file);
        strbuf_printf(&file, "%s/%s", folder, entries[i]->d_name);
        int bad = entries[i]->d_name[0] != '.' ? load_file(all, file.text) : 0;
        code = bad > code ? bad : code;
        free(entries[i]);
    }
    free(entries);
    strbuf_fini(&file);
    return code;
}

static bool has_mutant(const struct regressions *all, enum mutant mutant) {
    for (size_t i = 0; i < all->rows_count; i++)
        if (all->rows[i].regression.mutant == mutant)
            return true;
    return false;
}

static bool add_missing(struct regressions *all) {
    for (int i = 0; i < MUTANT_COUNT; i++) {
        enum mutant mutant = (enum mutant)i;
        if (!is_chosen(all, mutant) || !regression_wanted(mutant) || has_mutant(all, mutant))
            continue;
        struct row *row = next_row(all);
        if (row == NULL)
            return false;
        regression_of_mutant(&row->regression, mutant);
        all->rows_count++;
    }
    return true;
}

// ---- replay and rehunt --------------------------------------------------------------------------

static bool check_all(struct regressions *all) {
    for (size_t i = 0; i < all->rows_count; i++) {
        struct regression *regression = &all->rows[i].regression;
        if (regression->state != REGRESSION_MISSING &&
            !regression_check(regression, all->config.plain))
            return false;
    }
    return true;
}

static int rehunt_all(struct regressions *all, const char *folder) {
    if (!engine_ready(ENGINE_LOOP, all->config.engine_folder))
        return VERB_ENVIRONMENT;
    for (size_t i = 0; i < all->rows_count; i++) {
        struct row *row = &all->rows[i];
        enum regression_state state = row->regression.state;
        if (state != REGRESSION_MISSING && state != REGRESSION_STALE)
            continue;
        enum rehunt_result result = rehunt(&all->config, &row->regression);
        if (result == REHUNT_SURVIVED)
            continue;
        if (result != REHUNT_FOUND)
            return VERB_ENVIRONMENT;
        int error = regression_save(&row->regression, folder);
        if (error != 0) {
            fprintf(stderr, "%s/%s.txt: %s\n", folder, row->regression.mutant_id, strerror(error));
            return VERB_ENVIRONMENT;
        }
        row->is_new = true;
    }
    return VERB_NOTHING_FOUND;
}

// ---- the answer ---------------------------------------------------------------------------------

static size_t count_of(const struct regressions *all, enum regression_state state) {
    size_t count = 0;
    for (size_t i = 0; i < all->rows_count; i++)
        count += all->rows[i].regression.state == state;
    return count;
}

static void print_text(const struct regressions *all) {
    for (size_t i = 0; i < all->rows_count; i++) {
        const struct row *row = &all->rows[i];
        const struct regression *regression = &row->regression;
        const char *id = regression->mutant_id[0] != '\0' ? regression->mutant_id : row->file;
        if (regression->state != REGRESSION_GOOD)
            printf("%-26s %-8s %s\n", id, regression_state_name(regression->state),
                   regression->why);
        else if (regression->mutant != MUTANT_COUNT)
            printf("%-26s %-8s breaks %s: %u ops, %u preemptions\n", id,
                   row->is_new ? "new" : "good", regression->breaks_id,
                   workload_ops(&regression->workload),
                   workload_preemptions(&regression->workload));
        else
            printf("%-26s good     holds\n", id);
    }
    printf("%zu of %zu good", count_of(all, REGRESSION_GOOD), all->rows_count);
    for (int i = REGRESSION_GOOD + 1; i < REGRESSION_STATE_COUNT; i++) {
        enum regression_state state = (enum regression_state)i;
        if (count_of(all, state) != 0)
            printf(", %zu %s", count_of(all, state), regression_state_name(state));
    }
    printf("\n");
}

static void print_json(const struct regressions *all) {
    struct strbuf text = {0};
    struct json json;
    json_init(&json, &text);
    json_object(&json, NULL);
    json_array(&json, "regressions");
    for (size_t i = 0; i < all->rows_count; i++) {
        const struct row *row = &all->rows[i];
        const struct regression *regression = &row->regression;
        bool has_id = regression->mutant_id[0] != '\0';
        json_object(&json, NULL);
        json_string(&json, "file", row->file);
        json_string(&json, "mutant", has_id ? regression->mutant_id : NULL);
        json_string(&json, "breaks", has_id ? regression->breaks_id : NULL);
        json_string(&json, "state", regression_state_name(regression->state));
        json_string(&json, "why", regression->state != REGRESSION_GOOD ? regression->why : NULL);
        json_bool(&json, "new", row->is_new);
        json_uint(&json, "ops", workload_ops(&regression->workload));
        json_uint(&json, "preemptions", workload_preemptions(&regression->workload));
        json_end_object(&json);
    }
    json_end_array(&json);
    for (int i = 0; i < REGRESSION_STATE_COUNT; i++)
        json_uint(&json, regression_state_name((enum regression_state)i),
                  count_of(all, (enum regression_state)i));
    json_end_object(&json);
    fputs(text.text, stdout);
    strbuf_fini(&text);
}

static int run(struct regressions *all, int count, char **folders) {
    static char *defaults[] = {"corpus/regressions", "corpus/seeds"};
    if (count == 0) {
        folders = defaults;
        count = 2;
    }
    int code = VERB_NOTHING_FOUND;
    for (int i = 0; i < count; i++) {
        int bad = load_folder(all, folders[i]);
        code = bad > code ? bad : code;
    }
    if (code != VERB_NOTHING_FOUND)
        return code;
    all->config.plain = regression_sandbox(MUTANT_COUNT);
    if (all->config.plain == NULL || !add_missing(all) || !check_all(all))
        return VERB_ENVIRONMENT;
    if (all->rehunt)
        code = rehunt_all(all, folders[0]);
    if (code == VERB_NOTHING_FOUND && all->json)
        print_json(all);
    else if (code == VERB_NOTHING_FOUND)
        print_text(all);
    bool good = count_of(all, REGRESSION_GOOD) == all->rows_count;
    return code != VERB_NOTHING_FOUND ? code : good ? VERB_NOTHING_FOUND : VERB_VIOLATION;
}

int verb_regressions(int argc, char **argv) {
    struct regressions all = {
        .config = {.out = "out/regressions", .seed = 1, .seeds = 3, .seconds = 30}};
    subject_init(&all.chosen);
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == OPTION_HELP) {
            fputs(help_text, stdout);
            return VERB_NOTHING_FOUND;
        }
        if (!take(&all, option))
            return VERB_USAGE;
    }
    if (strcmp(exec_world(), "virtual") != 0) {
        fprintf(stderr, "%s: regressions are replayed in the virtual world\n", argv[0]);
        return VERB_USAGE;
    }
    int code = run(&all, argc - optind, argv + optind);
    sandbox_free(all.config.plain);
    for (size_t i = 0; i < all.rows_count; i++)
        free(all.rows[i].file);
    free(all.rows);
    return code;
}

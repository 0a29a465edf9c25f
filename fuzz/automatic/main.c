// gproof-automatic: `gproof mutants --automatic`. A binary of its own, since it alone needs
// libclang.
#include "account.h"
#include "options.h"
#include "rng.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help_text[] =
    "usage: gproof mutants --automatic [OPTIONS] FILE[:FUNCTION]...\n"
    "\n"
    "Change the runtime's sources in every small way that operators over C know (delete a "
    "statement,\n"
    "negate a condition, swap neighbours, make an atomic plain, move a bound, ...), and hunt each\n"
    "change in the virtual world: the seeds and old findings first, then what the engine makes of\n"
    "them, and in the second half of the budget the same under ThreadSanitizer. Survivors are "
    "listed\n"
    "with file, line and diff. Answers are kept: a second call hunts only what is new.\n"
    "\n"
    "  --time T          for one change (default 20s; with --recheck 200s)\n"
    "  --workers N       how many at a time (default: the cores)\n"
    "  --list            only tell the changes: ids, digests, places, diffs\n"
    "  --only ID         only this change\n"
    "  --function NAME   only changes of this function\n"
    "  --recheck         hunt a random fifth of those judged equivalent, and nothing else\n"
    "  --seed N          of the hunts and of --recheck's choice (default 1)\n"
    "  --judged FILE     survivors judged equivalent, each with its reason (default\n"
    "                    runtime/equivalent.txt)\n"
    "  --csv FILE        the answers as CSV\n"
    "  --page FILE       the same as one HTML page that needs no other file\n"
    "  --out DIR         folder of kept answers (default out/automatic)\n"
    "  --build DIR       build folder with the fuzz target (default: that of this binary)\n"
    "  --races-build DIR the same with ThreadSanitizer (default: its sibling tsan; `none`)\n"
    "  --json            one JSON object on stdout\n"
    "\n"
    "example: gproof mutants --automatic runtime/core/profile.c runtime/core/proc.c:rt_execute\n"
    "exit: 0 all killed or judged equivalent, 1 a survivor is not judged, or a judgement is "
    "stale,\n"
    "2 usage, 3 environment, 4 blind: the unchanged source is found broken\n";

enum { RECHECK_PART = 5, RECHECK_LONGER = 10 };

struct automatic {
    struct survey survey;
    struct judged judged;
    const char *only, *function, *judged_file, *csv, *page, *races_build;
    bool list, recheck, json, has_time;
    char build[PATH_MAX], races[PATH_MAX + 16];
};

enum {
    OPTION_AUTOMATIC = 256,
    OPTION_TIME,
    OPTION_WORKERS,
    OPTION_LIST,
    OPTION_ONLY,
    OPTION_FUNCTION,
    OPTION_RECHECK,
    OPTION_SEED,
    OPTION_JUDGED,
    OPTION_CSV,
    OPTION_PAGE,
    OPTION_OUT,
    OPTION_BUILD,
    OPTION_RACES_BUILD,
    OPTION_JSON,
    OPTION_HELP
};
static const struct option options[] = {
    {"automatic", no_argument, NULL, OPTION_AUTOMATIC},
    {"time", required_argument, NULL, OPTION_TIME},
    {"workers", required_argument, NULL, OPTION_WORKERS},
    {"list", no_argument, NULL, OPTION_LIST},
    {"only", required_argument, NULL, OPTION_ONLY},
    {"function", required_argument, NULL, OPTION_FUNCTION},
    {"recheck", no_argument, NULL, OPTION_RECHECK},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"judged", required_argument, NULL, OPTION_JUDGED},
    {"csv", required_argument, NULL, OPTION_CSV},
    {"page", required_argument, NULL, OPTION_PAGE},
    {"out", required_argument, NULL, OPTION_OUT},
    {"build", required_argument, NULL, OPTION_BUILD},
    {"races-build", required_argument, NULL, OPTION_RACES_BUILD},
    {"json", no_argument, NULL, OPTION_JSON},
    {"help", no_argument, NULL, OPTION_HELP},
    {0}};

static bool take_number(struct survey_config *config, int option) {
    uint64_t value;
    if (option == OPTION_SEED)
        return option_uint("--seed", optarg, 0, UINT32_MAX, &config->seed);
    if (!option_uint("--workers", optarg, 1, 256, &value))
        return false;
    config->workers = (uint32_t)value;
    return true;
}

static bool take(struct automatic *automatic, int option) {
    struct survey_config *config = &automatic->survey.config;
    switch (option) {
    case OPTION_AUTOMATIC:
        return true;
    case OPTION_TIME:
        automatic->has_time = true;
        return option_duration("--time", optarg, &config->seconds);
    case OPTION_WORKERS:
    case OPTION_SEED:
        return take_number(config, option);
    case OPTION_LIST:
        return automatic->list = true;
    case OPTION_RECHECK:
        return automatic->recheck = true;
    case OPTION_JSON:
        return automatic->json = true;
    case OPTION_ONLY:
        return (automatic->only = optarg) != NULL;
    case OPTION_FUNCTION:
        return (automatic->function = optarg) != NULL;
    case OPTION_JUDGED:
        return (automatic->judged_file = optarg) != NULL;
    case OPTION_CSV:
        return (automatic->csv = optarg) != NULL;
    case OPTION_PAGE:
        return (automatic->page = optarg) != NULL;
    case OPTION_OUT:
        return (config->out = optarg) != NULL;
    case OPTION_BUILD:
        return (config->build = optarg) != NULL;
    case OPTION_RACES_BUILD:
        return (automatic->races_build = optarg) != NULL;
    default: // getopt has said what is wrong
        return false;
    }
}

// ---- defaults -----------------------------------------------------------------------------------

// BUILD/bin/gproof-automatic: BUILD, and BUILD/../tsan if the target is there.
static void find_builds(struct automatic *automatic) {
    struct survey_config *config = &automatic->survey.config;
    if (config->build == NULL) {
        ssize_t size = readlink("/proc/self/exe", automatic->build, sizeof automatic->build - 1);
        automatic->build[size > 0 ? size : 0] = '\0';
        for (int i = 0; i < 2; i++) {
            char *slash = strrchr(automatic->build, '/');
            if (slash != NULL)
                *slash = '\0';
        }
        config->build = automatic->build;
    }
    if (automatic->races_build != NULL) {
        config->races_build =
            strcmp(automatic->races_build, "none") == 0 ? NULL : automatic->races_build;
        return;
    }
    struct strbuf target = {0};
    snprintf(automatic->races, sizeof automatic->races, "%s/../tsan", config->build);
    strbuf_printf(&target, "%s/bin/gproof-target-virtual-loop", automatic->races);
    if (access(target.text, X_OK) == 0)
        config->races_build = automatic->races;
    else if (!automatic->list)
        fprintf(stderr, "%s is not there: no hunts under ThreadSanitizer\n", target.text);
    strbuf_fini(&target);
}

static void complete(struct automatic *automatic) {
    struct survey_config *config = &automatic->survey.config;
    static const char *const seeds[] = {GPROOF_TREE "/corpus/seeds",
                                        GPROOF_TREE "/corpus/regressions", NULL};
    config->seeds = seeds;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (config->workers == 0)
        config->workers = cores < 1 ? 1 : (uint32_t)cores;
    if (!automatic->has_time)
        config->seconds = automatic->recheck ? 20 * RECHECK_LONGER : 20;
    if (automatic->list)
        automatic->races_build = "none";
    find_builds(automatic);
}

// ---- choice -------------------------------------------------------------------------------------

static bool is_wanted(void *user, const struct mutation *mutation) {
    const struct automatic *automatic = user;
    return (automatic->only == NULL || strcmp(automatic->only, mutation->id) == 0) &&
           (automatic->function == NULL || strcmp(automatic->function, mutation->function) == 0);
}

struct fifth {
    const struct judged *judged;
    struct rng rng;
};

static bool is_of_fifth(void *user, const struct mutation *mutation) {
    struct fifth *fifth = user;
    return judged_reason(fifth->judged, mutation) != NULL &&
           rng_below(&fifth->rng, RECHECK_PART) == 0;
}

static int choose(struct automatic *automatic) {
    struct survey *survey = &automatic->survey;
    survey_keep(survey, is_wanted, automatic);
    if (survey->list.count == 0) {
        if (automatic->only != NULL)
            fprintf(stderr, "--only: no mutation is called '%s'; --list tells them\n",
                    automatic->only);
        else if (automatic->function != NULL)
            fprintf(stderr, "--function: no mutation of a function '%s'\n", automatic->function);
        else
            fprintf(stderr, "no mutation in these files\n");
        return VERB_USAGE;
    }
    if (automatic->recheck) {
        struct fifth fifth = {&automatic->judged, rng_seeded(survey->config.seed)};
        survey_keep(survey, is_of_fifth, &fifth);
    }
    return VERB_NOTHING_FOUND;
}

// ---- judgements ---------------------------------------------------------------------------------

// Those of the files looked at whose mutation is not there any more, or has another text.
static size_t tell_stale(const struct automatic *automatic) {
    const struct survey *survey = &automatic->survey;
    size_t stale = 0;
    for (size_t i = 0; i < automatic->judged.count; i++) {
        const struct judgement *judgement = &automatic->judged.items[i];
        bool looked_at = false, found = false;
        size_t function = (size_t)(strrchr(judgement->id, '/') - judgement->id) + 1;
        for (size_t k = 0; k < survey->list.count && !found; k++) {
            const struct mutation *mutation = &survey->list.items[k];
            looked_at = looked_at || strncmp(mutation->id, judgement->id, function) == 0;
            found =
                strcmp(mutation->id, judgement->id) == 0 && mutation->digest == judgement->digest;
        }
        if (!looked_at || found)
            continue;
        fprintf(stderr, "%s:%u: stale: %s is not there any more, or its place was edited\n",
                automatic->judged_file, judgement->line, judgement->id);
        stale++;
    }
    return stale;
}

static bool look_up(struct automatic *automatic) {
    struct survey *survey = &automatic->survey;
    survey->judged = calloc(survey->list.count + 1, sizeof survey->judged[0]);
    if (survey->judged == NULL) {
        perror("mutants");
        return false;
    }
    for (size_t i = 0; i < survey->list.count && !automatic->recheck; i++)
        survey->judged[i] = judged_reason(&automatic->judged, &survey->list.items[i]);
    return true;
}

// ---- the answer ---------------------------------------------------------------------------------

static void answered(void *user, const struct mutation *mutation, const struct fate *fate) {
    const struct automatic *automatic = user;
    if (fate->kind == FATE_UNCHANGED || fate->kind == FATE_TWIN || fate->kind == FATE_REFUSED)
        return; // the summary counts them
    struct strbuf row = {0};
    account_row(&row, mutation, fate);
    fputs(row.text, automatic->json ? stderr : stdout);
    fflush(NULL);
    strbuf_fini(&row);
}

static bool save(const char *file, const struct survey *survey,
                 void (*write)(struct strbuf *out, const struct survey *survey)) {
    if (file == NULL)
        return true;
    struct strbuf text = {0};
    write(&text, survey);
    int error = file_write(file, text.text, text.size);
    if (error != 0)
        fprintf(stderr, "%s: %s\n", file, strerror(error));
    strbuf_fini(&text);
    return error == 0;
}

static int run(struct automatic *automatic) {
    struct survey *survey = &automatic->survey;
    bool whole = automatic->only == NULL && automatic->function == NULL && !automatic->recheck;
    size_t stale = whole ? tell_stale(automatic) : 0;
    if (!look_up(automatic))
        return VERB_ENVIRONMENT;
    int code = survey_run(survey);
    if (survey->fates == NULL || code == VERB_BLIND)
        return code;
    struct strbuf text = {0};
    (automatic->json      ? account_json
     : automatic->recheck ? account_recheck
                          : account_summary)(&text, survey);
    fputs(text.text, stdout);
    strbuf_fini(&text);
    if (!save(automatic->csv, survey, account_csv) || !save(automatic->page, survey, account_page))
        return VERB_ENVIRONMENT;
    struct account account = account_of(survey);
    bool bad = stale != 0 || (automatic->recheck ? account.killed : account.survived) != 0;
    return code != VERB_NOTHING_FOUND ? code : bad ? VERB_VIOLATION : VERB_NOTHING_FOUND;
}

static int list(const struct automatic *automatic) {
    struct strbuf text = {0};
    account_list(&text, &automatic->survey);
    fputs(text.text != NULL ? text.text : "", stdout);
    strbuf_fini(&text);
    return VERB_NOTHING_FOUND;
}

int main(int argc, char **argv) {
    static struct automatic automatic; // large
    struct survey *survey = &automatic.survey;
    survey->config = (struct survey_config){.out = "out/automatic", .seed = 1};
    survey->config.answered = answered;
    survey->config.user = &automatic;
    automatic.judged_file = GPROOF_TREE "/runtime/equivalent.txt";
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == OPTION_HELP) {
            fputs(help_text, stdout);
            return VERB_NOTHING_FOUND;
        }
        if (!take(&automatic, option))
            return VERB_USAGE;
    }
    if (optind == argc) {
        fprintf(stderr, "gproof mutants --automatic: expected a FILE; see --help\n");
        return VERB_USAGE;
    }
    complete(&automatic);
    int code =
        judged_load(&automatic.judged, automatic.judged_file) ? VERB_NOTHING_FOUND : VERB_USAGE;
    for (int i = optind; i < argc && code == VERB_NOTHING_FOUND; i++)
        code = survey_add(survey, argv[i]);
    if (code == VERB_NOTHING_FOUND)
        code = choose(&automatic);
    if (code == VERB_NOTHING_FOUND)
        code = automatic.list ? list(&automatic) : run(&automatic);
    survey_fini(survey);
    judged_fini(&automatic.judged);
    return code;
}

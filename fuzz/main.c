// gproof-fuzz-virtual and gproof-fuzz-posix: the verbs that execute workloads, one binary a world.
// Asked for the other world, each becomes its sibling.
#include "exec.h"
#include "options.h"
#include "verb.h"

#include <stdio.h>
#include <string.h>

struct verb {
    const char *name, *summary;
    int (*run)(int argc, char **argv);
};
static const struct verb verbs[] = {
    {"hunt", "a fuzz campaign on the runtime", verb_hunt},
    {"replay", "run one input again: story, verdict, trace hash", verb_replay},
    {"report", "pages and files of a finding or a campaign", verb_report},
    {"minimize", "the smallest plan and schedule with the same signature", verb_minimize},
    {"explore", "one workload under many schedules, or under all", verb_explore},
    {"mutants", "the deliberate faults: list them, measure which are found", verb_mutants},
    {"regressions", "old findings again: each breaks with its mutant and holds without",
     verb_regressions},
    {"prune", "inputs of a corpus that others make superfluous (corpus prune)", verb_prune},
    {"bench", "the benchmarks that the README quotes", verb_bench},
};
enum { VERBS = sizeof verbs / sizeof verbs[0] };

static const char *verb_name(size_t index) {
    return verbs[index].name;
}

static int help(FILE *file, int code) {
    fprintf(file, "usage: gproof VERB [OPTIONS]\n\n");
    for (int i = 0; i < VERBS; i++)
        fprintf(file, "  %-12s%s\n", verbs[i].name, verbs[i].summary);
    fprintf(file, "\ngproof VERB --help tells a verb's options\n");
    return code;
}

// The value of --world, or NULL.
static const char *wanted_world(int argc, char **argv) {
    for (int i = 2; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strncmp(argv[i], "--world=", 8) == 0)
            return argv[i] + 8;
        if (strcmp(argv[i], "--world") == 0 && i + 1 < argc)
            return argv[i + 1];
    }
    return NULL;
}

static int become_sibling(const char *world, char **argv) {
    char name[64];
    snprintf(name, sizeof name, "gproof-fuzz-%s", world);
    return option_become(name, argv, "");
}

int main(int argc, char **argv) {
    if (argc < 2)
        return help(stderr, VERB_USAGE);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
        return help(stdout, VERB_NOTHING_FOUND);
    const struct verb *verb = NULL;
    for (int i = 0; i < VERBS; i++)
        if (strcmp(argv[1], verbs[i].name) == 0)
            verb = &verbs[i];
    if (verb == NULL) {
        fprintf(stderr, "gproof: no verb is called '%s'; ", argv[1]);
        option_suggest(argv[1], verb_name, VERBS);
        return VERB_USAGE;
    }
    const char *world = wanted_world(argc, argv);
    static const char *const worlds[] = {"virtual", "posix"};
    int index;
    if (world != NULL && !option_word("--world", world, worlds, 2, &index))
        return VERB_USAGE;
    if (world != NULL && strcmp(world, exec_world()) != 0)
        return become_sibling(world, argv);
    char name[64];
    snprintf(name, sizeof name, "gproof %s", verb->name);
    argv[1] = name;
    return verb->run(argc - 1, argv + 1);
}

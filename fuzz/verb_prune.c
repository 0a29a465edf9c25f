#include "verb.h"

#include "feedback.h"
#include "file_list.h"
#include "prune.h"
#include "request.h"
#include "sandbox.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help_text[] =
    "usage: gproof corpus prune FILE|FOLDER... [OPTIONS]\n"
    "\n"
    "Find the inputs of a corpus that can go, because smaller ones show all that they show: flip\n"
    "cells, and pairs of changes of state on two threads, as the engines count them. Each input "
    "is\n"
    "run once. Prints the names of those that can go; an input that breaks a promise never can.\n"
    "\n"
    "  --delete          delete them\n" REQUEST_HELP_TEXT "\n"
    "example: gproof corpus prune out/hunt/corpus\n"
    "exit: 0 done, 2 usage or malformed input, 3 environment\n";

enum { OPTION_DELETE = 256 };
static const struct option options[] = {
    {"delete", no_argument, NULL, OPTION_DELETE}, REQUEST_OPTIONS, {0}};

struct input {
    const char *name;
    off_t size;
    bool pinned;
    uint8_t shows[FEEDBACK_COUNTERS];
};

struct pruner {
    struct request request;
    bool deletes;
    struct file_list files;
    struct input *inputs;
    struct feedback feedback;
    struct workload workload;
    struct subject subject;
    struct trial trial;
};

static bool shows(void *user, uint32_t input, uint32_t feature) {
    return ((const struct input *)user)[input].shows[feature] != 0;
}

static int by_size(const void *left, const void *right) {
    const struct input *a = left, *b = right;
    return a->size != b->size ? (a->size < b->size ? -1 : 1) : strcmp(a->name, b->name);
}

// Run one input and keep what it shows. An exit code.
static int look(struct pruner *pruner, struct sandbox *sandbox, struct input *input) {
    static uint32_t cells[FLIP_CELLS];
    struct stat info;
    struct trial *trial = &pruner->trial;
    if (!request_load(&pruner->request, input->name, &pruner->workload, &pruner->subject))
        return VERB_USAGE;
    input->size = stat(input->name, &info) == 0 ? info.st_size : 0;
    if (!sandbox_run(sandbox, &pruner->workload, false, trial))
        return VERB_ENVIRONMENT;
    memset(feedback_counters, 0, sizeof feedback_counters);
    feedback_count(&pruner->feedback, &trial->trace, cells);
    memcpy(input->shows, feedback_counters, sizeof input->shows);
    input->pinned = trial->verdict.kind == VERDICT_VIOLATION;
    return VERB_NOTHING_FOUND;
}

static int look_at_all(struct pruner *pruner) {
    request_load(&pruner->request, pruner->files.names[0], &pruner->workload, &pruner->subject);
    struct sandbox_config config = {.subject = &pruner->subject,
                                    .judge_every = pruner->request.judge_every,
                                    .seed = pruner->request.seed};
    struct sandbox *sandbox = sandbox_new(&config);
    int code = sandbox != NULL ? VERB_NOTHING_FOUND : VERB_ENVIRONMENT;
    for (size_t i = 0; i < pruner->files.count && code == VERB_NOTHING_FOUND; i++) {
        pruner->inputs[i].name = pruner->files.names[i];
        code = look(pruner, sandbox, &pruner->inputs[i]);
    }
    sandbox_free(sandbox);
    return code;
}

// Small ones first, so that they stay.
static int prune(struct pruner *pruner) {
    uint32_t count = (uint32_t)pruner->files.count;
    bool *keep = calloc(count, sizeof *keep);
    if (keep == NULL) {
        fprintf(stderr, "gproof corpus prune: no memory\n");
        return VERB_ENVIRONMENT;
    }
    qsort(pruner->inputs, count, sizeof *pruner->inputs, by_size);
    for (uint32_t i = 0; i < count; i++)
        keep[i] = pruner->inputs[i].pinned;
    uint32_t kept = prune_choose(count, FEEDBACK_COUNTERS, shows, pruner->inputs, keep);
    int code = VERB_NOTHING_FOUND;
    for (uint32_t i = 0; i < count; i++) {
        if (keep[i])
            continue;
        printf("%s\n", pruner->inputs[i].name);
        if (pruner->deletes && unlink(pruner->inputs[i].name) != 0) {
            fprintf(stderr, "%s: cannot delete: %s\n", pruner->inputs[i].name, strerror(errno));
            code = VERB_ENVIRONMENT;
        }
    }
    fprintf(stderr, "%u of %u inputs show all that all of them show\n", kept, count);
    free(keep);
    return code;
}

int verb_prune(int argc, char **argv) {
    static struct pruner pruner; // large, and the verb runs once
    request_init(&pruner.request);
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == REQUEST_HELP) {
            fputs(help_text, stdout);
            return VERB_NOTHING_FOUND;
        }
        pruner.deletes |= option == OPTION_DELETE;
        if (option != OPTION_DELETE && !request_take(&pruner.request, option))
            return VERB_USAGE;
    }
    for (int i = optind; i < argc; i++)
        if (!file_list_add(&pruner.files, argv[i]))
            return VERB_USAGE;
    if (pruner.files.count == 0) {
        fprintf(stderr, "gproof corpus prune: expected a file or a folder with some; see --help\n");
        return VERB_USAGE;
    }
    pruner.inputs = calloc(pruner.files.count, sizeof *pruner.inputs);
    int code = pruner.inputs != NULL ? look_at_all(&pruner) : VERB_ENVIRONMENT;
    if (code == VERB_NOTHING_FOUND)
        code = prune(&pruner);
    free(pruner.inputs);
    file_list_fini(&pruner.files);
    return code;
}

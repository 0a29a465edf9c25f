#include "source.h"

#include "assert.h"
#include "generate.h"
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int is_visible(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

static void append(struct source *source, const struct workload *workload) {
    struct workload *list = reallocarray(source->list, source->count + 1, sizeof *list);
    ASSERT(list != NULL);
    source->list = list;
    source->list[source->count++] = *workload;
}

// Load every regular file of the folder, in order of name.
static bool load_folder(struct source *source, const char *folder) {
    struct dirent **entries;
    int count = scandir(folder, &entries, is_visible, alphasort);
    if (count < 0) {
        fprintf(stderr, "gproof stress: %s: %s; expected a folder of workloads\n", folder,
                strerror(errno));
        return false;
    }
    bool good = true;
    for (int i = 0; i < count; i++) {
        char name[4096];
        struct stat status;
        struct workload workload;
        snprintf(name, sizeof name, "%s/%s", folder, entries[i]->d_name);
        free(entries[i]);
        if (!good || (stat(name, &status) == 0 && !S_ISREG(status.st_mode)))
            continue;
        good = workload_load(&workload, name);
        if (good)
            append(source, &workload);
    }
    free(entries);
    if (good && source->count == 0) {
        fprintf(stderr, "gproof stress: %s: holds no workload\n", folder);
        return false;
    }
    return good;
}

bool source_open(struct source *source, const struct stress_options *options) {
    *source = (struct source){
        .seed = options->seed, .threads = options->threads, .procs = options->procs};
    bool good;
    if (options->file != NULL) {
        struct workload workload;
        good = workload_load(&workload, options->file);
        if (good)
            append(source, &workload);
    } else if (options->corpus != NULL) {
        good = load_folder(source, options->corpus);
    } else {
        source->generate = true;
        good = load_folder(source, GPROOF_SEEDS_FOLDER);
    }
    if (!good)
        source_close(source);
    return good;
}

void source_close(struct source *source) {
    free(source->list);
    *source = (struct source){0};
}

void source_workload(const struct source *source, uint64_t index, struct workload *workload) {
    struct rng rng = rng_seeded(rng_mix(source->seed) ^ index);
    if (!source->generate) {
        *workload = source->list[index % source->count];
    } else {
        const struct workload *seed = &source->list[rng_below(&rng, source->count)];
        const struct workload *other = &source->list[rng_below(&rng, source->count)];
        switch (rng_below(&rng, 4)) {
        case 0:
            *workload = *seed;
            break;
        case 1:
            *workload = *seed;
            workload_mutate(workload, other, &rng);
            break;
        default:
            workload_generate(workload, &rng);
        }
    }
    struct workload_header *header = &workload->header;
    if (source->procs != 0)
        header->procs = (uint8_t)source->procs;
    if (source->threads != 0) {
        header->ms = (uint8_t)source->threads;
        if (header->procs > header->ms)
            header->procs = header->ms;
    }
    workload_canonicalize(workload);
}

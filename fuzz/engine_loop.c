// The third engine, ours: a plain loop around the same target and mutator, guided by the feedback
// counters alone. It needs no instrumented build, so tests and machines without engines can hunt,
// and it is the baseline that the others are compared with. Its command line is libFuzzer's:
//   -seed=N -runs=N -max_total_time=SECONDS FOLDER   (the corpus: read first, new inputs are added)
#include "feedback.h"
#include "mutator.h"
#include "scoreboard.h"
#include "strbuf.h"
#include "target.h"
#include "workload.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CORPUS_MAX = 8192, CROSS_EVERY = 8, CLOCK_EVERY = 64, EXIT_USAGE = 2, EXIT_ENVIRONMENT = 3 };

struct item {
    uint8_t *bytes;
    size_t size;
    uint64_t cost; // scheduling points of its run
};

struct loop {
    struct rng rng;
    bool bytes_mode;
    uint64_t runs_max, seconds_max;
    const char *folder; // of the corpus, or NULL
    const char
        *seeds; // folder of inputs that are read before the corpus and never written, or NULL
    struct item items[CORPUS_MAX];
    uint32_t items_count;
    uint8_t seen[FEEDBACK_COUNTERS]; // 1 = some run had it
};

// Take the counters of the last run, set them to zero, and say whether they held something new.
static bool take_features(struct loop *loop) {
    bool is_new = false;
    for (uint32_t i = 0; i < FEEDBACK_COUNTERS; i += sizeof(uint64_t)) {
        uint64_t eight, seen;
        memcpy(&eight, &feedback_counters[i], sizeof eight);
        if (eight == 0)
            continue;
        memcpy(&seen, &loop->seen[i], sizeof seen);
        is_new |= (eight & ~seen) != 0;
        seen |= eight;
        memcpy(&loop->seen[i], &seen, sizeof seen);
        memset(&feedback_counters[i], 0, sizeof eight);
    }
    return is_new;
}
_Static_assert(FEEDBACK_COUNTERS % sizeof(uint64_t) == 0, "counters are read eight at a time");

// Whole or not at all by a rename, but without a sync: a lost input costs nothing. Who ends the
// engine waits until nothing temporary is left.
static bool write_whole(const char *name, const uint8_t *bytes, size_t size) {
    struct strbuf temporary = {0};
    sigset_t ends, before;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, &before);
    strbuf_printf(&temporary, "%s.tmp", name);
    FILE *file = fopen(temporary.text, "wb");
    bool ok = file != NULL && fwrite(bytes, 1, size, file) == size;
    if (file != NULL)
        ok = (fclose(file) == 0) && ok;
    ok = ok && rename(temporary.text, name) == 0;
    if (!ok && file != NULL)
        remove(temporary.text);
    sigprocmask(SIG_SETMASK, &before, NULL);
    strbuf_fini(&temporary);
    return ok;
}

static void save(const struct loop *loop, const uint8_t *bytes, size_t size) {
    uint64_t hash = 0;
    for (size_t i = 0; i < size; i++)
        hash = rng_mix(hash ^ bytes[i]);
    struct strbuf name = {0};
    strbuf_printf(&name, "%s/%016llx", loop->folder, (unsigned long long)hash);
    if (!write_whole(name.text, bytes, size)) {
        fprintf(stderr, "%s: %s\n", name.text, strerror(errno));
        exit(EXIT_ENVIRONMENT);
    }
    strbuf_fini(&name);
}

static void keep(struct loop *loop, const uint8_t *bytes, size_t size) {
    struct item *item;
    if (loop->items_count < CORPUS_MAX) {
        item = &loop->items[loop->items_count++];
    } else {
        item = &loop->items[rng_below(&loop->rng, CORPUS_MAX)];
        free(item->bytes);
    }
    item->bytes = malloc(size + 1);
    if (item->bytes == NULL) {
        fputs("loop engine: no memory\n", stderr);
        exit(EXIT_ENVIRONMENT);
    }
    memcpy(item->bytes, bytes, size);
    item->size = size;
    item->cost = target_points();
}

static int is_input(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

// Run the inputs of a folder in the order of their names, and keep what shows something new.
static void load(struct loop *loop, const char *folder) {
    struct dirent **entries;
    int count = scandir(folder, &entries, is_input, alphasort);
    if (count < 0) {
        fprintf(stderr, "%s: %s\n", folder, strerror(errno));
        exit(EXIT_USAGE);
    }
    struct strbuf file = {0}, contents = {0};
    for (int i = 0; i < count; i++) {
        strbuf_clear(&file);
        strbuf_printf(&file, "%s/%s", folder, entries[i]->d_name);
        free(entries[i]);
        if (file_read(file.text, WORKLOAD_BYTES_MAX, &contents) != 0)
            continue;
        LLVMFuzzerTestOneInput((const uint8_t *)contents.text, contents.size);
        if (take_features(loop))
            keep(loop, (const uint8_t *)contents.text, contents.size);
    }
    free(entries);
    strbuf_fini(&file);
    strbuf_fini(&contents);
}

// The cheaper of two: a short run teaches as much as a long one, and ten times as often.
static const struct item *any_item(struct loop *loop) {
    const struct item *one = &loop->items[rng_below(&loop->rng, loop->items_count)];
    const struct item *two = &loop->items[rng_below(&loop->rng, loop->items_count)];
    return one->cost <= two->cost ? one : two;
}

// The next input, in out; returns its size.
static size_t next_input(struct loop *loop, uint8_t *out) {
    struct item nothing = {.bytes = out};
    const struct item *item = loop->items_count != 0 ? any_item(loop) : &nothing;
    const struct item *other =
        loop->items_count > 1 && rng_below(&loop->rng, CROSS_EVERY) == 0 ? any_item(loop) : NULL;
    const uint8_t *lent = other != NULL ? other->bytes : NULL;
    size_t lent_size = other != NULL ? other->size : 0;
    if (!loop->bytes_mode)
        return mutator_value(item->bytes, item->size, lent, lent_size, out, WORKLOAD_BYTES_MAX,
                             &loop->rng);
    memmove(out, item->bytes, item->size);
    return mutator_bytes(out, item->size, lent, lent_size, WORKLOAD_BYTES_MAX, &loop->rng);
}

static void read_arguments(struct loop *loop, int argc, char **argv) {
    uint64_t seed = 1;
    for (int i = 1; i < argc; i++) {
        unsigned long long value;
        char rest;
        if (sscanf(argv[i], "-seed=%llu%c", &value, &rest) == 1)
            seed = value;
        else if (sscanf(argv[i], "-runs=%llu%c", &value, &rest) == 1)
            loop->runs_max = value;
        else if (sscanf(argv[i], "-max_total_time=%llu%c", &value, &rest) == 1)
            loop->seconds_max = value;
        else if (strncmp(argv[i], "-seeds=", strlen("-seeds=")) == 0)
            loop->seeds = argv[i] + strlen("-seeds=");
        else if (argv[i][0] != '-' && loop->folder == NULL)
            loop->folder = argv[i];
        else {
            fprintf(stderr,
                    "%s: '%s', expected -seed=N, -runs=N, -max_total_time=N, -seeds=FOLDER or a "
                    "folder\n",
                    argv[0], argv[i]);
            exit(EXIT_USAGE);
        }
    }
    loop->rng = rng_seeded(seed);
    loop->bytes_mode = mutator_wants_bytes();
}

int main(int argc, char **argv) {
    static struct loop loop;
    static uint8_t input[WORKLOAD_BYTES_MAX];
    read_arguments(&loop, argc, argv);
    LLVMFuzzerInitialize(&argc, &argv);
    if (loop.seeds != NULL)
        load(&loop, loop.seeds);
    if (loop.folder != NULL)
        load(&loop, loop.folder);
    uint64_t end_ns = clock_ns() + loop.seconds_max * 1000000000u;
    for (uint64_t run = 0; loop.runs_max == 0 || run < loop.runs_max; run++) {
        if (loop.seconds_max != 0 && run % CLOCK_EVERY == 0 && clock_ns() >= end_ns)
            break;
        size_t size = next_input(&loop, input);
        LLVMFuzzerTestOneInput(input, size);
        if (!take_features(&loop))
            continue;
        keep(&loop, input, size);
        if (loop.folder != NULL)
            save(&loop, input, size);
    }
    return 0;
}

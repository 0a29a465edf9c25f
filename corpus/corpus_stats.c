#include "corpus_verbs.h"

#include "json.h"
#include "strbuf.h"
#include "text.h"

#include "assert.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const modes[SCHEDULE_MODE_COUNT] = {
    [SCHEDULE_LIST] = "list", [SCHEDULE_UNIFORM] = "uniform", [SCHEDULE_STICKY] = "sticky",
    [SCHEDULE_PCT] = "pct",   [SCHEDULE_POS] = "pos",         [SCHEDULE_SURW] = "surw",
    [SCHEDULE_RF] = "rf",
};

struct stats {
    uint64_t files, duplicates, bytes, ops, bodies, entries, preemptions;
    uint64_t kinds[OP_COUNT], modes[SCHEDULE_MODE_COUNT];
    uint32_t *lengths; // ops of each workload
    struct encoded {
        uint8_t *bytes;
        size_t size;
    } * encoded; // of each workload, to find those that are the same
};

static int compare_lengths(const void *a, const void *b) {
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

static int compare_encoded(const void *a, const void *b) {
    const struct encoded *left = a, *right = b;
    if (left->size != right->size)
        return left->size < right->size ? -1 : 1;
    return memcmp(left->bytes, right->bytes, left->size);
}

static void count(struct stats *stats, const struct workload *workload) {
    uint8_t bytes[WORKLOAD_BYTES_MAX];
    size_t size = workload_encode(workload, bytes, sizeof bytes);
    struct encoded *encoded = &stats->encoded[stats->files];
    *encoded = (struct encoded){malloc(size), size};
    ASSERT(encoded->bytes != NULL);
    memcpy(encoded->bytes, bytes, size);
    stats->lengths[stats->files++] = workload_ops(workload);
    stats->bytes += size;
    stats->ops += workload_ops(workload);
    stats->bodies += workload->plan.bodies;
    stats->entries += workload->schedule.entries;
    stats->preemptions += workload_preemptions(workload);
    stats->modes[workload->schedule.mode]++;
    for (uint32_t i = 0; i < workload_ops(workload); i++)
        stats->kinds[workload->plan.ops[i].kind]++;
}

static void finish(struct stats *stats) {
    qsort(stats->lengths, stats->files, sizeof stats->lengths[0], compare_lengths);
    qsort(stats->encoded, stats->files, sizeof stats->encoded[0], compare_encoded);
    for (size_t i = 1; i < stats->files; i++)
        stats->duplicates += compare_encoded(&stats->encoded[i - 1], &stats->encoded[i]) == 0;
}

static void add_json(struct strbuf *out, const struct stats *stats) {
    struct json json;
    json_init(&json, out);
    json_object(&json, NULL);
    json_uint(&json, "files", stats->files);
    json_uint(&json, "duplicates", stats->duplicates);
    json_uint(&json, "bytes", stats->bytes);
    json_uint(&json, "bodies", stats->bodies);
    json_uint(&json, "entries", stats->entries);
    json_uint(&json, "preemptions", stats->preemptions);
    json_object(&json, "ops");
    json_uint(&json, "total", stats->ops);
    json_uint(&json, "median", stats->files > 0 ? stats->lengths[stats->files / 2] : 0);
    json_uint(&json, "max", stats->files > 0 ? stats->lengths[stats->files - 1] : 0);
    json_end_object(&json);
    json_object(&json, "kinds");
    for (uint8_t i = 0; i < OP_COUNT; i++)
        json_uint(&json, workload_op_info(i)->name, stats->kinds[i]);
    json_end_object(&json);
    json_object(&json, "schedules");
    for (int i = 0; i < SCHEDULE_MODE_COUNT; i++)
        json_uint(&json, modes[i], stats->modes[i]);
    json_end_object(&json);
    json_end_object(&json);
    strbuf_puts(out, "\n");
}

static void add_text(struct strbuf *out, const struct stats *stats) {
    strbuf_printf(out,
                  "workloads    %" PRIu64 ", %" PRIu64 " of them duplicates\n"
                  "bytes        %" PRIu64 "\n"
                  "ops          %" PRIu64 ", median %" PRIu32 ", most %" PRIu32 "\n"
                  "bodies       %" PRIu64 "\n"
                  "entries      %" PRIu64 ", %" PRIu64 " of them preemptions\n",
                  stats->files, stats->duplicates, stats->bytes, stats->ops,
                  stats->files > 0 ? stats->lengths[stats->files / 2] : 0,
                  stats->files > 0 ? stats->lengths[stats->files - 1] : 0, stats->bodies,
                  stats->entries, stats->preemptions);
    strbuf_puts(out, "schedules   ");
    for (int i = 0; i < SCHEDULE_MODE_COUNT; i++)
        strbuf_printf(out, " %s %" PRIu64, modes[i], stats->modes[i]);
    strbuf_puts(out, "\nkinds of ops");
    for (uint8_t i = 0; i < OP_COUNT; i++)
        strbuf_printf(out, "\n  %-10s %8" PRIu64, workload_op_info(i)->name, stats->kinds[i]);
    strbuf_puts(out, "\n");
}

enum exit_code corpus_stats(const struct corpus_options *options) {
    struct stats stats = {0};
    stats.lengths = calloc(options->files.count + 1, sizeof stats.lengths[0]);
    stats.encoded = calloc(options->files.count + 1, sizeof stats.encoded[0]);
    ASSERT(stats.lengths != NULL && stats.encoded != NULL);
    enum exit_code code = EXIT_GOOD;
    for (size_t i = 0; i < options->files.count; i++) {
        struct workload workload;
        if (workload_load(&workload, options->files.names[i]))
            count(&stats, &workload);
        else
            code = EXIT_INPUT;
    }
    finish(&stats);
    struct strbuf out = {0};
    if (options->json)
        add_json(&out, &stats);
    else
        add_text(&out, &stats);
    if (fwrite(out.text, 1, out.size, stdout) != out.size || fflush(stdout) != 0)
        code = EXIT_ENVIRONMENT;
    for (size_t i = 0; i < stats.files; i++)
        free(stats.encoded[i].bytes);
    free(stats.encoded);
    free(stats.lengths);
    strbuf_fini(&out);
    return code;
}

#include "bench.h"

#include "campaign.h"
#include "options.h"
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Faults of several kinds and depths, the known bugs among them.
static const char *const ids[] = {
    "issue-74090",           "no-checkin-coro",   "store-for-cas",    "newcomer-marked-late",
    "label-after-satisfied", "allgs-array-first", "flip-preemptible", "sema-no-recheck"};
enum { IDS = sizeof ids / sizeof ids[0], SAMPLES_MAX = IDS * BENCH_ROUNDS_MAX };

struct arm {
    const char *found, *executions, *seconds; // names of its rows
    bool bytes, uniform_ops, seeds;
    uint32_t killed;
    double executions_of[SAMPLES_MAX], seconds_of[SAMPLES_MAX];
};
#define ARM(name)                                                                                  \
    .found = name ": found", .executions = name ": executions, median",                            \
    .seconds = name ": seconds, median"

static struct arm arms[] = {
    {ARM("tuned generator")},
    {ARM("tuned generator, seeds"), .seeds = true},
    {ARM("uniform ops"), .uniform_ops = true},
    {ARM("engine's mutators, seeds"), .bytes = true, .seeds = true},
    {ARM("engine's mutators, no seeds"), .bytes = true},
};
enum { ARMS = sizeof arms / sizeof arms[0] };

// ---- seeds --------------------------------------------------------------------------------------

static bool write_seed(const char *folder, const char *name) {
    struct strbuf file = {0}, text = {0};
    struct workload workload;
    struct workload_error error;
    uint8_t bytes[WORKLOAD_BYTES_MAX];
    strbuf_printf(&file, "corpus/seeds/%s", name);
    bool ok = file_read(file.text, WORKLOAD_TEXT_MAX, &text) == 0 &&
              workload_parse(&workload, text.text, text.size, &error);
    if (!ok)
        fprintf(stderr, "%s: expected a workload\n", file.text);
    if (ok) {
        size_t size = workload_encode(&workload, bytes, sizeof bytes);
        strbuf_clear(&file);
        strbuf_printf(&file, "%s/%s", folder, name);
        int failed = file_write(file.text, (const char *)bytes, size);
        ok = failed == 0;
        if (!ok)
            fprintf(stderr, "%s: %s\n", file.text, strerror(failed));
    }
    strbuf_fini(&file);
    strbuf_fini(&text);
    return ok;
}

// A folder with the seeds as bytes and nothing else: campaigns add to theirs.
static bool write_seeds(const char *folder) {
    campaign_remove(folder);
    int error = folder_create(folder);
    DIR *seeds = error == 0 ? opendir("corpus/seeds") : NULL;
    if (seeds == NULL) {
        fprintf(stderr, "%s: %s\n", error != 0 ? folder : "corpus/seeds",
                strerror(error != 0 ? error : errno));
        return false;
    }
    bool ok = true;
    for (const struct dirent *entry; ok && (entry = readdir(seeds)) != NULL;)
        if (entry->d_name[0] != '.')
            ok = write_seed(folder, entry->d_name);
    closedir(seeds);
    return ok;
}

// ---- the comparison -----------------------------------------------------------------------------

static int hunt(const struct bench_config *config, const struct arm *arm, const char *id,
                uint64_t seed, struct campaign_result *result) {
    struct strbuf corpus = {0};
    strbuf_printf(&corpus, "%s/ablation-seeds", config->out);
    struct campaign_config campaign = {
        .engines = {config->engine},
        .engines_count = 1,
        .engine_folder = config->engine_folder,
        .workers = 1,
        .seed = seed,
        .seconds = config->seconds,
        .findings_max = 1,
        .until = INVARIANT_COUNT,
        .out = config->out,
        .corpus = arm->seeds ? corpus.text : NULL,
        .fresh = true,
        .bytes = arm->bytes,
        .uniform_ops = arm->uniform_ops,
        .quiet = true,
    };
    subject_init(&campaign.subject);
    campaign.subject.noise = strcmp(exec_world(), "posix") == 0;
    subject_add_mutant(&campaign.subject, id);
    int code = VERB_ENVIRONMENT;
    if (!arm->seeds || write_seeds(corpus.text)) {
        campaign_run(&campaign, result);
        code = result->end == CAMPAIGN_TIME || result->end == CAMPAIGN_ENOUGH ? VERB_NOTHING_FOUND
               : result->end == CAMPAIGN_BLIND                                ? VERB_BLIND
                                                                              : VERB_ENVIRONMENT;
        if (code != VERB_NOTHING_FOUND)
            fprintf(stderr, "%s, seed %llu: %s\n", id, (unsigned long long)seed, result->why);
    }
    strbuf_fini(&corpus);
    return code;
}

// What was not found counts as what was spent: a lower bound.
static void note(struct arm *arm, uint64_t index, const struct campaign_result *result) {
    bool found = result->findings_count != 0;
    arm->killed += found;
    arm->executions_of[index] =
        (double)(found ? result->findings[0].executions : result->executions);
    arm->seconds_of[index] = found ? result->findings[0].seconds : result->seconds;
}

static void add_rows(struct arm *arm, size_t count, const struct arm *tuned, double executions,
                     double seconds, struct bench_results *results) {
    double own_executions = bench_median(arm->executions_of, count);
    double own_seconds = bench_median(arm->seconds_of, count);
    bool is_tuned = arm == tuned;
    const char *against = is_tuned ? NULL : "the tuned generator";
    bench_add(results, arm->found, arm->killed, "of the hunts", against,
              tuned->killed != 0 ? (double)arm->killed / tuned->killed : 0);
    bench_add(results, arm->executions, own_executions, "executions", against,
              is_tuned ? 0 : own_executions / executions);
    bench_add(results, arm->seconds, own_seconds, "s", against,
              is_tuned ? 0 : own_seconds / seconds);
}

int bench_ablation(const struct bench_config *config, struct bench_results *results) {
    static struct campaign_result result;
    if (!engine_ready(config->engine, config->engine_folder))
        return VERB_ENVIRONMENT;
    uint64_t count = 0;
    // Alternating, so that a busy machine is busy for all.
    for (uint64_t seed = 1; seed <= config->seeds; seed++) {
        for (int i = 0; i < IDS; i++, count++) {
            for (int k = 0; k < ARMS; k++) {
                int code = hunt(config, &arms[k], ids[i], seed, &result);
                if (code != VERB_NOTHING_FOUND)
                    return code;
                note(&arms[k], count, &result);
            }
        }
    }
    double executions = bench_median(arms[0].executions_of, count);
    double seconds = bench_median(arms[0].seconds_of, count);
    bench_add(results, "hunts an arm", (double)count, "mutants and seeds", NULL, 0);
    for (int k = 0; k < ARMS; k++)
        add_rows(&arms[k], count, &arms[0], executions, seconds, results);
    return VERB_NOTHING_FOUND;
}

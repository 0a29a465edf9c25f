#include "bench.h"

#include "campaign.h"
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arm { // of the comparison
    double executions[BENCH_ROUNDS_MAX], seconds[BENCH_ROUNDS_MAX];
    uint64_t found;
    double executions_median, executions_worst, seconds_median, seconds_worst;
};

static int hunt(const struct bench_config *config, bool blind, uint64_t seed,
                struct campaign_result *result) {
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
        .fresh = true,
        .bytes = blind,
        .uniform = blind,
        .quiet = true,
    };
    subject_init(&campaign.subject);
    campaign.subject.noise = strcmp(exec_world(), "posix") == 0;
    subject_add_mutant(&campaign.subject, "issue-74090");
    campaign_run(&campaign, result);
    if (result->end == CAMPAIGN_TIME || result->end == CAMPAIGN_ENOUGH)
        return VERB_NOTHING_FOUND;
    fprintf(stderr, "seed %llu: %s\n", (unsigned long long)seed, result->why);
    return result->end == CAMPAIGN_BLIND ? VERB_BLIND : VERB_ENVIRONMENT;
}

// What was not found counts as what was spent: a lower bound.
static void note(struct arm *arm, uint64_t index, const struct campaign_result *result) {
    bool found = result->findings_count != 0;
    arm->found += found;
    arm->executions[index] = (double)(found ? result->findings[0].executions : result->executions);
    arm->seconds[index] = found ? result->findings[0].seconds : result->seconds;
}

static double greatest(const double *values, size_t count) {
    double most = 0;
    for (size_t i = 0; i < count; i++)
        most = values[i] > most ? values[i] : most;
    return most;
}

static void sum_up(struct arm *arm, size_t count) {
    arm->executions_worst = greatest(arm->executions, count);
    arm->seconds_worst = greatest(arm->seconds, count);
    arm->executions_median = bench_median(arm->executions, count);
    arm->seconds_median = bench_median(arm->seconds, count);
}

int bench_hunt(const struct bench_config *config, struct bench_results *results) {
    static struct arm value, blind;
    static struct campaign_result result;
    if (!engine_ready(config->engine, config->engine_folder))
        return VERB_ENVIRONMENT;
    // Alternating, so that a busy machine is busy for both.
    for (uint64_t i = 0; i < config->seeds; i++) {
        for (int arm = 0; arm < 2; arm++) {
            int code = hunt(config, arm == 1, i + 1, &result);
            if (code != VERB_NOTHING_FOUND)
                return code;
            note(arm == 1 ? &blind : &value, i, &result);
        }
    }
    size_t count = config->seeds;
    sum_up(&value, count);
    sum_up(&blind, count);
    static const char baseline[] = "blind bytes, uniform walk";
    bench_add(results, "found", (double)value.found, "seeds", baseline,
              (double)value.found / (double)(blind.found != 0 ? blind.found : 1));
    bench_add(results, "executions, median", value.executions_median, "executions", baseline,
              blind.executions_median / value.executions_median);
    bench_add(results, "executions, worst", value.executions_worst, "executions", baseline,
              blind.executions_worst / value.executions_worst);
    bench_add(results, "seconds, median", value.seconds_median, "s", baseline,
              blind.seconds_median / value.seconds_median);
    bench_add(results, "seconds, worst", value.seconds_worst, "s", baseline,
              blind.seconds_worst / value.seconds_worst);
    bench_add(results, "blind: found", (double)blind.found, "seeds", NULL, 0);
    bench_add(results, "blind: executions, median", blind.executions_median, "executions", NULL, 0);
    bench_add(results, "blind: seconds, median", blind.seconds_median, "s", NULL, 0);
    return VERB_NOTHING_FOUND;
}

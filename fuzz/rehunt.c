#include "rehunt.h"

#include "campaign.h"
#include "triage.h"

#include <stdio.h>
#include <stdlib.h>

struct search {
    const struct rehunt_config *config;
    enum mutant mutant;
    struct sandbox *sandbox; // of the mutant
    struct campaign_result result;
    struct finding finding;
    struct trial trial;
    struct regression candidate, best;
    bool has_best;
};

// Small is what people have to read: ops and decisions, then the rest of the text.
static bool is_smaller(const struct workload *a, const struct workload *b) {
    uint8_t bytes[WORKLOAD_BYTES_MAX];
    uint32_t parts_a = workload_ops(a) + a->schedule.entries;
    uint32_t parts_b = workload_ops(b) + b->schedule.entries;
    if (parts_a != parts_b)
        return parts_a < parts_b;
    return workload_encode(a, bytes, sizeof bytes) < workload_encode(b, bytes, sizeof bytes);
}

// Hunt under one seed. NULL if nothing was found that breaks the mutant's invariant.
static const struct finding *hunt(struct search *search, uint64_t seed) {
    const struct mutant_info *info = mutant_info(search->mutant);
    struct campaign_config campaign = {
        .engines = {ENGINE_LOOP},
        .engines_count = 1,
        .engine_folder = search->config->engine_folder,
        .workers = 1,
        .seed = seed,
        .seconds = search->config->seconds,
        .until = invariant_parse(info->invariant),
        .out = search->config->out,
        .fresh = true,
        .quiet = true,
    };
    subject_init(&campaign.subject);
    subject_add_mutant(&campaign.subject, info->id);
    campaign_run(&campaign, &search->result);
    for (uint32_t i = 0; i < search->result.findings_count; i++)
        if (search->result.findings[i].invariant == campaign.until)
            return &search->result.findings[i];
    return NULL;
}

// Shrink what a seed found; keep it if it is good and smaller than what there is.
static enum rehunt_result consider(struct search *search, const struct finding *found,
                                   uint64_t seed) {
    const struct triage_config triage = {
        .sandbox = search->sandbox, .seconds_max = search->config->seconds, .minimize = true};
    search->finding = (struct finding){0};
    enum triage_result result =
        triage_run(&triage, &found->workload, &search->finding, &search->trial);
    if (result == TRIAGE_ENVIRONMENT || result == TRIAGE_NOT_DETERMINISTIC) {
        fprintf(stderr, "%s: seed %llu: a run could not be repeated\n",
                mutant_info(search->mutant)->id, (unsigned long long)seed);
        return REHUNT_ENVIRONMENT;
    }
    struct regression *candidate = &search->candidate;
    regression_of_mutant(candidate, search->mutant);
    candidate->workload = search->finding.workload;
    if (!regression_check(candidate, search->config->plain))
        return REHUNT_ENVIRONMENT;
    bool good = candidate->state == REGRESSION_GOOD;
    fprintf(stderr, "%s: seed %llu: %u ops, %u decisions, %u tries%s%s\n", candidate->mutant_id,
            (unsigned long long)seed, workload_ops(&candidate->workload),
            candidate->workload.schedule.entries, search->finding.tries,
            good ? "" : "; not taken: ", candidate->why);
    if (good && (!search->has_best || is_smaller(&candidate->workload, &search->best.workload))) {
        search->best = *candidate;
        search->has_best = true;
    }
    return REHUNT_FOUND;
}

static enum rehunt_result search_seeds(struct search *search) {
    const char *id = mutant_info(search->mutant)->id;
    for (uint64_t i = 0; i < search->config->seeds; i++) {
        uint64_t seed = search->config->seed + i;
        const struct finding *found = hunt(search, seed);
        enum campaign_end end = search->result.end;
        if (end == CAMPAIGN_INTERRUPTED)
            return REHUNT_INTERRUPTED;
        if (end != CAMPAIGN_TIME && end != CAMPAIGN_ENOUGH) {
            fprintf(stderr, "%s: seed %llu: %s\n", id, (unsigned long long)seed,
                    search->result.why);
            return REHUNT_ENVIRONMENT;
        }
        enum rehunt_result result = found != NULL ? consider(search, found, seed) : REHUNT_SURVIVED;
        if (result == REHUNT_SURVIVED)
            fprintf(stderr, "%s: seed %llu: not found in %llu executions\n", id,
                    (unsigned long long)seed, (unsigned long long)search->result.executions);
        if (result == REHUNT_ENVIRONMENT)
            return result;
    }
    return search->has_best ? REHUNT_FOUND : REHUNT_SURVIVED;
}

enum rehunt_result rehunt(const struct rehunt_config *config, struct regression *regression) {
    struct search *search = calloc(1, sizeof *search);
    if (search == NULL) {
        perror("rehunt");
        return REHUNT_ENVIRONMENT;
    }
    search->config = config;
    search->mutant = regression->mutant;
    search->sandbox = regression_sandbox(regression->mutant);
    enum rehunt_result result = search->sandbox != NULL ? search_seeds(search) : REHUNT_ENVIRONMENT;
    if (result == REHUNT_FOUND)
        *regression = search->best;
    sandbox_free(search->sandbox);
    free(search);
    return result;
}

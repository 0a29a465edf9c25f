#include "canary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct canary {
    enum mutant mutant;
    double seconds; // budget
};
enum { OTHERS_MAX = 8 }; // findings of other promises: then the runtime is at fault
static const struct canary canaries[] = {{MUTANT_canary_plumbing, 30}, {MUTANT_issue_74090, 60}};

static void configure(const struct campaign_config *config, const struct canary *canary, int engine,
                      const char *out, struct campaign_config *hunt) {
    hunt->out = out;
    hunt->corpus = NULL;
    hunt->fresh = true;
    hunt->engines[0] = config->engines[engine];
    hunt->engines_count = 1;
    hunt->workers = 1;
    hunt->seconds = config->canary_seconds > 0 ? config->canary_seconds : canary->seconds;
    hunt->until = invariant_parse(mutant_info(canary->mutant)->invariant);
    hunt->findings_max = OTHERS_MAX;
    hunt->minimize = false;
    hunt->quiet = true;
    hunt->canary_every = 0;
    hunt->found = NULL;
}

static enum campaign_end listen(const struct campaign_config *config, const struct canary *canary,
                                int engine, struct campaign_result *result, char *why,
                                size_t size) {
    const struct mutant_info *info = mutant_info(canary->mutant);
    struct campaign_config hunt = *config;
    // On the correct runtime: the faults of a version would be found again and again before it.
    subject_init(&hunt.subject);
    hunt.subject.noise = config->subject.noise;
    if (!subject_add_mutant(&hunt.subject, info->id)) {
        snprintf(why, size, "the canary %s cannot be switched on", info->id);
        return CAMPAIGN_BLIND;
    }
    char out[FINDING_PATH_MAX];
    snprintf(out, sizeof out, "%s/canary", config->out);
    configure(config, canary, engine, out, &hunt);
    campaign_run(&hunt, result);
    campaign_remove(out);
    for (uint32_t i = 0; i < result->findings_count; i++)
        if (result->findings[i].invariant == hunt.until)
            return CAMPAIGN_ENOUGH;
    if (result->end == CAMPAIGN_INTERRUPTED)
        return CAMPAIGN_INTERRUPTED;
    snprintf(why, size, "engine %s did not find the canary %s in %llu executions%s%s",
             engine_name(hunt.engines[0]), info->id, (unsigned long long)result->executions,
             result->why[0] != '\0' ? ": " : "", result->why);
    return result->end == CAMPAIGN_ENVIRONMENT ? CAMPAIGN_ENVIRONMENT : CAMPAIGN_BLIND;
}

enum campaign_end canary_check(const struct campaign_config *config, char *why, size_t size,
                               bool *broken) {
    struct campaign_result *result = malloc(sizeof *result);
    enum campaign_end end = result != NULL ? CAMPAIGN_ENOUGH : CAMPAIGN_ENVIRONMENT;
    snprintf(why, size, "%s", result == NULL ? "no memory for a canary" : "");
    for (int engine = 0; engine < config->engines_count; engine++)
        for (size_t i = 0; i < sizeof canaries / sizeof canaries[0]; i++)
            if (end == CAMPAIGN_ENOUGH)
                end = listen(config, &canaries[i], engine, result, why, size);
    if (broken != NULL)
        *broken = end == CAMPAIGN_BLIND &&
                  (result->findings_count != 0 || result->lost != 0 || result->restarts != 0);
    free(result);
    return end;
}

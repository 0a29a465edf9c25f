#include "conform_ours.h"

#include "generate.h"
#include "regression.h"
#include "runner.h"
#include "sandbox.h"

#include <limits.h>
#include <stdio.h>

bool conform_ours_grams(struct conform_grams *grams, uint64_t runs, uint64_t seed) {
    struct subject subject;
    subject_init(&subject);
    const struct runner_config config = {.subject = &subject, .seed = seed};
    struct runner *runner = runner_new(&config);
    if (runner == NULL)
        return false;
    struct rng rng = rng_seeded(seed);
    static struct workload workload;
    for (uint64_t i = 0; i < runs; i++) {
        struct outcome outcome;
        workload_generate(&workload, &rng);
        runner_run(runner, &workload, false, &outcome);
        conform_grams_add(grams, &outcome.run.trace);
    }
    runner_free(runner);
    return true;
}

bool conform_ours_broken(const char *mutant, struct workload *workload, invariant_set *broken) {
    static struct regression regression; // large
    static struct trial trial;
    char name[PATH_MAX];
    snprintf(name, sizeof name, "%s/%s.txt", GPROOF_REGRESSIONS_FOLDER, mutant);
    if (!regression_load(&regression, name))
        return false;
    *workload = regression.workload;
    *broken = 0;
    struct sandbox *sandbox = regression_sandbox(regression.mutant);
    bool good = sandbox != NULL && sandbox_run(sandbox, workload, false, &trial);
    for (uint32_t i = 0; good && i < trial.verdict.count; i++)
        *broken |= INVARIANT_BIT(trial.verdict.violations[i].invariant);
    sandbox_free(sandbox);
    return good;
}

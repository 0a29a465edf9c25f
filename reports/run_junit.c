// A run as JUnit: a case for each promise that its world can decide, skipped where this trace did
// not.
#include "report.h"

#include "assert.h"
#include "junit.h"
#include "why.h"

#include <string.h>

enum { STORY_WIDTH = 100 };

static const struct violation *violation_of(const struct verdict *verdict,
                                            enum invariant invariant) {
    for (uint32_t i = 0; i < verdict->count; i++)
        if (verdict->violations[i].invariant == invariant)
            return &verdict->violations[i];
    return NULL;
}

// The canary's promise is about the harness.
static bool has_case(const struct report_run *run, enum invariant invariant) {
    const char *worlds = invariant_info(invariant)->worlds;
    return violation_of(run->verdict, invariant) != NULL ||
           (invariant != INV_canary &&
            (strcmp(worlds, "both") == 0 || strcmp(worlds, run->world) == 0));
}

void report_junit(struct strbuf *out, const struct report_run *run) {
    struct oracle *oracle = oracle_new();
    struct verdict again;
    struct junit junit;
    struct junit_totals totals = {0};
    struct strbuf story = {0};
    ASSERT(oracle != NULL);
    oracle_judge(oracle, run->trace, run->verdict->end, &again); // for what it decided
    const uint64_t *decided = oracle_stats(oracle)->decided;
    for (int i = 0; i < INVARIANT_COUNT; i++) {
        bool broken = violation_of(run->verdict, (enum invariant)i) != NULL;
        totals.cases += has_case(run, (enum invariant)i);
        totals.failures += broken;
        totals.skipped += has_case(run, (enum invariant)i) && !broken && decided[i] == 0;
    }
    if (totals.failures != 0)
        report_story(&story, run, STORY_WIDTH, false);
    junit_begin(&junit, out, "gproof.run", &totals);
    junit_property(&junit, "world", run->world);
    if (run->replay != NULL)
        junit_property(&junit, "replay", run->replay);
    for (int i = 0; i < INVARIANT_COUNT; i++) {
        const struct violation *violation = violation_of(run->verdict, (enum invariant)i);
        struct strbuf reason = {0};
        if (violation != NULL)
            why_reason(&reason, run->trace, run->workload, violation);
        if (has_case(run, (enum invariant)i))
            junit_case(&junit, &(struct junit_case){.name = invariant_info((enum invariant)i)->id,
                                                    .skipped = violation == NULL && decided[i] == 0,
                                                    .failure = reason.text,
                                                    .details = story.text});
        strbuf_fini(&reason);
    }
    junit_end(&junit, NULL);
    strbuf_fini(&story);
    oracle_free(oracle);
}

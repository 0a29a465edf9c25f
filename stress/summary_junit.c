// JUnit: a case for each invariant, then one for each kind of finding that only a sanitizer knows.
#include "summary.h"

#include "checks.h"
#include "junit.h"
#include "pursuit.h"
#include "sanitizer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// The most frequent finding of this kind, with how many signatures there are.
static const struct ledger_finding *worst(const struct ledger *ledger, const char *kind,
                                          uint32_t *count) {
    const struct ledger_finding *found = NULL;
    *count = 0;
    for (uint32_t i = 0; i < ledger->findings_count; i++) {
        const struct ledger_finding *finding = &ledger->findings[i];
        if (strcmp(finding->kind, kind) != 0)
            continue;
        ++*count;
        if (found == NULL || finding->hits > found->hits)
            found = finding;
    }
    return found;
}

static void junit_kind(const struct summary *summary, struct junit *junit, const char *kind,
                       bool decided) {
    const struct ledger *ledger = summary->ledger;
    uint32_t count;
    const struct ledger_finding *finding = worst(ledger, kind, &count);
    struct junit_case test = {.name = kind, .skipped = !decided && finding == NULL};
    struct strbuf details = {0};
    if (finding != NULL) {
        for (uint32_t i = 0; i < ledger->findings_count; i++) {
            if (strcmp(ledger->findings[i].kind, kind) != 0)
                continue;
            strbuf_printf(&details, "%s\nseen in %" PRIu64 " runs\n", ledger->findings[i].reason,
                          ledger->findings[i].hits);
            summary_replay(summary, &ledger->findings[i], &details);
            strbuf_puts(&details, "\n");
            pursuit_text(&ledger->findings[i].pursuit, "", &details);
        }
        test.failure = finding->reason;
        test.details = details.text;
        test.hits = finding->hits;
        test.runs = ledger->board.executions;
    }
    junit_case(junit, &test);
    strbuf_fini(&details);
}

// Is this kind of finding told by the cases of the invariants, or by an earlier finding?
static bool has_case(const struct ledger *ledger, uint32_t index) {
    const char *kind = ledger->findings[index].kind;
    for (uint32_t i = 0; i < index; i++)
        if (strcmp(ledger->findings[i].kind, kind) == 0)
            return true;
    return invariant_parse(kind) != INVARIANT_COUNT;
}

static struct junit_totals totals(const struct summary *summary) {
    const struct ledger *ledger = summary->ledger;
    struct junit_totals totals = {.seconds = summary->seconds};
    for (int i = 0; i < INVARIANT_COUNT; i++) {
        bool broken = ledger_find(ledger, invariant_info((enum invariant)i)->id) != NULL;
        totals.cases++;
        totals.failures += broken;
        totals.skipped += !broken && !checks_decided(ledger, (enum invariant)i);
    }
    for (uint32_t i = 0; i < ledger->findings_count; i++) {
        totals.cases += !has_case(ledger, i);
        totals.failures += !has_case(ledger, i);
    }
    totals.cases++;
    totals.failures += summary->blind;
    return totals;
}

void summary_junit(const struct summary *summary, struct strbuf *out) {
    const struct ledger *ledger = summary->ledger;
    struct junit junit;
    struct junit_totals sums = totals(summary);
    char number[24];
    junit_begin(&junit, out, "gproof.stress", &sums);
    snprintf(number, sizeof number, "%" PRIu64, summary->options->seed);
    junit_property(&junit, "seed", number);
    snprintf(number, sizeof number, "%" PRIu64, ledger->board.executions);
    junit_property(&junit, "executions", number);
    junit_property(&junit, "sanitizer", sanitizer_name());
    junit_case(&junit, &(struct junit_case){
                           .name = "harness-can-see",
                           .failure = summary->blind ? "blind: nothing would have been seen" : NULL,
                           .hits = 1,
                           .runs = 1});
    for (int i = 0; i < INVARIANT_COUNT; i++)
        junit_kind(summary, &junit, invariant_info((enum invariant)i)->id,
                   checks_decided(ledger, (enum invariant)i));
    for (uint32_t i = 0; i < ledger->findings_count; i++)
        if (!has_case(ledger, i))
            junit_kind(summary, &junit, ledger->findings[i].kind, true);
    junit_end(&junit, NULL);
}

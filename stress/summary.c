#include "summary.h"

#include "finding_files.h"
#include "json.h"
#include "junit.h"
#include "sanitizer.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

// Was there a trace that decided this invariant?
static bool was_decided(const struct ledger *ledger, int invariant) {
    return ledger->board.decided[invariant] != 0;
}

// Bounds of the 95 % interval (Wilson) of k hits in n runs.
static void interval(uint64_t k, uint64_t n, double *low, double *high) {
    double z = 1.96, runs = (double)n, p = (double)k / runs;
    double middle = p + z * z / (2 * runs);
    double width = z * sqrt(p * (1 - p) / runs + z * z / (4 * runs * runs));
    *low = (middle - width) / (1 + z * z / runs);
    *high = (middle + width) / (1 + z * z / runs);
}

static void put_replay(const struct summary *summary, const struct ledger_finding *finding,
                       struct strbuf *out) {
    char name[FINDING_NAME_MAX];
    stress_options_replay(summary->options,
                          finding_files_name(summary->options, finding, FINDING_TEXT, name), out);
}

static void text_finding(const struct summary *summary, const struct ledger_finding *finding,
                         struct strbuf *out) {
    char name[FINDING_NAME_MAX];
    double low, high;
    uint64_t runs = summary->ledger->board.executions;
    interval(finding->hits, runs, &low, &high);
    strbuf_printf(out, "\n%s %016" PRIx64 "\n  %s\n", finding->kind, finding->signature,
                  finding->reason);
    strbuf_printf(out,
                  "  seen   %" PRIu64 " of %" PRIu64
                  " runs (%.2f to %.2f %%), first in run %" PRIu64 " after %.2f s\n",
                  finding->hits, runs, 100 * low, 100 * high, finding->execution, finding->seconds);
    strbuf_printf(out, "  story  %s\n",
                  finding_files_name(summary->options, finding, FINDING_STORY, name));
    strbuf_puts(out, "  replay ");
    put_replay(summary, finding, out);
    strbuf_puts(out, "\n");
}

static void text_limits(const struct summary *summary, struct strbuf *out) {
    uint32_t undecided = 0;
    for (int i = 0; i < INVARIANT_COUNT; i++)
        undecided += !was_decided(summary->ledger, i);
    strbuf_puts(out, "\nwhat this does not prove: other interleavings than the machine happened to "
                     "take");
    strbuf_puts(out, sanitizer_sees_races() ? "" : "; data races (--sanitizer thread looks)");
    strbuf_printf(out, "\nnever decided by a trace: %" PRIu32 " of %d invariants", undecided,
                  INVARIANT_COUNT);
    const char *before = ": ";
    for (int i = 0; i < INVARIANT_COUNT; i++) {
        if (was_decided(summary->ledger, i))
            continue;
        strbuf_printf(out, "%s%s", before, invariant_info((enum invariant)i)->id);
        before = ", ";
    }
    strbuf_puts(out, "\n");
}

void summary_text(const struct summary *summary, struct strbuf *out) {
    const struct ledger *ledger = summary->ledger;
    uint64_t runs = ledger->board.executions;
    strbuf_printf(out, "%" PRIu64 " runs on real threads in %.1f s (%.0f a second), sanitizer %s\n",
                  runs, summary->seconds,
                  summary->seconds > 0 ? (double)runs / summary->seconds : 0, sanitizer_name());
    if (ledger->lost != 0 || ledger->board.inconclusive != 0)
        strbuf_printf(out, "%" PRIu64 " runs took their process down, %" PRIu64 " inconclusive\n",
                      ledger->lost, ledger->board.inconclusive);
    if (summary->blind)
        strbuf_puts(out, "blind: nothing would have been seen\n");
    else if (ledger->findings_count == 0)
        strbuf_puts(out, "no violation\n");
    for (uint32_t i = 0; i < ledger->findings_count; i++)
        text_finding(summary, &ledger->findings[i], out);
    if (ledger->findings_full)
        strbuf_printf(out, "\nmore than %d signatures: the later ones were dropped\n",
                      LEDGER_FINDINGS_MAX);
    if (!summary->blind)
        text_limits(summary, out);
}

static void json_finding(const struct summary *summary, const struct ledger_finding *finding,
                         struct json *json) {
    char name[FINDING_NAME_MAX], signature[20];
    struct strbuf replay = {0};
    snprintf(signature, sizeof signature, "%016" PRIx64, finding->signature);
    put_replay(summary, finding, &replay);
    json_object(json, NULL);
    json_string(json, "invariant", finding->kind);
    json_string(json, "signature", signature);
    json_string(json, "reason", finding->reason);
    json_uint(json, "hits", finding->hits);
    json_uint(json, "executions", finding->execution);
    json_real(json, "seconds", finding->seconds);
    json_uint(json, "ops", finding->ops);
    json_uint(json, "preemptions", 0); // the machine decided; no schedule was recorded
    json_string(json, "bytes", finding_files_name(summary->options, finding, FINDING_BYTES, name));
    json_string(json, "text", finding_files_name(summary->options, finding, FINDING_TEXT, name));
    json_string(json, "story", finding_files_name(summary->options, finding, FINDING_STORY, name));
    json_string(json, "replay", replay.text);
    json_end_object(json);
    strbuf_fini(&replay);
}

void summary_json(const struct summary *summary, struct strbuf *out) {
    const struct ledger *ledger = summary->ledger;
    struct json json;
    json_init(&json, out);
    json_object(&json, NULL);
    json_uint(&json, "seed", summary->options->seed);
    json_string(&json, "world", "posix");
    json_string(&json, "sanitizer", sanitizer_name());
    json_uint(&json, "executions", ledger->board.executions);
    json_real(&json, "seconds", summary->seconds);
    json_bool(&json, "blind", summary->blind);
    json_uint(&json, "lost", ledger->lost);
    json_uint(&json, "inconclusive", ledger->board.inconclusive);
    json_array(&json, "findings");
    for (uint32_t i = 0; i < ledger->findings_count; i++)
        json_finding(summary, &ledger->findings[i], &json);
    json_end_array(&json);
    json_object(&json, "decided");
    for (int i = 0; i < INVARIANT_COUNT; i++)
        json_uint(&json, invariant_info((enum invariant)i)->id, ledger->board.decided[i]);
    json_end_object(&json);
    json_end_object(&json);
}

// ---- JUnit: a case for each invariant, then one for each kind that only a sanitizer knows -------

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
            put_replay(summary, &ledger->findings[i], &details);
            strbuf_puts(&details, "\n");
        }
        test.failure = finding->reason;
        test.details = details.text;
        test.hits = finding->hits;
        test.runs = ledger->board.executions;
    }
    junit_case(junit, &test);
    strbuf_fini(&details);
}

static const char data_race[] = "data-race";

// Is this kind of finding told by the cases of the invariants, of data races, or an earlier
// finding?
static bool has_case(const struct ledger *ledger, uint32_t index) {
    const char *kind = ledger->findings[index].kind;
    for (uint32_t i = 0; i < index; i++)
        if (strcmp(ledger->findings[i].kind, kind) == 0)
            return true;
    return invariant_parse(kind) != INVARIANT_COUNT || strcmp(kind, data_race) == 0;
}

static struct junit_totals totals(const struct summary *summary) {
    const struct ledger *ledger = summary->ledger;
    struct junit_totals totals = {.seconds = summary->seconds};
    for (int i = 0; i < INVARIANT_COUNT; i++) {
        bool broken = ledger_find(ledger, invariant_info((enum invariant)i)->id) != NULL;
        totals.cases++;
        totals.failures += broken;
        totals.skipped += !broken && !was_decided(ledger, i);
    }
    totals.cases++;
    totals.failures += ledger_find(ledger, data_race) != NULL;
    totals.skipped += ledger_find(ledger, data_race) == NULL && !sanitizer_sees_races();
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
        junit_kind(summary, &junit, invariant_info((enum invariant)i)->id, was_decided(ledger, i));
    junit_kind(summary, &junit, data_race, sanitizer_sees_races());
    for (uint32_t i = 0; i < ledger->findings_count; i++)
        if (!has_case(ledger, i))
            junit_kind(summary, &junit, ledger->findings[i].kind, true);
    junit_end(&junit, NULL);
}

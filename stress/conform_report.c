#include "conform_report.h"

#include "json.h"

#include <inttypes.h>
#include <string.h>

enum { GRAMS_SHOWN = 15 };

// ---- text ---------------------------------------------------------------------------------------

static void text_of_violations(const struct conform_sum *sum, bool explained, struct strbuf *out) {
    bool any = false;
    for (uint32_t i = 0; i < sum->count; i++) {
        const struct conform_violation *kind = &sum->violations[i];
        if ((kind->known != NULL) != explained)
            continue;
        if (!any)
            strbuf_puts(
                out, "| invariant | rounds | known as | first seen |\n| --- | --- | --- | --- |\n");
        any = true;
        strbuf_printf(out, "| `%s` | %" PRIu64 " | %s | %s |\n",
                      invariant_info(kind->first.invariant)->id, kind->rounds,
                      kind->known == NULL ? "-" : kind->known, kind->first.reason);
    }
    if (!any)
        strbuf_puts(out, "None.\n");
}

static void text_of_invariants(const struct oracle_stats *stats, struct strbuf *out) {
    strbuf_puts(out,
                "\n## Invariants\n\n| invariant | evaluated | decided |\n| --- | --- | --- |\n");
    for (int i = 0; i < INVARIANT_COUNT; i++) {
        if (stats->evaluated[i] != 0)
            strbuf_printf(out, "| `%s` | %" PRIu64 " | %" PRIu64 " |\n",
                          invariant_info((enum invariant)i)->id, stats->evaluated[i],
                          stats->decided[i]);
    }
    strbuf_puts(out, "\nNever evaluated, since Go tells nothing of it:");
    const char *before = " ";
    for (int i = 0; i < INVARIANT_COUNT; i++) {
        if (stats->evaluated[i] != 0)
            continue;
        strbuf_printf(out, "%s`%s`", before, invariant_info((enum invariant)i)->id);
        before = ", ";
    }
    strbuf_puts(out, ".\n");
}

static void text_of_grams(const char *title, const struct conform_grams *have,
                          const struct conform_grams *lack, struct strbuf *out) {
    struct conform_gram grams[GRAMS_SHOWN];
    double share;
    uint32_t count = conform_grams_missing(have, lack, grams, GRAMS_SHOWN, &share);
    strbuf_printf(out, "\n### %s\n\n%" PRIu32 " of %" PRIu32 ", %.2f %% of what was seen.%s\n",
                  title, count, conform_grams_count(have), 100 * share,
                  count > GRAMS_SHOWN ? " The most frequent:" : "");
    strbuf_puts(out,
                count == 0 ? "" : "\n| times | three events of a goroutine |\n| --- | --- |\n");
    for (uint32_t i = 0; i < count && i < GRAMS_SHOWN; i++) {
        strbuf_printf(out, "| %" PRIu64 " | ", grams[i].count);
        conform_gram_print(&grams[i], out);
        strbuf_puts(out, " |\n");
    }
}

static void text_of_refused(const uint32_t *refused, struct strbuf *out) {
    for (int op = 0; op < OP_COUNT; op++) {
        bool thread = op == OP_foreign || op == OP_bound;
        if (refused[op] != 0)
            strbuf_printf(out, "%" PRIu32 " generated programs were left out for `%s`: %s.\n",
                          refused[op], workload_op_info((enum workload_op_kind)op)->name,
                          thread ? "the contexts of threads of C are not told of"
                                 : "this Go has no counterpart");
    }
}

// What makes most of the differences is no difference of the protocol.
static const char scan_bit[] = "\nMost sets that only one of the two has come from one thing: our "
                               "runtime holds the scan bit of "
                               "a goroutine's status while a stack is read, and tells so; Go's "
                               "profiler reads the stack of who is "
                               "in progress without it, since whoever would run it waits for the "
                               "record. Of Go's collector, which "
                               "takes the bit as well, nothing is told.\n";

void conform_report_text(const struct conform_report *report, struct strbuf *out) {
    const struct conform_sum *sum = report->sum;
    strbuf_printf(out,
                  "# Fidelity: the real Go under the oracle\n\n"
                  "%s%s%s. Made by `%s`.\n\n"
                  "%" PRIu64 " profiles in %" PRIu64 " rounds of %" PRIu64 " processes, %" PRIu64
                  " events, %.0f s. %" PRIu64 " rounds were too long for the buffers, %" PRIu64
                  " ended with somebody under way; %" PRIu64 " processes died, %" PRIu64 " hung.\n",
                  report->go, report->slip == NULL ? "" : " with the slip ",
                  report->slip == NULL ? "" : report->slip, report->command, sum->profiles,
                  sum->rounds, sum->processes, sum->events, report->seconds, sum->truncated,
                  sum->open, sum->died, sum->hung);
    text_of_refused(report->refused, out);
    strbuf_puts(out, "\n## Violations that nothing explains\n\n");
    text_of_violations(sum, false, out);
    strbuf_puts(out, "\n## Violations that are known of this Go\n\n");
    text_of_violations(sum, true, out);
    text_of_invariants(report->stats, out);
    strbuf_printf(
        out,
        "\n## What goroutines do\n\nSets of three events in a row of one goroutine of a plan: "
        "%" PRIu32 " different ones in Go, %" PRIu32 " in %" PRIu64 " executions of our runtime.\n",
        conform_grams_count(report->real), conform_grams_count(report->ours), report->our_runs);
    strbuf_puts(out, scan_bit);
    text_of_grams("In Go, not in ours", report->real, report->ours, out);
    text_of_grams("In ours, not in Go", report->ours, report->real, out);
    if (report->slips != NULL)
        conform_slips_text(report->slips, out);
}

// ---- JSON ---------------------------------------------------------------------------------------

static void json_of_grams(const char *name, const struct conform_grams *have,
                          const struct conform_grams *lack, struct json *json) {
    struct conform_gram grams[1];
    double share;
    uint32_t count = conform_grams_missing(have, lack, grams, 1, &share);
    json_object(json, name);
    json_uint(json, "different", conform_grams_count(have));
    json_uint(json, "missing_in_other", count);
    json_real(json, "share", share);
    json_end_object(json);
}

static void json_of_broken(const char *name, invariant_set broken, struct json *json) {
    json_array(json, name);
    for (int i = 0; i < INVARIANT_COUNT; i++) {
        if ((broken >> i & 1) != 0)
            json_string(json, NULL, invariant_info((enum invariant)i)->id);
    }
    json_end_array(json);
}

void conform_report_json(const struct conform_report *report, struct strbuf *out) {
    const struct conform_sum *sum = report->sum;
    struct json json;
    json_init(&json, out);
    json_object(&json, NULL);
    json_uint(&json, "seed", report->seed);
    json_string(&json, "go", report->go);
    json_string(&json, "slip", report->slip);
    json_uint(&json, "profiles", sum->profiles);
    json_uint(&json, "rounds", sum->rounds);
    json_uint(&json, "processes", sum->processes);
    json_uint(&json, "died", sum->died);
    json_uint(&json, "hung", sum->hung);
    json_uint(&json, "events", sum->events);
    json_uint(&json, "truncated", sum->truncated);
    json_real(&json, "seconds", report->seconds);
    json_bool(&json, "unexplained", conform_unexplained(sum));
    json_array(&json, "violations");
    for (uint32_t i = 0; i < sum->count; i++) {
        const struct conform_violation *kind = &sum->violations[i];
        json_object(&json, NULL);
        json_string(&json, "invariant", invariant_info(kind->first.invariant)->id);
        json_string(&json, "known", kind->known);
        json_uint(&json, "rounds", kind->rounds);
        json_string(&json, "reason", kind->first.reason);
        json_end_object(&json);
    }
    json_end_array(&json);
    json_array(&json, "invariants");
    for (int i = 0; i < INVARIANT_COUNT; i++) {
        json_object(&json, NULL);
        json_string(&json, "invariant", invariant_info((enum invariant)i)->id);
        json_uint(&json, "evaluated", report->stats->evaluated[i]);
        json_uint(&json, "decided", report->stats->decided[i]);
        json_end_object(&json);
    }
    json_end_array(&json);
    json_array(&json, "slips");
    for (uint32_t i = 0; report->slips != NULL && conform_slip_at(i) != NULL; i++) {
        json_object(&json, NULL);
        json_string(&json, "slip", conform_slip_at(i)->slip);
        json_of_broken("ours", report->slips[i].ours, &json);
        json_of_broken("in_go", report->slips[i].broken, &json);
        json_uint(&json, "carried_runs", report->slips[i].carried.runs);
        json_uint(&json, "carried", report->slips[i].carried.fired);
        json_bool(&json, "agree", conform_slip_agrees(i, &report->slips[i]));
        json_end_object(&json);
    }
    json_end_array(&json);
    json_of_grams("grams_go", report->real, report->ours, &json);
    json_of_grams("grams_ours", report->ours, report->real, &json);
    json_end_object(&json);
    strbuf_puts(out, "\n");
}

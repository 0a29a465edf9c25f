#include "summary.h"

#include "checks.h"
#include "finding_files.h"
#include "json.h"
#include "plant.h"
#include "pursuit.h"
#include "sanitizer.h"
#include "stress_worker.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

void summary_interval(uint64_t k, uint64_t n, double *low, double *high) {
    double z = 1.96, runs = (double)n, p = (double)k / runs;
    double middle = p + z * z / (2 * runs);
    double width = z * sqrt(p * (1 - p) / runs + z * z / (4 * runs * runs));
    *low = (middle - width) / (1 + z * z / runs);
    *high = (middle + width) / (1 + z * z / runs);
}

void summary_replay(const struct summary *summary, const struct ledger_finding *finding,
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
    summary_interval(finding->hits, runs, &low, &high);
    strbuf_printf(out, "\n%s %016" PRIx64 "\n  %s\n", finding->kind, finding->signature,
                  finding->reason);
    strbuf_printf(out,
                  "  seen   %" PRIu64 " of %" PRIu64
                  " runs (%.2f to %.2f %%), first in run %" PRIu64 " after %.2f s\n",
                  finding->hits, runs, 100 * low, 100 * high, finding->execution, finding->seconds);
    strbuf_printf(out, "  story  %s\n",
                  finding_files_name(summary->options, finding, FINDING_STORY, name));
    strbuf_puts(out, "  replay ");
    summary_replay(summary, finding, out);
    strbuf_puts(out, "\n");
    pursuit_text(&finding->pursuit, "  ", out);
}

static void text_canaries(const struct ledger *ledger, struct strbuf *out) {
    strbuf_printf(out,
                  "canaries: all seen %" PRIu32 " times, in %" PRIu64
                  " runs: plumbing%s, sensitivity (golang/go#74090)\n",
                  ledger->canary_rounds, ledger->canary_runs,
                  plant_kind() != NULL ? ", sanitizer" : "");
}

static void text_memory(const struct summary *summary, struct strbuf *out) {
    const struct ledger *ledger = summary->ledger;
    strbuf_puts(out, "memory: peak resident in each quarter of the time");
    for (int quarter = 0; quarter < 4; quarter++)
        strbuf_printf(out, "%s %.0f", quarter == 0 ? "" : ",",
                      memory_quarter_kb(&ledger->memory, quarter, summary->seconds) / 1024.0);
    strbuf_printf(out, " MiB; %" PRIu64 " workers in turn, %" PRIu64 " replaced above %d MiB\n",
                  ledger->workers, ledger->replaced, WORKER_KB_MAX / 1024);
}

static void text_limits(const struct summary *summary, struct strbuf *out) {
    strbuf_puts(out, "\n");
    checks_text(summary->ledger, summary->colour, out);
    text_canaries(summary->ledger, out);
    text_memory(summary, out);
    strbuf_puts(out, "what this does not prove: other interleavings than the machine happened to "
                     "take");
    strbuf_puts(out, sanitizer_sees_races() ? "\n" : "; data races (--sanitizer thread looks)\n");
}

static void text_slow(const struct summary *summary, struct strbuf *out) {
    char name[FINDING_NAME_MAX];
    const struct ledger *ledger = summary->ledger;
    strbuf_printf(out, "%" PRIu64 " runs were slow: %s, the first in run %" PRIu64 "\n",
                  ledger->slow, ledger->slow_run.reason, ledger->slow_run.execution);
    strbuf_printf(out, "  all Gs, Ms and Ps: %s\n",
                  finding_files_name(summary->options, &ledger->slow_run, FINDING_STORY, name));
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
    if (ledger->slow != 0)
        text_slow(summary, out);
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

static void json_pursuit(const struct ledger_pursuit *pursuit, struct json *json) {
    json_object(json, "pursuit");
    json_string(json, "world", pursuit_name(pursuit->end));
    if (pursuit->end == PURSUIT_VIRTUAL || pursuit->end == PURSUIT_POSIX) {
        json_string(json, "invariant", pursuit->kind);
        json_uint(json, "ops", pursuit->ops);
        json_uint(json, "preemptions", pursuit->preemptions);
        json_bool(json, "minimal", pursuit->minimal);
        json_uint(json, "hits", pursuit->hits);
        json_uint(json, "runs", pursuit->runs);
        json_string(json, "text", pursuit->text);
        json_string(json, "replay", pursuit->replay);
    }
    json_uint(json, "schedules", pursuit->schedules);
    json_end_object(json);
}

static void json_finding(const struct summary *summary, const struct ledger_finding *finding,
                         struct json *json) {
    char name[FINDING_NAME_MAX], signature[20];
    struct strbuf replay = {0};
    snprintf(signature, sizeof signature, "%016" PRIx64, finding->signature);
    summary_replay(summary, finding, &replay);
    json_object(json, NULL);
    json_string(json, "invariant", finding->kind);
    json_string(json, "signature", signature);
    json_string(json, "reason", finding->reason);
    json_uint(json, "hits", finding->hits);
    json_uint(json, "runs", summary->ledger->board.executions);
    double low, high;
    summary_interval(finding->hits, summary->ledger->board.executions, &low, &high);
    json_real(json, "low", low);
    json_real(json, "high", high);
    json_uint(json, "executions", finding->execution);
    json_real(json, "seconds", finding->seconds);
    json_uint(json, "ops", finding->ops);
    json_uint(json, "preemptions", 0); // the machine decided; no schedule was recorded
    json_string(json, "bytes", finding_files_name(summary->options, finding, FINDING_BYTES, name));
    json_string(json, "text", finding_files_name(summary->options, finding, FINDING_TEXT, name));
    json_string(json, "story", finding_files_name(summary->options, finding, FINDING_STORY, name));
    json_string(json, "replay", replay.text);
    json_pursuit(&finding->pursuit, json);
    json_end_object(json);
    strbuf_fini(&replay);
}

static void json_memory(const struct summary *summary, struct json *json) {
    static const char *const names[] = {"first_quarter", "second_quarter", "third_quarter",
                                        "last_quarter"};
    const struct ledger *ledger = summary->ledger;
    json_object(json, "memory_kb");
    for (int quarter = 0; quarter < 4; quarter++)
        json_uint(json, names[quarter],
                  memory_quarter_kb(&ledger->memory, quarter, summary->seconds));
    json_uint(json, "most", memory_most_kb(&ledger->memory));
    json_uint(json, "limit", WORKER_KB_MAX);
    json_end_object(json);
    json_uint(json, "workers", ledger->workers);
    json_uint(json, "replaced", ledger->replaced);
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
    json_uint(&json, "canary_rounds", ledger->canary_rounds);
    json_uint(&json, "lost", ledger->lost);
    json_uint(&json, "slow", ledger->slow);
    json_uint(&json, "inconclusive", ledger->board.inconclusive);
    json_array(&json, "findings");
    for (uint32_t i = 0; i < ledger->findings_count; i++)
        json_finding(summary, &ledger->findings[i], &json);
    json_end_array(&json);
    checks_json(ledger, &json);
    json_memory(summary, &json);
    json_end_object(&json);
}

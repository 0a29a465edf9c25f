#include "campaign_report.h"

#include "json.h"
#include "options.h"
#include "sanitizer.h"

#include <stdio.h>
#include <string.h>

enum { SAMPLED_MIN = 16 }; // fewer traces say nothing about how many differ

static bool is_blind(const struct campaign_result *result) {
    return result->end == CAMPAIGN_BLIND;
}

int campaign_exit(const struct campaign_result *result) {
    if (result->end == CAMPAIGN_ENVIRONMENT || result->end == CAMPAIGN_NONDETERMINISTIC)
        return VERB_ENVIRONMENT;
    if (result->findings_count != 0)
        return VERB_VIOLATION;
    return is_blind(result) ? VERB_BLIND : VERB_NOTHING_FOUND;
}

// An estimate: it may come out larger than the whole.
static double distinct_percent(const struct campaign_result *result) {
    double percent = 100 * result->traces_distinct / (double)result->sampled;
    return percent < 100 ? percent : 100;
}

static bool is_decidable(enum invariant invariant) {
    const char *worlds = invariant_info(invariant)->worlds;
    return strcmp(worlds, "both") == 0 || strcmp(worlds, exec_world()) == 0 ||
           (strcmp(worlds, "tsan") == 0 && sanitizer_sees_races());
}

// The canary's promise is about the harness, and only a planted fault decides it.
static bool is_never_decided(const struct campaign_result *result, enum invariant invariant) {
    return is_decidable(invariant) && result->decided[invariant] == 0 && invariant != INV_canary;
}

static void put_engines(struct strbuf *out, const struct campaign_config *config) {
    for (int i = 0; i < config->engines_count; i++)
        strbuf_printf(out, "%s%s", i != 0 ? " and " : "", engine_name(config->engines[i]));
}

static const char *end_words(const struct campaign_result *result) {
    static const char *const ends[] = {
        [CAMPAIGN_TIME] = "the time is over, or as many executions done as were wanted",
        [CAMPAIGN_ENOUGH] = "enough findings",
        [CAMPAIGN_INTERRUPTED] = "interrupted; everything found is saved, and the next run resumes",
        [CAMPAIGN_BLIND] = "BLIND",
        [CAMPAIGN_ENVIRONMENT] = "stopped by the environment",
        [CAMPAIGN_NONDETERMINISTIC] = "stopped: not deterministic",
    };
    return ends[result->end];
}

static void put_end(struct strbuf *out, const struct campaign_result *result) {
    strbuf_printf(out, "ended: %s%s%s\n", end_words(result), result->why[0] != '\0' ? ": " : "",
                  result->why);
}

static void put_canaries(struct strbuf *out, const struct campaign_config *config,
                         const struct campaign_result *result) {
    if (is_blind(result))
        strbuf_puts(out, "the campaign could not see");
    else if (config->canary_every > 0)
        strbuf_printf(out, "found before the begin, and looked for again every %.0f s",
                      config->canary_every);
    else
        strbuf_puts(out, "none: nothing says that this campaign could have seen a fault");
}

static void put_cells(struct strbuf *out, const struct campaign_result *result) {
    if (result->executions == 0)
        return;
    strbuf_printf(out, "flip cells: %u of %u feasible ones reached\n", result->cells_reached,
                  result->cells_feasible);
    if (result->end != CAMPAIGN_TIME && result->end != CAMPAIGN_INTERRUPTED)
        return;
    for (uint32_t i = 0; i < FLIP_CELLS; i++) {
        struct flip_cell cell = flip_cell_at(i);
        if (result->cells[i] != 0 || flip_cell_infeasible(i) != NULL || result->executions == 0)
            continue;
        strbuf_printf(out, "  not reached: %s sees a goroutine %s, %s then and %s now\n",
                      trace_observer_name(cell.observer), trace_state_name(cell.state),
                      trace_role_name(cell.before), trace_role_name(cell.after));
    }
}

static void put_undecided(struct strbuf *out, const struct campaign_result *result, bool colour) {
    bool any = false;
    for (uint32_t i = 0; i < INVARIANT_COUNT; i++)
        any |= is_never_decided(result, (enum invariant)i);
    if (!any)
        return;
    strbuf_printf(out, "%snever decided:%s", colour ? "\033[31m" : "", colour ? "\033[0m" : "");
    for (uint32_t i = 0; i < INVARIANT_COUNT; i++)
        if (is_never_decided(result, (enum invariant)i))
            strbuf_printf(out, " %s", invariant_info((enum invariant)i)->id);
    strbuf_puts(out, "\n");
}

// How close the bounds came to being broken.
static void put_bounds(struct strbuf *out, const struct campaign_result *result) {
    for (uint32_t i = 0; i < INVARIANT_COUNT; i++) {
        struct invariant_bound bound = invariant_bound((enum invariant)i);
        if (bound.limit != 0 && result->decided[i] != 0)
            strbuf_printf(out, "closest to its bound: %s, %llu of %llu %s\n",
                          invariant_info((enum invariant)i)->id,
                          (unsigned long long)result->largest[i], (unsigned long long)bound.limit,
                          bound.unit);
    }
}

static void put_finding(struct strbuf *out, const struct finding *finding) {
    strbuf_printf(out, "  %s %016llx%s: %u ops, %u preemptions%s",
                  invariant_info(finding->invariant)->id, (unsigned long long)finding->signature,
                  finding->known ? " (known)" : "", finding->ops, finding->preemptions,
                  finding->minimal ? "" : " (not minimal)");
    if (finding->hits != finding->replays)
        strbuf_printf(out, ", fires in %u of %u runs", finding->hits, finding->replays);
    strbuf_printf(out, "; first seen after %llu executions, %.3f s\n    ",
                  (unsigned long long)finding->executions, finding->seconds);
    finding_replay_command(finding->folder, out);
    strbuf_puts(out, "\n");
}

static void put_limits(struct strbuf *out) {
    strbuf_puts(out, "what a green run does not prove: ");
    if (strcmp(exec_world(), "virtual") == 0)
        strbuf_puts(out, "interleavings of marked points only, sequentially consistent, as far as "
                         "the walks went; no weak memory, and data races on plain fields are "
                         "stress --sanitizer thread's to find.\n");
    else
        strbuf_puts(out, "what this machine happened to do, in this time; an invariant that is "
                         "seldom decided here passes unseen.\n");
}

void campaign_report_text(struct strbuf *out, const struct campaign_config *config,
                          const struct campaign_result *result, bool colour) {
    double rate = result->seconds > 0 ? (double)result->executions / result->seconds : 0;
    put_end(out, result);
    strbuf_printf(out, "seed %llu: %llu executions in %.1f s (%.0f/s), %u workers, ",
                  (unsigned long long)config->seed, (unsigned long long)result->executions,
                  result->seconds, rate, config->workers);
    put_engines(out, config);
    strbuf_printf(out, ", %s world\n", exec_world());
    if (result->executions != 0)
        strbuf_printf(out, "an execution: %.0f scheduling points, %.0f events\n",
                      (double)result->points / (double)result->executions,
                      (double)result->events / (double)result->executions);
    if (result->sampled >= SAMPLED_MIN)
        strbuf_printf(out,
                      "distinct traces: about %.0f, %.1f %% of %llu: one in %d executions "
                      "is looked at\n",
                      result->traces_distinct, distinct_percent(result),
                      (unsigned long long)result->sampled, SCOREBOARD_SAMPLE);
    put_cells(out, result);
    put_bounds(out, result);
    if (result->executions != 0 && result->end != CAMPAIGN_ENOUGH)
        put_undecided(out, result, colour);
    if (result->inconclusive != 0)
        strbuf_printf(out, "inconclusive: %llu executions\n",
                      (unsigned long long)result->inconclusive);
    if (result->restarts + result->lost != 0)
        strbuf_printf(out,
                      "workers started again: %u after a death, %u after a run that could not "
                      "be drained\n",
                      result->restarts, result->lost);
    if (result->unreproduced != 0)
        strbuf_printf(out, "%u inputs fired once and never again: %s/work/unreproduced\n",
                      result->unreproduced, config->out);
    strbuf_printf(out, "findings: %u\n", result->findings_count);
    for (uint32_t i = 0; i < result->findings_count; i++)
        put_finding(out, &result->findings[i]);
    if (campaign_exit(result) == VERB_NOTHING_FOUND)
        put_limits(out);
}

static void put_evaluated(struct json *json, const struct campaign_result *result) {
    json_array(json, "evaluated");
    for (uint32_t i = 0; i < INVARIANT_COUNT; i++) {
        json_object(json, NULL);
        json_string(json, "invariant", invariant_info((enum invariant)i)->id);
        json_uint(json, "evaluated", result->evaluated[i]);
        json_uint(json, "decided", result->decided[i]);
        struct invariant_bound bound = invariant_bound((enum invariant)i);
        if (bound.limit != 0) {
            json_uint(json, "largest", result->largest[i]);
            json_uint(json, "limit", bound.limit);
            json_string(json, "unit", bound.unit);
        }
        json_end_object(json);
    }
    json_end_array(json);
    json_array(json, "never_decided");
    for (uint32_t i = 0; i < INVARIANT_COUNT; i++)
        if (is_never_decided(result, (enum invariant)i))
            json_string(json, NULL, invariant_info((enum invariant)i)->id);
    json_end_array(json);
}

void campaign_report_json(struct strbuf *out, const struct campaign_config *config,
                          const struct campaign_result *result) {
    struct strbuf engines = {0}, words = {0};
    struct json json;
    json_init(&json, out);
    json_object(&json, NULL);
    json_uint(&json, "seed", config->seed);
    json_uint(&json, "executions", result->executions);
    json_real(&json, "seconds", result->seconds);
    json_bool(&json, "blind", is_blind(result));
    json_string(&json, "why", result->why[0] != '\0' ? result->why : NULL);
    json_string(&json, "end", end_words(result));
    put_canaries(&words, config, result);
    json_string(&json, "canaries", words.text);
    strbuf_clear(&words);
    subject_options(&config->subject, &words);
    json_string(&json, "subject", words.size != 0 ? words.text + 1 : ""); // it begins with a blank
    json_string(&json, "world", exec_world());
    put_engines(&engines, config);
    json_string(&json, "engine", engines.text);
    json_uint(&json, "workers", config->workers);
    json_bool(&json, "interrupted", result->end == CAMPAIGN_INTERRUPTED);
    json_uint(&json, "cells_reached", result->cells_reached);
    json_uint(&json, "cells_feasible", result->cells_feasible);
    json_uint(&json, "inconclusive", result->inconclusive);
    json_uint(&json, "points", result->points);
    json_uint(&json, "events", result->events);
    json_uint(&json, "traces_sampled", result->sampled);
    json_real(&json, "traces_distinct", result->traces_distinct);
    json_uint(&json, "restarts", result->restarts);
    json_uint(&json, "unreproduced", result->unreproduced);
    json_array(&json, "findings");
    for (uint32_t i = 0; i < result->findings_count; i++)
        finding_put_json(&json, &result->findings[i]);
    json_end_array(&json);
    put_evaluated(&json, result);
    json_array(&json, "cells"); // in the order of flip_cell_index
    for (uint32_t i = 0; i < FLIP_CELLS; i++)
        json_uint(&json, NULL, result->cells[i]);
    json_end_array(&json);
    json_end_object(&json);
    strbuf_fini(&engines);
    strbuf_fini(&words);
}

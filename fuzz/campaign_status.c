#include "campaign_impl.h"

#include "json.h"

#include <stdio.h>
#include <string.h>

static const uint64_t second_ns = 1000000000;
enum { LINE_TTY_MS = 200, LINE_LOG_SECONDS = 60, FILE_SECONDS = 5 };

static void add_saturating(uint32_t *sum, uint32_t value) {
    *sum = UINT32_MAX - *sum < value ? UINT32_MAX : *sum + value;
}

void campaign_sum(struct campaign *campaign) {
    struct campaign_result *result = campaign->result;
    uint64_t first_ns = 0, last_ns = 0;
    struct distinct traces = {{0}};
    result->sampled = 0;
    result->executions = result->inconclusive = result->points = result->events = 0;
    memset(result->evaluated, 0, sizeof result->evaluated);
    memset(result->decided, 0, sizeof result->decided);
    memset(result->largest, 0, sizeof result->largest);
    memset(result->broken, 0, sizeof result->broken);
    memset(result->cells, 0, sizeof result->cells);
    for (uint32_t i = 0; i < campaign->config->workers; i++) {
        const struct scoreboard *board = campaign->workers[i].board;
        if (board == NULL || board->first_ns == 0)
            continue;
        result->executions += board->executions;
        result->inconclusive += board->inconclusive;
        result->points += board->points;
        result->events += board->events;
        result->sampled += board->sampled;
        distinct_merge(&traces, &board->traces);
        first_ns = first_ns == 0 || board->first_ns < first_ns ? board->first_ns : first_ns;
        last_ns = board->last_ns > last_ns ? board->last_ns : last_ns;
        for (uint32_t k = 0; k < INVARIANT_COUNT; k++) {
            result->evaluated[k] += board->evaluated[k];
            result->decided[k] += board->decided[k];
            if (board->largest[k] > result->largest[k])
                result->largest[k] = board->largest[k];
            result->broken[k] += board->broken[k];
        }
        for (uint32_t k = 0; k < FLIP_CELLS; k++)
            add_saturating(&result->cells[k], board->cells[k]);
    }
    result->traces_distinct = distinct_count(&traces);
    result->seconds = (double)(last_ns - first_ns) / 1e9;
    result->cells_reached = result->cells_feasible = 0;
    for (uint32_t k = 0; k < FLIP_CELLS; k++) {
        if (flip_cell_infeasible(k) != NULL)
            continue;
        result->cells_feasible++;
        result->cells_reached += result->cells[k] != 0;
    }
}

static uint32_t workers_alive(const struct campaign *campaign) {
    uint32_t alive = 0;
    for (uint32_t i = 0; i < campaign->config->workers; i++)
        alive += campaign->workers[i].pid != 0;
    return alive;
}

void campaign_clear_line(struct campaign *campaign) {
    if (campaign->line_shown)
        fputs("\r\033[K", stderr);
    campaign->line_shown = false;
}

static void show_line(struct campaign *campaign) {
    const struct campaign_result *result = campaign->result;
    uint64_t elapsed = (clock_ns() - campaign->begin_ns) / second_ns;
    double rate = result->seconds > 0 ? (double)result->executions / result->seconds : 0;
    campaign_clear_line(campaign);
    fprintf(stderr,
            "%02llu:%02llu:%02llu  %llu executions, %.0f/s, %u of %u cells, %u findings, %u of %u "
            "workers",
            (unsigned long long)(elapsed / 3600), (unsigned long long)(elapsed / 60 % 60),
            (unsigned long long)(elapsed % 60), (unsigned long long)result->executions, rate,
            result->cells_reached, result->cells_feasible, result->findings_count,
            workers_alive(campaign), campaign->config->workers);
    if (!campaign->is_tty)
        fputc('\n', stderr);
    campaign->line_shown = campaign->is_tty;
    fflush(stderr);
}

// For those who watch a campaign from outside; replaced as a whole.
static void write_file(struct campaign *campaign) {
    const struct campaign_result *result = campaign->result;
    struct strbuf text = {0}, name = {0};
    struct json json;
    json_init(&json, &text);
    json_object(&json, NULL);
    json_uint(&json, "seed", campaign->config->seed);
    json_uint(&json, "executions", result->executions);
    json_real(&json, "seconds", result->seconds);
    json_uint(&json, "cells_reached", result->cells_reached);
    json_uint(&json, "cells_feasible", result->cells_feasible);
    json_uint(&json, "findings", result->findings_count);
    json_uint(&json, "workers", workers_alive(campaign));
    json_uint(&json, "restarts", result->restarts);
    json_end_object(&json);
    strbuf_printf(&name, "%s/status.json", campaign->config->out);
    int error = file_write(name.text, text.text, text.size);
    if (error != 0)
        campaign_stop(campaign, CAMPAIGN_ENVIRONMENT, "%s: %s", name.text, strerror(error));
    strbuf_fini(&text);
    strbuf_fini(&name);
}

void campaign_status(struct campaign *campaign) {
    uint64_t now = clock_ns();
    if (now - campaign->file_ns >= FILE_SECONDS * second_ns) {
        campaign->file_ns = now;
        campaign_sum(campaign);
        write_file(campaign);
        for (uint32_t i = 0; i < campaign->config->workers; i++)
            worker_trim_log(&campaign->workers[i]);
    }
    if (campaign->config->quiet)
        return;
    uint64_t interval =
        campaign->is_tty ? LINE_TTY_MS * second_ns / 1000 : LINE_LOG_SECONDS * second_ns;
    if (now - campaign->status_ns < interval)
        return;
    campaign->status_ns = now;
    campaign_sum(campaign);
    show_line(campaign);
}

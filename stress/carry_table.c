#include "carry_table.h"

#include "carry_process.h"
#include "json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { HANGS_MAX = 3 }; // of a row

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void count_way(struct carry_row *row, const char *text, size_t size) {
    char way[CARRY_WAY_MAX];
    snprintf(way, sizeof way, "%.*s", (int)(size < sizeof way ? size : sizeof way - 1), text);
    for (struct carry_way *at = row->ways; at < row->ways + CARRY_WAYS; at++) {
        if (at->runs != 0 && strcmp(at->text, way) != 0)
            continue;
        memcpy(at->text, way, sizeof way);
        at->runs++;
        return;
    }
}

// The line behind a mark in what the test has said, or NULL.
static const char *line_behind(const char *said, const char *mark, size_t *size) {
    const char *at = said == NULL ? NULL : strstr(said, mark);
    if (at == NULL)
        return NULL;
    at += strlen(mark);
    *size = strcspn(at, "\n");
    return at;
}

static void add_hits(struct carry_row *row, const char *said) {
    size_t size;
    const char *at = line_behind(said, "gproof gates:", &size);
    for (uint32_t gate = 0; at != NULL && gate < CARRY_HITS; gate++) {
        char *end;
        uint64_t hits = strtoull(at, &end, 10);
        if (end == at)
            return;
        row->hits[gate] += hits;
        at = end;
    }
}

// Take one run into the row. False if it is no result.
static bool judge(struct carry_row *row, enum carry_end end, int code, const char *said) {
    size_t size;
    const char *why = line_behind(said, "fatal error: ", &size);
    if (why == NULL)
        why = line_behind(said, "panic: ", &size);
    row->runs++;
    add_hits(row, said);
    if (end == CARRY_TIMED_OUT) {
        row->hung++;
        count_way(row, "hangs", 5);
        return true;
    }
    if (end == CARRY_EXITED && code == 0)
        return true;
    if (end == CARRY_NOT_STARTED || why == NULL) {
        fprintf(stderr, "gproof carry: the test ended with %s %d and no fatal error\n%s",
                end == CARRY_EXITED      ? "exit code"
                : end == CARRY_KILLED_BY ? "signal"
                                         : "errno",
                code, said == NULL ? "" : said);
        return false;
    }
    row->fired++;
    count_way(row, why, size);
    return true;
}

bool carry_measure(const struct carry_trial *trial, struct carry_row *row) {
    enum { OWN = 4, MAX = 64 };
    char own[OWN][64], cpu[16], program[32];
    const char *environment[MAX + 1];
    int count = 0;
    for (; trial->environment[count] != NULL && count < MAX - OWN; count++)
        environment[count] = trial->environment[count];
    for (int i = 0; i < OWN; i++)
        environment[count + i] = own[i];
    environment[count + OWN] = NULL;
    snprintf(own[0], sizeof own[0], "GPROOF_GATES=%s", row->gates ? "on" : "off");
    snprintf(own[1], sizeof own[1], "GPROOF_CHECKS=%s", trial->checks ? "on" : "off");
    snprintf(own[2], sizeof own[2], "GPROOF_ROUNDS=%" PRIu64, trial->rounds);
    snprintf(cpu, sizeof cpu, "%" PRIu32, trial->procs);
    snprintf(program, sizeof program, "./%s.test",
             row->stock  ? "stock"
             : row->slip ? "slip"
                         : "fix");
    const char *argv[] = {program, "-test.run", "TestPlan", "-test.cpu", cpu, NULL};
    const struct carry_process process = {
        .argv = argv, .environment = environment, .folder = trial->folder, .seconds = trial->limit};
    uint64_t wanted = row->runs;
    double start = now();
    bool good = true;
    row->runs = 0;
    while (good && row->runs < wanted && row->hung < HANGS_MAX) {
        struct strbuf said = {0};
        int code;
        snprintf(own[3], sizeof own[3], "GPROOF_SEED=%" PRIu64, trial->seed + row->runs);
        enum carry_end end = carry_run(&process, &code, &said);
        good = judge(row, end, code, said.text);
        strbuf_fini(&said);
    }
    row->seconds = now() - start;
    return good;
}

uint64_t carry_row_hits(const struct carry_row *row) {
    uint64_t sum = 0;
    for (uint32_t gate = 0; gate < CARRY_HITS; gate++)
        sum += carry_gate_name(gate) == NULL ? 0 : row->hits[gate];
    return sum;
}

// ---- reports ------------------------------------------------------------------------------------

static const char *slip_name(const struct carry_row *row) {
    return row->stock ? "stock" : row->slip ? "yes" : "no";
}

static void text_of_hits(const struct carry_row *row, struct strbuf *out) {
    const char *before = "hits: ";
    for (uint32_t gate = 0; gate < CARRY_HITS; gate++) {
        if (row->hits[gate] == 0 || carry_gate_name(gate) == NULL)
            continue;
        strbuf_printf(out, "%s%s %" PRIu64, before, carry_gate_name(gate), row->hits[gate]);
        before = ", ";
    }
    if (carry_row_hits(row) != 0)
        strbuf_puts(out, "\n");
}

void carry_report_text(const struct carry_report *report, struct strbuf *out) {
    strbuf_printf(out, "%s on %s, slip: %s; checks in the runtime: %s\n\n", report->finding,
                  report->go, report->mutant == NULL ? "none" : report->mutant,
                  report->checks ? "on" : "off");
    strbuf_puts(out,
                "slip     gates    fired of runs    hung    gate hits    profiles    seconds\n"
                "-----    -----    -------------    ----    ---------    --------    -------\n");
    for (uint32_t i = 0; i < report->count; i++) {
        const struct carry_row *row = &report->rows[i];
        strbuf_printf(out,
                      "%-5s    %-5s    %5" PRIu64 " of %-5" PRIu64 "   %4" PRIu64 "    %9" PRIu64
                      "    %8" PRIu64 "    %7.1f\n",
                      slip_name(row), row->gates ? "on" : "off", row->fired, row->runs, row->hung,
                      carry_row_hits(row), row->hits[CARRY_PROFILES], row->seconds);
    }
    for (uint32_t i = 0; i < report->count; i++) {
        const struct carry_row *row = &report->rows[i];
        strbuf_printf(out, "\nslip %s, gates %s\n", slip_name(row), row->gates ? "on" : "off");
        for (uint32_t way = 0; way < CARRY_WAYS && row->ways[way].runs != 0; way++)
            strbuf_printf(out, "  %5" PRIu64 " x %s\n", row->ways[way].runs, row->ways[way].text);
        strbuf_puts(out, carry_row_hits(row) == 0 ? "" : "  ");
        text_of_hits(row, out);
    }
    if (report->left_out[0] != '\0')
        strbuf_printf(out, "\nthis Go has no place for:\n%s", report->left_out);
    strbuf_printf(out, "\nfolder   %s (README.md: the command without gproof)\n%.0f s in all\n",
                  report->folder, report->seconds);
}

static void json_of_row(const struct carry_row *row, struct json *json) {
    json_object(json, NULL);
    json_bool(json, "slip", row->slip);
    json_bool(json, "gates", row->gates);
    json_bool(json, "stock", row->stock);
    json_uint(json, "runs", row->runs);
    json_uint(json, "fired", row->fired);
    json_uint(json, "hung", row->hung);
    json_uint(json, "gate_hits", carry_row_hits(row));
    json_uint(json, "profiles", row->hits[CARRY_PROFILES]);
    json_object(json, "hits");
    for (uint32_t gate = 0; gate < CARRY_HITS; gate++) {
        if (carry_gate_name(gate) != NULL && row->hits[gate] != 0)
            json_uint(json, carry_gate_name(gate), row->hits[gate]);
    }
    json_end_object(json);
    json_array(json, "ways");
    for (uint32_t way = 0; way < CARRY_WAYS && row->ways[way].runs != 0; way++) {
        json_object(json, NULL);
        json_string(json, "text", row->ways[way].text);
        json_uint(json, "runs", row->ways[way].runs);
        json_end_object(json);
    }
    json_end_array(json);
    json_real(json, "seconds", row->seconds);
    json_end_object(json);
}

void carry_report_json(const struct carry_report *report, struct strbuf *out) {
    struct json json;
    json_init(&json, out);
    json_object(&json, NULL);
    json_string(&json, "finding", report->finding);
    json_string(&json, "mutant", report->mutant);
    json_string(&json, "go", report->go);
    json_bool(&json, "checks", report->checks);
    json_array(&json, "table");
    for (uint32_t i = 0; i < report->count; i++)
        json_of_row(&report->rows[i], &json);
    json_end_array(&json);
    json_string(&json, "left_out", report->left_out);
    json_string(&json, "folder", report->folder);
    json_real(&json, "seconds", report->seconds);
    json_end_object(&json);
    strbuf_puts(out, "\n");
}

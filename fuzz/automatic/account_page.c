// The answers as one HTML document that needs nothing else: operators by what kills them, and every
// mutation with its diff.
#include "account.h"

#include <string.h>

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<title>gproof: automatic mutants</title>\n<style>\n"
    ":root{color-scheme:light dark;--line:#8884;--bad:#b3261e;--mild:#b8860b}\n"
    "body{font:14px/1.45 system-ui,sans-serif;margin:2rem}\n"
    "table{border-collapse:collapse}th,td{padding:.2rem .5rem;border-bottom:1px solid var(--line);"
    "text-align:left;vertical-align:top}\n"
    "td.n{text-align:right;font-variant-numeric:tabular-nums}pre{margin:0;font-size:12px}\n"
    ".bad{color:var(--bad);font-weight:600}.mild{color:var(--mild)}\n"
    "</style>\n</head>\n<body>\n<h1>Automatic mutants</h1>\n";

static void put_text(struct strbuf *out, const char *text) {
    for (; *text != '\0'; text++) {
        if (*text == '<')
            strbuf_puts(out, "&lt;");
        else if (*text == '&')
            strbuf_puts(out, "&amp;");
        else
            strbuf_add(out, text, 1);
    }
}

// ---- operators by killers -----------------------------------------------------------------------

enum { KILLERS_MAX = 128 };
struct killers {
    const char *names[KILLERS_MAX]; // borrowed from the fates
    size_t count;
    size_t kills[KILLERS_MAX][OPERATOR_COUNT];
};

static void count_kills(const struct survey *survey, struct killers *killers) {
    for (size_t i = 0; i < survey->list.count; i++) {
        const struct fate *fate = &survey->fates[i];
        if (fate->kind != FATE_KILLED)
            continue;
        size_t k = 0;
        while (k < killers->count && strcmp(killers->names[k], fate->by) != 0)
            k++;
        if (k == KILLERS_MAX)
            continue;
        if (k == killers->count)
            killers->names[killers->count++] = fate->by;
        killers->kills[k][survey->list.items[i].kind]++;
    }
}

static void put_matrix(struct strbuf *out, const struct survey *survey) {
    struct killers killers = {.count = 0};
    count_kills(survey, &killers);
    strbuf_puts(out, "<h2>What kills which change</h2>\n<table><tr><th>invariant</th>");
    for (int i = 0; i < OPERATOR_COUNT; i++)
        strbuf_printf(out, "<th title=\"%s\">%s</th>", operator_title((enum operator_kind)i),
                      operator_name((enum operator_kind)i));
    strbuf_puts(out, "</tr>\n");
    for (size_t k = 0; k < killers.count; k++) {
        strbuf_puts(out, "<tr><th>");
        put_text(out, killers.names[k]);
        strbuf_puts(out, "</th>");
        for (int i = 0; i < OPERATOR_COUNT; i++) {
            strbuf_puts(out, "<td class=\"n\">");
            if (killers.kills[k][i] != 0)
                strbuf_printf(out, "%zu", killers.kills[k][i]);
            strbuf_puts(out, "</td>");
        }
        strbuf_puts(out, "</tr>\n");
    }
    strbuf_puts(out, "</table>\n");
}

// ---- mutations ----------------------------------------------------------------------------------

static void put_mutation(struct strbuf *out, const struct survey *survey, size_t index) {
    const struct mutation *mutation = &survey->list.items[index];
    const struct fate *fate = &survey->fates[index];
    struct strbuf diff = {0};
    mutation_diff(mutation, &diff);
    strbuf_printf(out, "<tr><td>%s<br>%s:%u</td><td><pre>", mutation->id, mutation->path,
                  mutation->line);
    put_text(out, diff.text != NULL ? diff.text : "");
    bool judged = fate->kind == FATE_OPEN && survey->judged[index] != NULL;
    strbuf_puts(out, "</pre></td>");
    if (judged)
        strbuf_puts(out, "<td class=\"mild\">judged equivalent</td><td>");
    else
        strbuf_printf(out, "<td%s>%s</td><td>", fate->kind == FATE_SURVIVED ? " class=\"bad\"" : "",
                      fate_name(fate->kind));
    put_text(out, judged ? survey->judged[index] : fate->by);
    if (fate->kind == FATE_KILLED) {
        strbuf_puts(out, "<br>");
        put_text(out, fate->how);
    }
    strbuf_printf(out, "</td><td class=\"n\">%llu</td><td class=\"n\">%.3f</td></tr>\n",
                  (unsigned long long)fate->executions, fate->seconds);
    strbuf_fini(&diff);
}

void account_page(struct strbuf *out, const struct survey *survey) {
    struct strbuf summary = {0};
    account_summary(&summary, survey);
    strbuf_puts(out, head);
    strbuf_puts(out, "<pre>");
    put_text(out, summary.text);
    strbuf_puts(out, "</pre>\n");
    put_matrix(out, survey);
    strbuf_puts(out, "<h2>The mutations</h2>\n<table><tr><th>mutant</th><th>change</th>"
                     "<th>state</th><th>by, or why</th><th>executions</th><th>seconds</th></tr>\n");
    for (size_t i = 0; i < survey->list.count; i++)
        put_mutation(out, survey, i);
    strbuf_puts(out, "</table>\n</body>\n</html>\n");
    strbuf_fini(&summary);
}

// The kill matrix as a page: one HTML document, its style inside, nothing to fetch. Mutants go
// down, invariants across; the names of both stay in sight while the rest scrolls.
#include "matrix.h"

#include "html.h"

#include <inttypes.h>
#include <stdbool.h>

static const char style[] =
    ":root{--seen:#2a7d4633}th,td{white-space:nowrap}\n"
    "tbody th{position:sticky;left:0;background:var(--back);font-weight:600}\n"
    "thead th:first-child{left:0;z-index:2}\n"
    "th.v{font-weight:400;padding:.4rem .2rem}\n"
    "th.v span{writing-mode:vertical-rl;transform:rotate(180deg)}\n"
    "td.c{text-align:right;padding:.2rem .3rem;border-left:1px solid var(--soft);"
    "font-variant-numeric:tabular-nums}\n"
    "td.s{background:var(--seen)}td.e{background:var(--good);color:var(--back);font-weight:600}\n"
    "td.m{outline:2px solid var(--other);outline-offset:-2px}\n"
    "tr:hover td:not(.s):not(.e),tr:hover th{background:var(--soft)}\n";

static void put_cell(struct strbuf *out, const char *opening, const char *text) {
    strbuf_puts(out, opening);
    html_text(out, text);
    strbuf_puts(out, "</td>");
}

static bool saw_any(const struct matrix *matrix, enum invariant invariant) {
    return matrix_worth(matrix, invariant) != MATRIX_UNSEEN;
}

// A column for each invariant that saw something, or was to.
static bool has_column(const struct matrix *matrix, enum invariant invariant) {
    for (uint32_t i = 0; i < matrix->count; i++)
        if (matrix->rows[i].expected == invariant)
            return true;
    return saw_any(matrix, invariant);
}

static void put_head(struct strbuf *out, const struct matrix *matrix) {
    strbuf_puts(
        out,
        "<thead><tr><th>mutant</th><th>worlds</th><th>state</th><th>killed by</th><th class=\"n\">"
        "runs to the first kill<br>median</th><th class=\"n\">worst</th>"
        "<th class=\"n\">seconds<br>median</th><th class=\"n\">worst</th>"
        "<th class=\"n\">seeds</th><th class=\"n\">runs that<br>broke it</th>");
    for (int i = 0; i < INVARIANT_COUNT; i++) {
        if (!has_column(matrix, (enum invariant)i))
            continue;
        const struct invariant_info *info = invariant_info((enum invariant)i);
        strbuf_puts(out, "<th class=\"v\" title=\"");
        html_text(out, info->sentence);
        strbuf_puts(out, "\"><span>");
        html_text(out, info->id);
        strbuf_puts(out, "</span></th>");
    }
    strbuf_puts(out, "</tr></thead>\n");
}

static void put_row(struct strbuf *out, const struct matrix *matrix, const struct matrix_row *row) {
    strbuf_puts(out, "<tr><th title=\"");
    html_text(out, row->title);
    strbuf_puts(out, " (");
    html_text(out, row->source);
    strbuf_puts(out, ")\">");
    html_text(out, row->id);
    strbuf_puts(out, "</th>");
    put_cell(out, "<td>", row->worlds);
    strbuf_puts(out, row->seeds_killed == row->seeds ? "<td>killed</td>"
                     : row->seeds_killed == 0        ? "<td class=\"bad\">survived</td>"
                                                     : "<td class=\"bad\">at times</td>");
    if (row->killed_by == INVARIANT_COUNT)
        strbuf_puts(out, "<td>-</td>");
    else
        put_cell(out, row->killed_by == row->expected ? "<td>" : "<td class=\"odd\">",
                 invariant_info(row->killed_by)->id);
    strbuf_printf(out,
                  "<td class=\"n\">%" PRIu64 "</td><td class=\"n\">%" PRIu64
                  "</td><td class=\"n\">%.3f</td><td class=\"n\">%.3f</td>"
                  "<td class=\"n\">%" PRIu32 " of %" PRIu32 "</td><td class=\"n\">%" PRIu64
                  " of %" PRIu64 "</td>",
                  row->runs, row->runs_worst, row->seconds, row->seconds_worst, row->seeds_killed,
                  row->seeds, row->hits, row->tried);
    for (int i = 0; i < INVARIANT_COUNT; i++) {
        if (!has_column(matrix, (enum invariant)i))
            continue;
        bool expected = row->expected == (enum invariant)i, seen = row->broken[i] != 0;
        strbuf_printf(out, "<td class=\"c%s\">",
                      seen && expected ? " e"
                      : seen           ? " s"
                      : expected       ? " m"
                                       : "");
        if (seen)
            strbuf_printf(out, "%" PRIu64, row->broken[i]);
        strbuf_puts(out, "</td>");
    }
    strbuf_puts(out, "</tr>\n");
}

static void put_worth(struct strbuf *out, const struct matrix *matrix, enum matrix_worth worth,
                      const char *title, const char *text) {
    strbuf_printf(out, "<h2>%s</h2>\n<p>%s</p>\n<ul>", title, text);
    for (int i = 0; i < INVARIANT_COUNT; i++) {
        if (matrix_worth(matrix, (enum invariant)i) != worth)
            continue;
        const struct invariant_info *info = invariant_info((enum invariant)i);
        strbuf_puts(out, "<li><b>");
        html_text(out, info->id);
        strbuf_puts(out, "</b>: ");
        html_text(out, info->sentence);
        for (uint32_t k = 0, count = 0; worth == MATRIX_NEEDED && k < matrix->count; k++) {
            if (matrix_sole(&matrix->rows[k]) != (enum invariant)i)
                continue;
            strbuf_puts(out, count++ == 0 ? "; alone sees <code>" : ", <code>");
            html_text(out, matrix->rows[k].id);
            strbuf_puts(out, "</code>");
        }
        strbuf_puts(out, "</li>\n");
    }
    strbuf_puts(out, "</ul>\n");
}

static void put_summary(struct strbuf *out, const struct matrix *matrix) {
    uint32_t killed = 0, named = 0;
    for (uint32_t i = 0; i < matrix->count; i++) {
        const struct matrix_row *row = &matrix->rows[i];
        killed += row->seeds_killed == row->seeds;
        named += row->seeds_killed == row->seeds && row->killed_by == row->expected;
    }
    strbuf_printf(out,
                  "<p>%" PRIu32 " of %" PRIu32 " mutants killed under every seed, %" PRIu32
                  " of them by the invariant that each must break. World: ",
                  killed, matrix->count, named);
    html_text(out, matrix->world);
    strbuf_puts(out, "; engine: ");
    html_text(out, matrix->engine);
    strbuf_printf(out,
                  "; one worker, empty corpus, seeds %" PRIu64 " to %" PRIu64
                  ", at most %g s each; the clock starts at the first execution.</p>\n",
                  matrix->seed, matrix->seed + matrix->seeds - 1, matrix->seconds);
    strbuf_puts(out, "<p>A number says in how many runs that invariant was broken until the "
                     "campaign ended, all seeds together. Filled: the invariant that must catch "
                     "the mutant. Tinted: another that saw it as well. Framed: it was to see it "
                     "and did not.</p>\n");
}

void matrix_page(struct strbuf *out, const struct matrix *matrix) {
    html_begin(out, "Kill matrix", style);
    put_summary(out, matrix);
    strbuf_puts(out, "<div class=\"scroll\"><table>\n");
    put_head(out, matrix);
    strbuf_puts(out, "<tbody>\n");
    for (uint32_t i = 0; i < matrix->count; i++)
        put_row(out, matrix, &matrix->rows[i]);
    strbuf_puts(out, "</tbody>\n</table></div>\n");
    put_worth(out, matrix, MATRIX_NEEDED, "Needed",
              "Without the monitor of such an invariant a mutant of this list would live.");
    put_worth(out, matrix, MATRIX_REDUNDANT, "Redundant for this list",
              "Any one of these could be left out, and every mutant would still be seen by "
              "another. That holds for each alone, not for all together.");
    put_worth(out, matrix, MATRIX_UNSEEN, "Saw nothing",
              "No run of these mutants broke them: nothing is said about what they are worth.");
    html_end(out);
}

#include "matrix.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

enum invariant matrix_sole(const struct matrix_row *row) {
    enum invariant sole = INVARIANT_COUNT;
    for (int i = 0; i < INVARIANT_COUNT; i++) {
        if (row->broken[i] == 0)
            continue;
        if (sole != INVARIANT_COUNT)
            return INVARIANT_COUNT;
        sole = (enum invariant)i;
    }
    return sole;
}

enum matrix_worth matrix_worth(const struct matrix *matrix, enum invariant invariant) {
    enum matrix_worth worth = MATRIX_UNSEEN;
    for (uint32_t i = 0; i < matrix->count; i++) {
        if (matrix->rows[i].broken[invariant] == 0)
            continue;
        if (matrix_sole(&matrix->rows[i]) == invariant)
            return MATRIX_NEEDED;
        worth = MATRIX_REDUNDANT;
    }
    return worth;
}

// ---- sums ---------------------------------------------------------------------------------------

static bool killed(const struct matrix_row *row) {
    return row->seeds_killed == row->seeds && row->killed_by != INVARIANT_COUNT;
}

// Is the row among the lower half of those that were killed, by executions or by time?
static bool is_median(const struct matrix *matrix, uint32_t index, uint32_t kills, bool by_runs) {
    const struct matrix_row *rows = matrix->rows;
    uint32_t before = 0;
    for (uint32_t i = 0; i < matrix->count; i++) {
        bool equal = by_runs ? rows[i].runs == rows[index].runs
                             : !(rows[i].seconds < rows[index].seconds) &&
                                   !(rows[i].seconds > rows[index].seconds);
        bool less =
            by_runs ? rows[i].runs < rows[index].runs : rows[i].seconds < rows[index].seconds;
        before += killed(&rows[i]) && (less || (equal && i < index));
    }
    return before == kills / 2;
}

struct matrix_sums matrix_sums(const struct matrix *matrix) {
    struct matrix_sums sums = {0};
    for (uint32_t i = 0; i < matrix->count; i++)
        sums.killed += killed(&matrix->rows[i]);
    for (uint32_t i = 0; i < matrix->count; i++) {
        const struct matrix_row *row = &matrix->rows[i];
        if (!killed(row))
            continue;
        sums.named += row->killed_by == row->expected;
        if (is_median(matrix, i, sums.killed, true))
            sums.runs = row->runs;
        if (is_median(matrix, i, sums.killed, false))
            sums.seconds = row->seconds;
        if (row->runs_worst > sums.runs_worst)
            sums.runs_worst = row->runs_worst;
        if (sums.slowest == NULL || row->seconds_worst > sums.seconds_worst) {
            sums.slowest = row->id;
            sums.seconds_worst = row->seconds_worst;
        }
    }
    return sums;
}

// ---- for a terminal -----------------------------------------------------------------------------

enum { LIST_WIDTH = 100 }; // columns of a list

void matrix_summary(struct strbuf *out, const struct matrix *matrix) {
    struct matrix_sums sums = matrix_sums(matrix);
    strbuf_printf(out,
                  "killed: %" PRIu32 " of %" PRIu32 " (%s world, %s), %" PRIu32
                  " by the invariant that each names\n",
                  sums.killed, matrix->count, matrix->world, matrix->engine, sums.named);
    if (sums.slowest != NULL)
        strbuf_printf(out,
                      "to the kill: median %" PRIu64 " executions and %.3f s; worst %" PRIu64
                      " executions, and %.3f s (%s)\n",
                      sums.runs, sums.seconds, sums.runs_worst, sums.seconds_worst, sums.slowest);
    for (uint32_t i = 0; i < matrix->count; i++)
        if (!killed(&matrix->rows[i]))
            strbuf_printf(out, "survived: %s, %" PRIu64 " executions\n", matrix->rows[i].id,
                          matrix->rows[i].tried);
}
static void put_worth(struct strbuf *out, const struct matrix *matrix, enum matrix_worth worth,
                      const char *title) {
    strbuf_puts(out, title);
    size_t column = LIST_WIDTH; // the list begins on a line of its own
    for (int i = 0; i < INVARIANT_COUNT; i++) {
        if (matrix_worth(matrix, (enum invariant)i) != worth)
            continue;
        const char *id = invariant_info((enum invariant)i)->id;
        if (column + 1 + strlen(id) > LIST_WIDTH) {
            strbuf_puts(out, "\n ");
            column = 1;
        }
        strbuf_printf(out, " %s", id);
        column += 1 + strlen(id);
    }
    strbuf_puts(out, column == LIST_WIDTH ? " none\n" : "\n");
}

void matrix_left_out(struct strbuf *out, const struct matrix *matrix) {
    strbuf_puts(out, "mutants that only one invariant saw:");
    bool any = false;
    for (uint32_t i = 0; i < matrix->count; i++) {
        enum invariant sole = matrix_sole(&matrix->rows[i]);
        if (sole == INVARIANT_COUNT)
            continue;
        strbuf_printf(out, "\n  %-26s %s", matrix->rows[i].id, invariant_info(sole)->id);
        any = true;
    }
    strbuf_puts(out, any ? "\n" : " none\n");
    put_worth(out, matrix, MATRIX_REDUNDANT,
              "invariants that could be left out one at a time without losing a mutant of this "
              "list:");
    put_worth(out, matrix, MATRIX_UNSEEN, "invariants that saw nothing:");
}

// ---- CSV ----------------------------------------------------------------------------------------

static void put_field(struct strbuf *out, const char *text) {
    if (strpbrk(text, ",\"\r\n") == NULL) {
        strbuf_puts(out, text);
        return;
    }
    strbuf_puts(out, "\"");
    for (; *text != '\0'; text++)
        strbuf_printf(out, *text == '"' ? "\"\"" : "%c", *text);
    strbuf_puts(out, "\"");
}

static const char *invariant_name(enum invariant invariant) {
    return invariant == INVARIANT_COUNT ? "" : invariant_info(invariant)->id;
}

void matrix_csv(struct strbuf *out, const struct matrix *matrix) {
    strbuf_puts(
        out, "mutant,title,source,worlds,world,engine,invariant,killed_by,sole,seeds,seeds_killed,"
             "executions,worst_executions,seconds,worst_seconds,hits,tried");
    for (int i = 0; i < INVARIANT_COUNT; i++)
        strbuf_printf(out, ",%s", invariant_name((enum invariant)i));
    strbuf_puts(out, "\r\n");
    for (uint32_t i = 0; i < matrix->count; i++) {
        const struct matrix_row *row = &matrix->rows[i];
        const char *const words[] = {row->id,
                                     row->title,
                                     row->source,
                                     row->worlds,
                                     matrix->world,
                                     matrix->engine,
                                     invariant_name(row->expected),
                                     invariant_name(row->killed_by),
                                     invariant_name(matrix_sole(row))};
        for (size_t k = 0; k < sizeof words / sizeof words[0]; k++) {
            put_field(out, words[k]);
            strbuf_puts(out, ",");
        }
        strbuf_printf(
            out, "%" PRIu32 ",%" PRIu32 ",%" PRIu64 ",%" PRIu64 ",%.6f,%.6f,%" PRIu64 ",%" PRIu64,
            row->seeds, row->seeds_killed, row->runs, row->runs_worst, row->seconds,
            row->seconds_worst, row->hits, row->tried);
        for (int k = 0; k < INVARIANT_COUNT; k++)
            strbuf_printf(out, ",%" PRIu64, row->broken[k]);
        strbuf_puts(out, "\r\n");
    }
}

// The kill matrix: what is said about leaving a monitor out, and files that survive hostile names.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "matrix.h"

enum { ROWS = 3 };

// Two mutants seen by two invariants each, sharing one; a third that one of the two alone sees.
static struct matrix example(struct matrix_row rows[ROWS]) {
    memset(rows, 0, ROWS * sizeof rows[0]);
    rows[0] = (struct matrix_row){.id = "first",
                                  .title = "a, \"b\"",
                                  .source = "<i>&",
                                  .worlds = "both",
                                  .hits = 4,
                                  .tried = 20,
                                  .expected = INV_count_exact,
                                  .killed_by = INV_count_exact,
                                  .seeds = 3,
                                  .seeds_killed = 3,
                                  .runs = 5,
                                  .runs_worst = 9,
                                  .seconds = 0.25,
                                  .seconds_worst = 1.5};
    rows[0].broken[INV_count_exact] = 4;
    rows[0].broken[INV_caller_first] = 2;
    rows[1] = (struct matrix_row){.id = "second",
                                  .title = "t",
                                  .source = "plausible",
                                  .worlds = "tsan",
                                  .expected = INV_record_stack,
                                  .killed_by = INV_caller_first,
                                  .seeds = 3,
                                  .seeds_killed = 1};
    rows[1].broken[INV_caller_first] = 7;
    rows[2] = (struct matrix_row){.id = "third",
                                  .title = "t",
                                  .source = "plausible",
                                  .worlds = "tsan",
                                  .expected = INV_recorded_once,
                                  .killed_by = INVARIANT_COUNT,
                                  .seeds = 3};
    return (struct matrix){.world = "virtual",
                           .engine = "loop",
                           .seed = 1,
                           .seeds = 3,
                           .seconds = 60,
                           .count = ROWS,
                           .rows = rows};
}

static void assert_contains(const struct strbuf *out, const char *part) {
    if (strstr(out->text, part) == NULL)
        fail_msg("'%s' is not in:\n%s", part, out->text);
}

static void assert_lacks(const struct strbuf *out, const char *part) {
    if (strstr(out->text, part) != NULL)
        fail_msg("'%s' is in:\n%s", part, out->text);
}

static void only_what_nobody_else_sees_is_needed(void **state) {
    (void)state;
    struct matrix_row rows[ROWS];
    struct matrix matrix = example(rows);
    assert_int_equal(matrix_sole(&rows[0]), INVARIANT_COUNT); // two
    assert_int_equal(matrix_sole(&rows[1]), INV_caller_first);
    assert_int_equal(matrix_sole(&rows[2]), INVARIANT_COUNT); // none
    assert_int_equal(matrix_worth(&matrix, INV_caller_first), MATRIX_NEEDED);
    assert_int_equal(matrix_worth(&matrix, INV_count_exact), MATRIX_REDUNDANT);
    assert_int_equal(matrix_worth(&matrix, INV_record_stack), MATRIX_UNSEEN);
    rows[1].broken[INV_record_stack] = 1;
    assert_int_equal(matrix_worth(&matrix, INV_caller_first), MATRIX_REDUNDANT);
    assert_int_equal(matrix_worth(&matrix, INV_record_stack), MATRIX_REDUNDANT);
}

static void the_lists_name_mutant_and_invariant(void **state) {
    (void)state;
    struct matrix_row rows[ROWS];
    struct matrix matrix = example(rows);
    struct strbuf out = {0};
    matrix_left_out(&out, &matrix);
    assert_contains(&out, "\n  second                     caller-first\n");
    assert_contains(&out, "of this list:\n  count-exact\n");
    assert_lacks(&out, "first  "); // two invariants see it
    strbuf_fini(&out);
    matrix.count = 0;
    matrix_left_out(&out, &matrix);
    assert_contains(&out, "only one invariant saw: none\n");
    assert_contains(&out, "of this list: none\n");
    strbuf_fini(&out);
}

static void sums_are_of_those_that_were_killed(void **state) {
    (void)state;
    struct matrix_row rows[ROWS];
    struct matrix matrix = example(rows);
    struct strbuf out = {0};
    rows[1].seeds_killed = 3; // by another than it names
    rows[1].runs = 7, rows[1].runs_worst = 8;
    rows[1].seconds = 2, rows[1].seconds_worst = 3;
    matrix_summary(&out, &matrix);
    assert_contains(&out, "killed: 2 of 3 (virtual world, loop), 1 by the invariant that each");
    assert_contains(&out,
                    "median 7 executions and 2.000 s; worst 9 executions, and 3.000 s (second)");
    assert_contains(&out, "survived: third, 0 executions\n");
    strbuf_clear(&out);
    rows[0].seeds_killed = rows[1].seeds_killed = 1; // at times only
    matrix_summary(&out, &matrix);
    assert_contains(&out, "killed: 0 of 3");
    assert_contains(&out, "survived: first, 20 executions\n");
    assert_lacks(&out, "median");
    strbuf_fini(&out);
}

static size_t fields(const char *line) {
    size_t count = 1;
    bool quoted = false;
    for (; *line != '\r'; line++) {
        quoted ^= *line == '"';
        count += *line == ',' && !quoted;
    }
    return count;
}

static void csv_lines_have_one_width(void **state) {
    (void)state;
    struct matrix_row rows[ROWS];
    struct matrix matrix = example(rows);
    struct strbuf out = {0};
    matrix_csv(&out, &matrix);
    size_t lines = 0;
    for (const char *line = out.text; *line != '\0'; line = strstr(line, "\r\n") + 2, lines++)
        assert_int_equal(fields(line), 17 + INVARIANT_COUNT);
    assert_int_equal(lines, 1 + ROWS);
    assert_contains(
        &out, "first,\"a, \"\"b\"\"\",<i>&,both,virtual,loop,count-exact,count-exact,,3,3,5,9,"
              "0.250000,1.500000,4,20,");
    assert_contains(&out, "record-stack,caller-first,caller-first,3,1,");
    assert_contains(&out, "recorded-once,,,3,0,");
    strbuf_fini(&out);
}

static void page_stands_alone(void **state) {
    (void)state;
    struct matrix_row rows[ROWS];
    struct matrix matrix = example(rows);
    struct strbuf out = {0};
    matrix_page(&out, &matrix);
    assert_contains(&out, "1 of 3 mutants killed under every seed, 1 of them");
    assert_contains(&out, "<td>both</td>");
    assert_contains(&out, "<td class=\"n\">4 of 20</td>");
    assert_contains(&out, "<td class=\"c e\">4</td>"); // the one that must catch it
    assert_contains(&out, "<td class=\"c s\">7</td>"); // another
    assert_contains(&out, "<td class=\"c m\"></td>");  // was to, and did not
    assert_contains(&out, "<td class=\"bad\">survived</td>");
    assert_contains(&out, "<td class=\"bad\">at times</td>");
    assert_contains(&out, "alone sees <code>second</code>");
    assert_contains(&out, "title=\"a, &quot;b&quot; (&lt;i&gt;&amp;)\"");
    assert_lacks(&out, "<i>");
    static const char *const foreign[] = {"http",  "src=", "href",   "<script",
                                          "<link", "url(", "@import"};
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++)
        assert_lacks(&out, foreign[i]);
    assert_contains(&out, "</html>\n");
    strbuf_fini(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_nobody_else_sees_is_needed),
        cmocka_unit_test(the_lists_name_mutant_and_invariant),
        cmocka_unit_test(sums_are_of_those_that_were_killed),
        cmocka_unit_test(csv_lines_have_one_width),
        cmocka_unit_test(page_stands_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

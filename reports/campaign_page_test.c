// The page of a campaign: what was found, what was looked at, and in red what was not.
#include "campaign_page.h"

#include "html_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void assert_says(const struct strbuf *out, const char *what) {
    if (strstr(out->text, what) == NULL)
        fail_msg("not said: %s", what);
}

static void assert_lacks(const struct strbuf *out, const char *what) {
    if (strstr(out->text, what) != NULL)
        fail_msg("said: %s", what);
}

static void a_green_night_tells_what_it_did_not_see(void **state) {
    (void)state;
    struct strbuf out = {0};
    struct campaign_page page = {.end = "the time is over",
                                 .world = "virtual",
                                 .engine = "libfuzzer",
                                 .canaries = "found",
                                 .seed = 7,
                                 .executions = 1000,
                                 .points = 5000,
                                 .seconds = 2,
                                 .workers = 2};
    page.evaluated[INV_count_exact] = 200;
    page.decided[INV_count_exact] = 150;
    page.evaluated[INV_unwinders_agree] = 9; // and never decided
    page.sampled = 62;
    page.traces_distinct = 60.4;
    uint32_t cell = 0;
    while (flip_cell_infeasible(cell) != NULL)
        cell++;
    page.cells[cell] = 12345;
    campaign_page(&out, &page);
    html_check_balanced(&out);
    html_check_alone(&out);
    assert_says(&out, "1000 in 2.0 s, 500 a second; seed 7, 2 workers, libfuzzer, virtual world");
    assert_says(&out, "the correct runtime");
    assert_says(&out, "<h2>Findings: 0</h2>");
    assert_says(&out, "What that does not prove");
    assert_says(&out, "about 60 of 62 that were hashed");
    assert_says(&out, "<th class=\"bad\">unwinders-agree</th>");
    assert_says(&out, "<th>count-exact</th>");
    assert_says(&out, "<td class=\"n\">150</td><td class=\"n\">75.0 %</td>");
    assert_says(&out, "<th class=\"bad\">record-stack</th>");
    assert_says(&out, "<td class=\"n\">0</td><td class=\"n bad\">never: 0</td>");
    assert_says(&out, "<h2>Flip cells: 1 of ");
    assert_says(&out, "<td class=\"n hit\">12345</td>");
    assert_says(&out, "<td class=\"miss\">not reached</td>");
    strbuf_clear(&out);
    page.world = "posix"; // raw-agrees needs the seam's own record
    campaign_page(&out, &page);
    assert_says(&out, "not decidable in this world");
    strbuf_fini(&out);
}

static void findings_are_told(void **state) {
    (void)state;
    struct strbuf out = {0};
    struct campaign_page_finding findings[] = {
        {.invariant = "count-exact",
         .signature = "471ee330",
         .reason = "n < 2 & more",
         .story = "a <story>",
         .replay = "./gproof replay \"x\"",
         .page = "findings/a&b/page.html",
         .ops = 3,
         .hits = 1,
         .replays = 4},
        {.invariant = "unheard-of", .signature = "0"},
    };
    struct campaign_page page = {
        .end = "BLIND", .blind = true, .findings = findings, .findings_count = 2};
    campaign_page(&out, &page);
    html_check_balanced(&out);
    html_check_alone(&out);
    assert_says(&out, "<dd class=\"bad\">BLIND</dd>");
    assert_says(&out, "<h3>count-exact 471ee330</h3>");
    assert_says(&out, "n &lt; 2 &amp; more");
    assert_says(&out, "<pre>a &lt;story&gt;</pre>");
    assert_says(&out, "href=\"findings/a&amp;b/page.html\"");
    assert_says(&out, "fires in 1 of 4 runs");
    assert_says(&out, "<h3>unheard-of 0</h3>");
    assert_lacks(&out, "What that does not prove");
    strbuf_fini(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_green_night_tells_what_it_did_not_see),
        cmocka_unit_test(findings_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

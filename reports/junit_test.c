// JUnit documents: what CI servers rely on, and input that would break naive escaping.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "junit.h"

static void document(struct strbuf *out, const struct junit_case *test, const char *errors) {
    struct junit junit;
    struct junit_totals totals = {
        .cases = 1, .failures = test->failure != NULL, .skipped = test->skipped, .seconds = 1.5};
    junit_begin(&junit, out, "gproof stress", &totals);
    junit_property(&junit, "seed", "7");
    junit_case(&junit, test);
    junit_end(&junit, errors);
}

static void assert_contains(const struct strbuf *out, const char *part) {
    if (strstr(out->text, part) == NULL)
        fail_msg("'%s' is not in:\n%s", part, out->text);
}

static void assert_lacks(const struct strbuf *out, const char *part) {
    if (strstr(out->text, part) != NULL)
        fail_msg("'%s' is in:\n%s", part, out->text);
}

static void test_pass_is_an_empty_case(void **state) {
    (void)state;
    struct strbuf out = {0};
    document(&out, &(struct junit_case){.name = "count-exact"}, NULL);
    assert_contains(&out, "tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"0\" time=\"1.500\"");
    assert_contains(&out, "<property name=\"seed\" value=\"7\"/>");
    assert_contains(&out, "<testcase classname=\"gproof stress\" name=\"count-exact\"/>");
    assert_lacks(&out, "<system-err>");
    strbuf_fini(&out);
}

static void test_rare_failure_is_failure_and_flaky(void **state) {
    (void)state;
    struct strbuf out = {0};
    document(&out, &(struct junit_case){.name = "n", .failure = "broken", .hits = 3, .runs = 1000},
             NULL);
    assert_contains(&out, "<failure type=\"violation\" message=\"broken\">");
    assert_contains(&out, "<flakyFailure type=\"violation\" message=\"seen in 3 of 1000 runs\"/>");
    strbuf_clear(&out);
    document(&out, &(struct junit_case){.name = "n", .failure = "broken", .hits = 9, .runs = 9},
             NULL);
    assert_contains(&out, "<failure ");
    assert_lacks(&out, "flakyFailure");
    strbuf_fini(&out);
}

static void test_undecided_is_skipped(void **state) {
    (void)state;
    struct strbuf out = {0};
    document(&out, &(struct junit_case){.name = "n", .skipped = true}, NULL);
    assert_contains(&out, "<skipped ");
    assert_lacks(&out, "<failure");
    strbuf_fini(&out);
}

static void test_hostile_text_stays_xml(void **state) {
    (void)state;
    struct strbuf out = {0};
    document(&out,
             &(struct junit_case){.name = "a<b>&\"c\"",
                                  .failure = "one\ntwo\x01\x7f\xff\xed\xa0\x80\xc3\xa9",
                                  .details = "\n]]>\nline\x1b[31m",
                                  .hits = 1,
                                  .runs = 1},
             "<x>");
    assert_contains(&out, "name=\"a&lt;b&gt;&amp;&quot;c&quot;\"");
    assert_contains(&out,
                    "message=\"one&#10;two\xef\xbf\xbd\x7f\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
                    "\xef\xbf\xbd\xc3\xa9\"");
    assert_contains(&out, ">\n]]&gt;\nline\xef\xbf\xbd[31m</failure>");
    assert_contains(&out, "<system-err>&lt;x&gt;</system-err>");
    strbuf_fini(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pass_is_an_empty_case),
        cmocka_unit_test(test_rare_failure_is_failure_and_flaky),
        cmocka_unit_test(test_undecided_is_skipped),
        cmocka_unit_test(test_hostile_text_stays_xml),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// The ledger groups by signature; the reports of a campaign say what it holds, and their sums
// agree.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "source.h"
#include "summary.h"

static struct workload small_workload(void) {
    struct workload workload;
    workload_init(&workload);
    return workload;
}

static struct ledger *ledger_with(const char *const *kinds, size_t count) {
    struct ledger *ledger = ledger_new();
    struct workload workload = small_workload();
    assert_non_null(ledger);
    for (size_t i = 0; i < count; i++) {
        ledger->board.executions++;
        ledger_hit(ledger, i, kinds[i], "seen \"so\" <here>", &workload);
    }
    return ledger;
}

static void runs_with_one_signature_are_one_finding(void **state) {
    (void)state;
    struct ledger *ledger = ledger_new();
    struct workload workload = small_workload();
    ledger->board.executions = 5;
    struct ledger_finding *first = ledger_hit(ledger, 7, "a", "once", &workload);
    ledger->board.executions = 9;
    assert_ptr_equal(ledger_hit(ledger, 7, "a", "twice", &workload), first);
    assert_ptr_not_equal(ledger_hit(ledger, 8, "a", "other", &workload), first);
    assert_ptr_not_equal(ledger_hit(ledger, 7, "b", "other", &workload), first);
    assert_int_equal(ledger->findings_count, 3);
    assert_int_equal(first->hits, 2);
    assert_int_equal(first->execution, 5);
    assert_string_equal(first->reason, "once");
    assert_ptr_equal(ledger_find(ledger, "a"), first);
    assert_null(ledger_find(ledger, "c"));
    ledger_free(ledger);
}

static void a_full_ledger_says_so_and_goes_on_counting(void **state) {
    (void)state;
    struct ledger *ledger = ledger_new();
    struct workload workload = small_workload();
    for (uint64_t i = 0; i < LEDGER_FINDINGS_MAX; i++)
        assert_non_null(ledger_hit(ledger, i, "a", "", &workload));
    assert_false(ledger->findings_full);
    assert_null(ledger_hit(ledger, LEDGER_FINDINGS_MAX, "a", "", &workload));
    assert_true(ledger->findings_full);
    assert_int_equal(ledger_hit(ledger, 0, "a", "", &workload)->hits, 2);
    ledger_free(ledger);
}

static size_t count_of(const struct strbuf *text, const char *part) {
    size_t count = 0;
    for (const char *at = text->text; (at = strstr(at, part)) != NULL; at += strlen(part))
        count++;
    return count;
}

// The number behind the first name=" of the document.
static size_t attribute(const struct strbuf *text, const char *name) {
    const char *at = strstr(text->text, name);
    assert_non_null(at);
    return strtoul(at + strlen(name), NULL, 10);
}

static void check_junit_sums(const char *const *kinds, size_t count, bool blind, size_t failures) {
    struct stress_options options = {.out = "out"};
    struct ledger *ledger = ledger_with(kinds, count);
    ledger->board.decided[0] = 1;
    struct summary summary = {.options = &options, .ledger = ledger, .blind = blind};
    struct strbuf out = {0};
    summary_junit(&summary, &out);
    assert_int_equal(attribute(&out, " tests=\""), count_of(&out, "<testcase "));
    assert_int_equal(attribute(&out, " failures=\""), count_of(&out, "<failure "));
    assert_int_equal(attribute(&out, " skipped=\""), count_of(&out, "<skipped "));
    assert_int_equal(count_of(&out, "<failure "), failures);
    strbuf_fini(&out);
    ledger_free(ledger);
}

static void junit_sums_are_those_of_its_cases(void **state) {
    (void)state;
    check_junit_sums(NULL, 0, false, 0);
    check_junit_sums(NULL, 0, true, 1);
    check_junit_sums((const char *[]){"count-exact", "count-exact", "state-edges"}, 3, false, 2);
    check_junit_sums((const char *[]){"data-race", "thread-leak", "thread-leak", "canary"}, 4,
                     false, 3);
}

static void json_and_text_name_what_was_found(void **state) {
    (void)state;
    struct stress_options options = {.out = "folder", .seed = 12};
    struct ledger *ledger = ledger_with((const char *[]){"count-exact"}, 1);
    struct summary summary = {.options = &options, .ledger = ledger};
    struct strbuf out = {0};
    summary_json(&summary, &out);
    assert_non_null(strstr(out.text, "\"seed\": 12"));
    assert_non_null(strstr(out.text, "\"invariant\": \"count-exact\""));
    assert_non_null(
        strstr(out.text, "\"story\": \"folder/count-exact-0000000000000000/story.txt\""));
    assert_non_null(strstr(out.text, "gproof stress --file folder/count-exact-"));
    strbuf_clear(&out);
    summary_text(&summary, &out);
    assert_non_null(strstr(out.text, "1 of 1 runs"));
    assert_non_null(strstr(out.text, "never evaluated: "));
    assert_null(strstr(out.text, "no violation"));
    strbuf_fini(&out);
    ledger_free(ledger);
}

static void a_promise_that_was_never_evaluated_is_told(void **state) {
    (void)state;
    struct stress_options options = {.out = "out"};
    struct ledger *ledger = ledger_with(NULL, 0);
    struct summary summary = {.options = &options, .ledger = ledger, .colour = true};
    struct strbuf out = {0};
    for (int i = 0; i < INVARIANT_COUNT; i++)
        ledger->board.evaluated[i] = ledger->board.decided[i] = 100;
    ledger->board.evaluated[INV_count_exact] = ledger->board.decided[INV_count_exact] = 0;
    ledger->board.decided[INV_service_once] = 50;
    summary_text(&summary, &out);
    assert_non_null(strstr(out.text, "never evaluated: 1: count-exact\033[0m\n"));
    assert_non_null(strstr(out.text, "\033[31m  count-exact"));
    assert_null(strstr(out.text, "\033[31m  service-once"));
    assert_non_null(strstr(out.text, "  50.00 %"));
    assert_non_null(strstr(out.text, "fewest: count-exact, 0"));
    assert_non_null(strstr(out.text, "raw-agrees needs the virtual world"));
    strbuf_clear(&out);
    summary_json(&summary, &out);
    assert_non_null(strstr(out.text, "\"never_evaluated\": [\n    \"count-exact\"\n  ]"));
    strbuf_fini(&out);
    ledger_free(ledger);
}

static void peaks_of_memory_are_told_by_quarter(void **state) {
    (void)state;
    struct memory memory = {0};
    assert_int_equal(memory_quarter_kb(&memory, 0, 10), 0);
    assert_true(memory_resident_kb() > 0);
    // An hour, with a look a second: grows, but for one peak in the middle.
    for (uint32_t second = 0; second < 3600; second++)
        memory_add(&memory, second, 1000 + second + (second == 1234 ? 9000 : 0));
    assert_in_range(memory_quarter_kb(&memory, 0, 3600), 1900, 1930);
    assert_int_equal(memory_quarter_kb(&memory, 1, 3600), 11234);
    assert_in_range(memory_quarter_kb(&memory, 2, 3600), 3700, 3730);
    assert_int_equal(memory_quarter_kb(&memory, 3, 3600), 4599);
    assert_int_equal(memory_most_kb(&memory), 11234);
}

static void memory_and_workers_are_told(void **state) {
    (void)state;
    struct stress_options options = {.out = "out"};
    struct ledger *ledger = ledger_with(NULL, 0);
    struct summary summary = {.options = &options, .ledger = ledger, .seconds = 40};
    struct strbuf out = {0};
    for (uint32_t second = 0; second < 40; second++)
        memory_add(&ledger->memory, second, (second < 30 ? 100 : 300) << 10);
    ledger->workers = 3;
    ledger->replaced = 2;
    summary_text(&summary, &out);
    assert_non_null(strstr(out.text, "quarter of the time 100, 100, 100, 300 MiB"));
    assert_non_null(strstr(out.text, "3 workers in turn, 2 replaced above 256 MiB"));
    strbuf_clear(&out);
    summary_json(&summary, &out);
    assert_non_null(strstr(out.text, "\"first_quarter\": 102400"));
    assert_non_null(strstr(out.text, "\"last_quarter\": 307200"));
    assert_non_null(strstr(out.text, "\"replaced\": 2"));
    strbuf_fini(&out);
    ledger_free(ledger);
}

static void the_replay_command_says_all_that_matters(void **state) {
    (void)state;
    struct stress_options options = {.seed = 3, .threads = 4, .procs = 2, .events = true};
    struct strbuf out = {0};
    subject_init(&options.subject);
    options.subject.noise = 2;
    assert_true(subject_add_mutant(&options.subject, "issue-74090"));
    stress_options_replay(&options, "f.txt", &out);
    assert_non_null(strstr(out.text, "--file f.txt"));
    assert_non_null(strstr(out.text, "--mutant issue-74090"));
    assert_non_null(strstr(out.text, "--noise heavy --seed 3 --threads 4 --procs 2"));
    assert_null(strstr(out.text, "--no-events"));
    strbuf_fini(&out);
}

static void run_number_and_seed_make_the_workload(void **state) {
    (void)state;
    struct workload list[2] = {small_workload(), small_workload()};
    struct source source = {.list = list, .count = 2, .generate = true, .seed = 5};
    struct workload a, b;
    size_t different = 0;
    for (uint64_t i = 0; i < 50; i++) {
        source_workload(&source, i, &a);
        source_workload(&source, i, &b);
        assert_true(workload_equal(&a, &b));
        source_workload(&source, i + 1, &b);
        different += !workload_equal(&a, &b);
    }
    assert_true(different > 25);
    source.threads = 3;
    source.procs = 8;
    source_workload(&source, 1, &a);
    assert_int_equal(a.header.ms, 3);
    assert_int_equal(a.header.procs, 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_with_one_signature_are_one_finding),
        cmocka_unit_test(a_full_ledger_says_so_and_goes_on_counting),
        cmocka_unit_test(junit_sums_are_those_of_its_cases),
        cmocka_unit_test(json_and_text_name_what_was_found),
        cmocka_unit_test(a_promise_that_was_never_evaluated_is_told),
        cmocka_unit_test(peaks_of_memory_are_told_by_quarter),
        cmocka_unit_test(memory_and_workers_are_told),
        cmocka_unit_test(the_replay_command_says_all_that_matters),
        cmocka_unit_test(run_number_and_seed_make_the_workload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

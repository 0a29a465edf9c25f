// Files of traces, sets of 3-grams, and what is summed up of verdicts.
#include "conform_grams.h"
#include "conform_judge.h"
#include "conform_slips.h"
#include "conform_trace.h"
#include "mutants.h"
#include "strbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct trace_event event(uint32_t sequence, enum trace_kind kind, uint32_t goroutine,
                                uint32_t a) {
    return (struct trace_event){
        .sequence = sequence, .kind = (uint16_t)kind, .goroutine = goroutine, .a = a};
}

// ---- files --------------------------------------------------------------------------------------

enum { MAGIC = 0x46525047 };

static void put_words(struct strbuf *out, const uint32_t *words, size_t count) {
    strbuf_add(out, (const char *)words, count * sizeof *words);
}

static struct conform_file *file_of(const struct strbuf *bytes, const char *name) {
    assert_int_equal(file_write(name, bytes->text, bytes->size), 0);
    struct conform_file *file = conform_file_open(name);
    assert_non_null(file);
    unlink(name);
    return file;
}

static void buffers_are_merged_by_sequence(void **state) {
    (void)state;
    struct strbuf out = {0};
    const uint32_t head[] = {MAGIC, 3, 2, 2}, one = 1, two = 2;
    const struct trace_event first[] = {event(1, TRACE_go_run, 7, 0),
                                        event(4, TRACE_go_stop, 7, 0)};
    const struct trace_event second = event(2, TRACE_go_run, 8, 0);
    put_words(&out, head, 4);
    put_words(&out, &two, 1);
    strbuf_add(&out, (const char *)first, sizeof first);
    put_words(&out, &one, 1);
    strbuf_add(&out, (const char *)&second, sizeof second);
    struct conform_file *file = file_of(&out, "conform-test-merge");
    struct conform_round round;
    assert_int_equal(conform_file_next(file, &round), CONFORM_ROUND);
    assert_int_equal(round.plan, 3);
    assert_int_equal(round.end, RUN_INCONCLUSIVE);
    assert_false(round.trace.truncated);
    assert_int_equal(round.trace.count, 3);
    assert_int_equal(round.trace.events[1].goroutine, 8);
    assert_int_equal(conform_file_next(file, &round), CONFORM_END);
    conform_file_close(file);
    strbuf_fini(&out);
}

static void what_is_cut_is_no_round(void **state) {
    (void)state;
    struct conform_round round;
    struct strbuf out = {0};
    const uint32_t head[] = {MAGIC, 0, 0, 1}, many = 0x10000000, wrong[] = {1, 2, 3, 4};
    struct conform_file *file = file_of(&out, "conform-test-cut");
    assert_int_equal(conform_file_next(file, &round), CONFORM_END);
    conform_file_close(file);
    put_words(&out, head, 4);
    file = file_of(&out, "conform-test-cut");
    assert_int_equal(conform_file_next(file, &round), CONFORM_CUT);
    conform_file_close(file);
    put_words(&out, &many, 1);
    file = file_of(&out, "conform-test-cut");
    assert_int_equal(conform_file_next(file, &round), CONFORM_CUT);
    conform_file_close(file);
    strbuf_clear(&out);
    put_words(&out, wrong, 4);
    file = file_of(&out, "conform-test-cut");
    assert_int_equal(conform_file_next(file, &round), CONFORM_CUT);
    conform_file_close(file);
    strbuf_fini(&out);
}

// ---- 3-grams ------------------------------------------------------------------------------------

static void add_run(struct conform_grams *grams, enum trace_wait wait, bool runs_body) {
    struct trace_event events[] = {event(1, TRACE_go_run, 5, 0),
                                   event(2, runs_body ? TRACE_body_begin : TRACE_call, 5, 0),
                                   event(3, TRACE_go_run, 6, 0), event(4, TRACE_go_ready, 5, 0),
                                   event(5, TRACE_go_stop, 5, wait)};
    const struct trace trace = {.events = events, .count = 5};
    conform_grams_add(grams, &trace);
}

static void grams_are_of_one_goroutine_and_its_enums(void **state) {
    (void)state;
    struct conform_grams *one = conform_grams_new(), *two = conform_grams_new();
    struct conform_gram missing[2];
    struct strbuf text = {0};
    double share;
    add_run(one, TRACE_WAIT_CHAN, false); // none of the plan's
    assert_int_equal(conform_grams_count(one), 0);
    add_run(one, TRACE_WAIT_CHAN, true);
    add_run(one, TRACE_WAIT_CHAN, true);
    add_run(one, TRACE_WAIT_YIELD, true);
    add_run(two, TRACE_WAIT_YIELD, true);
    assert_int_equal(conform_grams_count(one), 2);
    assert_int_equal(conform_grams_missing(one, two, missing, 2, &share), 1);
    assert_int_equal(missing[0].count, 2);
    assert_true(share > 0.66 && share < 0.67);
    conform_gram_print(&missing[0], &text);
    assert_string_equal(text.text, "go_run, body_begin, go_stop(channel)");
    assert_int_equal(conform_grams_missing(two, one, missing, 2, &share), 0);
    strbuf_fini(&text);
    conform_grams_free(one);
    conform_grams_free(two);
}

// ---- sums ---------------------------------------------------------------------------------------

static void deaths_are_named_by_the_check(void **state) {
    (void)state;
    struct conform_grams *grams = conform_grams_new();
    struct conform_judge *judge = conform_judge_new(grams);
    const struct conform_sum *sum = conform_judge_sum(judge);
    assert_false(conform_unexplained(sum));
    conform_judge_process(judge);
    conform_judge_death(judge, "cannot read stack of running goroutine");
    conform_judge_death(judge, "cannot read stack of running goroutine");
    conform_judge_death(judge, "something else");
    assert_int_equal(sum->count, 2);
    assert_int_equal(sum->violations[0].first.invariant, INV_running_stack_unread);
    assert_int_equal(sum->violations[0].rounds, 2);
    assert_int_equal(sum->violations[1].first.invariant, INV_runtime_sound);
    assert_true(conform_unexplained(sum));
    conform_judge_free(judge);
    conform_grams_free(grams);
}

// ---- slips --------------------------------------------------------------------------------------

static void slips_agree_on_what_both_break(void **state) {
    (void)state;
    uint32_t slips = 0;
    for (; conform_slip_at(slips) != NULL; slips++)
        assert_int_not_equal(mutant_parse(conform_slip_at(slips)->mutant), MUTANT_COUNT);
    assert_int_equal(slips, 26);
    const invariant_set edges = INVARIANT_BIT(INV_state_edges);
    const invariant_set labels = INVARIANT_BIT(INV_record_labels);
    struct conform_slip_result result = {.built = true, .ours = edges | labels, .broken = labels};
    assert_int_equal(conform_slip_common(0, &result), labels);
    assert_true(conform_slip_agrees(0, &result));
    result.broken = INVARIANT_BIT(INV_not_stuck) | INVARIANT_BIT(INVARIANT_COUNT - 1);
    assert_false(conform_slip_agrees(0, &result));
    result.broken |= INVARIANT_BIT(INV_satisfied_before_run); // what the mutant names
    assert_true(conform_slip_agrees(0, &result));
    result = (struct conform_slip_result){.built = true, .carried = {.runs = 10, .fired = 4}};
    assert_false(conform_slip_agrees(0, &result));
    result.carried.fired = 5;
    assert_true(conform_slip_agrees(0, &result));
    result.built = false;
    assert_false(conform_slip_agrees(0, &result));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buffers_are_merged_by_sequence),
        cmocka_unit_test(what_is_cut_is_no_round),
        cmocka_unit_test(grams_are_of_one_goroutine_and_its_enums),
        cmocka_unit_test(deaths_are_named_by_the_check),
        cmocka_unit_test(slips_agree_on_what_both_break),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// The story and the event list: what they must say, how they must look, and that no trace whatever
// can break them.
#include "report.h"

#include "path.h"
#include "rng.h"
#include "sites.h"
#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

// golang/go#74090 as a trace: the finalizer goroutine runs while absent and becomes a user
// goroutine.
struct scene {
    struct trace_event events[64];
    uint32_t count;
    struct workload workload;
    struct trace trace;
    struct verdict verdict;
    struct report_run run;
};

static uint32_t add(struct scene *scene, enum trace_kind kind, uint16_t thread, uint32_t goroutine,
                    uint32_t object, uint32_t a, uint64_t b) {
    uint32_t at = scene->count++;
    scene->events[at] = (struct trace_event){.sequence = at,
                                             .kind = (uint16_t)kind,
                                             .thread = thread,
                                             .goroutine = goroutine,
                                             .object = object,
                                             .a = a,
                                             .b = b};
    return at;
}

static void make_scene(struct scene *scene) {
    static const char text[] =
        "gproof 1\nbody main\nalloc s0\nfinalizer s0 fin\nstep 3\nprofile 12\n"
        "body fin\ncall f3\n";
    struct workload_error error;
    *scene = (struct scene){.count = 0};
    assert_true(workload_parse(&scene->workload, text, strlen(text), &error));
    add(scene, TRACE_run_begin, 0, 0, 0, 2, 4);
    add(scene, TRACE_go_create, 0, 1, 0, TRACE_PLAN, path_root(PATH_MAIN, 0));
    add(scene, TRACE_go_run, 0, 1, 0, 0, 0);
    add(scene, TRACE_body_begin, 0, 1, 0, 0, 1);
    add(scene, TRACE_user_step, 0, 1, 0, OP_alloc, 2);
    add(scene, TRACE_user_step, 0, 1, 0, OP_finalizer, 3);
    add(scene, TRACE_go_create, 0, 2, 1, TRACE_FINALIZER, path_root(PATH_FING, 0));
    for (uint32_t i = 0; i < 3; i++)
        add(scene, TRACE_user_step, 0, 1, 0, OP_step, 4 + i);
    add(scene, TRACE_user_step, 0, 1, 0, OP_profile, 7);
    add(scene, TRACE_profile_request, 0, 1, 1, 12, 0);
    add(scene, TRACE_stop_request, 0, 1, 0, TRACE_STOP_PROFILE, 0);
    add(scene, TRACE_world_stopped, 0, 1, 0, TRACE_STOP_PROFILE, 0);
    add(scene, TRACE_profile_active, 0, 1, 1, 1, 0);
    add(scene, TRACE_world_start, 0, 1, 0, TRACE_STOP_PROFILE, 0);
    add(scene, TRACE_preempt, 0, 0, 1, SITE_profile_walk, 1);
    add(scene, TRACE_observe, 1, 2, TRACE_BY_EXECUTE, TRACE_ABSENT, TRACE_ROLE_SYSTEM);
    add(scene, TRACE_go_run, 1, 2, 0, 0, 0);
    add(scene, TRACE_role, 1, 2, 0, TRACE_ROLE_USER, 0);
    add(scene, TRACE_finalizer_run, 1, 2, 1, 1, 0);
    uint32_t broken = add(scene, TRACE_body_begin, 1, 2, 1, 0, 1);
    add(scene, TRACE_user_step, 1, 2, 0, OP_call, 2);
    add(scene, TRACE_observe, 0, 2, TRACE_BY_WALKER, TRACE_ABSENT, TRACE_ROLE_USER);
    add(scene, TRACE_fatal, 0, 1, 0, TRACE_CHECK_running_stack, 0);
    scene->trace = (struct trace){.events = scene->events, .count = scene->count};
    scene->verdict = (struct verdict){.kind = VERDICT_VIOLATION, .end = RUN_FATAL, .count = 2};
    scene->verdict.violations[0] =
        (struct violation){.invariant = INV_satisfied_before_run,
                           .event = broken,
                           .goroutine = 2,
                           .reason = "goroutine 2 runs user code, absent"};
    scene->verdict.violations[1] = (struct violation){.invariant = INV_running_stack_unread,
                                                      .event = scene->count - 1,
                                                      .goroutine = 2,
                                                      .reason = "goroutine 2 was running"};
    scene->run = (struct report_run){.trace = &scene->trace,
                                     .verdict = &scene->verdict,
                                     .workload = &scene->workload,
                                     .hash = 0x1234,
                                     .world = "virtual",
                                     .replay = "./gproof replay finding.gproof"};
}

static void assert_says(const struct strbuf *out, const char *what) {
    if (strstr(out->text, what) == NULL)
        fail_msg("the text does not say \"%s\":\n%s", what, out->text);
}

// The line in which this first stands, in a static buffer.
static const char *line_of(const struct strbuf *out, const char *what) {
    static char line[512];
    assert_says(out, what);
    const char *at = strstr(out->text, what);
    while (at > out->text && at[-1] != '\n')
        at--;
    snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
    return line;
}

static void assert_before(const struct strbuf *out, const char *first, const char *second) {
    assert_says(out, first);
    assert_says(out, second);
    assert_true(strstr(out->text, first) < strstr(out->text, second));
}

static void the_story_tells_what_broke_and_why(void **state) {
    (void)state;
    struct scene scene;
    struct strbuf out = {0};
    make_scene(&scene);
    report_story(&out, &scene.run, 200, false);
    assert_memory_equal(out.text, "BROKEN", 6);
    assert_says(&out, invariant_info(INV_satisfied_before_run)->id);
    assert_says(&out, invariant_info(INV_satisfied_before_run)->sentence);
    assert_says(&out, "SEEN      G2 fing runs user code, absent.");
    assert_says(&out, "ALSO      running-stack-unread");
    assert_says(&out, "made profile 1 active");
    assert_says(&out, "G2 fing was a system goroutine then, absent.");
    assert_before(&out, "Preemption 1: M0 was set aside, with G1 main on it",
                  "G2 fing became a user goroutine on M1, absent.");
    assert_says(&out, "trace hash 0000000000001234");
    assert_says(&out, "REPLAY    ./gproof replay finding.gproof\n");
    strbuf_fini(&out);
}

static void the_table_has_a_column_a_thread(void **state) {
    (void)state;
    struct scene scene;
    struct strbuf out = {0};
    make_scene(&scene);
    report_story(&out, &scene.run, 200, false);
    const char *header = line_of(&out, "event   M0");
    size_t m0 = (size_t)(strstr(header, "M0") - header),
           m1 = (size_t)(strstr(header, "M1") - header);
    const char *role = line_of(&out, "G2 fing  system->user  absent");
    assert_int_equal(strstr(role, "G2 fing") - role, m1);
    assert_int_equal(role[m0], '|');
    const char *preemption = line_of(&out, "SET ASIDE at profile_walk");
    assert_memory_equal(preemption, ">>>", 3);
    assert_int_equal(strstr(preemption, "G1 main  user  absent") - preemption, m0);
    assert_int_equal(strstr(preemption, "<<< goes on") - preemption, m1);
    const char *broken = line_of(&out, "XXX ");
    assert_int_equal(strstr(broken, "G2 fing  user  absent - body fin1 begins") - broken, m1);
    assert_says(&out, "does alloc s0; finalizer s0 fin1");
    assert_says(&out, "does step 3; profile 12"); // three steps of one op are told once
    assert_says(&out, "FATAL: cannot read stack of running goroutine");
    strbuf_fini(&out);
}

static void assert_plain(const struct strbuf *out, uint32_t width) {
    uint32_t column = 0;
    for (size_t i = 0; i < out->size; i++) {
        unsigned char c = (unsigned char)out->text[i];
        assert_true(c == '\n' || (c >= ' ' && c < 0x7f));
        column = c == '\n' ? 0 : column + 1;
        if (column > width)
            fail_msg("wider than %u: %.100s", width, out->text + i - column + 1);
        if (c == '\n')
            assert_true(i == 0 || out->text[i - 1] != ' ');
    }
}

static void the_story_fits_the_terminal(void **state) {
    (void)state;
    struct scene scene;
    struct strbuf out = {0};
    make_scene(&scene);
    for (uint32_t width = 80; width <= 200; width++) {
        strbuf_clear(&out);
        report_story(&out, &scene.run, width, false);
        assert_plain(&out, width);
    }
    strbuf_clear(&out);
    report_story(&out, &scene.run, 120, true);
    assert_says(&out, "\033[1;31m");
    assert_says(&out, "\033[0m");
    strbuf_fini(&out);
}

static void other_verdicts_have_stories_too(void **state) {
    (void)state;
    struct scene scene;
    struct strbuf out = {0};
    make_scene(&scene);
    scene.verdict.kind = VERDICT_PASS;
    scene.run.workload = NULL;
    scene.run.replay = NULL;
    report_story(&out, &scene.run, 80, false);
    assert_memory_equal(out.text, "PASS", 4);
    assert_null(strstr(out.text, "BROKEN"));
    assert_null(strstr(out.text, "XXX "));
    strbuf_clear(&out);
    scene.verdict.kind = VERDICT_INCONCLUSIVE;
    scene.run.dump = "G1 main waits";
    report_story(&out, &scene.run, 80, false);
    assert_memory_equal(out.text, "UNDECIDED", 9);
    assert_says(&out, "WHO WAITS WHERE\nG1 main waits\n");
    strbuf_clear(&out);
    scene.trace.count = 0;
    scene.verdict.kind = VERDICT_VIOLATION;
    report_story(&out, &scene.run, 80, false);
    assert_says(&out, "BROKEN");
    strbuf_fini(&out);
}

static void a_long_run_is_cut_down(void **state) {
    (void)state;
    enum { EVENTS = 5000 };
    static struct trace_event events[EVENTS];
    struct scene scene;
    struct strbuf out = {0};
    make_scene(&scene);
    for (uint32_t i = 0; i < EVENTS; i++)
        events[i] =
            (struct trace_event){.kind = TRACE_go_run, .thread = i % 2, .goroutine = 3 + i % 5};
    memcpy(events, scene.events, sizeof events[0] * 20);
    memcpy(events + EVENTS - scene.count, scene.events, sizeof events[0] * scene.count);
    scene.trace = (struct trace){.events = events, .count = EVENTS};
    scene.verdict.violations[0].event += EVENTS - scene.count;
    report_story(&out, &scene.run, 100, false);
    uint32_t lines = 0;
    for (size_t i = 0; i < out.size; i++)
        lines += out.text[i] == '\n';
    assert_in_range(lines, 40, 220);
    assert_says(&out, "rows not shown)");
    assert_says(&out, "XXX ");
    strbuf_fini(&out);
}

static void no_trace_breaks_a_report(void **state) {
    (void)state;
    enum { EVENTS = 120 };
    static struct trace_event events[EVENTS];
    struct scene scene;
    struct strbuf out = {0};
    struct rng rng = rng_seeded(4);
    make_scene(&scene);
    for (int round = 0; round < 2000; round++) {
        for (uint32_t i = 0; i < EVENTS; i++) {
            bool wild = rng_below(&rng, 4) == 0;
            uint32_t small = wild ? UINT32_MAX : 70;
            events[i] = (struct trace_event){.sequence = i,
                                             .kind = (uint16_t)rng_below(&rng, wild ? 65536 : 50),
                                             .thread = (uint16_t)rng_below(&rng, wild ? 65536 : 5),
                                             .goroutine = rng_below(&rng, wild ? UINT32_MAX : 6),
                                             .object = rng_below(&rng, small),
                                             .a = rng_below(&rng, small),
                                             .b = wild ? rng_next(&rng) : rng_below(&rng, 70)};
        }
        scene.trace = (struct trace){.events = events, .count = rng_below(&rng, EVENTS + 1)};
        scene.verdict.violations[0].event = rng_below(&rng, EVENTS + 5);
        scene.verdict.violations[0].goroutine = rng_below(&rng, 6);
        strbuf_clear(&out);
        report_story(&out, &scene.run, rng_below(&rng, 300), false);
        report_events(&out, &scene.trace);
        assert_plain(&out, UINT32_MAX);
    }
    strbuf_fini(&out);
}

static void events_are_told_by_name(void **state) {
    (void)state;
    struct scene scene;
    struct strbuf out = {0};
    make_scene(&scene);
    report_events(&out, &scene.trace);
    uint32_t lines = 0;
    for (size_t i = 0; i < out.size; i++)
        lines += out.text[i] == '\n';
    assert_int_equal(lines, scene.count);
    assert_says(&out, "go_create creator=1 service=finalizer path=fing\n");
    assert_says(&out, "user_step op=alloc progress=2\n");
    assert_says(&out, "observe observer=execute state=absent role=system\n");
    assert_says(&out, "preempt to_thread=1 site=profile_walk preemption=1\n");
    assert_says(&out, "stop_request reason=profile\n");
    assert_says(&out, "fatal check=running_stack detail=0\n");
    scene.trace.truncated = true;
    report_events(&out, &scene.trace);
    assert_says(&out, "later events are missing");
    strbuf_fini(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_story_tells_what_broke_and_why),
        cmocka_unit_test(the_table_has_a_column_a_thread),
        cmocka_unit_test(the_story_fits_the_terminal),
        cmocka_unit_test(other_verdicts_have_stories_too),
        cmocka_unit_test(a_long_run_is_cut_down),
        cmocka_unit_test(no_trace_breaks_a_report),
        cmocka_unit_test(events_are_told_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// Timelines and pages: spans say what the trace says, a page stands alone and is well-formed, and
// no trace whatever breaks them.
#include "report.h"

#include "html_check.h"
#include "path.h"
#include "rng.h"
#include "text.h"
#include "timeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { EVENTS_MAX = 4000 };

struct scene {
    struct trace_event events[EVENTS_MAX];
    struct trace trace;
    struct workload workload;
    struct verdict verdict;
    struct report_run run;
};

static const struct profile_function function = {.name = "frame_f0", .file = "f.def", .line = 1};
static const struct profile_program program = {.functions = &function, .functions_count = 1};

static uint32_t add(struct scene *scene, enum trace_kind kind, uint16_t thread, uint32_t goroutine,
                    uint32_t object, uint32_t a, uint64_t b) {
    assert_true(scene->trace.count < EVENTS_MAX);
    scene->events[scene->trace.count] = (struct trace_event){.kind = (uint16_t)kind,
                                                             .thread = thread,
                                                             .goroutine = goroutine,
                                                             .object = object,
                                                             .a = a,
                                                             .b = b};
    return scene->trace.count++;
}

static void make_run(struct scene *scene) {
    static const char text[] = "gproof 1\nbody main\nprofile 12\n";
    struct workload_error error;
    assert_true(workload_parse(&scene->workload, text, strlen(text), &error));
    scene->trace.events = scene->events;
    scene->run = (struct report_run){.trace = &scene->trace,
                                     .verdict = &scene->verdict,
                                     .workload = &scene->workload,
                                     .world = "virtual",
                                     .replay = "./gproof replay \"<out>\"",
                                     .dump = "G1 <waits>"};
}

// One goroutine profiles, a second one starts to run without having been satisfied.
static void make_scene(struct scene *scene) {
    *scene = (struct scene){0};
    make_run(scene);
    add(scene, TRACE_run_begin, 0, 0, 0, 2, 4);                                           // 0
    add(scene, TRACE_go_create, 0, 1, 0, TRACE_PLAN, path_root(PATH_MAIN, 0));            // 1
    add(scene, TRACE_status, 0, 1, 0, TRACE_GDEAD, TRACE_GRUNNABLE);                      // 2
    add(scene, TRACE_status, 0, 1, 0, TRACE_GRUNNABLE, TRACE_GRUNNING);                   // 3
    add(scene, TRACE_go_run, 0, 1, 0, 0, 0);                                              // 4
    add(scene, TRACE_go_create, 0, 2, 1, TRACE_FINALIZER, path_root(PATH_FING, 0));       // 5
    add(scene, TRACE_stop_request, 0, 1, 0, TRACE_STOP_PROFILE, 0);                       // 6
    add(scene, TRACE_world_stopped, 0, 1, 0, TRACE_STOP_PROFILE, 0);                      // 7
    add(scene, TRACE_profile_state, 0, 1, TRACE_BY_SELF, TRACE_ABSENT, TRACE_SATISFIED);  // 8
    add(scene, TRACE_profile_active, 0, 1, 1, 1, 0);                                      // 9
    add(scene, TRACE_world_start, 0, 1, 0, TRACE_STOP_PROFILE, 0);                        // 10
    add(scene, TRACE_preempt, 0, 0, 1, 0, 1);                                             // 11
    uint32_t broken = add(scene, TRACE_go_run, 1, 2, 0, 0, 0);                            // 12
    add(scene, TRACE_role, 1, 2, 0, TRACE_ROLE_USER, 0);                                  // 13
    add(scene, TRACE_profile_inactive, 0, 1, 1, 1, 1);                                    // 14
    add(scene, TRACE_profile_result, 0, 1, 1, 1, 3);                                      // 15
    add(scene, TRACE_result_record, 0, 1, 0, 0, 1);                                       // 16
    add(scene, TRACE_result_frames, 0, 1, 0, 0, 0);                                       // 17
    add(scene, TRACE_status, 0, 1, 0, TRACE_GRUNNING, TRACE_GDEAD);                       // 18
    add(scene, TRACE_profile_state, 0, 1, TRACE_BY_SWEEP, TRACE_SATISFIED, TRACE_ABSENT); // 19
    add(scene, TRACE_run_end, 0, 0, 0, RUN_FINISHED, 0);                                  // 20
    scene->verdict = (struct verdict){
        .kind = VERDICT_VIOLATION,
        .count = 1,
        .violations = {{.invariant = INV_satisfied_before_run,
                        .event = broken,
                        .goroutine = 2,
                        .reason = "goroutine 2 <starts> & runs"}},
    };
}

// The span of this kind and lane that begins at event.
static const struct timeline_span *span_at(const struct timeline *timeline, enum timeline_kind kind,
                                           uint32_t lane, uint32_t from) {
    for (uint32_t i = 0; i < timeline->spans_count; i++) {
        const struct timeline_span *span = &timeline->spans[i];
        if (span->kind == kind && span->lane == lane && span->from == from)
            return span;
    }
    return NULL;
}

static void assert_span(const struct timeline *timeline, enum timeline_kind kind, uint32_t lane,
                        uint32_t from, uint32_t to, uint32_t value) {
    const struct timeline_span *span = span_at(timeline, kind, lane, from);
    assert_non_null(span);
    assert_int_equal(span->to, to);
    assert_int_equal(span->value, value);
}

static void spans_say_what_the_trace_says(void **state) {
    (void)state;
    static struct scene scene;
    struct timeline timeline;
    make_scene(&scene);
    timeline_init(&timeline, &scene.trace);
    assert_int_equal(timeline.threads, 2);
    assert_span(&timeline, TIMELINE_ON_THREAD, 0, 4, 21, 1);
    assert_span(&timeline, TIMELINE_ON_THREAD, 1, 12, 21, 2);
    assert_span(&timeline, TIMELINE_STATUS, 1, 2, 3, TRACE_GRUNNABLE);
    assert_span(&timeline, TIMELINE_STATUS, 1, 3, 18, TRACE_GRUNNING);
    assert_span(&timeline, TIMELINE_STATE, 1, 1, 8, TRACE_ABSENT);
    assert_span(&timeline, TIMELINE_STATE, 1, 8, 18, TRACE_SATISFIED);
    assert_span(&timeline, TIMELINE_ROLE, 2, 5, 13, TRACE_ROLE_SYSTEM);
    assert_span(&timeline, TIMELINE_ROLE, 2, 13, 21, TRACE_ROLE_USER);
    assert_span(&timeline, TIMELINE_WANTED, 0, 6, 7, TRACE_STOP_PROFILE);
    assert_span(&timeline, TIMELINE_STOPPED, 0, 7, 10, TRACE_STOP_PROFILE);
    assert_span(&timeline, TIMELINE_PROFILE, 0, 9, 14, 1);
    assert_null(span_at(&timeline, TIMELINE_STATE, 1, 18));
    assert_null(span_at(&timeline, TIMELINE_STATE, 1, 19));
    assert_int_equal(timeline.preemptions_count, 1);
    assert_int_equal(timeline.preemptions[0].event, 11);
    assert_int_equal(timeline.preemptions[0].to_thread, 1);
    timeline_fini(&timeline);
}

static void assert_says(const struct strbuf *out, const char *what) {
    if (strstr(out->text, what) == NULL)
        fail_msg("not said: %s", what);
}

static void the_page_tells_what_broke(void **state) {
    (void)state;
    static struct scene scene;
    struct strbuf out = {0};
    make_scene(&scene);
    report_page(&out, &scene.run, &program);
    html_check_balanced(&out);
    html_check_alone(&out);
    assert_says(&out, "<h1>satisfied-before-run is broken</h1>");
    assert_says(&out, "G2 fing &lt;starts&gt; &amp; runs. <a href=\"#e12\">event 12</a>");
    assert_says(&out, "<h2>How it came about</h2>");
    assert_says(&out, "broken at event 12</text>");
    assert_says(&out, "event 11, preemption 1: M0 is set aside before: ");
    assert_says(&out, ">stopped: profile</text>");
    assert_says(&out, ">profile 1 active</text>");
    assert_says(&out, "<tr class=\"x\"><td class=\"n e\"><a id=\"e12\"></a>12</td>");
    assert_says(&out, "<tr class=\"p\"><td class=\"n e\"><a id=\"e11\"></a>11</td>");
    assert_says(&out, "profile 12");
    assert_says(&out, "goroutine profile: total 1\n1 @ 0x1\n");
    assert_says(&out, "G1 &lt;waits&gt;");
    assert_says(&out, "./gproof replay &quot;&lt;out&gt;&quot;");
    strbuf_fini(&out);
}

static void others_read_it_too(void **state) {
    (void)state;
    static struct scene scene;
    struct strbuf out = {0};
    make_scene(&scene);
    report_sarif(&out, &scene.run, "seeds/w.txt");
    assert_says(&out, "\"version\": \"2.1.0\"");
    assert_says(&out, "\"ruleId\": \"satisfied-before-run\"");
    assert_says(&out, "\"uri\": \"seeds/w.txt\"");
    assert_says(&out, "\"text\": \"event 12: here satisfied-before-run is broken\"");
    strbuf_clear(&out);
    report_perfetto(&out, &scene.run);
    assert_says(&out, "\"name\": \"G2 fing role\"");
    assert_says(&out, "\"name\": \"PREEMPTION\"");
    assert_says(&out, "\"name\": \"profile 1\",\n      \"pid\": 3,\n      \"tid\": 2,\n"
                      "      \"ts\": 9,\n      \"dur\": 5");
    strbuf_clear(&out);
    report_junit(&out, &scene.run);
    assert_says(&out, "failures=\"1\"");
    assert_says(&out,
                "<failure type=\"violation\" message=\"G2 fing &lt;starts&gt; &amp; runs.\">");
    assert_says(&out, "<skipped");
    strbuf_fini(&out);
}

// Of a long run the part that leads to the violation is there.
static void a_long_run_is_cut(void **state) {
    (void)state;
    static struct scene scene;
    struct strbuf out = {0};
    make_scene(&scene);
    while (scene.trace.count < EVENTS_MAX)
        add(&scene, TRACE_user_step, 0, 1, 0, OP_yield, scene.trace.count);
    scene.verdict.violations[0].event = 3500;
    report_page(&out, &scene.run, &program);
    assert_says(&out, "Events 2150 to 3649 of 4000 are drawn.");
    assert_says(&out, "broken at event 3500</text>");
    html_check_balanced(&out);
    strbuf_clear(&out);
    scene.verdict = (struct verdict){.kind = VERDICT_PASS};
    report_page(&out, &scene.run, &program);
    assert_says(&out, "Events 0 to 1499 of 4000 are drawn.");
    assert_says(&out, "kept every promise");
    strbuf_fini(&out);
}

static void no_trace_breaks_a_page(void **state) {
    (void)state;
    static struct scene scene;
    struct rng rng = rng_seeded(74090);
    for (int round = 0; round < 60; round++) {
        struct strbuf out = {0};
        make_scene(&scene);
        uint32_t count = rng_below(&rng, 300);
        for (uint32_t i = 0; i < count; i++)
            add(&scene, (enum trace_kind)rng_below(&rng, TRACE_KIND_COUNT + 2),
                (uint16_t)(rng_below(&rng, 8) == 0 ? rng_next(&rng) : rng_below(&rng, 4)),
                rng_below(&rng, 16) == 0 ? (uint32_t)rng_next(&rng) : rng_below(&rng, 6),
                rng_below(&rng, 4) == 0 ? (uint32_t)rng_next(&rng) : rng_below(&rng, 6),
                (uint32_t)rng_next(&rng) >> rng_below(&rng, 32), rng_next(&rng));
        scene.verdict.violations[0].event = (uint32_t)rng_next(&rng) >> rng_below(&rng, 32);
        report_page(&out, &scene.run, &program);
        html_check_balanced(&out);
        strbuf_clear(&out);
        report_json(&out, &scene.run, &program);
        report_sarif(&out, &scene.run, "w.txt");
        report_perfetto(&out, &scene.run);
        report_junit(&out, &scene.run);
        strbuf_fini(&out);
    }
    struct strbuf out = {0};
    make_scene(&scene);
    scene.trace.count = 0;
    report_page(&out, &scene.run, &program);
    html_check_balanced(&out);
    strbuf_fini(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans_say_what_the_trace_says),
        cmocka_unit_test(the_page_tells_what_broke),
        cmocka_unit_test(others_read_it_too),
        cmocka_unit_test(a_long_run_is_cut),
        cmocka_unit_test(no_trace_breaks_a_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

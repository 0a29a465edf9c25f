// Profiles as files: the text byte by byte as Go lays it out, the protobuf read back by its own
// schema, and no trace whatever that breaks them.
#include "profile.h"

#include "rng.h"
#include <pprof.pb-c.h>

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

static const struct profile_function functions[] = {
    {.name = "frame_f0", .file = "frames.def", .line = 2, .address = 0x100},
    {.name = "frame_f1", .file = "frames.def", .line = 3, .address = 0x12340},
    {.name = "frame_f2_with_a_long_name", .file = "frames.def", .line = 4, .address = 0x123456780},
};
static const struct profile_program program = {
    .functions = functions,
    .functions_count = 3,
    .file = "/bin/subject",
    .build_id = "0123abcd",
    .start = 0x100,
    .limit = 0x200000000,
    .offset = 0x1000,
};

enum { EVENTS_MAX = 512 };

struct scene {
    struct trace_event events[EVENTS_MAX];
    struct trace trace;
};

static void add(struct scene *scene, enum trace_kind kind, uint16_t thread, uint32_t goroutine,
                uint32_t object, uint32_t a, uint64_t b) {
    scene->events[scene->trace.count++] = (struct trace_event){.kind = (uint16_t)kind,
                                                               .thread = thread,
                                                               .goroutine = goroutine,
                                                               .object = object,
                                                               .a = a,
                                                               .b = b};
    scene->trace.events = scene->events;
}

// Profile 1 was too small; 2 has labels, equal stacks and stacks without frames, while another
// thread goes on with its own; 3 is that other one.
static void make_scene(struct scene *scene) {
    *scene = (struct scene){0};
    add(scene, TRACE_profile_result, 0, 1, 0, 6, 0); // a query for n
    add(scene, TRACE_profile_result, 0, 1, 1, 6, 0);
    add(scene, TRACE_profile_result, 0, 1, 2, 6, 6 << 1 | 1);
    add(scene, TRACE_result_record, 0, 1, 0, 0, 3);
    add(scene, TRACE_result_frames, 0, 1, 0, 0, 0x012);
    add(scene, TRACE_profile_result, 1, 2, 3, 1, 1 << 1 | 1);
    add(scene, TRACE_result_record, 1, 2, 0, 0, 1);
    add(scene, TRACE_preempt, 1, 0, 0, 0, 1);
    add(scene, TRACE_result_record, 0, 2, 1, 7, 1);
    add(scene, TRACE_result_frames, 1, 2, 0, 0, 0x1);
    add(scene, TRACE_result_frames, 0, 2, 1, 0, 0x0);
    add(scene, TRACE_result_record, 0, 3, 2, 0, 0);
    add(scene, TRACE_result_record, 0, 4, 3, 7, 1);
    add(scene, TRACE_result_frames, 0, 4, 3, 0, 0x0);
    add(scene, TRACE_result_record, 0, 5, 4, 0, 0);
    add(scene, TRACE_result_record, 0, 6, 5, 0, 2);
    add(scene, TRACE_result_frames, 0, 6, 5, 0, 0x09);
    add(scene, TRACE_user_step, 0, 1, 0, 0, 9);
    add(scene, TRACE_result_record, 0, 9, 9, 9, 0);
}

static void test_read(void **state) {
    (void)state;
    struct scene scene;
    struct profile profile;
    make_scene(&scene);
    assert_true(profile_read(&profile, &scene.trace, 1));
    assert_false(profile.ok);
    assert_int_equal(profile.count, 0);
    profile_fini(&profile);
    assert_true(profile_read(&profile, &scene.trace, 3));
    assert_int_equal(profile.count, 1);
    assert_int_equal(profile.records[0].depth, 1);
    assert_int_equal(profile.frames[0], 1);
    profile_fini(&profile);
    assert_false(profile_read(&profile, &scene.trace, 4));
    assert_false(profile_read(&profile, &scene.trace, 0));
    assert_int_equal(profile_choose(&scene.trace, 0), 1);
    assert_int_equal(profile_choose(&scene.trace, 3), 2);
    assert_int_equal(profile_choose(&scene.trace, UINT32_MAX), 3);
    scene.trace.count = 0;
    assert_int_equal(profile_choose(&scene.trace, 0), 0);
}

// Frames come in pieces of sixteen; one that is missing ends the stack.
static void test_deep(void **state) {
    (void)state;
    struct scene scene = {0};
    struct profile profile;
    add(&scene, TRACE_profile_result, 0, 1, 1, 1, 3);
    add(&scene, TRACE_result_record, 0, 1, 0, 0, 128);
    for (uint32_t at = 0; at < 128; at += 16)
        add(&scene, TRACE_result_frames, 0, 1, 0, at, 0x2101210121012101);
    assert_true(profile_read(&profile, &scene.trace, 1));
    assert_int_equal(profile.records[0].depth, 128);
    for (uint32_t i = 0; i < 128; i++)
        assert_int_equal(profile.frames[i], 0x2101210121012101 >> (i % 16 * 4) & 15);
    profile_fini(&profile);
    scene.events[4].a++;
    assert_true(profile_read(&profile, &scene.trace, 1));
    assert_int_equal(profile.records[0].depth, 32);
    profile_fini(&profile);
}

static void test_text(void **state) {
    (void)state;
    struct scene scene;
    struct profile profile;
    struct strbuf out = {0};
    make_scene(&scene);
    assert_true(profile_read(&profile, &scene.trace, 2));
    profile_text(&out, &profile, &program);
    assert_string_equal(out.text, "goroutine profile: total 6\n"
                                  "2 @\n"
                                  "#\t0x0\n"
                                  "\n"
                                  "2 @ 0x101\n"
                                  "# labels: {\"label\":\"7\"}\n"
                                  "#\t0x100\tframe_f0+0x0\tframes.def:2\n"
                                  "\n"
                                  "1 @ 0x0 0x101\n"
                                  "#\t0x0\n"
                                  "#\t0x100\tframe_f0+0x0\tframes.def:2\n"
                                  "\n"
                                  "1 @ 0x123456781 0x12341 0x101\n"
                                  "#\t0x123456780\tframe_f2_with_a_long_name+0x0\tframes.def:4\n"
                                  "#\t0x12340\t\tframe_f1+0x0\t\t\tframes.def:3\n"
                                  "#\t0x100\t\tframe_f0+0x0\t\t\tframes.def:2\n"
                                  "\n");
    profile_fini(&profile);
    strbuf_fini(&out);
}

// The file of Go's printCountProfile for the same stacks: total counts records and not groups,
// groups go by stack and labels together, the most frequent first, ties by their key as text, so
// that label 10 comes before 9 and one without a label before both; columns end where a line has
// none.
static void test_groups(void **state) {
    (void)state;
    static const struct profile_function odd[] = {
        {.name = "f", .file = "frames.def", .line = 2, .address = 0x100},
        {.name = "frame_f3_15", .file = "frames.def", .line = 3, .address = 0x12340},
        {.name = "frame_f4__16", .file = "frames.def", .line = 4, .address = 0x123456780},
    };
    const struct profile_program subject = {.functions = odd, .functions_count = 3};
    static const struct {
        uint32_t label, depth;
        uint64_t frames;
    } records[] = {{9, 1, 0x0},   {0, 3, 0x021}, {7, 1, 0x0},   {0, 1, 0x0},
                   {10, 1, 0x0},  {7, 1, 0x0},   {0, 3, 0x021}, {0, 3, 0x2e1},
                   {0, 3, 0x021}, {7, 1, 0x0},   {9, 1, 0x1}};
    enum { RECORDS = sizeof records / sizeof records[0] };
    struct scene scene = {0};
    struct profile profile;
    struct strbuf out = {0};
    add(&scene, TRACE_profile_result, 0, 1, 1, RECORDS, RECORDS << 1 | 1);
    for (uint32_t i = 0; i < RECORDS; i++) {
        add(&scene, TRACE_result_record, 0, i + 1, i, records[i].label, records[i].depth);
        add(&scene, TRACE_result_frames, 0, i + 1, i, 0, records[i].frames);
    }
    assert_true(profile_read(&profile, &scene.trace, 1));
    profile_text(&out, &profile, &subject);
    assert_string_equal(out.text, "goroutine profile: total 11\n"
                                  "3 @ 0x101\n"
                                  "# labels: {\"label\":\"7\"}\n"
                                  "#\t0x100\tf+0x0\tframes.def:2\n"
                                  "\n"
                                  "3 @ 0x12341 0x123456781 0x101\n"
                                  "#\t0x12340\t\tframe_f3_15+0x0\t\tframes.def:3\n"
                                  "#\t0x123456780\tframe_f4__16+0x0\tframes.def:4\n"
                                  "#\t0x100\t\tf+0x0\t\t\tframes.def:2\n"
                                  "\n"
                                  "1 @ 0x101\n"
                                  "#\t0x100\tf+0x0\tframes.def:2\n"
                                  "\n"
                                  "1 @ 0x101\n"
                                  "# labels: {\"label\":\"10\"}\n"
                                  "#\t0x100\tf+0x0\tframes.def:2\n"
                                  "\n"
                                  "1 @ 0x101\n"
                                  "# labels: {\"label\":\"9\"}\n"
                                  "#\t0x100\tf+0x0\tframes.def:2\n"
                                  "\n"
                                  "1 @ 0x12341\n"
                                  "# labels: {\"label\":\"9\"}\n"
                                  "#\t0x12340\tframe_f3_15+0x0\tframes.def:3\n"
                                  "\n"
                                  "1 @ 0x12341 0x0 0x123456781\n"
                                  "#\t0x12340\tframe_f3_15+0x0\tframes.def:3\n"
                                  "#\t0x0\n"
                                  "#\t0x123456780\tframe_f4__16+0x0\tframes.def:4\n"
                                  "\n");
    profile_fini(&profile);
    strbuf_fini(&out);
}

// Dump 2 is of main and two that wait, one of them in a call, locked to its thread and labelled.
static void test_stacks(void **state) {
    (void)state;
    struct scene scene = {0};
    struct strbuf out = {0};
    const uint64_t waits = TRACE_GWAITING | TRACE_WAIT_CHAN << 8;
    add(&scene, TRACE_go_create, 0, 1, 0, 0, 0);
    add(&scene, TRACE_stacks_result, 0, 1, 0, 0, 0);
    add(&scene, TRACE_stacks_result, 0, 1, 0, 3, 3);
    add(&scene, TRACE_stacks_record, 0, 1, 0, 0, TRACE_GRUNNING << 8);
    add(&scene, TRACE_stacks_record, 0, 4, 1, 7, (waits | 1 << 16 | UINT64_C(1) << 24) << 8 | 2);
    add(&scene, TRACE_stacks_record, 1, 9, 0, 0, 0); // another caller's
    add(&scene, TRACE_result_frames, 0, 4, 1, 0, 0x01);
    add(&scene, TRACE_stacks_record, 0, 5, 2, 0, TRACE_GLEAKED << 8 | TRACE_WAIT_MUTEX << 16 | 1);
    add(&scene, TRACE_result_frames, 0, 5, 2, 0, 0x9);
    add(&scene, TRACE_user_step, 0, 1, 0, 0, 9);
    assert_true(profile_stacks_text(&out, &scene.trace, 2, &program));
    assert_string_equal(out.text, "goroutine 1 [running]:\n"
                                  "\n"
                                  "goroutine 4 [chan receive, locked to thread] {label: 7}:\n"
                                  "frame_f1(...)\n"
                                  "\tframes.def:3 +0x0\n"
                                  "frame_f0(...)\n"
                                  "\tframes.def:2 +0x0\n"
                                  "created by - in goroutine 1\n"
                                  "\t??:0 +0x0\n"
                                  "\n"
                                  "goroutine 5 [sync.Mutex.Lock (leaked)]:\n"
                                  "unknown(...)\n"
                                  "\t??:0 +0x0\n");
    assert_false(profile_stacks_text(&out, &scene.trace, 3, &program));
    assert_false(profile_stacks_text(&out, &scene.trace, 0, &program));
    assert_int_equal(profile_stacks_choose(&scene.trace, 0), 1);
    assert_int_equal(profile_stacks_choose(&scene.trace, 2), 2);
    strbuf_fini(&out);
}

// The words of Go 1.26 and 1.27, as runtime.Stack has printed them.
static void test_stacks_words(void **state) {
    (void)state;
    enum { WAITING = TRACE_GWAITING, LEAKED = TRACE_GLEAKED, LOCKED = 1 << 16, SENDS = 1 << 17 };
#define WAITS(reason) (WAITING | TRACE_WAIT_##reason << 8)
    static const struct {
        uint64_t state;
        const char *words;
    } cases[] = {
        {TRACE_GRUNNING, "running"},
        {TRACE_GRUNNABLE, "runnable"},
        {TRACE_GRUNNABLE | LOCKED, "runnable, locked to thread"},
        {TRACE_GSYSCALL, "syscall"},
        {TRACE_GSYSCALL | LOCKED, "syscall, locked to thread"},
        {TRACE_GPREEMPTED, "preempted"},
        {TRACE_GCOPYSTACK, "copystack"},
        {TRACE_GIDLE, "idle"},
        {TRACE_GDEAD, "dead"},
        {TRACE_GDEADEXTRA, "waiting for cgo callback"},
        {WAITS(CHAN), "chan receive"},
        {WAITS(CHAN) | SENDS, "chan send"},
        {WAITS(CHAN) | LOCKED, "chan receive, locked to thread"},
        {WAITS(SELECT), "select"},
        {WAITS(SELECT) | SENDS, "select"},
        {WAITS(MUTEX), "sync.Mutex.Lock"},
        {WAITS(SEMAPHORE), "semacquire"},
        {WAITS(GROUP), "sync.WaitGroup.Wait"},
        {WAITS(SLEEP), "sleep"},
        {WAITS(COROUTINE), "coroutine"},
        {WAITS(WORLD_SEMA), "semacquire"},
        {WAITS(GC_SEMA), "semacquire"},
        {WAITS(PROFILE_SEMA), "semacquire"},
        {WAITS(LEAK_LOCK), "sync.Mutex.Lock"},
        {WAITS(GC_CYCLE), "wait for GC cycle"},
        {WAITS(FINALIZER), "finalizer wait"},
        {WAITS(CLEANUP), "cleanup wait"},
        {WAITS(MARK_WORKER), "GC worker (idle)"},
        {WAITS(SWEEPER), "GC sweep wait"},
        {WAITS(SCAVENGER), "GC scavenge wait"},
        {WAITS(SLEEP) | TRACE_GSCAN, "sleep (scan)"},
        {WAITS(YIELD), "waiting"}, // no reason to wait
        {LEAKED | TRACE_WAIT_CHAN << 8 | SENDS, "chan send (leaked)"},
        {LEAKED | TRACE_WAIT_GROUP << 8 | TRACE_GSCAN | LOCKED,
         "sync.WaitGroup.Wait (leaked) (scan), locked to thread"},
        {WAITING | 0xff << 8, "waiting"},
    };
#undef WAITS
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct strbuf out = {0};
        profile_put_state(&out, cases[i].state);
        assert_string_equal(out.text, cases[i].words);
        strbuf_fini(&out);
    }
}

// What stands below the frames: nothing for main and for a call from C; what it is, for a service
// goroutine, whoever has created it; else whoever has, which is nobody for a timer.
static void test_stacks_roots(void **state) {
    (void)state;
    static const uint32_t services[] = {0,          TRACE_PLAN, TRACE_FINALIZER, TRACE_CLEANUP,
                                        TRACE_PLAN, TRACE_PLAN, TRACE_FOREIGN};
    static const uint32_t creators[] = {0, 0, 1, 1, 1, 0, 0}; // 5 by a timer
    struct scene scene = {0};
    struct strbuf out = {0};
    for (uint32_t id = 1; id <= 6; id++)
        add(&scene, TRACE_go_create, 0, id, creators[id], services[id], 0);
    add(&scene, TRACE_stacks_result, 0, 1, 0, 6, 6);
    for (uint32_t id = 1; id <= 6; id++)
        add(&scene, TRACE_stacks_record, 0, id, id - 1, 0,
            ((id == 1 ? TRACE_GRUNNING : TRACE_GRUNNABLE) | (uint64_t)creators[id] << 24) << 8);
    assert_true(profile_stacks_text(&out, &scene.trace, 1, &program));
    assert_string_equal(out.text, "goroutine 1 [running]:\n"
                                  "\n"
                                  "goroutine 2 [runnable]:\n"
                                  "runtime.runFinalizers()\n"
                                  "\t??:0 +0x0\n"
                                  "\n"
                                  "goroutine 3 [runnable]:\n"
                                  "runtime.runCleanups()\n"
                                  "\t??:0 +0x0\n"
                                  "\n"
                                  "goroutine 4 [runnable]:\n"
                                  "created by - in goroutine 1\n"
                                  "\t??:0 +0x0\n"
                                  "\n"
                                  "goroutine 5 [runnable]:\n"
                                  "created by time.goFunc\n"
                                  "\t??:0 +0x0\n"
                                  "\n"
                                  "goroutine 6 [runnable]:\n");
    strbuf_fini(&out);
}

// Who asks for no dump in particular gets one that is not cut, as Go's users do, unless a violation
// tells which one it is about.
static void test_stacks_choose(void **state) {
    (void)state;
    struct scene scene = {0};
    assert_int_equal(profile_stacks_choose(&scene.trace, 0), 0);
    for (uint32_t slots = 2; slots <= 8; slots *= 2) {
        uint32_t n = slots < 5 ? slots : 5;
        add(&scene, TRACE_user_step, 0, 1, 0, 0, 0);
        add(&scene, TRACE_stacks_result, 0, 1, 0, n, n);
        scene.events[scene.trace.count - 1].version = slots;
    }
    assert_int_equal(profile_stacks_choose(&scene.trace, 0), 3);
    assert_int_equal(profile_stacks_choose(&scene.trace, 2), 1);
    assert_int_equal(profile_stacks_choose(&scene.trace, 3), 2);
    assert_int_equal(profile_stacks_choose(&scene.trace, UINT32_MAX), 3);
    scene.trace.count = 4;
    assert_int_equal(profile_stacks_choose(&scene.trace, 0), 1);
}

static Pprof__Profile *unpack(const struct strbuf *file) {
    static uint8_t bytes[1 << 20];
    z_stream stream = {.next_in = (Bytef *)file->text,
                       .avail_in = (uInt)file->size,
                       .next_out = bytes,
                       .avail_out = sizeof bytes};
    assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    assert_int_equal(stream.avail_in, 0);
    size_t size = sizeof bytes - stream.avail_out;
    inflateEnd(&stream);
    Pprof__Profile *message = pprof__profile__unpack(NULL, size, bytes);
    assert_non_null(message);
    return message;
}

static void test_pprof(void **state) {
    (void)state;
    struct scene scene;
    struct profile profile;
    struct strbuf out = {0}, again = {0};
    make_scene(&scene);
    assert_true(profile_read(&profile, &scene.trace, 2));
    profile_pprof(&out, &profile, &program, "gproof replay x");
    profile_pprof(&again, &profile, &program, "gproof replay x");
    assert_int_equal(out.size, again.size);
    assert_memory_equal(out.text, again.text, out.size);
    Pprof__Profile *message = unpack(&out);
    char **strings = message->string_table;
    assert_string_equal(strings[0], "");
    assert_int_equal(message->n_sample_type, 1);
    assert_string_equal(strings[message->sample_type[0]->type], "goroutine");
    assert_string_equal(strings[message->sample_type[0]->unit], "count");
    assert_string_equal(strings[message->period_type->type], "goroutine");
    assert_int_equal(message->period, 1);
    assert_string_equal(strings[message->comment[0]], "gproof replay x");
    assert_string_equal(strings[message->mapping[0]->build_id], "0123abcd");
    assert_int_equal(message->n_sample, 4);
    static const uint32_t values[] = {2, 2, 1, 1}, depths[] = {0, 1, 2, 3};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(message->sample[i]->value[0], values[i]);
        assert_int_equal(message->sample[i]->n_location_id, depths[i]);
        assert_int_equal(message->sample[i]->n_label, i == 1);
    }
    assert_string_equal(strings[message->sample[1]->label[0]->key], "label");
    assert_string_equal(strings[message->sample[1]->label[0]->str], "7");
    // The last one is f2, f1, f0, leaf first.
    for (size_t i = 0; i < 3; i++) {
        const Pprof__Location *location = NULL;
        for (size_t k = 0; k < message->n_location; k++)
            if (message->location[k]->id == message->sample[3]->location_id[i])
                location = message->location[k];
        assert_non_null(location);
        const struct profile_function *expected = &functions[2 - i];
        assert_int_equal(location->address, expected->address);
        assert_int_equal(location->mapping_id, 1);
        assert_int_equal(location->line[0]->line, expected->line);
        const Pprof__Function *function = NULL;
        for (size_t k = 0; k < message->n_function; k++)
            if (message->function[k]->id == location->line[0]->function_id)
                function = message->function[k];
        assert_non_null(function);
        assert_string_equal(strings[function->name], expected->name);
        assert_string_equal(strings[function->filename], "frames.def");
    }
    assert_int_equal(message->n_location, 4); // three known ones, and the one nobody knows
    assert_int_equal(message->n_function, 3);
    pprof__profile__free_unpacked(message, NULL);
    profile_fini(&profile);
    strbuf_fini(&out);
    strbuf_fini(&again);
}

// Noise: whatever the events say, both files come out, and tell the same records.
static void test_total(void **state) {
    (void)state;
    struct rng rng = {.state = 1};
    for (int round = 0; round < 200; round++) {
        struct scene scene = {0};
        add(&scene, TRACE_profile_result, 0, 1, 1, 9, 19);
        while (scene.trace.count < EVENTS_MAX)
            add(&scene, rng_next(&rng) % 2 ? TRACE_result_record : TRACE_result_frames,
                rng_next(&rng) % 8 == 0, (uint32_t)rng_next(&rng) % 4, (uint32_t)rng_next(&rng),
                (uint32_t)rng_next(&rng) % 3 * 16, rng_next(&rng) >> (rng_next(&rng) % 64));
        struct profile profile;
        struct strbuf text = {0}, packed = {0};
        assert_true(profile_read(&profile, &scene.trace, 1));
        profile_text(&text, &profile, &program);
        profile_pprof(&packed, &profile, &program, NULL);
        Pprof__Profile *message = unpack(&packed);
        int64_t sum = 0;
        for (size_t i = 0; i < message->n_sample; i++)
            sum += message->sample[i]->value[0];
        assert_int_equal(sum, profile.count);
        pprof__profile__free_unpacked(message, NULL);
        profile_fini(&profile);
        strbuf_fini(&text);
        strbuf_fini(&packed);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),         cmocka_unit_test(test_deep),
        cmocka_unit_test(test_text),         cmocka_unit_test(test_groups),
        cmocka_unit_test(test_stacks),       cmocka_unit_test(test_stacks_words),
        cmocka_unit_test(test_stacks_roots), cmocka_unit_test(test_stacks_choose),
        cmocka_unit_test(test_pprof),        cmocka_unit_test(test_total),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

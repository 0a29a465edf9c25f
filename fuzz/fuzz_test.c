// The small parts of fuzzing: words of the command line, subjects, what we read back of our own
// JSON, mutators, feedback, raw findings.
#include "feedback.h"
#include "finding.h"
#include "json.h"
#include "json_find.h"
#include "mutator.h"
#include "options.h"
#include "triage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

// ---- words --------------------------------------------------------------------------------------

static void words_are_taken_or_refused(void **state) {
    (void)state;
    static const char *const words[] = {"one", "two"};
    int index = 7;
    assert_true(option_word("--x", "two", words, 2, &index));
    assert_int_equal(index, 1);
    assert_false(option_word("--x", "tw", words, 2, &index));
    assert_int_equal(index, 1);
    uint64_t number = 7;
    assert_true(option_uint("--x", "3", 1, 3, &number));
    assert_int_equal(number, 3);
    assert_false(option_uint("--x", "4", 1, 3, &number));
    assert_false(option_uint("--x", "3x", 1, 3, &number));
    assert_int_equal(number, 3);
    double seconds = 7;
    assert_true(option_duration("--x", "2m", &seconds));
    assert_true(seconds == 120);
    assert_false(option_duration("--x", "soon", &seconds));
}

// ---- subjects -----------------------------------------------------------------------------------

static void subjects_travel_by_environment(void **state) {
    (void)state;
    struct subject sent, received;
    subject_init(&sent);
    assert_true(option_mutant(&sent, "sweep-missing"));
    assert_true(option_mutant(&sent, "issue-74090"));
    assert_true(option_mutant(&sent, "issue-74090")); // twice is once
    sent.noise = 2;
    subject_to_environment(&sent);
    assert_true(subject_from_environment(&received));
    assert_memory_equal(&sent, &received, sizeof sent);
    struct strbuf options = {0};
    subject_options(&received, &options);
    assert_string_equal(options.text, " --mutant sweep-missing --mutant issue-74090 --noise 2");
    strbuf_fini(&options);
}

static void subjects_refuse_unknown_names(void **state) {
    (void)state;
    struct subject subject, before;
    subject_init(&subject);
    before = subject;
    assert_false(option_mutant(&subject, "issue-74091"));
    assert_false(option_version(&subject, "go0.1"));
    assert_memory_equal(&subject, &before, sizeof subject);
    setenv("GPROOF_MUTANTS", "issue-74090,nobody", 1);
    assert_false(subject_from_environment(&subject));
    setenv("GPROOF_MUTANTS", "", 1);
    setenv("GPROOF_NOISE", "3", 1);
    assert_false(subject_from_environment(&subject));
    setenv("GPROOF_NOISE", "0", 1);
    assert_true(subject_from_environment(&subject));
}

// A version is a set of faults; choosing another takes the first one's away and keeps the mutants.
static void versions_replace_each_other(void **state) {
    (void)state;
    struct subject subject, plain;
    subject_init(&plain);
    subject_init(&subject);
    assert_true(subject_add_mutant(&subject, "sweep-missing"));
    assert_true(subject_add_mutant(&plain, "sweep-missing"));
    assert_true(subject_set_version(&subject, "go1.25-before"));
    assert_true(mutant_in(&subject.mutants, MUTANT_issue_74090));
    assert_true(subject_set_version(&subject, "ideal"));
    assert_memory_equal(&subject.mutants, &plain.mutants, sizeof plain.mutants);
}

// ---- JSON ---------------------------------------------------------------------------------------

static void json_is_read_back(void **state) {
    (void)state;
    struct strbuf text = {0};
    struct json json;
    json_init(&json, &text);
    json_object(&json, NULL);
    json_object(&json, "inner");
    json_string(&json, "word", "not this one");
    json_array(&json, "deep");
    json_uint(&json, NULL, 3);
    json_end_array(&json);
    json_end_object(&json);
    json_string(&json, "nothing", NULL);
    json_string(&json, "word", "a \"quoted\"\\ tab\t");
    json_real(&json, "number", -2.5);
    json_array(&json, "list");
    json_string(&json, NULL, "first, with a comma");
    json_string(&json, NULL, "second");
    json_end_array(&json);
    json_array(&json, "objects");
    json_object(&json, NULL);
    json_end_object(&json);
    json_object(&json, NULL);
    json_uint(&json, "inner", 7);
    json_end_object(&json);
    json_end_array(&json);
    json_array(&json, "none");
    json_end_array(&json);
    json_bool(&json, "yes", true);
    json_bool(&json, "no", false);
    json_end_object(&json);
    char word[64];
    double number;
    assert_true(json_find_string(text.text, "word", word, sizeof word));
    assert_string_equal(word, "a \"quoted\"\\ tab\t");
    assert_true(json_find_number(text.text, "number", &number));
    assert_true(number == -2.5);
    assert_true(json_find_element(text.text, "list", 1, word, sizeof word));
    assert_string_equal(word, "second");
    assert_false(json_find_element(text.text, "list", 2, word, sizeof word));
    assert_true(json_find_number(json_find_item(text.text, "objects", 1), "inner", &number));
    assert_true(number == 7);
    assert_false(json_find_number(json_find_item(text.text, "objects", 0), "inner", &number));
    assert_null(json_find_item(text.text, "objects", 2));
    assert_null(json_find_item(text.text, "none", 0));
    assert_null(json_find_item(text.text, "word", 0));
    assert_true(json_find_true(text.text, "yes"));
    assert_false(json_find_true(text.text, "no"));
    assert_false(json_find_true(text.text, "word"));
    assert_false(json_find_string(text.text, "nothing", word, sizeof word));
    assert_false(json_find_string(text.text, "deep", word, sizeof word));
    assert_true(json_find_string(text.text, "word", word, 4));
    assert_string_equal(word, "a \"");
    // Cut anywhere, it is refused or answered, and never read behind its end.
    for (size_t size = 0; size < text.size; size++) {
        char *cut = strndup(text.text, size);
        json_find_string(cut, "word", word, sizeof word);
        json_find_number(cut, "number", &number);
        json_find_element(cut, "list", 1, word, sizeof word);
        json_find_item(cut, "objects", 1);
        json_find_true(cut, "no");
        free(cut);
    }
    strbuf_fini(&text);
}

// ---- mutators -----------------------------------------------------------------------------------

static void value_mutants_are_workloads(void **state) {
    (void)state;
    uint8_t bytes[WORKLOAD_BYTES_MAX], again[WORKLOAD_BYTES_MAX];
    struct rng rng = rng_seeded(1);
    size_t size = 0;
    for (int i = 0; i < 300; i++) {
        size =
            mutator_value(bytes, size, i % 3 == 0 ? bytes : NULL, size, bytes, sizeof bytes, &rng);
        assert_true(size > 1);
        struct workload workload;
        workload_decode(&workload, bytes, size);
        assert_int_equal(workload_encode(&workload, again, sizeof again), size);
        assert_memory_equal(bytes, again, size); // canonical
    }
}

static void mutants_depend_on_the_seed_alone(void **state) {
    (void)state;
    uint8_t one[WORKLOAD_BYTES_MAX], two[WORKLOAD_BYTES_MAX];
    struct rng first = rng_seeded(5), second = rng_seeded(5), third = rng_seeded(6);
    size_t one_size = mutator_value(NULL, 0, NULL, 0, one, sizeof one, &first);
    size_t two_size = mutator_value(NULL, 0, NULL, 0, two, sizeof two, &second);
    assert_int_equal(one_size, two_size);
    assert_memory_equal(one, two, one_size);
    two_size = mutator_value(NULL, 0, NULL, 0, two, sizeof two, &third);
    assert_false(one_size == two_size && memcmp(one, two, one_size) == 0);
}

static void byte_mutants_stay_inside(void **state) {
    (void)state;
    enum { CAPACITY = 40 };
    uint8_t *bytes = malloc(CAPACITY), *other = calloc(1, CAPACITY);
    struct rng rng = rng_seeded(3);
    size_t size = 0;
    bool shrank = false, grew = false;
    for (int i = 0; i < 5000; i++) {
        size_t before = size;
        size = mutator_bytes(bytes, size, i % 7 == 0 ? other : NULL, CAPACITY, CAPACITY, &rng);
        assert_true(size <= CAPACITY);
        shrank |= size < before;
        grew |= size > before;
    }
    assert_true(shrank && grew);
    free(bytes);
    free(other);
}

// ---- feedback -----------------------------------------------------------------------------------

static uint32_t count_features(const struct trace_event *events, uint32_t count) {
    static struct feedback feedback;
    uint32_t cells[FLIP_CELLS] = {0}, features = 0;
    memset(feedback_counters, 0, sizeof feedback_counters);
    feedback_count(&feedback, &(struct trace){events, count, false}, cells);
    for (uint32_t i = 0; i < FEEDBACK_COUNTERS; i++)
        features += feedback_counters[i];
    return features;
}

static void feedback_counts_pairs_across_threads(void **state) {
    (void)state;
    struct trace_event events[] = {
        {.sequence = 0, .kind = TRACE_go_ready, .thread = 0, .goroutine = 3},
        {.sequence = 1, .kind = TRACE_go_run, .thread = 1, .goroutine = 3},
    };
    assert_int_equal(count_features(events, 2), 1);
    events[1].thread = 0; // on its own thread it goes without saying
    assert_int_equal(count_features(events, 2), 0);
    events[1].thread = 1;
    events[1].goroutine = 4; // another goroutine's change is no pair
    assert_int_equal(count_features(events, 2), 0);
    events[1].goroutine = 3;
    assert_int_equal(count_features(events, 1), 0); // and a run knows nothing of the one before
    assert_int_equal(count_features(events + 1, 1), 0);
}

// ---- findings -----------------------------------------------------------------------------------

static char folder[64];

static int make_folder(void **state) {
    (void)state;
    strcpy(folder, "fuzz_test.XXXXXX");
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static void raw_findings_are_read_back(void **state) {
    (void)state;
    struct raw_finding written = {"sweep", 0xabc, 12, 0.5}, read;
    struct workload workload, other;
    workload_init(&workload);
    workload.header.procs = 3;
    assert_int_equal(raw_finding_write(folder, &written, &workload), 0);
    char file[128];
    snprintf(file, sizeof file, "%s/0000000000000abc.bytes", folder);
    assert_true(finding_read_raw(file, &other, &read));
    assert_true(workload_equal(&workload, &other));
    assert_string_equal(read.invariant, "sweep");
    assert_int_equal(read.signature, 0xabc);
    assert_int_equal(read.executions, 12);
    assert_true(read.seconds == 0.5);
    // The first of a signature stays.
    written.executions = 13;
    assert_int_equal(raw_finding_write(folder, &written, &workload), 0);
    assert_true(finding_read_raw(file, &other, &read));
    assert_int_equal(read.executions, 12);
    assert_int_not_equal(raw_finding_write("no/such/folder", &written, &workload), 0);
}

static void findings_know_their_subject(void **state) {
    (void)state;
    static struct finding finding;
    static struct trial trial;
    struct subject subject, loaded;
    struct workload workload;
    char world[16] = "";
    subject_init(&subject);
    assert_true(subject_add_mutant(&subject, "issue-74090"));
    assert_true(subject_set_version(&subject, "go1.25-before"));
    finding.invariant = INV_satisfied_before_run;
    finding.signature = 0x1234567800000000;
    workload_init(&finding.workload);
    finding.workload.header.procs = 3;
    trial.end = RUN_FINISHED;
    trial.verdict = (struct verdict){.kind = VERDICT_PASS, .end = RUN_FINISHED};
    for (int i = 0; i < 2; i++) // the second time it replaces the first
        assert_int_equal(finding_save(&finding, folder, &subject, &trial), 0);
    assert_non_null(strstr(finding.folder, "/satisfied-before-run-12345678"));
    subject_init(&loaded);
    assert_true(finding_load(finding.folder, &workload, &loaded, world));
    assert_true(workload_equal(&workload, &finding.workload));
    assert_memory_equal(&loaded, &subject, sizeof subject);
    assert_string_equal(world, exec_world());
    // The text among its files is the same workload.
    char text[FINDING_PATH_MAX + 16];
    snprintf(text, sizeof text, "%s/input.txt", finding.folder);
    assert_true(finding_load(text, &workload, &loaded, world));
    assert_true(workload_equal(&workload, &finding.workload));
}

static void a_finding_that_cannot_be_written_leaves_nothing(void **state) {
    (void)state;
    static struct finding finding;
    static struct trial trial;
    struct subject subject;
    char parent[128];
    subject_init(&subject);
    workload_init(&finding.workload);
    snprintf(parent, sizeof parent, "%s/file", folder);
    assert_int_equal(file_write(parent, "", 0), 0); // a file where a folder should be
    assert_int_not_equal(finding_save(&finding, parent, &subject, &trial), 0);
    struct stat status;
    assert_int_equal(stat(parent, &status), 0);
    assert_true(S_ISREG(status.st_mode));
}

static void repeats_follow_the_reliability(void **state) {
    (void)state;
    assert_int_equal(triage_repeats(1, 0.01), 1);
    assert_int_equal(triage_repeats(0.5, 0.01), 7);   // 0.5^7 < 0.01 < 0.5^6
    assert_int_equal(triage_repeats(0.05, 0.01), 90); // the table of a coin of 5 %
    assert_true(triage_repeats(1e-9, 0.01) <= 10000); // bounded
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_taken_or_refused),
        cmocka_unit_test(subjects_travel_by_environment),
        cmocka_unit_test(subjects_refuse_unknown_names),
        cmocka_unit_test(versions_replace_each_other),
        cmocka_unit_test(json_is_read_back),
        cmocka_unit_test(value_mutants_are_workloads),
        cmocka_unit_test(mutants_depend_on_the_seed_alone),
        cmocka_unit_test(byte_mutants_stay_inside),
        cmocka_unit_test(feedback_counts_pairs_across_threads),
        cmocka_unit_test(raw_findings_are_read_back),
        cmocka_unit_test(findings_know_their_subject),
        cmocka_unit_test(a_finding_that_cannot_be_written_leaves_nothing),
        cmocka_unit_test(repeats_follow_the_reliability),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

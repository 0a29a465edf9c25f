// Regressions: what their heads may say, what replaying them finds, and that a stale one is found
// anew. The texts here are for sweep-missing, which any profile shows.
#include "campaign.h"
#include "rehunt.h"
#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define HEAD "gproof 1\n# mutant sweep-missing\n# breaks at-rest-absent\n"
static const char fires[] = HEAD "body main\n  profile fit\n";
static const char silent[] = HEAD "body main\n  yield\n";

static char folder[64];
static struct sandbox *plain;
static struct regression regression;

static int set_up(void **state) {
    (void)state;
    strcpy(folder, "regression_test.XXXXXX");
    plain = regression_sandbox(MUTANT_COUNT);
    return mkdtemp(folder) == NULL || plain == NULL;
}

static int tear_down(void **state) {
    (void)state;
    sandbox_free(plain);
    campaign_remove(folder);
    return access(folder, F_OK) == 0;
}

// Load a text as if it were in a file of that name.
static bool load(const char *name, const char *text) {
    char file[128];
    snprintf(file, sizeof file, "%s/%s", folder, name);
    assert_int_equal(file_write(file, text, strlen(text)), 0);
    bool ok = regression_load(&regression, file);
    unlink(file);
    return ok;
}

// ---- the text -----------------------------------------------------------------------------------

static void heads_are_read(void **state) {
    (void)state;
    assert_true(load("sweep-missing.txt", fires));
    assert_int_equal(regression.mutant, MUTANT_sweep_missing);
    assert_string_equal(regression.breaks_id, "at-rest-absent");
    assert_int_equal(workload_ops(&regression.workload), 1);
    assert_true(load("sweep-missing.txt", "#  breaks at-rest-absent \r\n\n# some words\n"
                                          "#\tmutant\tsweep-missing\ngproof 1\nbody main\n"));
    assert_string_equal(regression.mutant_id, "sweep-missing");
    assert_string_equal(regression.breaks_id, "at-rest-absent");
    // No head, and words that only look like one.
    assert_true(load("any.txt", "gproof 1\n# mutants of old\nbody main\n# mutant sweep-missing\n"));
    assert_string_equal(regression.mutant_id, "");
    assert_int_equal(regression.mutant, MUTANT_COUNT);
}

static void bad_files_are_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "gproof 1\n# mutant sweep-missing\nbody main\n",
        "gproof 1\n# breaks at-rest-absent\nbody main\n",
        "gproof 1\n# mutant\n# breaks at-rest-absent\nbody main\n",
        "gproof 1\n# mutant sweep-missing or so\n# breaks at-rest-absent\nbody main\n",
        HEAD "# mutant sweep-missing\nbody main\n",
        HEAD "# breaks state-edges\nbody main\n",
        HEAD "body main\n  no-such-op\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(load("sweep-missing.txt", bad[i]));
    assert_false(load("sweep-missing", fires));
    assert_false(load("sweep-missing-2.txt", fires));
    assert_false(load("no-sema.txt", fires));
    char name[2 * REGRESSION_NAME_MAX + 64];
    snprintf(name, sizeof name, "gproof 1\n# mutant %0*d\n# breaks x\nbody main\n",
             REGRESSION_NAME_MAX, 0);
    assert_false(load("any.txt", name));
}

static void what_is_saved_is_loaded(void **state) {
    (void)state;
    assert_true(load("sweep-missing.txt", fires));
    struct workload workload = regression.workload;
    assert_int_equal(regression_save(&regression, folder), 0);
    char file[128];
    snprintf(file, sizeof file, "%s/sweep-missing.txt", folder);
    assert_true(regression_load(&regression, file));
    assert_true(workload_equal(&workload, &regression.workload));
    assert_string_equal(regression.mutant_id, "sweep-missing");
    assert_string_equal(regression.breaks_id, "at-rest-absent");
    assert_int_equal(unlink(file), 0);
    assert_int_not_equal(regression_save(&regression, "no/such/folder"), 0);
}

// ---- replay -------------------------------------------------------------------------------------

static enum regression_state check(const char *name, const char *text) {
    assert_true(load(name, text));
    assert_true(regression_check(&regression, plain));
    assert_int_equal(regression.why[0] == '\0', regression.state == REGRESSION_GOOD);
    return regression.state;
}

static void states_are_told_apart(void **state) {
    (void)state;
    assert_int_equal(check("sweep-missing.txt", fires), REGRESSION_GOOD);
    assert_int_equal(check("any.txt", "gproof 1\nbody main\n  profile fit\n"), REGRESSION_GOOD);
    assert_int_equal(check("sweep-missing.txt", silent), REGRESSION_STALE);
    assert_non_null(strstr(regression.why, "breaks nothing"));
    // Its mutant's invariant is another now.
    assert_int_equal(check("sweep-missing.txt", "gproof 1\n# mutant sweep-missing\n"
                                                "# breaks state-edges\nbody main\n  profile fit\n"),
                     REGRESSION_STALE);
    assert_non_null(strstr(regression.why, "state-edges"));
    assert_int_equal(check("gone.txt", "gproof 1\n# mutant gone\n# breaks x\nbody main\n"),
                     REGRESSION_UNKNOWN);
    assert_non_null(strstr(regression.why, "gone"));
}

// The bugs that each version of Go is known for, by golang.org/issue and by the places that its
// source tells of: a version that forgets one would hold where Go does not. ideal is known for
// none.
static void known_bugs_live_in_their_versions(void **state) {
    (void)state;
    static const struct {
        enum mutant mutant;
        const char *versions;
    } bugs[] = {
        {MUTANT_issue_74090, "go1.25-before "},
        {MUTANT_finalizer_self_published, "go1.24 "},                            // #74363
        {MUTANT_service_exit_unrepaired, "go1.24 go1.25-before go1.25 go1.26 "}, // #71824
        {MUTANT_count_clamped, "go1.24 go1.25-before go1.25 go1.26 "},           // gcount
        {MUTANT_attach_without_mark, "go1.24 go1.25-before go1.25 go1.26 "},     // needm
        {MUTANT_detach_without_record, "go1.24 go1.25-before go1.25 go1.26 "},   // dropm
        {MUTANT_bound_idle_counted, "go1.24 go1.25-before go1.25 go1.26 "},      // #76435
        {MUTANT_foreign_labels_persist, "go1.24 go1.25-before go1.25 go1.26 "},  // #76435
        {MUTANT_leak_count_early, "go1.26 "},
    };
    uint32_t living = 0;
    for (uint32_t mutant = 0; mutant < MUTANT_COUNT; mutant++) {
        struct strbuf versions = {0};
        for (size_t i = 0; version_name(i) != NULL; i++)
            if (version_holds(i, (enum mutant)mutant))
                strbuf_printf(&versions, "%s ", version_name(i));
        for (size_t i = 0; i < sizeof bugs / sizeof bugs[0]; i++)
            if (bugs[i].mutant == mutant)
                assert_string_equal(versions.text, bugs[i].versions);
        living += versions.size != 0;
        strbuf_fini(&versions);
    }
    assert_int_equal(living, sizeof bugs / sizeof bugs[0]);
}

static void loud_ones_are_told(void **state) {
    (void)state;
    struct sandbox *correct = plain;
    plain = regression_sandbox(MUTANT_sweep_missing); // a runtime that is not correct any more
    assert_non_null(plain);
    assert_int_equal(check("sweep-missing.txt", fires), REGRESSION_LOUD);
    assert_int_equal(check("any.txt", "gproof 1\nbody main\n  profile fit\n"), REGRESSION_LOUD);
    assert_non_null(strstr(regression.why, "at-rest-absent"));
    sandbox_free(plain);
    plain = correct;
}

// ---- anew ---------------------------------------------------------------------------------------

static void a_stale_one_is_found_anew(void **state) {
    (void)state;
    char out[128];
    snprintf(out, sizeof out, "%s/out", folder);
    struct rehunt_config config = {
        .out = out, .seed = 1, .seeds = 2, .seconds = 20, .plain = plain};
    assert_int_equal(check("sweep-missing.txt", silent), REGRESSION_STALE);
    assert_int_equal(rehunt(&config, &regression), REHUNT_FOUND);
    assert_int_equal(regression.state, REGRESSION_GOOD);
    assert_string_equal(regression.mutant_id, "sweep-missing");
    assert_true(regression_check(&regression, plain));
    assert_int_equal(regression.state, REGRESSION_GOOD);
    assert_int_equal(workload_ops(&regression.workload), 1);
    assert_int_equal(regression.workload.schedule.entries, 0);
}

static void one_that_no_hunt_finds_stays(void **state) {
    (void)state;
    char out[128];
    snprintf(out, sizeof out, "%s/out", folder);
    struct sandbox *loud = regression_sandbox(MUTANT_sweep_missing); // whatever is found is loud
    assert_non_null(loud);
    struct rehunt_config config = {.out = out, .seed = 1, .seeds = 1, .seconds = 20, .plain = loud};
    assert_int_equal(check("sweep-missing.txt", silent), REGRESSION_STALE);
    static struct regression before;
    before = regression;
    assert_int_equal(rehunt(&config, &regression), REHUNT_SURVIVED);
    assert_memory_equal(&before, &regression, sizeof before);
    sandbox_free(loud);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_are_read),
        cmocka_unit_test(bad_files_are_refused),
        cmocka_unit_test(what_is_saved_is_loaded),
        cmocka_unit_test(states_are_told_apart),
        cmocka_unit_test(known_bugs_live_in_their_versions),
        cmocka_unit_test(loud_ones_are_told),
        cmocka_unit_test(a_stale_one_is_found_anew),
        cmocka_unit_test(one_that_no_hunt_finds_stays),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

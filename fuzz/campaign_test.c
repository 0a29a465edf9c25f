// Whole campaigns with the loop engine: planted faults are found, triaged and told; a campaign that
// cannot see says so; nothing is left behind.
#include "campaign.h"
#include "canary.h"
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64], engines[80], out[80];
static struct campaign_result result;

static int make_folders(void **state) {
    (void)state;
    strcpy(folder, "campaign_test.XXXXXX");
    if (mkdtemp(folder) == NULL)
        return 1;
    snprintf(engines, sizeof engines, "%s/engines", folder);
    snprintf(out, sizeof out, "%s/out", folder);
    return folder_create(engines);
}

static int remove_folders(void **state) {
    (void)state;
    campaign_remove(folder);
    return access(folder, F_OK) == 0;
}

static int remove_out(void **state) {
    (void)state;
    campaign_remove(out);
    return 0;
}

static struct campaign_config configuration(const char *mutant) {
    struct campaign_config config = {
        .engines = {ENGINE_LOOP},
        .engines_count = 1,
        .workers = 1,
        .seed = 7,
        .seconds = 60,
        .until = INVARIANT_COUNT,
        .out = out,
        .minimize = true,
        .quiet = true,
        .canary_seconds = 2,
    };
    subject_init(&config.subject);
    if (mutant != NULL) {
        assert_true(subject_add_mutant(&config.subject, mutant));
        config.findings_max = 1;
        config.fresh = true;
    }
    return config;
}

// An engine that is no engine: a script in the place of the target.
static void plant_engine(const char *script) {
    char file[160];
    snprintf(file, sizeof file, "%s/gproof-target-%s-loop", engines, exec_world());
    assert_int_equal(file_write(file, script, strlen(script)), 0);
    assert_int_equal(chmod(file, 0755), 0);
}

static void planted_bug_is_found_and_made_small(void **state) {
    (void)state;
    struct campaign_config config = configuration("issue-74090");
    campaign_run(&config, &result);
    assert_int_equal(result.end, CAMPAIGN_ENOUGH);
    assert_int_equal(result.findings_count, 1);
    const struct finding *finding = &result.findings[0];
    assert_int_equal(finding->invariant, INV_satisfied_before_run);
    assert_true(finding->minimal);
    assert_true(finding->ops <= 8 && finding->preemptions <= 3);
    assert_int_equal(finding->hits, finding->replays);
    assert_true(finding->executions >= 1 && finding->executions <= 5000);
    assert_true(result.evaluated[INV_satisfied_before_run] > 0);
    // What is on disk is the finding.
    struct workload workload;
    struct subject subject;
    char world[16];
    assert_true(finding_load(finding->folder, &workload, &subject, world));
    assert_true(workload_equal(&workload, &finding->workload));
    assert_true(mutant_in(&subject.mutants, MUTANT_issue_74090));
}

static void one_seed_is_one_campaign(void **state) {
    (void)state;
    struct campaign_config config = configuration("store-for-cas");
    static struct finding first;
    campaign_run(&config, &result);
    assert_int_equal(result.findings_count, 1);
    first = result.findings[0];
    campaign_run(&config, &result);
    assert_int_equal(result.findings_count, 1);
    assert_int_equal(result.findings[0].executions, first.executions);
    assert_int_equal(result.findings[0].trace_hash, first.trace_hash);
    assert_true(workload_equal(&result.findings[0].workload, &first.workload));
}

// Each fault must be seen by the promise it names: an oracle that never fires looks like a correct
// runtime.
static void every_mutant_is_killed_by_its_invariant(void **state) {
    (void)state;
    int survivors = 0;
    for (int i = 0; i < MUTANT_COUNT; i++) {
        const struct mutant_info *info = mutant_info((enum mutant)i);
        if (!mutant_shown_in((enum mutant)i, exec_world(), sanitizer_sees_races()))
            continue;
        struct campaign_config config = configuration(info->id);
        config.findings_max = 0;
        config.until = invariant_parse(info->invariant);
        config.until_listed = true;
        config.minimize = strcmp(info->invariant, "runtime-sound") == 0; // crashes: as hunt does
        config.seconds = 180;                                            // of a busy machine, too
        campaign_run(&config, &result);
        if (result.end == CAMPAIGN_ENOUGH)
            continue;
        survivors++;
        print_error("%s was not killed by %s in %llu executions\n", info->id, info->invariant,
                    (unsigned long long)result.executions);
    }
    assert_int_equal(survivors, 0);
}

static void correct_runtime_holds_and_cells_are_reached(void **state) {
    (void)state;
    struct campaign_config config = configuration(NULL);
    config.runs_max = 80000; // and not a time: a busy machine does little in it
    config.seconds = 200;
    campaign_run(&config, &result);
    assert_int_equal(result.end, CAMPAIGN_TIME);
    assert_int_equal(result.findings_count, 0);
    assert_int_equal(result.cells_reached, result.cells_feasible);
    uint64_t executions = result.executions;
    assert_true(executions > 100);
    // The next run begins with the corpus of this one.
    char corpus[120];
    snprintf(corpus, sizeof corpus, "%s/corpus", out);
    DIR *inputs = opendir(corpus);
    assert_non_null(inputs);
    int count = 0;
    while (readdir(inputs) != NULL)
        count++;
    closedir(inputs);
    assert_true(count > 10);
}

static void canaries_are_found(void **state) {
    (void)state;
    struct campaign_config config = configuration(NULL);
    char why[256];
    config.canary_seconds = 30;
    // Whose own faults are found first, again and again.
    assert_true(subject_set_version(&config.subject, "go1.26"));
    assert_int_equal(canary_check(&config, why, sizeof why, NULL), CAMPAIGN_ENOUGH);
}

static void campaign_without_mutants_in_its_target_is_blind(void **state) {
    (void)state;
    char script[4400], self[4096];
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    assert_true(size > 0);
    self[size] = '\0';
    *strrchr(self, '/') = '\0';
    snprintf(
        script, sizeof script,
        "#!/bin/sh\nGPROOF_MUTANTS=\nexport GPROOF_MUTANTS\nexec %s/gproof-target-%s-loop \"$@\"\n",
        self, exec_world());
    plant_engine(script);
    struct campaign_config config = configuration(NULL);
    config.engine_folder = engines;
    char why[256] = "";
    assert_int_equal(canary_check(&config, why, sizeof why, NULL), CAMPAIGN_BLIND);
    assert_non_null(strstr(why, "canary-plumbing"));
}

static void engine_that_does_nothing_is_blind(void **state) {
    (void)state;
    plant_engine("#!/bin/sh\nexec sleep 1000\n");
    struct campaign_config config = configuration(NULL);
    config.engine_folder = engines;
    config.seconds = 1;
    campaign_run(&config, &result);
    assert_int_equal(result.end, CAMPAIGN_BLIND);
}

static void engine_that_dies_is_the_environment(void **state) {
    (void)state;
    plant_engine("#!/bin/sh\necho no more >&2\nexit 5\n");
    struct campaign_config config = configuration(NULL);
    config.engine_folder = engines;
    campaign_run(&config, &result);
    assert_int_equal(result.end, CAMPAIGN_ENVIRONMENT);
    assert_non_null(strstr(result.why, "exit code 5"));
    assert_non_null(strstr(result.why, "no more"));
}

static void two_campaigns_do_not_share_a_folder(void **state) {
    (void)state;
    plant_engine("#!/bin/sh\nexec sleep 1000\n");
    struct campaign_config config = configuration(NULL);
    config.engine_folder = engines;
    config.seconds = 30;
    fflush(NULL);
    pid_t first = fork();
    if (first == 0) {
        campaign_run(&config, &result);
        _exit(0);
    }
    char log[160];
    snprintf(log, sizeof log, "%s/work/log-0", out);
    for (int i = 0; i < 500 && access(log, F_OK) != 0; i++)
        usleep(10000);
    campaign_run(&config, &result);
    assert_int_equal(result.end, CAMPAIGN_ENVIRONMENT);
    assert_non_null(strstr(result.why, "another campaign"));
    kill(first, SIGTERM);
    waitpid(first, NULL, 0);
}

// Killed by force, a campaign takes its workers with it.
static void killed_campaign_leaves_no_process(void **state) {
    (void)state;
    char script[256], mark[160];
    snprintf(mark, sizeof mark, "%s/pid", folder);
    snprintf(script, sizeof script, "#!/bin/sh\necho $$ > %s\nexec sleep 1000\n", mark);
    plant_engine(script);
    struct campaign_config config = configuration(NULL);
    config.engine_folder = engines;
    fflush(NULL);
    pid_t campaign = fork();
    if (campaign == 0) {
        campaign_run(&config, &result);
        _exit(0);
    }
    struct strbuf text = {0};
    for (int i = 0; i < 500 && (file_read(mark, 100, &text) != 0 || text.size == 0); i++)
        usleep(10000);
    pid_t worker = (pid_t)atoi(text.text);
    strbuf_fini(&text);
    assert_true(worker > 0);
    assert_int_equal(kill(worker, 0), 0);
    kill(campaign, SIGKILL);
    waitpid(campaign, NULL, 0);
    int alive = 0;
    for (int i = 0; i < 200; i++) {
        // A zombie of an init that is slow to reap is dead all the same.
        char file[64], state_letter = 'X';
        snprintf(file, sizeof file, "/proc/%d/stat", (int)worker);
        FILE *stat_file = fopen(file, "r");
        alive = stat_file != NULL && fscanf(stat_file, "%*d (%*[^)]) %c", &state_letter) == 1 &&
                state_letter != 'Z' && state_letter != 'X';
        if (stat_file != NULL)
            fclose(stat_file);
        if (!alive)
            break;
        usleep(10000);
    }
    assert_false(alive);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(planted_bug_is_found_and_made_small, remove_out),
        cmocka_unit_test_teardown(one_seed_is_one_campaign, remove_out),
        cmocka_unit_test_teardown(every_mutant_is_killed_by_its_invariant, remove_out),
        cmocka_unit_test_teardown(correct_runtime_holds_and_cells_are_reached, remove_out),
        cmocka_unit_test_teardown(canaries_are_found, remove_out),
        cmocka_unit_test_teardown(campaign_without_mutants_in_its_target_is_blind, remove_out),
        cmocka_unit_test_teardown(engine_that_does_nothing_is_blind, remove_out),
        cmocka_unit_test_teardown(engine_that_dies_is_the_environment, remove_out),
        cmocka_unit_test_teardown(two_campaigns_do_not_share_a_folder, remove_out),
        cmocka_unit_test_teardown(killed_campaign_leaves_no_process, remove_out),
    };
    return cmocka_run_group_tests(tests, make_folders, remove_folders);
}

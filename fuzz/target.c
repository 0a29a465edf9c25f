#include "target.h"

#include "feedback.h"
#include "raw_finding.h"
#include "runner.h"
#include "scoreboard.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

enum { SIGNATURES_MAX = 256, CLOCK_EVERY = 64, EXIT_USAGE = 2, EXIT_ENVIRONMENT = 3 };

// An engine calls a function without a context, so what the target keeps is the process's.
struct target {
    struct runner *runner;
    struct scoreboard *board;
    struct scoreboard own_board; // where there is no file for one
    struct subject subject;
    const char *findings; // folder, or NULL: abort on a violation
    bool uniform;
    struct feedback feedback;
    struct workload workload;
    struct outcome outcome;
    struct oracle_stats seen; // what of the oracle's sums has been added to the board
    uint64_t signatures[SIGNATURES_MAX];
    uint32_t signatures_count;
};
static struct target target;

__attribute__((noreturn)) static void give_up(const char *message, int code) {
    fprintf(stderr, "%s\n", message);
    exit(code);
}

// A campaign that is killed must leave nothing behind: the kernel ends us with our parent.
static void follow_parent(void) {
    if (target.findings != NULL)
        prctl(PR_SET_PDEATHSIG, SIGKILL);
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    target.findings = getenv("GPROOF_FINDINGS");
    follow_parent();
    if (!subject_from_environment(&target.subject))
        exit(EXIT_USAGE);
    const char *schedule = getenv("GPROOF_SCHEDULE");
    target.uniform = schedule != NULL && strcmp(schedule, "uniform") == 0;
    if (schedule != NULL && !target.uniform && strcmp(schedule, "input") != 0)
        give_up("GPROOF_SCHEDULE: expected input or uniform", EXIT_USAGE);
    const char *board = getenv("GPROOF_SCOREBOARD");
    target.board = board != NULL ? scoreboard_open(board) : &target.own_board;
    if (target.board == NULL)
        exit(EXIT_ENVIRONMENT);
    return 0;
}

static bool is_new(uint64_t signature) {
    for (uint32_t i = 0; i < target.signatures_count; i++)
        if (target.signatures[i] == signature)
            return false;
    if (target.signatures_count == SIGNATURES_MAX)
        return false;
    target.signatures[target.signatures_count++] = signature;
    return true;
}

static void flush_sums(void) {
    const struct oracle_stats *now = runner_stats(target.runner);
    for (uint32_t i = 0; i < INVARIANT_COUNT; i++) {
        target.board->evaluated[i] += now->evaluated[i] - target.seen.evaluated[i];
        target.board->decided[i] += now->decided[i] - target.seen.decided[i];
        if (now->largest[i] > target.board->largest[i])
            target.board->largest[i] = now->largest[i];
    }
    target.seen = *now;
}

static void write_finding(const struct workload *workload, const struct violation *violation) {
    target.board->last_ns = clock_ns();
    struct raw_finding raw = {
        .signature = violation->signature,
        .executions = target.board->executions,
        .seconds = (double)(target.board->last_ns - target.board->first_ns) / 1e9,
    };
    snprintf(raw.invariant, sizeof raw.invariant, "%s", invariant_info(violation->invariant)->id);
    int error = raw_finding_write(target.findings, &raw, workload);
    if (error != 0) {
        fprintf(stderr, "%s: a finding could not be written: %s\n", target.findings,
                strerror(error));
        exit(EXIT_ENVIRONMENT);
    }
}

static void count_violations(const struct verdict *verdict) {
    target.board->violations++;
    for (uint32_t i = 0; i < verdict->count; i++)
        target.board->broken[verdict->violations[i].invariant]++;
}

static void violation_found(const struct workload *workload, const struct outcome *outcome) {
    struct violation violation = outcome->verdict.violations[0];
    count_violations(&outcome->verdict);
    if (target.findings == NULL) {
        fprintf(stderr, "gproof: violation of %s: %s\n  promised: %s\n",
                invariant_info(violation.invariant)->id, violation.reason,
                invariant_info(violation.invariant)->sentence);
        abort();
    }
    if (!is_new(violation.signature))
        return;
    flush_sums();
    // Whatever walk found it, the decisions it took are the finding: a list stays meaningful when
    // the plan shrinks. Where the list does not show the same, the input stays as it is.
    struct workload listed = *workload;
    struct outcome again;
    runner_run(target.runner, workload, true, &again);
    bool as_list = runner_to_list(&again, &listed);
    if (as_list) {
        runner_run(target.runner, &listed, false, &again);
        as_list = again.verdict.count != 0 &&
                  again.verdict.violations[0].signature == violation.signature;
    }
    write_finding(as_list ? &listed : workload, &violation);
}

// posix: the threads of this run are lost, and the process with them.
static void run_was_lost(void *user, const struct workload *workload,
                         const struct outcome *outcome) {
    (void)user;
    flush_sums();
    target.board->running = 0;
    if (outcome->verdict.count == 0)
        return;
    count_violations(&outcome->verdict);
    if (target.findings != NULL)
        write_finding(workload, &outcome->verdict.violations[0]);
    else
        fprintf(stderr, "gproof: violation of %s: %s\n",
                invariant_info(outcome->verdict.violations[0].invariant)->id,
                outcome->verdict.violations[0].reason);
}

static void start(void) {
    follow_parent(); // again: a fork server's child does not inherit it
    const char *seed = getenv("GPROOF_SEED");
    struct runner_config config = {
        .subject = &target.subject,
        .judge_every = RUNNER_JUDGE_EVERY,
        .seed = seed != NULL ? strtoull(seed, NULL, 10) : 1,
        .lost = run_was_lost,
    };
    target.runner = runner_new(&config);
    if (target.runner == NULL)
        exit(EXIT_ENVIRONMENT);
}

// The walk's seed comes from the input, so that one input is still one run.
static void walk_uniformly(struct workload *workload, const uint8_t *bytes, size_t size) {
    uint32_t seed = 2166136261u; // FNV-1a
    for (size_t i = 0; i < size; i++)
        seed = (seed ^ bytes[i]) * 16777619u;
    workload->schedule = (struct workload_schedule){.mode = SCHEDULE_UNIFORM, .seed = seed};
}

static void cut_limits(struct workload_header *header) {
    if (header->fuel > TARGET_FUEL_MAX)
        header->fuel = TARGET_FUEL_MAX;
    if (header->goroutines > TARGET_GOROUTINES_MAX)
        header->goroutines = TARGET_GOROUTINES_MAX;
}

static void execution_begins(void) {
    struct scoreboard *board = target.board;
    if (board->first_ns == 0)
        board->first_ns = board->last_ns = clock_ns();
    board->input_size =
        (uint32_t)workload_encode(&target.workload, board->input, sizeof board->input);
    __atomic_store_n(&board->running, 1, __ATOMIC_RELEASE);
}

static void execution_ended(void) {
    struct scoreboard *board = target.board;
    __atomic_store_n(&board->running, 0, __ATOMIC_RELEASE);
    board->points += target.outcome.run.steps;
    board->events += target.outcome.run.trace.count;
    board->inconclusive += target.outcome.verdict.kind == VERDICT_INCONCLUSIVE;
    if (board->executions % SCOREBOARD_SAMPLE == 0) { // a hash of each would be felt
        board->sampled++;
        distinct_add(&board->traces, trace_hash(&target.outcome.run.trace, target.outcome.run.end));
    }
    if (++board->executions % CLOCK_EVERY == 0) {
        board->last_ns = clock_ns();
        flush_sums();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    if (target.runner == NULL)
        start();
    workload_decode(&target.workload, bytes, size);
    if (target.uniform)
        walk_uniformly(&target.workload, bytes, size);
    cut_limits(&target.workload.header);
    execution_begins();
    runner_run(target.runner, &target.workload, false, &target.outcome);
    execution_ended();
    feedback_count(&target.feedback, &target.outcome.run.trace, target.board->cells);
    if (target.outcome.verdict.kind == VERDICT_VIOLATION)
        violation_found(&target.workload, &target.outcome);
    return 0;
}

uint64_t target_points(void) {
    return target.outcome.run.steps;
}

#include "runner.h"

#include "assert.h"
#include "pilot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct runner {
    struct exec *exec;
    struct oracle *oracle;
    struct pilot *pilot;
    struct sched *steered; // decides instead of the pilot, or NULL
    struct runner_config config;
    uint64_t stacks_judged; // by libunwind, in all runs
    struct oracle_stats stats;
    struct sanitizer_report reports[SANITIZER_REPORTS_MAX];
};

// What the oracle and, in a build that has one, the sanitizer say of the run.
static void judge(struct runner *runner, struct outcome *outcome) {
    oracle_judge(runner->oracle, &outcome->run.trace, outcome->run.end, &outcome->verdict);
    outcome->reports = runner->reports;
    outcome->reports_seen = 0;
    outcome->reports_count =
        sanitizer_take(runner->reports, SANITIZER_REPORTS_MAX, &outcome->reports_seen);
    if (!sanitizer_sees_races())
        return;
    struct violation race = {.invariant = INV_data_race};
    if (outcome->reports_count != 0) {
        race.signature = runner->reports[0].signature;
        race.event = outcome->run.trace.count == 0 ? 0 : outcome->run.trace.count - 1;
        sanitizer_describe(&runner->reports[0], race.reason, sizeof race.reason);
    }
    oracle_add(runner->oracle, INV_data_race, outcome->reports_count != 0 ? &race : NULL,
               &outcome->verdict);
}

static void run_was_lost(void *user, const struct workload *workload, const struct trace *trace,
                         enum run_end end, const char *dump) {
    struct runner *runner = user;
    struct outcome outcome = {.run = {.end = end, .trace = *trace, .dump = dump}};
    judge(runner, &outcome);
    if (runner->config.lost != NULL) {
        runner->config.lost(runner->config.user, workload, &outcome);
        _exit(RUNNER_EXIT_LOST);
    }
    if (outcome.verdict.count != 0) {
        const struct violation *violation = &outcome.verdict.violations[0];
        fprintf(stderr, "violation of %s: %s\n", invariant_info(violation->invariant)->id,
                violation->reason);
    }
    _exit(outcome.verdict.count != 0);
}

struct runner *runner_new(const struct runner_config *config) {
    struct runner *runner = calloc(1, sizeof *runner);
    if (runner == NULL) {
        perror("runner");
        return NULL;
    }
    runner->config = *config;
    runner->config.subject = NULL;
    struct exec_config exec_config = {
        .mutants = config->subject->mutants,
        .judge_every = config->judge_every,
        .events = !config->silent,
        .noise = config->subject->noise,
        .noise_seed = config->seed,
        .watchdog_ms = config->watchdog_ms,
        .slow_ms = config->slow_ms,
        .lost = run_was_lost,
        .user = runner,
    };
    runner->exec = exec_new(&exec_config);
    runner->oracle = oracle_new();
    runner->pilot = pilot_new();
    if (runner->exec == NULL || runner->oracle == NULL || runner->pilot == NULL) {
        fputs("runner: no memory\n", stderr);
        runner_free(runner);
        return NULL;
    }
    return runner;
}

void runner_free(struct runner *runner) {
    if (runner == NULL)
        return;
    if (runner->exec != NULL)
        exec_free(runner->exec);
    if (runner->oracle != NULL)
        oracle_free(runner->oracle);
    pilot_free(runner->pilot);
    free(runner);
}

void runner_steer(struct runner *runner, struct sched *sched) {
    runner->steered = sched;
}

void runner_run(struct runner *runner, const struct workload *workload, bool record,
                struct outcome *outcome) {
    struct sched *sched = runner->steered;
    if (sched == NULL) {
        struct sched *scout = pilot_scout(runner->pilot, workload);
        if (scout != NULL)
            exec_run(runner->exec, workload, scout, false, &outcome->run);
        sched = pilot_for(runner->pilot, &workload->schedule);
    }
    exec_run(runner->exec, workload, sched, record, &outcome->run);
    runner->stacks_judged += outcome->run.stacks_judged;
    judge(runner, outcome);
}

const struct oracle_stats *runner_stats(struct runner *runner) {
    runner->stats = *oracle_stats(runner->oracle);
    runner->stats.evaluated[INV_unwinders_agree] = runner->stacks_judged;
    runner->stats.decided[INV_unwinders_agree] = runner->stacks_judged;
    return &runner->stats;
}

bool runner_to_list(const struct outcome *outcome, struct workload *workload) {
    const struct run *run = &outcome->run;
    if (strcmp(exec_world(), "virtual") != 0 || run->decisions_count > WORKLOAD_ENTRIES_MAX)
        return false;
    struct workload_schedule *schedule = &workload->schedule;
    *schedule = (struct workload_schedule){.mode = SCHEDULE_LIST,
                                           .entries = (uint16_t)run->decisions_count};
    if (run->decisions_count != 0)
        memcpy(schedule->entry, run->decisions, run->decisions_count * sizeof schedule->entry[0]);
    workload_canonicalize(workload);
    return true;
}

bool verdict_breaks(const struct verdict *verdict, enum invariant invariant) {
    for (uint32_t i = 0; i < verdict->count; i++)
        if (verdict->violations[i].invariant == invariant)
            return true;
    return false;
}

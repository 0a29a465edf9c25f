#include "stress_worker.h"

#include "finding_files.h"
#include "plant.h"
#include "rng.h"
#include "runner.h"
#include "sanitizer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    RECYCLE_SECONDS = 3600,
    RECYCLE_RUNS = 1024, // at least, before a worker is replaced because of its memory
    LOOK_EVERY_MS = 100, // between looks at the memory, which come between runs
    REPORT_TEXT_MAX = 1 << 20,
};

struct worker {
    const struct worker_config *config;
    struct ledger *ledger;
    struct runner *runner;
    struct scoreboard before; // what earlier workers counted
    struct workload workload;
    struct outcome outcome;
    uint64_t started_ns;
    uint64_t looked_ns; // at the memory
    uint64_t runs;      // of this worker
};

// ---- findings -----------------------------------------------------------------------------------

// What the sanitizer wrote since the last call, or NULL. The memory file is empty afterwards.
static char *take_report_text(int fd) {
    off_t size = lseek(fd, 0, SEEK_END);
    char *text = size > 0 ? malloc(REPORT_TEXT_MAX + 1) : NULL;
    ssize_t length = text != NULL ? pread(fd, text, REPORT_TEXT_MAX, 0) : -1;
    if (size > 0 && (ftruncate(fd, 0) != 0 || lseek(fd, 0, SEEK_SET) != 0))
        length = -1;
    if (length <= 0) {
        free(text);
        return NULL;
    }
    text[length] = '\0';
    return text;
}

// Count the run for this signature and, the first time, write the files.
static int record(const struct worker_config *config, uint64_t signature, const char *kind,
                  const char *reason, const struct workload *workload,
                  const struct outcome *outcome, const char *report) {
    struct ledger_finding *finding = ledger_hit(config->ledger, signature, kind, reason, workload);
    if (finding == NULL || finding->saved || !config->save)
        return 0;
    int error = finding_files_save(config->options, finding, workload, outcome, report);
    finding->saved = error == 0;
    if (error != 0)
        config->ledger->trouble = WORKER_TROUBLE;
    return error;
}

static void record_verdict(struct worker *worker, const struct workload *workload,
                           const struct outcome *outcome) {
    const struct violation *violation = &outcome->verdict.violations[0];
    if (outcome->verdict.kind == VERDICT_INCONCLUSIVE)
        worker->ledger->board.inconclusive++;
    if (outcome->verdict.kind != VERDICT_VIOLATION)
        return;
    worker->ledger->board.violations++;
    for (uint32_t i = 0; i < outcome->verdict.count; i++)
        worker->ledger->board.broken[outcome->verdict.violations[i].invariant]++;
    if (violation->invariant == INV_data_race)
        return; // recorded one by one, with the sanitizer's text
    record(worker->config, violation->signature, invariant_info(violation->invariant)->id,
           violation->reason, workload, outcome, NULL);
}

static bool reported_before(const struct sanitizer_report *reports, uint32_t index) {
    for (uint32_t i = 0; i < index; i++)
        if (reports[i].signature == reports[index].signature)
            return true;
    return false;
}

// The sanitizer's reports of this run: each signature counts once a run.
static void record_reports(struct worker *worker, const struct workload *workload,
                           const struct outcome *outcome) {
    worker->ledger->reports += outcome->reports_seen;
    if (outcome->reports_count == 0)
        return;
    char *text = take_report_text(worker->config->report_fd);
    for (uint32_t i = 0; i < outcome->reports_count; i++) {
        const struct sanitizer_report *report = &outcome->reports[i];
        char reason[LEDGER_REASON_SIZE];
        if (reported_before(outcome->reports, i))
            continue;
        sanitizer_describe(report, reason, sizeof reason);
        record(worker->config, report->signature, report->kind, reason, workload, NULL,
               text == NULL ? "(TSan wrote no text)\n" : text);
    }
    free(text);
}

int stress_worker_record_crash(const struct worker_config *config, const char *reason) {
    struct scoreboard *board = &config->ledger->board;
    struct workload workload;
    char said[LEDGER_REASON_SIZE];
    workload_decode(&workload, board->input, board->input_size);
    snprintf(said, sizeof said, "%s",
             config->ledger->last_words[0] != '\0' ? config->ledger->last_words : reason);
    char *text = take_report_text(config->report_fd);
    int error = record(config, ledger_hash(said), "runtime-sound", said, &workload, NULL, text);
    free(text);
    board->running = 0;
    board->violations++;
    config->ledger->last_words[0] = '\0';
    return error;
}

// ---- runs ---------------------------------------------------------------------------------------

// Figures of the oracle count from the start of this process; the board's from that of the
// campaign.
static void publish(struct worker *worker) {
    const struct oracle_stats *stats = runner_stats(worker->runner);
    struct scoreboard *board = &worker->ledger->board;
    for (int i = 0; i < INVARIANT_COUNT; i++) {
        board->evaluated[i] = worker->before.evaluated[i] + stats->evaluated[i];
        board->decided[i] = worker->before.decided[i] + stats->decided[i];
    }
}

// A run that made progress and did not end: no finding, but whoever reads the report wants to see
// what it was.
static void record_slow(struct worker *worker, const struct workload *workload,
                        const struct outcome *outcome) {
    struct ledger *ledger = worker->ledger;
    if (outcome->run.end != RUN_INCONCLUSIVE || ledger->slow++ != 0 || !worker->config->save)
        return;
    ledger->slow_run = (struct ledger_finding){.kind = "slow",
                                               .hits = 1,
                                               .execution = ledger->board.executions,
                                               .ops = workload_ops(workload)};
    snprintf(ledger->slow_run.reason, sizeof ledger->slow_run.reason,
             "the run made progress and was not over after %u ms",
             worker->config->options->slow_ms);
    ledger->slow_run.saved = finding_files_save(worker->config->options, &ledger->slow_run,
                                                workload, outcome, NULL) == 0;
    if (!ledger->slow_run.saved)
        ledger->trouble = WORKER_TROUBLE;
}

// Look at the memory, and tell it.
static uint32_t look_at_memory(struct worker *worker) {
    uint32_t kb = memory_resident_kb();
    worker->looked_ns = clock_ns();
    memory_add(&worker->ledger->memory, ledger_seconds(worker->ledger), kb);
    return kb;
}

static void lost(void *user, const struct workload *workload, const struct outcome *outcome) {
    struct worker *worker = user;
    publish(worker);
    flip_cells_count(&outcome->run.trace, worker->ledger->board.cells);
    record_verdict(worker, workload, outcome);
    record_reports(worker, workload, outcome);
    record_slow(worker, workload, outcome);
    look_at_memory(worker); // its last
    worker->ledger->lost++;
    worker->ledger->board.running = 0;
    if (worker->ledger->trouble != 0)
        _exit(WORKER_TROUBLE);
}

bool stress_worker_over(const struct worker_config *config) {
    const struct stress_options *options = config->options;
    const struct ledger *ledger = config->ledger;
    return (options->runs != 0 && ledger->board.executions >= options->runs) ||
           ledger_seconds(ledger) >= options->seconds ||
           (options->until != NULL && ledger_broken(ledger, options->until));
}

// How the worker ends before the next run, or -1 to go on.
static int end_of(struct worker *worker) {
    struct ledger *ledger = worker->ledger;
    if (ledger->trouble != 0)
        return WORKER_TROUBLE;
    if (__atomic_load_n(&ledger->stop, __ATOMIC_RELAXED) || stress_worker_over(worker->config))
        return WORKER_OVER;
    uint64_t now_ns = clock_ns();
    bool looks = worker->runs > 0 && now_ns - worker->looked_ns > LOOK_EVERY_MS * (uint64_t)1000000;
    uint32_t kb = looks ? look_at_memory(worker) : 0;
    if (now_ns - worker->started_ns > RECYCLE_SECONDS * (uint64_t)1000000000 ||
        (worker->runs >= RECYCLE_RUNS && kb > WORKER_KB_MAX))
        return WORKER_RECYCLE;
    return -1;
}

static void run_one(struct worker *worker) {
    struct scoreboard *board = &worker->ledger->board;
    struct workload *workload = &worker->workload;
    source_workload(worker->config->source, board->executions, workload);
    board->input_size = (uint32_t)workload_encode(workload, board->input, sizeof board->input);
    board->last_ns = clock_ns();
    if (board->first_ns == 0)
        board->first_ns = board->last_ns;
    board->running = 1;
    board->executions++;
    worker->runs++;
    if (worker->config->options->plant)
        plant_fault();
    runner_run(worker->runner, workload, false, &worker->outcome);
    board->running = 0;
    publish(worker);
    flip_cells_count(&worker->outcome.run.trace, board->cells);
    record_verdict(worker, workload, &worker->outcome);
    record_reports(worker, workload, &worker->outcome);
}

int stress_worker_run(const struct worker_config *config) {
    struct worker *worker = calloc(1, sizeof *worker);
    if (worker == NULL)
        return WORKER_TROUBLE;
    const struct stress_options *options = config->options;
    worker->config = config;
    worker->ledger = config->ledger;
    worker->before = config->ledger->board;
    worker->started_ns = clock_ns();
    sanitizer_start(config->report_fd, config->ledger->last_words,
                    sizeof config->ledger->last_words);
    struct runner_config runner_config = {
        .subject = &options->subject,
        // libunwind blinds TSan: its locks order threads that nothing else orders.
        .judge_every = sanitizer_sees_races() ? 0 : 1,
        .seed = rng_mix(options->seed) ^ config->ledger->board.executions,
        .silent = !options->events,
        .watchdog_ms = options->watchdog_ms,
        .slow_ms = options->slow_ms,
        .lost = lost,
        .user = worker,
    };
    free(take_report_text(config->report_fd)); // what the worker before left in its last moment
    worker->runner = runner_new(&runner_config);
    if (worker->runner == NULL)
        return WORKER_TROUBLE;
    int end;
    while ((end = end_of(worker)) < 0)
        run_one(worker);
    look_at_memory(worker);
    return end; // the caller ends the process: the runtime's threads stay parked until then
}

#include "bench.h"

#include "feedback.h"
#include "options.h"
#include "oracle.h"
#include "pilot.h"
#include "runner.h"
#include "scoreboard.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// Main, five workers that live through the profile, the finalizer goroutine and a cleanup
// goroutine.
static const char reference[] = "gproof 1\n"
                                "procs 4\n"
                                "ms 4\n"
                                "cleanups 1\n"
                                "chan c0 1\n"
                                "chan c1 5\n"
                                "body main\n"
                                "  label 1\n"
                                "  spawn worker 5\n"
                                "  alloc s0\n"
                                "  finalizer s0 fin\n"
                                "  alloc s1\n"
                                "  cleanup s1 clean\n"
                                "  drop s0\n"
                                "  drop s1\n"
                                "  gc\n"
                                "  call f1\n"
                                "  profile fit\n"
                                "  return\n"
                                "  close c0\n"
                                "  recv c1 s2\n"
                                "  recv c1 s2\n"
                                "  recv c1 s2\n"
                                "  recv c1 s2\n"
                                "  recv c1 s2\n"
                                "body worker\n"
                                "  call f2\n"
                                "  call f3\n"
                                "  step 60\n"
                                "  syscall 3\n"
                                "  yield\n"
                                "  step 60\n"
                                "  return\n"
                                "  recv c0 s0\n"
                                "  return\n"
                                "  send c1 s0\n"
                                "body fin\n"
                                "  call f4\n"
                                "  step 40\n"
                                "  return\n"
                                "body clean\n"
                                "  call f5\n"
                                "  step 40\n"
                                "  return\n";

enum { ROUND_NS = 200000000, WARM_UP = 200, CHUNK = 32, POINTS_REQUIRED = 1500, PHASES = 4 };
static const double required = 10000; // executions a second

struct bench {
    struct exec *exec;
    struct oracle *oracle;
    struct pilot *pilot;
    struct feedback feedback;
    uint32_t cells[FLIP_CELLS];
    struct workload workload, decoded;
    uint8_t bytes[WORKLOAD_BYTES_MAX];
    size_t size;
    struct run run;
    struct verdict verdict;
    uint64_t phase_ns[PHASES]; // in timed executions
};

void bench_add(struct bench_results *results, const char *name, double value, const char *unit,
               const char *against, double ratio) {
    if (results->count < BENCH_RESULTS_MAX)
        results->row[results->count++] = (struct bench_result){name, unit, value, against, ratio};
}

static int ascending(const void *a, const void *b) {
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

double bench_median(double *values, size_t count) {
    qsort(values, count, sizeof *values, ascending);
    return count % 2 != 0 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

// ---- the phases of an execution -----------------------------------------------------------------

static void phase_decode(struct bench *bench) {
    workload_decode(&bench->decoded, bench->bytes, bench->size);
}

static void phase_exec(struct bench *bench) {
    exec_run(bench->exec, &bench->decoded, pilot_for(bench->pilot, &bench->decoded.schedule), false,
             &bench->run);
}

static void phase_oracle(struct bench *bench) {
    oracle_judge(bench->oracle, &bench->run.trace, bench->run.end, &bench->verdict);
}

static void phase_feedback(struct bench *bench) {
    feedback_count(&bench->feedback, &bench->run.trace, bench->cells);
}

static const struct {
    const char *name;
    void (*work)(struct bench *bench);
} phases[PHASES] = {{"decode", phase_decode},
                    {"run", phase_exec},
                    {"oracle", phase_oracle},
                    {"feedback", phase_feedback}};

static void whole(struct bench *bench) {
    for (int i = 0; i < PHASES; i++)
        phases[i].work(bench);
}

// Of this thread: on a machine that others use, a phase is not charged with their turns.
static uint64_t cpu_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

// The same with a clock around each phase. A phase repeated alone would find warmer caches, and the
// shares would not add up.
static void whole_timed(struct bench *bench) {
    uint64_t begin = cpu_ns();
    for (int i = 0; i < PHASES; i++) {
        phases[i].work(bench);
        uint64_t now = cpu_ns();
        bench->phase_ns[i] += now - begin;
        begin = now;
    }
}

// Nanoseconds a call, over a round.
static double measure(struct bench *bench, void (*phase)(struct bench *bench)) {
    uint64_t begin = clock_ns(), now, count = 0;
    do {
        for (int i = 0; i < CHUNK; i++)
            phase(bench);
        count += CHUNK;
        now = clock_ns();
    } while (now - begin < ROUND_NS);
    return (double)(now - begin) / (double)count;
}

static double median_of(struct bench *bench, void (*phase)(struct bench *bench), uint64_t rounds) {
    double values[BENCH_ROUNDS_MAX];
    for (uint64_t i = 0; i < rounds; i++)
        values[i] = measure(bench, phase);
    return bench_median(values, rounds);
}

// ---- the benchmark ------------------------------------------------------------------------------

static void use(struct bench *bench, const struct workload *workload) {
    bench->workload = *workload;
    bench->size = workload_encode(workload, bench->bytes, sizeof bench->bytes);
    for (int i = 0; i < WARM_UP; i++)
        whole(bench);
}

static int check(const struct bench *bench) {
    if (bench->verdict.kind != VERDICT_PASS) {
        fprintf(stderr, "the reference workload must pass: %s (%s)\n",
                verdict_kind_name(bench->verdict.kind), run_end_name(bench->run.end));
        return VERB_ENVIRONMENT;
    }
    if (strcmp(exec_world(), "virtual") == 0 && bench->run.steps < POINTS_REQUIRED) {
        fprintf(stderr, "the reference workload has only %llu scheduling points\n",
                (unsigned long long)bench->run.steps);
        return VERB_ENVIRONMENT;
    }
    return VERB_NOTHING_FOUND;
}

// Where the time goes: the share of each phase, over all rounds.
static void add_shares(struct bench *bench, uint64_t rounds, struct bench_results *results) {
    median_of(bench, whole_timed, rounds);
    double sum = 0;
    for (int i = 0; i < PHASES; i++)
        sum += (double)bench->phase_ns[i];
    for (int i = 0; i < PHASES; i++)
        bench_add(results, phases[i].name, (double)bench->phase_ns[i] / sum * 100, "% of the time",
                  NULL, 0);
}

static int run(struct bench *bench, const struct bench_config *config,
               struct bench_results *results) {
    struct workload workload;
    struct workload_error error;
    if (!workload_parse(&workload, reference, sizeof reference - 1, &error)) {
        fprintf(stderr, "the reference workload, line %u: %s\n", error.line, error.message);
        return VERB_ENVIRONMENT;
    }
    use(bench, &workload);
    int code = check(bench);
    if (code != VERB_NOTHING_FOUND)
        return code;
    double points = (double)bench->run.steps, events = (double)bench->run.trace.count;
    double total = median_of(bench, whole, config->rounds);
    bench_add(results, "executions", 1e9 / total, "executions/s", "the 10,000 a second required",
              1e9 / total / required);
    if (points > 0) {
        bench_add(results, "scheduling points", points, "an execution", NULL, 0);
        bench_add(results, "time a point", total / points, "ns", NULL, 0);
    }
    bench_add(results, "events", events, "an execution", NULL, 0);
    add_shares(bench, config->rounds, results);
    if (points == 0)
        return VERB_NOTHING_FOUND;
    workload.schedule = (struct workload_schedule){.mode = SCHEDULE_UNIFORM, .seed = 1};
    use(bench, &workload);
    double uniform = median_of(bench, whole, config->rounds);
    bench_add(results, "executions, uniform walk", 1e9 / uniform, "executions/s", "the empty list",
              total / uniform);
    return VERB_NOTHING_FOUND;
}

int bench_executions(const struct bench_config *config, struct bench_results *results) {
    static struct bench bench;
    struct exec_config exec_config = {.judge_every = RUNNER_JUDGE_EVERY, .events = true};
    bench.exec = exec_new(&exec_config);
    bench.oracle = oracle_new();
    bench.pilot = pilot_new();
    int code = VERB_ENVIRONMENT;
    if (bench.exec != NULL && bench.oracle != NULL && bench.pilot != NULL)
        code = run(&bench, config, results);
    if (bench.exec != NULL)
        exec_free(bench.exec);
    if (bench.oracle != NULL)
        oracle_free(bench.oracle);
    pilot_free(bench.pilot);
    return code;
}

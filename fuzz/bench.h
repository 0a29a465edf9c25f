// The benchmarks that the README quotes. Each names its workload and its baseline; medians over
// rounds.
#ifndef GPROOF_BENCH_H
#define GPROOF_BENCH_H

#include "engine.h"
#include "exec.h"
#include "json.h"

enum { BENCH_ROUNDS_MAX = 1000, BENCH_RESULTS_MAX = 32 };

struct bench_config {
    uint64_t rounds, seeds;
    double seconds;
    enum engine engine;
    const char *engine_folder, *out;
    bool json;
};

struct bench_result {
    const char *name, *unit;
    double value;
    const char *against; // the baseline, or NULL
    double ratio;        // value to baseline
};

struct bench_results {
    uint32_t count;
    struct bench_result row[BENCH_RESULTS_MAX];
};

void bench_add(struct bench_results *results, const char *name, double value, const char *unit,
               const char *against, double ratio);

// The middle of count values, which are reordered.
double bench_median(double *values, size_t count);

// All return an exit code (options.h); results are filled in for VERB_NOTHING_FOUND.
// The reference workload: 8 goroutines, 4 Ms, one profile, one finalizer flip, one cleanup batch,
// at least 1,500 scheduling points, oracle on, no engine, no sanitizer.
int bench_executions(const struct bench_config *config, struct bench_results *results);
// golang/go#74090 from an empty corpus with one worker, value mutator against blind bytes.
int bench_hunt(const struct bench_config *config, struct bench_results *results);
// What the generator, the mutator and seeds are worth: a fixed set of mutants, each hunted with one
// worker under each seed by each arm of the comparison. What was not found counts as what was
// spent.
int bench_ablation(const struct bench_config *config, struct bench_results *results);
// golang/go#74090 on real threads under heavy noise, hits a run, beside Go's own regression test.
int bench_stress(const struct bench_config *config, struct bench_results *results);
// The runtime on plain threads beside Go, where there is one: medians of at least 5 rounds that
// take turns; and the length of the stops in steps of the virtual world.
int bench_runtime(const struct bench_config *config, struct bench_results *results);

#endif

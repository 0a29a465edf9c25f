// gproof conform: the real Go under the oracle.
#include "carry_go.h"
#include "carry_program.h"
#include "conform_batch.h"
#include "conform_carried.h"
#include "conform_judge.h"
#include "conform_options.h"
#include "conform_ours.h"
#include "conform_report.h"
#include "conform_slips.h"
#include "options.h"
#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    CONFORM_MINOR_MIN = 25,
    PER_BATCH = 25000,
    PER_PROCESS = 1000,
    PER_SLIP_PROCESS = 250,
    STORIES_MAX = 20,
    DEATHS_MAX = 20,      // of processes, after which enough has been seen
    SLIP_PROFILES = 2000, // of each slip, unless it shows before
    CARRIED_RUNS = 10     // of one that does not show in these
};

struct conform {
    struct conform_options options;
    struct carry_go go;
    struct conform_batch batch;
    struct conform_judge *judge;
    struct conform_grams *real, *ours;
    struct workload given[CONFORM_SLIPS_MAX]; // of the twins of the slips
    struct conform_slip_result slips[CONFORM_SLIPS_MAX];
    const char *slip;    // seeded now, "none" for none
    uint64_t profiles;   // wanted now
    uint32_t slip_index; // of slips[], while quiet
    bool quiet;          // stories are not kept: what breaks is expected
    uint32_t refused[OP_COUNT];
    uint32_t stories;
    double seconds; // of running Go
};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

// ---- Go -----------------------------------------------------------------------------------------

// The first few unexplained rounds are kept as stories and events.
static void keep_story(struct conform *conform, const struct conform_round *round,
                       const struct verdict *verdict) {
    char name[CARRY_GO_PATH + 32];
    struct strbuf out = {0};
    if (conform->quiet || conform->stories == STORIES_MAX)
        return;
    snprintf(name, sizeof name, "%s/story-%" PRIu32 ".txt", conform->options.out,
             ++conform->stories);
    const struct report_run run = {.trace = &round->trace,
                                   .verdict = verdict,
                                   .workload = &conform->batch.workloads[round->plan],
                                   .world = "real Go"};
    report_story(&out, &run, 160, false);
    strbuf_puts(&out, "\n");
    report_events(&out, &round->trace);
    int error = file_write(name, out.text, out.size);
    fprintf(stderr, "gproof conform: %s: %s\n",
            invariant_info(verdict->violations[0].invariant)->id,
            error == 0 ? name : strerror(error));
    strbuf_fini(&out);
}

static bool judge_file(struct conform *conform) {
    struct conform_round round;
    const struct verdict *verdict;
    struct conform_file *file = conform_file_open(conform->batch.traces);
    if (file == NULL)
        return false;
    while (conform_file_next(file, &round) == CONFORM_ROUND) {
        if (round.plan >= conform->batch.plans)
            break;
        if (conform_judge_round(conform->judge, &round, &verdict))
            keep_story(conform, &round, verdict);
    }
    conform_file_close(file);
    return true;
}

// Every second process has so many that several cleanup goroutines come: Go has one for every 4.
static uint32_t procs_of(uint64_t seed) {
    enum { FEW = 4, MANY = 32 };
    return seed % 2 == 0 ? FEW : MANY;
}

// One process, and what it has left. False: environment.
static bool run_process(struct conform *conform, uint64_t profiles, uint64_t seed) {
    double start = now();
    conform->batch.procs = procs_of(seed);
    conform_judge_process(conform->judge);
    enum conform_end end = conform_batch_run(&conform->batch, profiles, seed);
    if (end == CONFORM_FAILED || !judge_file(conform))
        return false;
    if (end == CONFORM_DIED)
        conform_judge_death(conform->judge, conform->batch.message);
    if (end == CONFORM_HUNG)
        conform_judge_hang(conform->judge);
    conform->seconds += now() - start;
    return true;
}

// Has enough been seen? Of a slip, once it breaks in Go what its twin breaks in ours.
static bool enough(struct conform *conform) {
    const struct conform_sum *sum = conform_judge_sum(conform->judge);
    double limit = conform->options.time;
    if (conform->quiet) {
        struct conform_slip_result *result = &conform->slips[conform->slip_index];
        result->broken = conform_slip_broken(sum);
        if (conform_slip_common(conform->slip_index, result) != 0)
            return true;
    }
    return sum->profiles >= conform->profiles || sum->died + sum->hung >= DEATHS_MAX ||
           (limit != 0 && conform->seconds >= limit);
}

// Build one test and run its processes. False: environment.
static bool run_batch(struct conform *conform, const struct workload *given, uint32_t count,
                      uint64_t index) {
    const struct conform_options *options = &conform->options;
    const struct conform_sum *sum = conform_judge_sum(conform->judge);
    uint64_t before = sum->profiles, seed = options->seed + (index << 32);
    conform->batch = (struct conform_batch){
        .go = &conform->go, .limit = options->limit, .given = given, .given_count = count};
    snprintf(conform->batch.folder, sizeof conform->batch.folder, "%s", options->out);
    fprintf(stderr, "gproof conform: building %" PRIu64 " programs with %s, slip: %s\n",
            options->plans, conform->go.version, conform->slip);
    bool good = conform_batch_build(&conform->batch, conform->slip, (uint32_t)options->plans, seed);
    for (int op = 0; op < OP_COUNT; op++)
        conform->refused[op] += conform->batch.refused[op];
    for (uint64_t i = 0; good && !enough(conform) && sum->profiles - before < PER_BATCH; i++) {
        uint64_t left = conform->profiles - sum->profiles;
        uint64_t most = conform->quiet ? PER_SLIP_PROCESS : PER_PROCESS;
        good = run_process(conform, left < most ? left : most, seed + 1 + i);
    }
    fprintf(stderr, "gproof conform: %" PRIu64 " profiles, %.0f s\n", sum->profiles,
            conform->seconds);
    conform_batch_fini(&conform->batch);
    return good;
}

// As it is, or with the slip that is asked for. The plans that show slips are among the others:
// what breaks with a slip does not without.
static bool run_go(struct conform *conform) {
    const struct conform_sum *sum = conform_judge_sum(conform->judge);
    conform->slip = conform->options.slip == NULL ? "none" : conform->options.slip;
    conform->profiles = conform->options.profiles;
    uint32_t given = 0;
    for (uint32_t i = 0; conform_slip_at(i) != NULL; i++) {
        const struct conform_slip *slip = conform_slip_at(i);
        bool wanted = conform->options.slip == NULL || strcmp(slip->slip, conform->slip) == 0;
        if (wanted &&
            !conform_ours_broken(slip->mutant, &conform->given[given++], &conform->slips[i].ours))
            return false;
    }
    for (uint64_t i = 0; !enough(conform); i++) {
        uint64_t before = sum->profiles;
        if (!run_batch(conform, conform->given, given, i))
            return false;
        if (sum->profiles == before && sum->died + sum->hung == 0)
            break; // nothing to see: blind
    }
    return true;
}

// A slip that does not show by itself, with gates; one that cannot be carried stays as it is.
static void carry_slip(struct conform *conform, const char *slip,
                       struct conform_slip_result *result) {
    char folder[CARRY_GO_PATH + 16];
    snprintf(folder, sizeof folder, "%s/carried", conform->options.out);
    conform_carry(&conform->go, slip, conform->options.cache, folder, CARRIED_RUNS,
                  &result->carried);
}

// One slip on Go, with the plan that shows its twin in ours, judged apart. False: environment.
static bool run_slip(struct conform *conform, uint32_t index, struct conform_grams *scratch) {
    const struct conform_slip *slip = conform_slip_at(index);
    struct conform_slip_result *result = &conform->slips[index];
    conform->slip = slip->slip;
    conform->slip_index = index;
    conform->judge = conform_judge_new(scratch);
    if (conform->judge == NULL ||
        !conform_ours_broken(slip->mutant, &conform->given[0], &result->ours))
        return false;
    const struct conform_sum *sum = conform_judge_sum(conform->judge);
    result->built = run_batch(conform, &conform->given[0], 1, 0);
    result->broken = conform_slip_broken(sum);
    result->profiles = sum->profiles;
    if (result->built && !conform_slip_agrees(index, result))
        carry_slip(conform, slip->mutant, result);
    fprintf(stderr, "gproof conform: %s: %s\n", slip->slip,
            !result->built                       ? "this Go has no place for it"
            : conform_slip_agrees(index, result) ? "both runtimes agree"
            : result->broken != 0                ? "breaks something else"
                                                 : "nothing is seen");
    return true;
}

static bool run_slips(struct conform *conform) {
    struct conform_judge *judge = conform->judge;
    struct conform_grams *scratch = conform_grams_new();
    bool good = scratch != NULL;
    conform->quiet = true;
    conform->profiles = SLIP_PROFILES;
    for (uint32_t i = 0; good && conform_slip_at(i) != NULL; i++) {
        good = run_slip(conform, i, scratch);
        conform_judge_free(conform->judge);
    }
    conform->judge = judge;
    conform_grams_free(scratch);
    return good;
}

// ---- report -------------------------------------------------------------------------------------

static int report(struct conform *conform) {
    const struct conform_options *options = &conform->options;
    const struct conform_sum *sum = conform_judge_sum(conform->judge);
    char command[256];
    snprintf(command, sizeof command,
             "gproof conform --go GOROOT --profiles %" PRIu64 " --seed %" PRIu64 "%s%s%s%s",
             options->profiles, options->seed, options->slip == NULL ? "" : " --slip ",
             options->slip == NULL ? "" : options->slip, options->slips ? " --slips" : "",
             options->write == NULL ? "" : " --write");
    const struct conform_report all = {.go = conform->go.version,
                                       .slip = options->slip,
                                       .command = command,
                                       .seed = options->seed,
                                       .sum = sum,
                                       .stats = conform_judge_stats(conform->judge),
                                       .real = conform->real,
                                       .ours = conform->ours,
                                       .our_runs = options->runs,
                                       .refused = conform->refused,
                                       .slips = options->slips ? conform->slips : NULL,
                                       .seconds = conform->seconds};
    struct strbuf text = {0}, out = {0};
    conform_report_text(&all, &text);
    int error = options->write == NULL ? 0 : file_write(options->write, text.text, text.size);
    if (error != 0)
        fprintf(stderr, "gproof conform: %s: %s\n", options->write, strerror(error));
    if (options->json)
        conform_report_json(&all, &out);
    else
        strbuf_add(&out, text.text, text.size);
    bool good =
        fwrite(out.text, 1, out.size, stdout) == out.size && fflush(stdout) == 0 && error == 0;
    strbuf_fini(&text);
    strbuf_fini(&out);
    if (!good)
        return VERB_ENVIRONMENT;
    if (conform_unexplained(sum))
        return VERB_VIOLATION;
    return sum->profiles == 0 ? VERB_BLIND : VERB_NOTHING_FOUND;
}

int main(int argc, char **argv) {
    static struct conform conform;
    switch (conform_options_parse(&conform.options, argc, argv)) {
    case CONFORM_OPTIONS_HELP:
        return VERB_NOTHING_FOUND;
    case CONFORM_OPTIONS_WRONG:
        return VERB_USAGE;
    case CONFORM_OPTIONS_RUN:
        break;
    }
    fprintf(stderr, "gproof conform: seed %" PRIu64 "\n", conform.options.seed);
    if (!carry_go_find(&conform.go, conform.options.go, conform.options.cache))
        return VERB_ENVIRONMENT;
    if (conform.go.minor < CONFORM_MINOR_MIN) {
        fprintf(stderr, "gproof conform: %s is %s; expected go1.%d or newer\n", conform.go.root,
                conform.go.version, CONFORM_MINOR_MIN);
        return VERB_ENVIRONMENT;
    }
    conform.real = conform_grams_new();
    conform.ours = conform_grams_new();
    conform.judge = conform.real == NULL ? NULL : conform_judge_new(conform.real);
    int code = VERB_ENVIRONMENT;
    if (conform.judge != NULL && conform.ours != NULL && run_go(&conform) &&
        conform_ours_grams(conform.ours, conform.options.runs, conform.options.seed) &&
        (!conform.options.slips || run_slips(&conform)))
        code = report(&conform);
    conform_judge_free(conform.judge);
    conform_grams_free(conform.real);
    conform_grams_free(conform.ours);
    return code;
}

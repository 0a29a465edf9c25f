#include "kill_impl.h"

#include "exec.h"
#include "options.h"
#include "sanitizer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct kill {
    const struct kill_config *config;
    uint32_t total, done; // campaigns
    uint64_t begin_ns;
    struct kill_sample samples[KILL_SEEDS_MAX]; // of the mutant at hand
    struct campaign_result result;
};

bool kill_has_driver(void) {
    return strcmp(exec_world(), "posix") == 0;
}

static void clear_progress(void) {
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
}

// ---- one campaign -------------------------------------------------------------------------------

// What broke in it, as a row counts it. A finding that no verdict of the engine listed (a crash, a
// process lost with its run) is one run more.
static void add_broken(const struct campaign_result *result, struct matrix_row *row) {
    uint64_t broken[INVARIANT_COUNT];
    memcpy(broken, result->broken, sizeof broken);
    for (uint32_t i = 0; i < result->findings_count; i++)
        if (result->broken[result->findings[i].invariant] == 0)
            broken[result->findings[i].invariant]++;
    for (int i = 0; i < INVARIANT_COUNT; i++)
        row->broken[i] += broken[i];
}

// What caught it: the promise that it must break, be it behind another one in the same run; failing
// that, the first finding.
static struct kill_sample sample_of(const struct campaign_result *result, enum invariant expected) {
    struct kill_sample sample = {
        .by = INVARIANT_COUNT, .executions = result->executions, .seconds = result->seconds};
    for (uint32_t i = 0; i < result->findings_count; i++) {
        const struct finding *finding = &result->findings[i];
        if (sample.killed && finding->invariant != expected)
            continue;
        sample =
            (struct kill_sample){true, finding->invariant, finding->executions, finding->seconds};
        if (finding->invariant == expected)
            return sample;
    }
    if (result->broken[expected] != 0)
        sample = (struct kill_sample){true, expected, result->executions, result->seconds};
    return sample;
}

static int hunt(struct kill *kill, uint64_t seed, struct matrix_row *row,
                struct kill_sample *sample) {
    const struct kill_config *config = kill->config;
    struct strbuf out = {0};
    strbuf_printf(&out, "%s/%s", config->out, row->id);
    struct campaign_config campaign = {
        .engines = {config->engine},
        .engines_count = 1,
        .engine_folder = config->engine_folder,
        .workers = 1,
        .seed = seed,
        .seconds = config->seconds,
        .until = row->expected,
        .until_listed = true,
        .out = out.text,
        .fresh = true,
        .quiet = true,
    };
    subject_init(&campaign.subject);
    campaign.subject.noise = config->noise;
    subject_add_mutant(&campaign.subject, row->id);
    campaign_run(&campaign, &kill->result);
    strbuf_fini(&out);
    *sample = sample_of(&kill->result, row->expected);
    add_broken(&kill->result, row);
    row->tried += kill->result.executions;
    enum campaign_end end = kill->result.end;
    if (end == CAMPAIGN_TIME || end == CAMPAIGN_ENOUGH)
        return VERB_NOTHING_FOUND;
    clear_progress();
    fprintf(stderr, "%s: %s\n", row->id,
            end == CAMPAIGN_INTERRUPTED ? "interrupted" : kill->result.why);
    return end == CAMPAIGN_BLIND ? VERB_BLIND : VERB_ENVIRONMENT;
}

// ---- one mutant ---------------------------------------------------------------------------------

static int by_executions(const void *a, const void *b) {
    const struct kill_sample *x = a, *y = b;
    return (x->executions > y->executions) - (x->executions < y->executions);
}

static int by_seconds(const void *a, const void *b) {
    const struct kill_sample *x = a, *y = b;
    return (x->seconds > y->seconds) - (x->seconds < y->seconds);
}

// Medians over the seeds; reorders the samples. One seed under which another invariant caught it is
// what killed_by tells.
static void summarize(struct kill *kill, struct matrix_row *row) {
    size_t count = kill->config->seeds;
    row->seeds = (uint32_t)count;
    row->killed_by = INVARIANT_COUNT;
    for (size_t i = 0; i < count; i++) {
        const struct kill_sample *sample = &kill->samples[i];
        row->seeds_killed += sample->killed;
        if (sample->killed && (row->killed_by == INVARIANT_COUNT || sample->by != row->expected))
            row->killed_by = sample->by;
    }
    row->hits = row->broken[row->killed_by != INVARIANT_COUNT ? row->killed_by : row->expected];
    qsort(kill->samples, count, sizeof kill->samples[0], by_executions);
    row->runs = kill->samples[count / 2].executions;
    row->runs_worst = kill->samples[count - 1].executions;
    qsort(kill->samples, count, sizeof kill->samples[0], by_seconds);
    row->seconds = kill->samples[count / 2].seconds;
    row->seconds_worst = kill->samples[count - 1].seconds;
}

// A line that is overwritten; where nobody can overwrite, nothing: the rows tell it.
static void show_progress(const struct kill *kill, const char *id, uint64_t seed) {
    if (!isatty(STDERR_FILENO))
        return;
    clear_progress();
    fprintf(stderr, "%u of %u campaigns, %.0f s; now %s, seed %llu", kill->done, kill->total,
            (double)(clock_ns() - kill->begin_ns) / 1e9, id, (unsigned long long)seed);
    fflush(stderr);
}

static int measure_one(struct kill *kill, struct matrix_row *row) {
    const struct kill_config *config = kill->config;
    int code = VERB_NOTHING_FOUND;
    for (uint64_t k = 0; k < config->seeds; k++, kill->done++) {
        show_progress(kill, row->id, config->seed + k);
        int one = kill_has_driver()
                      ? kill_on_threads(config, config->seed + k, row, &kill->samples[k])
                      : hunt(kill, config->seed + k, row, &kill->samples[k]);
        clear_progress();
        if (one != VERB_NOTHING_FOUND)
            return one;
        if (!kill->samples[k].killed)
            code = VERB_VIOLATION;
    }
    summarize(kill, row);
    return code;
}

// ---- all ----------------------------------------------------------------------------------------

bool kill_hunts(const struct kill_config *config, enum mutant mutant) {
    return mutant_in(config->mutants, mutant) &&
           mutant_shown_in(mutant, exec_world(), sanitizer_sees_races());
}

int kill_measure(const struct kill_config *config, struct kill_rows *rows) {
    rows->count = 0;
    struct kill *kill = calloc(1, sizeof *kill);
    if (kill == NULL) {
        perror("mutants");
        return VERB_ENVIRONMENT;
    }
    kill->config = config;
    kill->begin_ns = clock_ns();
    for (int i = 0; i < MUTANT_COUNT; i++)
        kill->total += kill_hunts(config, (enum mutant)i) ? (uint32_t)config->seeds : 0;
    int code = VERB_NOTHING_FOUND;
    for (int i = 0; i < MUTANT_COUNT && code <= VERB_VIOLATION; i++) {
        if (!kill_hunts(config, (enum mutant)i))
            continue;
        const struct mutant_info *info = mutant_info((enum mutant)i);
        struct matrix_row *row = &rows->row[rows->count];
        *row = (struct matrix_row){.id = info->id,
                                   .title = info->title,
                                   .source = info->source,
                                   .worlds = info->worlds,
                                   .expected = invariant_parse(info->invariant)};
        int one = measure_one(kill, row);
        code = one > code ? one : code;
        if (one > VERB_VIOLATION)
            break;
        rows->count++;
        if (config->row != NULL && !config->row(config->user, row))
            code = VERB_ENVIRONMENT;
    }
    free(kill);
    return code;
}

struct matrix kill_matrix(const struct kill_config *config, const struct kill_rows *rows) {
    return (struct matrix){.world = exec_world(),
                           .engine = kill_has_driver() ? "stress" : engine_name(config->engine),
                           .seed = config->seed,
                           .seeds = config->seeds,
                           .seconds = config->seconds,
                           .count = rows->count,
                           .rows = rows->row};
}

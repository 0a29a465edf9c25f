// The runs are made by the sandbox's servant, one after another without asking, since the search
// lies in memory of both; the caller sees those that break something, and what time it is.
#include "exhaust.h"

#include "scoreboard.h"
#include "search.h"

#include <stdio.h>

static const uint64_t slice_ns = 200000000; // the servant answers at least so often

struct exhaustion {
    const struct exhaust_config *config;
    struct search *search;
    struct sandbox *sandbox;
    struct exhaust_result *result;
    uint64_t answered_ns; // the servant's own: when its slice began, 0 = not yet
};

bool exhaust_possible(void) {
    return true;
}

static bool is_violation(const struct verdict *verdict) {
    return verdict->kind == VERDICT_VIOLATION && verdict->count != 0;
}

// In the servant: go on to the next run, unless the caller has to see this one.
static bool go_on(void *user, const struct outcome *outcome) {
    struct exhaustion *exhaustion = user;
    const struct search_stats *stats = search_stats(exhaustion->search);
    uint64_t now = clock_ns();
    if (exhaustion->answered_ns == 0)
        exhaustion->answered_ns = now;
    bool answers = is_violation(&outcome->verdict) || now - exhaustion->answered_ns >= slice_ns ||
                   stats->executions + 1 >= exhaustion->config->runs_max;
    if (answers)
        exhaustion->answered_ns = 0;
    return !answers && search_next(exhaustion->search, outcome->run.end);
}

static const char *gap_of(const struct search_stats *stats) {
    if (stats->gaps & SEARCH_GAP_DIVERGED)
        return "the same decisions led elsewhere: the harness itself is at fault";
    if (stats->gaps & SEARCH_GAP_DEPTH)
        return "a run took too many decisions";
    if (stats->gaps & SEARCH_GAP_OBJECTS)
        return "a run touched too many objects";
    if (stats->gaps & SEARCH_GAP_BUDGET)
        return "a run spent its budget of steps";
    if (stats->gaps & SEARCH_GAP_EVENTS)
        return "a trace was cut off";
    return stats->over ? NULL : "stopped by --runs, --time or --until";
}

static void tell(struct exhaustion *exhaustion) {
    const struct search_stats *stats = search_stats(exhaustion->search);
    struct exhaust_result *result = exhaustion->result;
    result->executions = stats->executions;
    result->cut = stats->cut;
    result->traces = stats->traces;
    result->preemptions = stats->bound;
    result->depth = stats->depth;
    result->gap = gap_of(stats);
    result->complete = result->gap == NULL;
}

// The workload with the decisions of the last run as its schedule. The search's own list, not the
// run's: a run that kills its process leaves none. False if a schedule cannot hold it.
static bool list_decisions(const struct search *search, struct workload *workload) {
    const struct os_decision *decisions;
    uint32_t count = search_decisions(search, &decisions);
    struct workload_schedule *schedule = &workload->schedule;
    *schedule = (struct workload_schedule){.mode = SCHEDULE_LIST};
    if (count > WORKLOAD_ENTRIES_MAX)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        const struct os_decision *from = &decisions[i];
        if (from->op > WORKLOAD_ENTRY_OP_MAX || from->occurrence > UINT16_MAX)
            return false;
        schedule->entry[schedule->entries++] =
            (struct workload_entry){.context = from->context,
                                    .op = from->op,
                                    .occurrence = (uint16_t)from->occurrence,
                                    .site = (uint8_t)from->site,
                                    .is_choice = from->is_choice,
                                    .target = from->target,
                                    .value = from->value};
    }
    workload_canonicalize(workload);
    return true;
}

// The run that was just made broke something: run it again for its decisions, if they are wanted.
static bool take_violation(struct exhaustion *exhaustion, struct trial *trial, bool *stop) {
    const struct exhaust_config *config = exhaustion->config;
    exhaustion->result->violations++;
    if (!config->wants(config->user, &trial->verdict))
        return true;
    search_repeat(exhaustion->search);
    if (!sandbox_run(exhaustion->sandbox, config->workload, true, trial))
        return false;
    static struct workload listed; // large
    listed = *config->workload;
    bool fits = list_decisions(exhaustion->search, &listed);
    *stop = !config->found(config->user, fits ? &listed : NULL);
    return true;
}

static bool run_all(struct exhaustion *exhaustion) {
    const struct exhaust_config *config = exhaustion->config;
    const struct search_stats *stats = search_stats(exhaustion->search);
    static struct trial trial; // large
    bool stop = false;
    while (!stop && stats->executions < config->runs_max && clock_ns() < config->end_ns) {
        if (!sandbox_run(exhaustion->sandbox, config->workload, false, &trial))
            return false;
        if (stats->over) // the servant has found that out
            break;
        tell(exhaustion);
        exhaustion->result->executions++; // this one
        enum run_end end = trial.end;
        if (is_violation(&trial.verdict) && !take_violation(exhaustion, &trial, &stop))
            return false;
        if (!search_next(exhaustion->search, end))
            break;
    }
    tell(exhaustion);
    return true;
}

bool exhaust(const struct exhaust_config *config, struct exhaust_result *result) {
    bool bounded = config->preemptions != EXHAUST_UNBOUNDED;
    struct search_config search_config = {.method = bounded ? SEARCH_STATES : SEARCH_RACES,
                                          .preemptions =
                                              bounded ? config->preemptions : SEARCH_UNBOUNDED,
                                          .chooses = config->chooses};
    struct sandbox_config sandbox_config = {.subject = config->subject,
                                            .judge_every = config->judge_every};
    *result = (struct exhaust_result){0};
    struct exhaustion exhaustion = {.config = config, .result = result};
    exhaustion.search = search_new(&search_config);
    exhaustion.sandbox = sandbox_new(&sandbox_config);
    bool ok = exhaustion.search != NULL && exhaustion.sandbox != NULL;
    if (ok) {
        struct sandbox_steer steer = {search_sched(exhaustion.search), go_on, &exhaustion};
        sandbox_steer(exhaustion.sandbox, &steer);
        ok = run_all(&exhaustion);
    }
    sandbox_free(exhaustion.sandbox);
    search_free(exhaustion.search);
    return ok;
}

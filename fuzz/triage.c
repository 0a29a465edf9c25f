#include "triage.h"

#include "generate.h"
#include "minimize.h"
#include "scoreboard.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    REPLAYS_VIRTUAL = 3,
    REPLAYS_POSIX = 200, // at most, and at most for so long:
    REPLAYS_SECONDS = 20,
    REPEATS_MAX = 2000,
    STORY_RUNS = 10000,
    HITS_MIN = 3,
    GENTLE_RUNS = 4000, // of gentler walks, when a list cannot hold what was found
    GENTLE_HITS = 8,    // take the best of so many
    WALKS = 256,        // a smaller plan is tried under, when its list shows nothing
    LARGE = 8,          // ops and twice the preemptions of a result that may be stuck: then
    OTHERS = 3000,      // fresh workloads are tried instead, and
    OTHERS_SHRUNK = 3,  // so many of those that show it are made small
};
static const double miss_chance = 0.01; // of a candidate that would fire

struct triage {
    const struct triage_config *config;
    enum invariant invariant;
    uint64_t signature;
    bool is_virtual;
    uint32_t repeats;  // of each try
    uint32_t hits_min; // in them, to count: 1 where a run is certain
    uint64_t end_ns;   // of minimising
    bool out_of_time, failed;
    struct trial trial;
};

uint32_t triage_repeats(double p, double alpha) {
    if (p >= 1)
        return 1;
    if (p <= 0)
        return REPEATS_MAX;
    double repeats = ceil(log(alpha) / log1p(-p));
    return repeats < 1 ? 1 : repeats > REPEATS_MAX ? REPEATS_MAX : (uint32_t)repeats;
}

static void tick(const struct triage *triage) {
    if (triage->config->tick != NULL)
        triage->config->tick(triage->config->user);
}

// One run. True if it shows the finding; triage->trial holds the run.
static bool shows(struct triage *triage, const struct workload *workload) {
    if (!sandbox_run(triage->config->sandbox, workload, triage->is_virtual, &triage->trial)) {
        triage->failed = true;
        return false;
    }
    const struct verdict *verdict = &triage->trial.verdict;
    if (verdict->kind != VERDICT_VIOLATION || verdict->count == 0 ||
        verdict->violations[0].invariant != triage->invariant)
        return false;
    return !triage->is_virtual || verdict->violations[0].signature == triage->signature;
}

// On real threads: does it fire, and at least about half as often as what was found? One lucky hit
// in hundreds of candidates would trade reliability for size. Ends as soon as the answer is clear;
// when it is yes, triage->trial holds a run that fired.
static bool shows_in_repeats(struct triage *triage, const struct workload *workload) {
    uint32_t hits = 0;
    for (uint32_t i = 0; i < triage->repeats && !triage->failed; i++) {
        tick(triage);
        hits += shows(triage, workload);
        if (hits >= triage->hits_min)
            return true;
        if (hits == 0 && i + 1 >= triage->repeats / HITS_MIN * 2)
            return false;
    }
    return false;
}

// The minimiser's predicate. Entries that had no effect are not among the decisions of the run, so
// taking those over drops them.
static bool holds(void *user, struct workload *candidate) {
    struct triage *triage = user;
    if (triage->failed || triage->out_of_time)
        return false;
    if (clock_ns() >= triage->end_ns) {
        triage->out_of_time = true;
        return false;
    }
    if (!shows_in_repeats(triage, candidate))
        return false;
    const struct workload_schedule *listed = &triage->trial.listed.schedule;
    if (triage->trial.as_list && (candidate->schedule.mode != SCHEDULE_LIST ||
                                  listed->entries < candidate->schedule.entries)) {
        struct workload refined = triage->trial.listed;
        if (shows(triage, &refined))
            *candidate = refined;
    }
    return true;
}

// ---- from any schedule to a list (virtual) ------------------------------------------------------

static bool listed_shows(struct triage *triage, struct workload *workload) {
    if (!triage->trial.as_list)
        return false;
    struct workload listed = triage->trial.listed;
    if (!shows(triage, &listed))
        return false;
    *workload = listed;
    return true;
}

static struct workload_schedule gentle_walk(uint32_t number) {
    struct workload_schedule walk = {.seed = number + 1};
    if (number % 2 == 0) {
        walk.mode = SCHEDULE_PCT;
        walk.param = (uint8_t)(1 + number / 2 % 4);
    } else {
        walk.mode = SCHEDULE_STICKY;
        walk.param = (uint8_t)(8u << (number / 2 % 4));
    }
    return walk;
}

// A walk that switches at every point takes more decisions than a list holds. The same plan usually
// shows the same under a walk that switches seldom; take the one with the fewest decisions.
static bool find_gentler(struct triage *triage, struct workload *workload) {
    struct workload best = *workload;
    uint32_t hits = 0;
    for (uint32_t i = 0; i < GENTLE_RUNS && hits < GENTLE_HITS && !triage->failed; i++) {
        if (clock_ns() >= triage->end_ns) // each try may be one that hangs
            break;
        struct workload candidate = *workload;
        candidate.schedule = gentle_walk(i);
        workload_canonicalize(&candidate);
        tick(triage);
        if (!shows(triage, &candidate) || !listed_shows(triage, &candidate))
            continue;
        if (hits++ == 0 || candidate.schedule.entries < best.schedule.entries)
            best = candidate;
    }
    if (hits != 0)
        *workload = best;
    return hits != 0;
}

// ---- the steps ----------------------------------------------------------------------------------

// Replay the input: what does it break, and how often? False if never.
static bool measure(struct triage *triage, const struct workload *input, struct finding *finding) {
    uint32_t replays_max = triage->is_virtual ? REPLAYS_VIRTUAL : REPLAYS_POSIX;
    uint64_t end_ns = clock_ns() + REPLAYS_SECONDS * 1000000000ull;
    finding->hits = finding->replays = 0;
    while (finding->replays < replays_max && !triage->failed) {
        tick(triage);
        if (!sandbox_run(triage->config->sandbox, input, false, &triage->trial)) {
            triage->failed = true;
            break;
        }
        finding->replays++;
        const struct verdict *verdict = &triage->trial.verdict;
        bool violation = verdict->kind == VERDICT_VIOLATION && verdict->count != 0;
        if (violation && finding->hits == 0) {
            triage->invariant = verdict->violations[0].invariant;
            triage->signature = verdict->violations[0].signature;
        }
        if (violation && verdict->violations[0].invariant == triage->invariant)
            finding->hits++;
        if (!triage->is_virtual && finding->hits != 0 && clock_ns() >= end_ns)
            break;
    }
    return finding->hits != 0;
}

// A run to tell the story of.
static bool fires_once(struct triage *triage, const struct workload *workload) {
    for (uint32_t i = 0; i < STORY_RUNS && !triage->failed; i++) {
        tick(triage);
        if (shows(triage, workload))
            return true;
    }
    return false;
}

static bool is_large(const struct workload *workload) {
    return workload_ops(workload) + 2 * workload_preemptions(workload) > LARGE;
}

// A result that is stuck where no step is smaller: somewhere else the same may be shown by less.
// Looks among fresh workloads, the same ones each time.
static void find_smaller(struct triage *triage, const struct minimize_predicate *predicate,
                         const struct minimize_limits *limits, struct finding *finding) {
    struct rng rng = rng_seeded(OTHERS);
    struct workload other;
    uint32_t shrunk = 0;
    for (uint32_t i = 0; i < OTHERS && shrunk < OTHERS_SHRUNK && !triage->failed; i++) {
        if (!is_large(&finding->workload) || clock_ns() >= triage->end_ns)
            break;
        tick(triage);
        workload_generate(&other, &rng);
        finding->tries++;
        if (!shows(triage, &other) || !listed_shows(triage, &other))
            continue;
        bool complete = false;
        shrunk++;
        finding->tries += workload_minimize(&other, predicate, limits, &complete);
        if (!complete || !workload_smaller(&other, &finding->workload))
            continue;
        finding->workload = other;
        finding->minimal = true;
    }
}

static void minimize(struct triage *triage, struct finding *finding) {
    uint64_t begin_ns = clock_ns();
    triage->end_ns = begin_ns + (uint64_t)(triage->config->seconds_max * 1e9);
    if (triage->is_virtual &&
        !(shows(triage, &finding->workload) && listed_shows(triage, &finding->workload)))
        find_gentler(triage, &finding->workload);
    struct minimize_predicate predicate = {.holds = holds, .user = triage};
    struct minimize_limits limits = {.tries_max = triage->config->tries_max,
                                     .walks = triage->is_virtual ? WALKS : 0};
    bool complete = false;
    finding->tries = workload_minimize(&finding->workload, &predicate, &limits, &complete);
    finding->minimal = complete;
    if (triage->is_virtual)
        find_smaller(triage, &predicate, &limits, finding);
    finding->minimal &= !triage->out_of_time && !triage->failed;
    finding->minimize_seconds = (double)(clock_ns() - begin_ns) / 1e9;
}

enum triage_result triage_run(const struct triage_config *config, const struct workload *input,
                              struct finding *finding, struct trial *trial) {
    struct triage triage = {
        .config = config,
        .is_virtual = strcmp(exec_world(), "virtual") == 0,
        .repeats = 1,
    };
    finding->workload = *input;
    finding->minimal = false;
    bool fired = measure(&triage, input, finding);
    if (triage.failed)
        return TRIAGE_ENVIRONMENT;
    if (!fired)
        return TRIAGE_NOT_REPRODUCED;
    if (triage.is_virtual && finding->hits != finding->replays)
        return TRIAGE_NOT_DETERMINISTIC;
    double p = (double)finding->hits / finding->replays;
    triage.repeats = p >= 1 ? 1 : triage_repeats(p / 2, miss_chance);
    triage.hits_min = p >= 1 || triage.repeats == REPEATS_MAX ? 1 : HITS_MIN;
    finding->invariant = triage.invariant;
    finding->signature = triage.signature;
    if (config->minimize)
        minimize(&triage, finding);
    // The last word is a run of what is kept; on real threads it is measured anew, if it has
    // changed.
    bool stands = triage.is_virtual
                      ? shows(&triage, &finding->workload)
                      : (!config->minimize || measure(&triage, &finding->workload, finding)) &&
                            fires_once(&triage, &finding->workload);
    if (triage.failed)
        return TRIAGE_ENVIRONMENT;
    if (!stands)
        return triage.is_virtual ? TRIAGE_NOT_DETERMINISTIC : TRIAGE_NOT_REPRODUCED;
    *trial = triage.trial;
    finding->ops = workload_ops(&finding->workload);
    finding->preemptions = workload_preemptions(&finding->workload);
    finding->trace_hash = trial->hash;
    snprintf(finding->reason, sizeof finding->reason, "%s", trial->verdict.violations[0].reason);
    return TRIAGE_REPRODUCED;
}

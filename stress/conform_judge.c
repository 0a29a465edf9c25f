#include "conform_judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct conform_judge {
    struct oracle *oracle;
    struct conform_grams *grams;
    struct conform_sum sum;
    struct verdict verdict;
    // Of this process:
    uint32_t services[TRACE_SERVICE_COUNT]; // goroutines of each service in the round before
    bool service_lost;                      // a service goroutine has ended
};

struct conform_judge *conform_judge_new(struct conform_grams *grams) {
    struct conform_judge *judge = calloc(1, sizeof *judge);
    if (judge == NULL)
        return NULL;
    judge->grams = grams;
    judge->oracle = oracle_new();
    if (judge->oracle == NULL) {
        free(judge);
        return NULL;
    }
    return judge;
}

void conform_judge_free(struct conform_judge *judge) {
    if (judge == NULL)
        return;
    oracle_free(judge->oracle);
    free(judge);
}

void conform_judge_process(struct conform_judge *judge) {
    memset(judge->services, 0, sizeof judge->services);
    judge->service_lost = false;
    judge->sum.processes++;
}

const struct conform_sum *conform_judge_sum(const struct conform_judge *judge) {
    return &judge->sum;
}

const struct oracle_stats *conform_judge_stats(const struct conform_judge *judge) {
    return oracle_stats(judge->oracle);
}

// ---- known bugs of Go ---------------------------------------------------------------------------

// Which of the bugs that are alive in Go is it? Exit inside a finalizer or cleanup ends the service
// goroutine, and nobody takes its place (golang/go#71824): what is queued is never run.
static const char *known(const struct conform_judge *judge, const struct violation *violation) {
    if (violation->invariant == INV_service_once && judge->service_lost)
        return "B18, golang/go#71824";
    return NULL;
}

// Returns true for the first of its kind that is not known.
static bool note(struct conform_judge *judge, const struct violation *violation, uint32_t plan) {
    struct conform_sum *sum = &judge->sum;
    const char *name = known(judge, violation);
    for (uint32_t i = 0; i < sum->count; i++) {
        struct conform_violation *kind = &sum->violations[i];
        bool same = name != NULL ? kind->first.invariant == violation->invariant
                                 : kind->first.signature == violation->signature;
        if (same && kind->known == name) {
            kind->rounds++;
            return false;
        }
    }
    if (sum->count == CONFORM_KINDS_MAX) {
        sum->more = true;
        return false;
    }
    sum->violations[sum->count++] =
        (struct conform_violation){.first = *violation, .known = name, .rounds = 1, .plan = plan};
    return name == NULL;
}

static bool is_service(uint32_t service) {
    return service == TRACE_FINALIZER || service == TRACE_CLEANUP;
}

// Service goroutines never end but by an exit in what they run. The word of that may be missing: it
// came between two rounds, or the buffers were full. Then the next round begins with fewer of them.
static void look(struct conform_judge *judge, const struct trace *trace) {
    uint32_t of[256] = {0}; // ids of service goroutines are small: they are told first
    uint32_t now[TRACE_SERVICE_COUNT] = {0};
    for (uint32_t i = 0; i < trace->count; i++) {
        const struct trace_event *event = &trace->events[i];
        uint32_t id = event->goroutine;
        if (event->kind == TRACE_profile_active)
            judge->sum.profiles++;
        else if (event->kind == TRACE_go_create && is_service(event->a)) {
            now[event->a]++;
            if (id < 256)
                of[id] = event->a;
        } else if (event->kind == TRACE_go_exit && id < 256 && is_service(of[id]))
            judge->service_lost = true;
    }
    for (int service = 0; service < TRACE_SERVICE_COUNT; service++) {
        judge->service_lost |= now[service] < judge->services[service];
        judge->services[service] = now[service];
    }
}

bool conform_judge_round(struct conform_judge *judge, const struct conform_round *round,
                         const struct verdict **verdict) {
    struct conform_sum *sum = &judge->sum;
    sum->rounds++;
    sum->events += round->trace.count;
    sum->truncated += round->trace.truncated;
    sum->open += round->end != RUN_FINISHED;
    look(judge, &round->trace);
    oracle_judge(judge->oracle, &round->trace, round->end, &judge->verdict);
    if (!round->trace.truncated)
        conform_grams_add(judge->grams, &round->trace);
    bool news = false;
    for (uint32_t i = 0; i < judge->verdict.count; i++)
        news |= note(judge, &judge->verdict.violations[i], round->plan);
    *verdict = &judge->verdict;
    return news;
}

// ---- processes that end -------------------------------------------------------------------------

static enum invariant of_message(const char *message) {
    for (uint32_t check = 0; check < TRACE_CHECK_COUNT; check++) {
        const struct trace_check_info *info = trace_check_info(check);
        if (strncmp(message, info->message, strlen(info->message)) == 0)
            return invariant_parse(info->invariant);
    }
    return INV_runtime_sound;
}

void conform_judge_death(struct conform_judge *judge, const char *message) {
    struct violation violation = {.invariant = of_message(message)};
    violation.signature = 1u + (uint64_t)violation.invariant;
    snprintf(violation.reason, sizeof violation.reason, "Go ends the process: %.150s", message);
    judge->sum.died++;
    note(judge, &violation, UINT32_MAX);
}

void conform_judge_hang(struct conform_judge *judge) {
    struct violation violation = {.invariant = INV_not_stuck, .signature = 0};
    snprintf(violation.reason, sizeof violation.reason, "the process does not end");
    judge->sum.hung++;
    note(judge, &violation, UINT32_MAX);
}

bool conform_unexplained(const struct conform_sum *sum) {
    for (uint32_t i = 0; i < sum->count; i++) {
        if (sum->violations[i].known == NULL)
            return true;
    }
    return sum->more;
}

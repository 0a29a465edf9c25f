// The loop over a trace, the statistics, and the making of verdicts. See oracle.h and monitor.h.
#include "oracle.h"

#include "assert.h"
#include "monitor.h"
#include "rng.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Monitors in the order in which they judge an event: when several promises break at once, the
// first one is what the finding is called.
static const struct monitor *const monitors[] = {
    &monitor_fatal,  &monitor_state,     &monitor_barrier,  &monitor_record,  &monitor_result,
    &monitor_world,  &monitor_user_code, &monitor_status,   &monitor_service, &monitor_course,
    &monitor_phase,  &monitor_conserved, &monitor_blocking, &monitor_stack,   &monitor_leak,
    &monitor_stacks, &monitor_chan,      &monitor_locked,
};
enum { MONITORS = sizeof monitors / sizeof monitors[0] };

// ---- names --------------------------------------------------------------------------------------

static const struct invariant_info infos[INVARIANT_COUNT] = {
#define INVARIANT(name, id, sentence, source, worlds) {id, sentence, source, worlds},
#include "invariants.def"
#undef INVARIANT
};

const struct invariant_info *invariant_info(enum invariant invariant) {
    ASSERT((unsigned)invariant < INVARIANT_COUNT);
    return &infos[invariant];
}

struct invariant_bound invariant_bound(enum invariant invariant) {
    switch (invariant) {
    case INV_in_progress_bounded:
        return (struct invariant_bound){4, "events of the recorder"};
    case INV_stop_answered:
    case INV_suspend_answered:
        return (struct invariant_bound){1, "steps of a goroutine"};
    default:
        return (struct invariant_bound){0, ""};
    }
}

enum invariant invariant_parse(const char *id) {
    int i = 0;
    while (i < INVARIANT_COUNT && strcmp(infos[i].id, id) != 0)
        i++;
    return (enum invariant)i;
}

const char *verdict_kind_name(enum verdict_kind kind) {
    static const char *const names[] = {"pass", "violation", "inconclusive"};
    return (unsigned)kind < sizeof names / sizeof names[0] ? names[kind] : "?";
}

struct oracle_name oracle_name(struct oracle *oracle, uint32_t goroutine) {
    const struct shadow_g *g = shadow_goroutine(&oracle->shadow, goroutine);
    struct oracle_name name;
    if (!g->known)
        snprintf(name.text, sizeof name.text, "goroutine %u (never created)", goroutine);
    else if (g->service == TRACE_PLAN)
        snprintf(name.text, sizeof name.text, "goroutine %u", goroutine);
    else
        snprintf(name.text, sizeof name.text, "goroutine %u (%s, %s)", goroutine,
                 trace_service_name(g->service), trace_role_name(g->now.role));
    return name;
}

uint32_t oracle_profile_number(struct oracle *oracle) {
    const struct shadow_profile *profile =
        shadow_profile_at(&oracle->shadow, oracle->shadow.under_way);
    return profile == NULL ? 0 : profile->number;
}

uint32_t oracle_find_not_absent(struct oracle *oracle, uint32_t except) {
    struct shadow *shadow = &oracle->shadow;
    for (uint32_t id = 1; id <= shadow->goroutine_last; id++) {
        const struct shadow_g *g = shadow_goroutine(shadow, id);
        if (id != except && g->known && g->state_known && g->now.alive && g->state != TRACE_ABSENT)
            return id;
    }
    return 0;
}

uint32_t oracle_find_unrecorded(struct oracle *oracle, uint32_t stop, uint32_t mark) {
    struct shadow *shadow = &oracle->shadow;
    for (uint32_t id = 1; id <= shadow->goroutine_last; id++) {
        const struct shadow_g *g = shadow_goroutine(shadow, id);
        bool recorded = mark == 0 ? g->record_stop == stop : g->result_mark == mark;
        struct shadow_view view = shadow_view_at(shadow, g, stop);
        if (!recorded && view.alive && view.role == TRACE_ROLE_USER)
            return id;
    }
    return 0;
}

// ---- verdicts -----------------------------------------------------------------------------------

static uint64_t mix_text(uint64_t hash, const char *text) {
    for (; *text != 0; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    return rng_mix(hash);
}

// What makes two violations the same fault: names instead of numbers, so that it outlives a change
// of the tables, and nothing that depends on how many goroutines there were.
static uint64_t signature_of(struct oracle *oracle, enum invariant invariant, uint32_t event,
                             uint32_t goroutine, uint64_t facts) {
    uint64_t hash = mix_text(0xcbf29ce484222325u, infos[invariant].id);
    if (event < oracle->trace->count && oracle->trace->events[event].kind < TRACE_KIND_COUNT)
        hash = mix_text(hash, trace_kind_info(oracle->trace->events[event].kind)->name);
    const struct shadow_g *g = shadow_goroutine(&oracle->shadow, goroutine);
    if (g->known) {
        hash = mix_text(hash, trace_role_name(g->now.role));
        hash = mix_text(hash, trace_state_name(g->state));
    }
    return rng_mix(hash ^ rng_mix(facts));
}

void oracle_raise(struct oracle *oracle, enum invariant invariant, uint32_t event,
                  uint32_t goroutine, uint64_t facts, const char *format, ...) {
    struct verdict *verdict = oracle->verdict;
    if (oracle->raised[invariant])
        return;
    oracle->raised[invariant] = true;
    struct violation violation = {
        .invariant = invariant,
        .event = event,
        .goroutine = goroutine,
        .signature = signature_of(oracle, invariant, event, goroutine, facts),
    };
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(violation.reason, sizeof violation.reason, format, arguments);
    va_end(arguments);
    // By event, and in the order of judgement at the same event; the latest falls off the end.
    uint32_t at = verdict->count;
    while (at > 0 && verdict->violations[at - 1].event > event)
        at--;
    if (at == VERDICT_VIOLATIONS_MAX)
        return;
    uint32_t behind = verdict->count - at;
    if (verdict->count == VERDICT_VIOLATIONS_MAX)
        behind--;
    else
        verdict->count++;
    memmove(&verdict->violations[at + 1], &verdict->violations[at],
            behind * sizeof verdict->violations[0]);
    verdict->violations[at] = violation;
}

// ---- life ---------------------------------------------------------------------------------------

// The lists of the kinds, one after the other; a kind that nobody judges has the empty one at 0.
static void list_judges(struct oracle *oracle) {
    uint32_t count = 1;
    for (int watched = 0; watched < 2; watched++) {
        for (uint32_t kind = 0; kind < TRACE_KIND_COUNT; kind++) {
            uint32_t first = count;
            for (size_t i = 0; i < MONITORS; i++) {
                monitor_kinds kinds =
                    monitors[i]->kinds | (watched ? monitors[i]->watched_kinds : 0);
                ASSERT(count + 2 <= JUDGES_MAX);
                if (kinds >> kind & 1)
                    oracle->lists[count++] = monitors[i]->judge;
            }
            oracle->judges[watched][kind] = (uint16_t)(count == first ? 0 : first);
            count += count != first; // NULL ends it
        }
    }
}

struct oracle *oracle_new(void) {
    struct oracle *oracle = calloc(1, sizeof *oracle);
    if (oracle == NULL)
        return NULL;
    if (!shadow_init(&oracle->shadow)) {
        free(oracle);
        return NULL;
    }
    list_judges(oracle);
    for (uint32_t check = 0; check < TRACE_CHECK_COUNT; check++) {
        oracle->check_invariant[check] = invariant_parse(trace_check_info(check)->invariant);
        ASSERT(oracle->check_invariant[check] != INVARIANT_COUNT);
    }
    return oracle;
}

void oracle_free(struct oracle *oracle) {
    if (oracle == NULL)
        return;
    shadow_fini(&oracle->shadow);
    queues_fini(&oracle->queues);
    free(oracle);
}

void oracle_add(struct oracle *oracle, enum invariant invariant, const struct violation *broken,
                struct verdict *verdict) {
    oracle->stats.evaluated[invariant]++;
    oracle->stats.decided[invariant]++;
    if (broken == NULL)
        return;
    verdict->kind = VERDICT_VIOLATION;
    if (verdict->count < VERDICT_VIOLATIONS_MAX)
        verdict->violations[verdict->count++] = *broken;
}

const struct oracle_stats *oracle_stats(const struct oracle *oracle) {
    return &oracle->stats;
}

// ---- steps --------------------------------------------------------------------------------------

// Kind, thread and goroutine of an event, which lie next to each other.
static uint64_t actor_of(const struct trace_event *event) {
    uint64_t actor;
    memcpy(&actor, &event->kind, sizeof actor);
    return actor;
}
_Static_assert(offsetof(struct trace_event, kind) + sizeof(uint64_t) ==
                   offsetof(struct trace_event, object),
               "kind, thread and goroutine are eight bytes");

// May this user_step, and those of the same goroutine and thread right behind it, be judged as one?
// They may when every promise about a step holds for reasons that a step does not change; anything
// out of the ordinary is left to the monitors.
static bool is_plain_step(struct oracle *oracle, const struct trace_event *event,
                          const struct shadow_g *g) {
    struct shadow *shadow = &oracle->shadow;
    if (!g->known || g->thread != 1u + event->thread || g->now.role != TRACE_ROLE_USER ||
        g->saved_stop != shadow->stops || shadow->phase != PHASE_RUNNING || shadow->stopped)
        return false;
    if ((oracle->results_open | shadow->in_progress | shadow->asked_to_stop) != 0)
        return false;
    const struct shadow_word *word = &g->words[TRACE_RAW_PROFILE_STATE];
    return !shadow->active || (g->state_known && g->state == TRACE_SATISFIED &&
                               (word->raw == 0 || word->value == TRACE_SATISFIED));
}

// Judge and apply the plain steps that begin at index `at`. Most events of a run are steps, many of
// them in a row. Returns how many: 0 = the monitors have to look at it.
static uint32_t judge_steps(struct oracle *oracle, uint32_t at) {
    const struct trace *trace = oracle->trace;
    const struct trace_event *event = &trace->events[at];
    struct shadow_g *g = shadow_goroutine(&oracle->shadow, event->goroutine);
    if (!is_plain_step(oracle, event, g))
        return 0;
    uint64_t actor = actor_of(event);
    uint32_t end = at + 1;
    while (end < trace->count && actor_of(&trace->events[end]) == actor)
        end++;
    oracle_count(oracle, INV_one_runner, end - at);
    oracle_count(oracle, INV_user_code_in_user_role, end - at);
    if (oracle->shadow.active) {
        oracle_count(oracle, INV_satisfied_before_run, end - at);
        oracle_count(oracle, INV_in_progress_not_running, end - at);
    }
    g->now.progress = (uint32_t)trace->events[end - 1].b;
    g->stops = 0;
    return end - at;
}

// Has the seam told of raw writes? Then every write must be told; else nothing is known of them.
static bool tells_raw(const struct trace *trace) {
    for (uint32_t i = 0; i < trace->count; i++)
        if (trace->events[i].kind == TRACE_raw)
            return true;
    return false;
}

static void add_counts(struct oracle *oracle) {
    struct oracle_stats *stats = &oracle->stats;
    stats->runs++;
    for (int i = 0; i < INVARIANT_COUNT; i++) {
        stats->evaluated[i] += (uint64_t)oracle->decided[i] + oracle->undecided[i];
        stats->decided[i] += oracle->decided[i];
    }
    memset(oracle->decided, 0, sizeof oracle->decided);
    memset(oracle->undecided, 0, sizeof oracle->undecided);
}

// An id that was given before names two goroutines: nothing can be said of them from there on.
static void judge_id(struct oracle *oracle, const struct trace_event *event, uint32_t index) {
    const struct shadow_g *g = shadow_goroutine(&oracle->shadow, event->goroutine);
    if (!oracle_holds(oracle, INV_goroutines_numbered, !g->known))
        oracle_raise(oracle, INV_goroutines_numbered, index, event->goroutine, 0,
                     "a goroutine is created as %s, which there is already",
                     oracle_name(oracle, event->goroutine).text);
}

// Judge and apply one event. False if the trace cannot be judged from here on.
static bool judge_event(struct oracle *oracle, uint32_t index) {
    const struct trace_event *event = &oracle->trace->events[index];
    struct shadow *shadow = &oracle->shadow;
    bool ignored = event->kind < TRACE_KIND_COUNT && shadow_ignores(event->kind);
    if (event->kind == TRACE_go_create)
        judge_id(oracle, event, index);
    if (!ignored && !shadow_admit(shadow, event))
        return false;
    oracle->index = index;
    if (shadow->in_progress != 0 && !ignored)
        oracle_judge_recorder_step(oracle, event);
    bool watched = shadow->active || oracle->results_open != 0 || shadow->phase == PHASE_STOPPING ||
                   shadow->asked_to_stop != 0;
    monitor_judge *const *judge = &oracle->lists[oracle->judges[watched][event->kind]];
    for (; *judge != NULL; judge++)
        (*judge)(oracle, event);
    if (!ignored)
        shadow_apply(shadow, event);
    return true;
}

void oracle_judge(struct oracle *oracle, const struct trace *trace, enum run_end end,
                  struct verdict *verdict) {
    struct shadow *shadow = &oracle->shadow;
    bool cut = trace->truncated;
    *verdict = (struct verdict){.end = end};
    oracle->verdict = verdict;
    oracle->trace = trace;
    oracle->end = end;
    memset(oracle->raised, 0, sizeof oracle->raised);
    oracle->leaks = (struct leaks){0};
    oracle->number = (struct number){0};
    oracle->results_open = 0;
    oracle->profiles_requested = oracle->profile_last = oracle->cleanups_max = 0;
    oracle->raw = tells_raw(trace);
    shadow_begin(shadow);
    queues_begin(&oracle->queues);
    blocking_begin(&oracle->blocking);
    oracle->values.run++;
    oracle->values.unmatched = 0;
    oracle->values.lost = false;
    for (uint32_t i = 0, steps; i < trace->count; i += steps) {
        const struct trace_event *event = &trace->events[i];
        steps = 0;
        if (event->kind == TRACE_user_step)
            steps = judge_steps(oracle, i);
        else if (event->kind == TRACE_raw && i + 1 < trace->count)
            steps = oracle_judge_told_write(oracle, event);
        if (steps == 0 && !judge_event(oracle, i)) {
            cut = true;
            break;
        }
        steps += steps == 0;
    }
    oracle->index = trace->count == 0 ? 0 : trace->count - 1;
    for (size_t i = 0; i < MONITORS; i++)
        if (monitors[i]->end != NULL)
            monitors[i]->end(oracle, cut || oracle->queues.full);
    add_counts(oracle);
    bool whole = !cut && !oracle->queues.full && end != RUN_INCONCLUSIVE && end < RUN_END_COUNT;
    verdict->kind = verdict->count != 0 ? VERDICT_VIOLATION
                    : whole             ? VERDICT_PASS
                                        : VERDICT_INCONCLUSIVE;
    oracle->verdict = NULL;
    oracle->trace = NULL;
}

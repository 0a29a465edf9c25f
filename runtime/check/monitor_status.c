// g.status against its table of edges, in the order of the versions; and the seam's own record of
// the watched words against what the events tell. An event of a compare-and-swap comes after it,
// one of a store before it, so either may wait a little for its counterpart. Its own fields of the
// shadow: status, status_version, status_pending and words of shadow_g.
#include "monitor.h"

#define TO(status) (1u << TRACE_##status)

// Which statuses may follow each (runtime2.go; who stops the world waits on its own stack: #72740).
static const uint16_t edges[TRACE_STATUS_COUNT] = {
    [TRACE_GIDLE] = TO(GDEAD),
    [TRACE_GRUNNABLE] = TO(GRUNNING),
    [TRACE_GRUNNING] =
        TO(GRUNNABLE) | TO(GSYSCALL) | TO(GWAITING) | TO(GDEAD) | TO(GCOPYSTACK) | TO(GPREEMPTED),
    [TRACE_GSYSCALL] = TO(GRUNNING) | TO(GRUNNABLE),
    [TRACE_GWAITING] = TO(GRUNNABLE) | TO(GRUNNING) | TO(GLEAKED),
    [TRACE_GLEAKED] = TO(GWAITING),
    [TRACE_GDEAD] = TO(GRUNNABLE) | TO(GWAITING),
    [TRACE_GCOPYSTACK] = TO(GRUNNING),
    [TRACE_GPREEMPTED] = TO(GWAITING),
};

// The same for a call from C besides: it begins and ends in a system call.
static const uint16_t edges_of_c[TRACE_STATUS_COUNT] = {
    [TRACE_GSYSCALL] = TO(GDEADEXTRA) | TO(GDEAD),
    [TRACE_GDEAD] = TO(GSYSCALL),
    [TRACE_GDEADEXTRA] = TO(GSYSCALL),
};

// And whose stack somebody else may own for a while: those that do not run.
enum { SCANNED = TO(GRUNNABLE) | TO(GSYSCALL) | TO(GWAITING) | TO(GPREEMPTED) | TO(GLEAKED) };

static bool in_range(uint64_t status) {
    return (status & ~(uint64_t)TRACE_GSCAN) < TRACE_STATUS_COUNT;
}

static bool is_legal(const struct shadow_g *g, uint64_t from, uint64_t to) {
    if (!in_range(from) || !in_range(to))
        return false;
    if ((from ^ to) == TRACE_GSCAN) // the scan bit comes or goes, and nothing else
        return SCANNED >> (from & ~(uint64_t)TRACE_GSCAN) & 1;
    if (from >= TRACE_STATUS_COUNT || to >= TRACE_STATUS_COUNT)
        return false; // the bit goes before anything else changes
    uint32_t legal = edges[from] | (g->service == TRACE_FOREIGN ? edges_of_c[from] : 0u);
    return legal >> to & 1;
}

// ---- edges --------------------------------------------------------------------------------------

// The next edge by version: it starts where the one before has ended.
static void follow(struct oracle *oracle, struct shadow_g *g, uint32_t goroutine,
                   const struct shadow_pending *edge) {
    // A context for a thread of C is dead-extra between its lives, or plainly dead before 1.26.
    if (g->service == TRACE_FOREIGN && g->status_version == 0 && edge->from == TRACE_GDEADEXTRA)
        g->status = TRACE_GDEADEXTRA;
    if (!oracle_holds(oracle, INV_status_edges, edge->from == g->status))
        oracle_raise(oracle, INV_status_edges, edge->event, goroutine,
                     0x10000u | (uint64_t)edge->from << 8 | g->status,
                     "the status of %s goes from %s to %s, but it was %s",
                     oracle_name(oracle, goroutine).text, trace_status_name(edge->from),
                     trace_status_name(edge->to), trace_status_name(g->status));
    g->status = edge->to;
    g->status_version = edge->version;
}

// Take the edges that have waited for the one just followed.
static void follow_pending(struct oracle *oracle, struct shadow_g *g, uint32_t goroutine) {
    for (int i = 0; i < SHADOW_PENDING; i++) {
        struct shadow_pending edge = g->status_pending[i];
        if (edge.version == 0 || edge.version != g->status_version + 1)
            continue;
        g->status_pending[i].version = 0;
        follow(oracle, g, goroutine, &edge);
        i = -1;
    }
}

// Set an edge aside whose predecessors have not been told yet. Without room the gap will not close
// any more: go on behind it, undecided.
static void set_aside(struct oracle *oracle, struct shadow_g *g,
                      const struct shadow_pending *edge) {
    for (int i = 0; i < SHADOW_PENDING; i++) {
        if (g->status_pending[i].version != 0)
            continue;
        g->status_pending[i] = *edge;
        return;
    }
    oracle_undecided(oracle, INV_status_edges);
    g->status = edge->to;
    g->status_version = edge->version;
    for (int i = 0; i < SHADOW_PENDING; i++)
        g->status_pending[i].version = 0;
}

// On real threads a scanner may tell of its bit before the creator tells of the first edge.
static bool is_early(const struct oracle *oracle, const struct shadow_g *g,
                     const struct shadow_pending *edge) {
    return !oracle->raw && g->status_version == 0 && edge->from != g->status &&
           edge->from != TRACE_GDEADEXTRA;
}

// The next edge of the table, and nothing waits: nearly every edge of a run.
static bool is_plain_edge(const struct shadow_g *g, const struct trace_event *event) {
    return event->version == g->status_version + 1 && g->status_version != 0 &&
           event->a == g->status && event->a < TRACE_STATUS_COUNT &&
           event->b < TRACE_STATUS_COUNT && (edges[event->a] >> event->b & 1) &&
           (g->status_pending[0].version | g->status_pending[1].version) == 0;
}

static void judge_edge(struct oracle *oracle, struct shadow_g *g, const struct trace_event *event) {
    if (event->goroutine == 0) // a struct that is nobody's yet
        return;
    if (!g->known) {
        oracle_undecided(oracle, INV_status_edges);
        return;
    }
    if (is_plain_edge(g, event)) { // it is legal, and follows the one before
        oracle_holds(oracle, INV_status_edges, true);
        oracle_holds(oracle, INV_status_edges, true);
        g->status = (uint8_t)event->b;
        g->status_version = event->version;
        return;
    }
    if (!oracle_holds(oracle, INV_status_edges, is_legal(g, event->a, event->b)))
        oracle_raise(oracle, INV_status_edges, oracle->index, event->goroutine,
                     (uint64_t)(event->a & 0xff) << 8 | (event->b & 0xff),
                     "the status of %s goes from %s to %s, which no table allows",
                     oracle_name(oracle, event->goroutine).text, trace_status_name(event->a),
                     trace_status_name(event->b));
    if (!in_range(event->a) || !in_range(event->b))
        return;
    struct shadow_pending edge = {.version = event->version,
                                  .event = oracle->index,
                                  .from = (uint8_t)event->a,
                                  .to = (uint8_t)event->b};
    if (edge.version == 0) {
        oracle_undecided(oracle, INV_status_edges);
    } else if (is_early(oracle, g, &edge)) {
        set_aside(oracle, g, &edge);
    } else if (g->status_version == 0 || edge.version == g->status_version + 1) {
        follow(oracle, g, event->goroutine, &edge);
        follow_pending(oracle, g, event->goroutine);
    } else if (edge.version == g->status_version) {
        if (!oracle_holds(oracle, INV_status_edges, false))
            oracle_raise(oracle, INV_status_edges, oracle->index, event->goroutine, 0x20000,
                         "two edges of the status of %s have version %u: two writers",
                         oracle_name(oracle, event->goroutine).text, edge.version);
    } else if (edge.version > g->status_version) {
        set_aside(oracle, g, &edge);
    } else { // from within a gap that was given up
        oracle_undecided(oracle, INV_status_edges);
    }
}

// ---- raw writes ---------------------------------------------------------------------------------

// One of the two is missing, unless it may still come: of the latest version of a word it may. When
// something else has broken before, this is but a consequence, and is told where it is noticed.
static void judge_unmatched(struct oracle *oracle, uint32_t goroutine, enum trace_raw_class which,
                            const struct shadow_word *word, const struct shadow_pending *pending) {
    if (pending->version >= word->latest)
        return;
    if (!oracle_holds(oracle, INV_raw_agrees, false))
        oracle_raise(oracle, INV_raw_agrees,
                     oracle->verdict->count == 0 ? pending->event : oracle->index, goroutine,
                     (uint64_t)which << 1 | pending->raw, "version %u of the %s of %s was %s",
                     pending->version, which == TRACE_RAW_STATUS ? "status" : "profile state",
                     oracle_name(oracle, goroutine).text,
                     pending->raw ? "written, but no event tells it"
                                  : "told by an event, but never written");
}

// Match a write with what is told of it, by version, when either may have come first.
static void match_any(struct oracle *oracle, struct shadow_word *word, enum trace_raw_class which,
                      uint32_t goroutine, struct shadow_pending entry) {
    if (entry.version > word->latest)
        word->latest = entry.version;
    struct shadow_pending *room = NULL, *oldest = &word->pending[0];
    for (int i = 0; i < SHADOW_PENDING; i++) {
        struct shadow_pending *pending = &word->pending[i];
        if (pending->version == 0) {
            room = pending;
        } else if (pending->version == entry.version && pending->raw != entry.raw) {
            pending->version = 0;
            if (!oracle_holds(oracle, INV_raw_agrees, pending->to == entry.to))
                oracle_raise(oracle, INV_raw_agrees, oracle->index, goroutine, 0x100u | which,
                             "version %u of the %s of %s was written as %u, but "
                             "told as %u",
                             entry.version, which == TRACE_RAW_STATUS ? "status" : "profile state",
                             oracle_name(oracle, goroutine).text,
                             entry.raw ? entry.to : pending->to,
                             entry.raw ? pending->to : entry.to);
            return;
        } else if (pending->version < oldest->version) {
            oldest = pending;
        }
    }
    if (room == NULL) {
        judge_unmatched(oracle, goroutine, which, word, oldest);
        room = oldest;
    }
    *room = entry;
}

// The same; nearly always nothing waits, or exactly the counterpart.
static inline void match(struct oracle *oracle, struct shadow_word *word,
                         enum trace_raw_class which, uint32_t goroutine,
                         struct shadow_pending entry) {
    struct shadow_pending *first = &word->pending[0], *second = &word->pending[1];
    if ((first->version | second->version) == 0) {
        if (entry.version > word->latest)
            word->latest = entry.version;
        *first = entry;
    } else if (second->version == 0 && first->version == entry.version && first->raw != entry.raw &&
               first->to == entry.to && entry.version == word->latest) {
        first->version = 0;
        oracle_holds(oracle, INV_raw_agrees, true);
    } else {
        match_any(oracle, word, which, goroutine, entry);
    }
}

static void judge_raw(struct oracle *oracle, const struct trace_event *event) {
    if (event->goroutine == 0) // a struct that is nobody's yet
        return;
    struct shadow *shadow = &oracle->shadow;
    struct shadow_g *g = shadow_goroutine(shadow, event->goroutine);
    if (!g->known || event->a >= TRACE_RAW_CLASS_COUNT || event->version == 0) {
        oracle_undecided(oracle, INV_raw_agrees);
        return;
    }
    enum trace_raw_class which = (enum trace_raw_class)event->a;
    struct shadow_word *word = &g->words[which];
    bool first = word->raw == 0;
    if (!oracle_holds(oracle, INV_raw_agrees, first || event->version == word->raw + 1))
        oracle_raise(oracle, INV_raw_agrees, oracle->index, event->goroutine, 0x200u | which,
                     "version %u of the %s of %s was written right after version %u",
                     event->version, which == TRACE_RAW_STATUS ? "status" : "profile state",
                     oracle_name(oracle, event->goroutine).text, word->raw);
    word->raw = event->version;
    word->value = (uint8_t)event->b;
    // A dead goroutine's struct may be taken by a newcomer between the event of the sweep and its
    // store: the one speaks of the old id, the other of the new one.
    if (first && word->latest == 0 && which == TRACE_RAW_PROFILE_STATE &&
        event->b == TRACE_ABSENT && shadow->sweeping) {
        word->latest = event->version;
        return;
    }
    match(oracle, word, which, event->goroutine,
          (struct shadow_pending){.version = event->version,
                                  .event = oracle->index,
                                  .to = (uint8_t)event->b,
                                  .raw = true});
}

static void judge_told(struct oracle *oracle, struct shadow_g *g, const struct trace_event *event) {
    if (!g->known || event->version == 0)
        return;
    enum trace_raw_class which =
        event->kind == TRACE_status ? TRACE_RAW_STATUS : TRACE_RAW_PROFILE_STATE;
    match(oracle, &g->words[which], which, event->goroutine,
          (struct shadow_pending){
              .version = event->version, .event = oracle->index, .to = (uint8_t)event->b});
}

static void judge_status(struct oracle *oracle, const struct trace_event *event) {
    if (event->kind == TRACE_raw) {
        judge_raw(oracle, event);
        return;
    }
    struct shadow_g *g = shadow_goroutine(&oracle->shadow, event->goroutine);
    if (event->kind == TRACE_status)
        judge_edge(oracle, g, event);
    if (oracle->raw)
        judge_told(oracle, g, event);
}

// A status that is written and told right behind it, by a plain edge: two in three events that are
// no steps. What stands here holds for every monitor of a status, or it is left to them.
uint32_t oracle_judge_told_write(struct oracle *oracle, const struct trace_event *raw) {
    struct shadow *shadow = &oracle->shadow;
    const struct trace_event *told = raw + 1;
    struct shadow_g *g = shadow_goroutine(shadow, raw->goroutine);
    struct shadow_word *word = &g->words[TRACE_RAW_STATUS];
    if (raw->a != TRACE_RAW_STATUS || told->kind != TRACE_status ||
        told->goroutine != raw->goroutine || told->version != raw->version || told->b != raw->b)
        return 0;
    if (!g->known || word->raw + 1 != raw->version || word->latest >= raw->version ||
        (word->pending[0].version | word->pending[1].version) != 0 || !is_plain_edge(g, told))
        return 0;
    if (shadow->active && told->b == TRACE_GRUNNING) // monitor_barrier's
        return 0;
    word->raw = word->latest = raw->version;
    word->value = (uint8_t)raw->b;
    g->status = (uint8_t)told->b;
    g->status_version = told->version;
    oracle_count(oracle, INV_raw_agrees, 2);
    oracle_count(oracle, INV_status_edges, 2);
    return 2;
}

static void end_status(struct oracle *oracle, bool cut) {
    struct shadow *shadow = &oracle->shadow;
    if (!oracle->raw || cut)
        return;
    for (uint32_t id = 1; id <= shadow->goroutine_last; id++) {
        struct shadow_g *g = shadow_goroutine(shadow, id);
        for (int which = 0; g->known && which < SHADOW_WORDS; which++)
            for (int i = 0; i < SHADOW_PENDING; i++)
                if (g->words[which].pending[i].version != 0)
                    judge_unmatched(oracle, id, (enum trace_raw_class)which, &g->words[which],
                                    &g->words[which].pending[i]);
    }
}

const struct monitor monitor_status = {
    .kinds = MONITOR_KIND(status) | MONITOR_KIND(profile_state) | MONITOR_KIND(raw),
    .judge = judge_status,
    .end = end_status,
};

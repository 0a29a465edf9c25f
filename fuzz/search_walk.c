// The scheduler of a search: takes the decisions of the path, then goes on by default, and writes
// down what each transition did.
//
// A run is known by a hash for each transition, made of the thread's last one and of those that it
// depends on: the last write of its object, and for a write the reads since; all that was told to
// the trace before, if it tells something; the step, if it looks at the clock. Their sum is the
// class of the run so far: runs that differ only in the order of independent transitions have the
// same. The hashes hold no address.
//
// Fairness (as in CHESS): who yields gets no turn until everybody who could go on then has had one,
// or cannot any more. Without that, threads that wait for one another by yielding would have
// endlessly many schedules, none of which shows anything that these do not.
#include "search_impl.h"

#include "rng.h"

static struct search *search_of(struct sched *sched) {
    return (struct search *)(void *)sched; // its first member
}

// ---- what a transition did ----------------------------------------------------------------------

static enum search_access access_of(enum os_op op) {
    switch (op) {
    case OS_LOAD:
        return SEARCH_READ;
    case OS_LOCK:
        return SEARCH_LOCK;
    case OS_UNLOCK:
        return SEARCH_UNLOCK;
    case OS_STORE:
    case OS_RMW:
    case OS_SLEEP:
    case OS_WAKE:
        return SEARCH_WRITE;
    default: // nothing shared; what a new thread is, its creator has written
        return SEARCH_NONE;
    }
}

uint32_t search_object_of(struct search *search, const void *address) {
    uint64_t at = rng_mix((uint64_t)(uintptr_t)address) % SEARCH_OBJECT_PLACES;
    for (; search->places_run[at] == search->runs; at = (at + 1) % SEARCH_OBJECT_PLACES)
        if (search->objects[search->places[at]].address == address)
            return search->places[at];
    if (search->objects_count == SEARCH_OBJECTS_MAX) { // the last one stands for all others
        search->stats.gaps |= SEARCH_GAP_OBJECTS;
        return SEARCH_OBJECTS_MAX - 1;
    }
    uint32_t number = search->objects_count++;
    search->places_run[at] = search->runs;
    search->places[at] = number;
    search->objects[number] = (struct search_object){.address = address};
    return number;
}

static uint64_t joined(uint64_t a, uint64_t b) {
    return rng_mix(a ^ rng_mix(b));
}

// The events since the last look, into the hash of all; true if there were any. What the scheduler
// itself did is none.
static bool take_told(struct search *search, const struct sched_view *view) {
    struct search_run *run = &search->run;
    if (view->told == NULL)
        return false;
    bool any = false;
    if (view->told->truncated)
        search->stats.gaps |= SEARCH_GAP_EVENTS;
    for (; run->told_count < view->told->count; run->told_count++) {
        const struct trace_event *event = &view->told->events[run->told_count];
        if (event->kind == TRACE_preempt || event->kind == TRACE_choose)
            continue;
        any = true;
        run->told = joined(run->told, (uint64_t)event->kind << 48 ^ (uint64_t)event->thread << 32 ^
                                          event->goroutine);
        run->told = joined(run->told, (uint64_t)event->object << 32 ^ event->version);
        run->told = joined(run->told, (uint64_t)event->a << 32 ^ event->b);
    }
    return any;
}

static uint64_t object_hash(struct search *search, uint32_t number, enum search_access access,
                            uint64_t hash) {
    struct search_object *object = &search->objects[number];
    bool blind = search->config.blind_to_writes && access == SEARCH_WRITE;
    hash = blind ? hash : joined(hash, object->written);
    if (access == SEARCH_READ) {
        object->read += hash;
        return hash;
    }
    hash = joined(hash, object->read);
    object->written = hash;
    object->read = 0;
    return hash;
}

static void know_threads(struct search_run *run, const struct sched_view *view, uint64_t hash) {
    for (; run->threads < view->count; run->threads++) {
        uint64_t path = view->threads[run->threads].path;
        run->chain[run->threads] = joined(hash, path);
        run->awaits[run->threads] = 0;
        run->order = joined(run->order, path);
    }
}

// The transition that is on is over: the thread stands before the next one, or the run ends.
static void finish(struct search *search, const struct sched_view *view, bool ends) {
    struct search_run *run = &search->run;
    uint64_t *chain = &run->chain[run->running];
    enum search_access access = access_of(run->op);
    uint32_t object =
        access == SEARCH_NONE ? SEARCH_NO_OBJECT : search_object_of(search, run->object);
    uint64_t hash = joined(*chain ^ run->local, (uint64_t)run->site << 8 | run->op);
    if (object != SEARCH_NO_OBJECT)
        hash = object_hash(search, object, access, hash);
    bool tells = take_told(search, view), looks = view->clock_reads != run->clock_reads;
    if (tells)
        hash = joined(hash, run->told);
    if (looks)
        hash = joined(hash, view->step);
    bool yields = run->op == OS_YIELD || view->threads[run->running].op == OS_YIELD;
    bool global = looks || yields || ends;
    if (search->config.method != SEARCH_STATES) {
        hash = joined(hash, global ? run->sum : run->global);
        run->global = global ? hash : run->global;
    }
    *chain = hash;
    run->sum += hash;
    run->local = 0;
    run->clock_reads = view->clock_reads;
    know_threads(run, view, hash);
    if (run->last == SEARCH_DEPTH_MAX)
        return;
    struct search_step *step = &search->steps[run->last];
    step->object = object;
    step->access = (uint8_t)access;
    step->tells |= tells;
    step->global |= global;
}

// ---- who may go on ------------------------------------------------------------------------------

static void yield(struct search_run *run, const struct sched_view *view) {
    uint64_t bit = search_bit(view->current);
    run->awaits[view->current] = view->enabled & ~bit;
    run->yielded |= bit;
}

static uint64_t fair_ones(struct search_run *run, const struct sched_view *view) {
    uint64_t fair = view->enabled;
    for (uint64_t mask = run->yielded; mask != 0; mask &= mask - 1) {
        uint32_t thread = (uint32_t)__builtin_ctzll(mask);
        run->awaits[thread] &= view->enabled;
        if (run->awaits[thread] != 0)
            fair &= ~search_bit(thread);
        else
            run->yielded &= ~search_bit(thread);
    }
    return fair != 0 ? fair : view->enabled;
}

static bool goes_on(const struct sched_view *view) {
    return sched_is_enabled(view, view->current) && view->threads[view->current].op != OS_YIELD;
}

static uint64_t options_of(struct search *search, const struct sched_view *view) {
    uint64_t fair = fair_ones(&search->run, view), here = search_bit(view->current);
    if (search->bound == SEARCH_UNBOUNDED || search->run.spent < search->bound || !goes_on(view))
        return fair;
    return fair & here ? here : fair;
}

static uint32_t preferred(const struct sched_view *view, uint64_t options) {
    uint32_t thread = sched_default(view);
    if (options >> thread & 1)
        return thread;
    struct sched_view among = *view;
    among.enabled = options;
    return sched_next(&among);
}

// ---- steps --------------------------------------------------------------------------------------

// Could the transition that a thread has announced be exchanged with this one, which is over?
static bool depends(const struct search *search, const struct sched_view *view, uint32_t thread,
                    bool tells, bool global, const struct search_step *step) {
    if (global || step->global || (tells && step->tells))
        return true;
    enum search_access access = access_of(view->threads[thread].op);
    if (access == SEARCH_NONE || step->access == SEARCH_NONE ||
        view->threads[thread].object != search->objects[step->object].address)
        return false;
    bool blind = search->config.blind_to_writes && access == SEARCH_WRITE;
    return access != step->access || (access != SEARCH_READ && !blind);
}

// Who sleeps when a step begins: who slept or was done before the last one, and did not depend on
// it.
static void inherit_sleep(struct search *search, const struct sched_view *view,
                          struct search_step *step) {
    uint32_t last = search->run.last;
    if (search->config.method != SEARCH_RACES || last == SEARCH_DEPTH_MAX)
        return;
    const struct search_step *before = &search->steps[last];
    uint64_t tells = before->sleep_tells | before->done_tells;
    uint64_t global = before->sleep_global | before->done_global;
    uint64_t candidates = (before->sleep | before->done) & ~search_bit(before->chosen);
    for (uint64_t mask = candidates; mask != 0; mask &= mask - 1) {
        uint32_t thread = (uint32_t)__builtin_ctzll(mask);
        if (!depends(search, view, thread, tells >> thread & 1, global >> thread & 1, before))
            step->sleep |= search_bit(thread);
    }
    step->sleep_tells = tells & step->sleep;
    step->sleep_global = global & step->sleep;
}

// All that the rest of the run depends on.
static uint64_t state_of(const struct search *search, const struct sched_view *view) {
    const struct search_run *run = &search->run;
    uint64_t state = joined(run->sum, run->told);
    state = joined(state, view->step ^ view->skipped << 32);
    state = joined(state, run->order ^ (uint64_t)view->current << 32);
    state = joined(state, view->enabled ^ rng_mix(view->live));
    for (uint32_t i = 0; i < view->count; i++) {
        const struct sched_thread *thread = &view->threads[i];
        state = joined(state, run->chain[i] ^ (uint64_t)thread->op << 8 ^ thread->site);
        if (run->yielded >> i & 1)
            state = joined(state, run->awaits[i]);
    }
    return state;
}

// True if everything from here on was seen, with as many preemptions left. Where there is a choice,
// it will have been.
static bool is_known(struct search *search, const struct sched_view *view, bool choice) {
    if (search->config.method != SEARCH_STATES)
        return false;
    uint32_t left = UINT8_MAX - 1;
    if (search->bound != SEARCH_UNBOUNDED)
        left = search->bound - search->run.spent;
    uint64_t state = state_of(search, view);
    return choice ? !hashes_raise(&search->states, state, (uint8_t)(left + 1))
                  : hashes_value(&search->states, state) > left;
}

// A step that no run has taken. False if the run is to be given up here, which one that is forced
// cannot be.
static bool new_step(struct search *search, const struct sched_view *view, bool forced,
                     struct search_step *step) {
    inherit_sleep(search, view, step);
    uint64_t awake = step->options & ~step->sleep;
    bool choice = (step->options & (step->options - 1)) != 0;
    if (forced)
        awake = step->options;
    else if (awake == 0 || is_known(search, view, choice))
        return false;
    search->stats.nodes += choice;
    step->chosen = preferred(view, awake);
    step->backtrack =
        search->config.method == SEARCH_RACES ? search_bit(step->chosen) : step->options;
    return true;
}

// The thread goes on: its announced operation is the next transition.
static void start(struct search *search, const struct sched_view *view, uint32_t thread) {
    struct search_run *run = &search->run;
    const struct sched_thread *next = &view->threads[thread];
    run->last = run->at++;
    run->running = thread;
    run->op = next->op;
    run->object = next->object;
    run->site = next->site;
    run->spent += thread != view->current && goes_on(view);
    run->awaits[thread] = 0;
    run->yielded &= ~search_bit(thread);
    for (uint64_t mask = run->yielded; mask != 0; mask &= mask - 1)
        run->awaits[__builtin_ctzll(mask)] &= ~search_bit(thread);
}

static uint32_t give_up(struct search *search) {
    search->run.cut = true;
    return SCHED_LEAVE;
}

// Is what stands in the path what the run has come to?
static bool path_fits(struct search *search, const struct sched_view *view, uint64_t options) {
    const struct search_step *step = &search->steps[search->run.at];
    if (step->bound == 0 && step->options == options && step->enabled == view->enabled)
        return true;
    search->stats.gaps |= SEARCH_GAP_DIVERGED;
    search->prefix = search->run.at; // what lay behind it is lost
    return false;
}

// Keep a decision in the words of a schedule, if somebody counts occurrences.
static void keep_decision(struct search *search, const struct sched_view *view,
                          struct os_decision decision) {
    if (view->occurrence == 0 || search->decisions_count == SEARCH_DECISIONS_MAX)
        return;
    const struct sched_thread *thread = &view->threads[view->current];
    decision.context = thread->context->path;
    decision.op = thread->context->op;
    decision.site = thread->site;
    decision.occurrence = view->occurrence;
    search->decisions[search->decisions_count++] = decision;
}

// The next step, with these options: the path's, or a new one. Forced: there is one, whatever is
// known of it.
static uint32_t take_step(struct search *search, const struct sched_view *view, uint64_t options,
                          bool forced) {
    struct search_run *run = &search->run;
    run->step = view->step;
    if (run->at == SEARCH_DEPTH_MAX) {
        search->stats.gaps |= SEARCH_GAP_DEPTH;
        return give_up(search);
    }
    struct search_step *step = &search->steps[run->at];
    if (run->at < search->prefix) {
        if (!path_fits(search, view, options))
            return give_up(search);
    } else {
        *step = (struct search_step){
            .enabled = view->enabled, .options = options, .threads = (uint8_t)view->count};
        if (search->leaves || !new_step(search, view, forced, step))
            return give_up(search);
    }
    uint32_t chosen = step->chosen;
    start(search, view, chosen);
    return chosen;
}

// ---- the scheduler ------------------------------------------------------------------------------

static void search_begin(struct sched *sched) {
    struct search *search = search_of(sched);
    search->run = (struct search_run){.last = SEARCH_DEPTH_MAX, .op = OS_STEP, .threads = 1};
    search->runs++;
    search->objects_count = SEARCH_OBJECT_FIRST;
    search->length = search->decisions_count = 0;
    sched->quiet = 1;
}

static uint32_t search_pick(struct sched *sched, const struct sched_view *view) {
    struct search *search = search_of(sched);
    if (search->run.cut)
        return SCHED_LEAVE;
    finish(search, view, false);
    if (view->threads[view->current].op == OS_YIELD)
        yield(&search->run, view);
    uint32_t thread = take_step(search, view, options_of(search, view), false);
    if (thread != SCHED_LEAVE && thread != sched_default(view))
        keep_decision(search, view, (struct os_decision){.target = view->threads[thread].path});
    return thread;
}

// Spins are nobody's decision: whoever is next goes on.
static void search_rotated(struct sched *sched, const struct sched_view *view, uint32_t to) {
    struct search *search = search_of(sched);
    if (search->run.cut) // until the next pick
        return;
    finish(search, view, false);
    yield(&search->run, view);
    take_step(search, view, search_bit(to), true);
}

static uint32_t search_choose(struct sched *sched, const struct sched_view *view, uint32_t bound) {
    struct search *search = search_of(sched);
    struct search_run *run = &search->run;
    if (!search->config.chooses || run->cut || run->at == SEARCH_DEPTH_MAX)
        return 0;
    struct search_step *step = &search->steps[run->at];
    if (run->at >= search->prefix)
        *step = (struct search_step){.bound = bound, .threads = (uint8_t)view->count};
    else if (step->bound != bound)
        search->stats.gaps |= SEARCH_GAP_DIVERGED;
    run->at++;
    run->local = joined(run->local, step->chosen);
    uint32_t value = step->chosen < bound ? step->chosen : 0;
    if (value != 0)
        keep_decision(search, view, (struct os_decision){.is_choice = true, .value = value});
    return value;
}

// Who was about to take a mutex, and which: had they come first, they would have it. Some could
// take it now, since the last transition gave it back.
static void note_waiting(struct search_run *run, const struct sched_view *view, uint64_t waiting) {
    for (uint64_t mask = waiting; mask != 0; mask &= mask - 1) {
        uint32_t thread = (uint32_t)__builtin_ctzll(mask);
        if (view->threads[thread].op != OS_LOCK)
            continue;
        run->pending_locks |= search_bit(thread);
        run->pending[thread] = view->threads[thread].object;
    }
}

// How the run ended, and who could have gone on.
static void search_end(struct sched *sched, const struct sched_view *view) {
    struct search *search = search_of(sched);
    struct search_run *run = &search->run;
    run->ended = true;
    run->class = run->sum;
    search->length = run->at;
    if (run->cut) {
        note_waiting(run, view, view->live & ~view->enabled);
        return;
    }
    if (view->step > run->step + 1) // the fair tail
        search->stats.gaps |= SEARCH_GAP_BUDGET;
    bool in_transition = view->current == run->running && sched_is_enabled(view, run->running);
    finish(search, view, in_transition);
    note_waiting(run, view, view->live & ~(in_transition ? search_bit(run->running) : 0));
    run->enabled = in_transition ? view->enabled & ~search_bit(run->running) : 0;
    run->class = joined(run->sum, run->told);
}

void search_walk_init(struct search *search) {
    search->sched = (struct sched){
        .name = "search",
        .begin = search_begin,
        .end = search_end,
        .pick = search_pick,
        .choose = search_choose,
        .rotated = search_rotated,
        .quiet = 1,
    };
}

// Races of the last run: two transitions that depend on one another, nothing in between that orders
// them, and the later one could have come first. Then some run is to go on, before the earlier one,
// with all that lies between and does not come behind the earlier one, and then with the later one.
// Whoever can be first in that is enough: it goes into the step's backtrack (source sets: Abdulla,
// Aronis, Jonsson and Sagonas, 2014). The older rule, anybody who leads to the later one, does not
// go together with sleep sets: the one that it names may be asleep, and search_test sees the miss.
//
// A clock says for each thread how many steps of the path one has heard of: entry t of p's clock is
// 1 + the last step of t that p's next one comes behind.
#include "assert.h"
#include "search_impl.h"

#include <string.h>

struct clock {
    uint32_t seen[SCHED_THREADS_MAX];
};

// What was done to an object: steps + 1, by thread; and the clocks of all that was.
struct object_past {
    uint32_t writes[SCHED_THREADS_MAX], reads[SCHED_THREADS_MAX], locks[SCHED_THREADS_MAX];
    struct clock written, read;
};

struct search_races {
    uint32_t threads;                 // in the run
    uint32_t objects;                 // whose past is of this run
    uint32_t last[SCHED_THREADS_MAX]; // steps + 1 of each thread
    struct clock clocks[SCHED_THREADS_MAX];
    struct clock next; // of the transition whose races are looked for, itself left out
    struct object_past past[SEARCH_OBJECTS_MAX];
    struct clock steps[SEARCH_DEPTH_MAX]; // of each step, itself included
};

size_t search_races_size(void) {
    return sizeof(struct search_races);
}

static void clear(struct search_races *races, uint32_t *by_thread) {
    memset(by_thread, 0, races->threads * sizeof *by_thread);
}

static void join(const struct search_races *races, struct clock *into, const struct clock *other) {
    for (uint32_t i = 0; i < races->threads; i++)
        if (into->seen[i] < other->seen[i])
            into->seen[i] = other->seen[i];
}

// The past of an object. Numbers are handed out in the order in which the run touched them.
static struct object_past *past_of(struct search_races *races, uint32_t object) {
    for (; races->objects <= object; races->objects++) {
        struct object_past *past = &races->past[races->objects];
        clear(races, past->writes);
        clear(races, past->reads);
        clear(races, past->locks);
        clear(races, past->written.seen);
        clear(races, past->read.seen);
    }
    return &races->past[object];
}

// Does step `later` come behind step `earlier`, in every run of this class?
static bool follows(const struct search *search, uint32_t later, uint32_t earlier) {
    return search->races->steps[later].seen[search->steps[earlier].chosen] > earlier;
}

// Who can be first in: what lies between and does not follow `earlier`, then the thread's next
// transition. Looks no further once it has found one of `wanted`.
static uint64_t first_ones(const struct search *search, uint32_t earlier, uint32_t later,
                           uint32_t thread, uint64_t wanted) {
    const struct search_races *races = search->races;
    uint32_t first[SCHED_THREADS_MAX];
    uint64_t met = 0, ones = 0;
    for (uint32_t i = earlier + 1; i <= later; i++) {
        if (i < later && (search->steps[i].bound != 0 || follows(search, i, earlier)))
            continue;
        uint32_t who = i < later ? search->steps[i].chosen : thread;
        if (met >> who & 1)
            continue;
        const struct clock *clock = i < later ? &races->steps[i] : &races->next;
        bool behind = false;
        for (uint64_t mask = met; mask != 0 && !behind; mask &= mask - 1) {
            uint32_t other = (uint32_t)__builtin_ctzll(mask);
            behind = clock->seen[other] > first[other];
        }
        met |= search_bit(who);
        first[who] = i;
        ones |= behind ? 0 : search_bit(who);
        if (ones & wanted)
            break;
    }
    return ones;
}

// The thread's next transition, step `later`, is to come before step `earlier` in some run.
static void reverse(struct search *search, uint32_t earlier, uint32_t later, uint32_t thread) {
    struct search_step *step = &search->steps[earlier];
    uint64_t ones = first_ones(search, earlier, later, thread, step->backtrack) & step->options;
    if (ones == 0)
        step->backtrack |= step->options;
    else if ((ones & step->backtrack) == 0)
        step->backtrack |= ones >> thread & 1 ? search_bit(thread) : ones & -ones;
}

// The last step of `other`, + 1, that may not be exchanged with an access of this kind; 0 = none.
static uint32_t conflict(const struct search *search, const struct object_past *past,
                         enum search_access access, uint32_t other) {
    switch (access) {
    case SEARCH_READ:
        return past->writes[other];
    case SEARCH_WRITE:
        if (search->config.blind_to_writes || past->reads[other] > past->writes[other])
            return past->reads[other];
        return past->writes[other];
    case SEARCH_LOCK: // who gives it back has it, so nobody else could have taken it there
        return past->locks[other];
    default:
        return 0;
    }
}

enum { ACCESSES_MAX = 3, RACES_MAX = ACCESSES_MAX * SCHED_THREADS_MAX };
struct access {
    uint32_t object;
    enum search_access access;
};

// Had the thread announced its next transition before this step, and was not among these?
static bool was_left_out(const struct search *search, uint32_t earlier, uint32_t thread,
                         uint64_t among) {
    return search->races->last[thread] <= earlier && thread < search->steps[earlier].threads &&
           (among >> thread & 1) == 0;
}

// The steps that an access of `thread`'s next transition races with, behind those that are in
// `found` already. Returns how many there are.
static uint32_t find(struct search *search, struct access access, uint32_t thread,
                     uint32_t found[RACES_MAX], uint32_t count) {
    struct search_races *races = search->races;
    const struct object_past *past = past_of(races, access.object);
    for (uint32_t other = 0; other < races->threads; other++) {
        uint32_t earlier = conflict(search, past, access.access, other);
        if (other == thread || earlier == 0 || races->clocks[thread].seen[other] >= earlier)
            continue;
        if (access.object >= SEARCH_OBJECT_FIRST &&
            was_left_out(search, earlier - 1, thread, search->steps[earlier - 1].enabled))
            continue; // it was made possible by that
        found[count++] = earlier - 1;
    }
    return count;
}

// Could somebody else have gone on before this step, so that the thread's transition comes first?
static bool can_reverse(const struct search *search, uint32_t earlier, uint32_t thread) {
    uint64_t options = search->steps[earlier].options;
    return (options & (options - 1)) != 0 && !was_left_out(search, earlier, thread, options);
}

// Reverse the races of a transition that is step `later`, but for those that another one, which can
// be reversed, orders.
static void reverse_all(struct search *search, const struct access *accesses, uint32_t count,
                        uint32_t later, uint32_t thread) {
    uint32_t found[RACES_MAX], races = 0;
    for (uint32_t i = 0; i < count; i++)
        races = find(search, accesses[i], thread, found, races);
    for (uint32_t i = 0; i < races; i++) {
        bool ordered = false;
        for (uint32_t k = 0; k < races && !ordered; k++)
            ordered = found[k] > found[i] && follows(search, found[k], found[i]) &&
                      can_reverse(search, found[k], thread);
        if (!ordered)
            reverse(search, found[i], later, thread);
    }
}

static void hear(struct search_races *races, struct access access, struct clock *clock) {
    const struct object_past *past = past_of(races, access.object);
    join(races, clock, &past->written);
    if (access.access != SEARCH_READ)
        join(races, clock, &past->read);
}

static void tell(struct search_races *races, struct access access, uint32_t thread, uint32_t step) {
    struct object_past *past = past_of(races, access.object);
    bool reads = access.access == SEARCH_READ;
    join(races, reads ? &past->read : &past->written, &races->clocks[thread]);
    (reads ? past->reads : past->writes)[thread] = step + 1;
    if (access.access == SEARCH_LOCK)
        past->locks[thread] = step + 1;
}

static uint32_t accesses_of(const struct search_step *step, struct access *accesses) {
    uint32_t count = 0;
    accesses[count++] = (struct access){SEARCH_ALL, step->global ? SEARCH_WRITE : SEARCH_READ};
    if (step->tells)
        accesses[count++] = (struct access){SEARCH_TRACE, SEARCH_WRITE};
    if (step->access != SEARCH_NONE)
        accesses[count++] = (struct access){step->object, (enum search_access)step->access};
    return count;
}

// Threads that the transition before this step has made begin behind it.
static void begin_threads(struct search_races *races, uint32_t *known, uint32_t threads,
                          uint32_t creator) {
    for (; *known < threads; ++*known)
        races->clocks[*known] = races->clocks[creator];
}

// What the transition comes behind: what its thread does, and whatever its accesses depend on.
static void hear_all(struct search_races *races, const struct access *accesses, uint32_t count,
                     struct clock *clock) {
    for (uint32_t i = 0; i < count; i++)
        hear(races, accesses[i], clock);
}

// Who waits for a mutex at the end, or when a run is given up, would have taken it, had it come
// before whoever took it last. Whoever else could have gone on at the end could have done so before
// the last transition.
static void find_at_end(struct search *search, uint32_t last) {
    const struct search_run *run = &search->run;
    struct search_races *races = search->races;
    for (uint64_t mask = run->pending_locks; mask != 0; mask &= mask - 1) {
        uint32_t thread = (uint32_t)__builtin_ctzll(mask);
        struct access lock = {search_object_of(search, run->pending[thread]), SEARCH_LOCK};
        races->next = races->clocks[thread];
        hear(races, lock, &races->next);
        reverse_all(search, &lock, 1, search->length, thread);
    }
    search->steps[last].backtrack |= run->enabled & search->steps[last].options;
}

// One transition: its races, if they are new, and what it means for those to come.
static void take(struct search *search, uint32_t at) {
    struct search_races *races = search->races;
    const struct search_step *step = &search->steps[at];
    uint32_t thread = step->chosen;
    struct access accesses[ACCESSES_MAX];
    uint32_t count = accesses_of(step, accesses);
    races->next = races->clocks[thread];
    hear_all(races, accesses, count, &races->next);
    if (at + 1 >= search->prefix) // earlier ones are as they were
        reverse_all(search, accesses, count, at, thread);
    struct clock *clock = &races->clocks[thread];
    *clock = races->next;
    clock->seen[thread] = races->last[thread] = at + 1;
    races->steps[at] = *clock;
    for (uint32_t i = 0; i < count; i++)
        tell(races, accesses[i], thread, at);
}

void search_races_find(struct search *search) {
    struct search_races *races = search->races;
    uint32_t known = 1, creator = 0, last = SEARCH_DEPTH_MAX;
    races->threads = search->run.threads;
    races->objects = 0;
    clear(races, races->last);
    for (uint32_t i = 0; i < races->threads; i++)
        clear(races, races->clocks[i].seen);
    for (uint32_t i = 0; i < search->length; i++) {
        const struct search_step *step = &search->steps[i];
        if (step->bound != 0)
            continue;
        begin_threads(races, &known, step->threads, creator);
        take(search, i);
        creator = step->chosen;
        last = i;
    }
    if (last != SEARCH_DEPTH_MAX)
        find_at_end(search, last);
}

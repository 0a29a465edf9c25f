// Which path is next: depth first, the deepest decision that has another answer left.
#include "search.h"

#include "assert.h"
#include "search_impl.h"

#include <stdio.h>
#include <sys/mman.h>

static size_t aligned(size_t size) {
    return (size + 63) / 64 * 64;
}

static size_t whole_size(void) {
    return aligned(sizeof(struct search)) + aligned(search_races_size()) +
           SEARCH_SETS_SIZE * (2 * sizeof(uint64_t) + 1);
}

struct search *search_new(const struct search_config *config) {
    ASSERT(config->method != SEARCH_RACES || config->preemptions == SEARCH_UNBOUNDED);
    uint8_t *memory = mmap(NULL, whole_size(), PROT_READ | PROT_WRITE,
                           MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        perror("search");
        return NULL;
    }
    struct search *search = (struct search *)(void *)memory;
    memory += aligned(sizeof *search);
    search->races = (struct search_races *)(void *)memory;
    memory += aligned(search_races_size());
    search->states.keys = (uint64_t *)(void *)memory;
    search->traces.keys = search->states.keys + SEARCH_SETS_SIZE;
    search->states.values = (uint8_t *)(search->traces.keys + SEARCH_SETS_SIZE);
    search->states.size = search->traces.size = SEARCH_SETS_SIZE;
    search->config = *config;
    search->bound = config->preemptions == SEARCH_UNBOUNDED ? SEARCH_UNBOUNDED : 0;
    search->stats.bound = search->bound;
    search_walk_init(search);
    return search;
}

void search_free(struct search *search) {
    if (search != NULL)
        munmap(search, whole_size());
}

struct sched *search_sched(struct search *search) {
    return &search->sched;
}

const struct search_stats *search_stats(const struct search *search) {
    return &search->stats;
}

uint32_t search_decisions(const struct search *search, const struct os_decision **decisions) {
    *decisions = search->decisions;
    return search->decisions_count;
}

uint64_t search_class(const struct search *search) {
    return search->run.class;
}

bool search_was_cut(const struct search *search) {
    return search->run.cut;
}

// Another answer to this decision, if one is left.
static bool step_advance(struct search_step *step) {
    if (step->bound != 0)
        return ++step->chosen < step->bound;
    uint64_t bit = search_bit(step->chosen);
    step->done |= bit;
    step->done_tells |= step->tells ? bit : 0;
    step->done_global |= step->global ? bit : 0;
    uint64_t left = step->backtrack & step->options & ~step->done & ~step->sleep;
    if (left == 0)
        return false;
    step->chosen = (uint32_t)__builtin_ctzll(left);
    step->tells = step->global = false; // of whoever goes on now
    return true;
}

// The run died: nobody said what its last transition did, so it may have done anything.
static void close_books(struct search *search) {
    struct search_run *run = &search->run;
    if (run->ended)
        return;
    run->ended = true;
    run->enabled = 0;
    run->class = run->sum + 1;
    search->length = run->at;
    if (run->last == SEARCH_DEPTH_MAX)
        return;
    struct search_step *step = &search->steps[run->last];
    step->tells = step->global = true;
    run->enabled = step->enabled & ~search_bit(step->chosen);
}

void search_repeat(struct search *search) {
    close_books(search);
    search->prefix = search->length;
    search->leaves = search->run.cut;
}

static void count(struct search *search, enum run_end end) {
    struct search_stats *stats = &search->stats;
    stats->executions++;
    if (search->run.cut)
        stats->cut++;
    else if (end == RUN_INCONCLUSIVE || end == RUN_NO_PROGRESS)
        stats->gaps |= SEARCH_GAP_BUDGET;
    if (!search->run.cut)
        hashes_add(&search->traces, search->run.class);
    stats->traces = search->traces.count;
    if (search->length > stats->depth)
        stats->depth = search->length;
}

bool search_next(struct search *search, enum run_end end) {
    close_books(search);
    count(search, end);
    search->leaves = false;
    if (search->config.method == SEARCH_RACES)
        search_races_find(search);
    uint32_t length = search->length;
    while (length > 0 && !step_advance(&search->steps[length - 1]))
        length--;
    search->prefix = length;
    if (length != 0)
        return true;
    if (search->bound == search->config.preemptions) {
        search->stats.over = true;
        return false;
    }
    search->stats.bound = ++search->bound;
    return true;
}

// A campaign as the page that is read in the morning: what was found, with stories and replay
// lines; what was looked at and what was not, with the promises that were never decided in red.
// Pure: appends to a growing string.
#ifndef GPROOF_CAMPAIGN_PAGE_H
#define GPROOF_CAMPAIGN_PAGE_H

#include "flip_cells.h"
#include "oracle.h"
#include "strbuf.h"

// Strings are borrowed and may be NULL, except invariant and signature.
struct campaign_page_finding {
    const char *invariant, *signature, *reason, *story, *replay;
    const char *page; // link to its own page
    uint32_t ops, preemptions, hits, replays;
    uint64_t executions; // when it was first seen
    double seconds;
    bool known; // there before this campaign
};

struct campaign_page {
    const char *end, *why;      // how the campaign ended, in words
    const char *world, *engine; // the world also says which promises are decidable
    const char *subject;        // options that name it; empty: the correct runtime
    const char *canaries;       // what was done to know that the campaign can see, in words
    bool blind;
    uint64_t seed, executions, inconclusive, points, events, workers, restarts, unreproduced;
    double seconds;
    uint64_t sampled;       // executions whose trace was hashed
    double traces_distinct; // about, among those
    uint64_t evaluated[INVARIANT_COUNT], decided[INVARIANT_COUNT];
    uint32_t cells[FLIP_CELLS];
    const struct campaign_page_finding *findings; // borrowed
    uint32_t findings_count;
};

void campaign_page(struct strbuf *out, const struct campaign_page *page);

#endif

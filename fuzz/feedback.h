// What the engines climb by besides code edges: the flip cells, and pairs of (a goroutine's last
// change of state, what another thread did or saw next), hashed into a small array of counters.
// libFuzzer reads the array as __libfuzzer_extra_counters; AFL++ gets it as guards of its own map;
// the loop engine reads it directly. A counter says that something was seen, not how often:
// rewarding "more often" fills a corpus with long runs (a campaign was ten times slower for it).
// One source, the back end chosen at compile time (GPROOF_FEEDBACK_AFL).
#ifndef GPROOF_FEEDBACK_H
#define GPROOF_FEEDBACK_H

#include "flip_cells.h"
#include "trace.h"

enum {
    FEEDBACK_PAIRS = 2048, // a power of two
    FEEDBACK_EVENTS_MAX =
        4096, // of a longer trace only cells count: what it shows, a shorter one will
    FEEDBACK_GOROUTINES = 1024,                                   // told apart, a power of two
    FEEDBACK_COUNTERS = (FLIP_CELLS + FEEDBACK_PAIRS + 7) / 8 * 8 // read eight at a time
};

// The last change of state of a goroutine in the run being read.
struct feedback_last {
    uint32_t run; // stale if not the current run
    uint16_t thread, change;
};

struct feedback {
    uint32_t run;
    struct feedback_last last[FEEDBACK_GOROUTINES];
};

// Count a trace: its cells into cells[FLIP_CELLS] (saturating) and, with the pairs, into the
// engine's counters. feedback is all zero before the first use.
void feedback_count(struct feedback *feedback, const struct trace *trace, uint32_t *cells);

#ifndef GPROOF_FEEDBACK_AFL
// The counters of the last run; whoever reads them sets them to zero before the next.
extern uint8_t feedback_counters[FEEDBACK_COUNTERS];
#endif

#endif

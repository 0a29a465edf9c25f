// The coverage that this project exists for: while a profile is active, who observed a goroutine in
// which profile state, what its role was at the first stop (or at its creation, if later) and what
// it is now. Read from a trace. Pure data.
#ifndef GPROOF_FLIP_CELLS_H
#define GPROOF_FLIP_CELLS_H

#include "trace.h"

enum {
    FLIP_CELLS = TRACE_OBSERVER_COUNT * TRACE_STATE_COUNT * TRACE_ROLE_COUNT * TRACE_ROLE_COUNT
};

struct flip_cell {
    enum trace_observer observer;
    enum trace_profile_state state;
    enum trace_role before, after;
};

uint32_t flip_cell_index(struct flip_cell cell);
struct flip_cell flip_cell_at(uint32_t index); // index < FLIP_CELLS

// NULL if a correct runtime can reach the cell, else the reason why it cannot.
const char *flip_cell_infeasible(uint32_t index);

// Add the trace's observations to counts[FLIP_CELLS], saturating.
void flip_cells_count(const struct trace *trace, uint32_t *counts);

#endif

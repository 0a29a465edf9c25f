// See flip_cells.h.
#include "flip_cells.h"

#include "assert.h"

#include <string.h>

uint32_t flip_cell_index(struct flip_cell cell) {
    ASSERT((unsigned)cell.observer < TRACE_OBSERVER_COUNT);
    ASSERT((unsigned)cell.state < TRACE_STATE_COUNT);
    ASSERT((unsigned)cell.before < TRACE_ROLE_COUNT && (unsigned)cell.after < TRACE_ROLE_COUNT);
    return ((cell.observer * TRACE_STATE_COUNT + cell.state) * TRACE_ROLE_COUNT + cell.before) *
               TRACE_ROLE_COUNT +
           cell.after;
}

struct flip_cell flip_cell_at(uint32_t index) {
    ASSERT(index < FLIP_CELLS);
    return (struct flip_cell){
        .observer = (enum trace_observer)(
            index / (TRACE_STATE_COUNT * TRACE_ROLE_COUNT * TRACE_ROLE_COUNT)),
        .state = (enum trace_profile_state)(index / (TRACE_ROLE_COUNT * TRACE_ROLE_COUNT) %
                                            TRACE_STATE_COUNT),
        .before = (enum trace_role)(index / TRACE_ROLE_COUNT % TRACE_ROLE_COUNT),
        .after = (enum trace_role)(index % TRACE_ROLE_COUNT),
    };
}

// Each rule follows from the protocol alone; a cell that no rule excludes can be reached.
const char *flip_cell_infeasible(uint32_t index) {
    struct flip_cell cell = flip_cell_at(index);
    if (cell.observer == TRACE_BY_CREATION && cell.state == TRACE_IN_PROGRESS)
        return "a newcomer's struct is fresh or of a dead goroutine, and nobody dies while its "
               "record is in progress";
    if (cell.observer == TRACE_BY_CREATION && cell.before != cell.after)
        return "a newcomer's role before is its role at this very creation";
    if (cell.observer == TRACE_BY_SYSCALL_RETURN && cell.after == TRACE_ROLE_SYSTEM)
        return "only user code makes system calls, and a role does not flip inside one";
    if (cell.observer == TRACE_BY_COROUTINE && cell.after == TRACE_ROLE_SYSTEM)
        return "only user code waits in a coroutine, and a role does not flip while it waits";
    if (cell.observer == TRACE_BY_FOREIGN &&
        (cell.before == TRACE_ROLE_SYSTEM || cell.after == TRACE_ROLE_SYSTEM))
        return "a call from C is made by a user goroutine";
    if (cell.state != TRACE_SATISFIED && cell.before != cell.after)
        return "a role flips only while its goroutine runs, and it runs only once it is satisfied";
    return NULL;
}

// ---- counting -----------------------------------------------------------------------------------

enum { IDS = 1 << 16 }; // larger ids count as system goroutines: no buffer holds that many events

struct role_set {
    uint64_t bits[IDS / 64];
};

static void set_role(struct role_set *set, uint32_t id, bool user) {
    if (id >= IDS)
        return;
    uint64_t bit = UINT64_C(1) << (id % 64);
    set->bits[id / 64] = user ? set->bits[id / 64] | bit : set->bits[id / 64] & ~bit;
}

static enum trace_role role_in(const struct role_set *set, uint32_t id) {
    return id < IDS && (set->bits[id / 64] >> (id % 64) & 1) ? TRACE_ROLE_USER : TRACE_ROLE_SYSTEM;
}

static bool born_user(uint32_t service) {
    return service == TRACE_PLAN || service == TRACE_FOREIGN;
}

static void count_cell(const struct trace_event *event, enum trace_role before, uint32_t *counts) {
    if (event->object >= TRACE_OBSERVER_COUNT || event->a >= TRACE_STATE_COUNT ||
        event->b >= TRACE_ROLE_COUNT)
        return;
    struct flip_cell cell = {(enum trace_observer)event->object, (enum trace_profile_state)event->a,
                             before, (enum trace_role)event->b};
    uint32_t *count = &counts[flip_cell_index(cell)];
    if (*count != UINT32_MAX)
        ++*count;
}

void flip_cells_count(const struct trace *trace, uint32_t *counts) {
    // Roles now, and at the last first stop or at creation if that was later.
    struct role_set now, before;
    memset(&now, 0, sizeof now);
    memset(&before, 0, sizeof before);
    for (uint32_t i = 0; i < trace->count; i++) {
        const struct trace_event *event = &trace->events[i];
        switch (event->kind) {
        case TRACE_go_create:
            set_role(&now, event->goroutine, born_user(event->a));
            set_role(&before, event->goroutine, born_user(event->a));
            break;
        case TRACE_role:
            set_role(&now, event->goroutine, event->a == TRACE_ROLE_USER);
            break;
        case TRACE_world_stopped:
            if (event->a == TRACE_STOP_PROFILE)
                memcpy(&before, &now, sizeof before);
            break;
        case TRACE_observe:
            count_cell(event, role_in(&before, event->goroutine), counts);
            break;
        default:
            break;
        }
    }
}

// What becomes of goroutines: when a run has come to rest, each that was created has ended, or is
// parked where the plan or want of work has put it. Nobody is runnable, and nobody waits inside the
// runtime.
#include "monitor.h"

static bool is_inside_runtime(uint8_t wait) {
    return wait == TRACE_WAIT_WORLD_SEMA || wait == TRACE_WAIT_GC_SEMA ||
           wait == TRACE_WAIT_PROFILE_SEMA || wait == TRACE_WAIT_GC_CYCLE ||
           wait == TRACE_WAIT_LEAK_LOCK;
}

static void judge_one(struct oracle *oracle, uint32_t id, const struct shadow_g *g) {
    bool waits = g->status == TRACE_GWAITING || g->status == TRACE_GLEAKED;
    bool parked = waits && !is_inside_runtime(g->wait);
    bool dead = g->status == TRACE_GDEAD || g->status == TRACE_GDEADEXTRA;
    bool holds = g->now.alive ? parked && g->thread == 0 : dead;
    if (!oracle_holds(oracle, INV_goroutines_conserved, holds))
        oracle_raise(oracle, INV_goroutines_conserved, oracle->index, id,
                     (uint64_t)g->status << 1 | g->now.alive,
                     "%s %s, but its status is %s and nothing runs any more",
                     oracle_name(oracle, id).text, g->now.alive ? "has not ended" : "has ended",
                     trace_status_name(g->status));
}

static void end_conserved(struct oracle *oracle, bool cut) {
    struct shadow *shadow = &oracle->shadow;
    bool rest = !cut && (oracle->end == RUN_FINISHED || oracle->end == RUN_QUIESCENT);
    for (uint32_t id = 1; id <= shadow->goroutine_last; id++) {
        const struct shadow_g *g = shadow_goroutine(shadow, id);
        if (!g->known)
            continue;
        // Where the seam tells every write, one without any has never become runnable.
        if (rest && (g->status_version != 0 || oracle->raw))
            judge_one(oracle, id, g);
        else
            oracle_undecided(oracle, INV_goroutines_conserved);
    }
}

const struct monitor monitor_conserved = {.end = end_conserved};

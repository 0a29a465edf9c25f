// The one writer of g.status, with its table of allowed edges (runtime2.go, proc.go casgstatus).
#include "rt_impl.h"

// allowed[from] has a bit for each status that may follow.
static const uint8_t allowed[GSTATUS_COUNT] = {
    [GIDLE] = 1u << GDEAD,                      // allocated
    [GDEAD] = 1u << GRUNNABLE | 1u << GWAITING, // created; in a coroutine
    [GRUNNABLE] = 1u << GRUNNING,               // executed
    [GRUNNING] = 1u << GRUNNABLE | 1u << GWAITING | 1u << GSYSCALL | 1u << GDEAD,
    [GSYSCALL] = 1u << GRUNNING | 1u << GRUNNABLE, // with and without a P
    [GWAITING] = 1u << GRUNNABLE | 1u << GRUNNING, // readied; resumed, or the stopper goes on
};

void rt_cas_status(struct g *gp, enum g_status from, enum g_status to, enum site site) {
    if (((allowed[from] >> to) & 1) == 0)
        rt_fatal(TRACE_CHECK_status_edge, (uint64_t)from << 8 | to);
    uint32_t word = os_watched_load(&gp->status, site);
    uint32_t written = 0;
    if (os_watched_state(word) == (uint32_t)from)
        written = os_watched_cas(&gp->status, word, to, TRACE_RAW_STATUS, site);
    if (written == 0) // nobody else may move it: whoever asks owns the edge
        rt_fatal(TRACE_CHECK_status_edge, (uint64_t)os_watched_state(word) << 8 | to);
    rt_event(rt_m(), TRACE_status, gp->goid, 0, os_watched_version(written), from, to);
}

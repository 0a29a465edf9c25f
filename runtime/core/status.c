// The one writer of g.status, with its table of allowed edges (runtime2.go, proc.go casgstatus,
// castogscanstatus). Where nobody is in the way, it is inlined: rt_cas_status in rt_impl.h.
#include "rt_impl.h"

const uint16_t rt_status_edges[GSTATUS_COUNT] = {
    [GIDLE] = 1u << GDEAD,                       // allocated
    [GDEAD] = 1u << GRUNNABLE | 1u << GWAITING | // created; in a coroutine
              1u << GSYSCALL | 1u << GDEADEXTRA, // called from C, before 1.26 and since
    [GDEADEXTRA] = 1u << GSYSCALL,
    [GRUNNABLE] = 1u << GRUNNING, // executed
    [GRUNNING] = 1u << GRUNNABLE | 1u << GWAITING | 1u << GSYSCALL | 1u << GDEAD |
                 1u << GCOPYSTACK | 1u << GPREEMPTED,
    [GSYSCALL] = 1u << GRUNNING | 1u << GRUNNABLE | // with and without a P
                 1u << GDEADEXTRA | 1u << GDEAD,    // the call from C is over
    [GWAITING] = 1u << GRUNNABLE | 1u << GRUNNING | // readied; resumed, or the stopper goes on
                 1u << GLEAKED,
    [GLEAKED] = 1u << GWAITING, // the next cycle that looks begins anew
    [GCOPYSTACK] = 1u << GRUNNING,
    [GPREEMPTED] = 1u << GWAITING, // the scanner has come
};

uint32_t rt_cas_status_contended(struct g *gp, uint32_t word, enum g_status from, enum g_status to,
                                 enum site site) {
    for (;;) {
        // [status] Whoever has the scan bit owns the stack: it goes on when they are through.
        while (os_watched_state(word) == ((uint32_t)from | GSCAN)) {
            os_yield(SITE_scan_wait);
            word = os_watched_load(&gp->status, SITE_scan_wait);
        }
        if (os_watched_state(word) !=
            (uint32_t)from) // nobody else may move it: whoever asks owns it
            rt_fatal(TRACE_CHECK_status_edge, (uint64_t)os_watched_state(word) << 8 | to);
        uint32_t written = os_watched_cas(&gp->status, word, to, TRACE_RAW_STATUS, site);
        if (written != 0)
            return written;
        word = os_watched_load(&gp->status, site); // a scanner came in between
    }
}

uint32_t rt_scan_acquire(struct g *gp, uint32_t word) {
    uint32_t from = os_watched_state(word);
    uint32_t written =
        os_watched_cas(&gp->status, word, from | GSCAN, TRACE_RAW_STATUS, SITE_scan_acquire);
    if (written != 0)
        rt_event(rt_m(), TRACE_status, os_peek_u32(&gp->status.id), 0, os_watched_version(written),
                 from, from | GSCAN);
    return written;
}

void rt_scan_release(struct g *gp, uint32_t word) {
    uint32_t from = os_watched_state(word), to = from & ~(uint32_t)GSCAN;
    rt_event(rt_m(), TRACE_status, os_peek_u32(&gp->status.id), 0,
             os_watched_version(os_watched_next(word, to)), from, to);
    os_watched_store(&gp->status, word, to, TRACE_RAW_STATUS, SITE_scan_release);
}

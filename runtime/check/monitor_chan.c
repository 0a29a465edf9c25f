// Channels give what was put into them: the k-th value that comes out is the k-th that went in,
// each comes out once, and closed is only told of a channel that is closed and empty. An operation
// tells its ordinal, which was fixed under the channel's lock, so the two ends of a value are
// matched in whatever order they are told. Its own: oracle.values.
#include "monitor.h"

enum { WENT_IN = 1, CAME_OUT = 2, SAID_EMPTY = 4 };

// The place where the two ends of a value meet. Whoever is still there from another value was never
// matched: then nobody can say any more what is missing at the end.
static struct chan_value *place(struct oracle *oracle, const struct trace_event *event) {
    struct chan_values *values = &oracle->values;
    uint32_t at = event->object * CHAN_VALUES_WINDOW + event->version;
    struct chan_value *value = &values->places[at % CHAN_VALUES];
    bool other = value->chan != event->object || value->ordinal != event->version;
    if (value->run == values->run && !other)
        return value;
    values->lost |= value->run == values->run && value->told != 0;
    *value =
        (struct chan_value){.run = values->run, .chan = event->object, .ordinal = event->version};
    return value;
}

static void judge_closed(struct oracle *oracle, const struct trace_event *event, bool send) {
    if (event->object >= BLOCKING_OBJECTS) {
        oracle_undecided(oracle, INV_channel_exact);
        return;
    }
    if (!oracle_holds(oracle, INV_channel_exact, oracle->blocking.closed[event->object]))
        oracle_raise(oracle, INV_channel_exact, oracle->index, event->goroutine, 0x10u | send,
                     "%s is told that channel c%u is closed, which nobody has closed",
                     oracle_name(oracle, event->goroutine).text, event->object - 1);
    if (send || event->version == 0)
        return;
    struct chan_value *value = place(oracle, event);
    if (!oracle_holds(oracle, INV_channel_exact, (value->told & WENT_IN) == 0))
        oracle_raise(oracle, INV_channel_exact, oracle->index, event->goroutine, 0x20,
                     "%s is told that channel c%u is empty, but value %u went in and did not come "
                     "out",
                     oracle_name(oracle, event->goroutine).text, event->object - 1, event->version);
    value->told |= SAID_EMPTY;
}

// What is wrong with a value that is told at one end; NULL: nothing.
static const char *fault(const struct chan_value *value, const struct trace_event *event,
                         uint8_t here) {
    if (event->version == 0)
        return "was never there, since the channel was closed";
    if (value->told & here)
        return here == WENT_IN ? "has gone in before" : "has come out before";
    if (here == WENT_IN && (value->told & SAID_EMPTY))
        return "did not come out before somebody was told that the channel is empty";
    if ((value->told & (WENT_IN | CAME_OUT)) && value->object != (uint32_t)event->b)
        return "was another object at its other end";
    return NULL;
}

static void judge_moved(struct oracle *oracle, const struct trace_event *event, bool send) {
    struct chan_values *values = &oracle->values;
    struct chan_value *value = place(oracle, event);
    uint8_t here = send ? WENT_IN : CAME_OUT;
    const char *why = fault(value, event, here);
    if (!oracle_holds(oracle, INV_channel_exact, why == NULL))
        oracle_raise(oracle, INV_channel_exact, oracle->index, event->goroutine,
                     (uint64_t)value->told << 2 | here,
                     "%s %s object %u as value %u of channel c%u, which %s",
                     oracle_name(oracle, event->goroutine).text, send ? "sends" : "receives",
                     (uint32_t)event->b, event->version, event->object - 1, why);
    bool met = (value->told & (WENT_IN | CAME_OUT) & ~here) != 0;
    values->unmatched += !send && !met;
    values->unmatched -= send && met;
    if (met)
        *value = (struct chan_value){0};
    value->told |= met ? 0 : here;
    value->object = (uint32_t)event->b;
}

static void judge_done(struct oracle *oracle, const struct trace_event *event) {
    bool send = (event->a & 2) != 0, ok = (event->a & 1) != 0;
    if (ok)
        judge_moved(oracle, event, send);
    else
        judge_closed(oracle, event, send);
}

static void end_chan(struct oracle *oracle, bool cut) {
    bool rests = oracle->end == RUN_FINISHED || oracle->end == RUN_QUIESCENT;
    const struct chan_values *values = &oracle->values;
    if (cut || !rests || values->lost)
        return;
    if (!oracle_holds(oracle, INV_channel_exact, values->unmatched == 0))
        oracle_raise(oracle, INV_channel_exact, oracle->index, 0, 0x50,
                     "%u values have come out of channels into which nobody has put them",
                     values->unmatched);
}

const struct monitor monitor_chan = {
    .kinds = MONITOR_KIND(chan_done),
    .judge = judge_done,
    .end = end_chan,
};

// Channels of object handles (chan.go): a buffer, two queues of waiters, direct hand-over to
// whoever waits.
#include "chan_impl.h"

// ---- queues -------------------------------------------------------------------------------------

void rt_waiter_enqueue(struct wait_queue *queue, struct rt_waiter *waiter) {
    waiter->next = NULL;
    waiter->prev = queue->tail;
    if (queue->tail != NULL)
        queue->tail->next = waiter;
    else
        queue->head = waiter;
    queue->tail = waiter;
}

void rt_waiter_remove(struct wait_queue *queue, struct rt_waiter *waiter) {
    if (waiter->prev == NULL && queue->head != waiter)
        return; // whoever met it after its select was done has unlinked it
    *(waiter->prev != NULL ? &waiter->prev->next : &queue->head) = waiter->next;
    *(waiter->next != NULL ? &waiter->next->prev : &queue->tail) = waiter->prev;
    waiter->next = waiter->prev = NULL;
}

// The first who still waits. A select that another of its channels has completed is passed over.
static struct rt_waiter *dequeue(struct rt *rt, struct wait_queue *queue) {
    struct rt_waiter *waiter;
    while ((waiter = queue->head) != NULL) {
        rt_waiter_remove(queue, waiter);
        uint32_t waits = 0;
        if (!waiter->select || os_cas_u32(&waiter->g->select_done, &waits, 1, SITE_select_done))
            return waiter;
        if (mutant(rt, select_loser_ends_queue))
            return NULL;
    }
    return NULL;
}

// ---- one operation ------------------------------------------------------------------------------

// A handle goes into a channel, or to another stack; or it comes out for a stack that may have been
// visited (the hybrid write barrier). No safe point until it is there.
static void shade_sent(struct rt *rt, struct rt_object *value) {
    if (!mutant(rt, send_unshaded))
        rt_gc_shade(rt, value);
}

static void shade_received(struct rt *rt, struct rt_object *value) {
    if (!mutant(rt, receive_unshaded))
        rt_gc_shade(rt, value);
}

static void buffer_put(struct rt_chan *chan, struct rt_object *value) {
    shade_sent(chan->rt, value);
    chan->buffer[(chan->first + chan->count++) % chan->capacity] = value;
}

static struct rt_object *buffer_take(struct rt_chan *chan) {
    struct rt_object *value = chan->buffer[chan->first];
    shade_received(chan->rt, value);
    chan->buffer[chan->first] = NULL;
    chan->first = (chan->first + 1) % chan->capacity;
    chan->count--;
    return value;
}

static bool try_send(struct rt_case *op, struct rt_waiter **partner) {
    struct rt_chan *chan = op->chan;
    if (chan->closed) {
        op->ok = false;
        return true;
    }
    *partner = dequeue(chan->rt, &chan->receivers);
    if (*partner == NULL && chan->count == chan->capacity)
        return false;
    op->ordinal = ++chan->sent;
    if (*partner == NULL)
        buffer_put(chan, op->value);
    else
        (*partner)->ordinal = ++chan->received;
    return true;
}

static bool try_receive(struct rt_case *op, struct rt_waiter **partner) {
    struct rt_chan *chan = op->chan;
    op->value = NULL;
    bool hidden = chan->closed && mutant(chan->rt, closed_hides_buffer);
    if (chan->count > 0 && !hidden) {
        op->value = buffer_take(chan);
        op->ordinal = ++chan->received;
        *partner = mutant(chan->rt, room_unused) ? NULL : dequeue(chan->rt, &chan->senders);
        if (*partner != NULL) { // there is room now for what it wants to send
            (*partner)->ordinal = ++chan->sent;
            buffer_put(chan, mutant(chan->rt, waiting_value_lost) ? NULL : (*partner)->value);
        }
        return true;
    }
    *partner = dequeue(chan->rt, &chan->senders);
    if (*partner == NULL && !chan->closed)
        return false;
    op->ok = *partner != NULL;
    op->ordinal = chan->received + 1;
    if (*partner != NULL) {
        (*partner)->ordinal = ++chan->sent;
        chan->received++;
        shade_received(chan->rt, op->value = (*partner)->value);
    }
    return true;
}

bool rt_chan_try_locked(struct rt_case *op, struct rt_waiter **partner) {
    *partner = NULL;
    op->ok = true;
    op->ordinal = 0;
    if (op->send)
        rt_gc_touch(op->value);
    return op->send ? try_send(op, partner) : try_receive(op, partner);
}

void rt_chan_complete(struct rt_waiter *waiter, struct rt_object *value, bool ok) {
    struct g *gp = waiter->g;
    shade_sent(rt_m()->rt, value);
    gp->value = value;
    gp->value_ok = ok;
    gp->woken_by = waiter;
    rt_ready(rt_m(), gp);
}

void rt_chan_tell_wait(const struct rt_case *op, enum trace_wait wait) {
    struct m *mp = rt_m();
    rt_event(mp, TRACE_wait_for, mp->curg->goid, op->chan->id, 0, wait, op->send);
}

void rt_chan_tell_done(const struct rt_case *op) {
    struct m *mp = rt_m();
    rt_event(mp, TRACE_chan_done, mp->curg->goid, op->chan->id, op->ordinal,
             (uint32_t)op->send << 1 | op->ok, op->value != NULL ? op->value->id : 0);
}

// Do the operation, now or when somebody completes it.
static void operate(struct rt_case *op) {
    struct rt_chan *chan = op->chan;
    struct rt_waiter *partner;
    rt_lock(&chan->lock, SITE_chan_lock);
    if (rt_chan_try_locked(op, &partner)) {
        rt_unlock(&chan->lock, SITE_chan_unlock);
        rt_chan_tell_done(op);
        if (partner != NULL)
            rt_chan_complete(partner, op->send ? op->value : NULL, true);
        return;
    }
    struct g *gp = rt_m()->curg;
    struct rt_waiter waiter = {.g = gp, .value = op->value};
    rt_waiter_enqueue(rt_chan_queue(op), &waiter);
    gp->sends = op->send;
    rt_chan_tell_wait(op, TRACE_WAIT_CHAN);
    rt_park(&chan->lock, SITE_chan_unlock, TRACE_WAIT_CHAN);
    if (!op->send)
        op->value = gp->value;
    gp->value = NULL;
    op->ok = gp->value_ok;
    op->ordinal = waiter.ordinal;
    rt_chan_tell_done(op);
}

// ---- channels -----------------------------------------------------------------------------------

struct rt_chan *rt_chan_new(struct rt *rt, uint32_t capacity) {
    struct rt_chan *chan =
        arena_alloc(rt->config.arena, sizeof *chan + capacity * sizeof chan->buffer[0]);
    chan->rt = rt;
    chan->lock.rank = RANK_chan;
    chan->capacity = capacity;
    chan->id = ++rt->heap.chans_count; // before the run starts nobody else looks
    chan->lock.peer = chan->id;
    chan->next = rt->heap.chans;
    rt->heap.chans = chan;
    return chan;
}

bool rt_chan_send(struct rt_chan *chan, struct rt_object *value) {
    struct rt_case op = {.chan = chan, .send = true, .value = value};
    operate(&op);
    return op.ok;
}

bool rt_chan_recv(struct rt_chan *chan, struct rt_object **value) {
    if (mutant(chan->rt, race_chan_count))
        OS_LOOK(chan->count);
    struct rt_case op = {.chan = chan};
    operate(&op);
    rt_gc_touch(op.value);
    *value = op.value;
    return op.ok;
}

bool rt_chan_close(struct rt_chan *chan) {
    rt_lock(&chan->lock, SITE_chan_lock);
    if (chan->closed) {
        rt_unlock(&chan->lock, SITE_chan_unlock);
        if (mutant(chan->rt, canary_plumbing))
            rt_fatal(TRACE_CHECK_canary, 0);
        return false;
    }
    chan->closed = true;
    rt_event(rt_m(), TRACE_chan_close, rt_m()->curg->goid, chan->id, 0, 0, 0);
    struct wait_queue woken = {NULL, NULL};
    struct rt_waiter *waiter;
    while ((waiter = dequeue(chan->rt, &chan->receivers)) != NULL ||
           (waiter = dequeue(chan->rt, &chan->senders)) != NULL)
        rt_waiter_enqueue(&woken, waiter);
    rt_unlock(&chan->lock, SITE_chan_unlock);
    while ((waiter = woken.head) != NULL) {
        rt_waiter_remove(&woken, waiter);
        rt_chan_complete(waiter, NULL, false);
    }
    return true;
}

// Does somebody in the queue still wait?
static bool waits(struct wait_queue *queue) {
    for (const struct rt_waiter *waiter = queue->head; waiter != NULL; waiter = waiter->next)
        if (!waiter->select || os_peek_u32(&waiter->g->select_done) == 0)
            return true;
    return false;
}

void rt_chans_check(struct rt *rt) {
    for (struct rt_chan *chan = rt->heap.chans; chan != NULL; chan = chan->next)
        if ((chan->count < chan->capacity && waits(&chan->senders)) ||
            (chan->count > 0 && waits(&chan->receivers)))
            rt_fatal(TRACE_CHECK_chan_room, chan->id);
}

void rt_chan_each_value(struct rt *rt, void (*visit)(struct rt_object *object, uint32_t cycle)) {
    for (struct rt_chan *chan = rt->heap.chans; chan != NULL; chan = chan->next) {
        rt_lock(&chan->lock, SITE_chan_lock);
        for (uint32_t i = 0; i < chan->count; i++)
            visit(chan->buffer[(chan->first + i) % chan->capacity], rt->heap.cycle);
        rt_unlock(&chan->lock, SITE_chan_unlock);
    }
}

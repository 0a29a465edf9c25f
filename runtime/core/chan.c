// Channels of object handles (chan.go): a buffer, two queues of waiters, direct hand-over to
// whoever waits. A goroutine waits on one channel at a time, so the queues link through the
// goroutines.
#include "rt_impl.h"

struct wait_queue {
    struct g *head, *tail; // linked by wait_next
};

struct rt_chan {
    struct rt *rt;
    struct rt_mutex lock;
    struct rt_chan *next; // all channels, for the collector; under heap lock
    struct wait_queue senders, receivers;
    bool closed;
    uint32_t capacity, count, first;
    struct rt_object *buffer[];
};

static void enqueue(struct wait_queue *queue, struct g *gp) {
    gp->wait_next = NULL;
    if (queue->tail != NULL)
        queue->tail->wait_next = gp;
    else
        queue->head = gp;
    queue->tail = gp;
}

static struct g *dequeue(struct wait_queue *queue) {
    struct g *gp = queue->head;
    if (gp != NULL) {
        queue->head = gp->wait_next;
        if (queue->head == NULL)
            queue->tail = NULL;
    }
    return gp;
}

struct rt_chan *rt_chan_new(struct rt *rt, uint32_t capacity) {
    struct rt_chan *chan =
        arena_alloc(rt->config.arena, sizeof *chan + capacity * sizeof chan->buffer[0]);
    chan->rt = rt;
    chan->lock.rank = RANK_chan;
    chan->capacity = capacity;
    chan->next = rt->heap.chans; // before the run starts nobody else looks
    rt->heap.chans = chan;
    return chan;
}

// Hand the lock to park and wait until the other side has done its part. Returns whether it did.
static bool wait_locked(struct rt_chan *chan, struct wait_queue *queue, struct g *gp) {
    enqueue(queue, gp);
    rt_park(&chan->lock, SITE_chan_unlock, TRACE_WAIT_CHAN);
    return gp->value_ok;
}

// Complete gp's operation and make it runnable. Its queue entry is gone already; no lock held.
static void complete(struct g *gp, struct rt_object *value, bool ok) {
    gp->value = value;
    gp->value_ok = ok;
    rt_ready(rt_m(), gp);
}

bool rt_chan_send(struct rt_chan *chan, struct rt_object *value) {
    rt_lock(&chan->lock, SITE_chan_lock);
    if (chan->closed) {
        rt_unlock(&chan->lock, SITE_chan_unlock);
        return false;
    }
    struct g *receiver = dequeue(&chan->receivers);
    if (receiver != NULL) {
        rt_unlock(&chan->lock, SITE_chan_unlock);
        complete(receiver, value, true);
        return true;
    }
    if (chan->count < chan->capacity) {
        chan->buffer[(chan->first + chan->count++) % chan->capacity] = value;
        rt_unlock(&chan->lock, SITE_chan_unlock);
        return true;
    }
    struct g *gp = rt_m()->curg;
    gp->value = value;
    bool ok = wait_locked(chan, &chan->senders, gp);
    gp->value = NULL;
    return ok;
}

bool rt_chan_recv(struct rt_chan *chan, struct rt_object **value) {
    *value = NULL;
    rt_lock(&chan->lock, SITE_chan_lock);
    struct g *sender = NULL;
    if (chan->count > 0) {
        *value = chan->buffer[chan->first];
        chan->buffer[chan->first] = NULL;
        chan->first = (chan->first + 1) % chan->capacity;
        chan->count--;
        sender = dequeue(&chan->senders);
        if (sender != NULL) // there is room now for what it wants to send
            chan->buffer[(chan->first + chan->count++) % chan->capacity] = sender->value;
    } else if (chan->closed) {
        rt_unlock(&chan->lock, SITE_chan_unlock);
        return false;
    } else {
        sender = dequeue(&chan->senders);
        if (sender == NULL) {
            struct g *gp = rt_m()->curg;
            bool ok = wait_locked(chan, &chan->receivers, gp);
            *value = gp->value;
            gp->value = NULL;
            return ok;
        }
        *value = sender->value;
    }
    rt_unlock(&chan->lock, SITE_chan_unlock);
    if (sender != NULL)
        complete(sender, NULL, true);
    return true;
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
    struct wait_queue woken = {NULL, NULL};
    struct g *gp;
    while ((gp = dequeue(&chan->receivers)) != NULL || (gp = dequeue(&chan->senders)) != NULL)
        enqueue(&woken, gp);
    rt_unlock(&chan->lock, SITE_chan_unlock);
    while ((gp = dequeue(&woken)) != NULL)
        complete(gp, NULL, false);
    return true;
}

void rt_chan_each_value(struct rt *rt, void (*visit)(struct rt_object *object, uint32_t cycle)) {
    for (struct rt_chan *chan = rt->heap.chans; chan != NULL; chan = chan->next)
        for (uint32_t i = 0; i < chan->count; i++)
            visit(chan->buffer[(chan->first + i) % chan->capacity], rt->heap.cycle);
}

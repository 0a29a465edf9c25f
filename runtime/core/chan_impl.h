// The inside of a channel, for chan.c and select.c. A goroutine that waits on channels has a waiter
// in the queue of each (runtime2.go sudog), on its own stack. A waiter is linked and unlinked under
// its channel's lock; whoever unlinks it to complete its operation is alone with it until rt_ready.
// Of the waiters of a select, that is whoever moves select_done of the goroutine from 0 to 1.
#ifndef GPROOF_CHAN_IMPL_H
#define GPROOF_CHAN_IMPL_H

#include "rt_impl.h"

struct rt_waiter {
    struct g *g;
    struct rt_waiter *next, *prev;
    struct rt_object *value; // to send
    bool select;             // one of several
    uint32_t ordinal;        // see rt_case; of whoever completes it, 0 = closed
};

struct wait_queue {
    struct rt_waiter *head, *tail;
};

struct rt_chan {
    struct rt *rt;
    struct rt_mutex lock;
    struct rt_chan *next; // all channels, for the collector; under heap lock
    uint32_t id;          // in order of creation, from 1: selects lock in this order
    struct wait_queue senders, receivers;
    bool closed;
    uint32_t capacity, count, first;
    uint32_t sent, received; // values so far: the k-th that comes out is the k-th that went in
    struct rt_object *buffer[];
};

void rt_waiter_enqueue(struct wait_queue *queue, struct rt_waiter *waiter);
// Unlink a waiter, if it is still there. Under the channel's lock.
void rt_waiter_remove(struct wait_queue *queue, struct rt_waiter *waiter);

// Do the operation if it can be done now, else return false. *partner is whoever waited for it and
// has to be completed once the lock is released, or NULL. Holding the channel's lock.
bool rt_chan_try_locked(struct rt_case *op, struct rt_waiter **partner);
// Complete the operation of a waiter that was unlinked, and make its goroutine runnable. A receiver
// gets the value. No lock held.
void rt_chan_complete(struct rt_waiter *waiter, struct rt_object *value, bool ok);
// Tell that the calling goroutine is about to wait for the operation.
void rt_chan_tell_wait(const struct rt_case *op, enum trace_wait wait);
// Tell that its operation is over.
void rt_chan_tell_done(const struct rt_case *op);

static inline struct wait_queue *rt_chan_queue(const struct rt_case *op) {
    return op->send ? &op->chan->senders : &op->chan->receivers;
}

#endif

/* A signal that ends all waits of an object, for example of a client that is being closed. Once
 * given it stays: present and later waits end at once.
 *
 * A thread that waits for a descriptor polls stop_signal_fd() too. Any other wait is a waiter that
 * is registered with stop_signal_watch(). */
#ifndef BASE_STOP_SIGNAL_H
#define BASE_STOP_SIGNAL_H

#include "base/mutex.h"
#include "base/waiter.h"
#include "base/wake.h"

typedef struct stop_signal {
    atomic_bool is_given;
    wake descriptor; /* readable once the signal was given */
    mutex lock;
    waiter_queue watched; /* guarded by lock */
} stop_signal;

/* false: no descriptor (see errno); stop_signal_fini() may be called nevertheless. */
bool stop_signal_init(stop_signal *self);

/* No waiter may be registered any more. */
void stop_signal_fini(stop_signal *self);

/* Gives the signal. Any thread; giving it again has no effect. */
void stop_signal_give(stop_signal *self);

static inline bool stop_signal_is_given(const stop_signal *self)
{
    return atomic_load(&self->is_given);
}

static inline int stop_signal_fd(const stop_signal *self)
{
    return self->descriptor.fd;
}

/* Registers a waiter, which is woken when the signal is given, until stop_signal_unwatch(). false:
 * the signal was given already; the waiter is not registered. */
bool stop_signal_watch(stop_signal *self, waiter_entry *entry, waiter *of);
void stop_signal_unwatch(stop_signal *self, waiter_entry *entry);

/* Blocks the thread until its waiter is woken, the deadline has passed, or the signal is given. The
 * caller must check which of these has happened. */
void stop_signal_block(stop_signal *self, thread_waiter *thread, int64_t deadline_ns);

#endif

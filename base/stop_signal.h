/* The end of something with many waits, a client for example. Once it has been given it stays:
 * every wait, of now and of later, ends at once.
 *
 * A wait for a descriptor polls stop_signal_fd() beside it; any other wait is a waiter that is
 * watched (stop_signal_watch()). */
#ifndef BASE_STOP_SIGNAL_H
#define BASE_STOP_SIGNAL_H

#include "base/mutex.h"
#include "base/waiter.h"
#include "base/wake.h"

typedef struct stop_signal {
    atomic_bool is_given;
    wake descriptor; /* readable from the stop on */
    mutex lock;
    waiter_queue watched; /* under lock */
} stop_signal;

/* false: no descriptor (errno); stop_signal_fini() is harmless then, too. */
bool stop_signal_init(stop_signal *self);

/* Nobody may be watched any more. */
void stop_signal_fini(stop_signal *self);

/* Gives the signal. Any thread; again is harmless. */
void stop_signal_give(stop_signal *self);

static inline bool stop_signal_is_given(const stop_signal *self)
{
    return atomic_load(&self->is_given);
}

static inline int stop_signal_fd(const stop_signal *self)
{
    return self->descriptor.fd;
}

/* The waiter is woken when the signal is given, until stop_signal_unwatch(). false: it has been
 * given; the waiter is not watched. */
bool stop_signal_watch(stop_signal *self, waiter_entry *entry, waiter *of);
void stop_signal_unwatch(stop_signal *self, waiter_entry *entry);

/* Blocks the thread until its waiter is woken, the deadline has passed, or the signal is given;
 * whoever waits looks which of them it was. */
void stop_signal_block(stop_signal *self, thread_waiter *thread, int64_t deadline_ns);

#endif

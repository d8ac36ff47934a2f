/* The subscriptions of a static: or file: registry, and the thread that reads their lists and calls
 * their listeners. The listeners are called as registry.h promises: by one thread, one call at a
 * time, with no lock held, and never again once registry_unsubscribe() has returned. */
#ifndef REGISTRY_SUBSCRIBERS_H
#define REGISTRY_SUBSCRIBERS_H

#include <pthread.h>
#include <stdatomic.h>

#include "registry/registry_ops.h"
#include "base/condition.h"
#include "base/mutex.h"
#include "base/wake.h"

typedef struct subscriber subscriber;

typedef struct subscribers {
    wake wake; /* wakes the thread */
    pthread_t thread;
    atomic_bool is_stopping;
    mutex lock;
    /* Under lock: */
    subscriber *first;
    subscriber *calling;  /* the subscriber whose listener runs or is about to run; NULL: none */
    condition call_ended; /* signalled when calling becomes NULL */
    pthread_t caller;     /* the thread that runs the listener of calling, to detect wrong use */
} subscribers;

/* DUBBOC_E_SYSTEM: no descriptor to wake the thread. subscribers_close() must be called even on
 * failure. */
dubboc_status subscribers_open(subscribers *self, dubboc_error *err);
/* Frees the remaining subscriptions. The thread must not be running. */
void subscribers_close(subscribers *self);

/* Starts the thread, which executes run(arg). run() loops until subscribers_is_stopping(): it waits
 * for self->wake.fd and whatever else the kind waits for, and calls subscribers_serve(). name: see
 * thread_start().
 * DUBBOC_E_SYSTEM: no thread. DUBBOC_E_NO_MEMORY. */
dubboc_status subscribers_start(
    subscribers *self, void *(*run)(void *arg), void *arg, const char *name, dubboc_error *err);
bool subscribers_is_stopping(const subscribers *self);
/* Ends the thread, which must have been started, and waits for its end. Must not be called from a
 * listener. */
void subscribers_stop(subscribers *self);

/* Makes the thread call subscribers_serve() again. Any thread. */
void subscribers_wake(subscribers *self);

/* Adds a subscription, marks it as due, and wakes the thread. tag is chosen by the kind, to find
 * its subscriptions again.
 * DUBBOC_E_NO_MEMORY. */
dubboc_status subscribers_add(subscribers *self, const char *interface, registry_category category,
    registry_listener listener, void *arg, void *tag, registry_subscription **subscription,
    dubboc_error *err);
void *subscribers_tag(const registry_subscription *subscription);
/* Removes and frees a subscription; waits while its listener is running. Must not be called from
 * that listener. */
void subscribers_remove(subscribers *self, registry_subscription *subscription);

/* Makes the thread read the list again and call the listener, whether the list has changed or
 * not. */
void subscribers_refresh(subscribers *self, registry_subscription *subscription);
/* Marks all subscriptions with that tag (NULL: all) as due, because their lists may have
 * changed. */
void subscribers_touch(subscribers *self, const void *tag);

/* Called by the thread: reads the lists of all due subscriptions with read, and calls the listeners
 * of those whose list has changed. read returns a sorted list. If it returns false, the list cannot
 * be read now, and is read again at the next call. Returns false if some lists could not be
 * read. */
bool subscribers_serve(subscribers *self,
    bool (*read)(void *arg, const char *interface, registry_category category, registry_list *list),
    void *arg);

#endif

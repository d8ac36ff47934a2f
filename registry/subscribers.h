/* The subscriptions of a registry kind that reads its lists by itself (static, file) and the thread
 * that serves them. They keep the promises of registry.h about listeners: one thread calls them,
 * one call at a time, no lock held, and never again once registry_unsubscribe() has returned. */
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
    wake wake; /* ends the thread's wait */
    pthread_t thread;
    atomic_bool is_stopping;
    mutex lock;
    /* Under lock: */
    subscriber *first;
    subscriber *calling;  /* its listener runs, or is about to */
    condition call_ended; /* calling was cleared */
    pthread_t caller;     /* the thread that runs the listener of calling */
} subscribers;

/* DUBBOC_E_SYSTEM: no descriptor for the wake-up; subscribers_close() is called then, too. */
dubboc_status subscribers_open(subscribers *self, dubboc_error *err);
/* Frees the subscriptions that are left. The thread does not run: it was stopped, or never
 * started. */
void subscribers_close(subscribers *self);

/* Starts the thread, which runs run(arg) until subscribers_is_stopping(). It waits for
 * self->wake.fd and what else the kind looks at, and calls subscribers_serve(). name: as
 * thread_start(). DUBBOC_E_SYSTEM: no thread. DUBBOC_E_NO_MEMORY. */
dubboc_status subscribers_start(
    subscribers *self, void *(*run)(void *arg), void *arg, const char *name, dubboc_error *err);
bool subscribers_is_stopping(const subscribers *self);
/* Ends the thread and waits for that. It was started; not from a listener. */
void subscribers_stop(subscribers *self);

/* Has the thread look again. Any thread. */
void subscribers_wake(subscribers *self);

/* Adds a subscription that is due, and wakes the thread. tag is the kind's, to find it again.
 * DUBBOC_E_NO_MEMORY. */
dubboc_status subscribers_add(subscribers *self, const char *interface, registry_category category,
    registry_listener listener, void *arg, void *tag, registry_subscription **subscription,
    dubboc_error *err);
void *subscribers_tag(const registry_subscription *subscription);
/* Waits while its listener runs; not from that listener. Frees it. */
void subscribers_remove(subscribers *self, registry_subscription *subscription);

/* Has the list read again and the listener called, changed or not. */
void subscribers_refresh(subscribers *self, registry_subscription *subscription);
/* The lists of those with that tag may have changed: the next serve reads them. NULL: all. */
void subscribers_touch(subscribers *self, const void *tag);

/* On the thread: reads the lists of all that are due by read (sorted; false: not now, try again at
 * the next serve) and calls the listeners of those that changed. false: some could not be read. */
bool subscribers_serve(subscribers *self,
    bool (*read)(void *arg, const char *interface, registry_category category, registry_list *list),
    void *arg);

#endif

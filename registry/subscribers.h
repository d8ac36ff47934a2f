/* The subscriptions of a registry kind that reads its lists by itself (static, file), and the
 * promises of registry.h about listeners: one thread calls them, one call at a time, no lock held,
 * and never again once registry_unsubscribe() has returned. */
#ifndef REGISTRY_SUBSCRIBERS_H
#define REGISTRY_SUBSCRIBERS_H

#include <pthread.h>

#include "registry/registry_ops.h"
#include "base/condition.h"
#include "base/mutex.h"

typedef struct subscriber subscriber;

typedef struct subscribers {
    mutex lock;
    condition call_ended;
    subscriber *first;
    subscriber *calling; /* its listener runs, or is about to */
    pthread_t caller;    /* the thread that runs it */
} subscribers;

void subscribers_init(subscribers *self);
void subscribers_fini(subscribers *self); /* frees those that are left; no serve may run any more */

/* Adds one that is due; tag is the kind's, to find it again. The kind wakes its thread. NULL: no
 * memory. */
registry_subscription *subscribers_add(subscribers *self, const registry_ops *ops,
    const char *interface, registry_category category, registry_listener listener, void *arg,
    void *tag);
void *subscribers_tag(const registry_subscription *subscription);
/* Waits while its listener runs; not from that listener. Frees it. */
void subscribers_remove(subscribers *self, registry_subscription *subscription);

/* Its listener is called by the next serve, changed or not. */
void subscribers_refresh(subscribers *self, registry_subscription *subscription);
/* The lists of those with that tag may have changed: the next serve reads them. NULL: all. */
void subscribers_touch(subscribers *self, const void *tag);

/* Reads the lists of all that are due by read (sorted; false: not now, try again at the next serve)
 * and calls the listeners of those that changed. One thread only. false: some could not be read. */
bool subscribers_serve(subscribers *self,
    bool (*read)(void *arg, const char *interface, registry_category category, registry_list *list),
    void *arg);

#endif

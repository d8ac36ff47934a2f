/* The notifier: the thread that calls listeners. A listener may block, or call the registry,
 * without delaying the session. For each listener only the latest reading is kept. */
#ifndef REGISTRY_ZOOKEEPER_NOTIFY_H
#define REGISTRY_ZOOKEEPER_NOTIFY_H

#include "registry/zookeeper/event.h"

typedef struct zk_notifier zk_notifier;

/* One listener; a part of a subscription. All fields are zero at first, except run. */
typedef struct zk_notice {
    void (*run)(struct zk_notice *notice, const zk_reading *reading);
    struct zk_notice *next; /* this and the fields below belong to the notifier */
    zk_reading *pending;    /* the latest reading that was not delivered yet */
    bool is_running;
    bool is_ended;
} zk_notice;

/* DUBBOC_E_NO_MEMORY, DUBBOC_E_SYSTEM: no thread. */
dubboc_status zk_notifier_start(zk_notifier **notifier, dubboc_error *err);

/* Makes the notifier call run with that reading (borrowed) soon; it replaces a reading that is
 * waiting. Ignored after zk_notifier_end(). */
void zk_notifier_put(zk_notifier *self, zk_notice *notice, zk_reading *reading);

/* Ends the calls of run: after this function has returned, run is not executing and will not be
 * called. Must not be called from run. */
void zk_notifier_end(zk_notifier *self, zk_notice *notice);

/* Ends the thread after the current call of a listener and frees the notifier. Readings that were
 * not delivered yet are dropped. NULL is accepted. */
void zk_notifier_stop(zk_notifier *self);

#endif

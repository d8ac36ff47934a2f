/* The thread that calls listeners, so that a listener may block, or call the registry, without
 * holding up the session. For each listener only the latest reading waits. */
#ifndef REGISTRY_ZOOKEEPER_NOTIFY_H
#define REGISTRY_ZOOKEEPER_NOTIFY_H

#include "registry/zookeeper/event.h"

typedef struct zk_notifier zk_notifier;

/* One listener; part of a subscription, zeroed but for run. */
typedef struct zk_notice {
    void (*run)(struct zk_notice *notice, const zk_reading *reading);
    struct zk_notice *next; /* the rest is the notifier's */
    zk_reading *pending;
    bool is_running;
    bool is_ended;
} zk_notice;

/* DUBBOC_E_NO_MEMORY, DUBBOC_E_SYSTEM: no thread. */
dubboc_status zk_notifier_start(zk_notifier **notifier, dubboc_error *err);

/* Runs the notice with that reading (borrowed) soon, on the notifier's thread; in place of one that
 * waits. Nothing after its end. */
void zk_notifier_put(zk_notifier *self, zk_notice *notice, zk_reading *reading);

/* After it returns the notice is not running and will not be run. Not from its own run. */
void zk_notifier_end(zk_notifier *self, zk_notice *notice);

/* Ends the thread after what it is running, and frees all. Notices that wait are dropped. NULL is
 * accepted. */
void zk_notifier_stop(zk_notifier *self);

#endif

/* Subscriptions of the ZooKeeper registry: connect a watch with a listener, which runs on the
 * notifier's thread (notify.h). */
#ifndef REGISTRY_ZOOKEEPER_SUBSCRIPTION_H
#define REGISTRY_ZOOKEEPER_SUBSCRIPTION_H

#include "registry/zookeeper/actor.h"
#include "registry/zookeeper/notify.h"

/* Data that all subscriptions of one registry share. */
typedef struct zk_subscriptions {
    zk_actor *actor;
    zk_notifier *notifier;
} zk_subscriptions;

/* What to watch and which listener to call. One of listener and data_listener is NULL. */
typedef struct zk_subscription_wish {
    const char *name; /* the interface, or the path to pass to data_listener; copied */
    registry_category category;
    registry_listener listener;           /* called with the list of children */
    registry_data_listener data_listener; /* called with the node's data */
    void *arg;
} zk_subscription_wish;

/* Subscribes to the node at path_take, which is taken over in any case. DUBBOC_E_CLOSED,
 * DUBBOC_E_NO_MEMORY. */
dubboc_status zk_subscriptions_add(const zk_subscriptions *self, const zk_subscription_wish *wish,
    char *path_take, registry_subscription **subscription, dubboc_error *err);

/* Implement refresh and unsubscribe of registry_ops. */
void zk_subscriptions_refresh(const zk_subscriptions *self, registry_subscription *subscription);
void zk_subscriptions_remove(const zk_subscriptions *self, registry_subscription *subscription);

/* The functions read and subscriber_gone of zk_session_out. */
void zk_subscription_read(void *arg, zk_subscriber *subscriber, zk_reading *reading);
void zk_subscription_gone(void *arg, zk_subscriber *subscriber);

#endif

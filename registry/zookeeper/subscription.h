/* Subscriptions of the ZooKeeper registry: who watches what, and whom to call. Listeners run on the
 * notifier's thread (notify.h). */
#ifndef REGISTRY_ZOOKEEPER_SUBSCRIPTION_H
#define REGISTRY_ZOOKEEPER_SUBSCRIPTION_H

#include "registry/zookeeper/actor.h"
#include "registry/zookeeper/notify.h"

/* Where subscriptions are made. */
typedef struct zk_subscriptions {
    zk_actor *actor;
    zk_notifier *notifier;
} zk_subscriptions;

/* Calls listener for the list at path, or data_listener for the data; the other one is NULL.
 * path_take is taken over in any case. name is the interface, or the path that data_listener is
 * given. DUBBOC_E_CLOSED, DUBBOC_E_NO_MEMORY. */
typedef struct zk_subscription_wish {
    const char *name;
    registry_category category;
    registry_listener listener;
    registry_data_listener data_listener;
    void *arg;
} zk_subscription_wish;
dubboc_status zk_subscriptions_add(const zk_subscriptions *self, const zk_subscription_wish *wish,
    char *path_take, registry_subscription **subscription, dubboc_error *err);

/* The slots refresh and unsubscribe of registry_ops. */
void zk_subscriptions_refresh(const zk_subscriptions *self, registry_subscription *subscription);
void zk_subscriptions_remove(const zk_subscriptions *self, registry_subscription *subscription);

/* read and subscriber_gone of zk_session_out. */
void zk_subscription_read(void *arg, zk_subscriber *subscriber, zk_reading *reading);
void zk_subscription_gone(void *arg, zk_subscriber *subscriber);

#endif

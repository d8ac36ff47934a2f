/* A subscription contains its notice, its subscriber and its commands, so that ending it needs no
 * memory. */
#include "registry/zookeeper/subscription.h"

#include "base/error.h"
#include "base/mem.h"

typedef struct zk_subscription {
    zk_notifier *notifier;
    zk_notice notice;
    zk_subscriber subscriber;
    zk_event begin;            /* the command ZK_EVENT_SUBSCRIBE */
    zk_event again;            /* the command ZK_EVENT_REFRESH */
    zk_event end;              /* the command ZK_EVENT_UNSUBSCRIBE */
    zk_subscription_wish wish; /* name is a copy that the subscription owns */
} zk_subscription;

static void subscription_free(zk_subscription *self)
{
    zk_reading_unref(self->notice.pending);
    free((char *)(uintptr_t)self->wish.name);
    free(self);
}

static zk_subscription *subscription_of(zk_subscriber *subscriber)
{
    return (zk_subscription *)(void *)((char *)subscriber - offsetof(zk_subscription, subscriber));
}

void zk_subscription_read(void *arg, zk_subscriber *subscriber, zk_reading *reading)
{
    (void)arg;
    zk_subscription *self = subscription_of(subscriber);
    zk_notifier_put(self->notifier, &self->notice, reading);
}

void zk_subscription_gone(void *arg, zk_subscriber *subscriber)
{
    (void)arg;
    subscription_free(subscription_of(subscriber));
}

/* Calls the listener; runs on the notifier's thread. */
static void subscription_run(zk_notice *notice, const zk_reading *reading)
{
    const zk_subscription *self =
        (zk_subscription *)(void *)((char *)notice - offsetof(zk_subscription, notice));
    const zk_subscription_wish *wish = &self->wish;
    registry_snapshot snapshot = {
        .interface = wish->name,
        .category = wish->category,
        .urls = (const char *const *)reading->list.items,
        .count = reading->list.count,
    };
    if (wish->listener != NULL)
        wish->listener(wish->arg, &snapshot);
    else
        wish->data_listener(wish->arg, wish->name, reading->data, reading->len);
}

/* Creates a subscription that the session does not know yet. Takes over path_take in any case.
 * NULL: no memory. */
static zk_subscription *subscription_new(const zk_subscription_wish *wish, char *path_take)
{
    zk_subscription *self = MEM_NEW(zk_subscription);
    char *name = self != NULL ? mem_dup(wish->name) : NULL;
    zk_watch *watch = name != NULL ? zk_watch_new(path_take, wish->listener == NULL) : NULL;
    if (watch == NULL) {
        free(path_take);
        free(name);
        free(self);
        return NULL;
    }
    self->notice.run = subscription_run;
    self->subscriber.watch = watch;
    self->wish = *wish;
    self->wish.name = name;
    return self;
}

dubboc_status zk_subscriptions_add(const zk_subscriptions *self, const zk_subscription_wish *wish,
    char *path_take, registry_subscription **subscription, dubboc_error *err)
{
    zk_subscription *made = subscription_new(wish, path_take);
    if (made == NULL)
        return error_no_memory(err);
    made->notifier = self->notifier;
    dubboc_status status =
        zk_actor_post(self->actor, &made->begin, ZK_EVENT_SUBSCRIBE, &made->subscriber, err);
    if (status != DUBBOC_OK) {
        zk_watch_free(made->subscriber.watch);
        subscription_free(made);
        return status;
    }
    *subscription = (registry_subscription *)made;
    return DUBBOC_OK;
}

void zk_subscriptions_refresh(const zk_subscriptions *self, registry_subscription *handle)
{
    zk_subscription *subscription = (zk_subscription *)handle;
    if (!atomic_exchange(&subscription->subscriber.is_refresh_asked, true))
        zk_actor_post(
            self->actor, &subscription->again, ZK_EVENT_REFRESH, &subscription->subscriber, NULL);
}

void zk_subscriptions_remove(const zk_subscriptions *self, registry_subscription *handle)
{
    zk_subscription *ending = (zk_subscription *)handle;
    zk_notifier_end(self->notifier, &ending->notice);
    zk_actor_post(self->actor, &ending->end, ZK_EVENT_UNSUBSCRIBE, &ending->subscriber, NULL);
}

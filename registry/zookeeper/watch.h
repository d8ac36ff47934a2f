/* The directories and nodes that are watched. Subscribers of one path share one watch and one
 * reading.
 *
 * A watch fires once, so reading again and arming again are one request (libraries.md Z1). Whatever
 * happens in between costs one more reading, and a directory is not read more often than every
 * 50 ms.
 *
 * Nothing is created for a subscriber: whoever only looks would leave directories behind for every
 * mistyped name. What does not exist is waited for with a watch on its creation, which ZooKeeper
 * keeps even while the parents are missing; until then the list is empty. */
#ifndef REGISTRY_ZOOKEEPER_WATCH_H
#define REGISTRY_ZOOKEEPER_WATCH_H

#include "registry/zookeeper/requests.h"

typedef struct zk_watch zk_watch;

/* Somebody who wants a directory's list, or a node's data. Lent from zk_watches_subscribe() until
 * gone. */
typedef struct zk_subscriber {
    struct zk_subscriber *next;
    zk_watch *watch; /* what it looks at; belongs to the watches as soon as it is subscribed */
    bool is_owed;    /* it gets the next reading even if nothing changed */
    /* A refresh is on its way, so that asking once more asks for nothing more. Set by whoever asks,
     * on any thread; cleared by zk_watches_refresh(). */
    atomic_bool is_refresh_asked;
} zk_subscriber;

#define ZK_WATCH_BUCKETS 1024

typedef struct zk_watches {
    zk_requests *requests;
    void (*read)(void *arg, zk_subscriber *subscriber, zk_reading *reading); /* borrowed */
    void (*gone)(void *arg, zk_subscriber *subscriber);
    void *arg;
    zk_watch *buckets[ZK_WATCH_BUCKETS]; /* by the hash of their paths */
} zk_watches;

/* A watch on path (taken over by success), to be put into a subscriber. Any thread. NULL: no
 * memory. */
zk_watch *zk_watch_new(char *path_take, bool is_data);
void zk_watch_free(zk_watch *watch); /* one that was never subscribed; NULL is accepted */

void zk_watches_subscribe(zk_watches *self, zk_subscriber *subscriber);
void zk_watches_unsubscribe(zk_watches *self, zk_subscriber *subscriber);

/* Reads again, and tells the subscriber even if nothing changed. */
void zk_watches_refresh(zk_watches *self, zk_subscriber *subscriber);

/* The watch on path has fired. */
void zk_watches_changed(zk_watches *self, const char *path, bool of_children, bool of_data);

/* There is a session: everything is read, whatever the watches say. */
void zk_watches_read_all(zk_watches *self);

/* Ends all subscriptions. */
void zk_watches_give_back(zk_watches *self);

#endif

/* Watched directories and nodes. Subscribers of the same path share one watch and one reading.
 *
 * A watch fires only once, so one request reads again and sets the watch again (docs/libraries.md
 * Z1). Changes in between are seen by one more reading. A directory is read at most every 50 ms.
 *
 * A subscription creates nothing, because it would leave a directory for every mistyped name. For a
 * path that does not exist, a watch on its creation is set, which ZooKeeper keeps even if the
 * parents do not exist either; until then the list is empty. */
#ifndef REGISTRY_ZOOKEEPER_WATCH_H
#define REGISTRY_ZOOKEEPER_WATCH_H

#include "registry/zookeeper/requests.h"

typedef struct zk_watch zk_watch;

/* A subscriber to a directory's list or a node's data. Borrowed by the session from
 * zk_watches_subscribe() until gone is called. */
typedef struct zk_subscriber {
    struct zk_subscriber *next;
    /* What it watches. Belongs to the watches after zk_watches_subscribe(). */
    zk_watch *watch;
    bool is_owed; /* gets the next reading even if nothing has changed */
    /* A refresh has been requested and not begun, so another request has no effect. Set by any
     * thread that requests one, cleared by zk_watches_refresh(). */
    atomic_bool is_refresh_asked;
} zk_subscriber;

#define ZK_WATCH_BUCKETS 1024

typedef struct zk_watches {
    zk_requests *requests;
    /* reading is borrowed */
    void (*read)(void *arg, zk_subscriber *subscriber, zk_reading *reading);
    void (*gone)(void *arg, zk_subscriber *subscriber);
    void *arg;
    zk_watch *buckets[ZK_WATCH_BUCKETS]; /* hash table by path */
} zk_watches;

/* Creates a watch on path, for a subscriber. path is taken over on success. Any thread. NULL: no
 * memory. */
zk_watch *zk_watch_new(char *path_take, bool is_data);
void zk_watch_free(zk_watch *watch); /* only if it was never subscribed; NULL is accepted */

void zk_watches_subscribe(zk_watches *self, zk_subscriber *subscriber);
void zk_watches_unsubscribe(zk_watches *self, zk_subscriber *subscriber);

/* Reads again and calls read for the subscriber even if nothing has changed. */
void zk_watches_refresh(zk_watches *self, zk_subscriber *subscriber);

/* The watch on path has fired. */
void zk_watches_changed(zk_watches *self, const char *path, bool of_children, bool of_data);

/* Reads everything again, because there is a new session or watches may have been lost. */
void zk_watches_read_all(zk_watches *self);

/* Ends all subscriptions. */
void zk_watches_give_back(zk_watches *self);

#endif

/* Lookups: one reading of a directory each, without a watch, for as long as its caller waits. */
#ifndef REGISTRY_ZOOKEEPER_LOOKUP_H
#define REGISTRY_ZOOKEEPER_LOOKUP_H

#include "registry/zookeeper/requests.h"

/* Lent from zk_lookups_add() until looked_up. */
typedef struct zk_lookup {
    zk_task task;
    struct zk_lookups *lookups;
    struct zk_lookup *next;
    char *path;
    int64_t deadline_ns;
} zk_lookup;

typedef struct zk_lookups {
    zk_requests *requests;
    /* The lookup has ended. reading is borrowed; NULL: it failed for that reason. */
    void (*looked_up)(void *arg, zk_lookup *lookup, zk_reading *reading, const char *reason);
    void *arg;
    zk_lookup *first;
} zk_lookups;

/* Begins; path and deadline_ns are set. */
void zk_lookups_add(zk_lookups *self, zk_lookup *lookup);

/* Ends those whose time is over, for that reason. */
void zk_lookups_expire(zk_lookups *self, const char *reason);

/* When the first one's time is over; DEADLINE_NEVER: there is none. */
int64_t zk_lookups_next_ns(const zk_lookups *self);

/* There is a session: sends those that are not under way. */
void zk_lookups_resend(zk_lookups *self);

/* Ends all, for that reason. */
void zk_lookups_fail(zk_lookups *self, const char *reason);

#endif

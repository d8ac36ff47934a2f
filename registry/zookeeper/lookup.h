/* Lookups: each reads a directory once, without a watch, while its caller waits. */
#ifndef REGISTRY_ZOOKEEPER_LOOKUP_H
#define REGISTRY_ZOOKEEPER_LOOKUP_H

#include "registry/zookeeper/requests.h"

/* One lookup. Borrowed by the session from zk_lookups_add() until looked_up is called. */
typedef struct zk_lookup {
    zk_task task;
    struct zk_lookups *lookups;
    struct zk_lookup *next;
    char *path;
    int64_t deadline_ns;
} zk_lookup;

typedef struct zk_lookups {
    zk_requests *requests;
    /* Called when a lookup has ended. reading is borrowed; NULL: the lookup failed for that
     * reason. */
    void (*looked_up)(void *arg, zk_lookup *lookup, zk_reading *reading, const char *reason);
    void *arg;
    zk_lookup *first;
} zk_lookups;

/* Begins a lookup, whose path and deadline_ns the caller has set. */
void zk_lookups_add(zk_lookups *self, zk_lookup *lookup);

/* Ends the lookups whose deadline has passed, with that reason. */
void zk_lookups_expire(zk_lookups *self, const char *reason);

/* The earliest deadline; DEADLINE_NEVER: there is no lookup. */
int64_t zk_lookups_next_ns(const zk_lookups *self);

/* There is a session again: sends the lookups that have no request under way. */
void zk_lookups_resend(zk_lookups *self);

/* Ends all lookups, with that reason. */
void zk_lookups_fail(zk_lookups *self, const char *reason);

#endif

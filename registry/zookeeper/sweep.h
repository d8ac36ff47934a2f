/* Removes what an earlier process at the same address left: nodes with the same identity but
 * another name (another pid or timestamp), whose session has not ended yet. Other implementations
 * would see one provider twice and send it twice as many calls. So when a node exists for the first
 * time, a sweep lists the directory, looks at each node with its identity, and deletes those that
 * another session owns.
 *
 * A sweep is done once per node and not after every loss, so that two machines that wrongly
 * register the same address do not delete each other's nodes for ever. Persistent nodes, nodes of
 * this session (the same service under another scheme) and nodes that cannot be read are left
 * alone. */
#ifndef REGISTRY_ZOOKEEPER_SWEEP_H
#define REGISTRY_ZOOKEEPER_SWEEP_H

#include "registry/zookeeper/requests.h"

typedef struct zk_sweep {
    zk_task task;
    const char *path;     /* the path of the node that exists; borrowed from that node */
    const char *identity; /* nodes with this identity are removed; NULL: none. Borrowed. */
    zk_reading *names;    /* names in the directory; NULL: not listed yet, or finished */
    size_t at;            /* index of the name that is being looked at */
    unsigned lost;        /* number of listings during which the connection was lost */
    bool is_done;         /* finished; the directory is not searched again */
} zk_sweep;

void zk_sweep_init(zk_sweep *self, zk_requests *requests, const char *path, const char *identity);

/* Begins the sweep, because the node exists. No-op if it was done or is under way. */
void zk_sweep_begin(zk_sweep *self);

/* Stops the sweep, because the session has ended or the node has been unregistered; the sweep may
 * begin again. */
void zk_sweep_forget(zk_sweep *self);

#endif

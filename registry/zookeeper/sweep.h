/* What an earlier process at the same address left: nodes of the same identity under another name
 * (another pid or timestamp), whose session has not ended yet. Consumers of other makes would see
 * one provider twice and send it calls twice as often, so a node that stands for the first time has
 * them removed by a sweep: the directory is listed, each node of its identity is looked at, and one
 * that another session owns is deleted.
 *
 * A sweep is done once for a node and not after every loss, so that two machines that wrongly
 * register one address do not delete each other's nodes for ever. What has no owner (persistent
 * nodes), what this session owns (the same service under another scheme) and what cannot be read is
 * left alone. */
#ifndef REGISTRY_ZOOKEEPER_SWEEP_H
#define REGISTRY_ZOOKEEPER_SWEEP_H

#include "registry/zookeeper/requests.h"

typedef struct zk_sweep {
    zk_task task;
    const char *path;     /* of the node that stands; the node's */
    const char *identity; /* of the nodes to be removed; NULL: none are. The node's, too. */
    zk_reading *names;    /* the directory's; NULL: not listed yet, or done */
    size_t at;            /* which of them is looked at */
    unsigned lost;        /* listings during which the connection was lost */
    bool is_done;
} zk_sweep;

void zk_sweep_init(zk_sweep *self, zk_requests *requests, const char *path, const char *identity);

/* The node stands: removes what was left, unless that was done or is under way. */
void zk_sweep_begin(zk_sweep *self);

/* Stops, because the session has ended or the node is not wanted any more; it may begin again. */
void zk_sweep_forget(zk_sweep *self);

#endif

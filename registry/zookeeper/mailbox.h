/* The mailbox of the ZooKeeper registry's thread: any thread puts events in, one takes them out.
 * Counted, because handles that are still closing outlive the registry (libraries.md Z5). Unbounded
 * by itself: what can be in it is bounded by requests in flight, armed watches, and calls of the
 * program. */
#ifndef REGISTRY_ZOOKEEPER_MAILBOX_H
#define REGISTRY_ZOOKEEPER_MAILBOX_H

#include "registry/zookeeper/event.h"

typedef struct zk_mailbox zk_mailbox;

/* With one reference. NULL: no memory. */
zk_mailbox *zk_mailbox_new(void);
zk_mailbox *zk_mailbox_ref(zk_mailbox *self);
void zk_mailbox_unref(zk_mailbox *self); /* NULL is accepted */

/* false: it is closed, the event stays the caller's. */
bool zk_mailbox_put(zk_mailbox *self, zk_event *event);

/* The same, but an event that is not taken is freed. */
void zk_mailbox_deliver(zk_mailbox *self, zk_event *event);

/* Says that an event was lost for want of memory: the next zk_mailbox_take() reports it. */
void zk_mailbox_miss(zk_mailbox *self);

/* All events in order of arrival, linked by next; NULL when none came until deadline_ns. */
zk_event *zk_mailbox_take(zk_mailbox *self, int64_t deadline_ns, bool *missed);

/* Takes nothing more from now on; returns what is left in it. */
zk_event *zk_mailbox_close(zk_mailbox *self);

#endif

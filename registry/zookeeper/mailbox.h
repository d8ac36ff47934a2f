/* The mailbox of the actor: any thread puts events in, the actor takes them out. Reference counted,
 * because handles that are still closing outlive the registry (docs/libraries.md Z5). The mailbox
 * needs no limit, because its content is bounded by the requests under way, the watches that are
 * set, and the calls of the program. */
#ifndef REGISTRY_ZOOKEEPER_MAILBOX_H
#define REGISTRY_ZOOKEEPER_MAILBOX_H

#include "registry/zookeeper/event.h"

typedef struct zk_mailbox zk_mailbox;

/* Creates a mailbox with one reference. NULL: no memory. */
zk_mailbox *zk_mailbox_new(void);
zk_mailbox *zk_mailbox_ref(zk_mailbox *self);
void zk_mailbox_unref(zk_mailbox *self); /* NULL is accepted */

/* Puts an event in. false: the mailbox is closed, and the caller still owns the event. */
bool zk_mailbox_put(zk_mailbox *self, zk_event *event);

/* Puts an event in, or frees it if the mailbox is closed. */
void zk_mailbox_deliver(zk_mailbox *self, zk_event *event);

/* Notes that an event was lost for lack of memory; the next zk_mailbox_take() reports it. */
void zk_mailbox_miss(zk_mailbox *self);

/* Waits until deadline_ns for events. Returns all, in order of arrival, linked by next; NULL: none
 * came. *missed: an event was lost. */
zk_event *zk_mailbox_take(zk_mailbox *self, int64_t deadline_ns, bool *missed);

/* Closes the mailbox and returns the events that are still in it. */
zk_event *zk_mailbox_close(zk_mailbox *self);

#endif

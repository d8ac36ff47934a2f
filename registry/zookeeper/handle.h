/* One session with ZooKeeper on its multi-threaded C client.
 *
 * Each handle has a thread of its own, its keeper: it opens the session (which may wait for a name
 * server), then sleeps until the handle is given up, and closes it (which may take seconds:
 * libraries.md Z5). So nobody else ever waits for the library, and closing cannot fail for want of
 * a thread. The handle belongs to the port and to its keeper together, and the library's callbacks
 * run only while the keeper holds it. */
#ifndef REGISTRY_ZOOKEEPER_HANDLE_H
#define REGISTRY_ZOOKEEPER_HANDLE_H

#include "registry/zookeeper/calls.h"

typedef struct zk_handle zk_handle;

/* What a handle is opened with; borrowed during zk_handle_open(). */
typedef struct zk_handle_settings {
    const char *servers;
    const char *credentials; /* "user:password", NULL: none */
    int timeout_ms;
    zk_mailbox *mailbox;
} zk_handle_settings;

/* Opens a session in the background: ZK_EVENT_SESSION tells how it goes, and ZK_EVENT_CLOSED when
 * the handle is no more. NULL: no memory or no thread, and no event will come. */
zk_handle *zk_handle_open(const zk_handle_settings *settings, uint64_t generation);

/* Gives the handle up and returns at once; the session is ended in the background. NULL is
 * accepted. */
void zk_handle_give_up(zk_handle *self);

/* The library's own handle, for requests. NULL: there is none yet. */
zhandle_t *zk_handle_library(const zk_handle *self);

/* The list of its requests. */
zk_calls *zk_handle_calls(zk_handle *self);

/* The one watcher for everything, with the handle as its context: with the same function and
 * context for each read, the library keeps one watch a path. */
void zk_handle_watcher(zhandle_t *zh, int type, int state, const char *path, void *context);

/* The session's id and password, as the server knows it. *id is 0 when there is none yet. */
void zk_handle_session(zk_handle *self, clientid_t *session);

#endif

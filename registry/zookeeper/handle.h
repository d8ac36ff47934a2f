/* One session with ZooKeeper, on its multi-threaded C client.
 *
 * Each handle has its own thread, its keeper. The keeper opens the session, which may wait for a
 * name server; sleeps until the handle is given up; and closes it, which may take seconds
 * (docs/libraries.md Z5). So no other thread ever waits for the library, and closing cannot fail
 * for lack of a thread. The handle is shared by the port and its keeper; the library only calls
 * back while the keeper has its reference. */
#ifndef REGISTRY_ZOOKEEPER_HANDLE_H
#define REGISTRY_ZOOKEEPER_HANDLE_H

#include "registry/zookeeper/calls.h"

typedef struct zk_handle zk_handle;

/* How to open a handle; borrowed during zk_handle_open(). */
typedef struct zk_handle_settings {
    const char *servers;
    const char *credentials; /* "user:password", NULL: none */
    int timeout_ms;
    zk_mailbox *mailbox;
} zk_handle_settings;

/* Opens a session in the background. ZK_EVENT_SESSION reports its state, and ZK_EVENT_CLOSED that
 * the handle is closed. NULL: no memory or no thread; no event will come. */
zk_handle *zk_handle_open(const zk_handle_settings *settings, uint64_t generation);

/* Gives up the handle and returns at once; the session is closed in the background. NULL is
 * accepted. */
void zk_handle_give_up(zk_handle *self);

/* The library's handle, for requests. NULL: not opened yet. */
zhandle_t *zk_handle_library(const zk_handle *self);

/* The list of the handle's requests. */
zk_calls *zk_handle_calls(zk_handle *self);

/* The watcher function for everything, with the handle as its context. If all reads use the same
 * function and context, the library keeps only one watch for each path. */
void zk_handle_watcher(zhandle_t *zh, int type, int state, const char *path, void *context);

/* Gets id and password of the session, as the server knows it. *id is 0 if there is no session
 * yet. */
void zk_handle_session(zk_handle *self, clientid_t *session);

#endif

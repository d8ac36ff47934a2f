/* The door to ZooKeeper: what the state machine asks of the client library, so that tests and
 * simulations can stand in its place.
 *
 * Every operation only starts something and never blocks; how it ended comes as an event. All are
 * called by one thread. An operation's cookie comes back in its ZK_EVENT_ANSWER, once, unless the
 * handle is closed before: then maybe never. Watches fire as ZK_EVENT_CHANGE, once for each path
 * whatever the number of times it was asked for. */
#ifndef REGISTRY_ZOOKEEPER_PORT_H
#define REGISTRY_ZOOKEEPER_PORT_H

#include <dubboc/error.h>

#include "registry/zookeeper/mailbox.h"

typedef struct zk_port zk_port;

/* One part of a multi: an ephemeral node is created (empty data, world:anyone ALL), or a node
 * removed. */
typedef struct zk_op {
    bool is_create;
    const char *path;
} zk_op;

typedef struct zk_port_ops {
    /* Starts a handle with that generation: later ZK_EVENT_SESSION says how it goes,
     * ZK_EVENT_CLOSED that it is no more. The former one was closed. false: no memory or no thread,
     * and no event will come. */
    bool (*open)(zk_port *port, uint64_t generation);

    /* Gives the handle up and returns at once; it ends its session in the background (libraries.md
     * Z5). */
    void (*close)(zk_port *port);

    /* The requests. Each returns false if it was not sent, because there is no session or no
     * memory; no answer will come then. Paths and the array of multi are borrowed during the call.
     * watch: ZK_EVENT_CHANGE tells of the next change of what was read. */

    /* Creates a node with empty data and the permissions world:anyone ALL. */
    bool (*create)(zk_port *port, uint64_t cookie, const char *path, bool ephemeral);

    /* Removes the node, whatever its version. */
    bool (*remove)(zk_port *port, uint64_t cookie, const char *path);

    /* Carries out all operations or none. If one is wrong, failed_at of the answer names it. */
    bool (*multi)(zk_port *port, uint64_t cookie, const zk_op *ops, size_t count);

    /* Whether the node exists; owner of the answer is its session. A watch also fires when a node
     * that does not exist is created. */
    bool (*exists)(zk_port *port, uint64_t cookie, const char *path, bool watch);

    /* The names of the node's children, in reading of the answer. */
    bool (*children)(zk_port *port, uint64_t cookie, const char *path, bool watch);

    /* The node's data, in reading of the answer. */
    bool (*data)(zk_port *port, uint64_t cookie, const char *path, bool watch);

    /* Finds out why no connection comes about; ZK_EVENT_PROBED says it within a few seconds. false:
     * no memory or no thread, and no event will come. */
    bool (*probe)(zk_port *port);

    /* Closes the handle and frees the port. */
    void (*free)(zk_port *port);
} zk_port_ops;

struct zk_port {
    const zk_port_ops *ops;
};

/* The real one, on the multi-threaded C client. Texts are copied; events go to mailbox. username
 * NULL: no authentication. NULL: no memory. */
zk_port *zk_port_new(const char *servers, int64_t timeout_ms, const char *username,
    const char *password, zk_mailbox *mailbox);

/* The session that this port has now, as the server knows it. Only for tests, which end it from
 * outside. false: none. */
#define ZK_PASSWORD_BYTES 16
bool zk_port_session(zk_port *port, int64_t *id, char password[ZK_PASSWORD_BYTES]);

/* The client library's words for one of its codes. */
const char *zk_code_text(int code);

#endif

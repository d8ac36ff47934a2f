/* The port: what the session needs from the client library, as an interface, so that tests and
 * simulations can replace the library.
 *
 * An operation only starts something and never blocks; its result comes as an event. All operations
 * are called by one thread. The cookie of a request comes back once, in its ZK_EVENT_ANSWER, unless
 * the handle is closed before; then it may never come. Watches fire as ZK_EVENT_CHANGE, once for
 * each path, however often the watch was requested. */
#ifndef REGISTRY_ZOOKEEPER_PORT_H
#define REGISTRY_ZOOKEEPER_PORT_H

#include <dubboc/error.h>

#include "registry/zookeeper/mailbox.h"

typedef struct zk_port zk_port;

/* One operation of a multi: creates an ephemeral node (empty data, world:anyone ALL) or deletes a
 * node. */
typedef struct zk_op {
    bool is_create;
    const char *path;
} zk_op;

typedef struct zk_port_ops {
    /* Opens a handle with that generation; the former one must have been closed. Later
     * ZK_EVENT_SESSION reports its state, and ZK_EVENT_CLOSED that it is closed. false: no memory
     * or no thread; no event will come. */
    bool (*open)(zk_port *port, uint64_t generation);

    /* Gives up the handle and returns at once; its session is closed in the background
     * (docs/libraries.md Z5). */
    void (*close)(zk_port *port);

    /* The requests. Each returns false if it was not sent, because there is no session or no
     * memory; then no answer will come. Paths and the array of multi are borrowed during the call.
     * watch: ZK_EVENT_CHANGE will report the next change of what was read. */

    /* Creates a node with empty data and the permissions world:anyone ALL. */
    bool (*create)(zk_port *port, uint64_t cookie, const char *path, bool ephemeral);

    /* Deletes the node, whatever its version. */
    bool (*remove)(zk_port *port, uint64_t cookie, const char *path);

    /* Executes all operations or none. If one fails, failed_at of the answer is its index. */
    bool (*multi)(zk_port *port, uint64_t cookie, const zk_op *ops, size_t count);

    /* Checks whether the node exists; owner of the answer is the session that owns it. The watch
     * also fires when a node that does not exist is created. */
    bool (*exists)(zk_port *port, uint64_t cookie, const char *path, bool watch);

    /* Reads the names of the node's children, in reading of the answer. */
    bool (*children)(zk_port *port, uint64_t cookie, const char *path, bool watch);

    /* Reads the node's data, in reading of the answer. */
    bool (*data)(zk_port *port, uint64_t cookie, const char *path, bool watch);

    /* Finds out why there is no connection; ZK_EVENT_PROBED reports it within a few seconds. false:
     * no memory or no thread; no event will come. */
    bool (*probe)(zk_port *port);

    /* Closes the handle and frees the port. */
    void (*free)(zk_port *port);
} zk_port_ops;

struct zk_port {
    const zk_port_ops *ops;
};

/* Creates the real port, on the multi-threaded C client. Texts are copied; events go to mailbox.
 * username NULL: no authentication. Returns NULL: no memory. */
zk_port *zk_port_new(const char *servers, int64_t timeout_ms, const char *username,
    const char *password, zk_mailbox *mailbox);

/* The current session of the port, as the server knows it; only for tests, which end it from
 * outside. false: none. */
#define ZK_PASSWORD_BYTES 16
bool zk_port_session(zk_port *port, int64_t *id, char password[ZK_PASSWORD_BYTES]);

/* The client library's text for one of its codes. */
const char *zk_code_text(int code);

#endif

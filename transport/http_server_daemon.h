/* The libmicrohttpd daemon of one loop, called in such a way that its panic does not end the
 * process.
 *
 * libmicrohttpd calls a panic function for failures that it cannot handle: a descriptor that cannot
 * be removed from its epoll set, a close() that fails with EBADF, a connection that is suspended
 * while the daemon is stopped. That function must not return. Ours leaves libmicrohttpd by
 * longjmp(). That is safe because no function in between owns anything that must be released,
 * except libmicrohttpd itself. The daemon is then in an unknown state: it is never used again, not
 * even to be stopped, and the server fails. See docs/libraries.md, "when a system call fails". */
#ifndef TRANSPORT_HTTP_SERVER_DAEMON_H
#define TRANSPORT_HTTP_SERVER_DAEMON_H

#include "transport/http_server_request_pool.h"

/* Used by the loop's thread only. */
typedef struct http_server_daemon {
    http_server_request_pool *pool;
    struct MHD_Daemon *mhd; /* NULL: not started, stopped, or it has given up. */
    /* The connection that is just being given to libmicrohttpd; NULL: none. */
    http_server_connection *adding;
    /* Connections given to libmicrohttpd that it has not announced yet. */
    http_server_handoff *taking;

    /* The connection that libmicrohttpd closed last. It may have been freed since. */
    const struct MHD_Connection *closing;
} http_server_daemon;

/* false: no descriptor or no memory. */
bool http_server_daemon_start(http_server_daemon *self, http_server_request_pool *pool);

/* Closes all its connections and frees it. No connection may be suspended. */
void http_server_daemon_stop(http_server_daemon *self);

/* Its epoll descriptor, which is readable while the daemon has something to do. -1: unknown. */
int http_server_daemon_fd(const http_server_daemon *self);

/* Whether the daemon has something to do that its descriptor does not show. */
bool http_server_daemon_has_work(const http_server_daemon *self);

/* Does all pending work without waiting. Afterwards everything has been read that its connections
 * had received before. */
void http_server_daemon_run(http_server_daemon *self);

/* Gives the connection to libmicrohttpd. The connection is freed if that fails. */
void http_server_daemon_take(http_server_daemon *self, http_server_connection *conn);

#endif

/* The libmicrohttpd daemon of one loop, called so that it does not end the process.
 *
 * libmicrohttpd has a panic function for failures that it has no way out of: a descriptor that
 * cannot be taken out of its epoll set, a close() that fails with EBADF, a connection suspended
 * while it is stopped. That function must not return. Ours leaves libmicrohttpd by longjmp():
 * nothing between here and there owns anything that must be released, except libmicrohttpd itself.
 * After that the daemon is in an unknown state. It is never used again, not even to be stopped
 * (docs/libraries.md), and the server fails. */
#ifndef TRANSPORT_HTTP_SERVER_DAEMON_H
#define TRANSPORT_HTTP_SERVER_DAEMON_H

#include "transport/http_server_request_pool.h"

/* Used by the loop's thread only. */
typedef struct http_server_daemon {
    http_server_request_pool *pool;
    struct MHD_Daemon *mhd;         /* NULL: not started, stopped, or it has given up. */
    http_server_connection *adding; /* Is being given to libmicrohttpd; NULL: none. */
    http_server_handoff *taking;    /* Given to libmicrohttpd, which has not announced them yet. */

    /* The connection that libmicrohttpd has closed last. It may have been freed since. */
    const struct MHD_Connection *closing;
} http_server_daemon;

/* false: no descriptor or no memory. */
bool http_server_daemon_start(http_server_daemon *self, http_server_request_pool *pool);

/* Ends all of its connections. No connection may be suspended. */
void http_server_daemon_stop(http_server_daemon *self);

/* Its epoll descriptor, readable while it has something to do. -1: it is not known. */
int http_server_daemon_fd(const http_server_daemon *self);

/* Whether it has something to do that its descriptor does not tell of. */
bool http_server_daemon_has_work(const http_server_daemon *self);

/* Does what there is to do, without waiting. Afterwards everything that the connections taken
 * before had sent by then has been read. */
void http_server_daemon_run(http_server_daemon *self);

/* Takes the connection over. It is freed if that fails. */
void http_server_daemon_take(http_server_daemon *self, http_server_connection *conn);

#endif

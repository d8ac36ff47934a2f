/* Calling libmicrohttpd so that it does not end the process.
 *
 * It has a panic function for failures that it has no way out of: a descriptor that cannot be taken
 * out of its epoll set, a close() that fails with EBADF, a connection suspended while it is
 * stopped. That function must not return. Ours leaves libmicrohttpd by longjmp(): nothing between
 * here and there owns anything that must be released, except libmicrohttpd itself. After that the
 * daemon is in an unknown state: it must never be used again, not even to be stopped
 * (docs/libraries.md). */
#ifndef TRANSPORT_HTTP_SERVER_DAEMON_H
#define TRANSPORT_HTTP_SERVER_DAEMON_H

#include <stdbool.h>

struct MHD_Connection;
struct MHD_Daemon;

/* Sets the panic function. Any number of times. */
void http_server_daemon_set_panic(void);

/* Runs call(arg), which calls libmicrohttpd. NULL: done. Else it has given up: the reason, valid
 * until this thread's next call; the daemon must be given to http_server_daemon_abandon(). */
const char *http_server_daemon_call(void (*call)(void *arg), void *arg);

/* Keeps the memory of a daemon that has given up for good, where leak checkers find it. closing:
 * the connection that it has closed last, because it may be in none of its lists; NULL: none. */
void http_server_daemon_abandon(struct MHD_Daemon *daemon, const struct MHD_Connection *closing);

#endif

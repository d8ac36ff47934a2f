/* Opens connections without blocking, for one thread with an event loop.
 *
 * An opener is libcurl's multi interface behind one descriptor. The loop must call
 * http_client_opener_step() when the descriptor is readable, and at the time that the last step
 * returned. A step goes on with all connections that are being opened. At most OPENER_BEGINS_MAX
 * are begun in one step, because libcurl needs about 0.1 ms for each, and the loop has other work
 * to do.
 *
 * A TLS connection needs libcurl's multi handle, which only one thread may use. So the opener owns
 * the TLS connections that it has opened: only its thread takes them from a pool, and a thread that
 * closes one leaves the work to the next step of the opener. */
#ifndef TRANSPORT_HTTP_CLIENT_OPENER_H
#define TRANSPORT_HTTP_CLIENT_OPENER_H

#include "transport/http_client_pool.h"

#define OPENER_BEGINS_MAX 64

typedef struct http_client_opener http_client_opener;
typedef struct http_client_opening http_client_opening; /* one connection that is being opened */

/* Receives the result of an opening. The opening has been freed already. Called on the thread of
 * the opener. DUBBOC_OK: the receiver owns the connection. Otherwise the place was given back, and
 * err says why; the statuses are those of http_client_connection_open(). */
typedef void (*http_client_opened)(
    void *arg, dubboc_status status, http_client_connection *opened, const dubboc_error *err);

/* client is borrowed. DUBBOC_E_SYSTEM: no descriptor is left. DUBBOC_E_NO_MEMORY. */
dubboc_status http_client_opener_new(
    http_client *client, http_client_opener **self, dubboc_error *err);

/* No opening may be left, and all connections must have been closed. self may be NULL. */
void http_client_opener_free(http_client_opener *self);

/* Returns the owner of its TLS connections, for http_client_endpoint_take(). */
http_client_owner *http_client_opener_owner(http_client_opener *self);

/* Returns a descriptor that is readable when a step has something to do. Borrowed. */
int http_client_opener_fd(const http_client_opener *self);

/* Does what can be done without blocking. Returns the time at which the next step is due if the
 * descriptor does not become readable before. */
int64_t http_client_opener_step(http_client_opener *self);

/* Begins to open a connection, using a place of the endpoint (HTTP_CLIENT_TAKEN_PLACE). A later
 * step calls opened(); this function never does. NULL: no memory; the place was given back. */
http_client_opening *http_client_opener_begin(http_client_opener *self,
    http_client_endpoint *endpoint, int64_t deadline_ns, http_client_opened opened, void *arg);

/* Begins to open a connection that belongs to no pool and uses no place. The receiver closes the
 * connection with http_client_connection_close(); target is borrowed until then. NULL: no memory.
 */
http_client_opening *http_client_opener_begin_apart(http_client_opener *self,
    const http_client_target *target, int64_t deadline_ns, http_client_opened opened, void *arg);

/* Cancels an opening before opened() was called for it; opened() will not be called. Gives the
 * place back. */
void http_client_opening_cancel(http_client_opening *self);

#endif

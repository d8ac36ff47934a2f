/* Endpoints: one address each, with a pool of connections. Taking a connection never waits. If an
 * endpoint has none to give, the caller goes to another endpoint, or waits for several endpoints at
 * once (http_client_queuer). */
#ifndef TRANSPORT_HTTP_CLIENT_POOL_H
#define TRANSPORT_HTTP_CLIENT_POOL_H

#include "base/waiter.h"
#include "transport/http_client_connection.h"

typedef struct http_client_endpoint http_client_endpoint; /* reference counted */

/* Makes an endpoint with one reference; opens no connection yet. url: "http://host:port" or
 * "https://host:port"; what follows is ignored.
 *
 * - DUBBOC_E_ARGUMENT: url is not such a URL.
 * - DUBBOC_E_UNSUPPORTED: url is a unix socket.
 * - DUBBOC_E_NO_MEMORY. */
dubboc_status http_client_endpoint_new(
    http_client *client, const char *url, http_client_endpoint **endpoint, dubboc_error *err);
void http_client_endpoint_ref(http_client_endpoint *endpoint);

/* Removes a reference. The last one closes the idle connections; a connection in use is closed when
 * it is given back. */
void http_client_endpoint_unref(http_client_endpoint *endpoint);

/* "host:port", for the Host header and for error texts. Borrowed. */
const char *http_client_endpoint_host(const http_client_endpoint *endpoint);

/* Whether the endpoint has an idle connection or may open another one at this moment. A hint for
 * choosing an endpoint, read without a lock. */
bool http_client_endpoint_has_room(const http_client_endpoint *endpoint);

/* Closes the connections of all endpoints that have been idle for too long. Taking a connection
 * does this for its own endpoint; this function is for endpoints that are not called any more,
 * whose peers have closed their side long ago. Returns when to call it again. Any thread. */
int64_t http_client_close_stale(http_client *client);

/* --- taking a connection --- */

typedef enum http_client_taken {
    /* *connection was taken; give it back with http_client_connection_give_back(). */
    HTTP_CLIENT_TAKEN_CONNECTION,
    /* A place: the right to open a connection with http_client_endpoint_open(). */
    HTTP_CLIENT_TAKEN_PLACE,
    HTTP_CLIENT_TAKEN_NOTHING /* pool_size connections are in use. */
} http_client_taken;

/* Takes an idle connection, after checking that it is still open, or else a place for a new one.
 * The connection has no owner, or is owned by `owner`. owner NULL: only connections without an
 * owner. */
http_client_taken http_client_endpoint_take(http_client_endpoint *endpoint,
    const http_client_owner *owner, http_client_connection **connection);

/* Opens a connection with a place; blocks until it is open. On failure the place is given back.
 * The same errors as http_client_connection_open(): DUBBOC_E_CONNECT, DUBBOC_E_TIMEOUT,
 * DUBBOC_E_CLOSED, DUBBOC_E_NO_MEMORY. */
dubboc_status http_client_endpoint_open(http_client_endpoint *endpoint, int64_t deadline_ns,
    http_client_connection **connection, dubboc_error *err);

/* Uses a place for a connection that was opened by other means (http_client_opener.h). */
void http_client_endpoint_adopt(http_client_endpoint *endpoint, http_client_connection *connection);

/* Returns the destination of its connections. Constant. */
const http_client_target *http_client_endpoint_target(const http_client_endpoint *endpoint);

/* Gives a place back without using it. */
void http_client_endpoint_free_place(http_client_endpoint *endpoint);

/* Gives a connection back. It stays in the pool if its last exchange ended well and the reply
 * allows it, and is closed otherwise. If it broke with ECONNRESET, ETIMEDOUT, EHOSTUNREACH or
 * ENETUNREACH, the connections of the endpoint that have been idle since before it was taken are
 * closed too, because they are probably dead as well. NULL is accepted. */
void http_client_connection_give_back(http_client_connection *connection);

/* Closes a connection that proved dead, and keeps its place for a new one. */
void http_client_connection_drop(http_client_connection *connection);

/* --- waiting for a connection ---
 *
 * A queuer waits in the queues of several endpoints at once, until the first of them has a
 * connection or a place for it. An endpoint serves its queue in order, and wakes only the queuer
 * that it serves.
 *
 * The endpoints are named by a selection: http_client_queuer_select_begin(),
 * http_client_queuer_join() for each endpoint, http_client_queuer_select_end(). A later selection
 * can name other endpoints; in a queue that both selections name the queuer keeps its turn. Only
 * one thread at a time may select or leave, but an endpoint may serve the queuer at any moment. */

/* a queuer's first selection allocates no memory for up to this many endpoints */
#define HTTP_CLIENT_QUEUES_FEW 4
/* a queuer waits for at most this many endpoints */
#define HTTP_CLIENT_QUEUES_MAX 1024

typedef struct http_client_claim {
    waiter_entry entry; /* in the endpoint's queue; guarded by its lock */
    http_client_endpoint *endpoint;
    struct http_client_queuer *of;
    struct http_client_claim *next; /* in joined, former or unused */
} http_client_claim;

typedef struct http_client_queuer {
    waiter *waiter; /* woken when is_served is set */
    /* the owner whose TLS connections the queuer may be given, besides those without an owner */
    const http_client_owner *owner;
    uint64_t ticket; /* the order in the queues: see waiter_take_ticket() */
    /* An endpoint has served the queuer, or no endpoint can serve it any more. */
    atomic_bool is_served;
    /* Written by the thread that sets is_served, under the lock of the endpoint or during a
     * selection. Read by http_client_queuer_leave(). */
    http_client_endpoint *endpoint;     /* NULL: the queuer was not served */
    http_client_connection *connection; /* NULL: a place */
    /* Used only by selections and http_client_queuer_leave(): */
    http_client_claim *joined, **joined_end; /* in the order of the selection */
    http_client_claim *former;               /* in a selection: claims of the previous selection */
    http_client_claim *unused;
    size_t count;                           /* of joined */
    size_t capacity;                        /* of all claims */
    struct http_client_claim_block *blocks; /* allocated claims */
    http_client_claim few[HTTP_CLIENT_QUEUES_FEW];
} http_client_queuer;

/* Initialises a queuer that is in no queue. self and `of` must not be moved until
 * http_client_queuer_leave(). */
void http_client_queuer_init(
    http_client_queuer *self, waiter *of, const http_client_owner *owner, uint64_t ticket);

/* Begins a selection of at most `endpoints` endpoints. If there is no memory, fewer of them are
 * joined. */
void http_client_queuer_select_begin(http_client_queuer *self, size_t endpoints);

/* Joins the queue of an endpoint, or stays in it. An endpoint with room serves the queuer at once,
 * even if the queuer cannot join any more. false: the queuer is served, so the other endpoints need
 * not be joined. */
bool http_client_queuer_join(http_client_queuer *self, http_client_endpoint *endpoint);

/* Ends the selection: leaves the queues of endpoints that it did not name. If the queuer is in no
 * queue now, no endpoint can serve it, so is_served is set and the waiter is woken. */
void http_client_queuer_select_end(http_client_queuer *self);

/* Whether an endpoint has served the queuer, or none can serve it any more. */
static inline bool http_client_queuer_is_served(const http_client_queuer *self)
{
    return atomic_load(&self->is_served);
}

/* Leaves all queues. true: *endpoint has served the queuer with *connection, or with a place if
 * *connection is NULL. The connection or place now belongs to the caller. false: the queuer was not
 * served. */
bool http_client_queuer_leave(
    http_client_queuer *self, http_client_endpoint **endpoint, http_client_connection **connection);

/* How many queuers wait at an endpoint. For tests. */
int http_client_endpoint_queue_length(http_client_endpoint *endpoint);

#endif

/* Endpoints: one address each, with its pool of connections. Taking a connection never waits: who
 * finds an endpoint full goes to another one, or waits for the first of several
 * (http_client_queuer). */
#ifndef TRANSPORT_HTTP_CLIENT_POOL_H
#define TRANSPORT_HTTP_CLIENT_POOL_H

#include "base/waiter.h"
#include "transport/http_client_connection.h"

typedef struct http_client_endpoint http_client_endpoint; /* reference counted */

/* url: "http://host:port" or https; what follows host:port is ignored. Starts with one reference;
 * opens nothing yet.
 * DUBBOC_E_ARGUMENT: no such URL. DUBBOC_E_UNSUPPORTED: a unix socket. DUBBOC_E_NO_MEMORY. */
dubboc_status http_client_endpoint_new(
    http_client *client, const char *url, http_client_endpoint **endpoint, dubboc_error *err);
void http_client_endpoint_ref(http_client_endpoint *endpoint);

/* The last one closes the idle connections; those in use end when they are given back. */
void http_client_endpoint_unref(http_client_endpoint *endpoint);

/* "host:port", for the Host header and for people. */
const char *http_client_endpoint_host(const http_client_endpoint *endpoint);

/* Whether one of its connections is idle, or another one may be opened, at this moment: a hint for
 * choosing an endpoint, read without a lock. */
bool http_client_endpoint_has_room(const http_client_endpoint *endpoint);

/* Closes the idle connections that are too old, of all endpoints. Taking one does so for its own
 * endpoint; this is for addresses that nobody calls any more, whose peers have long hung up.
 * Returns when to come again. Any thread. */
int64_t http_client_close_stale(http_client *client);

/* --- taking a connection --- */

typedef enum http_client_taken {
    HTTP_CLIENT_TAKEN_CONNECTION, /* *connection, until http_client_connection_give_back() */
    HTTP_CLIENT_TAKEN_PLACE,      /* the right to open one with http_client_endpoint_open() */
    HTTP_CLIENT_TAKEN_NOTHING     /* pool_size connections are in use */
} http_client_taken;

/* Takes an idle connection, which is checked to be alive, or else the right to open a new one. */
http_client_taken http_client_endpoint_take(
    http_client_endpoint *endpoint, http_client_connection **connection);

/* Uses a place: blocks until connected. Errors as http_client_connection_open(), which give the
 * place back. */
dubboc_status http_client_endpoint_open(http_client_endpoint *endpoint, int64_t deadline_ns,
    http_client_connection **connection, dubboc_error *err);

/* Gives a place back that was not used. */
void http_client_endpoint_free_place(http_client_endpoint *endpoint);

/* Back to the pool if the last exchange ended well and the reply allows it, else closed. If it
 * broke with ECONNRESET, ETIMEDOUT, EHOSTUNREACH or ENETUNREACH, the connections of this endpoint
 * that have been idle since before it was taken are closed too. NULL is accepted. */
void http_client_connection_give_back(http_client_connection *connection);

/* Closes a connection that proved dead, and keeps its place for a new one. */
void http_client_connection_drop(http_client_connection *connection);

/* --- waiting for a connection ---
 *
 * A queuer waits in the queues of several endpoints at once, for the first of them that has
 * something for it. An endpoint gives what comes free to the first in its queue, so nobody
 * overtakes, and wakes that one only.
 *
 * For which endpoints it waits is told by a selection: _select_begin(), _join() for each of them,
 * _select_end(). A later selection, when other endpoints are wanted, keeps the places in the queues
 * that both want. A selection and http_client_queuer_leave() are not for two threads at once; the
 * endpoints may grant something at any moment. */

#define HTTP_CLIENT_QUEUES_FEW 4    /* are joined without memory */
#define HTTP_CLIENT_QUEUES_MAX 1024 /* more endpoints are not waited for */

typedef struct http_client_claim {
    waiter_entry entry; /* in the endpoint's queue, under its lock */
    http_client_endpoint *endpoint;
    struct http_client_queuer *of;
    struct http_client_claim *next; /* in one of the queuer's lists */
} http_client_claim;

typedef struct http_client_queuer {
    waiter *waiter;        /* woken when something was granted, or when the wait is over */
    uint64_t ticket;       /* its order in the queues: waiter_take_ticket() */
    atomic_bool is_served; /* by one of the endpoints, or the wait is over without anything */
    /* Written by whoever sets is_served, with the lock of the endpoint that serves it or in a
     * selection; read by http_client_queuer_leave(). */
    http_client_endpoint *endpoint;     /* NULL: nothing was granted */
    http_client_connection *connection; /* NULL: a place */
    /* of selections and of http_client_queuer_leave() */
    http_client_claim *joined, **joined_end; /* in the order of the selection */
    http_client_claim *former;               /* during a selection: those of the one before */
    http_client_claim *unused;
    size_t count;                           /* of joined */
    size_t capacity;                        /* claims in all */
    struct http_client_claim_block *blocks; /* allocated claims */
    http_client_claim few[HTTP_CLIENT_QUEUES_FEW];
} http_client_queuer;

/* In no queue yet. Neither is moved until http_client_queuer_leave(). */
void http_client_queuer_init(http_client_queuer *self, waiter *of, uint64_t ticket);

/* From now on it waits for up to so many endpoints, which are named next; for fewer of them when
 * there is no memory. */
void http_client_queuer_select_begin(http_client_queuer *self, size_t endpoints);

/* Joins the queue of an endpoint, or stays in it. An endpoint that has room grants at once, also at
 * the ceiling, where it is not joined. false: something was granted, so no other need be joined. */
bool http_client_queuer_join(http_client_queuer *self, http_client_endpoint *endpoint);

/* Leaves the queues of the endpoints that were not named. If none was, nothing can be granted any
 * more: then the wait is over and the waiter is woken. */
void http_client_queuer_select_end(http_client_queuer *self);

/* Whether something was granted, or the wait is over without anything. */
static inline bool http_client_queuer_is_served(const http_client_queuer *self)
{
    return atomic_load(&self->is_served);
}

/* Leaves all queues. What was granted is in *endpoint and *connection (NULL: a place), and is the
 * caller's. false: nothing was granted. */
bool http_client_queuer_leave(
    http_client_queuer *self, http_client_endpoint **endpoint, http_client_connection **connection);

/* How many wait at an endpoint now. Tests look at it. */
int http_client_endpoint_queue_length(http_client_endpoint *endpoint);

#endif

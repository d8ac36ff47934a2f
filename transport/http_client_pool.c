/* The pool of one endpoint: which caller gets which connection.
 *
 * A connection is in use, being opened, or idle. There are pool_size places for connections that
 * are in use or being opened. A new connection is opened only if none is idle, so there are never
 * more than pool_size connections in total. The idle ones are a stack: the one that was used last
 * is taken first, so that connections that are not needed grow old and are closed. If there is no
 * place, queuers wait, each in the queues of several endpoints, in the order of their tickets. A
 * connection that is given back, or its place, goes to the first queuer that no other endpoint has
 * served. The lock is held only for work on lists; connecting and closing happen without it.
 *
 * When a host restarts or disappears, each of its idle connections seems to be open until something
 * is sent on it, and that call fails. So when a connection is reset or times out in the network,
 * the connections that have been idle since before it was taken are closed too. */
#include "transport/http_client_pool.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "transport/http_client_connect.h"
#include "transport/http_client_exchange.h"

struct http_client_endpoint {
    http_client_target target;
    /* Neighbours in client->endpoints; guarded by the client's lock. */
    http_client_endpoint *next, *previous;
    /* How many connections are in use or being opened. Written under lock, read without it. */
    atomic_int busy;
    mutex lock; /* guards the fields below */
    int references;
    http_client_connection *newest, *oldest; /* the stack of idle connections */
    int idle;                                /* its height */
    waiter_queue queue;                      /* the claims of queuers */
};

/* Limits of the time between two searches for connections that were idle for too long, which is
 * half of pool_idle_ms. */
#define LOOK_LEAST_MS 1000
#define LOOK_MOST_MS 10000

/* --- idle connections --- */

static void pool_push_idle_locked(
    http_client_endpoint *endpoint, http_client_connection *connection)
{
    connection->newer = NULL;
    connection->older = endpoint->newest;
    if (endpoint->newest != NULL)
        endpoint->newest->newer = connection;
    else
        endpoint->oldest = connection;
    endpoint->newest = connection;
    endpoint->idle++;
}

static void pool_remove_idle_locked(
    http_client_endpoint *endpoint, http_client_connection *connection)
{
    *(connection->newer != NULL ? &connection->newer->older : &endpoint->newest) =
        connection->older;
    *(connection->older != NULL ? &connection->older->newer : &endpoint->oldest) =
        connection->newer;
    connection->newer = connection->older = NULL;
    endpoint->idle--;
}

/* Removes the oldest idle connection, and adds it to a list (linked by older) of connections that
 * the caller closes after unlocking. */
static void pool_drop_oldest_locked(
    http_client_endpoint *endpoint, http_client_connection **dropped)
{
    http_client_connection *oldest = endpoint->oldest;
    pool_remove_idle_locked(endpoint, oldest);
    oldest->older = *dropped;
    *dropped = oldest;
}

/* Removes the idle connections that are too old, oldest first. Stops at the first one that may
 * still be used; younger ones are checked when they are taken. */
static void pool_drop_stale_locked(
    http_client_endpoint *endpoint, int64_t now_ns, http_client_connection **dropped)
{
    while (endpoint->oldest != NULL && endpoint->oldest->use_until_ns <= now_ns)
        pool_drop_oldest_locked(endpoint, dropped);
}

/* Removes the connections that have been idle since since_ns or longer. The list is in that
 * order. */
static void pool_drop_idle_since_locked(
    http_client_endpoint *endpoint, int64_t since_ns, http_client_connection **dropped)
{
    while (endpoint->oldest != NULL && endpoint->oldest->idle_since_ns <= since_ns)
        pool_drop_oldest_locked(endpoint, dropped);
}

static void pool_close_all(http_client_connection *list)
{
    while (list != NULL) {
        http_client_connection *next = list->older;
        http_client_connection_close(list);
        list = next;
    }
}

/* --- room --- */

/* Changes busy, which is written under the lock only, so the addition need not be atomic. */
static void pool_add_busy_locked(http_client_endpoint *endpoint, int change)
{
    int busy = atomic_load_explicit(&endpoint->busy, memory_order_relaxed);
    atomic_store_explicit(&endpoint->busy, busy + change, memory_order_relaxed);
}

bool http_client_endpoint_has_room(const http_client_endpoint *endpoint)
{
    return atomic_load_explicit(&endpoint->busy, memory_order_relaxed) <
           endpoint->target.client->settings.pool_size;
}

/* --- granting a connection or a place --- */

/* Serves a queuer whose is_served was set by the caller. The waiter is woken before the endpoint's
 * lock is unlocked, because the queuer may be freed as soon as the lock is free: a queuer that
 * times out leaves the queue without reading is_served. */
static void queuer_serve(
    http_client_queuer *queuer, http_client_endpoint *endpoint, http_client_connection *connection)
{
    queuer->endpoint = endpoint;
    queuer->connection = connection;
    queuer->waiter->wake(queuer->waiter);
}

static bool pool_may_use(const http_client_connection *connection, const http_client_owner *owner)
{
    return connection->owner == NULL || connection->owner == owner;
}

/* Serves the first queuer that no other endpoint has served. The queuer gets *connection, which is
 * then set to NULL. If there is no connection, or the queuer must not use it, the queuer gets a
 * place. false: no queuer waits. */
static bool pool_grant_locked(http_client_endpoint *endpoint, http_client_connection **connection)
{
    while (endpoint->queue.first != NULL) {
        http_client_claim *claim = (http_client_claim *)endpoint->queue.first;
        http_client_queuer *queuer = claim->of;
        waiter_queue_leave(&endpoint->queue, &claim->entry);
        if (atomic_exchange(&queuer->is_served, true))
            continue;
        bool may_use = *connection != NULL && pool_may_use(*connection, queuer->owner);
        http_client_connection *given = may_use ? *connection : NULL;
        if (may_use)
            *connection = NULL;
        queuer_serve(queuer, endpoint, given);
        return true;
    }
    return false;
}

/* A place is free again, because its connection was closed or could not be opened. */
static void pool_free_place_locked(http_client_endpoint *endpoint)
{
    http_client_connection *none = NULL;
    if (!pool_grant_locked(endpoint, &none))
        pool_add_busy_locked(endpoint, -1);
}

static void endpoint_destroy(http_client_endpoint *endpoint);

/* Unlocks. The endpoint may be freed here, because its last reference may have been removed before
 * its last connection was given back. Without a reference idle connections are closed, because they
 * are never used again. */
static void endpoint_unlock(http_client_endpoint *endpoint)
{
    http_client_connection *idle = NULL;
    if (endpoint->references == 0)
        pool_drop_stale_locked(endpoint, INT64_MAX, &idle);
    bool is_unused = endpoint->references == 0 &&
                     atomic_load_explicit(&endpoint->busy, memory_order_relaxed) == 0;
    mutex_unlock(&endpoint->lock);
    pool_close_all(idle);
    if (is_unused)
        endpoint_destroy(endpoint);
}

void http_client_endpoint_free_place(http_client_endpoint *endpoint)
{
    mutex_lock(&endpoint->lock);
    pool_free_place_locked(endpoint);
    endpoint_unlock(endpoint);
}

/* Returns NULL if the connection was kept, or the connection if only its place was needed. */
static http_client_connection *pool_keep_locked(
    http_client_endpoint *endpoint, http_client_connection *connection)
{
    if (pool_grant_locked(endpoint, &connection))
        return connection;
    pool_push_idle_locked(endpoint, connection);
    pool_add_busy_locked(endpoint, -1);
    return NULL;
}

/* Keeps the connection for the next caller, or closes it. The endpoint may be freed here. */
static void pool_finish(http_client_connection *connection, bool is_kept)
{
    http_client_endpoint *endpoint = connection->endpoint;
    http_client_connection *dropped = NULL, *unkept = connection;
    mutex_lock(&endpoint->lock);
    if (connection->lost_host)
        pool_drop_idle_since_locked(endpoint, connection->taken_ns, &dropped);
    if (is_kept && endpoint->references > 0)
        unkept = pool_keep_locked(endpoint, connection);
    else
        pool_free_place_locked(endpoint);
    endpoint_unlock(endpoint);
    if (unkept != NULL)
        http_client_connection_close(unkept);
    pool_close_all(dropped);
}

/* --- taking --- */

/* Takes the newest idle connection that the owner may use, or a place if there is none (NULL). The
 * endpoint must have room. If there are pool_size connections already, the oldest idle one, which
 * is another owner's, is dropped for the place. *dropped: connections that the caller closes after
 * unlocking. */
static http_client_connection *pool_take_idle_locked(http_client_endpoint *endpoint,
    const http_client_owner *owner, http_client_connection **dropped)
{
    int busy = atomic_load_explicit(&endpoint->busy, memory_order_relaxed);
    http_client_connection *found = endpoint->newest;
    while (found != NULL && !pool_may_use(found, owner))
        found = found->older;
    if (found != NULL)
        pool_remove_idle_locked(endpoint, found);
    else if (endpoint->idle > 0 &&
             busy + endpoint->idle >= endpoint->target.client->settings.pool_size)
        pool_drop_oldest_locked(endpoint, dropped);
    pool_add_busy_locked(endpoint, 1);
    return found;
}

/* Takes a connection or a place if there is one. *dropped: connections that the caller closes after
 * unlocking. */
static http_client_taken pool_take_locked(http_client_endpoint *endpoint, int64_t now_ns,
    const http_client_owner *owner, http_client_connection **connection,
    http_client_connection **dropped)
{
    pool_drop_stale_locked(endpoint, now_ns, dropped);
    if (!http_client_endpoint_has_room(endpoint))
        return HTTP_CLIENT_TAKEN_NOTHING;
    *connection = pool_take_idle_locked(endpoint, owner, dropped);
    return *connection != NULL ? HTTP_CLIENT_TAKEN_CONNECTION : HTTP_CLIENT_TAKEN_PLACE;
}

/* Checks an idle connection that was taken, and prepares it for a request. false: it must not be
 * used. */
static bool pool_try_idle(http_client_connection *idle, int64_t now_ns)
{
    idle->taken_ns = idle->idle_since_ns;
    if (idle->use_until_ns <= now_ns || !idle->io->is_quiet(idle))
        return false;
    http_client_exchange_prepare(idle);
    idle->taken_ns = now_ns;
    return true;
}

http_client_taken http_client_endpoint_take(http_client_endpoint *endpoint,
    const http_client_owner *owner, http_client_connection **connection)
{
    for (;;) {
        http_client_connection *idle = NULL, *dropped = NULL;
        int64_t now_ns = clock_now_ns();
        mutex_lock(&endpoint->lock);
        http_client_taken taken = pool_take_locked(endpoint, now_ns, owner, &idle, &dropped);
        mutex_unlock(&endpoint->lock);
        pool_close_all(dropped);
        if (taken != HTTP_CLIENT_TAKEN_CONNECTION)
            return taken;
        if (pool_try_idle(idle, now_ns)) {
            *connection = idle;
            return taken;
        }
        pool_finish(idle, false);
    }
}

dubboc_status http_client_endpoint_open(http_client_endpoint *endpoint, int64_t deadline_ns,
    http_client_connection **connection, dubboc_error *err)
{
    dubboc_status status =
        http_client_connection_open(&endpoint->target, deadline_ns, connection, err);
    if (status != DUBBOC_OK) {
        http_client_endpoint_free_place(endpoint);
        return status;
    }
    http_client_endpoint_adopt(endpoint, *connection);
    return DUBBOC_OK;
}

void http_client_endpoint_adopt(http_client_endpoint *endpoint, http_client_connection *connection)
{
    connection->endpoint = endpoint;
    connection->taken_ns = connection->opened_ns;
    http_client_exchange_prepare(connection);
}

const http_client_target *http_client_endpoint_target(const http_client_endpoint *endpoint)
{
    return &endpoint->target;
}

void http_client_connection_drop(http_client_connection *connection)
{
    http_client_endpoint *endpoint = connection->endpoint;
    http_client_connection *dropped = NULL;
    mutex_lock(&endpoint->lock);
    if (connection->lost_host)
        pool_drop_idle_since_locked(endpoint, connection->taken_ns, &dropped);
    mutex_unlock(&endpoint->lock);
    http_client_connection_close(connection);
    pool_close_all(dropped);
}

/* --- waiting --- */

/* Claims that were allocated together. */
typedef struct http_client_claim_block {
    struct http_client_claim_block *next;
    http_client_claim claims[];
} http_client_claim_block;

static void queuer_add_unused(http_client_queuer *self, http_client_claim *claims, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        claims[i] = (http_client_claim){.of = self, .next = self->unused};
        self->unused = &claims[i];
    }
    self->capacity += count;
}

/* Makes sure that the queuer has a claim for each of `endpoints` endpoints that the new selection
 * may name. Claims of the previous selection are kept until the new one ends, so they cannot be
 * reused for this. Without memory the queuer joins fewer endpoints. */
static void queuer_reserve(http_client_queuer *self, size_t endpoints)
{
    size_t wanted =
        self->count + (endpoints < HTTP_CLIENT_QUEUES_MAX ? endpoints : HTTP_CLIENT_QUEUES_MAX);
    if (wanted <= self->capacity)
        return;
    size_t count = wanted - self->capacity;
    http_client_claim_block *block =
        mem_zeroed(1, sizeof *block + count * sizeof(http_client_claim));
    if (block == NULL)
        return;
    block->next = self->blocks;
    self->blocks = block;
    queuer_add_unused(self, block->claims, count);
}

void http_client_queuer_init(
    http_client_queuer *self, waiter *of, const http_client_owner *owner, uint64_t ticket)
{
    self->waiter = of;
    self->owner = owner;
    self->ticket = ticket;
    atomic_init(&self->is_served, false);
    self->endpoint = NULL;
    self->connection = NULL;
    self->joined = self->former = self->unused = NULL;
    self->joined_end = &self->joined;
    self->count = self->capacity = 0;
    self->blocks = NULL;
    queuer_add_unused(self, self->few, HTTP_CLIENT_QUEUES_FEW);
}

static void queuer_append(http_client_queuer *self, http_client_claim *claim)
{
    claim->next = NULL;
    *self->joined_end = claim;
    self->joined_end = &claim->next;
    self->count++;
}

/* Removes the claim to that endpoint from the claims of the previous selection, and returns it.
 * NULL: there is none. Two selections usually name the endpoints in the same order, so the claim is
 * usually the first of the list. */
static http_client_claim *queuer_take_former(
    http_client_queuer *self, const http_client_endpoint *endpoint)
{
    for (http_client_claim **at = &self->former; *at != NULL; at = &(*at)->next)
        if ((*at)->endpoint == endpoint) {
            http_client_claim *found = *at;
            *at = found->next;
            return found;
        }
    return NULL;
}

void http_client_queuer_select_begin(http_client_queuer *self, size_t endpoints)
{
    queuer_reserve(self, endpoints);
    self->former = self->joined;
    self->joined = NULL;
    self->joined_end = &self->joined;
    self->count = 0;
}

/* Takes a connection or a place for the queuer that wants to join. The endpoint has room, so no
 * queuer waits in its queue that would have to be served first. */
static void queuer_use_room_locked(
    http_client_queuer *self, http_client_endpoint *endpoint, http_client_connection **dropped)
{
    if (!atomic_exchange(&self->is_served, true))
        queuer_serve(self, endpoint, pool_take_idle_locked(endpoint, self->owner, dropped));
}

bool http_client_queuer_join(http_client_queuer *self, http_client_endpoint *endpoint)
{
    http_client_claim *claim = queuer_take_former(self, endpoint);
    http_client_connection *dropped = NULL;
    if (claim != NULL) {
        queuer_append(self, claim);
        return !http_client_queuer_is_served(self);
    }
    mutex_lock(&endpoint->lock);
    if (http_client_endpoint_has_room(endpoint)) {
        queuer_use_room_locked(self, endpoint, &dropped);
    } else if (self->unused != NULL && self->count < HTTP_CLIENT_QUEUES_MAX) {
        claim = self->unused;
        self->unused = claim->next;
        claim->endpoint = endpoint;
        queuer_append(self, claim);
        waiter_queue_join_in_order(&endpoint->queue, &claim->entry, self->waiter, self->ticket);
        endpoint->references++;
    }
    mutex_unlock(&endpoint->lock);
    pool_close_all(dropped);
    return !http_client_queuer_is_served(self);
}

/* Leaves the queues of a list of claims, and makes the claims unused. */
static void queuer_drop(http_client_queuer *self, http_client_claim *claims)
{
    while (claims != NULL) {
        http_client_claim *next = claims->next;
        http_client_endpoint *endpoint = claims->endpoint;
        mutex_lock(&endpoint->lock);
        waiter_queue_leave(&endpoint->queue, &claims->entry);
        endpoint->references--;
        endpoint_unlock(endpoint);
        claims->next = self->unused;
        self->unused = claims;
        claims = next;
    }
}

void http_client_queuer_select_end(http_client_queuer *self)
{
    queuer_drop(self, self->former);
    self->former = NULL;
    if (self->count == 0 && !atomic_exchange(&self->is_served, true))
        self->waiter->wake(self->waiter);
}

bool http_client_queuer_leave(
    http_client_queuer *self, http_client_endpoint **endpoint, http_client_connection **connection)
{
    queuer_drop(self, self->joined);
    self->joined = NULL;
    while (self->blocks != NULL) {
        http_client_claim_block *next = self->blocks->next;
        free(self->blocks);
        self->blocks = next;
    }
    /* The queuer is in no queue any more, so no endpoint can serve it from now on. */
    if (self->endpoint == NULL)
        return false;
    *endpoint = self->endpoint;
    *connection = self->connection;
    if (*connection != NULL && !pool_try_idle(*connection, clock_now_ns())) {
        http_client_connection_drop(*connection);
        *connection = NULL;
    }
    return true;
}

int http_client_endpoint_queue_length(http_client_endpoint *endpoint)
{
    int count = 0;
    mutex_lock(&endpoint->lock);
    for (const waiter_entry *entry = endpoint->queue.first; entry != NULL; entry = entry->next)
        count++;
    mutex_unlock(&endpoint->lock);
    return count;
}

/* --- giving connections back --- */

/* Until when the connection may be used while it is idle: limited by pool_idle_ms, by what the peer
 * said (minus a second, so that the peer does not close it first), and by pool_ttl_ms. */
static int64_t pool_use_until_ns(const http_client_connection *connection, int64_t now_ns)
{
    const http_client_settings *settings = &connection->target->client->settings;
    int64_t idle_ms = settings->pool_idle_ms;
    int64_t peer_ms = connection->phase == HTTP_CLIENT_PHASE_DONE
                          ? (int64_t)connection->reader.reply.idle_s * 1000
                          : -1;
    if (peer_ms >= 0 && peer_ms - 1000 < idle_ms)
        idle_ms = peer_ms - 1000;
    int64_t until = now_ns + idle_ms * NS_PER_MS;
    if (settings->pool_ttl_ms < 0)
        return until;
    return deadline_min(until, connection->opened_ns + settings->pool_ttl_ms * NS_PER_MS);
}

/* Whether the connection may be used again; sets use_until_ns then. */
static bool pool_is_worth_keeping(http_client_connection *connection)
{
    if (!http_client_exchange_allows_reuse(connection) ||
        stop_signal_is_given(connection->target->client->settings.stop))
        return false;
    int64_t now_ns = clock_now_ns();
    bool is_unused = connection->phase == HTTP_CLIENT_PHASE_READY && connection->exchanges > 0;
    /* If no request was sent on the connection since it was taken, the times that were set after
     * its last reply still hold. */
    if (!is_unused) {
        connection->idle_since_ns = now_ns;
        connection->use_until_ns = pool_use_until_ns(connection, now_ns);
    }
    return connection->use_until_ns > now_ns;
}

void http_client_connection_give_back(http_client_connection *connection)
{
    if (connection != NULL)
        pool_finish(connection, pool_is_worth_keeping(connection));
}

/* --- endpoints --- */

static void endpoint_link(http_client_endpoint *endpoint)
{
    http_client *client = endpoint->target.client;
    mutex_lock(&client->lock);
    endpoint->next = client->endpoints;
    if (endpoint->next != NULL)
        endpoint->next->previous = endpoint;
    client->endpoints = endpoint;
    mutex_unlock(&client->lock);
}

static void endpoint_unlink(http_client_endpoint *endpoint)
{
    http_client *client = endpoint->target.client;
    mutex_lock(&client->lock);
    *(endpoint->previous != NULL ? &endpoint->previous->next : &client->endpoints) = endpoint->next;
    if (endpoint->next != NULL)
        endpoint->next->previous = endpoint->previous;
    mutex_unlock(&client->lock);
}

dubboc_status http_client_endpoint_new(
    http_client *client, const char *url, http_client_endpoint **endpoint, dubboc_error *err)
{
    http_client_endpoint *made = MEM_NEW(http_client_endpoint);
    if (made == NULL)
        return error_no_memory(err);
    dubboc_status status = http_client_target_init(&made->target, client, url, err);
    if (status != DUBBOC_OK) {
        free(made);
        return status;
    }
    made->references = 1;
    mutex_init(&made->lock, MUTEX_RANK_ENDPOINT);
    endpoint_link(made);
    *endpoint = made;
    return DUBBOC_OK;
}

void http_client_endpoint_ref(http_client_endpoint *endpoint)
{
    mutex_lock(&endpoint->lock);
    endpoint->references++;
    mutex_unlock(&endpoint->lock);
}

static void endpoint_destroy(http_client_endpoint *endpoint)
{
    endpoint_unlink(endpoint);
    mutex_fini(&endpoint->lock);
    http_client_target_fini(&endpoint->target);
    free(endpoint);
}

void http_client_endpoint_unref(http_client_endpoint *endpoint)
{
    mutex_lock(&endpoint->lock);
    assert(endpoint->references > 0);
    endpoint->references--;
    endpoint_unlock(endpoint);
}

const char *http_client_endpoint_host(const http_client_endpoint *endpoint)
{
    return endpoint->target.host;
}

int64_t http_client_close_stale(http_client *client)
{
    http_client_connection *dropped = NULL;
    int64_t now_ns = clock_now_ns();
    mutex_lock(&client->lock);
    for (http_client_endpoint *endpoint = client->endpoints; endpoint != NULL;
         endpoint = endpoint->next) {
        mutex_lock(&endpoint->lock);
        pool_drop_stale_locked(endpoint, now_ns, &dropped);
        mutex_unlock(&endpoint->lock);
    }
    mutex_unlock(&client->lock);
    pool_close_all(dropped);
    int64_t half_ms = client->settings.pool_idle_ms / 2;
    return now_ns + (half_ms < LOOK_LEAST_MS     ? LOOK_LEAST_MS
                        : half_ms < LOOK_MOST_MS ? half_ms
                                                 : LOOK_MOST_MS) *
                        NS_PER_MS;
}

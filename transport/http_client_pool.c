/* The pool of one address: who gets which connection.
 *
 * A connection is in use, idle or being opened, and all three count against pool_size. The idle
 * ones are a stack: the one used last is taken first, so that those not needed grow old and are
 * closed. When none is idle and no place is left, takers queue, and what comes free, a connection
 * or the place of one, is given to the first of them: nobody overtakes. Deciding (try_locked) is
 * apart from waiting, so that a taker that must not block can queue as well. The lock is held for
 * list work only; connecting and closing happen outside.
 *
 * When a host restarts or vanishes, each of its idle connections looks sound until something is
 * sent on it, and that call is lost. So when a connection is reset, or the network gives it up,
 * those that have been idle since before it was taken are closed with it. */
#include "transport/http_client_internal.h"

#include <assert.h>
#include <time.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mask.h"
#include "base/mem.h"

/* How often old idle connections are looked for: twice in the time that makes them old, within
 * these. */
#define LOOK_LEAST_MS 1000
#define LOOK_MOST_MS 10000

typedef enum pool_got {
    POOL_IDLE,  /* a connection that was idle */
    POOL_PLACE, /* the right to open one */
    POOL_FULL,
    POOL_CLOSED
} pool_got;

/* --- the idle ones --- */

static void push_idle_locked(http_client_endpoint *endpoint, http_client_connection *connection)
{
    connection->newer = NULL;
    connection->older = endpoint->newest;
    if (endpoint->newest != NULL)
        endpoint->newest->newer = connection;
    else
        endpoint->oldest = connection;
    endpoint->newest = connection;
}

static void remove_idle_locked(http_client_endpoint *endpoint, http_client_connection *connection)
{
    *(connection->newer != NULL ? &connection->newer->older : &endpoint->newest) =
        connection->older;
    *(connection->older != NULL ? &connection->older->newer : &endpoint->oldest) =
        connection->newer;
    connection->newer = connection->older = NULL;
}

/* Takes the oldest out, onto a list (by older) of those to be closed without the lock. */
static void drop_oldest_locked(http_client_endpoint *endpoint, http_client_connection **dropped)
{
    http_client_connection *oldest = endpoint->oldest;
    remove_idle_locked(endpoint, oldest);
    oldest->older = *dropped;
    *dropped = oldest;
}

/* Those too old, oldest first. It ends at the first that may still be used: what its younger ones
 * are is seen when they are taken. */
static void drop_stale_locked(
    http_client_endpoint *endpoint, int64_t now_ns, http_client_connection **dropped)
{
    while (endpoint->oldest != NULL && endpoint->oldest->use_until_ns <= now_ns) {
        drop_oldest_locked(endpoint, dropped);
        endpoint->connections--;
    }
}

/* Those that have been idle since then or longer; the list is in that order. */
static void drop_idle_since_locked(
    http_client_endpoint *endpoint, int64_t since_ns, http_client_connection **dropped)
{
    while (endpoint->oldest != NULL && endpoint->oldest->idle_since_ns <= since_ns) {
        drop_oldest_locked(endpoint, dropped);
        endpoint->connections--;
    }
}

static void close_all(http_client_connection *list)
{
    while (list != NULL) {
        http_client_connection *next = list->older;
        http_client_connection_close(list);
        list = next;
    }
}

/* --- room --- */

/* Only written under the lock, so that an addition needs no atomic operation. */
static void pool_add_busy_locked(http_client_endpoint *endpoint, int change)
{
    int busy = atomic_load_explicit(&endpoint->busy, memory_order_relaxed);
    atomic_store_explicit(&endpoint->busy, busy + change, memory_order_relaxed);
}

bool http_client_endpoint_has_room(const http_client_endpoint *endpoint)
{
    return atomic_load_explicit(&endpoint->busy, memory_order_relaxed) <
           endpoint->client->settings.pool_size;
}

/* --- waiting --- */

static void enqueue_locked(http_client_endpoint *endpoint, pool_waiter *waiter)
{
    if (endpoint->last_waiter != NULL)
        endpoint->last_waiter->next = waiter;
    else
        endpoint->first_waiter = waiter;
    endpoint->last_waiter = waiter;
}

static void leave_queue_locked(http_client_endpoint *endpoint, pool_waiter *waiter)
{
    pool_waiter *previous = NULL;
    for (pool_waiter *at = endpoint->first_waiter; at != waiter; at = at->next)
        previous = at;
    *(previous != NULL ? &previous->next : &endpoint->first_waiter) = waiter->next;
    if (endpoint->last_waiter == waiter)
        endpoint->last_waiter = previous;
}

/* Gives the first waiter a connection (NULL: a place). false: nobody waits. */
static bool grant_locked(http_client_endpoint *endpoint, http_client_connection *connection)
{
    pool_waiter *waiter = endpoint->first_waiter;
    if (waiter == NULL)
        return false;
    leave_queue_locked(endpoint, waiter);
    waiter->connection = connection;
    waiter->is_granted = true;
    condition_wake_one(&waiter->wakeup);
    return true;
}

static pool_got wait_locked(http_client_endpoint *endpoint, bool fresh, int64_t deadline_ns,
    http_client_connection **connection)
{
    pool_waiter self = {.is_fresh = fresh};
    condition_init(&self.wakeup);
    enqueue_locked(endpoint, &self);
    const atomic_bool *is_stopping = &endpoint->client->is_stopping;
    while (!self.is_granted && !atomic_load(is_stopping) &&
           condition_wait(&self.wakeup, &endpoint->lock, deadline_ns))
        continue;
    if (!self.is_granted)
        leave_queue_locked(endpoint, &self);
    condition_fini(&self.wakeup);
    if (!self.is_granted)
        return atomic_load(is_stopping) ? POOL_CLOSED : POOL_FULL;
    *connection = self.connection;
    return self.connection != NULL ? POOL_IDLE : POOL_PLACE;
}

void http_client_endpoint_wake_waiters(http_client_endpoint *endpoint)
{
    mutex_lock(&endpoint->lock);
    for (pool_waiter *waiter = endpoint->first_waiter; waiter != NULL; waiter = waiter->next)
        condition_wake_one(&waiter->wakeup);
    mutex_unlock(&endpoint->lock);
}

int http_client_endpoint_waiters(http_client_endpoint *endpoint)
{
    int count = 0;
    mutex_lock(&endpoint->lock);
    for (const pool_waiter *waiter = endpoint->first_waiter; waiter != NULL; waiter = waiter->next)
        count++;
    mutex_unlock(&endpoint->lock);
    return count;
}

/* --- taking --- */

/* What can be had at once. *dropped: to be closed without the lock. */
static pool_got try_locked(http_client_endpoint *endpoint, bool fresh, int64_t now_ns,
    http_client_connection **connection, http_client_connection **dropped)
{
    if (atomic_load(&endpoint->client->is_stopping))
        return POOL_CLOSED;
    drop_stale_locked(endpoint, now_ns, dropped);
    if (!fresh && endpoint->newest != NULL) {
        *connection = endpoint->newest;
        remove_idle_locked(endpoint, *connection);
        pool_add_busy_locked(endpoint, 1);
        return POOL_IDLE;
    }
    if (endpoint->connections < endpoint->client->settings.pool_size) {
        endpoint->connections++;
        pool_add_busy_locked(endpoint, 1);
        return POOL_PLACE;
    }
    if (endpoint->oldest == NULL)
        return POOL_FULL;
    /* A new one is wanted and all places are taken, some by idle ones: the oldest makes room. */
    drop_oldest_locked(endpoint, dropped);
    pool_add_busy_locked(endpoint, 1);
    return POOL_PLACE;
}

static pool_got take_any(http_client_endpoint *endpoint, bool fresh, int64_t now_ns,
    int64_t deadline_ns, http_client_connection **connection)
{
    http_client_connection *dropped = NULL;
    mutex_lock(&endpoint->lock);
    pool_got got = try_locked(endpoint, fresh, now_ns, connection, &dropped);
    if (got == POOL_FULL)
        got = wait_locked(endpoint, fresh, deadline_ns, connection);
    mutex_unlock(&endpoint->lock);
    close_all(dropped);
    return got;
}

static void destroy(http_client_endpoint *endpoint);

/* A place is free: of a connection that is closed or never came about. */
static void free_place_locked(http_client_endpoint *endpoint)
{
    if (grant_locked(endpoint, NULL))
        return;
    endpoint->connections--;
    pool_add_busy_locked(endpoint, -1);
}

/* The endpoint may be gone afterwards: its last reference may have gone before its last
 * connection. */
static void unlock_and_destroy_unused(http_client_endpoint *endpoint)
{
    bool is_unused = endpoint->references == 0 && endpoint->connections == 0;
    mutex_unlock(&endpoint->lock);
    if (is_unused)
        destroy(endpoint);
}

static void free_place(http_client_endpoint *endpoint)
{
    mutex_lock(&endpoint->lock);
    free_place_locked(endpoint);
    unlock_and_destroy_unused(endpoint);
}

/* false: nobody wants it, it is to be closed. */
static bool keep_locked(http_client_endpoint *endpoint, http_client_connection *connection)
{
    if (endpoint->references == 0)
        return false;
    if (endpoint->first_waiter == NULL) {
        push_idle_locked(endpoint, connection);
        pool_add_busy_locked(endpoint, -1);
        return true;
    }
    return !endpoint->first_waiter->is_fresh && grant_locked(endpoint, connection);
}

/* Keeps the connection for the next taker or closes it; the endpoint may be gone afterwards. */
static void pool_finish(http_client_connection *connection, bool is_kept)
{
    http_client_endpoint *endpoint = connection->endpoint;
    http_client_connection *dropped = NULL;
    mutex_lock(&endpoint->lock);
    if (connection->lost_host)
        drop_idle_since_locked(endpoint, connection->taken_ns, &dropped);
    is_kept = is_kept && keep_locked(endpoint, connection);
    if (!is_kept)
        free_place_locked(endpoint);
    unlock_and_destroy_unused(endpoint);
    if (!is_kept)
        http_client_connection_close(connection);
    close_all(dropped);
}

static dubboc_status open_one(http_client_endpoint *endpoint, int64_t deadline_ns,
    http_client_connection **connection, dubboc_error *err)
{
    dubboc_status status = http_client_connection_open(endpoint, deadline_ns, connection, err);
    if (status != DUBBOC_OK)
        free_place(endpoint);
    else
        http_client_exchange_prepare(*connection);
    return status;
}

dubboc_status http_client_endpoint_take(http_client_endpoint *endpoint, bool fresh,
    int64_t deadline_ns, http_client_connection **connection, dubboc_error *err)
{
    for (;;) {
        http_client_connection *idle = NULL;
        int64_t now_ns = clock_now_ns();
        switch (take_any(endpoint, fresh, now_ns, deadline_ns, &idle)) {
        case POOL_CLOSED:
            return error_set(err, DUBBOC_E_CLOSED, "stopped before a connection to %s came free",
                endpoint->host);
        case POOL_FULL:
            return error_set(err, DUBBOC_E_BUSY, "%s: all %d connections in use until the deadline",
                endpoint->host, endpoint->client->settings.pool_size);
        case POOL_PLACE:
            return open_one(endpoint, deadline_ns, connection, err);
        case POOL_IDLE:
            idle->taken_ns = idle->idle_since_ns;
            if (idle->use_until_ns > now_ns && idle->io->is_quiet(idle)) {
                http_client_exchange_prepare(idle);
                idle->taken_ns = now_ns;
                *connection = idle;
                return DUBBOC_OK;
            }
            pool_finish(idle, false);
        }
    }
}

/* --- giving back --- */

/* Until when an idle connection is used: its idle age, which the peer may have made shorter, and
 * its whole age. A second is left between the peer's time and ours. */
static int64_t use_until_ns(const http_client_connection *connection, int64_t now_ns)
{
    const http_client_settings *settings = &connection->endpoint->client->settings;
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

/* Whether another exchange may run on it; then use_until_ns is set. */
static bool is_worth_keeping(http_client_connection *connection)
{
    if (!http_client_exchange_allows_reuse(connection) ||
        atomic_load(&connection->endpoint->client->is_stopping))
        return false;
    int64_t now_ns = clock_now_ns();
    connection->idle_since_ns = now_ns;
    connection->use_until_ns = use_until_ns(connection, now_ns);
    return connection->use_until_ns > now_ns;
}

void http_client_connection_give_back(http_client_connection *connection)
{
    if (connection != NULL)
        pool_finish(connection, is_worth_keeping(connection));
}

/* --- endpoints --- */

/* *authority points into url, which may go on behind it. */
static dubboc_status endpoint_read_url(
    const char *url, bool *is_tls, dubboc_slice *authority, dubboc_error *err)
{
    dubboc_slice whole = slice_of(url);
    net_address address;
    *is_tls = slice_starts_with(whole, "https://");
    bool is_http = *is_tls || slice_starts_with(whole, "http://");
    size_t before = !is_http ? 0 : *is_tls ? strlen("https://") : strlen("http://");
    dubboc_slice rest = slice_make(whole.at + before, whole.len - before);
    *authority = slice_make(rest.at, address_length_in_url(rest, "?#"));
    if (!is_http || address_parse(*authority, 0, &address, NULL) != DUBBOC_OK)
        return error_set(
            err, DUBBOC_E_ARGUMENT, "not http://host:port or https://host:port: %s", MASKED(whole));
    if (address.is_unix)
        return error_set(err, DUBBOC_E_UNSUPPORTED,
            "%s: calling through a unix socket is not in this release", MASKED(whole));
    return DUBBOC_OK;
}

static void link_to_client(http_client_endpoint *endpoint)
{
    http_client *client = endpoint->client;
    mutex_lock(&client->lock);
    endpoint->next = client->endpoints;
    if (endpoint->next != NULL)
        endpoint->next->previous = endpoint;
    client->endpoints = endpoint;
    mutex_unlock(&client->lock);
}

static void unlink_from_client(http_client_endpoint *endpoint)
{
    http_client *client = endpoint->client;
    mutex_lock(&client->lock);
    *(endpoint->previous != NULL ? &endpoint->previous->next : &client->endpoints) = endpoint->next;
    if (endpoint->next != NULL)
        endpoint->next->previous = endpoint->previous;
    mutex_unlock(&client->lock);
}

dubboc_status http_client_endpoint_new(
    http_client *client, const char *url, http_client_endpoint **endpoint, dubboc_error *err)
{
    bool is_tls;
    dubboc_slice authority;
    dubboc_status status = endpoint_read_url(url, &is_tls, &authority, err);
    if (status != DUBBOC_OK)
        return status;
    http_client_endpoint *made = MEM_NEW(http_client_endpoint);
    if (made == NULL)
        return error_no_memory(err);
    made->client = client;
    made->is_tls = is_tls;
    made->references = 1;
    made->host = mem_dup_slice(authority);
    made->url = mem_printf("%s://%.*s/", is_tls ? "https" : "http", SLICE_ARGS(authority));
    if (made->host == NULL || made->url == NULL) {
        free(made->host);
        free(made->url);
        free(made);
        return error_no_memory(err);
    }
    mutex_init(&made->lock, MUTEX_RANK_ENDPOINT);
    link_to_client(made);
    *endpoint = made;
    return DUBBOC_OK;
}

void http_client_endpoint_ref(http_client_endpoint *endpoint)
{
    mutex_lock(&endpoint->lock);
    endpoint->references++;
    mutex_unlock(&endpoint->lock);
}

static void destroy(http_client_endpoint *endpoint)
{
    unlink_from_client(endpoint);
    mutex_fini(&endpoint->lock);
    free(endpoint->host);
    free(endpoint->url);
    free(endpoint);
}

void http_client_endpoint_unref(http_client_endpoint *endpoint)
{
    mutex_lock(&endpoint->lock);
    assert(endpoint->references > 0);
    endpoint->references--;
    http_client_connection *idle = NULL;
    if (endpoint->references == 0)
        drop_stale_locked(endpoint, INT64_MAX, &idle);
    unlock_and_destroy_unused(endpoint);
    close_all(idle);
}

const char *http_client_endpoint_host(const http_client_endpoint *endpoint)
{
    return endpoint->host;
}

int64_t http_client_close_stale(http_client *client)
{
    http_client_connection *dropped = NULL;
    int64_t now_ns = clock_now_ns();
    mutex_lock(&client->lock);
    for (http_client_endpoint *endpoint = client->endpoints; endpoint != NULL;
         endpoint = endpoint->next) {
        mutex_lock(&endpoint->lock);
        drop_stale_locked(endpoint, now_ns, &dropped);
        mutex_unlock(&endpoint->lock);
    }
    mutex_unlock(&client->lock);
    close_all(dropped);
    int64_t half_ms = client->settings.pool_idle_ms / 2;
    return now_ns + (half_ms < LOOK_LEAST_MS     ? LOOK_LEAST_MS
                        : half_ms < LOOK_MOST_MS ? half_ms
                                                 : LOOK_MOST_MS) *
                        NS_PER_MS;
}

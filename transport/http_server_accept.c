/* Accepting connections. Every loop accepts, and passes a new connection (a newcomer) to the loop
 * with the fewest connections. The ceilings are enforced here and not by libmicrohttpd: above its
 * own limit libmicrohttpd would leave newcomers waiting (libraries.md M9), or leave a mutex locked
 * (M7).
 *
 * - Too many connections from one address: the newcomer gets 503 and is closed.
 * - Too many connections in total: the newcomer takes the place of the connection that has been
 *   idle for longest, on whichever loop it is. A connection that has not sent anything yet counts
 *   as idle; a connection with unread bytes does not, because they may be its next request. If no
 *   connection is idle, the one that has been sending its request for longest is cut off. If there
 *   is no such connection either, the newcomer gets 503, marked as not executed, so that the caller
 *   tries another provider at once. Only a connection's own loop may end it, so the newcomer is
 *   handed to that loop.
 * - No descriptor left: the loop stops watching the listening socket for a moment (M5). Until
 *   it watches the socket again, newcomers wait in the backlog. */
#include "transport/http_server_accept.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "transport/http_server_response.h"

/* A connection that has been idle, or has been sending a request, for less than this is not ended
 * for a newcomer. Otherwise the callers of a full server would keep ending each other's
 * connections. */
#define EVICT_MIN_AGE_NS (100 * NS_PER_MS)

/* The search for an idle connection skips at most this many connections that have unread bytes,
 * because each test is a system call. */
#define EVICT_LOOKS 64

/* --- making room --- */

/* The oldest connection of the list that has no unread bytes. NULL: none among the first
 * EVICT_LOOKS. */
static http_server_connection *list_oldest_without_unread(const http_server_connection_list *list)
{
    http_server_connection *conn = list->head;
    for (int i = 0; conn != NULL && http_server_connection_has_unread(conn); i++)
        conn = i < EVICT_LOOKS ? conn->next : NULL;
    return conn;
}

/* The connection that has waited for its first or next request for longest. NULL: none. */
static http_server_connection *room_oldest_idle(const http_server_connection_table *table)
{
    return http_server_connection_older(
        list_oldest_without_unread(&table->phases[HTTP_SERVER_PHASE_IDLE]),
        list_oldest_without_unread(&table->phases[HTTP_SERVER_PHASE_SILENT]));
}

static bool room_is_old(
    const http_server_connection_table *table, const http_server_connection *conn)
{
    return conn != NULL && table->now_ns - conn->since_ns >= EVICT_MIN_AGE_NS;
}

/* Ends one of the loop's own connections. false: none is old enough. */
static bool room_make(http_server_connection_table *table)
{
    http_server_connection *idle = room_oldest_idle(table);
    http_server_connection *sender = http_server_connection_table_slowest_sender(table);
    bool is_idle = room_is_old(table, idle);
    http_server_connection *victim = is_idle ? idle : sender;
    if (!is_idle && !room_is_old(table, sender))
        return false;
    LOG_THROTTLED(DUBBOC_LOG_WARN, "transport",
        is_idle ? "connection limit reached, oldest idle connection closed"
                : "connection limit reached, slowest sender cut off",
        "peer=%s", victim->peer);
    if (is_idle)
        http_server_connection_evict(victim);
    else
        http_server_connection_cut(
            victim, 503, "too many connections, and this request is the slowest");
    http_server_connection_table_publish(table);
    return true;
}

/* The loop that has the oldest idle connection of all loops, or else the one that has the slowest
 * sender. NULL: none is old enough. The published times of other loops may be outdated, so the
 * chosen loop searches again, and passes the newcomer on if it has no connection to end. */
static http_server_mailbox *room_oldest_loop(const http_server_connection_table *table)
{
    const http_server_shared *shared = table->shared;
    http_server_mailbox *of_idle = NULL, *of_sender = NULL;
    int64_t idle_ns = table->now_ns - EVICT_MIN_AGE_NS + 1, sending_ns = idle_ns;
    for (int i = 0; i < shared->loop_count; i++) {
        http_server_mailbox *loop = shared->mailboxes[i];
        int64_t idle = atomic_load_explicit(&loop->idle_since_ns, memory_order_relaxed);
        int64_t sending = atomic_load_explicit(&loop->sending_since_ns, memory_order_relaxed);
        if (idle < idle_ns) {
            of_idle = loop;
            idle_ns = idle;
        }
        if (sending < sending_ns) {
            of_sender = loop;
            sending_ns = sending;
        }
    }
    return of_idle != NULL ? of_idle : of_sender;
}

/* --- finding a place --- */

static http_server_mailbox *place_least_loaded(const http_server_connection_table *table)
{
    const http_server_shared *shared = table->shared;
    http_server_mailbox *best = table->mailbox;
    int least = atomic_load_explicit(&best->connections, memory_order_relaxed);
    for (int i = 0; i < shared->loop_count; i++) {
        http_server_mailbox *loop = shared->mailboxes[i];
        int load = atomic_load_explicit(&loop->connections, memory_order_relaxed);
        if (load < least) {
            least = load;
            best = loop;
        }
    }
    return best;
}

/* Counts the connection in the chosen loop. Returns conn if that is this loop; otherwise hands conn
 * over to the chosen loop and returns NULL. */
static http_server_connection *place_at(const http_server_connection_table *table,
    http_server_mailbox *chosen, http_server_connection *conn)
{
    http_server_shared *shared = table->shared;
    conn->table = chosen->table;
    atomic_fetch_add(&chosen->connections, 1);
    if (chosen == table->mailbox)
        return conn;
    atomic_fetch_add(&shared->undrained, 1); /* until that loop has read from it */
    if (http_server_handoff_push(&chosen->arrivals, &conn->handoff))
        http_server_shared_wake(shared, chosen);
    /* a failed loop may have ended before conn arrived */
    if (http_server_shared_problem(shared) != NULL)
        http_server_connection_table_drop_arrivals(chosen->table);
    return NULL;
}

static bool place_is_over_ceiling(const http_server_shared *shared)
{
    return atomic_load(&shared->connections) > shared->settings.connections_max;
}

/* Finds the loop for a connection that is counted in the server, but in no loop yet. If the server
 * is over its ceiling, another connection is ended, on this loop or on the one that conn is handed
 * to, or conn itself is refused. Returns conn if this loop must take it; otherwise NULL. */
static http_server_connection *place_find(
    http_server_connection_table *table, http_server_connection *conn)
{
    if (!place_is_over_ceiling(table->shared))
        return place_at(table, place_least_loaded(table), conn);
    table->now_ns = clock_now_ns();
    /* The published times of this loop may be those of a connection that has ended during this turn
     * or has unread bytes. Publish the times of the connection that this loop could really end, so
     * that the search below does not choose this loop in vain. */
    http_server_connection_table_publish_idle(table, room_oldest_idle(table));
    http_server_mailbox *oldest =
        conn->hops <= table->shared->loop_count ? room_oldest_loop(table) : table->mailbox;
    conn->hops++;
    if (oldest != NULL && oldest != table->mailbox)
        return place_at(table, oldest, conn);
    place_at(table, table->mailbox, conn);
    if (oldest != NULL && room_make(table))
        return conn;
    http_server_connection_refuse_newcomer(conn, "too many connections");
    return NULL;
}

http_server_connection *http_server_accept_arrived(
    http_server_connection_table *table, http_server_connection *conn)
{
    if (conn->hops == 0 || !place_is_over_ceiling(table->shared))
        return conn;
    atomic_fetch_sub(&table->mailbox->connections, 1);
    return place_find(table, conn);
}

/* --- accepting --- */

/* Refuses a newcomer that was not counted. */
static void accept_refuse(
    http_server_connection_table *table, int fd, const char *peer, const char *problem)
{
    http_server_connection *conn = http_server_connection_new(table, fd, peer, NULL);
    if (conn != NULL) {
        http_server_connection_refuse_newcomer(conn, problem);
        return;
    }
    http_server_response_refuse(fd, 503, problem, HTTP_SERVER_NOT_EXECUTED, false);
    close(fd);
}

/* Applies the ceilings to a newcomer. Returns the connection if this loop must take it. */
static http_server_connection *accept_admit(
    http_server_connection_table *table, int fd, const struct sockaddr_storage *from)
{
    http_server_shared *shared = table->shared;
    char peer[ADDRESS_TEXT_SIZE];
    address_of_socket((const struct sockaddr *)from, peer);
    http_server_share *share = http_server_shares_take(&shared->shares, from);
    if (share == NULL) {
        accept_refuse(table, fd, peer, "too many connections from this address");
        return NULL;
    }
    int before = atomic_fetch_add(&shared->connections, 1);
    http_server_connection *conn = http_server_connection_new(table, fd, peer, share);
    if (conn != NULL && before < shared->settings.connections_max + HTTP_SERVER_OVER_MAX)
        return place_find(table, conn);
    atomic_fetch_sub(&shared->connections, 1);
    http_server_shares_give_back(&shared->shares, share);
    if (conn != NULL) {
        conn->share = NULL;
        http_server_connection_refuse_newcomer(conn, "too many connections");
    } else {
        close(fd);
    }
    return NULL;
}

/* Whether the error concerns only the newcomer, so that accepting can go on: see accept(2). */
static bool accept_error_is_passing(int error)
{
    switch (error) {
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EOPNOTSUPP:
    case EPERM: /* a packet filter refused it */
        return true;
    default:
        return false;
    }
}

/* Whether the listening socket is gone, because the program has closed a descriptor that is not its
 * own. */
static bool accept_error_is_fatal(int error)
{
    return error == EBADF || error == ENOTSOCK || error == EINVAL;
}

http_server_accepted http_server_accept_next(
    http_server_connection_table *table, http_server_connection **conn)
{
    struct sockaddr_storage from = {0};
    socklen_t len = sizeof from;
    int fd = accept4(
        table->shared->listen_fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    *conn = NULL;
    if (fd >= 0) {
        *conn = accept_admit(table, fd, &from);
        return HTTP_SERVER_ACCEPTED_ONE;
    }
    if (errno == EAGAIN)
        return HTTP_SERVER_ACCEPTED_NOTHING;
    if (accept_error_is_passing(errno))
        return HTTP_SERVER_ACCEPTED_ONE;
    if (!accept_error_is_fatal(errno))
        return HTTP_SERVER_ACCEPTED_ERROR;
    http_server_shared_fail_call(table->shared, "accept4", errno);
    return HTTP_SERVER_ACCEPTED_NOTHING;
}

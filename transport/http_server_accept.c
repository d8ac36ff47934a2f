/* Every loop accepts; a newcomer goes to the loop with the fewest connections. Ceilings are kept
 * here and not by libmicrohttpd, which leaves newcomers beyond its limit waiting unseen
 * (libraries.md M9), and locks itself up when given one too many (M7).
 *
 * - Too many connections from one address: the newcomer gets 503 and a close.
 * - Too many in total: the connection that has been idle for longest makes room, whichever loop has
 *   it. One that was opened ahead and has not sent anything yet is idle too; one whose next request
 *   waits in the socket is not. If none is idle, the connection that has been sending its request
 *   for longest makes room. If there is none of these either, the newcomer gets 503, marked as not
 *   executed, so that its caller goes elsewhere at once. A connection belongs to its loop, so the
 *   newcomer is handed to the loop that has the oldest one, and takes its place there.
 * - No descriptor left: the loop stops watching the listening socket for a moment (M5). Newcomers
 *   wait in the backlog meanwhile. */
#include "transport/http_server_accept.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "transport/http_server_response.h"

/* A connection that has been idle, or has been sending a request, for less than this is in use and
 * not pushed out. Otherwise callers who share a full server would push each other out in turn. */
#define EVICT_MIN_AGE_NS (100 * NS_PER_MS)

/* How many connections of a list are looked at for one without unread bytes, which would be a
 * request on its way. */
#define EVICT_LOOKS 64

/* --- making room --- */

/* The oldest one of the list without unread bytes. NULL: there is none, or it is too far behind. */
static http_server_connection *list_oldest_without_unread(const http_server_connection_list *list)
{
    http_server_connection *conn = list->head;
    for (int i = 0; conn != NULL && http_server_connection_has_unread(conn); i++)
        conn = i < EVICT_LOOKS ? conn->next : NULL;
    return conn;
}

/* The one that has been waiting for a request, its first or its next, for longest. NULL: none. */
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
        is_idle ? "connections are full, oldest idle one closed"
                : "connections are full, slowest sender cut off",
        "peer=%s", victim->peer);
    if (is_idle)
        http_server_connection_evict(victim);
    else
        http_server_connection_cut(
            victim, 503, "too many connections, and this request is the slowest");
    http_server_connection_table_publish(table);
    return true;
}

/* The loop whose oldest idle connection, else whose slowest sender, is the oldest of all. NULL:
 * none is old enough. What other loops have published may have changed meanwhile, so the loop that
 * is chosen looks again, and asks the next one if it has nothing to give. */
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

/* Counts the connection in the chosen loop. Returns it if that is this loop; else hands it over:
 * NULL. */
static http_server_connection *place_at(const http_server_connection_table *table,
    http_server_mailbox *chosen, http_server_connection *conn)
{
    http_server_shared *shared = table->shared;
    conn->table = chosen->table;
    atomic_fetch_add(&chosen->connections, 1);
    if (chosen == table->mailbox)
        return conn;
    atomic_fetch_add(&shared->undrained, 1); /* until it has been looked at there */
    if (http_server_handoff_push(&chosen->arrivals, &conn->handoff))
        http_server_shared_wake(shared, chosen);
    if (http_server_shared_problem(shared) != NULL) /* that loop may have ended before it came */
        http_server_connection_table_drop_arrivals(chosen->table);
    return NULL;
}

static bool place_is_over_ceiling(const http_server_shared *shared)
{
    return atomic_load(&shared->connections) > shared->settings.connections_max;
}

/* conn is counted in the server, but in no loop yet. If that is one too many, another one ends,
 * here or on the loop to which conn goes, or conn itself does. Returns conn if this loop must take
 * it. */
static http_server_connection *place_find(
    http_server_connection_table *table, http_server_connection *conn)
{
    if (!place_is_over_ceiling(table->shared))
        return place_at(table, place_least_loaded(table), conn);
    table->now_ns = clock_now_ns();
    /* What this loop has published may have ended in this turn. A connection with a request on its
     * way, which costs a system call to see, is not published here: then this loop is not asked
     * again, and the search below goes on to another one. */
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

/* For a newcomer that was not counted. */
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

/* Returns the connection if this loop must take it. */
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

/* Whether it is an error of the newcomer: accept(2). */
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
    case EPERM: /* a packet filter */
        return true;
    default:
        return false;
    }
}

/* Whether there is no listening socket any more: the program has closed what is not its own. */
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

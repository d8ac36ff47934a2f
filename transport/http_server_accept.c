/* Newcomers. Ceilings are kept here and not by libmicrohttpd, which leaves newcomers beyond its
 * limit waiting unseen (traps M9), and locks itself up when given one too many (M7):
 *   - too many from one address: that one gets 503 and a close;
 *   - too many in total: the connection that has been idle for longest makes room, whichever loop
 *   has
 *     it. One that was opened ahead and has not sent anything yet is idle too; one whose next
 *     request
 *     waits in the socket is not. When none is idle, the connection that has been sending its
 *     request
 *     for longest makes room; when there is none of these either, the newcomer gets 503, marked
 *     "not
 *     executed" so that its caller goes elsewhere at once. A connection belongs to its loop, so the
 *     newcomer is handed to the loop that has the oldest one, and takes its place there;
 *   - no descriptor left: the loop stops watching the listening socket for a moment (M5). Newcomers
 *   wait in the backlog meanwhile.
 * Every loop accepts; a newcomer goes to the loop with the fewest connections. */
#include "transport/http_server_loop.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#define PAUSE_NS (100 * NS_PER_MS)

/* A connection that has been idle, or a request that has been coming in, for less than this is in
 * use: it is not pushed out. Else callers who share a full server would push each other out in
 * turn. */
#define EVICT_MIN_AGE_NS (100 * NS_PER_MS)

/* How many connections of a list are looked at for one without unread bytes, which are a request on
 * its way. */
#define EVICT_LOOKS 64

/* One machine, as far as ceilings go: an IPv4 address, or the /64 network of an IPv6 one. */
struct http_server_peer {
    int connections; /* with addresses_lock held */
    uint8_t key_len;
    char key[8];
};

static void make_key(const struct sockaddr_storage *from, http_server_peer *address)
{
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)from;
    if (from->ss_family == AF_INET) {
        memcpy(address->key, &((const struct sockaddr_in *)from)->sin_addr, 4);
        address->key_len = 4;
    } else if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
        memcpy(address->key, &v6->sin6_addr.s6_addr[12], 4);
        address->key_len = 4;
    } else {
        memcpy(address->key, v6->sin6_addr.s6_addr, 8);
        address->key_len = 8;
    }
}

static void peer_text(const struct sockaddr_storage *from, char *text, size_t size)
{
    char ip[INET6_ADDRSTRLEN] = "?";
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)from;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)from;
    bool is_mapped = from->ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr);
    if (from->ss_family == AF_INET)
        inet_ntop(AF_INET, &v4->sin_addr, ip, sizeof ip);
    else if (is_mapped)
        inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], ip, sizeof ip);
    else
        inet_ntop(AF_INET6, &v6->sin6_addr, ip, sizeof ip);
    /* The port is at the same place in both. */
    snprintf(text, size, from->ss_family == AF_INET || is_mapped ? "%s:%u" : "[%s]:%u", ip,
        (unsigned)ntohs(v4->sin_port));
}

static http_server_peer *find_or_add(http_server *server, const http_server_peer *wanted)
{
    dubboc_slice key = slice_make(wanted->key, wanted->key_len);
    http_server_peer *found = map_find(server->addresses, key);
    if (found != NULL)
        return found;
    found = MEM_NEW(http_server_peer);
    if (found == NULL)
        return NULL;
    *found = *wanted;
    if (map_put(server->addresses, key, found, NULL))
        return found;
    free(found);
    return NULL;
}

/* Counts one more of that address. NULL: it has its share, or there is no memory. */
static http_server_peer *take_share(http_server *server, const struct sockaddr_storage *from)
{
    http_server_peer wanted = {0};
    make_key(from, &wanted);
    mutex_lock(&server->addresses_lock);
    http_server_peer *address = find_or_add(server, &wanted);
    if (address != NULL && address->connections >= server->settings.connections_per_address_max)
        address = NULL;
    if (address != NULL)
        address->connections++;
    mutex_unlock(&server->addresses_lock);
    return address;
}

static void give_share_back(http_server *server, http_server_peer *address)
{
    bool is_last;
    mutex_lock(&server->addresses_lock);
    is_last = --address->connections == 0;
    if (is_last)
        map_remove(server->addresses, slice_make(address->key, address->key_len));
    mutex_unlock(&server->addresses_lock);
    if (is_last)
        free(address);
}

void http_server_accept_release(http_server_loop *loop, http_server_peer *address)
{
    atomic_fetch_sub(&loop->connections, 1);
    atomic_fetch_sub(&loop->server->connections, 1);
    give_share_back(loop->server, address);
}

/* --- making room --- */

static int64_t since_of(const http_server_connection *conn)
{
    return conn != NULL ? conn->since_ns : DEADLINE_NEVER;
}

static http_server_connection *conn_older(http_server_connection *a, http_server_connection *b)
{
    return since_of(b) < since_of(a) ? b : a;
}

/* The one that has been sending its request for longest; NULL: none. */
static http_server_connection *loop_slowest_sender(const http_server_loop *loop)
{
    return conn_older(
        loop->conns[HTTP_SERVER_PHASE_HEADER].head, loop->conns[HTTP_SERVER_PHASE_BODY].head);
}

/* The oldest one of the list without unread bytes. NULL: there is none, or it is too far behind. */
static http_server_connection *list_oldest_without_unread(const http_server_connection_list *list)
{
    http_server_connection *conn = list->head;
    for (int i = 0; conn != NULL && http_server_connection_has_unread(conn); i++)
        conn = i < EVICT_LOOKS ? conn->next : NULL;
    return conn;
}

/* The one that has been waiting for a request, its first or its next, for longest. NULL: none. */
static http_server_connection *loop_oldest_idle(const http_server_loop *loop)
{
    return conn_older(list_oldest_without_unread(&loop->conns[HTTP_SERVER_PHASE_IDLE]),
        list_oldest_without_unread(&loop->conns[HTTP_SERVER_PHASE_SILENT]));
}

static void publish_since(_Atomic int64_t *place, int64_t since_ns)
{
    if (atomic_load_explicit(place, memory_order_relaxed) != since_ns)
        atomic_store_explicit(place, since_ns, memory_order_relaxed);
}

void http_server_accept_publish(http_server_loop *loop)
{
    http_server_connection *idle = conn_older(
        loop->conns[HTTP_SERVER_PHASE_IDLE].head, loop->conns[HTTP_SERVER_PHASE_SILENT].head);
    publish_since(&loop->idle_since_ns, since_of(idle));
    publish_since(&loop->sending_since_ns, since_of(loop_slowest_sender(loop)));
}

/* The same without those that have a request on its way, which costs a system call for each look.
 * So a loop that has no idle connection to give is not asked again, and loop_of_oldest() finds
 * another one. */
static void publish_exactly(http_server_loop *loop)
{
    publish_since(&loop->idle_since_ns, since_of(loop_oldest_idle(loop)));
    publish_since(&loop->sending_since_ns, since_of(loop_slowest_sender(loop)));
}

static bool conn_is_old(const http_server_loop *loop, const http_server_connection *conn)
{
    return conn != NULL && loop->now_ns - conn->since_ns >= EVICT_MIN_AGE_NS;
}

/* Ends one of the loop's own connections. false: none is old enough. */
static bool make_room(http_server_loop *loop)
{
    http_server_connection *idle = loop_oldest_idle(loop), *sender = loop_slowest_sender(loop);
    bool is_idle = conn_is_old(loop, idle);
    http_server_connection *victim = is_idle ? idle : sender;
    if (!is_idle && !conn_is_old(loop, sender))
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
    http_server_accept_publish(loop);
    return true;
}

/* The loop whose oldest idle connection, else whose slowest sender, is the oldest. NULL: none is
 * old enough. What other loops tell may have changed meanwhile; the loop that is chosen looks
 * again, and asks the next one when it has nothing to give. */
static http_server_loop *loop_of_oldest(http_server_loop *self)
{
    http_server *server = self->server;
    http_server_loop *of_idle = NULL, *of_sender = NULL;
    int64_t idle_ns = self->now_ns - EVICT_MIN_AGE_NS + 1, sending_ns = idle_ns;
    for (int i = 0; i < server->loop_count; i++) {
        http_server_loop *loop = &server->loops[i];
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

/* For a newcomer that never became a connection. */
static void refuse(http_server_loop *loop, int fd, const char *peer, const char *problem)
{
    http_server_connection *conn = http_server_connection_new(loop, fd, peer, NULL);
    if (conn != NULL) {
        http_server_connection_refuse_newcomer(conn, problem);
        return;
    }
    http_server_connection_write_refusal(fd, 503, problem, true, false);
    close(fd);
}

static http_server_loop *least_loaded(http_server_loop *self)
{
    http_server *server = self->server;
    http_server_loop *best = self;
    int least = atomic_load_explicit(&self->connections, memory_order_relaxed);
    for (int i = 0; i < server->loop_count; i++) {
        int load = atomic_load_explicit(&server->loops[i].connections, memory_order_relaxed);
        if (load < least) {
            least = load;
            best = &server->loops[i];
        }
    }
    return best;
}

static void hand_to(http_server_loop *self, http_server_loop *chosen, http_server_connection *conn)
{
    conn->loop = chosen;
    atomic_fetch_add(&chosen->connections, 1);
    if (chosen == self) {
        http_server_loop_take(self, conn);
        return;
    }
    atomic_fetch_add(&self->server->undrained, 1); /* until it has been looked at there */
    if (http_server_handoff_push(&chosen->arrivals, &conn->handoff))
        http_server_loop_wake(chosen);
    if (http_server_problem(self->server) != NULL)
        http_server_loop_drop_arrivals(chosen); /* it may have ended before this one came */
}

static bool server_is_over_ceiling(const http_server *server)
{
    return atomic_load(&server->connections) > server->settings.connections_max;
}

/* conn is counted among the connections, but in no loop yet. When that is one too many, another one
 * ends here or on the loop to which conn goes, or conn itself does. */
static void newcomer_place(http_server_loop *loop, http_server_connection *conn)
{
    http_server *server = loop->server;
    if (!server_is_over_ceiling(server)) {
        hand_to(loop, least_loaded(loop), conn);
        return;
    }
    loop->now_ns = clock_now_ns();
    publish_exactly(loop); /* its own may have ended in this turn */
    http_server_loop *best = conn->hops <= server->loop_count ? loop_of_oldest(loop) : loop;
    conn->hops++;
    if (best != NULL && best != loop) {
        hand_to(loop, best, conn);
        return;
    }
    atomic_fetch_add(&loop->connections, 1); /* from now on it is this loop's to release */
    conn->loop = loop;
    if (best != NULL && make_room(loop))
        http_server_loop_take(loop, conn);
    else
        http_server_connection_refuse_newcomer(conn, "too many connections");
}

void http_server_accept_arrived(http_server_loop *loop, http_server_connection *conn)
{
    if (conn->hops == 0 || !server_is_over_ceiling(loop->server)) {
        http_server_loop_take(loop, conn);
        return;
    }
    atomic_fetch_sub(&loop->connections, 1);
    newcomer_place(loop, conn);
}

static void admit(http_server_loop *loop, int fd, const struct sockaddr_storage *from)
{
    http_server *server = loop->server;
    char peer[HTTP_SERVER_PEER_TEXT_MAX];
    peer_text(from, peer, sizeof peer);
    http_server_peer *address = take_share(server, from);
    if (address == NULL) {
        refuse(loop, fd, peer, "too many connections from this address");
        return;
    }
    int before = atomic_fetch_add(&server->connections, 1);
    http_server_connection *conn = http_server_connection_new(loop, fd, peer, address);
    if (conn != NULL && before < server->settings.connections_max + HTTP_SERVER_OVER_MAX) {
        newcomer_place(loop, conn);
        return;
    }
    atomic_fetch_sub(&server->connections, 1);
    give_share_back(server, address);
    if (conn != NULL) {
        conn->address = NULL;
        http_server_connection_refuse_newcomer(conn, "too many connections");
    } else {
        close(fd);
    }
}

static bool is_passing(int error)
{
    switch (error) { /* accept(2): errors of the newcomer, not of ours */
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

/* There is no listening socket any more: the program has closed what is not its own. */
static bool is_fatal(int error)
{
    return error == EBADF || error == ENOTSOCK || error == EINVAL;
}

void http_server_accept_pause(http_server_loop *loop, int error)
{
    LOG_THROTTLED(DUBBOC_LOG_WARN, "transport", "cannot accept for the moment", "reason=\"%s\"",
        strerror(error));
    http_server_loop_listen(loop, false);
    loop->listen_again_ns = loop->now_ns + PAUSE_NS;
}

bool http_server_accept_some(http_server_loop *loop)
{
    for (int i = 0; i < HTTP_SERVER_ACCEPT_BATCH; i++) {
        struct sockaddr_storage from = {0};
        socklen_t len = sizeof from;
        int fd = accept4(
            loop->server->listen_fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            admit(loop, fd, &from);
            continue;
        }
        if (errno == EAGAIN)
            return false;
        if (is_passing(errno))
            continue;
        if (is_fatal(errno))
            http_server_fail_call(loop->server, "accept4", errno);
        else
            http_server_accept_pause(loop, errno);
        return false;
    }
    return true;
}

/* Newcomers. Ceilings are kept here and not by libmicrohttpd, which leaves newcomers beyond its limit waiting unseen (traps M9), and locks itself up when
 * given one too many (M7):
 *   - too many from one address: that one gets 503 and a close;
 *   - too many in total: the connection that has been sending its request for longest goes, if it has been at it for a moment already;
 *     when there is none, the newcomer gets 503, marked "not executed" so that its caller goes elsewhere at once;
 *   - no descriptor left: the loop stops watching the listening socket for a moment (M5). Newcomers wait in the backlog meanwhile.
 * Every loop accepts; a newcomer goes to the loop with the fewest connections. */
#include "transport/http_loop.h"

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

/* A request that is younger than this is normal, and not pushed out. */
#define EVICT_MIN_AGE_NS (100 * NS_PER_MS)

/* One machine, as far as ceilings go: an IPv4 address, or the /64 network of an IPv6 one. */
struct http_address {
    int connections; /* with addresses_lock held */
    uint8_t key_len;
    char key[8];
};

static void make_key(const struct sockaddr_storage *from, http_address *address)
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
    snprintf(text, size, from->ss_family == AF_INET || is_mapped ? "%s:%u" : "[%s]:%u", ip, (unsigned)ntohs(v4->sin_port));
}

static http_address *find_or_add(http_server *server, const http_address *wanted)
{
    dubboc_slice key = slice_make(wanted->key, wanted->key_len);
    http_address *found = map_find(server->addresses, key);
    if (found != NULL)
        return found;
    found = MEM_NEW(http_address);
    if (found == NULL)
        return NULL;
    *found = *wanted;
    if (map_put(server->addresses, key, found, NULL))
        return found;
    free(found);
    return NULL;
}

/* Counts one more of that address. NULL: it has its share, or there is no memory. */
static http_address *take_share(http_server *server, const struct sockaddr_storage *from)
{
    http_address wanted = {0};
    make_key(from, &wanted);
    pthread_mutex_lock(&server->addresses_lock);
    http_address *address = find_or_add(server, &wanted);
    if (address != NULL && address->connections >= server->settings.connections_per_address_max)
        address = NULL;
    if (address != NULL)
        address->connections++;
    pthread_mutex_unlock(&server->addresses_lock);
    return address;
}

static void give_share_back(http_server *server, http_address *address)
{
    bool is_last;
    pthread_mutex_lock(&server->addresses_lock);
    is_last = --address->connections == 0;
    if (is_last)
        map_remove(server->addresses, slice_make(address->key, address->key_len));
    pthread_mutex_unlock(&server->addresses_lock);
    if (is_last)
        free(address);
}

void http_accept_release(http_loop *loop, http_address *address)
{
    atomic_fetch_sub(&loop->connections, 1);
    atomic_fetch_sub(&loop->server->connections, 1);
    give_share_back(loop->server, address);
}

/* Ends the connection that has been sending its request for longest. */
static bool make_room(http_loop *loop)
{
    http_conn *header = loop->conns[HTTP_PHASE_HEADER].head;
    http_conn *body = loop->conns[HTTP_PHASE_BODY].head;
    http_conn *oldest = header;
    if (header == NULL || (body != NULL && body->since_ns < header->since_ns))
        oldest = body;
    if (oldest == NULL || loop->now_ns - oldest->since_ns < EVICT_MIN_AGE_NS)
        return false;
    LOG_THROTTLED(DUBBOC_LOG_WARN, "transport", "connections are full, slowest sender cut off", "peer=%s", oldest->peer);
    http_conn_cut(oldest, 503, "too many connections, and this request is the slowest");
    return true;
}

static bool take_place(http_loop *loop)
{
    http_server *server = loop->server;
    if (atomic_fetch_add(&server->connections, 1) < server->settings.connections_max || make_room(loop))
        return true;
    atomic_fetch_sub(&server->connections, 1);
    return false;
}

static void refuse(http_loop *loop, int fd, const char *peer, const char *problem)
{
    LOG_THROTTLED(DUBBOC_LOG_WARN, "transport", "connection refused", "peer=%s reason=\"%s\"", peer, problem);
    http_conn_write_refusal(fd, 503, problem, true, false);
    http_conn *conn = loop->refused < HTTP_REFUSED_MAX ? http_conn_new(loop, fd, peer, NULL) : NULL;
    if (conn != NULL)
        http_conn_linger(conn);
    else
        close(fd);
}

static http_loop *least_loaded(http_loop *self)
{
    http_server *server = self->server;
    http_loop *best = self;
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

static void hand_to(http_loop *self, http_loop *chosen, http_conn *conn)
{
    conn->loop = chosen;
    atomic_fetch_add(&chosen->connections, 1);
    if (chosen == self) {
        http_loop_take(self, conn);
        return;
    }
    atomic_fetch_add(&self->server->undrained, 1); /* until it has been looked at there */
    if (handoff_push(&chosen->arrivals, &conn->handoff))
        wake_signal(&chosen->wake);
}

static void admit(http_loop *loop, int fd, const struct sockaddr_storage *from)
{
    http_server *server = loop->server;
    char peer[HTTP_PEER_TEXT_MAX];
    peer_text(from, peer, sizeof peer);
    http_address *address = take_share(server, from);
    if (address == NULL) {
        refuse(loop, fd, peer, "too many connections from this address");
        return;
    }
    if (!take_place(loop)) {
        give_share_back(server, address);
        refuse(loop, fd, peer, "too many connections");
        return;
    }
    http_conn *conn = http_conn_new(loop, fd, peer, address);
    if (conn != NULL) {
        hand_to(loop, least_loaded(loop), conn);
        return;
    }
    atomic_fetch_sub(&server->connections, 1);
    give_share_back(server, address);
    close(fd);
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
        return true;
    default:
        return false;
    }
}

static void pause_listening(http_loop *loop, int error)
{
    LOG_THROTTLED(DUBBOC_LOG_WARN, "transport", "cannot accept for the moment", "reason=\"%s\"", strerror(error));
    http_loop_listen(loop, false);
    loop->listen_again_ns = loop->now_ns + PAUSE_NS;
}

bool http_accept_some(http_loop *loop)
{
    for (int i = 0; i < HTTP_ACCEPT_BATCH; i++) {
        struct sockaddr_storage from = {0};
        socklen_t len = sizeof from;
        int fd = accept4(loop->server->listen_fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            admit(loop, fd, &from);
            continue;
        }
        if (errno == EAGAIN)
            return false;
        if (is_passing(errno))
            continue;
        pause_listening(loop, errno);
        return false;
    }
    return true;
}

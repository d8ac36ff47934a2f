/* Life of the HTTP server: one listening socket, loops that share it, and the order in which all
 * that ends. */
#include "transport/http_server.h"

#include <assert.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "transport/http_server_daemon.h"
#include "transport/http_server_loop.h"

/* Descriptors left to the rest of the program: files, clients, the registry; and to each loop's
 * own. */
#define DESCRIPTORS_KEPT 64
#define DESCRIPTORS_A_LOOP (8 + HTTP_SERVER_UNCOUNTED_MAX)

/* --- open --- */

typedef union socket_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_storage storage;
} socket_address;

static bool parse_address(const char *ip, int port, socket_address *address, socklen_t *len)
{
    char service[8];
    struct addrinfo hints = {
        .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    snprintf(service, sizeof service, "%d", port);
    if (getaddrinfo(ip, service, &hints, &found) != 0)
        return false;
    memcpy(address, found->ai_addr, found->ai_addrlen);
    *len = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

static void address_text(const socket_address *address, char *text, size_t size)
{
    char ip[INET6_ADDRSTRLEN] = "?";
    if (address->any.sa_family == AF_INET) {
        inet_ntop(AF_INET, &address->v4.sin_addr, ip, sizeof ip);
        snprintf(text, size, "%s:%u", ip, (unsigned)ntohs(address->v4.sin_port));
    } else {
        inet_ntop(AF_INET6, &address->v6.sin6_addr, ip, sizeof ip);
        snprintf(text, size, "[%s]:%u", ip, (unsigned)ntohs(address->v6.sin6_port));
    }
}

/* SO_REUSEADDR, so that a restart does not wait for old connections; never SO_REUSEPORT: a second
 * server on the port is an error (traps M13). */
static int listen_at(const socket_address *address, socklen_t len)
{
    int on = 1, off = 0;
    int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    bool is_open = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0;
    if (address->any.sa_family == AF_INET6)
        is_open = is_open && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0;
    if (is_open && bind(fd, &address->any, len) == 0 && listen(fd, SOMAXCONN) == 0)
        return fd;
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

static dubboc_status refuse_to_listen(const socket_address *address, int reason, dubboc_error *err)
{
    char text[HTTP_SERVER_PEER_TEXT_MAX];
    address_text(address, text, sizeof text);
    if (reason == EADDRINUSE)
        return error_set(err, DUBBOC_E_SYSTEM,
            "%s: address already in use; set [server] port to another port, or to 0 for any free "
            "one",
            text);
    return error_set(err, DUBBOC_E_SYSTEM, "%s: %s", text, strerror(reason));
}

static dubboc_status open_listener(http_server *server, const char *ip, dubboc_error *err)
{
    socket_address address = {0};
    socklen_t len;
    bool is_any = ip == NULL || ip[0] == '\0';
    if (!parse_address(is_any ? "::" : ip, server->settings.port, &address, &len))
        return error_set(err, DUBBOC_E_ARGUMENT, "\"%s\" is no IP address to listen on", ip);
    server->listen_fd = listen_at(&address, len);
    /* a machine without IPv6 */
    if (server->listen_fd < 0 && is_any && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)) {
        parse_address("0.0.0.0", server->settings.port, &address, &len);
        server->listen_fd = listen_at(&address, len);
    }
    if (server->listen_fd < 0)
        return refuse_to_listen(&address, errno, err);
    len = sizeof address;
    if (getsockname(server->listen_fd, &address.any, &len) != 0)
        return refuse_to_listen(&address, errno, err);
    address_text(&address, server->address, sizeof server->address);
    return DUBBOC_OK;
}

/* Connections that can never be had are refused with an answer rather than by running out of
 * descriptors (traps M5). */
static dubboc_status fit_connections(http_server *server, dubboc_error *err)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return DUBBOC_OK;
    rlim_t kept =
        DESCRIPTORS_KEPT + HTTP_SERVER_OVER_MAX + (rlim_t)server->loop_count * DESCRIPTORS_A_LOOP;
    if (limit.rlim_cur <= kept)
        return error_set(err, DUBBOC_E_SYSTEM,
            "the descriptor limit of %llu is too low for a server with %d loops (more than %llu "
            "are needed)",
            (unsigned long long)limit.rlim_cur, server->loop_count, (unsigned long long)kept);
    rlim_t possible = limit.rlim_cur - kept;
    if ((rlim_t)server->settings.connections_max <= possible)
        return DUBBOC_OK;
    LOG(DUBBOC_LOG_WARN, "transport", "connections limited by RLIMIT_NOFILE",
        "wanted=%d possible=%llu", server->settings.connections_max, (unsigned long long)possible);
    server->settings.connections_max = (int)possible;
    return DUBBOC_OK;
}

/* Java's pool and others honour it: they must drop a connection before we do, also when their clock
 * and ours disagree a little. */
static void set_keep_alive(http_server *server)
{
    int64_t seconds = server->settings.idle_timeout_ms / 1000;
    int64_t margin = seconds / 10 > 1 ? seconds / 10 : 1;
    if (seconds > margin)
        snprintf(server->keep_alive, sizeof server->keep_alive, "timeout=%lld",
            (long long)(seconds - margin));
}

dubboc_status http_server_open(
    const http_server_settings *settings, http_server **out, dubboc_error *err)
{
    assert(settings->on_request != NULL && settings->connections_max > 0 &&
           settings->connections_per_address_max > 0);
    http_server_daemon_set_panic();
    http_server *server = MEM_NEW(http_server);
    if (server == NULL)
        return error_no_memory(err);
    dubboc_status status = DUBBOC_E_NO_MEMORY;
    server->settings = *settings;
    server->settings.ip = NULL;
    server->listen_fd = -1;
    server->loop_count = settings->loops > 0 ? settings->loops : 1;
    server->checks_positions = strncmp(MHD_get_version(), "0.", 2) == 0;
    mutex_init(&server->addresses_lock, MUTEX_RANK_ADDRESSES);
    size_t memory_max = settings->memory_max_bytes;
    assert(memory_max == 0 || memory_max >= settings->body_max_bytes);
    memory_budget_init(&server->bodies, memory_max > 0 ? memory_max : SIZE_MAX);
    set_keep_alive(server);
    server->addresses = map_new();
    if (server->addresses == NULL) {
        error_no_memory(err);
        goto done;
    }
    status = fit_connections(server, err);
    if (status == DUBBOC_OK)
        status = open_listener(server, settings->ip, err);
done:
    if (status == DUBBOC_OK)
        *out = server;
    else
        http_server_free(server);
    return status;
}

/* --- start, drain, end --- */

/* One that cannot be woken sees after WAKE_LOOK_MS what is wanted. */
static void wake_all(http_server *server)
{
    for (int i = 0; server->loops != NULL && i < server->loop_count; i++) {
        if (server->loops[i].wake.fd >= 0)
            wake_signal(&server->loops[i].wake);
    }
}

void http_server_fail(http_server *server, const char *problem)
{
    const http_server_settings *settings = &server->settings;
    /* then its owner waits for its end already */
    bool is_stopping = atomic_load(&server->is_stopping);
    if (atomic_exchange(&server->is_failing, true))
        return;
    snprintf(server->problem, sizeof server->problem, "%s", problem);
    atomic_store_explicit(&server->has_failed, true, memory_order_release);
    LOG(DUBBOC_LOG_ERROR, "transport", "server has failed", "address=%s reason=\"%s\"",
        server->address, problem);
    atomic_store_explicit(&server->is_stopping, true, memory_order_release);
    wake_all(server);
    if (settings->on_failure != NULL && !is_stopping)
        settings->on_failure(settings->arg, server->problem);
}

void http_server_fail_call(http_server *server, const char *call, int error)
{
    char problem[sizeof server->problem];
    snprintf(problem, sizeof problem, "%s: %s", call, strerror(error));
    http_server_fail(server, problem);
}

const char *http_server_problem(const http_server *server)
{
    return atomic_load_explicit(&server->has_failed, memory_order_acquire) ? server->problem : NULL;
}

static void stop_threads(http_server *server)
{
    atomic_store_explicit(&server->is_stopping, true, memory_order_release);
    wake_all(server);
    for (int i = 0; server->loops != NULL && i < server->loop_count; i++) {
        if (server->loops[i].has_thread)
            pthread_join(server->loops[i].thread, NULL);
        server->loops[i].has_thread = false;
    }
}

static dubboc_status start_loops(http_server *server, dubboc_error *err)
{
    dubboc_status status = DUBBOC_OK;
    for (int i = 0; status == DUBBOC_OK && i < server->loop_count; i++)
        status = http_server_loop_init(&server->loops[i], server, err);
    for (int i = 0; status == DUBBOC_OK && i < server->settings.loops; i++)
        status = http_server_loop_start_thread(&server->loops[i], err);
    return status;
}

static void end_loops(http_server *server)
{
    stop_threads(server);
    for (int i = 0; server->loops != NULL && i < server->loop_count; i++)
        http_server_loop_fini(&server->loops[i]);
    free(server->loops);
    server->loops = NULL;
}

dubboc_status http_server_start(http_server *server, dubboc_error *err)
{
    assert(server->loops == NULL);
    server->loops = MEM_NEW_ARRAY((size_t)server->loop_count, http_server_loop);
    if (server->loops == NULL)
        return error_no_memory(err);
    for (int i = 0; i < server->loop_count; i++)
        server->loops[i] = (http_server_loop){.epoll_fd = -1, .timer_fd = -1, .wake = {.fd = -1}};
    atomic_store(&server->listening_loops, server->loop_count);
    atomic_store(&server->undrained, server->loop_count);
    dubboc_status status = start_loops(server, err);
    if (status != DUBBOC_OK)
        end_loops(server);
    else if (atomic_load(&server->is_draining)) /* that was before there was a loop to wake */
        wake_all(server);
    return status;
}

const char *http_server_address(const http_server *server)
{
    return server->address;
}

int http_server_fd(const http_server *server)
{
    return server->loops != NULL && server->settings.loops == 0 ? server->loops[0].epoll_fd : -1;
}

dubboc_status http_server_step(http_server *server, int timeout_ms, dubboc_error *err)
{
    assert(server->loops != NULL && server->settings.loops == 0);
    if (http_server_problem(server) == NULL && http_server_loop_turn(&server->loops[0], timeout_ms))
        return DUBBOC_OK;
    return error_set(err, DUBBOC_E_SYSTEM, "the server has failed: %s", server->problem);
}

void http_server_drain(http_server *server)
{
    atomic_store(&server->is_draining, true);
    wake_all(server);
}

int http_server_connections(const http_server *server)
{
    return atomic_load(&server->connections);
}

int http_server_requests(const http_server *server)
{
    int sum = 0;
    for (int i = 0; server->loops != NULL && i < server->loop_count; i++)
        sum += atomic_load_explicit(&server->loops[i].requests, memory_order_relaxed);
    return sum;
}

bool http_server_is_drained(const http_server *server)
{
    return atomic_load(&server->undrained) == 0 && http_server_requests(server) == 0;
}

void http_server_free(http_server *server)
{
    if (server == NULL)
        return;
    end_loops(server);
    if (server->listen_fd >= 0)
        close(server->listen_fd);
    map_free(server->addresses, free);
    mutex_fini(&server->addresses_lock);
    memory_budget_fini(&server->bodies);
    free(server);
}

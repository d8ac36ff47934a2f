/* Opens, starts, drains and ends the HTTP server. The server is one listening socket and the event
 * loops that share it. */
#include "transport/http_server.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <microhttpd.h>

#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "transport/http_server_accept.h"
#include "transport/http_server_internal.h"

/* How many descriptors are left to the rest of the program (files, clients, the registry), and how
 * many each loop needs in addition to its connections. */
#define DESCRIPTORS_KEPT 64
#define DESCRIPTORS_A_LOOP (8 + HTTP_SERVER_UNCOUNTED_MAX)

/* --- open --- */

/* SO_REUSEADDR is set so that a restart does not wait for old connections to end. SO_REUSEPORT is
 * not set, because a second server on the same port must be an error (libraries.md M13). */
static int listen_open_socket(const struct sockaddr_storage *address, socklen_t len)
{
    int on = 1, off = 0;
    int fd = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    bool is_open = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0;
    if (address->ss_family == AF_INET6)
        is_open = is_open && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0;
    if (is_open && bind(fd, (const struct sockaddr *)address, len) == 0 &&
        listen(fd, SOMAXCONN) == 0)
        return fd;
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

static dubboc_status listen_refuse(
    const struct sockaddr_storage *address, int reason, dubboc_error *err)
{
    char text[ADDRESS_TEXT_SIZE];
    address_of_socket((const struct sockaddr *)address, text);
    if (reason == EADDRINUSE)
        return error_set(err, DUBBOC_E_SYSTEM,
            "%s: address already in use; set [server] port to another port, or to 0 for any free "
            "one",
            text);
    return error_set(err, DUBBOC_E_SYSTEM, "%s: %s", text, strerror(reason));
}

static dubboc_status listen_read_ip(const char *ip, uint16_t port, struct sockaddr_storage *address,
    socklen_t *len, dubboc_error *err)
{
    net_address read;
    *len = address_to_socket(ip, port, address);
    if (*len > 0)
        return DUBBOC_OK;
    if (address_parse(slice_of(ip), 0, &read, NULL) == DUBBOC_OK && read.is_unix)
        return error_set(
            err, DUBBOC_E_UNSUPPORTED, "%s: listening on a unix socket is not in this release", ip);
    return error_set(err, DUBBOC_E_ARGUMENT, "\"%s\" is not an IP address to listen on", ip);
}

static dubboc_status listen_open(http_server_shared *shared, const char *ip, dubboc_error *err)
{
    struct sockaddr_storage address = {0};
    socklen_t len;
    uint16_t port = (uint16_t)shared->settings.port;
    bool is_any = ip == NULL || ip[0] == '\0';
    dubboc_status status = listen_read_ip(is_any ? "::" : ip, port, &address, &len, err);
    if (status != DUBBOC_OK)
        return status;
    shared->listen_fd = listen_open_socket(&address, len);
    /* The machine may have no IPv6: try IPv4 alone. */
    if (shared->listen_fd < 0 && is_any && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)) {
        len = address_to_socket("0.0.0.0", port, &address);
        shared->listen_fd = listen_open_socket(&address, len);
    }
    if (shared->listen_fd < 0)
        return listen_refuse(&address, errno, err);
    len = sizeof address;
    if (getsockname(shared->listen_fd, (struct sockaddr *)&address, &len) != 0)
        return listen_refuse(&address, errno, err);
    address_of_socket((const struct sockaddr *)&address, shared->address);
    return DUBBOC_OK;
}

/* Lowers connections_max to what the descriptor limit allows. A newcomer above the ceiling gets an
 * answer, but a server without descriptors could not even accept it (libraries.md M5). */
static dubboc_status server_fit_connections(http_server_shared *shared, dubboc_error *err)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return DUBBOC_OK;
    rlim_t kept =
        DESCRIPTORS_KEPT + HTTP_SERVER_OVER_MAX + (rlim_t)shared->loop_count * DESCRIPTORS_A_LOOP;
    if (limit.rlim_cur <= kept)
        return error_set(err, DUBBOC_E_SYSTEM,
            "the descriptor limit of %llu is too low for a server with %d loops (more than %llu "
            "are needed)",
            (unsigned long long)limit.rlim_cur, shared->loop_count, (unsigned long long)kept);
    rlim_t possible = limit.rlim_cur - kept;
    if ((rlim_t)shared->settings.connections_max <= possible)
        return DUBBOC_OK;
    LOG(DUBBOC_LOG_WARN, "transport", "connections limited by RLIMIT_NOFILE",
        "wanted=%d possible=%llu", shared->settings.connections_max, (unsigned long long)possible);
    shared->settings.connections_max = (int)possible;
    return DUBBOC_OK;
}

dubboc_status http_server_open(
    const http_server_settings *settings, http_server **out, dubboc_error *err)
{
    assert(settings->on_request != NULL && settings->connections_max > 0 &&
           settings->connections_per_address_max > 0);
    http_server *server = MEM_NEW(http_server);
    if (server == NULL)
        return error_no_memory(err);
    http_server_shared *shared = &server->shared;
    dubboc_status status =
        http_server_shared_init(shared, settings) ? DUBBOC_OK : error_no_memory(err);
    shared->checks_positions = strncmp(MHD_get_version(), "0.", 2) == 0;
    if (status == DUBBOC_OK)
        status = server_fit_connections(shared, err);
    if (status == DUBBOC_OK)
        status = listen_open(shared, settings->ip, err);
    if (status == DUBBOC_OK)
        *out = server;
    else
        http_server_free(server);
    return status;
}

/* --- start, drain, end --- */

static void server_free_loops(http_server *server)
{
    free(server->shared.mailboxes);
    server->shared.mailboxes = NULL;
    free(server->loops);
    server->loops = NULL;
}

static bool server_make_loops(http_server *server)
{
    int count = server->shared.loop_count;
    http_server_mailbox **mailboxes = MEM_NEW_ARRAY((size_t)count, http_server_mailbox *);
    server->loops = MEM_NEW_ARRAY((size_t)count, http_server_loop);
    for (int i = 0; mailboxes != NULL && server->loops != NULL && i < count; i++) {
        http_server_loop_clear(&server->loops[i]);
        mailboxes[i] = &server->loops[i].mailbox;
    }
    server->shared.mailboxes = mailboxes;
    if (mailboxes != NULL && server->loops != NULL)
        return true;
    server_free_loops(server);
    return false;
}

static dubboc_status server_start_loops(http_server *server, dubboc_error *err)
{
    dubboc_status status = DUBBOC_OK;
    for (int i = 0; status == DUBBOC_OK && i < server->shared.loop_count; i++)
        status = http_server_loop_init(&server->loops[i], &server->shared, err);
    for (int i = 0; status == DUBBOC_OK && i < server->shared.settings.loops; i++)
        status = http_server_loop_start_thread(&server->loops[i], err);
    return status;
}

static void server_end_loops(http_server *server)
{
    int count = server->loops != NULL ? server->shared.loop_count : 0;
    atomic_store_explicit(&server->shared.is_stopping, true, memory_order_release);
    http_server_shared_wake_all(&server->shared);
    for (int i = 0; i < count; i++)
        http_server_loop_join_thread(&server->loops[i]);
    for (int i = 0; i < count; i++)
        http_server_loop_fini(&server->loops[i]);
    server_free_loops(server);
}

dubboc_status http_server_start(http_server *server, dubboc_error *err)
{
    http_server_shared *shared = &server->shared;
    assert(server->loops == NULL);
    atomic_store(&shared->listening_loops, shared->loop_count);
    atomic_store(&shared->undrained, shared->loop_count);
    if (!server_make_loops(server))
        return error_no_memory(err);
    dubboc_status status = server_start_loops(server, err);
    if (status != DUBBOC_OK)
        server_end_loops(server);
    /* http_server_drain() was called before there was a loop to wake */
    else if (atomic_load(&shared->is_draining))
        http_server_shared_wake_all(shared);
    return status;
}

const char *http_server_address(const http_server *server)
{
    return server->shared.address;
}

int http_server_fd(const http_server *server)
{
    return server->loops != NULL && server->shared.settings.loops == 0
               ? server->loops[0].table.epoll_fd
               : -1;
}

dubboc_status http_server_step(http_server *server, int timeout_ms, dubboc_error *err)
{
    assert(server->loops != NULL && server->shared.settings.loops == 0);
    if (http_server_problem(server) == NULL && http_server_loop_turn(&server->loops[0], timeout_ms))
        return DUBBOC_OK;
    return error_set(err, DUBBOC_E_SYSTEM, "the server has failed: %s", server->shared.problem);
}

void http_server_fail_call(http_server *server, const char *call, int error)
{
    http_server_shared_fail_call(&server->shared, call, error);
}

const char *http_server_problem(const http_server *server)
{
    return http_server_shared_problem(&server->shared);
}

void http_server_drain(http_server *server)
{
    atomic_store(&server->shared.is_draining, true);
    http_server_shared_wake_all(&server->shared);
}

int http_server_connections(const http_server *server)
{
    return atomic_load(&server->shared.connections);
}

int http_server_requests(const http_server *server)
{
    int sum = 0;
    for (int i = 0; server->loops != NULL && i < server->shared.loop_count; i++)
        sum += atomic_load_explicit(&server->loops[i].mailbox.requests, memory_order_relaxed);
    return sum;
}

bool http_server_is_drained(const http_server *server)
{
    return atomic_load(&server->shared.undrained) == 0 && http_server_requests(server) == 0;
}

void http_server_free(http_server *server)
{
    if (server == NULL)
        return;
    server_end_loops(server);
    if (server->shared.listen_fd >= 0)
        close(server->shared.listen_fd);
    http_server_shared_fini(&server->shared);
    free(server);
}

/* Opens a connection, and sends and receives its bytes.
 *
 * libcurl opens the connection (CURLOPT_CONNECT_ONLY). Without TLS, the curl handle is freed as
 * soon as the connection is open, and only a duplicate of its descriptor is kept: a pooled
 * connection then costs a few hundred bytes, and an exchange is plain send() and recv(). With TLS
 * the handle is kept, and bytes go through curl_easy_send() and curl_easy_recv().
 *
 * curl makes the descriptor non-blocking, and a duplicate shares that. MSG_DONTWAIT is passed all
 * the same, so that this file does not depend on it. */
#include "transport/http_client_connection.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mask.h"
#include "base/mem.h"
#include "base/thread.h"

#define TLS_RECORD_MAX 16384u
/* The ceiling of the request buffer, which holds the head and the body. */
#define REQUEST_MAX_BYTES (256u * 1024 * 1024)

/* --- plain sockets --- */

/* Whether the error concerns the host or the route to it, and not just this connection. Other
 * connections to the same host are then likely to fail too. */
static bool is_error_of_host(int error)
{
    return error == ECONNRESET || error == ETIMEDOUT || error == EHOSTUNREACH ||
           error == ENETUNREACH;
}

static http_client_io_result plain_broken(
    http_client_connection *connection, int error, const char **problem)
{
    if (error == EAGAIN || error == EWOULDBLOCK || error == EINTR)
        return HTTP_CLIENT_IO_AGAIN;
    connection->lost_host = is_error_of_host(error);
    *problem = strerrordesc_np(error);
    return HTTP_CLIENT_IO_BROKEN;
}

static http_client_io_result plain_send(
    http_client_connection *connection, dubboc_slice bytes, size_t *done, const char **problem)
{
    ssize_t sent = send(connection->fd, bytes.at, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0)
        return plain_broken(connection, errno, problem);
    *done = (size_t)sent;
    return HTTP_CLIENT_IO_OK;
}

static http_client_io_result plain_receive(
    http_client_connection *connection, char *room, size_t size, size_t *done, const char **problem)
{
    ssize_t got = recv(connection->fd, room, size, MSG_DONTWAIT);
    if (got < 0)
        return plain_broken(connection, errno, problem);
    *done = (size_t)got;
    return got > 0 ? HTTP_CLIENT_IO_OK : HTTP_CLIENT_IO_END;
}

/* MSG_PEEK leaves the byte in the socket; only a socket with nothing to read is quiet. */
static bool plain_is_quiet(http_client_connection *connection)
{
    char byte;
    const char *problem;
    ssize_t got = recv(connection->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got < 0 && plain_broken(connection, errno, &problem) == HTTP_CLIENT_IO_AGAIN;
}

static const http_client_io plain_io = {plain_send, plain_receive, plain_is_quiet, false};

/* --- TLS --- */

/* Sets lost_host for an error of the socket. If TLS itself failed, curl does not touch
 * CURLINFO_OS_ERRNO; the value is then still the one from connecting (connect_errno), for example
 * of an address that could not be reached before the next one was tried, and must be ignored. */
static http_client_io_result tls_broken(
    http_client_connection *connection, CURLcode code, const char **problem)
{
    long error = 0;
    curl_easy_getinfo(connection->curl, CURLINFO_OS_ERRNO, &error);
    bool is_io = code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR;
    connection->lost_host =
        is_io && error != connection->connect_errno && is_error_of_host((int)error);
    *problem = curl_easy_strerror(code);
    return HTTP_CLIENT_IO_BROKEN;
}

/* Sends at most one TLS record, so that *done is exact: the peer cannot decrypt a record that was
 * sent in part, so none of its bytes count as sent. With several records, some could have been sent
 * completely while OpenSSL still reports that nothing was. */
static http_client_io_result tls_send(
    http_client_connection *connection, dubboc_slice bytes, size_t *done, const char **problem)
{
    size_t len = bytes.len < TLS_RECORD_MAX ? bytes.len : TLS_RECORD_MAX;
    CURLcode code = curl_easy_send(connection->curl, bytes.at, len, done);
    if (code == CURLE_OK && *done > 0)
        return HTTP_CLIENT_IO_OK;
    if (code == CURLE_AGAIN || code == CURLE_OK)
        return HTTP_CLIENT_IO_AGAIN;
    return tls_broken(connection, code, problem);
}

static http_client_io_result tls_receive(
    http_client_connection *connection, char *room, size_t size, size_t *done, const char **problem)
{
    CURLcode code = curl_easy_recv(connection->curl, room, size, done);
    if (code == CURLE_OK)
        return *done > 0 ? HTTP_CLIENT_IO_OK : HTTP_CLIENT_IO_END;
    if (code == CURLE_AGAIN)
        return HTTP_CLIENT_IO_AGAIN;
    return tls_broken(connection, code, problem);
}

/* A TLS connection must be read to tell whether it is quiet, because session tickets make the
 * socket of a healthy connection readable. */
static bool tls_is_quiet(http_client_connection *connection)
{
    char byte;
    size_t got = 0;
    const char *problem;
    return tls_receive(connection, &byte, 1, &got, &problem) == HTTP_CLIENT_IO_AGAIN;
}

static const http_client_io tls_io = {tls_send, tls_receive, tls_is_quiet, true};

/* --- connecting --- */

/* How long connecting may take, and where that limit comes from. */
typedef struct connect_limit {
    long ms; /* at least 1, because curl takes 0 for its own default */
    int64_t until_ns;
    bool is_deadline; /* The limit is the deadline of the call, not connect_timeout_ms. */
    const stop_signal *stop;
} connect_limit;

static connect_limit connect_find_limit(const http_client *client, int64_t deadline_ns)
{
    int left = deadline_poll_ms(deadline_ns);
    int64_t own = client->settings.connect_timeout_ms;
    if (own <= 0 || own > INT_MAX)
        own = INT_MAX;
    connect_limit limit = {.ms = (long)own, .stop = client->settings.stop};
    if (left >= 0 && left <= own) {
        limit.ms = left > 0 ? left : 1;
        limit.is_deadline = true;
    }
    limit.until_ns = clock_now_ns() + limit.ms * NS_PER_MS;
    return limit;
}

/* What curl's callbacks know while it connects. */
typedef struct connect_watch {
    connect_limit limit;
    bool are_signals_blocked; /* from the start of a look-up until curl reports progress */
    sigset_t former;          /* the mask before that */
} connect_watch;

/* curl is about to resolve a name, perhaps on a thread that it starts, which must not receive the
 * program's signals. Only starting the thread is covered, because signals of the program that
 * arrive while it is connecting must not wait until it is connected. */
static int connect_on_lookup(void *resolver, void *reserved, void *arg)
{
    connect_watch *watch = arg;
    (void)resolver, (void)reserved;
    if (!watch->are_signals_blocked)
        thread_signals_block(&watch->former);
    watch->are_signals_blocked = true;
    return 0;
}

static void connect_let_signals_in(connect_watch *watch)
{
    if (watch->are_signals_blocked)
        thread_signals_restore(&watch->former);
    watch->are_signals_blocked = false;
}

/* Ends the connecting by returning 1. curl calls this at least once a second, and there is no other
 * way to interrupt it (libraries.md C10). The time limit is checked here too, because curl does not
 * check its own while it reads what a proxy keeps sending. */
static int connect_on_progress(
    void *arg, curl_off_t down_total, curl_off_t down, curl_off_t up_total, curl_off_t up)
{
    connect_watch *watch = arg;
    const connect_limit *limit = &watch->limit;
    (void)down_total, (void)down, (void)up_total, (void)up;
    connect_let_signals_in(watch);
    return stop_signal_is_given(limit->stop) || clock_now_ns() >= limit->until_ns ? 1 : 0;
}

/* Discards what a proxy sends: curl would write it to standard output. */
static size_t connect_on_data(char *data, size_t size, size_t count, void *arg)
{
    (void)data, (void)arg;
    return size * count;
}

static CURLcode connect_set_options(
    CURL *curl, const http_client_target *target, connect_watch *watch, char *reason)
{
    const http_client_settings *settings = &target->client->settings;
    bool has_proxy = settings->proxy[0] != '\0';
    CURLcode codes[] = {
        curl_easy_setopt(curl, CURLOPT_URL, target->url),
        curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https"),
        curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L),
        curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L),
        /* otherwise TLS could negotiate HTTP/2 */
        curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1),
        curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L),
        /* do not wait for a resolver thread that hangs (libraries.md C5) */
        curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L),
        curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, watch->limit.ms),
        /* "" also turns off the proxies of the environment (libraries.md C8) */
        curl_easy_setopt(curl, CURLOPT_PROXY, settings->proxy),
        curl_easy_setopt(curl, CURLOPT_NOPROXY, ""),
        curl_easy_setopt(curl, CURLOPT_HTTPPROXYTUNNEL, has_proxy ? 1L : 0L),
        curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L),
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, connect_on_data),
        curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L),
        curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, connect_on_progress),
        curl_easy_setopt(curl, CURLOPT_XFERINFODATA, watch),
        curl_easy_setopt(curl, CURLOPT_RESOLVER_START_FUNCTION, connect_on_lookup),
        curl_easy_setopt(curl, CURLOPT_RESOLVER_START_DATA, watch),
        curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason),
        curl_easy_setopt(curl, CURLOPT_BUFFERSIZE,
            1024L), /* curl's minimum: the buffer is only used to talk to a proxy */
    };
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (codes[i] != CURLE_OK)
            return codes[i];
    return CURLE_OK;
}

#define PEER_TEXT_SIZE 800

/* Names the peer that could not be reached, for error texts. When the proxy cannot be reached, only
 * the proxy is named, because the provider behind it is not the cause. */
static void connect_describe_peer(
    const http_client_target *target, CURLcode code, char text[PEER_TEXT_SIZE])
{
    const http_client_settings *settings = &target->client->settings;
    bool is_of_proxy = code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_PROXY;
    bool has_origin = settings->proxy_origin[0] != '\0';
    snprintf(text, PEER_TEXT_SIZE, "%s", target->host);
    if (settings->proxy[0] == '\0')
        return;
    snprintf(text, PEER_TEXT_SIZE, "%s%sproxy %.200s%s%.200s%s", is_of_proxy ? "" : target->host,
        is_of_proxy ? "" : " through ", MASKED(slice_of(settings->proxy)), has_origin ? " (" : "",
        settings->proxy_origin, has_origin ? ")" : "");
}

/* Reports that connecting took too long, and which limit was exceeded. */
static dubboc_status connect_explain_late(
    const http_client_target *target, const char *peer, connect_limit limit, dubboc_error *err)
{
    const char *origin = target->client->settings.connect_timeout_origin;
    bool has_origin = origin[0] != '\0';
    if (limit.is_deadline)
        return error_set(err, DUBBOC_E_TIMEOUT, "the deadline passed while connecting to %s", peer);
    return error_set(err, DUBBOC_E_CONNECT, "%s: not connected within %ld ms%s%s%s", peer, limit.ms,
        has_origin ? " (" : "", origin, has_origin ? ")" : "");
}

static dubboc_status connect_explain(CURL *curl, CURLcode code, const http_client_target *target,
    connect_limit limit, const char *reason, dubboc_error *err)
{
    char peer[PEER_TEXT_SIZE];
    if (stop_signal_is_given(target->client->settings.stop))
        return error_set(err, DUBBOC_E_CLOSED, "stopped while connecting to %s", target->host);
    if (code == CURLE_OUT_OF_MEMORY)
        return error_no_memory(err);
    connect_describe_peer(target, code, peer);
    if (code == CURLE_OPERATION_TIMEDOUT || code == CURLE_ABORTED_BY_CALLBACK)
        return connect_explain_late(target, peer, limit, err);
    long error = 0;
    if (code == CURLE_COULDNT_CONNECT &&
        curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &error) == CURLE_OK && error > 0 &&
        strerrordesc_np((int)error) != NULL)
        return error_set(err, DUBBOC_E_CONNECT, "%s: %s", peer, strerrordesc_np((int)error));
    /* curl repeats a malformed proxy URL in its message, with user and password. */
    bool names_proxy = target->client->settings.proxy[0] != '\0';
    if (reason[0] == '\0')
        reason = curl_easy_strerror(code);
    return error_set(
        err, DUBBOC_E_CONNECT, "%s: %s", peer, names_proxy ? MASKED(slice_of(reason)) : reason);
}

/* Turns the connected curl handle into the connection. Takes ownership of curl, on failure too. */
static dubboc_status connect_adopt(
    CURL *curl, http_client_connection *connection, dubboc_error *err)
{
    const http_client_target *target = connection->target;
    curl_socket_t fd = CURL_SOCKET_BAD;
    /* Both options point to variables on the caller's stack. */
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, NULL);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 1L);
    if (curl_easy_getinfo(curl, CURLINFO_ACTIVESOCKET, &fd) != CURLE_OK || fd == CURL_SOCKET_BAD) {
        curl_easy_cleanup(curl);
        return error_set(err, DUBBOC_E_CONNECT,
            "%s: the connection was closed as soon as it was open", target->host);
    }
    if (target->is_tls) {
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &connection->connect_errno);
        connection->curl = curl;
        connection->fd = fd;
        connection->io = &tls_io;
        return DUBBOC_OK;
    }
    connection->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    int error = errno;
    curl_easy_cleanup(curl);
    connection->io = &plain_io;
    if (connection->fd < 0)
        return error_set(err, DUBBOC_E_CONNECT, "%s: %s", target->host, strerrordesc_np(error));
    return DUBBOC_OK;
}

/* trusted: the store from http_client_trust_take(), or NULL. */
static dubboc_status connect_now(
    http_client_connection *connection, void *trusted, int64_t deadline_ns, dubboc_error *err)
{
    const http_client_target *target = connection->target;
    char reason[CURL_ERROR_SIZE] = "";
    CURL *curl = curl_easy_init();
    if (curl == NULL)
        return error_no_memory(err);
    connect_watch watch = {.limit = connect_find_limit(target->client, deadline_ns)};
    CURLcode code = connect_set_options(curl, target, &watch, reason);
    if (code == CURLE_OK && target->is_tls)
        code = http_client_trust_set(curl, trusted, target->client->settings.tls_ca_file);
    if (code == CURLE_OK)
        code = curl_easy_perform(curl);
    connect_let_signals_in(&watch);
    if (code == CURLE_OK)
        return connect_adopt(curl, connection, err);
    dubboc_status status = connect_explain(curl, code, target, watch.limit, reason, err);
    curl_easy_cleanup(curl);
    return status;
}

dubboc_status http_client_connection_open(const http_client_target *target, int64_t deadline_ns,
    http_client_connection **connection, dubboc_error *err)
{
    if (deadline_is_over(deadline_ns))
        return error_set(
            err, DUBBOC_E_TIMEOUT, "the deadline passed before connecting to %s", target->host);
    http_client_connection *made = MEM_NEW(http_client_connection);
    if (made == NULL)
        return error_no_memory(err);
    made->target = target;
    made->fd = -1;
    buffer_init(&made->request, REQUEST_MAX_BYTES);
    http_client_reader_init(&made->reader, target->client->settings.reply_max_bytes);
    void *trusted = NULL;
    dubboc_status status =
        target->is_tls ? http_client_trust_take(&target->client->trust, &trusted, err) : DUBBOC_OK;
    if (status == DUBBOC_OK)
        status = connect_now(made, trusted, deadline_ns, err);
    http_client_trust_give_back(trusted);
    if (status != DUBBOC_OK) {
        http_client_connection_close(made);
        return status;
    }
    made->opened_ns = made->taken_ns = clock_now_ns();
    atomic_fetch_add_explicit(&target->client->connections_opened, 1, memory_order_relaxed);
    *connection = made;
    return DUBBOC_OK;
}

void http_client_connection_close(http_client_connection *connection)
{
    if (connection->curl != NULL)
        curl_easy_cleanup(connection->curl);
    else if (connection->fd >= 0)
        close(connection->fd);
    buffer_fini(&connection->request);
    http_client_reader_fini(&connection->reader);
    free(connection);
}

/* Opens a connection, and sends and receives its bytes.
 *
 * libcurl opens the connection (CURLOPT_CONNECT_ONLY). Without TLS, the curl handle is freed as
 * soon as the connection is open, and only a duplicate of its descriptor is kept: a pooled
 * connection then costs a few hundred bytes, and an exchange is plain send() and recv(). With TLS
 * the handle is kept, and bytes go through curl_easy_send() and curl_easy_recv().
 *
 * curl makes the descriptor non-blocking, and a duplicate shares that. MSG_DONTWAIT is passed
 * nevertheless, so that this file does not depend on it. */
#include "transport/http_client_connection.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

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
 * CURLINFO_OS_ERRNO. Its value is then still connect_errno, the value after connecting, and must be
 * ignored: it may be the error of an address that could not be reached before the next one was
 * tried. */
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

/* --- life --- */

http_client_connection *http_client_connection_new(const http_client_target *target)
{
    http_client_connection *made = MEM_NEW(http_client_connection);
    if (made == NULL)
        return NULL;
    made->target = target;
    made->fd = -1;
    buffer_init(&made->request, REQUEST_MAX_BYTES);
    http_client_reader_init(&made->reader, target->client->settings.reply_max_bytes);
    return made;
}

static void connection_count_opened(http_client_connection *connection)
{
    connection->opened_ns = connection->taken_ns = clock_now_ns();
    connection->serial = atomic_fetch_add_explicit(&connection->target->client->connections_opened,
                             1, memory_order_relaxed) +
                         1;
}

void http_client_connection_use_socket(http_client_connection *connection, int fd)
{
    connection->fd = fd;
    connection->io = &plain_io;
    connection_count_opened(connection);
}

void http_client_connection_use_tls(http_client_connection *connection, void *curl, int fd)
{
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &connection->connect_errno);
    connection->curl = curl;
    connection->fd = fd;
    connection->io = &tls_io;
    connection_count_opened(connection);
}

void http_client_connection_close(http_client_connection *connection)
{
    if (connection->owner != NULL) {
        connection->owner->close(connection->owner, connection);
        return;
    }
    if (connection->curl != NULL)
        curl_easy_cleanup(connection->curl);
    else if (connection->fd >= 0)
        close(connection->fd);
    buffer_fini(&connection->request);
    http_client_reader_fini(&connection->reader);
    free(connection);
}

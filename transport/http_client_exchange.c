/* One request and its reply on a connection, as a machine that never blocks.
 *
 * The request leaves with as few system calls as possible, and what the system has taken is
 * counted, since that decides whether a call may be repeated. After the last byte the machine asks
 * to wait instead of reading at once: the reply is never there yet. A peer may answer before it has
 * the whole request (413, 503) and close; so while the request cannot go on, and after sending has
 * failed, what the peer has said is read before giving up.
 *
 * One step moves a bounded amount, whatever the peer does, plain and TLS alike. Deadline and stop
 * are looked at between steps, by http_client_connection_wait(): a peer that keeps sending or
 * taking as fast as we do must not outlast them. */
#include "transport/http_client_internal.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>

#include "base/clock.h"
#include "base/error.h"

#define REQUEST_KEEP_BYTES (16u * 1024) /* memory kept between exchanges */

/* What one step sends or receives at most. The operations count too, because a TLS peer may send
 * records of one byte each. */
#define STEP_BYTES (1024u * 1024)
#define STEP_OPERATIONS 64

buffer *http_client_connection_request(http_client_connection *connection)
{
    return &connection->request;
}

void http_client_exchange_prepare(http_client_connection *connection)
{
    connection->phase = HTTP_CLIENT_PHASE_READY;
    buffer_recycle(&connection->request, REQUEST_KEEP_BYTES);
    connection->may_hold_bytes = false;
    connection->sent = 0;
    connection->received = 0;
}

void http_client_exchange_begin(http_client_connection *connection, dubboc_slice body)
{
    const buffer *request = &connection->request;
    assert(connection->phase == HTTP_CLIENT_PHASE_READY && request->status == DUBBOC_OK &&
           request->len > 0);
    bool is_head = request->len >= 5 && memcmp(request->data, "HEAD ", 5) == 0;
    http_client_reader_reset(&connection->reader, is_head);
    connection->phase = HTTP_CLIENT_PHASE_SENDING;
    connection->body = body;
    connection->exchanges++;
}

static http_client_step failed(
    http_client_connection *connection, dubboc_status status, const char *problem)
{
    connection->phase = HTTP_CLIENT_PHASE_FAILED;
    connection->status = status;
    connection->problem = problem;
    buffer_clear(&connection->request);
    return HTTP_CLIENT_FAILED;
}

/* A reply that came before the whole request was taken leaves the rest of it unsent: such a
 * connection is not used again. */
static http_client_step done(http_client_connection *connection)
{
    if (connection->sent < connection->request.len + connection->body.len)
        connection->reader.reply.keep_alive = false;
    connection->phase = HTTP_CLIENT_PHASE_DONE;
    buffer_clear(&connection->request);
    return HTTP_CLIENT_DONE;
}

static http_client_step judge(
    http_client_connection *connection, http_client_read result, http_client_step more)
{
    if (result == HTTP_CLIENT_READ_DONE)
        return done(connection);
    if (result == HTTP_CLIENT_READ_FAILED)
        return failed(connection, connection->reader.status, connection->reader.problem);
    return more;
}

/* How much of its share a step has used. */
typedef struct step_use {
    size_t bytes;
    unsigned operations;
} step_use;

static bool step_use_is_up(step_use *use, size_t bytes)
{
    use->bytes += bytes;
    use->operations++;
    return use->bytes >= STEP_BYTES || use->operations >= STEP_OPERATIONS;
}

/* Reads until the reply is there, nothing more is, or the step's share is used up. Returns more in
 * the latter two cases. */
static http_client_step receive(http_client_connection *connection, http_client_step more)
{
    http_client_reader *reader = &connection->reader;
    step_use use = {0};
    connection->may_hold_bytes = false;
    for (;;) {
        size_t size, got = 0;
        const char *problem = NULL;
        char *room = http_client_reader_room(reader, &size);
        if (room == NULL)
            return failed(connection, reader->status, reader->problem);
        http_client_io_result result =
            connection->io->receive(connection, room, size, &got, &problem);
        if (result == HTTP_CLIENT_IO_AGAIN)
            return more;
        if (result == HTTP_CLIENT_IO_BROKEN)
            return failed(connection, DUBBOC_E_BROKEN, problem);
        if (result == HTTP_CLIENT_IO_END)
            return judge(connection, http_client_reader_eof(reader), more);
        connection->received += got;
        http_client_step step = judge(connection, http_client_reader_feed(reader, got), more);
        if (step != more)
            return step;
        /* A short read of a plain socket says that it is empty: waiting is cheaper than asking. */
        if (got < size && !connection->io->may_hold_bytes)
            return more;
        if (step_use_is_up(&use, got)) {
            connection->may_hold_bytes = connection->io->may_hold_bytes;
            return more;
        }
    }
}

/* Sending has failed; the peer may have answered before it hung up. */
static http_client_step receive_last_words(http_client_connection *connection, const char *problem)
{
    if (connection->sent > 0 && receive(connection, HTTP_CLIENT_WANT_READ) == HTTP_CLIENT_DONE)
        return HTTP_CLIENT_DONE;
    return failed(connection, DUBBOC_E_BROKEN, problem);
}

static int unsent_pieces(const http_client_connection *connection, struct iovec pieces[2])
{
    const buffer *head = &connection->request;
    dubboc_slice body = connection->body;
    int count = 0;
    size_t sent = connection->sent;
    if (sent < head->len)
        pieces[count++] =
            (struct iovec){.iov_base = head->data + sent, .iov_len = head->len - sent};
    size_t body_sent = sent > head->len ? sent - head->len : 0;
    if (body_sent < body.len)
        pieces[count++] = (struct iovec){
            .iov_base = (char *)body.at + body_sent, .iov_len = body.len - body_sent};
    return count;
}

static http_client_step send_request(http_client_connection *connection)
{
    struct iovec pieces[2];
    step_use use = {0};
    bool is_enough = false;
    for (;;) {
        int count = unsent_pieces(connection, pieces);
        if (count == 0) {
            connection->phase = HTTP_CLIENT_PHASE_RECEIVING;
            return HTTP_CLIENT_WANT_READ;
        }
        if (is_enough)
            return HTTP_CLIENT_WANT_WRITE;
        size_t taken = 0;
        const char *problem = NULL;
        http_client_io_result result =
            connection->io->send(connection, pieces, count, &taken, &problem);
        if (result == HTTP_CLIENT_IO_AGAIN)
            return receive(connection, HTTP_CLIENT_WANT_WRITE);
        if (result != HTTP_CLIENT_IO_OK)
            return receive_last_words(connection, problem);
        connection->sent += taken;
        is_enough = step_use_is_up(&use, taken);
    }
}

http_client_step http_client_exchange_step(http_client_connection *connection)
{
    switch (connection->phase) {
    case HTTP_CLIENT_PHASE_SENDING:
        return send_request(connection);
    case HTTP_CLIENT_PHASE_RECEIVING:
        return receive(connection, HTTP_CLIENT_WANT_READ);
    case HTTP_CLIENT_PHASE_DONE:
        return HTTP_CLIENT_DONE;
    case HTTP_CLIENT_PHASE_READY:
    case HTTP_CLIENT_PHASE_FAILED:
        break;
    }
    assert(connection->phase == HTTP_CLIENT_PHASE_FAILED);
    return HTTP_CLIENT_FAILED;
}

dubboc_status http_client_connection_wait(
    http_client_connection *connection, http_client_step wanted, int64_t deadline_ns)
{
    short events = wanted == HTTP_CLIENT_WANT_WRITE ? POLLIN | POLLOUT : POLLIN;
    struct pollfd fds[2] = {
        {.fd = connection->fd, .events = events},
        {.fd = connection->endpoint->client->stop.fd, .events = POLLIN},
    };
    for (;;) {
        int left_ms = deadline_poll_ms(deadline_ns);
        if (left_ms == 0)
            return DUBBOC_E_TIMEOUT; /* even if there is more to read: a peer that never pauses
                                        would have no end */
        int ready = poll(fds, 2, connection->may_hold_bytes ? 0 : left_ms);
        if (ready > 0 && fds[1].revents != 0)
            return DUBBOC_E_CLOSED;
        if (ready > 0 || (ready == 0 && connection->may_hold_bytes))
            return DUBBOC_OK;
        if (ready < 0 && errno != EINTR && errno != EAGAIN)
            return DUBBOC_E_NO_MEMORY; /* the only other failure that poll() knows */
    }
}

int http_client_connection_fd(const http_client_connection *connection)
{
    return connection->fd;
}

bool http_client_connection_is_reused(const http_client_connection *connection)
{
    return connection->exchanges > (connection->phase == HTTP_CLIENT_PHASE_READY ? 0 : 1);
}

size_t http_client_exchange_bytes_sent(const http_client_connection *connection)
{
    return connection->sent;
}

size_t http_client_exchange_bytes_received(const http_client_connection *connection)
{
    return connection->received;
}

const http_client_reply *http_client_exchange_reply(const http_client_connection *connection)
{
    assert(connection->phase == HTTP_CLIENT_PHASE_DONE);
    return &connection->reader.reply;
}

dubboc_status http_client_exchange_failure(
    const http_client_connection *connection, dubboc_error *err)
{
    assert(connection->phase == HTTP_CLIENT_PHASE_FAILED);
    return error_set(
        err, connection->status, "%s: %s", connection->endpoint->host, connection->problem);
}

void http_client_exchange_distrust(http_client_connection *connection)
{
    connection->reader.reply.keep_alive = false;
}

bool http_client_exchange_allows_reuse(const http_client_connection *connection)
{
    return connection->phase == HTTP_CLIENT_PHASE_READY ||
           (connection->phase == HTTP_CLIENT_PHASE_DONE && connection->reader.reply.keep_alive);
}

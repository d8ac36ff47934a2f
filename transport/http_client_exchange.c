/* One request and its reply on a connection, as a state machine that never blocks.
 *
 * The bytes of the request that the system has accepted are counted, because that count decides
 * whether a call may be repeated. After the last byte was sent the machine asks to wait instead of
 * reading at once, because a reply is never there yet. A peer may answer before it has read the
 * whole request (413, 503) and then close. So while the request cannot be sent on, and after
 * sending has failed, the machine reads what the peer has sent before it gives up.
 *
 * One step moves a bounded number of bytes, whatever the peer does. http_client_connection_wait()
 * checks the deadline and the stop signal between steps, so a peer that sends or takes bytes
 * without a pause cannot hold the caller beyond its deadline. */
#include "transport/http_client_exchange.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>

#include "base/clock.h"
#include "base/error.h"

/* The memory that the request buffer keeps between exchanges. */
#define REQUEST_KEEP_BYTES (16u * 1024)

/* The most that one step sends or receives. Operations are limited too, because a TLS peer may send
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
    connection->is_cut_short = false;
    connection->sent = 0;
    connection->received = 0;
}

void http_client_exchange_begin(http_client_connection *connection)
{
    const buffer *request = &connection->request;
    assert(connection->phase == HTTP_CLIENT_PHASE_READY && request->status == DUBBOC_OK &&
           request->len > 0);
    bool is_head = request->len >= 5 && memcmp(request->data, "HEAD ", 5) == 0;
    http_client_reader_reset(&connection->reader, is_head);
    connection->phase = HTTP_CLIENT_PHASE_SENDING;
    connection->exchanges++;
}

static http_client_step exchange_fail(
    http_client_connection *connection, dubboc_status status, const char *problem)
{
    connection->phase = HTTP_CLIENT_PHASE_FAILED;
    connection->status = status;
    connection->problem = problem;
    buffer_clear(&connection->request);
    return HTTP_CLIENT_FAILED;
}

/* The connection is not used again if the reply came before the whole request was sent, because the
 * peer would take the next request for the remainder of the unfinished request. */
static http_client_step exchange_complete(http_client_connection *connection)
{
    if (connection->sent < connection->request.len)
        connection->reader.reply.keep_alive = false;
    connection->phase = HTTP_CLIENT_PHASE_DONE;
    buffer_clear(&connection->request);
    return HTTP_CLIENT_DONE;
}

static http_client_step exchange_judge(
    http_client_connection *connection, http_client_read result, http_client_step more)
{
    if (result == HTTP_CLIENT_READ_DONE)
        return exchange_complete(connection);
    if (result == HTTP_CLIENT_READ_FAILED)
        return exchange_fail(connection, connection->reader.status, connection->reader.problem);
    return more;
}

/* How much of its limits a step has used. */
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

/* Reads until the reply is complete, nothing more has arrived, or the step's limit is reached.
 * Returns `more` in the last two cases. */
static http_client_step exchange_receive(http_client_connection *connection, http_client_step more)
{
    http_client_reader *reader = &connection->reader;
    step_use use = {0};
    connection->is_cut_short = false;
    for (;;) {
        size_t size, got = 0;
        const char *problem = NULL;
        char *room = http_client_reader_room(reader, &size);
        if (room == NULL)
            return exchange_fail(connection, reader->status, reader->problem);
        http_client_io_result result =
            connection->io->receive(connection, room, size, &got, &problem);
        if (result == HTTP_CLIENT_IO_AGAIN)
            return more;
        if (result == HTTP_CLIENT_IO_BROKEN)
            return exchange_fail(connection, DUBBOC_E_BROKEN, problem);
        if (result == HTTP_CLIENT_IO_END)
            return exchange_judge(connection, http_client_reader_eof(reader), more);
        connection->received += got;
        http_client_step step =
            exchange_judge(connection, http_client_reader_feed(reader, got), more);
        if (step != more)
            return step;
        /* After a short read a plain socket is empty. poll() is cheaper than another recv(). */
        if (got < size && !connection->io->may_hold_bytes)
            return more;
        if (step_use_is_up(&use, got)) {
            connection->is_cut_short = true;
            return more;
        }
    }
}

/* Sending has failed. Reads what the peer sent before it closed the connection, because that may be
 * a complete reply. */
static http_client_step exchange_receive_last_words(
    http_client_connection *connection, const char *problem)
{
    if (connection->sent > 0 &&
        exchange_receive(connection, HTTP_CLIENT_WANT_READ) == HTTP_CLIENT_DONE)
        return HTTP_CLIENT_DONE;
    return exchange_fail(connection, DUBBOC_E_BROKEN, problem);
}

static http_client_step exchange_send(http_client_connection *connection)
{
    const buffer *request = &connection->request;
    step_use use = {0};
    connection->is_cut_short = false;
    for (;;) {
        dubboc_slice unsent =
            slice_make(request->data + connection->sent, request->len - connection->sent);
        if (unsent.len == 0) {
            connection->is_cut_short = false;
            connection->phase = HTTP_CLIENT_PHASE_RECEIVING;
            return HTTP_CLIENT_WANT_READ;
        }
        if (connection->is_cut_short)
            return HTTP_CLIENT_WANT_WRITE;
        size_t taken = 0;
        const char *problem = NULL;
        http_client_io_result result = connection->io->send(connection, unsent, &taken, &problem);
        if (result == HTTP_CLIENT_IO_AGAIN)
            return exchange_receive(connection, HTTP_CLIENT_WANT_WRITE);
        if (result != HTTP_CLIENT_IO_OK)
            return exchange_receive_last_words(connection, problem);
        connection->sent += taken;
        connection->is_cut_short = step_use_is_up(&use, taken);
    }
}

http_client_step http_client_exchange_step(http_client_connection *connection)
{
    switch (connection->phase) {
    case HTTP_CLIENT_PHASE_SENDING:
        return exchange_send(connection);
    case HTTP_CLIENT_PHASE_RECEIVING:
        return exchange_receive(connection, HTTP_CLIENT_WANT_READ);
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
        {.fd = stop_signal_fd(connection->target->client->settings.stop), .events = POLLIN},
    };
    for (;;) {
        int left_ms = deadline_poll_ms(deadline_ns);
        if (left_ms == 0)
            /* A deadline that has passed ends the wait even if there is more to read. Otherwise a
             * peer that sends without a pause would keep the caller in its loop. */
            return DUBBOC_E_TIMEOUT;
        int ready = poll(fds, 2, connection->is_cut_short ? 0 : left_ms);
        if (ready > 0 && fds[1].revents != 0)
            return DUBBOC_E_CLOSED;
        if (ready > 0 || (ready == 0 && connection->is_cut_short))
            return DUBBOC_OK;
        if (ready < 0 && errno != EINTR && errno != EAGAIN)
            /* The only other error of poll() that can occur here is ENOMEM. */
            return DUBBOC_E_NO_MEMORY;
    }
}

int http_client_connection_fd(const http_client_connection *connection)
{
    return connection->fd;
}

bool http_client_exchange_is_cut_short(const http_client_connection *connection)
{
    return connection->is_cut_short;
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
        err, connection->status, "%s: %s", connection->target->host, connection->problem);
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

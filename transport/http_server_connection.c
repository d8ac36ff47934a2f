/* A connection is always in exactly one phase, and in the list of that phase. The time allowed in a
 * phase is the same for all, so each list is sorted by deadline: its head is all there is to look
 * at. Every byte may come or go as slowly as it likes; the deadline does not move (traps M2).
 *
 * libmicrohttpd does not notice a close that came together with the last bytes: its descriptors are
 * edge-triggered, and a short read makes it wait for an edge that was there already. So each
 * connection stands in our own epoll set too, for that alone.
 *
 * An end with an answer that may still be on its way lingers: libmicrohttpd closes its descriptor,
 * we keep a copy, tell the peer that no more comes, and read on for a while (traps M8). */
#include "transport/http_server_loop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

static void unlist(http_server_connection *conn)
{
    if (!conn->is_listed)
        return;
    http_server_connection_list *list = &conn->loop->conns[conn->phase];
    if (conn->previous != NULL)
        conn->previous->next = conn->next;
    else
        list->head = conn->next;
    if (conn->next != NULL)
        conn->next->previous = conn->previous;
    else
        list->tail = conn->previous;
    conn->is_listed = false;
}

/* Behind the older ones. It is the youngest in its phase, unless it has kept its age from the phase
 * before; then few have overtaken it. */
static void list_by_age(http_server_connection *conn)
{
    http_server_connection_list *list = &conn->loop->conns[conn->phase];
    http_server_connection *older = list->tail;
    while (older != NULL && older->since_ns > conn->since_ns)
        older = older->previous;
    conn->previous = older;
    conn->next = older != NULL ? older->next : list->head;
    if (conn->next != NULL)
        conn->next->previous = conn;
    else
        list->tail = conn;
    if (older != NULL)
        older->next = conn;
    else
        list->head = conn;
    conn->is_listed = true;
}

http_server_connection *http_server_connection_new(
    http_server_loop *loop, int fd, const char *peer, http_server_peer *address)
{
    http_server_connection *conn = MEM_NEW(http_server_connection);
    if (conn == NULL)
        return NULL;
    conn->loop = loop;
    conn->fd = fd;
    conn->address = address;
    snprintf(conn->peer, sizeof conn->peer, "%s", peer);
    return conn;
}

/* Whether it waits for bytes of the peer. */
static bool is_reading(http_server_phase phase)
{
    return phase == HTTP_SERVER_PHASE_SILENT || phase == HTTP_SERVER_PHASE_HEADER ||
           phase == HTTP_SERVER_PHASE_BODY || phase == HTTP_SERVER_PHASE_IDLE ||
           phase == HTTP_SERVER_PHASE_EVICTED;
}

void http_server_connection_enter(http_server_connection *conn, http_server_phase phase)
{
    bool is_going_on = conn->phase == HTTP_SERVER_PHASE_SILENT && phase == HTTP_SERVER_PHASE_HEADER;
    http_server_connection_enter_since(
        conn, phase, is_going_on ? conn->since_ns : conn->loop->now_ns);
}

void http_server_connection_enter_since(
    http_server_connection *conn, http_server_phase phase, int64_t since_ns)
{
    http_server_loop *loop = conn->loop;
    unlist(conn);
    if (conn->is_departed && is_reading(phase))
        phase = HTTP_SERVER_PHASE_DEPARTED;
    conn->since_ns = since_ns;
    conn->phase = phase;
    int64_t allowed = loop->phase_ns[phase];
    conn->deadline_ns = allowed >= DEADLINE_NEVER - since_ns ? DEADLINE_NEVER : since_ns + allowed;
    list_by_age(conn);
    if (conn->previous == NULL && is_reading(phase))
        http_server_accept_publish(loop); /* at once, so that no other loop misses the first one */
}

static void release(http_server_connection *conn)
{
    if (conn->address != NULL)
        http_server_accept_release(conn->loop, conn->address);
    conn->address = NULL;
    if (conn->is_uncounted)
        conn->loop->uncounted--;
    conn->is_uncounted = false;
}

/* Counts one that is no connection any more, but still holds a descriptor. false: too many do. */
static bool hold_uncounted(http_server_connection *conn)
{
    if (conn->loop->uncounted >= HTTP_SERVER_UNCOUNTED_MAX)
        return false;
    conn->loop->uncounted++;
    conn->is_uncounted = true;
    return true;
}

void http_server_connection_end(http_server_connection *conn)
{
    if (conn->is_ending)
        return;
    shutdown(conn->fd, SHUT_RDWR);
    release(conn);
    conn->is_ending = true;
    http_server_connection_enter(conn, HTTP_SERVER_PHASE_ENDING);
}

/* Held requests may still be looked at: the connections stay until
 * http_server_connection_drop_all(). */
void http_server_connection_hang_up_all(http_server_loop *loop)
{
    for (int phase = 0; phase < HTTP_SERVER_PHASE_COUNT; phase++) {
        for (http_server_connection *conn = loop->conns[phase].head; conn != NULL;
             conn = conn->next)
            shutdown(conn->fd, SHUT_RDWR);
    }
}

bool http_server_connection_has_unread(const http_server_connection *conn)
{
    int unread = 0;
    return ioctl(conn->fd, FIONREAD, &unread) == 0 && unread > 0;
}

void http_server_connection_evict(http_server_connection *conn)
{
    release(conn);
    conn->is_evicted = true;
    if (!hold_uncounted(conn)) {
        http_server_connection_end(conn);
        return;
    }
    /* Not both ways: a socket that reads no more answers what still comes with a reset. */
    shutdown(conn->fd, SHUT_WR);
    http_server_connection_enter(conn, HTTP_SERVER_PHASE_EVICTED);
}

void http_server_connection_refuse_newcomer(http_server_connection *conn, const char *problem)
{
    LOG_THROTTLED(DUBBOC_LOG_WARN, "transport", "connection refused", "peer=%s reason=\"%s\"",
        conn->peer, problem);
    http_server_connection_write_refusal(conn->fd, 503, problem, true, false);
    release(conn);
    if (hold_uncounted(conn))
        http_server_connection_linger(conn);
    else
        http_server_connection_drop(conn);
}

/* Before every close: one of ours does not end the watch while a child that the program has forked
 * holds a copy of the descriptor. */
static void unwatch(const http_server_connection *conn)
{
    /* one that is not watched (an error) is what is wanted */
    epoll_ctl(conn->loop->epoll_fd, EPOLL_CTL_DEL, conn->fd, NULL);
}

void http_server_connection_drop(http_server_connection *conn)
{
    unlist(conn);
    release(conn);
    if (conn->fd >= 0) {
        unwatch(conn);
        close(conn->fd);
    }
    free(conn);
}

void http_server_connection_drop_all(http_server_loop *loop)
{
    for (int phase = 0; phase < HTTP_SERVER_PHASE_COUNT; phase++) {
        http_server_connection *conn;
        while ((conn = loop->conns[phase].head) != NULL) {
            if (conn->request != NULL)
                http_server_request_forget(conn->request);
            http_server_connection_drop(conn);
        }
    }
}

void http_server_connection_taken(http_server_connection *conn)
{
    struct epoll_event event = {.events = EPOLLRDHUP | EPOLLET, .data.ptr = conn};
    conn->is_taken = true;
    http_server_connection_enter(conn, HTTP_SERVER_PHASE_SILENT);
    /* When it cannot be watched, the deadlines still end it. */
    if (epoll_ctl(conn->loop->epoll_fd, EPOLL_CTL_ADD, conn->fd, &event) != 0)
        LOG_THROTTLED(DUBBOC_LOG_WARN, "transport", "connection not watched",
            "peer=%s reason=\"%s\"", conn->peer, strerror(errno));
}

static void depart(http_server_connection *conn)
{
    if (conn->is_departed || conn->is_ending)
        return;
    conn->is_departed = true;
    if (is_reading(conn->phase))
        http_server_connection_enter(conn, conn->phase);
    else if (conn->phase == HTTP_SERVER_PHASE_WAITING)
        http_server_request_departed(conn->request);
}

void http_server_connection_end_departed(http_server_loop *loop)
{
    http_server_connection *next;
    for (http_server_connection *conn = loop->conns[HTTP_SERVER_PHASE_DEPARTED].head; conn != NULL;
         conn = next) {
        next = conn->next;
        if (!http_server_connection_has_unread(conn))
            http_server_connection_end(conn);
    }
}

/* Whether a plain close could cost the peer an answer: it has sent more than was read, or a request
 * was not read to its end. */
static bool wants_linger(const http_server_connection *conn)
{
    if (conn->is_ending || conn->loop->is_ending)
        return false;
    if (conn->is_evicted)
        return !conn->is_departed;
    return conn->phase == HTTP_SERVER_PHASE_SILENT || conn->phase == HTTP_SERVER_PHASE_HEADER ||
           conn->phase == HTTP_SERVER_PHASE_BODY || http_server_connection_has_unread(conn);
}

static void linger_read(http_server_connection *conn)
{
    char unwanted[16 * 1024];
    /* Few rounds, so that a fast sender does not own the loop. */
    for (int i = 0; i < 16; i++) {
        ssize_t got = recv(conn->fd, unwanted, sizeof unwanted, MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (got <= 0)
            break;
        conn->lingered_bytes += (size_t)got;
        if (conn->lingered_bytes > HTTP_SERVER_LINGER_MAX_BYTES)
            break;
        if (i == 15)
            return;
    }
    http_server_connection_drop(conn);
}

void http_server_connection_linger(http_server_connection *conn)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.ptr = conn};
    shutdown(conn->fd, SHUT_WR);
    http_server_connection_enter(conn, HTTP_SERVER_PHASE_LINGER);
    if (epoll_ctl(conn->loop->epoll_fd, EPOLL_CTL_ADD, conn->fd, &event) != 0)
        http_server_connection_drop(conn);
    else
        linger_read(conn);
}

void http_server_connection_closed(http_server_connection *conn)
{
    int copy = wants_linger(conn) ? fcntl(conn->fd, F_DUPFD_CLOEXEC, 3) : -1;
    unwatch(conn);
    conn->fd = copy;
    conn->is_taken = false;
    if (conn->request != NULL)
        http_server_request_forget(conn->request);
    conn->request = NULL;
    if (conn->fd >= 0)
        http_server_connection_linger(conn);
    else
        http_server_connection_drop(conn);
}

void http_server_connection_event(http_server_connection *conn)
{
    if (conn->phase == HTTP_SERVER_PHASE_LINGER)
        linger_read(conn);
    else
        depart(conn);
}

static const char *reason_of(int status)
{
    const char *reason = MHD_get_reason_phrase_for((unsigned)status);
    return reason != NULL ? reason : "Unknown";
}

void http_server_connection_write_refusal(
    int fd, int status, const char *problem, bool not_executed, bool without_body)
{
    char reply[512], date[HTTP_SERVER_DATE_SIZE];
    http_server_date(clock_wall_ms() / 1000, date);
    int len = snprintf(reply, sizeof reply,
        "HTTP/1.1 %d %s\r\n"
        "Date: %s\r\n"
        "Content-Type: text/plain\r\n"
        "Content-Length: %zu\r\n"
        "%s"
        "Connection: close\r\n\r\n"
        "%s%s",
        status, reason_of(status), date, strlen(problem) + 1,
        not_executed ? "Dubboc-Not-Executed: 1\r\n" : "", without_body ? "" : problem,
        without_body ? "" : "\n");
    if (len <= 0 || (size_t)len >= sizeof reply)
        return;
    /* A socket that has no room for so little has a peer that does not read: then it gets the close
     * alone. */
    ssize_t sent = send(fd, reply, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)sent;
}

static const char *phase_name(http_server_phase phase)
{
    static const char *const names[HTTP_SERVER_PHASE_COUNT] = {
        [HTTP_SERVER_PHASE_SILENT] = "silent",
        [HTTP_SERVER_PHASE_HEADER] = "header",
        [HTTP_SERVER_PHASE_BODY] = "body",
        [HTTP_SERVER_PHASE_WAITING] = "waiting",
        [HTTP_SERVER_PHASE_HANDLING] = "handling",
        [HTTP_SERVER_PHASE_ANSWER] = "answer",
        [HTTP_SERVER_PHASE_IDLE] = "idle",
        [HTTP_SERVER_PHASE_DEPARTED] = "departed",
        [HTTP_SERVER_PHASE_EVICTED] = "evicted",
        [HTTP_SERVER_PHASE_LINGER] = "linger",
        [HTTP_SERVER_PHASE_ENDING] = "ending",
    };
    return names[phase];
}

void http_server_connection_cut(http_server_connection *conn, int status, const char *problem)
{
    /* In these phases libmicrohttpd has nothing to write, and the request was not given to
     * anybody. */
    if (conn->request != NULL &&
        (conn->phase == HTTP_SERVER_PHASE_HEADER || conn->phase == HTTP_SERVER_PHASE_BODY))
        http_server_connection_write_refusal(conn->fd, status, problem, true, false);
    http_server_connection_end(conn);
}

static void expire(http_server_connection *conn)
{
    if (conn->phase == HTTP_SERVER_PHASE_LINGER) {
        http_server_connection_drop(conn);
        return;
    }
    if (conn->phase != HTTP_SERVER_PHASE_IDLE && conn->phase != HTTP_SERVER_PHASE_EVICTED)
        LOG_THROTTLED(DUBBOC_LOG_WARN, "transport", "slow peer cut off", "peer=%s phase=%s",
            conn->peer, phase_name(conn->phase));
    http_server_connection_cut(conn, 408, "the request took too long");
}

static http_server_connection *loop_next_due(const http_server_loop *loop, http_server_phase phase)
{
    http_server_connection *conn = loop->conns[phase].head;
    return conn != NULL && conn->deadline_ns <= loop->now_ns ? conn : NULL;
}

/* Of those that hold memory and wait for more only one a turn: what it gives back may be enough for
 * another, when several wait for each other. */
static void loop_end_waits(http_server_loop *loop)
{
    http_server_connection *conn;
    bool is_last = false;
    while (!is_last && (conn = loop_next_due(loop, HTTP_SERVER_PHASE_WAITING)) != NULL) {
        is_last = http_server_request_holds_memory(conn->request);
        http_server_request_withdraw(conn->request);
    }
}

void http_server_connection_enforce_deadlines(http_server_loop *loop)
{
    for (http_server_phase phase = 0; phase < HTTP_SERVER_PHASE_COUNT; phase++) {
        http_server_connection *conn;
        while (phase != HTTP_SERVER_PHASE_WAITING && (conn = loop_next_due(loop, phase)) != NULL)
            expire(conn);
    }
    loop_end_waits(loop);
}

int64_t http_server_connection_next_deadline(const http_server_loop *loop)
{
    int64_t earliest = DEADLINE_NEVER;
    for (int phase = 0; phase < HTTP_SERVER_PHASE_COUNT; phase++) {
        if (loop->conns[phase].head != NULL)
            earliest = deadline_min(earliest, loop->conns[phase].head->deadline_ns);
    }
    return earliest;
}

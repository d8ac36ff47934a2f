/* A connection is always in exactly one phase, and in the list of that phase. All connections in a
 * phase have the same time limit, so each list is sorted by deadline, and only its head must be
 * checked. Bytes that are sent or received do not move the deadline (libraries.md M2).
 *
 * libmicrohttpd does not notice a close that arrives together with the last bytes: it uses
 * edge-triggered epoll, and after a short read it waits for an edge that has passed already. So
 * each connection is also in the loop's epoll set, only to learn of its end.
 *
 * A connection that we end may still have to deliver an answer. It then lingers: libmicrohttpd
 * closes its descriptor, we keep a duplicate, send FIN, and read and discard for a while
 * (libraries.md M8). */
#include "transport/http_server_connection.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "transport/http_server_response.h"

static void connection_unlist(http_server_connection *conn)
{
    if (!conn->is_listed)
        return;
    http_server_connection_list *list = &conn->table->phases[conn->phase];
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

/* Inserts the connection by age. It is nearly always the youngest of its phase. If it has kept its
 * age from the phase before, only a few connections are younger. */
static void connection_list_by_age(http_server_connection *conn)
{
    http_server_connection_list *list = &conn->table->phases[conn->phase];
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
    http_server_connection_table *table, int fd, const char *peer, http_server_share *share)
{
    http_server_connection *conn = MEM_NEW(http_server_connection);
    if (conn == NULL)
        return NULL;
    conn->table = table;
    conn->fd = fd;
    conn->share = share;
    snprintf(conn->peer, sizeof conn->peer, "%s", peer);
    return conn;
}

/* Whether a connection in that phase waits for bytes of its peer. */
static bool phase_is_reading(http_server_phase phase)
{
    return phase == HTTP_SERVER_PHASE_SILENT || phase == HTTP_SERVER_PHASE_HEADER ||
           phase == HTTP_SERVER_PHASE_BODY || phase == HTTP_SERVER_PHASE_IDLE ||
           phase == HTTP_SERVER_PHASE_EVICTED;
}

void http_server_connection_enter(http_server_connection *conn, http_server_phase phase)
{
    bool is_going_on = conn->phase == HTTP_SERVER_PHASE_SILENT && phase == HTTP_SERVER_PHASE_HEADER;
    http_server_connection_enter_since(
        conn, phase, is_going_on ? conn->since_ns : conn->table->now_ns);
}

void http_server_connection_enter_since(
    http_server_connection *conn, http_server_phase phase, int64_t since_ns)
{
    http_server_connection_table *table = conn->table;
    connection_unlist(conn);
    if (conn->is_departed && phase_is_reading(phase))
        phase = HTTP_SERVER_PHASE_DEPARTED;
    conn->since_ns = since_ns;
    conn->phase = phase;
    int64_t allowed = table->phase_ns[phase];
    conn->deadline_ns = allowed >= DEADLINE_NEVER - since_ns ? DEADLINE_NEVER : since_ns + allowed;
    connection_list_by_age(conn);
    if (conn->previous == NULL && phase_is_reading(phase))
        http_server_connection_table_publish(table); /* so that other loops see it at once */
}

/* Takes the connection out of all counters. */
static void connection_uncount(http_server_connection *conn)
{
    http_server_connection_table *table = conn->table;
    if (conn->share != NULL) {
        atomic_fetch_sub(&table->mailbox->connections, 1);
        atomic_fetch_sub(&table->shared->connections, 1);
        http_server_shares_give_back(&table->shared->shares, conn->share);
    }
    conn->share = NULL;
    if (conn->is_uncounted)
        table->uncounted--;
    conn->is_uncounted = false;
}

/* Counts the connection among those that hold a descriptor but are not counted as connections.
 * false: there are too many of those. */
static bool connection_count_as_uncounted(http_server_connection *conn)
{
    if (conn->table->uncounted >= HTTP_SERVER_UNCOUNTED_MAX)
        return false;
    conn->table->uncounted++;
    conn->is_uncounted = true;
    return true;
}

void http_server_connection_end(http_server_connection *conn)
{
    if (http_server_connection_is_ending(conn))
        return;
    shutdown(conn->fd, SHUT_RDWR);
    connection_uncount(conn);
    http_server_connection_enter(conn, HTTP_SERVER_PHASE_ENDING);
}

bool http_server_connection_has_unread(const http_server_connection *conn)
{
    int unread = 0;
    return ioctl(conn->fd, FIONREAD, &unread) == 0 && unread > 0;
}

void http_server_connection_evict(http_server_connection *conn)
{
    connection_uncount(conn);
    conn->is_evicted = true;
    if (!connection_count_as_uncounted(conn)) {
        http_server_connection_end(conn);
        return;
    }
    /* Shut down the writing side only: if the reading side were shut down too, the kernel would
     * answer arriving bytes with a reset. */
    shutdown(conn->fd, SHUT_WR);
    http_server_connection_enter(conn, HTTP_SERVER_PHASE_EVICTED);
}

/* Must be called before every close(): if a forked child holds a copy of the descriptor, close()
 * alone does not remove it from the epoll set. */
static void connection_unwatch(const http_server_connection *conn)
{
    /* An error means that the descriptor was not in the set. */
    epoll_ctl(conn->table->epoll_fd, EPOLL_CTL_DEL, conn->fd, NULL);
}

void http_server_connection_drop(http_server_connection *conn)
{
    connection_unlist(conn);
    connection_uncount(conn);
    if (conn->fd >= 0) {
        connection_unwatch(conn);
        close(conn->fd);
    }
    free(conn);
}

void http_server_connection_taken(http_server_connection *conn)
{
    struct epoll_event event = {.events = EPOLLRDHUP | EPOLLET, .data.ptr = conn};
    http_server_connection_enter(conn, HTTP_SERVER_PHASE_SILENT);
    /* A connection that cannot be watched is still ended by its deadlines. */
    if (epoll_ctl(conn->table->epoll_fd, EPOLL_CTL_ADD, conn->fd, &event) != 0)
        LOG_THROTTLED(DUBBOC_LOG_WARN, "transport",
            "cannot detect when a peer closes its connection, only time-outs end it",
            "peer=%s reason=\"%s\"", conn->peer, strerror(errno));
}

/* Handles that the peer has closed its side. Returns whether the connection's request waits for
 * memory. */
static bool connection_depart(http_server_connection *conn)
{
    if (conn->is_departed || http_server_connection_is_ending(conn))
        return false;
    conn->is_departed = true;
    if (phase_is_reading(conn->phase))
        http_server_connection_enter(conn, conn->phase);
    return conn->phase == HTTP_SERVER_PHASE_WAITING;
}

/* Whether a plain close() could cost the peer its answer, because there are unread bytes. */
static bool connection_wants_linger(const http_server_connection *conn)
{
    if (http_server_connection_is_ending(conn) || conn->table->is_ending)
        return false;
    if (conn->is_evicted)
        return !conn->is_departed;
    return conn->phase == HTTP_SERVER_PHASE_SILENT || conn->phase == HTTP_SERVER_PHASE_HEADER ||
           conn->phase == HTTP_SERVER_PHASE_BODY || http_server_connection_has_unread(conn);
}

static void connection_linger_read(http_server_connection *conn)
{
    char unwanted[16 * 1024];
    /* At most 16 rounds, so that a fast sender does not keep the loop busy. */
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

/* From now on the connection is only read, until its peer closes. */
static void connection_linger(http_server_connection *conn)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.ptr = conn};
    shutdown(conn->fd, SHUT_WR);
    http_server_connection_enter(conn, HTTP_SERVER_PHASE_LINGER);
    if (epoll_ctl(conn->table->epoll_fd, EPOLL_CTL_ADD, conn->fd, &event) != 0)
        http_server_connection_drop(conn);
    else
        connection_linger_read(conn);
}

void http_server_connection_refuse_newcomer(http_server_connection *conn, const char *problem)
{
    LOG_THROTTLED(DUBBOC_LOG_WARN, "transport", "connection refused", "peer=%s reason=\"%s\"",
        conn->peer, problem);
    http_server_response_refuse(conn->fd, 503, problem, HTTP_SERVER_NOT_EXECUTED, false);
    connection_uncount(conn);
    if (connection_count_as_uncounted(conn))
        connection_linger(conn);
    else
        http_server_connection_drop(conn);
}

void http_server_connection_closed(http_server_connection *conn)
{
    int copy = connection_wants_linger(conn) ? fcntl(conn->fd, F_DUPFD_CLOEXEC, 3) : -1;
    connection_unwatch(conn);
    conn->fd = copy;
    if (conn->request != NULL)
        conn->table->on_request_lost(conn->request);
    conn->request = NULL;
    if (conn->fd >= 0)
        connection_linger(conn);
    else
        http_server_connection_drop(conn);
}

bool http_server_connection_event(http_server_connection *conn)
{
    if (conn->phase != HTTP_SERVER_PHASE_LINGER)
        return connection_depart(conn);
    connection_linger_read(conn);
    return false;
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
    /* In these phases libmicrohttpd writes nothing, and on_request was not called. */
    if (conn->request != NULL &&
        (conn->phase == HTTP_SERVER_PHASE_HEADER || conn->phase == HTTP_SERVER_PHASE_BODY))
        http_server_response_refuse(conn->fd, status, problem, HTTP_SERVER_NOT_EXECUTED, false);
    http_server_connection_end(conn);
}

/* Ends a connection whose deadline has passed. */
static void connection_expire(http_server_connection *conn)
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

/* --- all connections of a loop --- */

static void table_set_phase_times(http_server_connection_table *table)
{
    const http_server_settings *settings = &table->shared->settings;
    int64_t ms[HTTP_SERVER_PHASE_COUNT] = {
        [HTTP_SERVER_PHASE_SILENT] = settings->header_timeout_ms,
        [HTTP_SERVER_PHASE_HEADER] = settings->header_timeout_ms,
        [HTTP_SERVER_PHASE_BODY] = settings->body_timeout_ms,
        [HTTP_SERVER_PHASE_WAITING] = HTTP_SERVER_MEMORY_WAIT_MS,
        [HTTP_SERVER_PHASE_HANDLING] = -1,
        [HTTP_SERVER_PHASE_ANSWER] = settings->answer_timeout_ms,
        [HTTP_SERVER_PHASE_IDLE] = settings->idle_timeout_ms,
        [HTTP_SERVER_PHASE_DEPARTED] = HTTP_SERVER_DEPARTED_MS,
        [HTTP_SERVER_PHASE_EVICTED] = HTTP_SERVER_LINGER_MS,
        [HTTP_SERVER_PHASE_LINGER] = HTTP_SERVER_LINGER_MS,
    };
    for (int i = 0; i < HTTP_SERVER_PHASE_COUNT; i++)
        table->phase_ns[i] =
            ms[i] <= 0 || ms[i] > DEADLINE_NEVER / NS_PER_MS ? DEADLINE_NEVER : ms[i] * NS_PER_MS;
}

void http_server_connection_table_init(http_server_connection_table *table,
    http_server_shared *shared, http_server_mailbox *mailbox,
    void (*on_request_lost)(http_server_request *request))
{
    *table = (http_server_connection_table){.shared = shared,
        .mailbox = mailbox,
        .epoll_fd = -1,
        .on_request_lost = on_request_lost,
        .now_ns = clock_now_ns()};
    table_set_phase_times(table);
}

http_server_connection *http_server_connection_table_due(
    const http_server_connection_table *table, http_server_phase phase)
{
    http_server_connection *conn = table->phases[phase].head;
    return conn != NULL && conn->deadline_ns <= table->now_ns ? conn : NULL;
}

void http_server_connection_table_enforce_deadlines(http_server_connection_table *table)
{
    for (http_server_phase phase = 0; phase < HTTP_SERVER_PHASE_COUNT; phase++) {
        http_server_connection *conn;
        while (phase != HTTP_SERVER_PHASE_WAITING &&
               (conn = http_server_connection_table_due(table, phase)) != NULL)
            connection_expire(conn);
    }
}

int64_t http_server_connection_table_next_deadline(const http_server_connection_table *table)
{
    int64_t earliest = DEADLINE_NEVER;
    for (int phase = 0; phase < HTTP_SERVER_PHASE_COUNT; phase++) {
        if (table->phases[phase].head != NULL)
            earliest = deadline_min(earliest, table->phases[phase].head->deadline_ns);
    }
    return earliest;
}

static int64_t connection_since(const http_server_connection *conn)
{
    return conn != NULL ? conn->since_ns : DEADLINE_NEVER;
}

http_server_connection *http_server_connection_older(
    http_server_connection *a, http_server_connection *b)
{
    return connection_since(b) < connection_since(a) ? b : a;
}

http_server_connection *http_server_connection_table_slowest_sender(
    const http_server_connection_table *table)
{
    return http_server_connection_older(
        table->phases[HTTP_SERVER_PHASE_HEADER].head, table->phases[HTTP_SERVER_PHASE_BODY].head);
}

/* Other loops read the value, so it is written only when it changes, to keep it in their caches. */
static void table_publish_since(_Atomic int64_t *place, int64_t since_ns)
{
    if (atomic_load_explicit(place, memory_order_relaxed) != since_ns)
        atomic_store_explicit(place, since_ns, memory_order_relaxed);
}

void http_server_connection_table_publish_idle(
    http_server_connection_table *table, const http_server_connection *idle)
{
    const http_server_connection *sender = http_server_connection_table_slowest_sender(table);
    table_publish_since(&table->mailbox->idle_since_ns, connection_since(idle));
    table_publish_since(&table->mailbox->sending_since_ns, connection_since(sender));
}

void http_server_connection_table_publish(http_server_connection_table *table)
{
    http_server_connection_table_publish_idle(
        table, http_server_connection_older(table->phases[HTTP_SERVER_PHASE_IDLE].head,
                   table->phases[HTTP_SERVER_PHASE_SILENT].head));
}

void http_server_connection_table_end_departed(http_server_connection_table *table)
{
    http_server_connection *next;
    for (http_server_connection *conn = table->phases[HTTP_SERVER_PHASE_DEPARTED].head;
         conn != NULL; conn = next) {
        next = conn->next;
        if (!http_server_connection_has_unread(conn))
            http_server_connection_end(conn);
    }
}

void http_server_connection_table_drop_arrivals(http_server_connection_table *table)
{
    http_server_handoff *next;
    for (http_server_handoff *item = http_server_handoff_take(&table->mailbox->arrivals);
         item != NULL; item = next) {
        next = item->next;
        http_server_connection_drop((http_server_connection *)item);
    }
}

void http_server_connection_table_hang_up(http_server_connection_table *table)
{
    for (int phase = 0; phase < HTTP_SERVER_PHASE_COUNT; phase++) {
        for (http_server_connection *conn = table->phases[phase].head; conn != NULL;
             conn = conn->next)
            shutdown(conn->fd, SHUT_RDWR);
    }
}

void http_server_connection_table_drop_all(http_server_connection_table *table)
{
    for (int phase = 0; phase < HTTP_SERVER_PHASE_COUNT; phase++) {
        http_server_connection *conn;
        while ((conn = table->phases[phase].head) != NULL) {
            if (conn->request != NULL)
                table->on_request_lost(conn->request);
            http_server_connection_drop(conn);
        }
    }
}

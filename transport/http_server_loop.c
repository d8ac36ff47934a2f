/* The event loop. libmicrohttpd is used without a thread and without a listening socket; the loop
 * decides when it runs. The loop's epoll set holds libmicrohttpd's epoll descriptor, the listening
 * socket, the eventfd of the mailbox, and each connection, to learn of its end (libraries.md M1,
 * M12, M13).
 *
 * A turn waits, takes what other threads have put into the mailbox, accepts connections, lets
 * libmicrohttpd run, and enforces deadlines. With settings.loops = 0 the program calls the turns
 * itself, and a timer descriptor makes the loop's epoll descriptor readable when a deadline
 * comes. */
#include "transport/http_server_loop.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/thread.h"
#include "transport/http_server_accept.h"
#include "transport/http_server_body_wait.h"
#include "transport/http_server_incoming.h"

#define EVENTS_A_TURN 64
#define ACCEPTS_A_TURN 32

/* How long the loop stops accepting connections after an error. */
#define PAUSE_NS (100 * NS_PER_MS)

/* The addresses of these variables mark the source of an event. Any other pointer is a
 * connection. */
static char source_daemon, source_wake, source_listener, source_timer;

/* --- start and end --- */

static bool loop_watch(http_server_loop *loop, int fd, uint32_t events, void *source)
{
    struct epoll_event event = {.events = events, .data.ptr = source};
    return epoll_ctl(loop->table.epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

/* Adds the listening socket to the epoll set, or removes it. If that fails, is_listening stays as
 * it was, and errno tells why. */
static void loop_listen(http_server_loop *loop, bool wanted)
{
    int fd = loop->shared->listen_fd;
    if (wanted == loop->is_listening)
        return;
    if (wanted)
        loop->is_listening = loop_watch(loop, fd, EPOLLIN | EPOLLEXCLUSIVE, &source_listener);
    else
        loop->is_listening = epoll_ctl(loop->table.epoll_fd, EPOLL_CTL_DEL, fd, NULL) != 0;
}

static bool loop_open_descriptors(http_server_loop *loop)
{
    loop->table.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (loop->table.epoll_fd < 0 || !wake_open(&loop->mailbox.wake) ||
        !loop_watch(loop, loop->mailbox.wake.fd, EPOLLIN, &source_wake))
        return false;
    if (loop->shared->settings.loops > 0)
        return true;
    loop->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    return loop->timer_fd >= 0 && loop_watch(loop, loop->timer_fd, EPOLLIN, &source_timer);
}

void http_server_loop_clear(http_server_loop *loop)
{
    *loop = (http_server_loop){.timer_fd = -1,
        .table = {.epoll_fd = -1},
        .mailbox = {.wake = {.fd = -1},
            .idle_since_ns = DEADLINE_NEVER,
            .sending_since_ns = DEADLINE_NEVER},
        .timer_ns = DEADLINE_NEVER,
        .listen_again_ns = DEADLINE_NEVER};
}

dubboc_status http_server_loop_init(
    http_server_loop *loop, http_server_shared *shared, dubboc_error *err)
{
    loop->shared = shared;
    loop->mailbox.table = &loop->table;
    http_server_connection_table_init(
        &loop->table, shared, &loop->mailbox, http_server_request_pool_give_back);
    http_server_request_pool_init(&loop->pool, &loop->table);
    if (!loop_open_descriptors(loop))
        return error_set(err, DUBBOC_E_SYSTEM, "cannot create a descriptor for an event loop: %s",
            strerror(errno));
    if (!http_server_daemon_start(&loop->daemon, &loop->pool))
        return error_set(
            err, DUBBOC_E_SYSTEM, "libmicrohttpd cannot be started: out of descriptors or memory");
    if (!loop_watch(loop, http_server_daemon_fd(&loop->daemon), EPOLLIN, &source_daemon))
        return error_set(
            err, DUBBOC_E_SYSTEM, "libmicrohttpd cannot be polled: %s", strerror(errno));
    loop_listen(loop, true);
    if (!loop->is_listening)
        return error_set(
            err, DUBBOC_E_SYSTEM, "the listening socket cannot be polled: %s", strerror(errno));
    return DUBBOC_OK;
}

/* Ends accepting on this loop for good. The last loop that does so closes the listening socket. */
static void loop_close_listener(http_server_loop *loop)
{
    http_server_shared *shared = loop->shared;
    loop->listen_again_ns = DEADLINE_NEVER;
    loop_listen(loop, false);
    loop->is_listening = false;
    if (atomic_fetch_sub(&shared->listening_loops, 1) == 1) {
        close(shared->listen_fd);
        shared->listen_fd = -1;
    }
}

/* The server has failed: shuts all connections down, so that no peer waits for an answer that will
 * not come. */
static void loop_hang_up(http_server_loop *loop)
{
    if (loop->has_hung_up)
        return;
    loop->has_hung_up = true;
    if (!loop->is_draining)
        loop_close_listener(loop);
    loop->is_draining = true;
    http_server_connection_table_drop_arrivals(&loop->table);
    http_server_connection_table_hang_up(&loop->table);
}

static void *loop_run(void *arg)
{
    http_server_loop *loop = arg;
    while (!atomic_load_explicit(&loop->shared->is_stopping, memory_order_acquire)) {
        if (!http_server_loop_turn(loop, -1))
            return NULL;
    }
    if (http_server_shared_problem(loop->shared) != NULL)
        loop_hang_up(loop);
    return NULL;
}

dubboc_status http_server_loop_start_thread(http_server_loop *loop, dubboc_error *err)
{
    dubboc_status status = thread_start(&loop->thread, loop_run, loop, "dubboc-loop", err);
    loop->has_thread = status == DUBBOC_OK;
    return status;
}

void http_server_loop_join_thread(http_server_loop *loop)
{
    if (loop->has_thread)
        pthread_join(loop->thread, NULL);
    loop->has_thread = false;
}

static void loop_cut_all(http_server_loop *loop, http_server_phase phase)
{
    const http_server_connection_list *list = &loop->table.phases[phase];
    while (list->head != NULL)
        http_server_connection_cut(list->head, 503, "the server is shut down");
}

static void loop_end_connections(http_server_loop *loop)
{
    const http_server_connection_list *lingering = &loop->table.phases[HTTP_SERVER_PHASE_LINGER];
    loop->table.is_ending = true;
    while (lingering->head != NULL)
        http_server_connection_drop(lingering->head);
    http_server_connection_table_drop_arrivals(&loop->table);
    http_server_body_wait_end_all(&loop->pool);
    if (loop->daemon.mhd == NULL)
        return;
    http_server_incoming_give_up_held(&loop->pool);
    /* Resume the connections: libmicrohttpd panics if it is stopped while one is suspended
     * (libraries.md M7). */
    http_server_daemon_run(&loop->daemon);
    loop_cut_all(loop, HTTP_SERVER_PHASE_HEADER);
    loop_cut_all(loop, HTTP_SERVER_PHASE_BODY);
    http_server_daemon_stop(&loop->daemon);
}

void http_server_loop_fini(http_server_loop *loop)
{
    if (loop->shared == NULL)
        return;
    loop_end_connections(loop);
    /* the connections of a daemon that has given up */
    http_server_connection_table_drop_all(&loop->table);
    loop_listen(loop, false);
    http_server_request_pool_fini(&loop->pool);
    wake_close(&loop->mailbox.wake);
    if (loop->timer_fd >= 0)
        close(loop->timer_fd);
    if (loop->table.epoll_fd >= 0)
        close(loop->table.epoll_fd);
}

/* --- a turn --- */

/* Stops accepting for a moment because of an error. */
static void loop_pause_listening(http_server_loop *loop, int error)
{
    LOG_THROTTLED(DUBBOC_LOG_WARN, "transport", "cannot accept connections for the moment",
        "reason=\"%s\"", strerror(error));
    loop_listen(loop, false);
    loop->listen_again_ns = loop->table.now_ns + PAUSE_NS;
}

static void loop_listen_again(http_server_loop *loop)
{
    loop->listen_again_ns = DEADLINE_NEVER;
    loop_listen(loop, true);
    if (!loop->is_listening)
        loop_pause_listening(loop, errno);
}

/* Accepts waiting newcomers, at most ACCEPTS_A_TURN. Returns whether there may be more. */
static bool loop_accept(http_server_loop *loop)
{
    for (int i = 0; i < ACCEPTS_A_TURN; i++) {
        http_server_connection *conn;
        http_server_accepted accepted = http_server_accept_next(&loop->table, &conn);
        if (accepted == HTTP_SERVER_ACCEPTED_ERROR)
            loop_pause_listening(loop, errno);
        if (accepted != HTTP_SERVER_ACCEPTED_ONE)
            return false;
        if (conn != NULL)
            http_server_daemon_take(&loop->daemon, conn);
    }
    return true;
}

static void loop_take_arrivals(http_server_loop *loop)
{
    http_server_handoff *next;
    for (http_server_handoff *item = http_server_handoff_take(&loop->mailbox.arrivals);
         item != NULL; item = next) {
        next = item->next;
        loop->arrived++;
        http_server_connection *conn =
            http_server_accept_arrived(&loop->table, (http_server_connection *)item);
        if (conn != NULL)
            http_server_daemon_take(&loop->daemon, conn);
    }
}

/* Closes the idle connections. A connection that has sent something since is served, and its answer
 * says Connection: close. */
static void loop_close_idle(http_server_loop *loop)
{
    http_server_connection *next;
    for (http_server_connection *conn = loop->table.phases[HTTP_SERVER_PHASE_IDLE].head;
         conn != NULL; conn = next) {
        next = conn->next;
        if (!http_server_connection_has_unread(conn))
            http_server_connection_end(conn);
    }
}

static void loop_drain(http_server_loop *loop)
{
    loop->is_draining = true;
    /* The kernel has already accepted the connections in the backlog, so they are served. The
     * length of the backlog is the limit, because new connections may arrive without a pause. */
    for (int waiting = SOMAXCONN; waiting >= 0 && loop_accept(loop);)
        waiting -= ACCEPTS_A_TURN;
    loop_close_listener(loop);
    loop_close_idle(loop);
}

static bool loop_has_mail(const http_server_loop *loop)
{
    return !http_server_handoff_is_empty(&loop->mailbox.arrivals) ||
           !http_server_handoff_is_empty(&loop->mailbox.results) ||
           !http_server_handoff_is_empty(&loop->mailbox.granted) ||
           (!loop->is_draining && atomic_load(&loop->shared->is_draining));
}

/* Does what other threads have requested through the mailbox. */
static void loop_read_mail(http_server_loop *loop)
{
    wake_clear(&loop->mailbox.wake);
    loop_take_arrivals(loop);
    http_server_incoming_resume_answered(&loop->pool);
    http_server_body_wait_take_granted(&loop->pool);
    if (!loop->is_draining && atomic_load(&loop->shared->is_draining))
        loop_drain(loop);
}

static int64_t loop_next_deadline(const http_server_loop *loop)
{
    if (http_server_daemon_has_work(&loop->daemon))
        return loop->table.now_ns;
    int64_t own_ns = deadline_min(loop->listen_again_ns, loop->pool.make_way_ns);
    return deadline_min(http_server_connection_table_next_deadline(&loop->table), own_ns);
}

/* Makes the epoll descriptor readable at deadline_ns. An earlier setting is kept, because an
 * unnecessary turn is cheaper than a system call. */
static void loop_set_timer(http_server_loop *loop, int64_t deadline_ns)
{
    if (loop->timer_fd < 0 || deadline_ns >= loop->timer_ns)
        return;
    int64_t left = deadline_ns - clock_now_ns();
    left = left > 0 ? left : 1;
    struct itimerspec at = {.it_value = {.tv_sec = left / NS_PER_S, .tv_nsec = left % NS_PER_S}};
    if (timerfd_settime(loop->timer_fd, 0, &at, NULL) == 0)
        loop->timer_ns = deadline_ns;
    else
        http_server_shared_fail_call(loop->shared, "timerfd_settime", errno);
}

static void loop_clear_timer(http_server_loop *loop)
{
    uint64_t expirations;
    ssize_t got = read(loop->timer_fd, &expirations, sizeof expirations);
    (void)got;
    loop->timer_ns = DEADLINE_NEVER;
}

/* Handles an event of a connection that is not meant for libmicrohttpd. */
static void loop_handle_connection(http_server_connection *conn)
{
    if (http_server_connection_event(conn))
        http_server_body_wait_departed(conn->request);
}

static void loop_handle_events(http_server_loop *loop, const struct epoll_event *events, int count)
{
    /* If epoll_wait() timed out or failed, look for mail, because a wake-up may have been lost. */
    bool has_mail = count <= 0 && loop_has_mail(loop);
    bool has_newcomers = false;
    for (int i = 0; i < count; i++) {
        void *source = events[i].data.ptr;
        if (source == &source_daemon)
            continue;
        if (source == &source_wake)
            has_mail = true;
        else if (source == &source_listener)
            has_newcomers = true;
        else if (source == &source_timer)
            loop_clear_timer(loop);
        else
            loop_handle_connection(source);
    }
    if (has_mail)
        loop_read_mail(loop);
    if (has_newcomers && loop->is_listening)
        loop_accept(loop);
}

/* To be called after libmicrohttpd has run. It has then read from every connection that it was
 * given, so these connections no longer count as undrained. */
static void loop_count_seen(http_server_loop *loop)
{
    int seen = loop->arrived;
    loop->arrived = 0;
    if (loop->is_draining && !loop->is_drained) {
        loop->is_drained = true;
        seen++;
    }
    if (seen > 0)
        atomic_fetch_sub(&loop->shared->undrained, seen);
}

/* Does what is due after libmicrohttpd has run. */
static void loop_look_after_connections(http_server_loop *loop)
{
    http_server_connection_table *table = &loop->table;
    if (table->phases[HTTP_SERVER_PHASE_DEPARTED].head != NULL &&
        !http_server_daemon_has_work(&loop->daemon))
        http_server_connection_table_end_departed(table);
    http_server_body_wait_make_way(&loop->pool);
    http_server_connection_table_enforce_deadlines(table);
    http_server_body_wait_end_overdue(&loop->pool);
    http_server_connection_table_publish(table);
}

bool http_server_loop_turn(http_server_loop *loop, int wait_ms)
{
    struct epoll_event events[EVENTS_A_TURN];
    int until_deadline = deadline_poll_ms(loop_next_deadline(loop));
    if (until_deadline >= 0 && (wait_ms < 0 || until_deadline < wait_ms))
        wait_ms = until_deadline;
    int count = epoll_wait(loop->table.epoll_fd, events, EVENTS_A_TURN, wake_wait_ms(wait_ms));
    if (count < 0 && errno != EINTR)
        http_server_shared_fail_call(loop->shared, "epoll_wait", errno);
    loop->table.now_ns = clock_now_ns();
    loop_handle_events(loop, events, count);
    if (loop->listen_again_ns <= loop->table.now_ns)
        loop_listen_again(loop);
    http_server_daemon_run(&loop->daemon);
    loop_count_seen(loop);
    loop_look_after_connections(loop);
    loop_set_timer(loop, loop_next_deadline(loop));
    if (http_server_shared_problem(loop->shared) == NULL)
        return true;
    loop_hang_up(loop);
    return false;
}

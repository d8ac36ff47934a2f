/* One event loop. libmicrohttpd has no thread, no listening socket and no say in when it runs: its
 * daemon's epoll descriptor stands in our epoll set beside the listening socket, a wake by which
 * other threads announce what they have handed over, and connections that linger (traps M1, M12,
 * M13). A turn waits, takes what was handed over, accepts, lets libmicrohttpd run, and looks at the
 * deadlines. With loops = 0 the program makes the turns; then a timer descriptor makes our epoll
 * descriptor readable when a deadline comes. */
#include "transport/http_server_loop.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "transport/http_server_daemon.h"

#define EVENTS_A_TURN 64

/* What an event belongs to; anything else is a connection. */
static char source_daemon, source_wake, source_listener, source_timer;

bool http_server_handoff_push(http_server_handoff_stack *stack, handoff *item)
{
    handoff *top = atomic_load_explicit(&stack->top, memory_order_relaxed);
    do {
        item->next = top;
    } while (!atomic_compare_exchange_weak_explicit(
        &stack->top, &top, item, memory_order_acq_rel, memory_order_relaxed));
    return top == NULL;
}

handoff *http_server_handoff_take(http_server_handoff_stack *stack)
{
    handoff *oldest = NULL;
    handoff *item = atomic_exchange_explicit(&stack->top, NULL, memory_order_acq_rel);
    while (item != NULL) {
        handoff *next = item->next;
        item->next = oldest;
        oldest = item;
        item = next;
    }
    return oldest;
}

/* --- the daemon --- */

static void log_daemon(void *arg, const char *format, va_list args)
{
    (void)arg;
    static log_throttle throttle;
    unsigned suppressed;
    char text[200];
    if (!log_is_on(DUBBOC_LOG_DEBUG) || !log_throttle_pass(&throttle, LOG_THROTTLE_NS, &suppressed))
        return;
    vsnprintf(text, sizeof text, format, args);
    text[strcspn(text, "\r\n")] = '\0';
    log_write(DUBBOC_LOG_DEBUG, "transport", "libmicrohttpd says", suppressed, "text=\"%s\"", text);
}

static void on_connection(void *arg, struct MHD_Connection *connection, void **context,
    enum MHD_ConnectionNotificationCode what)
{
    http_server_loop *loop = arg;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        loop->closing = connection;
        http_server_connection *conn = *context;
        if (conn != NULL && conn == loop->adding)
            http_server_connection_write_refusal(
                conn->fd, 503, "the connection cannot be polled", true, false);
        if (conn != NULL)
            http_server_connection_closed(conn);
        *context = NULL;
        return;
    }
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    for (handoff **at = &loop->taking; info != NULL && *at != NULL; at = &(*at)->next) {
        http_server_connection *conn = (http_server_connection *)*at;
        if (conn->fd != info->connect_fd)
            continue;
        *at = conn->handoff.next;
        *context = conn;
        http_server_connection_taken(conn);
        return;
    }
}

static size_t keep_escaped(void *arg, struct MHD_Connection *connection, char *text)
{
    (void)arg;
    (void)connection;
    return strlen(text);
}

static struct MHD_Daemon *daemon_start(http_server_loop *loop)
{
    /* An array, not varargs: there a missing cast would be undefined (traps M10). */
    struct MHD_OptionItem options[] = {
        {MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)log_daemon, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)HTTP_SERVER_CONNECTION_MEMORY, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, INT_MAX,
            NULL}, /* ours is in http_server_accept.c: traps M7 */
        {MHD_OPTION_STRICT_FOR_CLIENT, loop->server->checks_positions ? 0 : 1, NULL},
        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, loop},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)http_server_request_on_completed, loop},
        {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)http_server_request_on_line, loop},
        {MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)keep_escaped, loop},
        {MHD_OPTION_END, 0, NULL},
    };
    unsigned flags =
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    /* Our own Date: http_server_ready.c makes it once a second, libmicrohttpd for each answer. */
    return MHD_start_daemon(flags | MHD_USE_SUPPRESS_DATE_NO_CLOCK, 0, NULL, NULL,
        http_server_request_on_access, loop, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
}

/* After the daemon has given up it is not called again. */
static void daemon_give_up(http_server_loop *loop, const char *problem)
{
    http_server_daemon_abandon(loop->daemon, loop->closing);
    loop->daemon = NULL;
    http_server_fail(loop->server, problem);
}

static void daemon_run(void *arg)
{
    http_server_loop *loop = arg;
#if MHD_VERSION >= 0x00097206 /* MHD_run() does not tell of a failure */
    if (MHD_run_wait(loop->daemon, 0) != MHD_YES)
        http_server_fail_call(loop->server, "epoll_wait of libmicrohttpd", errno);
#else
    MHD_run(loop->daemon);
#endif
}

static void loop_run_daemon(http_server_loop *loop)
{
    const char *problem = loop->daemon != NULL ? http_server_daemon_call(daemon_run, loop) : NULL;
    if (problem != NULL)
        daemon_give_up(loop, problem);
}

static void daemon_add(void *arg)
{
    http_server_loop *loop = arg;
    /* Only that it is TCP is libmicrohttpd's to know; its own limits, which would want the address,
     * are not used. */
    struct sockaddr_in somebody = {.sin_family = AF_INET};
    int fd = loop->adding->fd;
    char peer[HTTP_SERVER_PEER_TEXT_MAX];
    memcpy(peer, loop->adding->peer, sizeof peer); /* it is gone after a failure */
    if (MHD_add_connection(loop->daemon, fd, (struct sockaddr *)&somebody, sizeof somebody) !=
        MHD_YES)
        LOG_THROTTLED(DUBBOC_LOG_WARN, "transport", "connection not taken", "peer=%s reason=\"%s\"",
            peer, strerror(errno));
}

static void loop_add_to_daemon(http_server_loop *loop, http_server_connection *conn)
{
    loop->adding = conn;
    const char *problem = http_server_daemon_call(daemon_add, loop);
    loop->adding = NULL;
    if (problem != NULL)
        daemon_give_up(loop, problem);
}

static void daemon_stop(void *arg)
{
    MHD_stop_daemon(arg);
}

static void loop_stop_daemon(http_server_loop *loop)
{
    struct MHD_Daemon *daemon = loop->daemon;
    const char *problem = daemon != NULL ? http_server_daemon_call(daemon_stop, daemon) : NULL;
    if (problem != NULL)
        daemon_give_up(loop, problem);
    loop->daemon = NULL;
}

/* --- life --- */

static bool watch(http_server_loop *loop, int fd, uint32_t events, void *source)
{
    struct epoll_event event = {.events = events, .data.ptr = source};
    return epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static void set_phase_times(http_server_loop *loop)
{
    const http_server_settings *settings = &loop->server->settings;
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
        loop->phase_ns[i] =
            ms[i] <= 0 || ms[i] > DEADLINE_NEVER / NS_PER_MS ? DEADLINE_NEVER : ms[i] * NS_PER_MS;
}

static bool open_descriptors(http_server_loop *loop)
{
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll_fd < 0 || !wake_open(&loop->wake) ||
        !watch(loop, loop->wake.fd, EPOLLIN, &source_wake))
        return false;
    if (loop->server->settings.loops > 0)
        return true;
    loop->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    return loop->timer_fd >= 0 && watch(loop, loop->timer_fd, EPOLLIN, &source_timer);
}

dubboc_status http_server_loop_init(http_server_loop *loop, http_server *server, dubboc_error *err)
{
    *loop = (http_server_loop){.server = server,
        .epoll_fd = -1,
        .timer_fd = -1,
        .wake = {.fd = -1},
        .timer_ns = DEADLINE_NEVER,
        .listen_again_ns = DEADLINE_NEVER,
        .make_way_ns = DEADLINE_NEVER,
        .idle_since_ns = DEADLINE_NEVER,
        .sending_since_ns = DEADLINE_NEVER,
        .now_ns = clock_now_ns()};
    set_phase_times(loop);
    if (!open_descriptors(loop))
        return error_set(
            err, DUBBOC_E_SYSTEM, "no descriptor for an event loop: %s", strerror(errno));
    loop->daemon = daemon_start(loop);
    if (loop->daemon == NULL)
        return error_set(
            err, DUBBOC_E_SYSTEM, "libmicrohttpd does not start: no descriptor or no memory");
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(loop->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    if (info == NULL || !watch(loop, info->epoll_fd, EPOLLIN, &source_daemon))
        return error_set(
            err, DUBBOC_E_SYSTEM, "libmicrohttpd cannot be polled: %s", strerror(errno));
    http_server_loop_listen(loop, true);
    if (!loop->is_listening)
        return error_set(
            err, DUBBOC_E_SYSTEM, "the listening socket cannot be polled: %s", strerror(errno));
    return DUBBOC_OK;
}

void http_server_loop_drop_arrivals(http_server_loop *loop)
{
    handoff *next;
    for (handoff *item = http_server_handoff_take(&loop->arrivals); item != NULL; item = next) {
        next = item->next;
        http_server_connection_drop((http_server_connection *)item);
    }
}

/* This loop accepts nothing more; the last one closes the socket. */
static void loop_close_listener(http_server_loop *loop)
{
    http_server *server = loop->server;
    loop->listen_again_ns = DEADLINE_NEVER;
    http_server_loop_listen(loop, false);
    loop->is_listening = false;
    if (atomic_fetch_sub(&server->listening_loops, 1) == 1) {
        close(server->listen_fd);
        server->listen_fd = -1;
    }
}

/* The server has failed: nobody is left waiting for an answer that will not come. */
static void loop_hang_up(http_server_loop *loop)
{
    if (loop->has_hung_up)
        return;
    loop->has_hung_up = true;
    if (!loop->is_draining)
        loop_close_listener(loop);
    loop->is_draining = true;
    http_server_loop_drop_arrivals(loop);
    http_server_connection_hang_up_all(loop);
}

static void *run(void *arg)
{
    http_server_loop *loop = arg;
    while (!atomic_load_explicit(&loop->server->is_stopping, memory_order_acquire)) {
        if (!http_server_loop_turn(loop, -1))
            return NULL;
    }
    if (http_server_problem(loop->server) != NULL)
        loop_hang_up(loop);
    return NULL;
}

dubboc_status http_server_loop_start_thread(http_server_loop *loop, dubboc_error *err)
{
    dubboc_status status = thread_start(&loop->thread, run, loop, "dubboc-loop", err);
    loop->has_thread = status == DUBBOC_OK;
    return status;
}

static void end_connections(http_server_loop *loop)
{
    loop->is_ending = true;
    while (loop->conns[HTTP_SERVER_PHASE_LINGER].head != NULL)
        http_server_connection_drop(loop->conns[HTTP_SERVER_PHASE_LINGER].head);
    http_server_loop_drop_arrivals(loop);
    if (loop->daemon == NULL) {
        http_server_request_withdraw_all(loop);
        return;
    }
    http_server_request_resume(loop);
    http_server_request_take_granted(loop);
    http_server_request_give_up(loop);
    loop_run_daemon(
        loop); /* resumes them: it gives up when it is stopped with one suspended (traps M7) */
    while (loop->conns[HTTP_SERVER_PHASE_HEADER].head != NULL)
        http_server_connection_cut(
            loop->conns[HTTP_SERVER_PHASE_HEADER].head, 503, "the server has ended");
    while (loop->conns[HTTP_SERVER_PHASE_BODY].head != NULL)
        http_server_connection_cut(
            loop->conns[HTTP_SERVER_PHASE_BODY].head, 503, "the server has ended");
    loop_stop_daemon(loop);
}

void http_server_loop_fini(http_server_loop *loop)
{
    end_connections(loop);
    http_server_connection_drop_all(loop); /* those of a daemon that has given up */
    http_server_loop_listen(loop, false);
    http_server_request_free_spares(loop);
    http_server_ready_free_all(loop);
    wake_close(&loop->wake);
    if (loop->timer_fd >= 0)
        close(loop->timer_fd);
    if (loop->epoll_fd >= 0)
        close(loop->epoll_fd);
}

/* --- a turn --- */

void http_server_loop_listen(http_server_loop *loop, bool wanted)
{
    http_server *server = loop->server;
    if (wanted == loop->is_listening)
        return;
    if (wanted)
        loop->is_listening =
            watch(loop, server->listen_fd, EPOLLIN | EPOLLEXCLUSIVE, &source_listener);
    else
        loop->is_listening = epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, server->listen_fd, NULL) != 0;
}

static void listen_again(http_server_loop *loop)
{
    loop->listen_again_ns = DEADLINE_NEVER;
    http_server_loop_listen(loop, true);
    if (!loop->is_listening)
        http_server_accept_pause(loop, errno);
}

void http_server_loop_wake(http_server_loop *loop)
{
    if (!wake_signal(&loop->wake))
        http_server_fail_call(loop->server, "write to an eventfd", errno);
}

void http_server_loop_take(http_server_loop *loop, http_server_connection *conn)
{
    handoff **end = &loop->taking;
    if (loop->daemon == NULL) {
        http_server_connection_drop(conn);
        return;
    }
    while (*end != NULL)
        end = &(*end)->next;
    conn->handoff.next = NULL;
    *end = &conn->handoff;
    loop_add_to_daemon(loop, conn);
}

/* Those that libmicrohttpd did not announce in its run are gone: it had no memory, and has closed
 * them. */
static void settle_taken(http_server_loop *loop)
{
    while (loop->taking != NULL) {
        http_server_connection *conn = (http_server_connection *)loop->taking;
        loop->taking = conn->handoff.next;
        conn->fd = -1;
        http_server_connection_drop(conn);
    }
}

static void take_arrivals(http_server_loop *loop)
{
    handoff *next;
    for (handoff *item = http_server_handoff_take(&loop->arrivals); item != NULL; item = next) {
        next = item->next;
        loop->arrived++;
        http_server_accept_arrived(loop, (http_server_connection *)item);
    }
}

/* Those that have sent something since are served, with a close. */
static void close_idle(http_server_loop *loop)
{
    http_server_connection *next;
    for (http_server_connection *conn = loop->conns[HTTP_SERVER_PHASE_IDLE].head; conn != NULL;
         conn = next) {
        next = conn->next;
        if (!http_server_connection_has_unread(conn))
            http_server_connection_end(conn);
    }
}

static void drain(http_server_loop *loop)
{
    loop->is_draining = true;
    /* Whoever waits in the backlog has been promised a connection; nobody who comes while those are
     * taken. */
    for (int waiting = SOMAXCONN; waiting >= 0 && http_server_accept_some(loop);)
        waiting -= HTTP_SERVER_ACCEPT_BATCH;
    loop_close_listener(loop);
    close_idle(loop);
}

static bool has_handed_over(http_server_loop *loop)
{
    return atomic_load_explicit(&loop->arrivals.top, memory_order_relaxed) != NULL ||
           atomic_load_explicit(&loop->results.top, memory_order_relaxed) != NULL ||
           atomic_load_explicit(&loop->granted.top, memory_order_relaxed) != NULL ||
           (!loop->is_draining && atomic_load(&loop->server->is_draining));
}

/* What other threads want. */
static void take_handed_over(http_server_loop *loop)
{
    wake_clear(&loop->wake);
    take_arrivals(loop);
    http_server_request_resume(loop);
    http_server_request_take_granted(loop);
    if (!loop->is_draining && atomic_load(&loop->server->is_draining))
        drain(loop);
}

static bool daemon_has_work(const http_server_loop *loop)
{
    MHD_UNSIGNED_LONG_LONG ms;
    return loop->daemon != NULL && MHD_get_timeout(loop->daemon, &ms) == MHD_YES && ms == 0;
}

static int64_t next_deadline(const http_server_loop *loop)
{
    if (daemon_has_work(loop))
        return loop->now_ns;
    int64_t own_ns = deadline_min(loop->listen_again_ns, loop->make_way_ns);
    return deadline_min(http_server_connection_next_deadline(loop), own_ns);
}

/* Makes our epoll descriptor readable at that time. An earlier setting may stay: it costs one empty
 * turn. */
static void set_timer(http_server_loop *loop, int64_t deadline_ns)
{
    if (loop->timer_fd < 0 || deadline_ns >= loop->timer_ns)
        return;
    int64_t left = deadline_ns - clock_now_ns();
    left = left > 0 ? left : 1;
    struct itimerspec at = {.it_value = {.tv_sec = left / NS_PER_S, .tv_nsec = left % NS_PER_S}};
    if (timerfd_settime(loop->timer_fd, 0, &at, NULL) == 0)
        loop->timer_ns = deadline_ns;
    else
        http_server_fail_call(loop->server, "timerfd_settime", errno);
}

static void clear_timer(http_server_loop *loop)
{
    uint64_t expirations;
    ssize_t got = read(loop->timer_fd, &expirations, sizeof expirations);
    (void)got;
    loop->timer_ns = DEADLINE_NEVER;
}

static void handle_events(http_server_loop *loop, const struct epoll_event *events, int count)
{
    bool woken = count <= 0 && has_handed_over(loop); /* a wake-up may have failed */
    bool newcomers = false;
    for (int i = 0; i < count; i++) {
        void *source = events[i].data.ptr;
        if (source == &source_daemon)
            continue;
        if (source == &source_wake)
            woken = true;
        else if (source == &source_listener)
            newcomers = true;
        else if (source == &source_timer)
            clear_timer(loop);
        else
            http_server_connection_event(source);
    }
    if (woken)
        take_handed_over(loop);
    if (newcomers && loop->is_listening)
        http_server_accept_some(loop);
}

/* libmicrohttpd 1.0 only starts to watch a newcomer in the run that follows MHD_add_connection(),
 * and reads what it has sent in the run after that; 0.9.75 does both at once. With the second run a
 * drained loop has read every request that was there, whichever library it is. */
static void loop_run_with_newcomers(http_server_loop *loop)
{
    bool has_newcomers = loop->taking != NULL;
    loop_run_daemon(loop);
    settle_taken(loop);
    if (has_newcomers)
        loop_run_daemon(loop);
}

/* After libmicrohttpd's run: what it was given has been looked at. */
static void count_seen(http_server_loop *loop)
{
    int seen = loop->arrived;
    loop->arrived = 0;
    if (loop->is_draining && !loop->is_drained) {
        loop->is_drained = true;
        seen++;
    }
    if (seen > 0)
        atomic_fetch_sub(&loop->server->undrained, seen);
}

bool http_server_loop_turn(http_server_loop *loop, int wait_ms)
{
    struct epoll_event events[EVENTS_A_TURN];
    int until_deadline = deadline_poll_ms(next_deadline(loop));
    if (until_deadline >= 0 && (wait_ms < 0 || until_deadline < wait_ms))
        wait_ms = until_deadline;
    int count = epoll_wait(loop->epoll_fd, events, EVENTS_A_TURN, wake_wait_ms(wait_ms));
    if (count < 0 && errno != EINTR)
        http_server_fail_call(loop->server, "epoll_wait", errno);
    loop->now_ns = clock_now_ns();
    handle_events(loop, events, count);
    if (loop->listen_again_ns <= loop->now_ns)
        listen_again(loop);
    loop_run_with_newcomers(loop);
    count_seen(loop);
    if (loop->conns[HTTP_SERVER_PHASE_DEPARTED].head != NULL && !daemon_has_work(loop))
        http_server_connection_end_departed(loop);
    http_server_request_make_way(loop);
    http_server_connection_enforce_deadlines(loop);
    http_server_accept_publish(loop);
    set_timer(loop, next_deadline(loop));
    if (http_server_problem(loop->server) == NULL)
        return true;
    loop_hang_up(loop);
    return false;
}

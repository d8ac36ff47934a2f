/* Starts, runs and stops the libmicrohttpd daemon of a loop, and leaves libmicrohttpd by longjmp()
 * when it calls its panic function. */
#include "transport/http_server_daemon.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <microhttpd.h>

#include "base/log.h"
#include "base/mem.h"
#include "transport/http_server_incoming.h"
#include "transport/http_server_response.h"

/* --- giving up --- */

/* Per thread: where daemon_on_panic() jumps to, and the reason of the panic. panic_exit is NULL
 * while daemon_call() is not running. */
static _Thread_local jmp_buf *panic_exit;
static _Thread_local char panic_reason[200];

typedef struct abandoned_daemon {
    struct abandoned_daemon *next;
    struct MHD_Daemon *mhd;
    const struct MHD_Connection *closing;
} abandoned_daemon;

static abandoned_daemon *_Atomic abandoned;

static void daemon_on_panic(void *arg, const char *file, unsigned line, const char *reason)
{
    int error = errno;
    (void)arg;
    snprintf(panic_reason, sizeof panic_reason, "libmicrohttpd stopped at %s:%u: %.*s (%s)", file,
        line, reason != NULL ? (int)strcspn(reason, "\r\n") : 0, reason != NULL ? reason : "",
        strerror(error));
    if (panic_exit != NULL)
        longjmp(*panic_exit, 1);
    /* The panic comes from a daemon that the program itself runs, so there is no daemon_call() to
     * return to, and libmicrohttpd expects that this function does not return. */
    LOG(DUBBOC_LOG_ERROR, "transport", "libmicrohttpd stopped after a fault", "reason=\"%s\"",
        panic_reason);
    abort();
}

static void daemon_set_panic_once(void)
{
    MHD_set_panic_func(daemon_on_panic, NULL);
}

/* Calls a function that calls libmicrohttpd. Returns NULL if it has returned normally, or the
 * reason if libmicrohttpd has called its panic function. The text is valid until this thread's next
 * call. */
static const char *daemon_call(void (*call)(void *arg), void *arg)
{
    jmp_buf here;
    jmp_buf *const outer = panic_exit; /* a handler may call the step function of another server */
    if (setjmp(here) != 0) {
        panic_exit = outer;
        return panic_reason;
    }
    panic_exit = &here;
    call(arg);
    panic_exit = outer;
    return NULL;
}

/* Keeps the memory of a daemon that has given up in a list for good, so that leak checkers find it.
 * closing is the connection that the daemon closed last, because it may be in none of the daemon's
 * own lists any more. */
static void daemon_abandon(struct MHD_Daemon *mhd, const struct MHD_Connection *closing)
{
    abandoned_daemon *one = MEM_NEW(abandoned_daemon);
    if (one == NULL)
        return;
    one->mhd = mhd;
    one->closing = closing;
    one->next = atomic_load(&abandoned);
    while (!atomic_compare_exchange_weak(&abandoned, &one->next, one))
        continue;
}

/* The daemon has given up. It must not be called again. */
static void daemon_give_up(http_server_daemon *self, const char *problem)
{
    daemon_abandon(self->mhd, self->closing);
    self->mhd = NULL;
    self->pool->is_daemon_dead = true;
    http_server_shared_fail(self->pool->table->shared, problem);
}

/* Calls function, which uses self->mhd. No-op if the daemon has been given up. */
static void daemon_call_mhd(http_server_daemon *self, void (*function)(void *self))
{
    const char *problem = self->mhd != NULL ? daemon_call(function, self) : NULL;
    if (problem != NULL)
        daemon_give_up(self, problem);
}

/* --- callbacks of libmicrohttpd --- */

static void daemon_on_log(void *arg, const char *format, va_list args)
{
    (void)arg;
    static log_throttle throttle;
    unsigned suppressed;
    char text[200];
    if (!log_is_on(DUBBOC_LOG_DEBUG) || !log_throttle_pass(&throttle, LOG_THROTTLE_NS, &suppressed))
        return;
    vsnprintf(text, sizeof text, format, args);
    text[strcspn(text, "\r\n")] = '\0';
    log_write(
        DUBBOC_LOG_DEBUG, "transport", "libmicrohttpd message", suppressed, "text=\"%s\"", text);
}

static void daemon_on_closed(
    http_server_daemon *self, struct MHD_Connection *connection, http_server_connection *conn)
{
    self->closing = connection;
    if (conn == NULL)
        return;
    if (conn == self->adding)
        http_server_response_refuse(
            conn->fd, 503, "the connection cannot be polled", HTTP_SERVER_NOT_EXECUTED, false);
    http_server_connection_closed(conn);
}

static void daemon_on_started(
    http_server_daemon *self, struct MHD_Connection *connection, void **context)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    for (http_server_handoff **at = &self->taking; info != NULL && *at != NULL; at = &(*at)->next) {
        http_server_connection *conn = (http_server_connection *)*at;
        if (conn->fd != info->connect_fd)
            continue;
        *at = conn->handoff.next;
        *context = conn;
        http_server_connection_taken(conn);
        return;
    }
}

static void daemon_on_connection(void *self, struct MHD_Connection *connection, void **context,
    enum MHD_ConnectionNotificationCode what)
{
    if (what != MHD_CONNECTION_NOTIFY_CLOSED) {
        daemon_on_started(self, connection, context);
        return;
    }
    daemon_on_closed(self, connection, *context);
    *context = NULL;
}

/* Turns percent-decoding off, because paths are compared as they were sent. */
static size_t daemon_keep_escaped(void *arg, struct MHD_Connection *connection, char *text)
{
    (void)arg;
    (void)connection;
    return strlen(text);
}

/* --- calling libmicrohttpd --- */

bool http_server_daemon_start(http_server_daemon *self, http_server_request_pool *pool)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, daemon_set_panic_once);
    *self = (http_server_daemon){.pool = pool};
    /* The options are an array, because with variable arguments a missing cast would be undefined
     * behaviour (libraries.md M10). */
    struct MHD_OptionItem options[] = {
        {MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)daemon_on_log, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)HTTP_SERVER_CONNECTION_MEMORY, NULL},
        /* http_server_accept.c enforces our own limit (libraries.md M7). */
        {MHD_OPTION_CONNECTION_LIMIT, INT_MAX, NULL},
        {MHD_OPTION_STRICT_FOR_CLIENT, pool->table->shared->checks_positions ? 0 : 1, NULL},
        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)daemon_on_connection, self},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)http_server_incoming_on_completed, pool},
        {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)http_server_incoming_on_line, pool},
        {MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)daemon_keep_escaped, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    unsigned flags =
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    /* http_server_response.c adds the Date header, and formats it once a second instead of for each
     * answer. */
    self->mhd = MHD_start_daemon(flags | MHD_USE_SUPPRESS_DATE_NO_CLOCK, 0, NULL, NULL,
        http_server_incoming_on_access, pool, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
    return self->mhd != NULL;
}

static void daemon_do_stop(void *arg)
{
    http_server_daemon *self = arg;
    MHD_stop_daemon(self->mhd);
}

void http_server_daemon_stop(http_server_daemon *self)
{
    daemon_call_mhd(self, daemon_do_stop);
    self->mhd = NULL;
}

int http_server_daemon_fd(const http_server_daemon *self)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(self->mhd, MHD_DAEMON_INFO_EPOLL_FD);
    return info != NULL ? info->epoll_fd : -1;
}

bool http_server_daemon_has_work(const http_server_daemon *self)
{
    MHD_UNSIGNED_LONG_LONG ms;
    return self->mhd != NULL && MHD_get_timeout(self->mhd, &ms) == MHD_YES && ms == 0;
}

#if MHD_VERSION >= 0x00097206
/* Ends the connections that libmicrohttpd has, but has not announced, so that their peers notice:
 * libmicrohttpd 1.0 announces none in a run whose epoll_wait() fails. */
static void daemon_shut_taken(const http_server_daemon *self)
{
    for (const http_server_handoff *at = self->taking; at != NULL; at = at->next)
        shutdown(((const http_server_connection *)at)->fd, SHUT_RDWR);
}
#endif

static void daemon_do_run(void *arg)
{
    http_server_daemon *self = arg;
#if MHD_VERSION >= 0x00097206 /* MHD_run() does not report a failure */
    if (MHD_run_wait(self->mhd, 0) == MHD_YES)
        return;
    http_server_shared_fail_call(self->pool->table->shared, "epoll_wait of libmicrohttpd", errno);
    daemon_shut_taken(self);
#else
    MHD_run(self->mhd);
#endif
}

/* Drops the connections that libmicrohttpd did not announce in two runs: it had no memory for them
 * and has closed them. One run is not enough, because libmicrohttpd 1.0 announces none in a run
 * that a signal interrupts. */
static void daemon_settle_taken(http_server_daemon *self)
{
    while (self->taking != NULL) {
        http_server_connection *conn = (http_server_connection *)self->taking;
        self->taking = conn->handoff.next;
        conn->fd = -1;
        http_server_connection_drop(conn);
    }
}

/* After new connections were added, libmicrohttpd is run twice: version 1.0 only begins to watch
 * them in the first run, and reads from them in the second (0.9.75 does both in the first). A
 * draining loop needs this, because it must have read every request that had arrived. */
void http_server_daemon_run(http_server_daemon *self)
{
    bool has_newcomers = self->taking != NULL;
    daemon_call_mhd(self, daemon_do_run);
    if (!has_newcomers)
        return;
    daemon_call_mhd(self, daemon_do_run);
    daemon_settle_taken(self);
}

static void daemon_do_add(void *arg)
{
    http_server_daemon *self = arg;
    /* The address is used only for libmicrohttpd's own limits, which are off. It only has to say
     * that the connection is TCP. */
    struct sockaddr_in somebody = {.sin_family = AF_INET};
    int fd = self->adding->fd;
    char peer[sizeof self->adding->peer];
    memcpy(peer, self->adding->peer, sizeof peer); /* after a failure conn is freed */
    if (MHD_add_connection(self->mhd, fd, (struct sockaddr *)&somebody, sizeof somebody) != MHD_YES)
        LOG_THROTTLED(DUBBOC_LOG_WARN, "transport", "libmicrohttpd did not take a connection",
            "peer=%s reason=\"%s\"", peer, strerror(errno));
}

void http_server_daemon_take(http_server_daemon *self, http_server_connection *conn)
{
    http_server_handoff **end = &self->taking;
    if (self->mhd == NULL) {
        http_server_connection_drop(conn);
        return;
    }
    while (*end != NULL)
        end = &(*end)->next;
    conn->handoff.next = NULL;
    *end = &conn->handoff;
    self->adding = conn;
    daemon_call_mhd(self, daemon_do_add);
    self->adding = NULL;
}

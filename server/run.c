/* dubboc_server_run(): serves until SIGTERM or SIGINT, and then stops.
 *
 * Both signals are blocked in the calling thread and read from a signalfd, so that no signal
 * handler is needed and no signal is lost between start and wait. The thread polls that descriptor,
 * the eventfd that is signalled when the server fails, and, if loops is 0, the server itself. While
 * the server stops, both signals are unblocked, so that a second one ends the program. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/error.h"
#include "base/wake.h"
#include "server/server.h"

typedef struct run_signals {
    sigset_t ends;   /* SIGTERM and SIGINT */
    sigset_t former; /* the signal mask of the calling thread before */
    int fd;          /* the signalfd; -1: not open */
} run_signals;

static dubboc_status run_open(dubboc_server *self, run_signals *signals, dubboc_error *err)
{
    sigemptyset(&signals->ends);
    sigaddset(&signals->ends, SIGTERM);
    sigaddset(&signals->ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals->ends, &signals->former);
    signals->fd = signalfd(-1, &signals->ends, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals->fd >= 0 && wake_open(&self->failed))
        return DUBBOC_OK;
    return error_set(
        err, DUBBOC_E_SYSTEM, "cannot create a descriptor for signals: %s", strerror(errno));
}

static void run_close(dubboc_server *self, run_signals *signals)
{
    if (signals->fd >= 0)
        close(signals->fd);
    wake_close(&self->failed);
    pthread_sigmask(SIG_SETMASK, &signals->former, NULL);
}

/* Prints a line for the operator. If the reader of a pipe has gone, SIGPIPE is discarded, because
 * the signal would end the program before the server has left the registry. */
static DUBBOC_PRINTF(2, 3) void run_say(FILE *out, const char *format, ...)
{
    static const struct timespec at_once = {0};
    sigset_t broken_pipe, pending, former;
    va_list args;
    if (out == NULL)
        return;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &broken_pipe, &former);
    va_start(args, format);
    vfprintf(out, format, args);
    va_end(args);
    fflush(out);
    if (sigismember(&pending, SIGPIPE) == 0)
        sigtimedwait(&broken_pipe, NULL, &at_once);
    pthread_sigmask(SIG_SETMASK, &former, NULL);
}

/* Reads the signal, so that it does not end the program when it is unblocked. */
static dubboc_status run_take_signal(int fd, bool *is_over, dubboc_error *err)
{
    struct signalfd_siginfo taken;
    *is_over = read(fd, &taken, sizeof taken) == (ssize_t)sizeof taken;
    if (*is_over || errno == EAGAIN || errno == EINTR)
        return DUBBOC_OK;
    return error_set(err, DUBBOC_E_SYSTEM, "signals cannot be read: %s", strerror(errno));
}

/* Waits for one of the descriptors, or for WAKE_LOOK_MS, and does what is due. *is_over: a signal
 * has come. */
static dubboc_status run_once(
    dubboc_server *self, const run_signals *signals, bool *is_over, dubboc_error *err)
{
    struct pollfd watched[] = {
        {.fd = signals->fd, .events = POLLIN}, {.fd = self->failed.fd, .events = POLLIN},
        {.fd = dubboc_server_fd(self), .events = POLLIN}, /* poll() ignores -1 */
    };
    if (poll(watched, sizeof watched / sizeof watched[0], wake_wait_ms(-1)) < 0 && errno != EINTR)
        return error_set(err, DUBBOC_E_SYSTEM, "poll: %s", strerror(errno));
    const char *problem = http_server_problem(self->http);
    if (problem != NULL)
        return error_set(err, DUBBOC_E_SYSTEM, "the server has failed: %s", problem);
    if (watched[0].revents != 0)
        return run_take_signal(signals->fd, is_over, err);
    return self->loops == 0 ? dubboc_server_step(self, 0, err) : DUBBOC_OK;
}

static dubboc_status run_until_signal(
    dubboc_server *self, run_signals *signals, FILE *out, dubboc_error *err)
{
    dubboc_status status = dubboc_server_start(self, err);
    if (status != DUBBOC_OK)
        return status;
    run_say(out, "listening on %s\n", dubboc_server_address(self));
    bool is_over = false;
    while (status == DUBBOC_OK && !is_over)
        status = run_once(self, signals, &is_over, err);
    pthread_sigmask(SIG_UNBLOCK, &signals->ends, NULL);
    if (status == DUBBOC_OK)
        run_say(out, "stopping: consumers get time to notice and running calls are finished; a "
                     "second signal ends the program at once\n");
    dubboc_server_stop(self);
    return status;
}

dubboc_status dubboc_server_run(dubboc_server *server, FILE *out, dubboc_error *err)
{
    run_signals signals;
    dubboc_status status = run_open(server, &signals, err);
    if (status == DUBBOC_OK)
        status = run_until_signal(server, &signals, out, err);
    run_close(server, &signals);
    return status;
}

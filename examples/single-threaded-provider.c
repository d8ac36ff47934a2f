/* A provider without threads: the program has its own event loop (here with poll), and the server
 * is one descriptor in it. Handlers run inside dubboc_server_step(), so they use the program's data
 * without a lock. com.dubboc.Counter: next() returns how often it has been called.
 *
 * A program that waits for nothing else needs no event loop of its own: dubboc_server_run() makes
 * the steps as well. */
#include <dubboc/dubboc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* next(): returns how often it has been called. */
static dubboc_status next(dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    int64_t *count = arg;
    if (dubboc_request_args(request, params) != DUBBOC_OK)
        return DUBBOC_E_PARAMS;
    *result = dubboc_json_i64_new(++*count);
    return *result != NULL ? DUBBOC_OK : DUBBOC_E_NO_MEMORY;
}

static dubboc_status start_server(int64_t *count, dubboc_server **server, dubboc_error *err)
{
    const dubboc_server_options options = {.size = sizeof options, .loops = DUBBOC_NONE};
    const dubboc_method method = DUBBOC_METHOD("next", next, .arg = count, .flags = DUBBOC_ONCE);
    dubboc_service *service;
    dubboc_status status = dubboc_server_new(&options, server, err);
    if (status == DUBBOC_OK)
        status = dubboc_server_add_service(*server, "com.dubboc.Counter", NULL, &service, err);
    if (status == DUBBOC_OK)
        status = dubboc_service_add_method(service, &method, err);
    return status == DUBBOC_OK ? dubboc_server_start(*server, err) : status;
}

/* The program's own event loop. Add the descriptors of everything else that the program waits for
 * to these two. */
static dubboc_status serve(dubboc_server *server, int signal_fd, dubboc_error *err)
{
    struct pollfd watched[] = {
        {.fd = dubboc_server_fd(server), .events = POLLIN},
        {.fd = signal_fd, .events = POLLIN},
    };
    dubboc_status status = DUBBOC_OK;
    while (status == DUBBOC_OK && poll(watched, 2, -1) >= 0 && watched[1].revents == 0)
        status = dubboc_server_step(server, 0, err);
    return status;
}

/* Consumes the signal that ended the loop, so that only a second one ends the program. */
static void unblock_signals(const sigset_t *ends, int signal_fd)
{
    struct signalfd_siginfo taken;
    if (read(signal_fd, &taken, sizeof taken) == (ssize_t)sizeof taken)
        sigprocmask(SIG_UNBLOCK, ends, NULL);
}

int main(void)
{
    int64_t count = 0;
    dubboc_error err;
    dubboc_server *server = NULL;
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    int signal_fd = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signal_fd < 0) {
        perror("single-threaded-provider: signalfd");
        return EXIT_FAILURE;
    }
    dubboc_log_set(dubboc_log_stderr, NULL, DUBBOC_LOG_FROM_CONFIG);
    dubboc_status status = start_server(&count, &server, &err);
    if (status == DUBBOC_OK) {
        printf("listening on %s\n", dubboc_server_address(server));
        fflush(stdout);
        status = serve(server, signal_fd, &err);
    }
    if (status != DUBBOC_OK)
        fprintf(stderr, "single-threaded-provider: %s\n", err.text);
    unblock_signals(&ends, signal_fd);
    close(signal_fd);
    dubboc_server_free(server); /* steps the server until it has drained */
    return status == DUBBOC_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* A provider that answers by calling another service, in one thread: the server and the client are
 * two descriptors in the program's own event loop. A handler starts a call and defers its answer;
 * the callback of the call gives the answer. So thousands of requests can be under way, and no data
 * of the program needs a lock. com.example.Gateway: greet(name) asks com.example.Hello, which
 * hello-provider offers. */
#include <dubboc/dubboc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* Called inside dubboc_client_step(). Passes the result on as it is. */
static void on_greeting(dubboc_pending *pending, void *arg)
{
    dubboc_deferred *answer = arg;
    dubboc_text result = {0};
    dubboc_error err;
    if (dubboc_pending_take_raw(pending, &result, &err) == DUBBOC_OK)
        dubboc_deferred_answer_raw(answer, (dubboc_slice){result.data, result.len});
    else
        dubboc_deferred_fail(answer, 0, NULL, "%s", err.text);
    dubboc_text_free(&result);
}

/* greet(name), called inside dubboc_server_step(). The call ends when the caller gives up. */
static dubboc_status greet(dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    dubboc_client *client = arg;
    dubboc_call_options options = {.size = sizeof options};
    dubboc_error err;
    (void)result;
    if (dubboc_request_call_options(request, &options) != DUBBOC_OK)
        return DUBBOC_E_TIMEOUT;
    dubboc_deferred *answer = dubboc_request_defer(request);
    if (answer == NULL)
        return DUBBOC_E_NO_MEMORY;
    if (dubboc_call_start(client, "com.example.Hello", "greet", params, &options, on_greeting,
            answer, NULL, &err) != DUBBOC_OK)
        dubboc_deferred_fail(answer, 0, NULL, "%s", err.text);
    return DUBBOC_DEFERRED;
}

static dubboc_status start_client(dubboc_client **client, dubboc_error *err)
{
    const dubboc_client_options options = {.size = sizeof options, .io_threads = DUBBOC_NONE};
    return dubboc_client_new(&options, client, err);
}

static dubboc_status start_server(dubboc_client *client, dubboc_server **server, dubboc_error *err)
{
    const dubboc_server_options options = {.size = sizeof options, .loops = DUBBOC_NONE};
    const dubboc_method method =
        DUBBOC_METHOD("greet", greet, .arg = client, .flags = DUBBOC_NONBLOCKING);
    dubboc_service *service;
    dubboc_status status = dubboc_server_new(&options, server, err);
    if (status == DUBBOC_OK)
        status = dubboc_server_add_service(*server, "com.example.Gateway", NULL, &service, err);
    if (status == DUBBOC_OK)
        status = dubboc_service_add_method(service, &method, err);
    return status == DUBBOC_OK ? dubboc_server_start(*server, err) : status;
}

/* The program's own event loop, until a signal comes. Add the descriptors of everything else that
 * the program waits for to these three. */
static dubboc_status run(
    dubboc_server *server, dubboc_client *client, int signal_fd, dubboc_error *err)
{
    struct pollfd watched[] = {
        {.fd = signal_fd, .events = POLLIN},
        {.fd = dubboc_server_fd(server), .events = POLLIN},
        {.fd = dubboc_client_fd(client), .events = POLLIN},
    };
    dubboc_status status = DUBBOC_OK;
    while (status == DUBBOC_OK && poll(watched, 3, -1) >= 0 && watched[0].revents == 0) {
        if (watched[1].revents != 0)
            status = dubboc_server_step(server, 0, err);
        if (watched[2].revents != 0 && status == DUBBOC_OK)
            status = dubboc_client_step(client, 0, err);
    }
    return status;
}

int main(void)
{
    dubboc_error err = {0};
    dubboc_client *client = NULL;
    dubboc_server *server = NULL;
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    int signal_fd = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signal_fd < 0) {
        perror("single-threaded-gateway: signalfd");
        return EXIT_FAILURE;
    }
    dubboc_log_set(dubboc_log_stderr, NULL, DUBBOC_LOG_FROM_CONFIG);
    dubboc_status status = start_client(&client, &err);
    if (status == DUBBOC_OK)
        status = start_server(client, &server, &err);
    if (status == DUBBOC_OK) {
        printf("listening on %s\n", dubboc_server_address(server));
        fflush(stdout);
        status = run(server, client, signal_fd, &err);
    }
    if (status != DUBBOC_OK)
        fprintf(stderr, "single-threaded-gateway: %s\n", err.text);
    dubboc_client_free(client); /* ends the calls that are under way, so that each is answered */
    dubboc_server_free(server);
    close(signal_fd);
    return status == DUBBOC_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

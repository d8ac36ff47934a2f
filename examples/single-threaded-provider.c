/* A provider without threads: the program has its own event loop (here poll), and dubboc's server
 * is one descriptor in it. Handlers run inside dubboc_server_step(), so they share the program's
 * data without a lock. com.dubboc.Counter: next() counts its calls.
 *
 *     single-threaded-provider [-r REGISTRY] [FILE]
 * */
#include "program.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* next(): how often it has been called. */
static dubboc_status next(dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    int64_t *count = arg;
    if (dubboc_request_args(request, params) != DUBBOC_OK)
        return DUBBOC_E_PARAMS;
    *result = dubboc_json_i64_new(++*count);
    return *result != NULL ? DUBBOC_OK : DUBBOC_E_NO_MEMORY;
}

int main(int argc, char **argv)
{
    int64_t count = 0;
    const dubboc_method methods[] = {
        {.name = "next", .json = next, .arg = &count, .flags = DUBBOC_ONCE}};
    dubboc_config *config = program_config(argc, argv);
    dubboc_server *server = program_server(config, DUBBOC_NONE);
    program_offer(server, "com.dubboc.Counter", methods, 1);
    program_start(server);

    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGINT);
    struct pollfd watched[] = {
        {.fd = dubboc_server_fd(server), .events = POLLIN},
        /* program_config() has blocked them */
        {.fd = signalfd(-1, &ending, SFD_CLOEXEC), .events = POLLIN},
    };
    dubboc_error err = {0};
    while (poll(watched, 2, -1) >= 0 && watched[1].revents == 0)
        if (dubboc_server_step(server, 0, &err) != DUBBOC_OK)
            break;
    close(watched[1].fd);
    if (err.status != DUBBOC_OK)
        fprintf(stderr, "%s\n", err.text);
    else
        program_wait();         /* takes the signal off, so that the next one ends the program */
    dubboc_server_free(server); /* goes on stepping by itself until it has drained */
    dubboc_config_free(config);
    return err.status == DUBBOC_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

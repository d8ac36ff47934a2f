/* The smallest provider: one service with one method, until SIGTERM or Ctrl-C. */
#define _POSIX_C_SOURCE 200809L
#include <dubboc/dubboc.h>
#include <signal.h>
#include <stdio.h>

static dubboc_status greet(dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    const char *name;
    (void)arg;
    if (dubboc_request_args(request, params, &name) != DUBBOC_OK)
        return DUBBOC_E_PARAMS;
    return dubboc_json_build(result, NULL, DUBBOC_OBJECT("greeting", "Hello", "name", name));
}

int main(void)
{
    dubboc_error err;
    dubboc_server *server = NULL;
    sigset_t ending;
    int signal_number;
    dubboc_log_set(dubboc_log_stderr, NULL, DUBBOC_LOG_WARN);
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGINT);
    sigprocmask(SIG_BLOCK, &ending, NULL); /* before any thread begins */
    if (dubboc_server_new(NULL, &server, &err) != DUBBOC_OK ||
        dubboc_server_handle(server, "com.example.Hello", "greet", greet, NULL, &err) !=
            DUBBOC_OK ||
        dubboc_server_start(server, &err) != DUBBOC_OK) {
        fprintf(stderr, "hello-provider: %s\n", err.text);
        dubboc_server_free(server);
        return 1;
    }
    printf("listening on %s\n", dubboc_server_address(server));
    fflush(stdout);
    sigwait(&ending, &signal_number);
    fprintf(stderr, "stopping; a second signal ends at once\n");
    sigprocmask(SIG_UNBLOCK, &ending, NULL);
    dubboc_server_free(server); /* deregisters, drains, closes */
    return 0;
}

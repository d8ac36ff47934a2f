/* server: a dubboc provider with one loop and one method of each measured kind: raw and json run on
 * the loop, pool runs on a worker. Prints its port. */
#include <dubboc/dubboc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static dubboc_status raw(
    dubboc_request *request, dubboc_slice params, dubboc_text *result, void *arg)
{
    (void)request, (void)arg;
    /* the text between the brackets of a one-element array is its element */
    return dubboc_text_set(result, params.at + 1, params.len - 2);
}

static dubboc_status json(dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)arg;
    cJSON *value;
    if (dubboc_request_params(request, params, "[O]", &value) != DUBBOC_OK)
        return DUBBOC_E_PARAMS;
    *result = value;
    return DUBBOC_OK;
}

static void check(dubboc_status status, const dubboc_error *err)
{
    if (status == DUBBOC_OK)
        return;
    fprintf(stderr, "bench: %s\n", err->text);
    exit(1);
}

int main(void)
{
    static const dubboc_method methods[] = {
        DUBBOC_RAW_METHOD("raw", raw, .flags = DUBBOC_NONBLOCKING),
        DUBBOC_METHOD("json", json, .flags = DUBBOC_NONBLOCKING),
        DUBBOC_RAW_METHOD("pool", raw),
    };
    dubboc_server_options options = {
        .size = sizeof options, .registry = "", .ip = "127.0.0.1", .port = DUBBOC_NONE, .loops = 1};
    dubboc_server *server;
    dubboc_service *service;
    dubboc_error err;
    sigset_t ending;
    int number;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigprocmask(SIG_BLOCK, &ending, NULL);
    check(dubboc_server_new(&options, &server, &err), &err);
    check(dubboc_server_add_service(server, "bench", NULL, &service, &err), &err);
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        check(dubboc_service_add_method(service, &methods[i], &err), &err);
    check(dubboc_server_start(server, &err), &err);
    printf("%s\n", strrchr(dubboc_server_address(server), ':') + 1);
    fflush(stdout);
    sigwait(&ending, &number);
    dubboc_server_free(server);
    return 0;
}

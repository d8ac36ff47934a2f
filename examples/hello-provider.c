/* The smallest provider: one service with one method, until SIGTERM or Ctrl-C. */
#include <dubboc/dubboc.h>
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
    dubboc_log_set(dubboc_log_stderr, NULL, DUBBOC_LOG_FROM_CONFIG);
    if (dubboc_server_new(NULL, &server, &err) != DUBBOC_OK ||
        dubboc_server_handle(server, "com.example.Hello", "greet", greet, NULL, &err) !=
            DUBBOC_OK ||
        dubboc_server_run(server, stdout, &err) != DUBBOC_OK)
        fprintf(stderr, "hello-provider: %s\n", err.text);
    dubboc_server_free(server);
    return err.status == DUBBOC_OK ? 0 : 1;
}

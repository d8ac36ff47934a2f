/* Several calls at the same time from one thread, without callbacks: starts a call for each name on
 * the command line, then waits for all of them. The program takes as long as the slowest call, not
 * as long as all calls together. Needs hello-provider. */
#include <dubboc/dubboc.h>
#include <stdio.h>
#include <stdlib.h>

static int report(const dubboc_error *err)
{
    fprintf(stderr, "async-gather: %s\n", err->text);
    return 1;
}

static dubboc_status start(
    dubboc_client *client, const char *name, dubboc_pending **pending, dubboc_error *err)
{
    cJSON *params = NULL;
    dubboc_status status = dubboc_json_build(&params, err, DUBBOC_ARRAY(name));
    if (status == DUBBOC_OK)
        status = dubboc_call_start(
            client, "com.example.Hello", "greet", params, NULL, NULL, NULL, pending, err);
    cJSON_Delete(params);
    return status;
}

/* Each call ends by its own deadline ([client] request_timeout), so the wait needs none. */
static dubboc_status finish(dubboc_pending *pending, const char *name, dubboc_error *err)
{
    cJSON *result = NULL;
    const char *greeting;
    dubboc_status status = dubboc_pending_wait(pending, DUBBOC_NONE);
    if (status == DUBBOC_OK)
        status = dubboc_pending_take(pending, &result, err);
    if (status == DUBBOC_OK)
        status = dubboc_json_read(result, err, DUBBOC_MEMBERS("greeting", &greeting));
    if (status == DUBBOC_OK)
        printf("%s, %s!\n", greeting, name);
    cJSON_Delete(result);
    return status;
}

int main(int argc, char **argv)
{
    dubboc_error err = {0};
    dubboc_client *client = NULL;
    int failed = 0, started = 0;
    dubboc_pending **calls = calloc((size_t)argc, sizeof *calls);
    dubboc_log_set(dubboc_log_stderr, NULL, DUBBOC_LOG_FROM_CONFIG);
    if (calls == NULL || dubboc_client_new(NULL, &client, &err) != DUBBOC_OK) {
        fprintf(stderr, "async-gather: %s\n", calls == NULL ? "out of memory" : err.text);
        free(calls);
        return EXIT_FAILURE;
    }
    for (int i = 1; i < argc && failed == 0; i++) {
        if (start(client, argv[i], &calls[started], &err) == DUBBOC_OK)
            started++;
        else
            failed += report(&err);
    }
    for (int i = 0; i < started; i++) {
        if (finish(calls[i], argv[i + 1], &err) != DUBBOC_OK)
            failed += report(&err);
        dubboc_pending_free(calls[i]);
    }
    free(calls);
    dubboc_client_free(client);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

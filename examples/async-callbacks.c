/* Asynchronous calls with callbacks: greets everybody who is named on the command line, all at the
 * same time. Needs hello-provider. */
#include <dubboc/dubboc.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static sem_t ended; /* counts the calls that have ended */
static atomic_int failed;

static void report(const dubboc_error *err)
{
    fprintf(stderr, "async-callbacks: %s\n", err->text);
    failed++;
}

/* Called once for each call, on a thread of the client. */
static void on_greeting(dubboc_pending *pending, void *arg)
{
    const char *name = arg, *greeting;
    cJSON *result = NULL;
    dubboc_error err = {0};
    if (dubboc_pending_take(pending, &result, &err) != DUBBOC_OK ||
        dubboc_json_read(result, &err, DUBBOC_MEMBERS("greeting", &greeting)) != DUBBOC_OK)
        report(&err);
    else
        printf("%s, %s!\n", greeting, name);
    cJSON_Delete(result);
    sem_post(&ended);
}

/* Starts one call and returns at once. The library frees it after its callback, because no
 * dubboc_pending is asked for. */
static dubboc_status greet(dubboc_client *client, char *name, dubboc_error *err)
{
    cJSON *params = NULL;
    dubboc_status status = dubboc_json_build(&params, err, DUBBOC_ARRAY((const char *)name));
    if (status == DUBBOC_OK)
        status = dubboc_call_start(
            client, "com.example.Hello", "greet", params, NULL, on_greeting, name, NULL, err);
    cJSON_Delete(params);
    return status;
}

int main(int argc, char **argv)
{
    dubboc_error err = {0};
    dubboc_client *client = NULL;
    int started = 0;
    dubboc_log_set(dubboc_log_stderr, NULL, DUBBOC_LOG_FROM_CONFIG);
    dubboc_status status = dubboc_client_new(NULL, &client, &err);
    sem_init(&ended, 0, 0);
    for (int i = 1; i < argc && status == DUBBOC_OK; i++) {
        status = greet(client, argv[i], &err);
        started += status == DUBBOC_OK;
    }
    if (status != DUBBOC_OK)
        report(&err);
    /* A real program does something else here. */
    while (started-- > 0)
        sem_wait(&ended);
    dubboc_client_free(client);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

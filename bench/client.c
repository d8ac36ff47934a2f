/* client URL raw|json METHOD PARAMS CALLS THREADS: THREADS threads share one dubboc client and make
 * synchronous calls. */
#include <dubboc/dubboc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static dubboc_client *client;
static const char *url, *method, *params_text;
static bool is_raw;
static long calls_each;

static void check(dubboc_status status, const dubboc_error *err)
{
    if (status == DUBBOC_OK)
        return;
    fprintf(stderr, "bench: %s\n", err->text);
    exit(1);
}

static void *run(void *arg)
{
    dubboc_error err;
    dubboc_text text = {0};
    cJSON *params = NULL;
    dubboc_call_options options = {.size = sizeof options, .url = url};
    check(dubboc_json_parse(params_text, strlen(params_text), &params, &err), &err);
    for (long i = 0; i < calls_each; i++) {
        cJSON *result = NULL;
        if (is_raw)
            check(dubboc_call_raw(client, "bench", method,
                      (dubboc_slice){params_text, strlen(params_text)}, &options, &text, &err),
                &err);
        else
            check(dubboc_call_with(client, "bench", method, params, &options, &result, &err), &err);
        cJSON_Delete(result);
    }
    dubboc_text_free(&text);
    cJSON_Delete(params);
    return arg;
}

int main(int argc, char **argv)
{
    dubboc_error err;
    pthread_t ids[256];
    if (argc != 7 || atoi(argv[6]) < 1 || atoi(argv[6]) > 256) {
        fprintf(stderr, "bench: URL raw|json METHOD PARAMS CALLS THREADS\n");
        return 1;
    }
    int threads = atoi(argv[6]);
    url = argv[1];
    is_raw = strcmp(argv[2], "raw") == 0;
    method = argv[3];
    params_text = argv[4];
    calls_each = atol(argv[5]) / threads;
    check(dubboc_client_new(NULL, &client, &err), &err);
    if (threads == 1)
        run(NULL);
    for (int i = 0; threads > 1 && i < threads; i++)
        if (pthread_create(&ids[i], NULL, run, NULL) != 0)
            return 1;
    for (int i = 0; threads > 1 && i < threads; i++)
        pthread_join(ids[i], NULL);
    dubboc_client_free(client);
    return 0;
}

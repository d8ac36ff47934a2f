/* async URL METHOD PARAMS CALLS IN_FLIGHT: one thread keeps IN_FLIGHT asynchronous calls under way,
 * by stepping the client; a callback starts the next call. */
#include <dubboc/dubboc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static dubboc_client *client;
static dubboc_call_options options = {.size = sizeof options};
static const char *method;
static dubboc_slice params;
static long unsent;
static long unanswered;

static void check(dubboc_status status, const dubboc_error *err)
{
    if (status == DUBBOC_OK)
        return;
    fprintf(stderr, "bench: %s\n", err->text);
    exit(1);
}

static void start_next(void);

static void on_reply(dubboc_pending *pending, void *arg)
{
    dubboc_error err;
    dubboc_text text = {0};
    (void)arg;
    check(dubboc_pending_take_raw(pending, &text, &err), &err);
    dubboc_text_free(&text);
    unanswered--;
    start_next();
}

static void start_next(void)
{
    dubboc_error err;
    if (unsent == 0)
        return;
    unsent--;
    check(dubboc_call_start_raw(
              client, "bench", method, params, &options, on_reply, NULL, NULL, &err),
        &err);
}

int main(int argc, char **argv)
{
    dubboc_error err;
    long in_flight = argc == 6 ? atol(argv[5]) : 0;
    if (in_flight < 1 || in_flight > 10000) {
        fprintf(stderr, "bench: URL METHOD PARAMS CALLS IN_FLIGHT\n");
        return 1;
    }
    const dubboc_client_options settings = {
        .size = sizeof settings, .io_threads = DUBBOC_NONE, .pool_size = (int)in_flight};
    options.url = argv[1];
    method = argv[2];
    params = (dubboc_slice){argv[3], strlen(argv[3])};
    unsent = unanswered = atol(argv[4]);
    check(dubboc_client_new(&settings, &client, &err), &err);
    for (long i = 0; i < in_flight; i++)
        start_next();
    while (unanswered > 0)
        check(dubboc_client_step(client, DUBBOC_NONE, &err), &err);
    dubboc_client_free(client);
    return 0;
}

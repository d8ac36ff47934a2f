/* pick POLICY PROVIDERS PICKS THREADS: picks a provider from a static list and releases it,
 * repeatedly. Prints the nanoseconds per pick in one thread. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "selector/selector.h"

static directory *list;
static const char *policy_name;
static long picks;

static void fail(const char *what)
{
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

static void *run(void *arg)
{
    pick_request request = {.policy = policy_name, .method = slice_of("m")};
    for (long i = 0; i < picks; i++) {
        pick held;
        if (!directory_pick(list, &request, &held))
            fail("no provider");
        pick_release(list, &held, PICK_GOOD);
    }
    return arg;
}

int main(int argc, char **argv)
{
    if (argc != 5 || atoi(argv[4]) < 1 || atoi(argv[4]) > 64)
        fail("POLICY PROVIDERS PICKS THREADS");
    int providers = atoi(argv[2]), threads = atoi(argv[4]);
    pthread_t ids[64];
    dubboc_error err;
    buffer address;
    policy_name = argv[1];
    picks = atol(argv[3]);
    buffer_init(&address, 256u * 1024 * 1024);
    buffer_append_text(&address, "static:");
    for (int i = 0; i < providers; i++)
        buffer_printf(&address, "%sjsonrpc://10.%d.%d.%d:20880/bench?interface=bench",
            i > 0 ? " " : "", i >> 16 & 255, i >> 8 & 255, i & 255);
    registry_settings source_settings = {.address = buffer_text(&address)};
    stop_signal stop;
    http_client_settings http_settings = {
        .stop = &stop, .pool_size = 1, .reply_max_bytes = 1024, .connect_timeout_ms = 1000};
    selector_settings settings = {
        .ttl_ms = -1, .load_balance = policy_name, .health_failures = 5, .health_rest_ms = 30000};
    url_wanted wanted = {.interface = slice_of("bench")};
    registry *source = NULL;
    http_client *http = NULL;
    selector *chooser = NULL;
    if (!stop_signal_init(&stop))
        fail("no eventfd");
    if (registry_open(&source_settings, &source, &err) != DUBBOC_OK ||
        http_client_new(&http_settings, &http, &err) != DUBBOC_OK ||
        selector_new(&settings, source, http, &chooser, &err) != DUBBOC_OK ||
        selector_directory(chooser, &wanted, &list, &err) != DUBBOC_OK ||
        directory_wait_ready(list, deadline_in_ms(20000), &err) != DUBBOC_OK)
        fail(err.text);
    int64_t begun = clock_now_ns();
    for (int i = 1; i < threads; i++)
        if (pthread_create(&ids[i], NULL, run, NULL) != 0)
            fail("pthread_create");
    run(NULL);
    for (int i = 1; i < threads; i++)
        pthread_join(ids[i], NULL);
    printf("%.1f\n", (double)(clock_now_ns() - begun) / (double)picks);
    selector_free(chooser);
    http_client_free(http);
    stop_signal_fini(&stop);
    registry_free(source);
    buffer_fini(&address);
    return 0;
}

/* Three overloaded providers. A call that one provider refuses may be repeated at the next one. If
 * every refused call were repeated, each provider would get up to three times as many calls. */
#include "tests/server/caller.h"
#include "tests/support/pacer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "base/clock.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define GOODPUT_WANTED 0.3 /* under a sanitizer the callers use most of the processors */
#else
#define GOODPUT_WANTED 0.9
#endif

#define TRIES 6 /* several, because another process may take the processors for a while */
#define PROVIDERS 3
#define WORKERS 4
#define HANDLER_MS 20
#define DEADLINE_MS 100
#define CALLERS 120
/* the interval at which a caller begins calls, if its previous call has ended */
#define EACH_MS 20
#define WARM_UP_MS 300
#define DURATION_MS 1500

static const char service[] = "com.example.Slow";

static dubboc_status rest(dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    struct timespec time = {.tv_nsec = HANDLER_MS * NS_PER_MS};
    (void)request, (void)params, (void)result, (void)arg;
    nanosleep(&time, NULL);
    return DUBBOC_OK;
}

typedef struct crowd {
    dubboc_server *servers[PROVIDERS];
    dubboc_client *client;
    int64_t counts_from_ns; /* calls that begin earlier are not counted */
    int64_t ends_ns;
    int64_t each_ns; /* 0: no pause between calls */
    atomic_int calls;
    atomic_int answered;
    atomic_int attempts;
} crowd;

static dubboc_server *start_provider(void)
{
    dubboc_error err;
    dubboc_server *server = test_server((const setting[]){{"server", "workers", "4"}, {0}}, 1);
    assert_status(DUBBOC_OK, dubboc_server_handle(server, service, "rest", rest, NULL, &err), &err);
    test_start(server);
    return server;
}

static void crowd_start(crowd *self)
{
    dubboc_error err;
    char registry[512] = "static:";
    *self = (crowd){0};
    for (int i = 0; i < PROVIDERS; i++) {
        self->servers[i] = start_provider();
        size_t len = strlen(registry);
        snprintf(registry + len, sizeof registry - len, "%sjsonrpc://127.0.0.1:%d/%s",
            i > 0 ? "," : "", test_port(self->servers[i]), service);
    }
    const dubboc_client_options options = {
        .size = sizeof options, .registry = registry, .timeout_ms = DEADLINE_MS};
    assert_status(DUBBOC_OK, dubboc_client_new(&options, &self->client, &err), &err);
}

static void crowd_end(crowd *self)
{
    dubboc_client_free(self->client);
    for (int i = 0; i < PROVIDERS; i++)
        dubboc_server_free(self->servers[i]);
}

static void crowd_call(crowd *self, bool counts)
{
    dubboc_error err;
    dubboc_status status = dubboc_call(self->client, service, "rest", NULL, NULL, &err);
    if (!counts)
        return;
    atomic_fetch_add(&self->calls, 1);
    atomic_fetch_add(&self->attempts, err.attempts);
    if (status == DUBBOC_OK)
        atomic_fetch_add(&self->answered, 1);
}

static void *crowd_caller(void *arg)
{
    crowd *self = arg;
    pacer pace;
    pacer_start(&pace, self->each_ns);
    for (int64_t now = clock_now_ns(); now < self->ends_ns; now = clock_now_ns()) {
        crowd_call(self, now >= self->counts_from_ns);
        pacer_wait(&pace);
    }
    pacer_end(&pace);
    return NULL;
}

/* Calls from this number of threads. Returns how many calls were answered per second. */
static double crowd_run(crowd *self, int callers, int64_t each_ms)
{
    pthread_t threads[CALLERS];
    int64_t now = clock_now_ns();
    self->counts_from_ns = now + WARM_UP_MS * NS_PER_MS;
    self->ends_ns = self->counts_from_ns + DURATION_MS * NS_PER_MS;
    self->each_ns = each_ms * NS_PER_MS;
    self->calls = self->answered = self->attempts = 0;
    for (int i = 0; i < callers; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, crowd_caller, self), 0);
    for (int i = 0; i < callers; i++)
        pthread_join(threads[i], NULL);
    return self->answered / (DURATION_MS / 1000.0);
}

/* Checks that enough calls were answered, and that repeats added at most half as many attempts as
 * there were calls. The retry budget allows repeats for a fifth of the calls; more are allowed only
 * while some provider has not refused a call for a second. */
static bool crowd_holds_out(crowd *self)
{
    double capacity = crowd_run(self, PROVIDERS * WORKERS, 0);
    double share = crowd_run(self, CALLERS, EACH_MS) / capacity;
    print_message("capacity %.0f/s, %d calls, %d attempts, %d answered: %.2f of the capacity\n",
        capacity, self->calls, self->attempts, self->answered, share);
    return share >= GOODPUT_WANTED && self->attempts <= self->calls + self->calls / 2;
}

static void repeats_of_refused_calls_do_not_overload_the_providers_further(void **state)
{
    (void)state;
    bool holds_out = false;
    crowd self;
    crowd_start(&self);
    for (int i = 0; i < TRIES && !holds_out; i++)
        holds_out = crowd_holds_out(&self);
    crowd_end(&self);
    if (!holds_out)
        fail_msg("in none of %d tries %.2f of the capacity was answered with at most 1.5 attempts "
                 "a call",
            TRIES, GOODPUT_WANTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(repeats_of_refused_calls_do_not_overload_the_providers_further),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

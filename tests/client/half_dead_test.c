/* Three real providers, some of which hang (SIGSTOP) for a while: what that costs, and how soon a
 * provider that goes on gets calls again. */
#include "tests/server/caller.h"
#include "tests/support/pacer.h"

#include "base/clock.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TIMEOUT_MS 1500 /* a sanitizer makes answers slow */
#else
#define TIMEOUT_MS 400
#endif

#define PROVIDERS 3
#define CALLERS 4
#define EACH_MS 10
#define HANGS_MS 4000
#define BACK_WITHIN_MS 5000
#define FAILURES 5 /* [client] health_failures */

static const char service[] = "com.example.Who";
static pid_t children[PROVIDERS];
static int ports[PROVIDERS];

/* --- the providers --- */

static dubboc_status who(dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)request, (void)params, (void)arg;
    *result = cJSON_CreateNumber((double)getpid());
    return *result != NULL ? DUBBOC_OK : DUBBOC_E_NO_MEMORY;
}

/* Tells its port through the pipe and serves until it is killed. */
static void provider_run(int told_to)
{
    dubboc_error err;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dubboc_server *server = test_server(NULL, 1);
    if (dubboc_server_handle(server, service, "who", who, NULL, &err) != DUBBOC_OK ||
        dubboc_server_start(server, &err) != DUBBOC_OK)
        _exit(1);
    int port = test_port(server);
    if (write(told_to, &port, sizeof port) != sizeof port)
        _exit(1);
    for (;;)
        pause();
}

static int providers_start(void **state)
{
    (void)state;
    for (int i = 0; i < PROVIDERS; i++) {
        int pipes[2];
        assert_int_equal(0, pipe(pipes));
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0)
            provider_run(pipes[1]);
        close(pipes[1]);
        assert_int_equal(sizeof(int), read(pipes[0], &ports[i], sizeof(int)));
        close(pipes[0]);
    }
    return 0;
}

static int providers_end(void **state)
{
    (void)state;
    for (int i = 0; i < PROVIDERS; i++) {
        kill(children[i], SIGKILL);
        waitpid(children[i], NULL, 0);
    }
    return 0;
}

/* --- the callers --- */

typedef struct crowd {
    dubboc_client *client;
    dubboc_call_options options;
    pthread_t threads[CALLERS];
    atomic_bool has_to_end;
    atomic_int answers[PROVIDERS];
    atomic_int timeouts[PROVIDERS];
    atomic_int failed; /* calls that did not return DUBBOC_OK */
} crowd;

static int provider_of(const dubboc_error *err)
{
    const char *port = strchr(err->provider, ':');
    for (int i = 0; port != NULL && i < PROVIDERS; i++)
        if (atoi(port + 1) == ports[i])
            return i;
    return -1;
}

static void crowd_call(crowd *self)
{
    dubboc_error err;
    dubboc_status status =
        dubboc_call_with(self->client, service, "who", NULL, &self->options, NULL, &err);
    int called = provider_of(&err);
    if (status != DUBBOC_OK)
        atomic_fetch_add(&self->failed, 1);
    if (called >= 0 && status == DUBBOC_OK)
        atomic_fetch_add(&self->answers[called], 1);
    if (called >= 0 && status == DUBBOC_E_TIMEOUT)
        atomic_fetch_add(&self->timeouts[called], 1);
}

static void *crowd_run(void *arg)
{
    crowd *self = arg;
    pacer pace;
    pacer_start(&pace, EACH_MS * NS_PER_MS);
    while (!atomic_load(&self->has_to_end)) {
        crowd_call(self);
        pacer_wait(&pace);
    }
    pacer_end(&pace);
    return NULL;
}

static bool all_have_answered(void *arg)
{
    crowd *self = arg;
    bool have_answered = true;
    for (int i = 0; i < PROVIDERS; i++)
        have_answered = have_answered && atomic_load(&self->answers[i]) >= 10;
    return have_answered;
}

/* Calls go on in the background when this returns, and each provider has answered. The time for
 * which providers hang is several times [client] health_rest. */
static void crowd_begin(crowd *self, const dubboc_call_options *options)
{
    char registry[512] = "static:";
    dubboc_error err;
    dubboc_config *config = test_config((const setting[]){
        {"client", "health_rest", "500ms"}, {"client", "load_balance", "roundrobin"}, {0}});
    *self = (crowd){.options = *options};
    for (int i = 0; i < PROVIDERS; i++) {
        size_t len = strlen(registry);
        snprintf(registry + len, sizeof registry - len, "%sjsonrpc://127.0.0.1:%d/%s",
            i > 0 ? "," : "", ports[i], service);
    }
    const dubboc_client_options client = {
        .size = sizeof client, .config = config, .registry = registry};
    assert_status(DUBBOC_OK, dubboc_client_new(&client, &self->client, &err), &err);
    dubboc_config_free(config);
    for (int i = 0; i < CALLERS; i++)
        assert_int_equal(0, pthread_create(&self->threads[i], NULL, crowd_run, self));
    assert_true(test_wait_for(all_have_answered, self, 20 * 1000));
}

static void crowd_end(crowd *self)
{
    atomic_store(&self->has_to_end, true);
    for (int i = 0; i < CALLERS; i++)
        pthread_join(self->threads[i], NULL);
    dubboc_client_free(self->client);
}

static void let_time_pass(int ms)
{
    pacer pace;
    pacer_start(&pace, ms * NS_PER_MS);
    pacer_wait(&pace);
    pacer_end(&pace);
}

typedef struct comeback {
    crowd *of;
    int stopped;
    int before[PROVIDERS];
} comeback;

static bool the_stopped_answer_again(void *arg)
{
    const comeback *self = arg;
    for (int i = 0; i < self->stopped; i++)
        if (atomic_load(&self->of->answers[i]) <= self->before[i])
            return false;
    return true;
}

/* Stops the first so many providers, checks what that costs, lets them go on, and checks how soon
 * they have calls. */
static void crowd_stop_some(crowd *self, int stopped)
{
    comeback again = {.of = self, .stopped = stopped};
    for (int i = 0; i < PROVIDERS; i++)
        atomic_store(&self->timeouts[i], 0);
    for (int i = 0; i < stopped; i++)
        test_process_stop(children[i]);
    let_time_pass(HANGS_MS);
    for (int i = 0; i < stopped; i++) {
        int timeouts = atomic_load(&self->timeouts[i]);
        print_message("provider %d of %d that hang: %d time-outs\n", i + 1, stopped, timeouts);
        assert_in_range(timeouts, 1, FAILURES + CALLERS - 1);
        again.before[i] = atomic_load(&self->answers[i]);
    }
    int64_t begun_ns = clock_now_ns();
    for (int i = 0; i < stopped; i++)
        test_process_continue(children[i]);
    bool are_back = test_wait_for(the_stopped_answer_again, &again, BACK_WITHIN_MS);
    print_message(
        "calls again after %lld ms\n", (long long)((clock_now_ns() - begun_ns) / NS_PER_MS));
    assert_true(are_back);
}

static const dubboc_call_options short_calls = {
    .size = sizeof short_calls, .timeout_ms = TIMEOUT_MS, .idempotent = DUBBOC_NONE};

/* --- tests --- */

static void a_hanging_provider_causes_few_time_outs_and_is_used_when_it_continues(void **state)
{
    (void)state;
    crowd self;
    crowd_begin(&self, &short_calls);
    crowd_stop_some(&self, 1);
    crowd_end(&self);
}

static void two_hanging_providers_of_three_cause_few_time_outs_each(void **state)
{
    (void)state;
    crowd self;
    crowd_begin(&self, &short_calls);
    crowd_stop_some(&self, 2);
    crowd_end(&self);
}

static void with_an_attempt_time_out_no_idempotent_call_fails_while_a_provider_hangs(void **state)
{
    (void)state;
    crowd self;
    const dubboc_call_options options = {.size = sizeof options,
        .timeout_ms = 10 * TIMEOUT_MS,
        .attempt_timeout_ms = TIMEOUT_MS,
        .idempotent = 1};
    crowd_begin(&self, &options);
    test_process_stop(children[0]);
    let_time_pass(HANGS_MS);
    test_process_continue(children[0]);
    crowd_end(&self);
    assert_int_equal(0, atomic_load(&self.failed));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hanging_provider_causes_few_time_outs_and_is_used_when_it_continues),
        cmocka_unit_test(two_hanging_providers_of_three_cause_few_time_outs_each),
        cmocka_unit_test(with_an_attempt_time_out_no_idempotent_call_fails_while_a_provider_hangs),
    };
    return cmocka_run_group_tests(tests, providers_start, providers_end);
}

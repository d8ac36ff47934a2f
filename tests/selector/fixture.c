#include "tests/selector/fixture.h"

#include "base/clock.h"
#include "tests/support/test.h"

static _Atomic int64_t test_now_ns;

static int64_t test_clock(void)
{
    return atomic_load(&test_now_ns);
}

void clock_stop(void)
{
    atomic_store(&test_now_ns, 1000 * NS_PER_S);
    clock_set_source(test_clock);
}

void clock_go_on(int64_t ms)
{
    atomic_fetch_add(&test_now_ns, ms * NS_PER_MS);
}

void clock_restart(void)
{
    clock_set_source(NULL);
}

selector_settings usual_settings(void)
{
    return (selector_settings){.ttl_ms = 300000,
        .empty_grace_ms = 30000,
        .load_balance = "random",
        .health_failures = 5,
        .health_rest_ms = 30000};
}

void fixture_start(fixture *f, const selector_settings *settings)
{
    const http_client_settings http = {.stop = &f->stop,
        .pool_size = 4,
        .pool_idle_ms = 20000,
        .pool_ttl_ms = -1,
        .connect_timeout_ms = 1000,
        .reply_max_bytes = 1 << 20};
    *f = (fixture){.settings = *settings};
    clock_stop();
    f->source = fake_registry_new();
    assert_true(stop_signal_init(&f->stop));
    assert_status(DUBBOC_OK, http_client_new(&http, &f->http, &f->err), &f->err);
    assert_status(
        DUBBOC_OK, selector_new(settings, f->source, f->http, &f->selector, &f->err), &f->err);
}

void fixture_end(fixture *f)
{
    selector_free(f->selector);
    http_client_free(f->http);
    stop_signal_fini(&f->stop);
    fake_registry_free(f->source);
    clock_restart();
}

static void wake_nobody(waiter *of)
{
    (void)of;
}

dubboc_status subscribe_now(selector *self, directory *of, dubboc_error *err)
{
    waiter nobody = {.wake = wake_nobody};
    readiness_wait wait = {.failures = 0};
    directory_wait_begin(of, &wait, &nobody);
    selector_do_round(self);
    readiness_state state = directory_look(of, &wait, err);
    directory_wait_end(of, &wait);
    return state == READINESS_FAILED ? err->status : DUBBOC_OK;
}

directory *directory_of(fixture *f, const char *interface)
{
    const url_wanted wanted = {.interface = slice_of(interface)};
    directory *found = NULL;
    assert_status(DUBBOC_OK, selector_directory(f->selector, &wanted, &found, &f->err), &f->err);
    selector_do_round(f->selector); /* subscribes */
    atomic_store(&found->states[policy_find("roundrobin")].counter, 0);
    return found;
}

void fixture_start_in_turn(fixture *f)
{
    selector_settings settings = usual_settings();
    settings.load_balance = "roundrobin";
    fixture_start(f, &settings);
}

directory *fixture_start_with(fixture *f, const char *const *urls)
{
    fixture_start_in_turn(f);
    directory *of = directory_of(f, SERVICE);
    registry_has(f, urls);
    return of;
}

size_t list_length(const char *const *texts)
{
    size_t length = 0;
    while (texts[length] != NULL)
        length++;
    return length;
}

void registry_has(fixture *f, const char *const *urls)
{
    fake_registry_push(f->source, SERVICE, urls, list_length(urls));
}

char **many_urls(size_t count, unsigned port)
{
    char **urls = calloc(count + 1, sizeof(char *));
    assert_non_null(urls);
    for (size_t i = 0; i < count; i++)
        assert_true(
            asprintf(&urls[i],
                "jsonrpc://10.%zu.%zu.%zu:%u/" SERVICE
                "?anyhost=true&application=shop&category=providers&dubbo=2.6.2"
                "&interface=" SERVICE
                "&methods=echo,add&pid=4242&revision=1.0.0&side=provider&timestamp=1700000000000",
                i >> 16, i >> 8 & 255, i & 255, port) > 0);
    return urls;
}

void free_urls(char **urls, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(urls[i]);
    free(urls);
}

const char *pick_label(directory *of, const char *policy_name, pick_outcome outcome)
{
    static _Thread_local char label[256];
    const pick_request request = {.policy = policy_name, .method = slice_of("echo")};
    pick held;
    if (!directory_pick(of, &request, &held))
        return "none";
    snprintf(label, sizeof label, "%s", held.provider->info->label);
    pick_release(of, &held, outcome);
    return label;
}

provider *pick_one(directory *of, const char *method, pick *held)
{
    const pick_request request = {.method = slice_of(method)};
    assert_true(directory_pick(of, &request, held));
    return held->provider;
}

directory *fixture_start_with_many(fixture *f, size_t providers)
{
    fixture_start_in_turn(f);
    directory *of = directory_of(f, SERVICE);
    char **urls = many_urls(providers, 8080);
    fake_registry_push(f->source, SERVICE, (const char *const *)urls, providers);
    free_urls(urls, providers);
    return of;
}

provider *provider_at(directory *of, size_t place)
{
    return atomic_load(&of->current)->entries[place].provider;
}

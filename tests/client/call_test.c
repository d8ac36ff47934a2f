/* The call path against peers that do exactly what they are told: what is called how often, and what is said to be known. */
#include "tests/support/test.h"

#include <pthread.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/support/alloc_fail.h"
#include "tests/support/scripted_peer.h"

/* Calls of the main thread on a new client have the ids 1, 65, 129... (one thread slot in 64). */
#define REPLY(body_len, body) "HTTP/1.1 200 OK\r\nContent-Length: " body_len "\r\n\r\n" body
#define RESULT_7 REPLY("35", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":7}")
#define ERROR_REPLY                                                                                                              \
    REPLY("83", "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-7,\"message\":\"no \\u00e9\",\"data\":[1.10]}}")

typedef struct fixture {
    dubboc_client *client;
    scripted_peer *peers[3];
    dubboc_call_options options;
    char url[64];
    dubboc_error err;
} fixture;

static dubboc_client *new_client(const char *registry)
{
    dubboc_error err;
    dubboc_client *client = NULL;
    dubboc_client_options options = {.size = sizeof options, .registry = registry, .pool_size = 4};
    assert_status(DUBBOC_OK, dubboc_client_new(&options, &client, &err), &err);
    return client;
}

/* One peer with one script, called directly. */
static void begin(fixture *self, const peer_script *script)
{
    *self = (fixture){.options = {.size = sizeof self->options, .timeout_ms = 5000}};
    self->peers[0] = scripted_peer_new(script, 1);
    snprintf(self->url, sizeof self->url, "%s/x.Y", scripted_peer_url(self->peers[0]));
    self->options.url = self->url;
    self->client = new_client(NULL);
}

static void end(fixture *self)
{
    dubboc_client_free(self->client);
    for (size_t i = 0; i < 3; i++)
        scripted_peer_free(self->peers[i]);
}

static dubboc_status raw_call(fixture *self, const char *params, dubboc_text *result)
{
    dubboc_slice text = {params, params != NULL ? strlen(params) : 0};
    return dubboc_call_raw(self->client, "x.Y", "m", text, &self->options, result, &self->err);
}

static int requests(fixture *self)
{
    int sum = 0;
    for (size_t i = 0; i < 3; i++)
        sum += self->peers[i] != NULL ? scripted_peer_requests(self->peers[i]) : 0;
    return sum;
}

/* --- what is sent */

static void sends_what_dubbogo_sends(void **state)
{
    (void)state;
    static const peer_script script = {{PEER_READ, PEER_SEND(RESULT_7), PEER_HOLD}};
    fixture self;
    begin(&self, &script);
    dubboc_header header = {"X-User-Id", "john"};
    self.options.headers = &header;
    self.options.header_count = 1;
    assert_status(DUBBOC_OK, raw_call(&self, "[\"A003\"]", NULL), &self.err);
    char *request = scripted_peer_last_request(self.peers[0]);
    char expected[512];
    unsigned long long timeout_ns = 0;
    char *timeout = strstr(request, "Timeout: ");
    assert_non_null(timeout);
    assert_int_equal(sscanf(timeout, "Timeout: %llu\r\n", &timeout_ns), 1);
    assert_in_range(timeout_ns, 4000000000ull, 5000000000ull);
    snprintf(expected, sizeof expected,
        "POST /x.Y HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUser-Agent: dubboc/" DUBBOC_VERSION
        "\r\nContent-Length: 56\r\nAccept: application/json\r\n"
        "Content-Type: application/json\r\nTimeout: %llu\r\nX-User-Id: john\r\n\r\n"
        "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":[\"A003\"],\"id\":1}\n",
        scripted_peer_port(self.peers[0]), timeout_ns);
    assert_string_equal(request, expected);
    free(request);
    end(&self);
}

static void refuses_what_would_break_the_request(void **state)
{
    (void)state;
    static const peer_script script = {{{.act = PEER_ACT_END}}};
    static const dubboc_header bad[] = {
        {"Host", "x"}, {"content-LENGTH", "1"}, {"Timeout", "1"}, {"A b", "x"}, {"A", "x\r\nB: y"}, {"", "x"}, {NULL, "x"}};
    fixture self;
    begin(&self, &script);
    self.options.header_count = 1;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        self.options.headers = &bad[i];
        assert_status(DUBBOC_E_ARGUMENT, raw_call(&self, "[]", NULL), &self.err);
    }
    self.options.header_count = 0;
    assert_status(DUBBOC_E_ARGUMENT, raw_call(&self, "7", NULL), &self.err);
    assert_status(DUBBOC_E_ARGUMENT, raw_call(&self, "[1", NULL), &self.err);
    dubboc_slice none = {NULL, 0};
    static const char *const methods[] = {"", "a\"b", "a\\b", "a\nb", "\xff"};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        assert_status(
            DUBBOC_E_ARGUMENT, dubboc_call_raw(self.client, "x.Y", methods[i], none, &self.options, NULL, &self.err), &self.err);
    dubboc_text remote_error = {.len = 3};
    self.options.remote_error = &remote_error;
    assert_status(DUBBOC_E_ARGUMENT, raw_call(&self, "7", NULL), &self.err);
    assert_int_equal(remote_error.len, 0);
    self.options.size = 0;
    assert_status(DUBBOC_E_ARGUMENT, raw_call(&self, "[]", NULL), &self.err);
    assert_contains(self.err.text, "size");
    self.options.size = sizeof self.options;
    self.options.load_balance = "best";
    assert_status(DUBBOC_E_ARGUMENT, raw_call(&self, "[]", NULL), &self.err);
    self.options.load_balance = NULL;
    self.options.url = "file:///etc/passwd";
    assert_int_not_equal(raw_call(&self, "[]", NULL), DUBBOC_OK);
    assert_int_equal(self.err.execution, DUBBOC_NOT_EXECUTED);
    assert_int_equal(requests(&self), 0);
    end(&self);
}

/* --- what comes back */

static void gives_the_result_as_tree_and_as_text(void **state)
{
    (void)state;
    static const peer_script script = {
        {PEER_READ, PEER_SEND(REPLY("55", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":[9007199254740993, 1]}")), PEER_HOLD}};
    fixture self;
    begin(&self, &script);
    cJSON *tree = NULL;
    int64_t value;
    assert_status(DUBBOC_OK, dubboc_call_with(self.client, "x.Y", "m", NULL, &self.options, &tree, &self.err), &self.err);
    assert_status(DUBBOC_OK, dubboc_json_i64(cJSON_GetArrayItem(tree, 0), &value), NULL);
    assert_true(value == INT64_C(9007199254740993));
    cJSON_Delete(tree);
    assert_contains(self.err.provider, "/x.Y");
    assert_int_equal(self.err.attempts, 1);
    end(&self);
    begin(&self, &script);
    dubboc_text text = {0};
    assert_status(DUBBOC_OK, raw_call(&self, NULL, &text), &self.err);
    assert_string_equal(text.data, "[9007199254740993, 1]");
    dubboc_text_free(&text);
    end(&self);
}

static void a_remote_error_is_given_whole_and_never_tried_again(void **state)
{
    (void)state;
    static const peer_script script = {{PEER_READ, PEER_SEND(ERROR_REPLY), PEER_AGAIN}};
    fixture self;
    begin(&self, &script);
    dubboc_text error = {0};
    self.options.idempotent = 1;
    self.options.remote_error = &error;
    assert_status(DUBBOC_E_REMOTE, raw_call(&self, "[]", NULL), &self.err);
    assert_int_equal(self.err.rpc_code, -7);
    assert_string_equal(self.err.text, "no \xC3\xA9");
    assert_int_equal(self.err.execution, DUBBOC_ANSWERED);
    assert_string_equal(error.data, "{\"code\":-7,\"message\":\"no \\u00e9\",\"data\":[1.10]}");
    assert_int_equal(requests(&self), 1);
    dubboc_text_free(&error);
    end(&self);
}

/* What a peer sends, and what the caller is told. */
static const struct {
    const char *reply;
    dubboc_status status;
    dubboc_execution execution;
    int http_status;
    const char *text; /* part of the error's */
} odd_replies[] = {
    {REPLY("25", "{\"jsonrpc\":\"2.0\",\"id\":1}\n"), DUBBOC_OK, DUBBOC_ANSWERED, 0, ""},
    {REPLY("67", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{},\"error\":{\"code\":1,\"message\":3}}"), DUBBOC_E_REMOTE,
        DUBBOC_ANSWERED, 200, ""},
    {"HTTP/1.1 500 X\r\nContent-Length: "
     "74\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{},\"error\":{\"code\":-32000,\"message\":\"e\"}}",
        DUBBOC_E_REMOTE, DUBBOC_ANSWERED, 500, "e"},
    {REPLY("8", "not JSON"), DUBBOC_E_PROTOCOL, DUBBOC_MAYBE_EXECUTED, 200, "not JSON"},
    {REPLY("35", "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":7}"), DUBBOC_E_PROTOCOL, DUBBOC_MAYBE_EXECUTED, 200, "id"},
    {REPLY("2", "[]"), DUBBOC_E_PROTOCOL, DUBBOC_MAYBE_EXECUTED, 200, ""},
    {REPLY("34", "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":5}"), DUBBOC_E_PROTOCOL, DUBBOC_ANSWERED, 200, "no object"},
    {"HTTP/1.1 500 X\r\nContent-Length: 13\r\n\r\n<html>boom\r\n>", DUBBOC_E_HTTP, DUBBOC_MAYBE_EXECUTED, 500, "<html>boom"},
    {"HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n", DUBBOC_E_HTTP, DUBBOC_MAYBE_EXECUTED, 404, "404"},
    {"HTTP/1.1 302 X\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", DUBBOC_E_HTTP, DUBBOC_MAYBE_EXECUTED, 302,
        "302"},
    {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"jsonrpc\"", DUBBOC_E_BROKEN, DUBBOC_MAYBE_EXECUTED, 0, ""},
    {"SSH-2.0-x\r\n", DUBBOC_E_PROTOCOL, DUBBOC_MAYBE_EXECUTED, 0, ""},
    {"", DUBBOC_E_BROKEN, DUBBOC_MAYBE_EXECUTED, 0, ""},
    {"HTTP/1.1 503 X\r\nDubboc-Not-Executed: 1\r\nContent-Length: 0\r\n\r\n", DUBBOC_E_BUSY, DUBBOC_NOT_EXECUTED, 503, ""},
    {"HTTP/1.1 413 X\r\nDubboc-Not-Executed: 1\r\nContent-Length: 3\r\n\r\nbig", DUBBOC_E_HTTP, DUBBOC_NOT_EXECUTED, 413,
        "413: big"},
    {"HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n", DUBBOC_E_HTTP, DUBBOC_MAYBE_EXECUTED, 503, "503"},
};

static void odd_replies_are_told_apart_and_not_repeated(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof odd_replies / sizeof odd_replies[0]; i++) {
        const peer_script script = {{PEER_READ, PEER_SEND(odd_replies[i].reply), {.act = PEER_ACT_END}}};
        fixture self;
        begin(&self, &script);
        dubboc_status status = raw_call(&self, "[]", NULL);
        if (status != odd_replies[i].status || self.err.execution != odd_replies[i].execution ||
            self.err.http_status != odd_replies[i].http_status)
            fail_msg("%.60s... gave %s, %s, HTTP %d: %s", odd_replies[i].reply, dubboc_status_name(status),
                dubboc_execution_text(self.err.execution), self.err.http_status, self.err.text);
        assert_contains(self.err.text, odd_replies[i].text);
        assert_int_equal(requests(&self), 1);
        end(&self);
    }
}

static void a_reply_over_the_ceiling_is_an_error_and_not_repeated(void **state)
{
    (void)state;
    static const peer_script script = {{PEER_READ, PEER_SEND("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        PEER_FLOOD("1000\r\n", 1), PEER_FLOOD("0123456789abcdef", 256), PEER_HOLD}};
    fixture self;
    begin(&self, &script);
    dubboc_client_free(self.client);
    dubboc_client_options options = {.size = sizeof options, .reply_max_bytes = 1000};
    assert_status(DUBBOC_OK, dubboc_client_new(&options, &self.client, &self.err), &self.err);
    self.options.idempotent = 1;
    assert_status(DUBBOC_E_TOO_BIG, raw_call(&self, "[]", NULL), &self.err);
    assert_int_equal(self.err.execution, DUBBOC_MAYBE_EXECUTED);
    assert_int_equal(requests(&self), 1);
    end(&self);
}

/* --- again, or not */

static void a_lost_call_is_not_sent_again_unless_it_is_idempotent(void **state)
{
    (void)state;
    static const peer_script script = {{PEER_READ, {.act = PEER_ACT_END}}};
    fixture self;
    begin(&self, &script);
    assert_status(DUBBOC_E_BROKEN, raw_call(&self, "[]", NULL), &self.err);
    assert_int_equal(self.err.execution, DUBBOC_MAYBE_EXECUTED);
    assert_int_equal(requests(&self), 1);
    self.options.idempotent = 1;
    assert_status(DUBBOC_E_BROKEN, raw_call(&self, "[]", NULL), &self.err);
    assert_int_equal(requests(&self), 1 + 3);
    assert_int_equal(self.err.attempts, 3);
    assert_contains(self.err.text, "maybe executed");
    assert_contains(self.err.text, "127.0.0.1");
    self.options.retries = DUBBOC_NONE;
    assert_status(DUBBOC_E_BROKEN, raw_call(&self, "[]", NULL), &self.err);
    assert_int_equal(requests(&self), 1 + 3 + 1);
    end(&self);
}

static void retries_keep_within_a_fifth_of_the_calls(void **state)
{
    (void)state;
    static const peer_script script = {{PEER_READ, {.act = PEER_ACT_END}}};
    fixture self;
    begin(&self, &script);
    self.options.idempotent = 1;
    for (int i = 0; i < 50; i++)
        assert_int_not_equal(raw_call(&self, "[]", NULL), DUBBOC_OK);
    assert_in_range(requests(&self), 50 + 3, 50 + 10);
    end(&self);
}

/* A static registry of these peers' addresses under one interface. */
static void begin_with_registry(fixture *self, const char *const *urls, size_t count)
{
    char registry[512] = "static:";
    for (size_t i = 0; i < count; i++)
        snprintf(
            registry + strlen(registry), sizeof registry - strlen(registry), "%s%s/x.Y?interface=x.Y", i > 0 ? " " : "", urls[i]);
    self->client = new_client(registry);
    self->options = (dubboc_call_options){.size = sizeof self->options, .retries = DUBBOC_NONE, .load_balance = "roundrobin"};
}

static void an_address(char *out, size_t size, int port)
{
    snprintf(out, size, "jsonrpc://127.0.0.1:%d", port);
}

static void a_dead_provider_costs_no_call_while_another_lives(void **state)
{
    (void)state;
    static const peer_script script = {{PEER_READ, PEER_SEND(ERROR_REPLY), PEER_AGAIN}};
    fixture self = {0};
    scripted_peer *dead = scripted_peer_new(&script, 1);
    self.peers[0] = scripted_peer_new(&script, 1);
    char a[64], b[64];
    an_address(a, sizeof a, scripted_peer_port(dead));
    an_address(b, sizeof b, scripted_peer_port(self.peers[0]));
    scripted_peer_free(dead);
    begin_with_registry(&self, (const char *const[]){a, b}, 2);
    for (int i = 0; i < 20; i++)
        assert_status(DUBBOC_E_REMOTE, raw_call(&self, "[]", NULL), &self.err);
    assert_int_equal(requests(&self), 20);
    end(&self);
}

/* "No connection" would mean that it was never sent. The weights make the living one the first. */
static void a_lost_call_stays_lost_when_the_next_provider_is_dead(void **state)
{
    (void)state;
    static const peer_script script = {{PEER_READ, {.act = PEER_ACT_END}}};
    fixture self = {0};
    scripted_peer *dead = scripted_peer_new(&script, 1);
    self.peers[0] = scripted_peer_new(&script, 1);
    char registry[256];
    snprintf(registry, sizeof registry,
        "static:jsonrpc://127.0.0.1:%d/x.Y?interface=x.Y&weight=1 jsonrpc://127.0.0.1:%d/x.Y?interface=x.Y&weight=1000",
        scripted_peer_port(dead), scripted_peer_port(self.peers[0]));
    scripted_peer_free(dead);
    self.client = new_client(registry);
    self.options =
        (dubboc_call_options){.size = sizeof self.options, .idempotent = 1, .retries = 1, .load_balance = "roundrobin"};
    assert_status(DUBBOC_E_BROKEN, raw_call(&self, "[]", NULL), &self.err);
    assert_int_equal(self.err.execution, DUBBOC_MAYBE_EXECUTED);
    assert_int_equal(self.err.attempts, 1);
    assert_contains(self.err.text, "refused");
    end(&self);
}

static void a_full_provider_passes_the_call_on(void **state)
{
    (void)state;
    static const peer_script full = {
        {PEER_READ, PEER_SEND("HTTP/1.1 503 X\r\nDubboc-Not-Executed: 1\r\nContent-Length: 0\r\n\r\n"), PEER_AGAIN}};
    static const peer_script free_one = {{PEER_READ, PEER_SEND(ERROR_REPLY), PEER_AGAIN}};
    fixture self = {0};
    self.peers[0] = scripted_peer_new(&full, 1);
    self.peers[1] = scripted_peer_new(&free_one, 1);
    char a[64], b[64];
    an_address(a, sizeof a, scripted_peer_port(self.peers[0]));
    an_address(b, sizeof b, scripted_peer_port(self.peers[1]));
    begin_with_registry(&self, (const char *const[]){a, b}, 2);
    /* three: what the retry budget always grants */
    for (int i = 0; i < 3; i++)
        assert_status(DUBBOC_E_REMOTE, raw_call(&self, "[]", NULL), &self.err);
    assert_int_equal(scripted_peer_requests(self.peers[1]), 3);
    end(&self);
}

static void nobody_listening_is_not_executed_and_says_where(void **state)
{
    (void)state;
    static const peer_script script = {{{.act = PEER_ACT_END}}};
    fixture self;
    begin(&self, &script);
    scripted_peer_free(self.peers[0]);
    self.peers[0] = NULL;
    assert_status(DUBBOC_E_CONNECT, raw_call(&self, "[]", NULL), &self.err);
    assert_int_equal(self.err.execution, DUBBOC_NOT_EXECUTED);
    assert_int_equal(self.err.attempts, 0);
    assert_contains(self.err.text, "127.0.0.1:");
    end(&self);
}

/* --- time */

static void ends_at_its_deadline_and_says_maybe(void **state)
{
    (void)state;
    static const peer_script script = {{PEER_READ, PEER_HOLD}};
    fixture self;
    begin(&self, &script);
    self.options.timeout_ms = 150;
    int64_t begun = clock_now_ns();
    assert_status(DUBBOC_E_TIMEOUT, raw_call(&self, "[]", NULL), &self.err);
    int64_t took_ms = (clock_now_ns() - begun) / NS_PER_MS;
    assert_int_equal(self.err.execution, DUBBOC_MAYBE_EXECUTED);
    assert_in_range(took_ms, 150, 1500);
    end(&self);
}

static void an_endless_timeout_in_a_node_is_none(void **state)
{
    (void)state;
    static const peer_script script = {{PEER_READ, PEER_SEND(RESULT_7), PEER_HOLD}};
    fixture self = {.options = {.size = sizeof self.options}};
    self.peers[0] = scripted_peer_new(&script, 1);
    char registry[128];
    snprintf(registry, sizeof registry, "static:jsonrpc://127.0.0.1:%d/x.Y?interface=x.Y&timeout=9223372036854",
        scripted_peer_port(self.peers[0]));
    self.client = new_client(registry);
    assert_status(DUBBOC_OK, raw_call(&self, "[]", NULL), &self.err);
    char *request = scripted_peer_last_request(self.peers[0]);
    assert_null(strstr(request, "Timeout:"));
    free(request);
    end(&self);
}

typedef struct background_call {
    fixture *self;
    dubboc_status status;
    dubboc_error err;
} background_call;

static void *call_in_background(void *arg)
{
    background_call *call = arg;
    call->status =
        dubboc_call_raw(call->self->client, "x.Y", "m", (dubboc_slice){NULL, 0}, &call->self->options, NULL, &call->err);
    return NULL;
}

static bool has_a_request(void *arg)
{
    return requests(arg) > 0;
}

static void freeing_the_client_ends_calls_under_way(void **state)
{
    (void)state;
    static const peer_script script = {{PEER_READ, PEER_HOLD}};
    fixture self;
    begin(&self, &script);
    self.options.timeout_ms = DUBBOC_NONE;
    background_call call = {.self = &self};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, call_in_background, &call), 0);
    assert_true(test_wait_for(has_a_request, &self, 5000));
    dubboc_client_free(self.client);
    self.client = NULL;
    pthread_join(thread, NULL);
    assert_status(DUBBOC_E_CLOSED, call.status, &call.err);
    assert_int_equal(call.err.execution, DUBBOC_MAYBE_EXECUTED);
    end(&self);
}

/* --- settings */

static void the_narrower_setting_wins(void **state)
{
    (void)state;
    static const peer_script script = {{PEER_READ, {.act = PEER_ACT_END}}};
    fixture self;
    begin(&self, &script);
    dubboc_client_free(self.client);
    dubboc_config *config = NULL;
    assert_status(DUBBOC_OK, dubboc_config_load(NULL, &config, &self.err), &self.err);
    assert_status(DUBBOC_OK, dubboc_config_set(config, "client", "retries", "0", &self.err), &self.err);
    assert_status(DUBBOC_OK, dubboc_config_set(config, "reference x.Y", "url", self.url, &self.err), &self.err);
    assert_status(DUBBOC_OK, dubboc_config_set(config, "reference x.Y", "idempotent", "get, m", &self.err), &self.err);
    assert_status(DUBBOC_OK, dubboc_config_set(config, "reference x.Y", "m.retries", "1", &self.err), &self.err);
    dubboc_client_options options = {.size = sizeof options, .config = config};
    assert_status(DUBBOC_OK, dubboc_client_new(&options, &self.client, &self.err), &self.err);
    dubboc_config_free(config);
    self.options = (dubboc_call_options){.size = sizeof self.options};
    assert_status(DUBBOC_E_BROKEN, raw_call(&self, "[]", NULL), &self.err);
    assert_int_equal(requests(&self), 2);
    self.options.retries = 2;
    assert_status(DUBBOC_E_BROKEN, raw_call(&self, "[]", NULL), &self.err);
    assert_int_equal(requests(&self), 2 + 3);
    end(&self);
}

static void the_sections_own_settings_hold_for_every_method(void **state)
{
    (void)state;
    static const peer_script lost = {{PEER_READ, {.act = PEER_ACT_END}}}, silent = {{PEER_READ, PEER_HOLD}};
    fixture self;
    begin(&self, &lost);
    self.peers[1] = scripted_peer_new(&silent, 1);
    char silent_url[64];
    snprintf(silent_url, sizeof silent_url, "%s/x.Z", scripted_peer_url(self.peers[1]));
    dubboc_client_free(self.client);
    static const char *const settings[][3] = {{"reference x.Y", "idempotent", "*"}, {"reference x.Y", "retries", "1"},
        {"reference x.Z", "timeout", "100ms"}, {"client", "retries", "0"}};
    dubboc_config *config = NULL;
    assert_status(DUBBOC_OK, dubboc_config_load(NULL, &config, &self.err), &self.err);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        assert_status(DUBBOC_OK, dubboc_config_set(config, settings[i][0], settings[i][1], settings[i][2], &self.err), &self.err);
    assert_status(DUBBOC_OK, dubboc_config_set(config, "reference x.Y", "url", self.url, &self.err), &self.err);
    assert_status(DUBBOC_OK, dubboc_config_set(config, "reference x.Z", "url", silent_url, &self.err), &self.err);
    dubboc_client_options options = {.size = sizeof options, .config = config};
    assert_status(DUBBOC_OK, dubboc_client_new(&options, &self.client, &self.err), &self.err);
    dubboc_config_free(config);
    self.options = (dubboc_call_options){.size = sizeof self.options};
    assert_status(DUBBOC_E_BROKEN, raw_call(&self, "[]", NULL), &self.err);
    assert_int_equal(requests(&self), 2);
    int64_t begun = clock_now_ns();
    dubboc_slice none = {NULL, 0};
    assert_status(DUBBOC_E_TIMEOUT, dubboc_call_raw(self.client, "x.Z", "m", none, NULL, NULL, &self.err), &self.err);
    assert_in_range((clock_now_ns() - begun) / NS_PER_MS, 100, 1500);
    end(&self);
}

static void options_of_another_size_or_range_are_told_apart(void **state)
{
    (void)state;
    static const peer_script script = {{PEER_READ, PEER_SEND(ERROR_REPLY), PEER_AGAIN}};
    fixture self;
    begin(&self, &script);
    struct {
        dubboc_call_options known;
        char unknown[64];
    } newer = {.known = self.options};
    newer.known.size = sizeof newer;
    dubboc_slice none = {NULL, 0};
    assert_status(DUBBOC_E_REMOTE, dubboc_call_raw(self.client, "x.Y", "m", none, &newer.known, NULL, &self.err), &self.err);
    dubboc_call_options bad[5] = {self.options, self.options, self.options, self.options, self.options};
    bad[0].size = 0;
    bad[1].size = 100000;
    bad[2].timeout_ms = -5;
    bad[3].retries = -7;
    bad[4].idempotent = 42;
    for (size_t i = 0; i < 5; i++)
        assert_status(DUBBOC_E_ARGUMENT, dubboc_call_raw(self.client, "x.Y", "m", none, &bad[i], NULL, &self.err), &self.err);
    assert_int_equal(requests(&self), 1);
    end(&self);
}

static void tell_line(void *arg, const char *line)
{
    char *told = arg;
    snprintf(told + strlen(told), 2000 - strlen(told), "%s\n", line);
}

static void explains_candidates_and_attempts(void **state)
{
    (void)state;
    static const peer_script script = {{PEER_READ, PEER_SEND(ERROR_REPLY), PEER_AGAIN}};
    fixture self = {0};
    char address[64], told[2000] = "";
    self.peers[0] = scripted_peer_new(&script, 1);
    an_address(address, sizeof address, scripted_peer_port(self.peers[0]));
    begin_with_registry(&self, (const char *const[]){address, "dubbo://10.0.0.9:20880"}, 2);
    self.options.explain = tell_line;
    self.options.explain_arg = told;
    assert_status(DUBBOC_E_REMOTE, raw_call(&self, "[]", NULL), &self.err);
    assert_contains(told, "candidate: jsonrpc://127.0.0.1");
    assert_contains(told, "left out: dubbo://10.0.0.9:20880");
    assert_contains(told, "attempt 1: 127.0.0.1");
    end(&self);
}

static void without_registry_and_url_it_says_so(void **state)
{
    (void)state;
    fixture self = {.client = new_client(NULL), .options = {.size = sizeof self.options}};
    assert_status(DUBBOC_E_NO_PROVIDER, raw_call(&self, "[]", NULL), &self.err);
    assert_contains(self.err.text, "x.Y");
    assert_contains(self.err.text, "[registry] address");
    end(&self);
}

static void counts_how_calls_ended(void **state)
{
    (void)state;
    static const peer_script script = {{PEER_READ, PEER_SEND(ERROR_REPLY), PEER_AGAIN}};
    fixture self;
    begin(&self, &script);
    for (int i = 0; i < 3; i++)
        assert_status(DUBBOC_E_REMOTE, raw_call(&self, "[]", NULL), &self.err);
    assert_status(DUBBOC_E_ARGUMENT,
        dubboc_call_raw(self.client, "x.Y", "", (dubboc_slice){NULL, 0}, &self.options, NULL, &self.err), &self.err);
    dubboc_client_stats stats = {.size = sizeof stats};
    dubboc_client_get_stats(self.client, &stats);
    assert_int_equal(stats.calls, 4);
    assert_int_equal(stats.remote_error, 3);
    assert_int_equal(stats.not_executed, 1);
    assert_int_equal(stats.attempts, 3);
    assert_int_equal(stats.connections, 1);
    end(&self);
}

/* --- memory */

static void a_raw_call_allocates_nothing_in_the_steady_state(void **state)
{
    (void)state;
    static const peer_script script = {{PEER_READ, PEER_SEND(ERROR_REPLY), PEER_AGAIN}};
    fixture self;
    begin(&self, &script);
    for (int i = 0; i < 5; i++)
        assert_status(DUBBOC_E_REMOTE, raw_call(&self, "[1]", NULL), &self.err);
    alloc_fail_at(0);
    for (int i = 0; i < 10; i++)
        assert_status(DUBBOC_E_REMOTE, raw_call(&self, "[1]", NULL), &self.err);
    assert_int_equal(alloc_fail_count(), 10); /* one for each error message that is decoded, none else */
    end(&self);
}

static void one_whole_call(void *arg, bool must_work)
{
    fixture *self = arg;
    dubboc_client *client = NULL;
    cJSON *params = NULL, *result = NULL;
    dubboc_status status = dubboc_client_new(NULL, &client, &self->err);
    if (status == DUBBOC_OK)
        status = dubboc_json_parse("[\"a\", 9223372036854775807]", 26, &params, &self->err);
    if (status == DUBBOC_OK)
        status = dubboc_call_with(client, "x.Y", "m", params, &self->options, &result, &self->err);
    if (must_work)
        assert_status(DUBBOC_OK, status, &self->err);
    assert_true(status == DUBBOC_OK || result == NULL);
    cJSON_Delete(result);
    cJSON_Delete(params);
    dubboc_client_free(client);
}

static void every_allocation_of_a_call_may_fail(void **state)
{
    (void)state;
    static const peer_script script = {{PEER_READ, PEER_SEND(RESULT_7), PEER_HOLD}};
    fixture self;
    begin(&self, &script);
    unsigned long failed = alloc_fail_each(one_whole_call, &self);
    assert_in_range(failed, 20, 100000);
    end(&self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sends_what_dubbogo_sends),
        cmocka_unit_test(refuses_what_would_break_the_request),
        cmocka_unit_test(gives_the_result_as_tree_and_as_text),
        cmocka_unit_test(a_remote_error_is_given_whole_and_never_tried_again),
        cmocka_unit_test(odd_replies_are_told_apart_and_not_repeated),
        cmocka_unit_test(a_reply_over_the_ceiling_is_an_error_and_not_repeated),
        cmocka_unit_test(a_lost_call_is_not_sent_again_unless_it_is_idempotent),
        cmocka_unit_test(retries_keep_within_a_fifth_of_the_calls),
        cmocka_unit_test(a_dead_provider_costs_no_call_while_another_lives),
        cmocka_unit_test(a_lost_call_stays_lost_when_the_next_provider_is_dead),
        cmocka_unit_test(a_full_provider_passes_the_call_on),
        cmocka_unit_test(nobody_listening_is_not_executed_and_says_where),
        cmocka_unit_test(ends_at_its_deadline_and_says_maybe),
        cmocka_unit_test(an_endless_timeout_in_a_node_is_none),
        cmocka_unit_test(freeing_the_client_ends_calls_under_way),
        cmocka_unit_test(the_narrower_setting_wins),
        cmocka_unit_test(the_sections_own_settings_hold_for_every_method),
        cmocka_unit_test(options_of_another_size_or_range_are_told_apart),
        cmocka_unit_test(explains_candidates_and_attempts),
        cmocka_unit_test(without_registry_and_url_it_says_so),
        cmocka_unit_test(counts_how_calls_ended),
        cmocka_unit_test(a_raw_call_allocates_nothing_in_the_steady_state),
        cmocka_unit_test(every_allocation_of_a_call_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Calls to scripted peers: how often a request is sent, and what the error says about its
 * execution. */
#include "tests/client/call_fixture.h"

#include "tests/support/alloc_fail.h"

/* --- what is sent */

static void sends_what_dubbogo_sends(void **state)
{
    (void)state;
    fixture self;
    begin(&self, &answers_7);
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

static void refuses_arguments_that_would_break_the_request(void **state)
{
    (void)state;
    static const dubboc_header bad[] = {{"Host", "x"}, {"content-LENGTH", "1"}, {"Timeout", "1"},
        {"A b", "x"}, {"A", "x\r\nB: y"}, {"", "x"}, {NULL, "x"}};
    fixture self;
    begin(&self, &hangs_up);
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
        assert_status(DUBBOC_E_ARGUMENT,
            dubboc_call_raw(self.client, "x.Y", methods[i], none, &self.options, NULL, &self.err),
            &self.err);
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

static void returns_the_result_as_a_tree_and_as_text(void **state)
{
    (void)state;
    static const peer_script script = {{PEER_READ,
        PEER_SEND(REPLY("55", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":[9007199254740993, 1]}")),
        PEER_HOLD}};
    fixture self;
    begin(&self, &script);
    cJSON *tree = NULL;
    int64_t value;
    assert_status(DUBBOC_OK,
        dubboc_call_with(self.client, "x.Y", "m", NULL, &self.options, &tree, &self.err),
        &self.err);
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

static void a_remote_error_is_returned_whole_and_the_call_is_not_repeated(void **state)
{
    (void)state;
    fixture self;
    begin(&self, &refuses_each);
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

/* The error text has the beginning of the decoded message, and not of its JSON spelling. */
static void a_long_message_is_cut_at_its_end(void **state)
{
    (void)state;
    char message[4000], reply[sizeof message + 200], head[64];
    memset(message, 'a', sizeof message - 1);
    message[sizeof message - 1] = '\0';
    int len = snprintf(reply, sizeof reply,
        "{\"id\":null,\"error\":{\"code\":1,\"message\":\"\\u00e9 \\\"x\\\"\\u0000%s\"}}", message);
    snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", len);
    const peer_script script = {{PEER_READ, PEER_SEND(head), PEER_SEND(reply)}};
    fixture self;
    begin(&self, &script);
    assert_status(DUBBOC_E_REMOTE, raw_call(&self, "[]", NULL), &self.err);
    assert_memory_equal(self.err.text, "\xC3\xA9 \"x\"?aaa", 10);
    assert_int_equal(strlen(self.err.text), DUBBOC_ERROR_TEXT_MAX - 1);
    end(&self);
}

/* What a peer sends, and what the call returns. */
static const struct {
    const char *reply;
    dubboc_status status;
    dubboc_execution execution;
    int http_status;
    const char *text; /* a part of the error text */
} odd_replies[] = {
    {REPLY("25", "{\"jsonrpc\":\"2.0\",\"id\":1}\n"), DUBBOC_OK, DUBBOC_ANSWERED, 0, ""},
    {REPLY(
         "67", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{},\"error\":{\"code\":1,\"message\":3}}"),
        DUBBOC_E_REMOTE, DUBBOC_ANSWERED, 200, ""},
    {"HTTP/1.1 500 X\r\nContent-Length: "
     "74\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{},\"error\":{\"code\":-32000,\"message\":"
     "\"e\"}}",
        DUBBOC_E_REMOTE, DUBBOC_ANSWERED, 500, "e"},
    {REPLY("8", "not JSON"), DUBBOC_E_PROTOCOL, DUBBOC_MAYBE_EXECUTED, 200, "not JSON"},
    {REPLY("35", "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":7}"), DUBBOC_E_PROTOCOL,
        DUBBOC_MAYBE_EXECUTED, 200, "id"},
    {REPLY("2", "[]"), DUBBOC_E_PROTOCOL, DUBBOC_MAYBE_EXECUTED, 200, ""},
    {REPLY("34", "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":5}"), DUBBOC_E_PROTOCOL, DUBBOC_ANSWERED,
        200, "not an object"},
    {"HTTP/1.1 500 X\r\nContent-Length: 13\r\n\r\n<html>boom\r\n>", DUBBOC_E_HTTP,
        DUBBOC_MAYBE_EXECUTED, 500, "<html>boom"},
    {"HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n", DUBBOC_E_HTTP, DUBBOC_MAYBE_EXECUTED, 404,
        "404"},
    {"HTTP/1.1 302 X\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", DUBBOC_E_HTTP,
        DUBBOC_MAYBE_EXECUTED, 302, "302"},
    {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"jsonrpc\"", DUBBOC_E_BROKEN,
        DUBBOC_MAYBE_EXECUTED, 0, ""},
    {"SSH-2.0-x\r\n", DUBBOC_E_PROTOCOL, DUBBOC_MAYBE_EXECUTED, 0, ""},
    {"", DUBBOC_E_BROKEN, DUBBOC_MAYBE_EXECUTED, 0, ""},
    {"HTTP/1.1 503 X\r\nDubboc-Not-Executed: 1\r\nContent-Length: 0\r\n\r\n", DUBBOC_E_BUSY,
        DUBBOC_NOT_EXECUTED, 503, ""},
    {"HTTP/1.1 413 X\r\nDubboc-Not-Executed: 1\r\nContent-Length: 3\r\n\r\nbig", DUBBOC_E_HTTP,
        DUBBOC_NOT_EXECUTED, 413, "413: big"},
    {"HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n", DUBBOC_E_HTTP, DUBBOC_MAYBE_EXECUTED, 503,
        "503"},
};

static void calls_with_odd_replies_end_with_the_expected_status_and_are_not_repeated(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof odd_replies / sizeof odd_replies[0]; i++) {
        const peer_script script = {{PEER_READ, PEER_SEND(odd_replies[i].reply)}};
        fixture self;
        begin(&self, &script);
        dubboc_status status = raw_call(&self, "[]", NULL);
        if (status != odd_replies[i].status || self.err.execution != odd_replies[i].execution ||
            self.err.http_status != odd_replies[i].http_status)
            fail_msg("%.60s... gave %s, %s, HTTP %d: %s", odd_replies[i].reply,
                dubboc_status_name(status), dubboc_execution_text(self.err.execution),
                self.err.http_status, self.err.text);
        assert_contains(self.err.text, odd_replies[i].text);
        assert_int_equal(requests(&self), 1);
        end(&self);
    }
}

static void a_reply_over_the_ceiling_is_an_error_and_not_repeated(void **state)
{
    (void)state;
    static const peer_script script = {
        {PEER_READ, PEER_SEND("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
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

/* --- whether a call is repeated */

static void a_lost_call_is_not_sent_again_unless_it_is_idempotent(void **state)
{
    (void)state;
    fixture self;
    begin(&self, &loses_each);
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
    fixture self;
    begin(&self, &loses_each);
    self.options.idempotent = 1;
    for (int i = 0; i < 50; i++)
        assert_int_not_equal(raw_call(&self, "[]", NULL), DUBBOC_OK);
    assert_in_range(requests(&self), 50 + 3, 50 + 10);
    end(&self);
}

static void every_call_is_answered_while_one_of_two_providers_is_dead(void **state)
{
    (void)state;
    fixture self = {0};
    self.peers[0] = scripted_peer_new(&refuses_each, 1);
    address dead = dead_address(), living = address_of(self.peers[0]);
    begin_with_registry(&self, PROVIDERS({dead.text, ""}, {living.text, ""}));
    for (int i = 0; i < 20; i++)
        assert_status(DUBBOC_E_REMOTE, raw_call(&self, "[]", NULL), &self.err);
    assert_int_equal(requests(&self), 20);
    end(&self);
}

/* "No connection" would mean that the request was never sent. The weights make the call begin at
 * the living provider. */
static void a_call_stays_maybe_executed_when_its_retry_finds_a_dead_provider(void **state)
{
    (void)state;
    fixture self = {0};
    self.peers[0] = scripted_peer_new(&loses_each, 1);
    address dead = dead_address(), living = address_of(self.peers[0]);
    begin_with_registry(&self, PROVIDERS({dead.text, "&weight=1"}, {living.text, "&weight=1000"}));
    self.options.idempotent = 1;
    self.options.retries = 1;
    assert_status(DUBBOC_E_BROKEN, raw_call(&self, "[]", NULL), &self.err);
    assert_int_equal(self.err.execution, DUBBOC_MAYBE_EXECUTED);
    assert_int_equal(self.err.attempts, 1);
    assert_contains(self.err.text, "refused");
    end(&self);
}

/* The HTTP status in the error is that of the attempt whose failure the call reports, and not that
 * of an earlier attempt. The weights make the call begin at the provider that answers. */
static void the_http_status_belongs_to_the_attempt_that_the_error_reports(void **state)
{
    (void)state;
    static const struct {
        const char *reply;
        bool is_second_dead; /* false: the second provider reads the request and closes */
        dubboc_status status;
        int http_status;
    } cases[] = {
        {"HTTP/1.1 503 X\r\nDubboc-Not-Executed: 1\r\nContent-Length: 0\r\n\r\n", true,
            DUBBOC_E_CONNECT, 0},
        {"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n", false, DUBBOC_E_BROKEN, 0},
        {"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n", true, DUBBOC_E_HTTP, 500},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const peer_script answers = {{PEER_READ, PEER_SEND(cases[i].reply), PEER_AGAIN}};
        fixture self = {0};
        self.peers[0] = scripted_peer_new(&answers, 1);
        self.peers[1] = scripted_peer_new(&loses_each, 1);
        address first = address_of(self.peers[0]),
                second = cases[i].is_second_dead ? dead_address() : address_of(self.peers[1]);
        begin_with_registry(
            &self, PROVIDERS({first.text, "&weight=1000"}, {second.text, "&weight=1"}));
        self.options.idempotent = 1;
        self.options.retries = 1;
        assert_status(cases[i].status, raw_call(&self, "[]", NULL), &self.err);
        assert_int_equal(self.err.http_status, cases[i].http_status);
        end(&self);
    }
}

/* One provider refuses calls with this reply, without executing them. Checks whether the calls are
 * repeated at the other provider. */
static void is_passed_on(const char *refusal, bool expected)
{
    const peer_script refuses = {{PEER_READ, PEER_SEND(refusal), PEER_AGAIN}};
    fixture self = {0};
    self.peers[0] = scripted_peer_new(&refuses, 1);
    self.peers[1] = scripted_peer_new(&refuses_each, 1);
    address refusing = address_of(self.peers[0]), ready = address_of(self.peers[1]);
    begin_with_registry(&self, PROVIDERS({refusing.text, ""}, {ready.text, ""}));
    /* three calls, because the retry budget always allows three */
    for (int i = 0; i < 3; i++) {
        dubboc_status status = raw_call(&self, "[]", NULL);
        if (expected)
            assert_status(DUBBOC_E_REMOTE, status, &self.err);
        else if (status != DUBBOC_E_REMOTE)
            assert_int_equal(self.err.execution, DUBBOC_NOT_EXECUTED);
    }
    assert_in_range(scripted_peer_requests(self.peers[0]), 1, 3);
    assert_int_equal(scripted_peer_requests(self.peers[1]),
        expected ? 3 : 3 - scripted_peer_requests(self.peers[0]));
    end(&self);
}

static void a_call_goes_on_from_a_full_provider_to_another(void **state)
{
    (void)state;
    is_passed_on("HTTP/1.1 503 X\r\nDubboc-Not-Executed: 1\r\nContent-Length: 0\r\n\r\n", true);
}

static void a_call_refused_as_too_slow_is_repeated_and_one_refused_as_too_big_is_not(void **state)
{
    (void)state;
    is_passed_on("HTTP/1.1 408 X\r\nDubboc-Not-Executed: 1\r\nContent-Length: 0\r\n\r\n", true);
    is_passed_on("HTTP/1.1 413 X\r\nDubboc-Not-Executed: 1\r\nContent-Length: 0\r\n\r\n", false);
}

static void a_refused_connection_means_not_executed_and_names_the_address(void **state)
{
    (void)state;
    fixture self;
    begin(&self, &hangs_up);
    scripted_peer_free(self.peers[0]);
    self.peers[0] = NULL;
    assert_status(DUBBOC_E_CONNECT, raw_call(&self, "[]", NULL), &self.err);
    assert_int_equal(self.err.execution, DUBBOC_NOT_EXECUTED);
    assert_int_equal(self.err.attempts, 0);
    assert_contains(self.err.text, "127.0.0.1:");
    end(&self);
}

/* --- memory */

#ifndef ALLOCATIONS_A_CALL
#define ALLOCATIONS_A_CALL 1 /* for the decoded error message, and no other */
#endif

static void a_raw_call_allocates_nothing_in_the_steady_state(void **state)
{
    (void)state;
    fixture self;
    begin(&self, &refuses_each);
    for (int i = 0; i < 5; i++)
        assert_status(DUBBOC_E_REMOTE, raw_call(&self, "[1]", NULL), &self.err);
    alloc_fail_at(0);
    for (int i = 0; i < 10; i++)
        assert_status(DUBBOC_E_REMOTE, raw_call(&self, "[1]", NULL), &self.err);
    assert_int_equal(alloc_fail_count(), 10 * ALLOCATIONS_A_CALL);
    end(&self);
}

static void one_whole_call(void *arg, bool must_work)
{
    fixture *self = arg;
    dubboc_client *client = NULL;
    cJSON *params = NULL, *result = NULL;
    self->err = (dubboc_error){0};
    dubboc_status status = dubboc_client_new(NULL, &client, &self->err);
    if (status == DUBBOC_OK)
        status = dubboc_json_parse("[\"a\", 9223372036854775807]", 26, &params, &self->err);
    if (status == DUBBOC_OK)
        status = dubboc_call_with(client, "x.Y", "m", params, &self->options, &result, &self->err);
    if (params != NULL)
        assert_int_not_equal(self->err.execution, DUBBOC_EXECUTION_UNKNOWN);
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
    fixture self;
    begin(&self, &answers_7);
    unsigned long failed = alloc_fail_each(one_whole_call, &self);
    assert_in_range(failed, 20, 100000);
    end(&self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sends_what_dubbogo_sends),
        cmocka_unit_test(refuses_arguments_that_would_break_the_request),
        cmocka_unit_test(returns_the_result_as_a_tree_and_as_text),
        cmocka_unit_test(a_remote_error_is_returned_whole_and_the_call_is_not_repeated),
        cmocka_unit_test(a_long_message_is_cut_at_its_end),
        cmocka_unit_test(calls_with_odd_replies_end_with_the_expected_status_and_are_not_repeated),
        cmocka_unit_test(a_reply_over_the_ceiling_is_an_error_and_not_repeated),
        cmocka_unit_test(a_lost_call_is_not_sent_again_unless_it_is_idempotent),
        cmocka_unit_test(retries_keep_within_a_fifth_of_the_calls),
        cmocka_unit_test(every_call_is_answered_while_one_of_two_providers_is_dead),
        cmocka_unit_test(a_call_stays_maybe_executed_when_its_retry_finds_a_dead_provider),
        cmocka_unit_test(the_http_status_belongs_to_the_attempt_that_the_error_reports),
        cmocka_unit_test(a_call_goes_on_from_a_full_provider_to_another),
        cmocka_unit_test(a_call_refused_as_too_slow_is_repeated_and_one_refused_as_too_big_is_not),
        cmocka_unit_test(a_refused_connection_means_not_executed_and_names_the_address),
        cmocka_unit_test(a_raw_call_allocates_nothing_in_the_steady_state),
        cmocka_unit_test(every_allocation_of_a_call_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What a dubboc_error holds after a call, and that reading the result afterwards does not change
 * it. */
#include "tests/client/call_fixture.h"

#include "base/error.h"

/* The call is executed and answered, but its result has another type than the caller expects. */
static const peer_script answers_true = {{PEER_READ,
    PEER_SEND(REPLY("38", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":true}")), PEER_HOLD}};
static const peer_script answers_zero_byte = {{PEER_READ,
    PEER_SEND(REPLY("45", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"a\\u0000b\" }")), PEER_HOLD}};

/* Uses one dubboc_error for building the params, for the call and for reading the result, as the
 * README does. The call was executed although its result does not unpack, so the error must not say
 * that it was not executed. */
static void an_answered_call_stays_answered_when_its_result_does_not_unpack(void **state)
{
    (void)state;
    fixture self;
    dubboc_error err = {0};
    cJSON *params = NULL, *result = NULL;
    int value = -1;
    begin(&self, &answers_true);
    assert_status(DUBBOC_OK, dubboc_json_pack(&params, &err, "[s]", "order"), &err);
    assert_int_equal(err.execution, DUBBOC_EXECUTION_UNKNOWN);
    assert_status(DUBBOC_OK,
        dubboc_call_with(self.client, "x.Y", "m", params, &self.options, &result, &err), &err);
    assert_status(DUBBOC_E_TYPE, dubboc_json_unpack(result, &err, "i", &value), &err);
    assert_int_equal(err.status, DUBBOC_E_TYPE);
    assert_contains(err.text, "expected an integer");
    assert_int_equal(err.execution, DUBBOC_ANSWERED);
    assert_int_equal(err.attempts, 1);
    assert_contains(err.provider, "/x.Y");
    cJSON_Delete(result);
    cJSON_Delete(params);
    end(&self);
}

static void a_result_that_cannot_be_built_counts_as_answered_by_its_provider(void **state)
{
    (void)state;
    fixture self;
    cJSON *result = NULL;
    begin(&self, &answers_zero_byte);
    assert_status(DUBBOC_E_TYPE,
        dubboc_call_with(self.client, "x.Y", "m", NULL, &self.options, &result, &self.err),
        &self.err);
    assert_null(result);
    assert_int_equal(self.err.execution, DUBBOC_ANSWERED);
    assert_int_equal(self.err.attempts, 1);
    assert_contains(self.err.provider, "/x.Y");
    end(&self);
}

static dubboc_error marked_error(void)
{
    dubboc_error err = {.status = DUBBOC_E_BUSY,
        .execution = DUBBOC_ANSWERED,
        .rpc_code = -7,
        .http_status = 500,
        .attempts = 3,
        .provider = "host:1/x",
        .text = "before"};
    return err;
}

static void check_marks(const dubboc_error *err, const char *what)
{
    if (err->execution != DUBBOC_ANSWERED || err->rpc_code != -7 || err->http_status != 500 ||
        err->attempts != 3 || strcmp(err->provider, "host:1/x") != 0)
        fail_msg("%s changed the fields of the call: %s, code %lld, HTTP %d, %d attempts, provider "
                 "\"%s\"",
            what, dubboc_execution_text(err->execution), (long long)err->rpc_code, err->http_status,
            err->attempts, err->provider);
}

static dubboc_status parse_json(const char *text, dubboc_error *err)
{
    cJSON *tree = NULL;
    dubboc_status status = dubboc_json_parse(text, strlen(text), &tree, err);
    cJSON_Delete(tree);
    return status;
}

static dubboc_status print_json(const cJSON *tree, dubboc_error *err)
{
    char *text = NULL;
    dubboc_status status = dubboc_json_print(tree, &text, NULL, err);
    free(text);
    return status;
}

static dubboc_status pack_string(const char *string, dubboc_error *err)
{
    cJSON *tree = NULL;
    dubboc_status status = dubboc_json_pack(&tree, err, "[s]", string);
    cJSON_Delete(tree);
    return status;
}

static dubboc_status load_config(const char *path, dubboc_error *err)
{
    dubboc_config *config = NULL;
    dubboc_status status = dubboc_config_load(path, &config, err);
    dubboc_config_free(config);
    return status;
}

static dubboc_status set_config(const char *value, dubboc_error *err)
{
    dubboc_config *config = NULL;
    assert_int_equal(dubboc_config_load(NULL, &config, NULL), DUBBOC_OK);
    dubboc_status status = dubboc_config_set(config, "client", "retries", value, err);
    dubboc_config_free(config);
    return status;
}

static dubboc_status new_and_free(const char *registry, dubboc_error *err)
{
    dubboc_client *client = NULL;
    dubboc_client_options options = {.size = sizeof options, .registry = registry};
    dubboc_status status = dubboc_client_new(&options, &client, err);
    dubboc_client_free(client);
    return status;
}

#define CHECK_KEEPS(expected, expression)                                                          \
    do {                                                                                           \
        dubboc_error err = marked_error();                                                         \
        assert_status((expected), (expression), &err);                                             \
        assert_int_equal(err.status, (expected));                                                  \
        assert_true(((expected) == DUBBOC_OK) == (err.text[0] == '\0'));                           \
        check_marks(&err, #expression);                                                            \
    } while (0)

static void only_calls_write_the_call_fields_of_an_error(void **state)
{
    (void)state;
    int value = 0;
    cJSON number = {.type = cJSON_Number}, raw = {.type = cJSON_Raw};
    CHECK_KEEPS(DUBBOC_OK, parse_json("1", &err));
    CHECK_KEEPS(DUBBOC_E_PARSE, parse_json("[1", &err));
    CHECK_KEEPS(DUBBOC_E_TYPE, parse_json("\"\\u0000\"", &err));
    CHECK_KEEPS(DUBBOC_OK, print_json(&number, &err));
    CHECK_KEEPS(DUBBOC_E_ARGUMENT, print_json(&raw, &err));
    CHECK_KEEPS(DUBBOC_OK, pack_string("a", &err));
    CHECK_KEEPS(DUBBOC_E_ARGUMENT, pack_string(NULL, &err));
    CHECK_KEEPS(DUBBOC_OK, dubboc_json_unpack(&number, &err, "i", &value));
    CHECK_KEEPS(DUBBOC_E_TYPE, dubboc_json_unpack(&number, &err, "n"));
    CHECK_KEEPS(DUBBOC_E_TYPE, dubboc_json_unpack(NULL, &err, "n"));
    CHECK_KEEPS(DUBBOC_OK, load_config(NULL, &err));
    CHECK_KEEPS(DUBBOC_E_CONFIG, load_config("/nonexistent/dubboc.ini", &err));
    CHECK_KEEPS(DUBBOC_OK, set_config("1", &err));
    CHECK_KEEPS(DUBBOC_E_CONFIG, set_config("many", &err));
    CHECK_KEEPS(DUBBOC_OK, new_and_free(NULL, &err));
    CHECK_KEEPS(DUBBOC_E_ARGUMENT, new_and_free("gopher://h", &err));
}

/* Checks all fields of the error. Earlier contents of the dubboc_error must be overwritten. */
static void check_refused(fixture *self, dubboc_status expected, dubboc_status status)
{
    assert_status(expected, status, &self->err);
    assert_int_equal(self->err.status, expected);
    assert_int_equal(self->err.execution, DUBBOC_NOT_EXECUTED);
    assert_int_equal(self->err.attempts, 0);
    assert_int_equal(self->err.rpc_code, 0);
    assert_int_equal(self->err.http_status, 0);
    assert_string_equal(self->err.provider, "");
    self->err = marked_error();
}

static void a_call_that_is_refused_before_sending_is_not_executed(void **state)
{
    (void)state;
    fixture self;
    cJSON *string = cJSON_CreateString("no params"), *nan = cJSON_CreateArray();
    begin(&self, &hangs_up);
    assert_true(cJSON_AddItemToArray(nan, cJSON_CreateRaw("no JSON")));
    self.err = marked_error();
    check_refused(&self, DUBBOC_E_ARGUMENT, raw_call(&self, "[1", NULL));
    check_refused(&self, DUBBOC_E_ARGUMENT, raw_call(&self, "7", NULL));
    check_refused(&self, DUBBOC_E_ARGUMENT,
        dubboc_call_with(self.client, "x.Y", "m", string, &self.options, NULL, &self.err));
    check_refused(&self, DUBBOC_E_ARGUMENT,
        dubboc_call_with(self.client, "x.Y", "m", nan, &self.options, NULL, &self.err));
    check_refused(&self, DUBBOC_E_ARGUMENT,
        dubboc_call_with(self.client, "x.Y", "a\"b", NULL, &self.options, NULL, &self.err));
    self.options.load_balance = "best";
    check_refused(&self, DUBBOC_E_ARGUMENT, raw_call(&self, "[]", NULL));
    self.options.load_balance = NULL;
    self.options.url = NULL;
    check_refused(&self, DUBBOC_E_NO_PROVIDER, raw_call(&self, "[]", NULL));
    self.options.size = 1;
    check_refused(&self, DUBBOC_E_ARGUMENT, raw_call(&self, "[]", NULL));
    assert_int_equal(requests(&self), 0);
    cJSON_Delete(string);
    cJSON_Delete(nan);
    end(&self);
}

/* The error names the provider after every attempt, also after a failed connection attempt. */
static void each_outcome_after_an_attempt_names_the_provider(void **state)
{
    (void)state;
    static const struct {
        const char *reply;
        dubboc_status status;
        dubboc_execution execution;
    } rows[] = {
        {REPLY("35", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":7}"), DUBBOC_OK, DUBBOC_ANSWERED},
        {REPLY("49", "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"message\":\"no\"}}"),
            DUBBOC_E_REMOTE, DUBBOC_ANSWERED},
        {REPLY("8", "not JSON"), DUBBOC_E_PROTOCOL, DUBBOC_MAYBE_EXECUTED},
        {"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n", DUBBOC_E_HTTP, DUBBOC_MAYBE_EXECUTED},
        {"HTTP/1.1 503 X\r\nDubboc-Not-Executed: 1\r\nContent-Length: 0\r\n\r\n", DUBBOC_E_BUSY,
            DUBBOC_NOT_EXECUTED},
        {"", DUBBOC_E_BROKEN, DUBBOC_MAYBE_EXECUTED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const peer_script script = {{PEER_READ, PEER_SEND(rows[i].reply)}};
        fixture self;
        begin(&self, &script);
        self.err = marked_error();
        assert_status(rows[i].status, raw_call(&self, "[]", NULL), &self.err);
        assert_int_equal(self.err.execution, rows[i].execution);
        assert_int_equal(self.err.attempts, 1);
        assert_contains(self.err.provider, "/x.Y");
        end(&self);
    }
}

static void the_values_of_execution_are_in_ascending_order(void **state)
{
    (void)state;
    assert_true(DUBBOC_EXECUTION_UNKNOWN == 0);
    assert_true(DUBBOC_EXECUTION_UNKNOWN < DUBBOC_NOT_EXECUTED);
    assert_true(DUBBOC_NOT_EXECUTED < DUBBOC_MAYBE_EXECUTED);
    assert_true(DUBBOC_MAYBE_EXECUTED < DUBBOC_ANSWERED);
    assert_string_equal(dubboc_execution_text(DUBBOC_EXECUTION_UNKNOWN), "unknown");
    assert_string_equal(dubboc_execution_text((dubboc_execution)77), "unknown");
    assert_string_equal(dubboc_execution_text(DUBBOC_NOT_EXECUTED), "not executed");
}

static void an_error_text_is_one_line_without_control_bytes(void **state)
{
    (void)state;
    dubboc_error err;
    error_set(&err, DUBBOC_E_REMOTE, "%s", "no\nFORGED \033[31mred\177\t\303\244");
    assert_string_equal(err.text, "no FORGED ?[31mred? \303\244");
    error_append(&err, "%s", "\r\nmore");
    error_prefix(&err, DUBBOC_E_REMOTE, "%s", "a\nb");
    assert_string_equal(err.text, "a b: no FORGED ?[31mred? \303\244  more");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answered_call_stays_answered_when_its_result_does_not_unpack),
        cmocka_unit_test(a_result_that_cannot_be_built_counts_as_answered_by_its_provider),
        cmocka_unit_test(only_calls_write_the_call_fields_of_an_error),
        cmocka_unit_test(a_call_that_is_refused_before_sending_is_not_executed),
        cmocka_unit_test(each_outcome_after_an_attempt_names_the_provider),
        cmocka_unit_test(an_error_text_is_one_line_without_control_bytes),
        cmocka_unit_test(the_values_of_execution_are_in_ascending_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

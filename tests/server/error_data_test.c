/* Errors with data from the handler, immediate and deferred, as the C client receives them. */
#include <stdatomic.h>
#include <dubboc/dubboc.h>

#include "base/slice.h"
#include "tests/server/caller.h"

#define DATA "{\"balance\":3,\"of\":[\"a\"]}"
#define ADDED "\"exceptionTypeName\":\"com.acme.Broke\",\"message\":\"3 is too little\""

/* Fails with the only parameter as the error's data, or without data if there is no parameter. */
static dubboc_status fail_now(
    dubboc_request *request, dubboc_slice params, dubboc_text *result, void *arg)
{
    (void)result;
    (void)arg;
    dubboc_slice data = slice_make(params.at + 1, params.len - 2); /* the only parameter */
    if (data.len == 0)
        data = slice_make(NULL, 0);
    return dubboc_request_fail_data_raw(request, 42, "com.acme.Broke", data, "%d is too little", 3);
}

static dubboc_status fail_with_tree(
    dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)result;
    (void)arg;
    cJSON *data = params != NULL ? cJSON_Duplicate(cJSON_GetArrayItem(params, 0), true) : NULL;
    return dubboc_request_fail_data(request, 42, "com.acme.Broke", data, "%d is too little", 3);
}

static dubboc_status fail_with_nan(
    dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)params;
    (void)result;
    (void)arg;
    cJSON *data = cJSON_CreateObject();
    cJSON_AddItemToObject(data, "bad", cJSON_CreateString("\xff"));
    return dubboc_request_fail_data(request, 42, "com.acme.Broke", data, "3 is too little");
}

static dubboc_status fail_later(
    dubboc_request *request, dubboc_slice params, dubboc_text *result, void *arg)
{
    (void)result;
    (void)arg;
    dubboc_slice data = slice_make(params.at + 1, params.len - 2);
    dubboc_deferred *deferred = dubboc_request_defer(request);
    assert_non_null(deferred);
    dubboc_deferred_fail_data_raw(deferred, 42, "com.acme.Broke", data, "3 is too little");
    return DUBBOC_DEFERRED;
}

static dubboc_status fail_later_with_tree(
    dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)result;
    (void)arg;
    dubboc_deferred *deferred = dubboc_request_defer(request);
    assert_non_null(deferred);
    dubboc_deferred_fail_data(deferred, 42, "com.acme.Broke",
        cJSON_Duplicate(cJSON_GetArrayItem(params, 0), true), "3 is too little");
    return DUBBOC_DEFERRED;
}

static dubboc_server *server;
static dubboc_client *client;
static char url[64];

static int start(void **state)
{
    static const dubboc_method methods[] = {
        DUBBOC_RAW_METHOD("now", fail_now, .flags = DUBBOC_NONBLOCKING),
        DUBBOC_METHOD("tree", fail_with_tree, .flags = DUBBOC_NONBLOCKING),
        DUBBOC_METHOD("nan", fail_with_nan, .flags = DUBBOC_NONBLOCKING),
        DUBBOC_RAW_METHOD("later", fail_later, .flags = DUBBOC_NONBLOCKING),
        DUBBOC_METHOD("laterTree", fail_later_with_tree, .flags = DUBBOC_NONBLOCKING),
    };
    (void)state;
    dubboc_error err;
    dubboc_service *service;
    dubboc_client_options options = {.size = sizeof options, .registry = ""};
    server = test_server(NULL, 1);
    assert_status(
        DUBBOC_OK, dubboc_server_add_service(server, "test.Fail", NULL, &service, &err), &err);
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        assert_status(DUBBOC_OK, dubboc_service_add_method(service, &methods[i], &err), &err);
    test_start(server);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/test.Fail", test_port(server));
    assert_status(DUBBOC_OK, dubboc_client_new(&options, &client, &err), &err);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    dubboc_client_free(client);
    dubboc_server_free(server);
    return 0;
}

/* Calls method with param (empty: no parameter) and checks that the error object's data is
 * `data`. */
static void check(const char *method, const char *param, const char *data)
{
    dubboc_error err;
    dubboc_text error_object = {0};
    dubboc_call_options options = {
        .size = sizeof options, .url = url, .remote_error = &error_object};
    char params[200], expected[400];
    snprintf(params, sizeof params, "[%s]", param);
    snprintf(expected, sizeof expected,
        "{\"code\":42,\"message\":\"3 is too little\",\"data\":{%s}}", data);
    assert_status(DUBBOC_E_REMOTE,
        dubboc_call_raw(client, "test.Fail", method, slice_of(params), &options, NULL, &err), &err);
    assert_int_equal(err.rpc_code, 42);
    assert_string_equal(error_object.data, expected);
    dubboc_text_free(&error_object);
}

static void error_data_holds_the_handlers_members_and_the_members_that_java_reads(void **state)
{
    (void)state;
    static const char *const methods[] = {"now", "tree", "later", "laterTree"};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        check(methods[i], DATA, ADDED ",\"balance\":3,\"of\":[\"a\"]");
        check(methods[i], "{}", ADDED);
    }
    check("now", " { \"a\" : { \"message\" : 1 } } ", ADDED ",\"a\" : { \"message\" : 1 }");
}

static void members_that_the_handler_has_set_are_not_replaced(void **state)
{
    (void)state;
    check("now", "{\"message\":7}", "\"exceptionTypeName\":\"com.acme.Broke\",\"message\":7");
    check("tree", "{\"x\":1,\"exceptionTypeName\":\"E\"}",
        "\"message\":\"3 is too little\",\"x\":1,\"exceptionTypeName\":\"E\"");
    check("later", "{\"\\u006dessage\":1,\"exceptionTypeName\":null}",
        "\"\\u006dessage\":1,\"exceptionTypeName\":null");
}

static atomic_uint left_out; /* atomic, because the workers log */

static void count_left_out(void *arg, dubboc_log_level level, const char *area, const char *message,
    const char *fields, unsigned suppressed)
{
    (void)arg;
    (void)level;
    (void)area;
    (void)message;
    (void)suppressed;
    left_out += strstr(fields, "the data of an error is left out") != NULL;
}

static void data_that_is_no_object_is_left_out_and_logged(void **state)
{
    (void)state;
    static const char *const methods[] = {"now", "tree", "later", "laterTree"};
    dubboc_log_set(count_left_out, NULL, DUBBOC_LOG_WARN);
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        left_out = 0;
        check(methods[i], "[1]", ADDED);
        check(methods[i], "\"text\"", ADDED);
        assert_int_equal(left_out, 1); /* logged at most once a minute for each method */
    }
    left_out = 0;
    check("nan", "", ADDED);
    assert_int_equal(left_out, 1);
    dubboc_log_set(NULL, NULL, DUBBOC_LOG_WARN);
}

static void a_failure_without_data_is_a_plain_error(void **state)
{
    (void)state;
    check("now", "", ADDED);
    check("tree", "", ADDED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(error_data_holds_the_handlers_members_and_the_members_that_java_reads),
        cmocka_unit_test(members_that_the_handler_has_set_are_not_replaced),
        cmocka_unit_test(data_that_is_no_object_is_left_out_and_logged),
        cmocka_unit_test(a_failure_without_data_is_a_plain_error),
    };
    return cmocka_run_group_tests(tests, start, stop);
}

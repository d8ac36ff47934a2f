#include "tests/support/test.h"

#include "codec/jsonrpc.h"

#define assert_slice(slice, text) check_slice((slice), (text), __FILE__, __LINE__)
static void check_slice(dubboc_slice actual, const char *expected, const char *file, int line)
{
    if (slice_is(actual, expected))
        return;
    print_error("\"%.*s\" is not \"%s\"\n", SLICE_ARGS(actual), expected);
    _fail(file, line);
}

static dubboc_error err;

/* --- provider side, reading --- */

static jsonrpc_request read_one(const char *body)
{
    static jsonrpc_message message;
    jsonrpc_request request;
    assert_status(DUBBOC_OK, jsonrpc_read_message(slice_of(body), &message, &err), &err);
    assert_false(message.is_batch);
    assert_true(jsonrpc_next(&message, &request));
    jsonrpc_request none;
    assert_false(jsonrpc_next(&message, &none));
    return request;
}

static void check_fault(const char *body, const char *id)
{
    jsonrpc_request request = read_one(body);
    if (request.fault != JSONRPC_INVALID_REQUEST)
        print_error("not refused: %s\n", body);
    assert_int_equal(JSONRPC_INVALID_REQUEST, request.fault);
    assert_non_null(request.fault_text);
    assert_slice(request.id, id);
}

static void reads_a_request_of_dubbogo(void **state)
{
    (void)state;
    jsonrpc_request request =
        read_one("{\"jsonrpc\":\"2.0\",\"method\":\"GetUser\",\"params\":[\"A003\"],\"id\":0}\n");
    assert_int_equal(0, request.fault);
    assert_slice(request.id, "0");
    assert_slice(request.method, "\"GetUser\"");
    assert_int_equal(JSON_ARRAY, request.params.kind);
    assert_slice(request.params.text, "[\"A003\"]");
}

static void reads_a_request_of_java(void **state)
{
    (void)state;
    jsonrpc_request request =
        read_one("{\"id\":\"-6129922846541284291\",\"jsonrpc\":\"2.0\",\"method\":\"queryAll\"}");
    assert_int_equal(0, request.fault);
    assert_slice(request.id, "\"-6129922846541284291\"");
    assert_int_equal(JSON_NONE, request.params.kind);
}

static void keeps_every_form_of_id_byte_for_byte(void **state)
{
    (void)state;
    const char *ids[] = {"1469071830258", "-1", "1.50", "1e2", "\"\"", "\"\\u0041\\n\"", "null",
        "99999999999999999999", "\"6ba7b810-9dad-11d1-80b4-00c04fd430c8\"", "9223372036854775807"};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        char body[200];
        snprintf(
            body, sizeof body, "{ \"id\" : %s , \"method\":\"m\",\"jsonrpc\":\"2.0\"}", ids[i]);
        jsonrpc_request request = read_one(body);
        assert_int_equal(0, request.fault);
        assert_slice(request.id, ids[i]);
        /* The id is also found if the request is refused for another reason. */
        snprintf(body, sizeof body, "{\"id\":%s,\"method\":\"m\",\"jsonrpc\":\"1.0\"}", ids[i]);
        check_fault(body, ids[i]);
    }
}

static void a_request_without_id_is_a_notification(void **state)
{
    (void)state;
    jsonrpc_request request = read_one("{\"jsonrpc\":\"2.0\",\"method\":\"m\"}");
    assert_int_equal(0, request.fault);
    assert_null(request.id.at);
}

static void params_null_and_absent_are_the_same(void **state)
{
    (void)state;
    assert_int_equal(JSON_NONE,
        read_one("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":null,\"id\":1}").params.kind);
    assert_int_equal(
        JSON_NONE, read_one("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":1}").params.kind);
    assert_int_equal(JSON_OBJECT,
        read_one("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":{},\"id\":1}").params.kind);
}

static void refuses_json_that_is_not_a_request(void **state)
{
    (void)state;
    check_fault("1", "null");
    check_fault("\"x\"", "null");
    check_fault("null", "null");
    check_fault("{}", "null");
    check_fault("{\"foo\":\"boo\"}", "null");
    check_fault("{\"jsonrpc\":\"2.0\",\"method\":1,\"params\":\"bar\"}", "null");
    check_fault("{\"method\":\"m\",\"id\":5}", "5");
    check_fault("{\"jsonrpc\":2.0,\"method\":\"m\",\"id\":5}", "5");
    check_fault("{\"jsonrpc\":\"2.00\",\"method\":\"m\",\"id\":5}", "5");
    check_fault("{\"jsonrpc\":\"2.0\",\"id\":5}", "5");
    check_fault("{\"jsonrpc\":\"2.0\",\"method\":null,\"id\":5}", "5");
    check_fault("{\"jsonrpc\":\"2.0\",\"method\":[\"m\"],\"id\":5}", "5");
    check_fault("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":1,\"id\":5}", "5");
    check_fault("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":\"x\",\"id\":5}", "5");
    check_fault("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":true,\"id\":\"x\"}", "\"x\"");
    check_fault("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":true}", "null");
    check_fault("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":[1]}", "null");
    check_fault("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":{}}", "null");
}

static void refuses_duplicate_members_of_the_envelope(void **state)
{
    (void)state;
    check_fault("{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"method\":\"b\",\"id\":1}", "null");
    check_fault("{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"id\":1,\"id\":2}", "null");
    check_fault("{\"jsonrpc\":\"2.0\",\"jsonrpc\":\"2.0\",\"method\":\"a\",\"id\":1}", "null");
    check_fault(
        "{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"params\":null,\"params\":[1],\"id\":1}", "null");
    check_fault("{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"\\u006dethod\":\"b\",\"id\":1}", "null");
}

static void member_names_are_case_sensitive_and_may_be_escaped(void **state)
{
    (void)state;
    check_fault("{\"jsonrpc\":\"2.0\",\"Method\":\"a\",\"id\":1}", "1");
    check_fault("{\"jsonrpc\":\"2.0\",\"method\\u0000\":\"a\",\"id\":1}", "1");
    jsonrpc_request request = read_one("{\"jsonrpc\":\"\\u0032.0\",\"m\\u0065thod\":\"a\","
                                       "\"METHOD\":\"b\",\"extra\":{},\"extra\":1,\"i\\u0064\":1}");
    assert_int_equal(0, request.fault);
    assert_slice(request.method, "\"a\"");
    assert_slice(request.id, "1");
}

static void a_method_name_is_compared_beyond_a_zero_character(void **state)
{
    (void)state;
    jsonrpc_request request =
        read_one("{\"jsonrpc\":\"2.0\",\"method\":\"echo\\u0000x\",\"id\":1}");
    assert_int_equal(0, request.fault);
    assert_false(json_string_is(request.method, "echo"));
    assert_true(json_string_is(slice_of("\"\\u0065cho\""), "echo"));
}

static void text_that_is_not_json_is_reported_with_its_place(void **state)
{
    (void)state;
    jsonrpc_message message;
    assert_status(DUBBOC_E_PARSE,
        jsonrpc_read_message(slice_of("{\"jsonrpc\":\"2.0\",}"), &message, &err), &err);
    assert_contains(err.text, "at byte 17");
    assert_status(DUBBOC_E_PARSE, jsonrpc_read_message(slice_of(""), &message, &err), &err);
    assert_status(DUBBOC_E_PARSE, jsonrpc_read_message(slice_make(NULL, 0), &message, &err), &err);
    assert_status(DUBBOC_E_PARSE,
        jsonrpc_read_message(
            slice_of("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":1} x"), &message, &err),
        &err);
    assert_status(DUBBOC_E_PARSE,
        jsonrpc_read_message(
            slice_of("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":1}{}"), &message, &err),
        &err);
}

static void valid_requests_of_a_batch_are_read_in_order_despite_invalid_elements(void **state)
{
    (void)state;
    const char *body =
        " [ {\"jsonrpc\":\"2.0\",\"method\":\"a\",\"id\":1} , 1,{\"foo\":\"boo\"}, [] ,"
        "{\"jsonrpc\":\"2.0\",\"method\":\"b\"},{\"jsonrpc\":\"2.0\",\"method\":\"c\",\"id\":\"9\"}"
        " ] ";
    const struct {
        int fault;
        const char *method, *id;
    } expected[] = {{0, "\"a\"", "1"}, {-32600, NULL, "null"}, {-32600, NULL, "null"},
        {-32600, NULL, "null"}, {0, "\"b\"", NULL}, {0, "\"c\"", "\"9\""}};
    jsonrpc_message message;
    jsonrpc_request request;
    assert_status(DUBBOC_OK, jsonrpc_read_message(slice_of(body), &message, &err), &err);
    assert_true(message.is_batch);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        assert_true(jsonrpc_next(&message, &request));
        assert_int_equal(expected[i].fault, request.fault);
        if (expected[i].method != NULL)
            assert_slice(request.method, expected[i].method);
        if (expected[i].id != NULL)
            assert_slice(request.id, expected[i].id);
        else
            assert_null(request.id.at);
    }
    assert_false(jsonrpc_next(&message, &request));
    assert_false(jsonrpc_next(&message, &request));
}

static void a_batch_whose_end_is_not_json_returns_no_request(void **state)
{
    (void)state;
    jsonrpc_message message;
    const char *bodies[] = {"[{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"id\":1},",
        "[{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"id\":1},]",
        "[{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"id\":1}",
        "[{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"id\":1}]]"};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        assert_status(
            DUBBOC_E_PARSE, jsonrpc_read_message(slice_of(bodies[i]), &message, &err), &err);
}

static void an_empty_batch_is_answered_by_one_object(void **state)
{
    (void)state;
    check_fault("[]", "null");
    check_fault(" [ ] ", "null");
}

static char *batch_of(size_t count)
{
    static const char request[] =
        "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":[1],\"id\":12345},";
    size_t len = sizeof request - 1;
    char *body = malloc(count * len + 2);
    assert_non_null(body);
    body[0] = '[';
    for (size_t i = 0; i < count; i++)
        memcpy(body + 1 + i * len, request, len);
    body[count * len] = ']';
    body[count * len + 1] = '\0';
    return body;
}

static void accepts_10000_requests_in_a_batch_and_no_more(void **state)
{
    (void)state;
    jsonrpc_message message;
    jsonrpc_request request;
    char *body = batch_of(JSONRPC_BATCH_MAX);
    size_t count = 0;
    assert_status(DUBBOC_OK, jsonrpc_read_message(slice_of(body), &message, &err), &err);
    for (; jsonrpc_next(&message, &request); count++)
        assert_slice(request.id, "12345");
    assert_int_equal(JSONRPC_BATCH_MAX, count);
    free(body);
    body = batch_of(100000);
    assert_status(DUBBOC_E_TOO_BIG, jsonrpc_read_message(slice_of(body), &message, &err), &err);
    assert_contains(err.text, "a batch of 100000 requests");
    assert_false(jsonrpc_next(&message, &request));
    free(body);
}

/* --- provider side, answering --- */

static void writes_results_and_errors_as_dubbo_consumers_want_them(void **state)
{
    (void)state;
    buffer out;
    buffer_init(&out, 1000);
    jsonrpc_begin_result(&out, slice_of("\"17\""));
    buffer_append_text(&out, "[1]");
    jsonrpc_end_result(&out);
    assert_slice(buffer_slice(&out), "{\"jsonrpc\":\"2.0\",\"id\":\"17\",\"result\":[1]}\n");
    buffer_clear(&out);
    jsonrpc_write_error(&out, slice_of("null"), -32700, slice_of("no \"x\" \xFF"), NULL);
    assert_slice(buffer_slice(&out),
        "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,\"message\":\"no \\\"x\\\" "
        "\xEF\xBF\xBD\","
        "\"data\":{\"exceptionTypeName\":\"java.lang.RuntimeException\",\"message\":\"no \\\"x\\\" "
        "\xEF\xBF\xBD\"}}}\n");
    buffer_clear(&out);
    jsonrpc_write_error(&out, slice_of("3"), 7, slice_of("m"), "java.lang.Exception");
    assert_slice(buffer_slice(&out),
        "{\"jsonrpc\":\"2.0\",\"id\":3,\"error\":{\"code\":7,\"message\":\"m\","
        "\"data\":{\"exceptionTypeName\":\"java.lang.Exception\",\"message\":\"m\"}}}\n");
    buffer_fini(&out);
}

/* --- consumer side --- */

static void writes_a_request_byte_for_byte_as_dubbogo_does(void **state)
{
    (void)state;
    buffer out;
    buffer_init(&out, 1000);
    assert_true(jsonrpc_begin_request(&out, slice_of("GetUser")));
    buffer_append_text(&out, "[\"A003\"]");
    jsonrpc_end_request(&out, 0);
    assert_slice(buffer_slice(&out),
        "{\"jsonrpc\":\"2.0\",\"method\":\"GetUser\",\"params\":[\"A003\"],\"id\":0}\n");
    buffer_clear(&out);
    assert_false(jsonrpc_begin_request(&out, slice_of("\xC0\xAF")));
    buffer_fini(&out);
}

static jsonrpc_reply read_good(const char *body)
{
    jsonrpc_reply reply;
    dubboc_status status = jsonrpc_read_reply(slice_of(body), 7, &reply, &err);
    if (status != DUBBOC_OK)
        print_error("refused: %s\n", body);
    assert_status(DUBBOC_OK, status, &err);
    return reply;
}

static void check_refused(const char *body, const char *part)
{
    jsonrpc_reply reply;
    dubboc_status status = jsonrpc_read_reply(slice_of(body), 7, &reply, &err);
    if (status != DUBBOC_E_PROTOCOL)
        print_error("not refused: %s\n", body);
    assert_status(DUBBOC_E_PROTOCOL, status, &err);
    assert_contains(err.text, part);
}

static void reads_results_with_the_id_as_number_or_string(void **state)
{
    (void)state;
    jsonrpc_reply reply = read_good("{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"a\":1}}\n");
    assert_false(reply.is_error);
    assert_slice(reply.result.text, "{\"a\":1}");
    assert_int_equal(JSON_OBJECT, reply.result.kind);
    reply = read_good(" {\"id\" : \"7\", \"result\" : null, \"more\":[], \"more\":2} \r\n");
    assert_int_equal(JSON_NULL, reply.result.kind);
    reply = read_good("{\"jsonrpc\":\"jsonrpc\",\"id\":7}");
    assert_int_equal(JSON_NONE, reply.result.kind);
    reply = read_good("{\"jsonrpc\":1.0,\"id\":7,\"error\":null,\"result\":5}");
    assert_false(reply.is_error);
    assert_slice(reply.result.text, "5");
}

static void an_error_wins_over_a_result(void **state)
{
    (void)state;
    jsonrpc_reply reply = read_good("{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{},\"error\":{"
                                    "\"code\":-32000,\"message\":\"no \\u0061\",\"data\":[1]}}");
    assert_true(reply.is_error);
    assert_int_equal(-32000, reply.code);
    assert_slice(reply.message.text, "\"no \\u0061\"");
    assert_slice(reply.error.text, "{\"code\":-32000,\"message\":\"no \\u0061\",\"data\":[1]}");
}

static void an_error_object_may_lack_every_member(void **state)
{
    (void)state;
    jsonrpc_reply reply = read_good("{\"id\":7,\"error\":{}}");
    assert_true(reply.is_error);
    assert_int_equal(0, reply.code);
    assert_int_equal(JSON_NONE, reply.message.kind);
    assert_int_equal(9, read_good("{\"id\":7,\"error\":{\"code\":9.0}}").code);
    assert_int_equal(0, read_good("{\"id\":7,\"error\":{\"code\":\"9\"}}").code);
    assert_int_equal(0, read_good("{\"id\":7,\"error\":{\"code\":1e30,\"message\":5}}").code);
    assert_int_equal(
        JSON_NUMBER, read_good("{\"id\":7,\"error\":{\"code\":1.5,\"message\":5}}").message.kind);
}

static void an_error_that_is_not_an_object_is_still_an_error(void **state)
{
    (void)state;
    assert_int_equal(JSON_STRING, read_good("{\"id\":7,\"error\":\"bad\"}").error.kind);
    assert_int_equal(JSON_NUMBER, read_good("{\"id\":7,\"error\":5}").error.kind);
    assert_int_equal(JSON_FALSE, read_good("{\"id\":7,\"error\":false,\"result\":1}").error.kind);
    assert_true(read_good("{\"id\":7,\"error\":\"bad\"}").is_error);
}

static void only_an_error_reply_may_lack_the_id_of_the_call(void **state)
{
    (void)state;
    assert_true(read_good("{\"jsonrpc\":\"jsonrpc\",\"id\":\"null\",\"error\":{\"code\":-32700}}")
                    .is_error);
    assert_true(read_good("{\"id\":null,\"error\":{\"code\":-32700}}").is_error);
    assert_true(read_good("{\"error\":{\"code\":-32700}}").is_error);
    check_refused("{\"id\":8,\"error\":{\"code\":-32700}}", "id is 8");
    check_refused("{\"id\":null,\"result\":1}", "id is null");
    check_refused("{\"id\":\"null\",\"result\":1}", "id is \"null\"");
    check_refused("{\"result\":1}", "no id");
}

static void refuses_a_reply_that_may_belong_to_another_call(void **state)
{
    (void)state;
    const char *ids[] = {
        "8", "\"8\"", "7.0", "7e0", "\"7.0\"", "\" 7\"", "07", "[7]", "true", "70", "-7", "\"\""};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        char body[100];
        snprintf(body, sizeof body, "{\"id\":%s,\"result\":1}", ids[i]);
        check_refused(body, "reply");
    }
}

static void an_error_text_cuts_the_reply_between_characters(void **state)
{
    (void)state;
    /* the error text shows 39 bytes after the quote: 19 whole characters and the first byte of the
     * next one */
    char body[200] = "{\"jsonrpc\":\"2.0\",\"result\":1,\"id\":\"";
    char shown[100] = "the reply's id is \"";
    for (int i = 0; i < 25; i++) {
        strcat(body, "\xC3\xA4");
        strcat(shown, i < 19 ? "\xC3\xA4" : "");
    }
    strcat(body, "\"}");
    strcat(shown, ", expected 7");
    check_refused(body, shown);
}

static void refuses_malformed_replies(void **state)
{
    (void)state;
    check_refused("", "not JSON");
    check_refused("[]", "not an object");
    check_refused("5", "not an object");
    check_refused("nul", "not JSON");
    check_refused("{}", "no error, no result and no id");
    check_refused("{\"id\":7,\"result\":1}{", "after the value");
    check_refused("{\"id\":7,\"result\":1", "not closed");
    check_refused("{\"id\":7,\"result\":\"\xC3\"}", "UTF-8");
    check_refused("{\"id\":7,\"id\":7,\"result\":1}", "two members \"id\"");
    check_refused("{\"id\":7,\"result\":1,\"result\":2}", "two members \"result\"");
    check_refused("{\"id\":7,\"error\":null,\"error\":{}}", "two members \"error\"");
    check_refused("<html>", "not JSON");
}

/* --- consumer side, replies to a batch --- */

static const uint32_t asked[] = {7, 71, 135};
#define ASKED (sizeof asked / sizeof asked[0])
#define OF_7 "{\"id\":7,\"result\":[1]}"
#define OF_71 "{\"jsonrpc\":\"2.0\",\"id\":\"71\",\"error\":{\"code\":-32601,\"message\":\"no\"}}"
#define OF_135 "{\"result\":null,\"id\":135}"

static const struct {
    const char *body;
    const char *there;   /* one digit per request: 1 if the batch contains its reply, else 0 */
    const char *problem; /* NULL: DUBBOC_OK */
} batches[] = {
    {"[" OF_7 "," OF_71 "," OF_135 "]\n", "111", NULL},
    {" [ " OF_135 " , " OF_7 " , " OF_71 " ] ", "111", NULL},
    {"[" OF_7 "," OF_71, "110",
        "the reply cannot be read to its end: not JSON: an array that is not closed"},
    {"[" OF_7 "," OF_71 ",", "110", "to its end"},
    {"[" OF_7 "," OF_71 ",]", "110", "to its end"},
    {"[" OF_7 "," OF_71 "," OF_135 ",]", "111", "to its end"},
    {"[" OF_7 "," OF_71 "," OF_135, "111", "to its end"},
    {"[" OF_7 "," OF_71 ",{\"id\":135,\"result\":nul", "110", "to its end"},
    {"[" OF_7 "," OF_71 ",{\"id\":135,\"result\":1", "110", "to its end"},
    {"[" OF_7 "," OF_71 "," OF_135 "]x", "111", "after the value"},
    {"[" OF_7 ",5," OF_135 "]", "101", "not an object"},
    {"[" OF_7 ",{\"id\":8,\"result\":1}," OF_135 "]", "101", "no request"},
    {"[" OF_7 "," OF_7 "," OF_71 "," OF_135 "]", "111", "two replies have the id 7"},
    {"[" OF_7 ",{\"id\":71,\"id\":71,\"result\":1}," OF_135 "]", "101", "two members"},
    {"[" OF_7 "," OF_71 "]", "110", "1 of 3 requests are not answered"},
    {"[]", "000", "3 of 3 requests"},
    {"[" OF_7 ",{\"id\":null,\"error\":{\"code\":-32600}}," OF_135 "]", "101",
        "an error that names no request: {\"code\":-32600}"},
    {"{\"id\":null,\"error\":{\"code\":-32700}}", "000",
        "an error that names no request: {\"code\":-32700}"},
    {OF_7, "100", "2 of 3 requests"},
    {"", "000", "not JSON"},
    {"<html>", "000", "not JSON"},
    {"7", "000", "not an object"},
};

static void only_the_complete_replies_of_a_batch_count(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof batches / sizeof batches[0]; i++) {
        jsonrpc_batch_reply replies[ASKED];
        char there[ASKED + 1] = "";
        dubboc_status status =
            jsonrpc_read_replies(slice_of(batches[i].body), asked, ASKED, replies, &err);
        for (size_t r = 0; r < ASKED; r++)
            there[r] = replies[r].is_there ? '1' : '0';
        if (strcmp(there, batches[i].there) != 0)
            fail_msg("%s: %s are there, expected %s", batches[i].body, there, batches[i].there);
        if (status != (batches[i].problem == NULL ? DUBBOC_OK : DUBBOC_E_PROTOCOL))
            fail_msg("%s: %s: %s", batches[i].body, dubboc_status_name(status), err.text);
        if (batches[i].problem != NULL)
            assert_contains(err.text, batches[i].problem);
        if (replies[0].is_there)
            assert_slice(replies[0].reply.result.text, "[1]");
        if (replies[1].is_there)
            assert_int_equal(-32601, replies[1].reply.code);
        if (replies[2].is_there)
            assert_int_equal(JSON_NULL, replies[2].reply.result.kind);
    }
}

static void a_batch_that_was_written_can_be_read(void **state)
{
    (void)state;
    buffer out;
    jsonrpc_message message;
    jsonrpc_request request;
    buffer_init(&out, 4096);
    for (size_t i = 0; i < ASKED; i++) {
        buffer_append_char(&out, i == 0 ? '[' : ',');
        assert_true(jsonrpc_begin_request(&out, slice_of("m")));
        buffer_append_text(&out, "[]");
        jsonrpc_end_request(&out, asked[i]);
    }
    buffer_append_char(&out, ']');
    assert_status(DUBBOC_OK, jsonrpc_read_message(buffer_slice(&out), &message, &err), &err);
    assert_true(message.is_batch);
    for (size_t i = 0; i < ASKED; i++) {
        char id[16];
        snprintf(id, sizeof id, "%u", (unsigned)asked[i]);
        assert_true(jsonrpc_next(&message, &request));
        assert_int_equal(0, request.fault);
        assert_slice(request.id, id);
    }
    assert_false(jsonrpc_next(&message, &request));
    buffer_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_request_of_dubbogo),
        cmocka_unit_test(reads_a_request_of_java),
        cmocka_unit_test(keeps_every_form_of_id_byte_for_byte),
        cmocka_unit_test(a_request_without_id_is_a_notification),
        cmocka_unit_test(params_null_and_absent_are_the_same),
        cmocka_unit_test(refuses_json_that_is_not_a_request),
        cmocka_unit_test(refuses_duplicate_members_of_the_envelope),
        cmocka_unit_test(member_names_are_case_sensitive_and_may_be_escaped),
        cmocka_unit_test(a_method_name_is_compared_beyond_a_zero_character),
        cmocka_unit_test(text_that_is_not_json_is_reported_with_its_place),
        cmocka_unit_test(valid_requests_of_a_batch_are_read_in_order_despite_invalid_elements),
        cmocka_unit_test(a_batch_whose_end_is_not_json_returns_no_request),
        cmocka_unit_test(an_empty_batch_is_answered_by_one_object),
        cmocka_unit_test(accepts_10000_requests_in_a_batch_and_no_more),
        cmocka_unit_test(writes_results_and_errors_as_dubbo_consumers_want_them),
        cmocka_unit_test(writes_a_request_byte_for_byte_as_dubbogo_does),
        cmocka_unit_test(reads_results_with_the_id_as_number_or_string),
        cmocka_unit_test(an_error_wins_over_a_result),
        cmocka_unit_test(an_error_object_may_lack_every_member),
        cmocka_unit_test(an_error_that_is_not_an_object_is_still_an_error),
        cmocka_unit_test(only_an_error_reply_may_lack_the_id_of_the_call),
        cmocka_unit_test(refuses_a_reply_that_may_belong_to_another_call),
        cmocka_unit_test(an_error_text_cuts_the_reply_between_characters),
        cmocka_unit_test(refuses_malformed_replies),
        cmocka_unit_test(only_the_complete_replies_of_a_batch_count),
        cmocka_unit_test(a_batch_that_was_written_can_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

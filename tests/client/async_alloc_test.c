/* Asynchronous calls when there is no memory: each allocation of making a client, starting a call,
 * running it, taking its outcome and freeing everything fails in turn. Each call is told once all
 * the same. AddressSanitizer reports leaks. */
#include "tests/support/alloc_fail.h"
#include "tests/support/scripted_peer.h"
#include "tests/support/test.h"

#define LIMIT_MS 5000

static const peer_script answers_each = {{PEER_READ,
    PEER_SEND("HTTP/1.1 200 OK\r\nContent-Length: 83\r\n\r\n"
              "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-7,\"message\":\"no "
              "\\u00e9\",\"data\":[1.10]}}"),
    PEER_AGAIN}};

static void count(dubboc_pending *pending, void *arg)
{
    (void)pending;
    ++*(int *)arg;
}

/* The text of a failure may be about something that follows from the missing memory. */
static void check_outcome(dubboc_status status, const dubboc_error *err, bool must_work)
{
    if (must_work)
        assert_status(DUBBOC_E_REMOTE, status, err);
    assert_true(status != DUBBOC_OK);
    assert_int_not_equal(DUBBOC_EXECUTION_UNKNOWN, err->execution);
}

static void run_call(dubboc_client *client, const char *url, bool must_work)
{
    const dubboc_header header = {"x-name", "value"};
    dubboc_text object = {0};
    const dubboc_call_options options = {.size = sizeof options,
        .url = url,
        .timeout_ms = DUBBOC_NONE,
        .headers = &header,
        .header_count = 1,
        .remote_error = &object};
    dubboc_pending *pending = NULL;
    dubboc_error err = {0};
    int told = 0;
    dubboc_status status =
        dubboc_call_start(client, "x.Y", "m", NULL, &options, count, &told, &pending, &err);
    if (status == DUBBOC_OK) {
        assert_int_equal(DUBBOC_OK, dubboc_pending_wait(pending, LIMIT_MS));
        assert_int_equal(1, told);
        status = dubboc_pending_take(pending, NULL, &err);
        check_outcome(status, &err, must_work);
    } else {
        assert_false(must_work);
        assert_int_equal(DUBBOC_NOT_EXECUTED, err.execution);
        assert_null(pending);
    }
    dubboc_pending_free(pending);
    dubboc_text_free(&object);
}

static void run_round(void *arg, bool must_work)
{
    dubboc_client *client = NULL;
    dubboc_error err;
    const dubboc_client_options options = {
        .size = sizeof options, .registry = "", .io_threads = DUBBOC_NONE};
    dubboc_status status = dubboc_client_new(&options, &client, &err);
    if (must_work)
        assert_status(DUBBOC_OK, status, &err);
    if (status != DUBBOC_OK)
        return;
    run_call(client, arg, must_work);
    dubboc_client_free(client);
}

static void a_call_ends_exactly_once_whichever_allocation_fails(void **state)
{
    (void)state;
    scripted_peer *peer = scripted_peer_new(&answers_each, 1);
    char url[64];
    snprintf(url, sizeof url, "%s/x.Y", scripted_peer_url(peer));
    unsigned long failed = alloc_fail_each(run_round, url);
    print_message("%lu allocations failed\n", failed);
    assert_true(failed > 20);
    scripted_peer_free(peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_ends_exactly_once_whichever_allocation_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

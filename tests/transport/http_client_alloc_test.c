#include "tests/support/alloc_fail.h"
#include "tests/transport/client_fixture.h"

static void a_steady_exchange_allocates_nothing(void **state)
{
    (void)state;
    fixture f = start(&answers_all, 1);
    call_well(&f);
    alloc_fail_at(0);
    for (int i = 0; i < 10; i++) {
        http_client_connection *connection = take(&f);
        begin_post(connection);
        unsigned long before = alloc_fail_count();
        while (http_client_exchange_step(connection) == HTTP_CLIENT_WANT_READ)
            assert_int_equal(http_client_connection_wait(
                                 connection, HTTP_CLIENT_WANT_READ, deadline_in_ms(5000)),
                DUBBOC_OK);
        assert_body(connection, "ok");
        http_client_connection_give_back(connection);
        assert_int_equal(alloc_fail_count(), before);
    }
    end(&f);
}

/* Creates a client, makes a call and frees everything, while an allocation may fail. Nothing may
 * crash or leak, and err must name the failure. */
static dubboc_status one_round(const char *url, dubboc_error *err)
{
    http_client_settings settings = usual_settings();
    settings.tls_ca_file = "/nowhere"; /* a string that the client copies */
    http_client *client = NULL;
    http_client_endpoint *endpoint = NULL;
    http_client_connection *connection = NULL;
    dubboc_status status = http_client_new(&settings, &client, err);
    if (status == DUBBOC_OK)
        status = http_client_endpoint_new(client, url, &endpoint, err);
    if (status == DUBBOC_OK)
        status = take_from(endpoint, deadline_in_ms(5000), &connection, err);
    if (status == DUBBOC_OK) {
        buffer *request = http_client_connection_request(connection);
        buffer_append_text(request, "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}");
        status = request->status;
    }
    if (status == DUBBOC_OK) {
        http_client_exchange_begin(connection);
        status = drive(connection, deadline_in_ms(5000), err);
    }
    http_client_connection_give_back(connection);
    if (endpoint != NULL)
        http_client_endpoint_unref(endpoint);
    http_client_free(client);
    return status;
}

static void run_round(void *arg, bool must_work)
{
    dubboc_error err;
    dubboc_status status = one_round(arg, &err);
    if (must_work || status != DUBBOC_E_NO_MEMORY)
        assert_status(DUBBOC_OK, status, &err);
}

static void each_failing_allocation_is_a_clean_error(void **state)
{
    (void)state;
    scripted_peer *peer = scripted_peer_new(&answers_all, 1);
    unsigned long failed = alloc_fail_each(run_round, (void *)scripted_peer_url(peer));
    assert_in_range(failed, 6, 100);
    scripted_peer_free(peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_steady_exchange_allocates_nothing),
        cmocka_unit_test(each_failing_allocation_is_a_clean_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

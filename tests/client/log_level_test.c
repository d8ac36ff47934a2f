/* Tests DUBBOC_LOG_FROM_CONFIG in a program that makes a client and then a server. */
#include "base/log.h"
#include "tests/support/test.h"

static void ignore_event(void *arg, dubboc_log_level level, const char *area, const char *message,
    const char *fields, unsigned suppressed)
{
    (void)arg;
    (void)level;
    (void)area;
    (void)message;
    (void)fields;
    (void)suppressed;
}

static dubboc_client *client_with_level(const char *level)
{
    static const dubboc_client_options options = {.size = sizeof options, .registry = "static:"};
    dubboc_client *client;
    dubboc_error err;
    assert_int_equal(0, setenv("DUBBOC_LOG_LEVEL", level, 1));
    assert_status(DUBBOC_OK, dubboc_client_new(&options, &client, &err), &err);
    return client;
}

static dubboc_server *server_with_level(const char *level)
{
    dubboc_server *server;
    dubboc_error err;
    assert_int_equal(0, setenv("DUBBOC_LOG_LEVEL", level, 1));
    assert_status(DUBBOC_OK, dubboc_server_new(NULL, &server, &err), &err);
    return server;
}

static void the_first_client_sets_the_log_level_and_a_later_server_does_not(void **state)
{
    (void)state;
    dubboc_log_set(ignore_event, NULL, DUBBOC_LOG_FROM_CONFIG);
    assert_false(log_is_on(DUBBOC_LOG_INFO));
    dubboc_client *client = client_with_level("info");
    assert_true(log_is_on(DUBBOC_LOG_INFO));
    assert_false(log_is_on(DUBBOC_LOG_DEBUG));
    dubboc_server *server = server_with_level("debug");
    assert_false(log_is_on(DUBBOC_LOG_DEBUG));
    dubboc_server_free(server);
    dubboc_client_free(client);
    dubboc_log_set(NULL, NULL, DUBBOC_LOG_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_client_sets_the_log_level_and_a_later_server_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

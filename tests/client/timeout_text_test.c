/* The error text of a call that timed out says how long the call waited, and where the time-out was
 * set. */
#include "tests/client/call_fixture.h"

#include "base/clock.h"
#include "client/call.h"
#include "client/timeout.h"

/* A call to a provider that never answers. Its time-out of 20 ms is set in exactly one place. */
typedef struct origin {
    const char *expected;
    const char *file; /* text of the configuration file */
    const char *variable;
    const char *setting[3]; /* dubboc_config_set() */
    const char *node;       /* text that is appended to the provider's node in the registry */
    const char *query;      /* the query of the call's own URL */
    int structure_ms, call_ms;
} origin;

static const origin origins[] = {
    {.expected = "(call option)", .call_ms = 20},
    {.expected = "(url of the call)", .query = "?timeout=20"},
    {.expected = "(override rule)",
        .node = " override://0.0.0.0/x.Y?category=configurators&timeout=20"},
    {.expected = "([reference x.Y] m.timeout)", .setting = {"reference x.Y", "m.timeout", "20ms"}},
    {.expected = "([reference x.Y] timeout)", .setting = {"reference x.Y", "timeout", "20ms"}},
    {.expected = "([reference x.Y] timeout)", .file = "[reference x.Y]\ntimeout = 20ms\n"},
    {.expected = "($DUBBOC_REFERENCE_X_Y_TIMEOUT)", .variable = "DUBBOC_REFERENCE_X_Y_TIMEOUT"},
    {.expected = "($DUBBOC_REFERENCE_X_Y_M_TIMEOUT)", .variable = "DUBBOC_REFERENCE_X_Y_M_TIMEOUT"},
    {.expected = "(node of 127.0.0.1:", .node = "&m.timeout=20"},
    {.expected = "(option timeout_ms)", .structure_ms = 20},
    {.expected = "([client] request_timeout)", .setting = {"client", "request_timeout", "20ms"}},
    {.expected = "($DUBBOC_CLIENT_REQUEST_TIMEOUT)", .variable = "DUBBOC_CLIENT_REQUEST_TIMEOUT"},
    {.expected = "/x.ini:3)", .file = "[client]\n\nrequest_timeout = 20ms\n"},
};

static dubboc_config *config_of(const origin *from, const char *folder)
{
    char path[512];
    dubboc_error err;
    dubboc_config *config = NULL;
    snprintf(path, sizeof path, "%s/x.ini", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(from->file != NULL ? from->file : "", file);
    assert_int_equal(fclose(file), 0);
    if (from->variable != NULL)
        setenv(from->variable, "20ms", 1);
    assert_status(DUBBOC_OK, dubboc_config_load(path, &config, &err), &err);
    if (from->variable != NULL)
        unsetenv(from->variable);
    const char *const *set = from->setting;
    if (set[0] != NULL)
        assert_status(DUBBOC_OK, dubboc_config_set(config, set[0], set[1], set[2], &err), &err);
    return config;
}

/* Waits until the list is read, because on a slow machine the time-out could pass first. */
static void wait_for_list(fixture *self)
{
    reference *used;
    assert_status(DUBBOC_OK, reference_find(self->client, "x.Y", &used, &self->err), &self->err);
    dubboc_status status = directory_wait_ready(used->directory, deadline_in_ms(20000), &self->err);
    assert_status(DUBBOC_OK, status, &self->err);
}

static void check(const origin *from)
{
    char nodes[512], url[128];
    fixture self = {.options = {.size = sizeof self.options, .timeout_ms = from->call_ms}};
    char *folder = test_folder_new();
    self.peers[0] = scripted_peer_new(&is_silent, 1);
    snprintf(nodes, sizeof nodes, "static:%s/x.Y?interface=x.Y%s", address_of(self.peers[0]).text,
        from->node != NULL ? from->node : "");
    snprintf(url, sizeof url, "%s/x.Y%s", scripted_peer_url(self.peers[0]),
        from->query != NULL ? from->query : "");
    self.options.url = from->query != NULL ? url : NULL;
    dubboc_config *config = config_of(from, folder);
    const dubboc_client_options options = {.size = sizeof options,
        .config = config,
        .registry = nodes,
        .timeout_ms = from->structure_ms};
    assert_status(DUBBOC_OK, dubboc_client_new(&options, &self.client, &self.err), &self.err);
    wait_for_list(&self);
    assert_status(DUBBOC_E_TIMEOUT, raw_call(&self, "[]", NULL), &self.err);
    assert_contains(self.err.text, "x.Y.m: timed out after 20 ms (");
    assert_contains(self.err.text, from->expected);
    dubboc_config_free(config);
    test_folder_remove(folder);
    end(&self);
}

static void the_text_names_where_the_timeout_was_set(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof origins / sizeof origins[0]; i++)
        check(&origins[i]);
}

static void the_text_names_the_default_timeout(void **state)
{
    (void)state;
    char text[TIMEOUT_TEXT_SIZE];
    call made;
    fixture self;
    begin(&self, &is_silent);
    const char *const settings[][3] = {{"reference x.Y", "url", self.url}};
    configure(&self, settings, 1);
    assert_status(DUBBOC_OK, call_init(&made, self.client, "x.Y", "m", NULL, &self.err), &self.err);
    call_describe_timeout(&made, text, sizeof text);
    assert_string_equal(text, "timed out after 3000 ms (default of [client] request_timeout)");
    end(&self);
}

static void the_text_names_where_the_connect_timeout_was_set(void **state)
{
    (void)state;
    fixture self;
    begin(&self, &is_silent);
    assert_string_equal(
        self.client->http->settings.connect_timeout_origin, "default of [client] connect_timeout");
    const char *const settings[][3] = {{"client", "connect_timeout", "2s"}};
    configure(&self, settings, 1);
    assert_string_equal(
        self.client->http->settings.connect_timeout_origin, "[client] connect_timeout");
    dubboc_client_free(self.client);
    const dubboc_client_options options = {.size = sizeof options, .connect_timeout_ms = 7};
    assert_status(DUBBOC_OK, dubboc_client_new(&options, &self.client, &self.err), &self.err);
    assert_string_equal(
        self.client->http->settings.connect_timeout_origin, "option connect_timeout_ms");
    end(&self);
}

/* The wait ended because of the time-out, but the status says what the call waited for. */
static void the_text_names_the_time_out_of_a_call_that_waited_for_a_connection(void **state)
{
    (void)state;
    fixture self;
    begin(&self, &is_silent);
    const char *const settings[][3] = {
        {"reference x.Y", "url", self.url}, {"client", "pool_size", "1"}};
    configure(&self, settings, 2);
    fixture other = self;
    other.options.timeout_ms = DUBBOC_NONE;
    background_call holds = {.self = &other};
    pthread_t thread = start(&holds);
    assert_true(test_wait_for(peer_was_asked, &self, 5000));
    self.options.timeout_ms = 20;
    assert_status(DUBBOC_E_BUSY, raw_call(&self, "[]", NULL), &self.err);
    assert_contains(self.err.text, "; timed out after 20 ms (call option)");
    dubboc_client_free(self.client);
    self.client = NULL;
    pthread_join(thread, NULL);
    end(&self);
}

static void the_text_names_the_time_out_of_a_call_that_waited_for_the_registry(void **state)
{
    (void)state;
    fixture self = {.options = {.size = sizeof self.options, .timeout_ms = 20}};
    self.client = new_client("zookeeper://127.0.0.1:1");
    assert_status(DUBBOC_E_REGISTRY, raw_call(&self, "[]", NULL), &self.err);
    assert_contains(self.err.text, "cannot be reached");
    assert_contains(self.err.text, "; timed out after 20 ms (call option)");
    end(&self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_names_where_the_timeout_was_set),
        cmocka_unit_test(the_text_names_the_default_timeout),
        cmocka_unit_test(the_text_names_where_the_connect_timeout_was_set),
        cmocka_unit_test(the_text_names_the_time_out_of_a_call_that_waited_for_a_connection),
        cmocka_unit_test(the_text_names_the_time_out_of_a_call_that_waited_for_the_registry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

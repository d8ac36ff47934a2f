/* What limits a call: its time-out, settings from every source, and the freeing of its client. Also
 * what errors and statistics report about calls. */
#include "tests/client/call_fixture.h"

#include "base/clock.h"
#include "client/reference.h"
#include "selector/selector_inside.h"
#include "tests/selector/fake_registry.h"
#include "tests/support/names.h"

/* --- time */

static void a_call_ends_at_its_deadline_as_maybe_executed(void **state)
{
    (void)state;
    fixture self;
    begin(&self, &is_silent);
    self.options.timeout_ms = 150;
    int64_t begun = clock_now_ns();
    assert_status(DUBBOC_E_TIMEOUT, raw_call(&self, "[]", NULL), &self.err);
    int64_t took_ms = (clock_now_ns() - begun) / NS_PER_MS;
    assert_int_equal(self.err.execution, DUBBOC_MAYBE_EXECUTED);
    assert_int_equal(self.err.attempts, 1);
    assert_in_range(took_ms, 150, 1500);
    end(&self);
}

static void a_very_long_timeout_in_a_node_means_no_timeout(void **state)
{
    (void)state;
    fixture self = {0};
    self.peers[0] = scripted_peer_new(&answers_7, 1);
    address only = address_of(self.peers[0]);
    begin_with_registry(&self, PROVIDERS({only.text, "&timeout=9223372036854"}));
    assert_status(DUBBOC_OK, raw_call(&self, "[]", NULL), &self.err);
    char *request = scripted_peer_last_request(self.peers[0]);
    assert_null(strstr(request, "Timeout:"));
    free(request);
    end(&self);
}

static bool has_a_request(void *arg)
{
    return requests(arg) > 0;
}

static void freeing_the_client_ends_calls_under_way(void **state)
{
    (void)state;
    fixture self;
    begin(&self, &is_silent);
    self.options.timeout_ms = DUBBOC_NONE;
    background_call call = {.self = &self};
    pthread_t thread = start(&call);
    assert_true(test_wait_for(has_a_request, &self, 5000));
    dubboc_client_free(self.client);
    self.client = NULL;
    pthread_join(thread, NULL);
    assert_status(DUBBOC_E_CLOSED, call.status, &call.err);
    assert_int_equal(call.err.execution, DUBBOC_MAYBE_EXECUTED);
    end(&self);
}

static _Atomic int64_t passed_ms;

static int64_t own_clock(void)
{
    return atomic_load(&passed_ms) * NS_PER_MS;
}

static void let_pass(int64_t ms)
{
    atomic_fetch_add(&passed_ms, ms);
}

/* The half second is waited once, and not once for each interface that the client used. */
static void freeing_the_client_waits_half_a_second_for_a_silent_registry(void **state)
{
    (void)state;
    fixture self;
    begin(&self, &answers_7);
    const selector_settings settings = {
        .ttl_ms = -1, .extra_work = references_register_nodes, .extra_arg = self.client};
    self.client->registry = fake_registry_new();
    selector_free(self.client->selector);
    assert_status(DUBBOC_OK,
        selector_new(
            &settings, self.client->registry, self.client->http, &self.client->selector, &self.err),
        &self.err);
    static const char *const interfaces[] = {"x.A", "x.B", "x.C", "x.D"};
    for (size_t i = 0; i < sizeof interfaces / sizeof interfaces[0]; i++) {
        reference *found;
        assert_status(
            DUBBOC_OK, reference_find(self.client, interfaces[i], &found, &self.err), &self.err);
        selector_do_round(self.client->selector); /* registers the consumer node */
        assert_non_null(found->consumer_node);
    }
    fake_registry_wait_in_vain(self.client->registry, let_pass);
    clock_set_source(own_clock);
    dubboc_client_free(self.client);
    clock_set_source(NULL);
    self.client = NULL;
    assert_in_range(passed_ms, 1, 500);
    end(&self);
}

static void other_providers_answer_while_the_host_name_of_one_does_not_resolve(void **state)
{
    (void)state;
    fixture self = {0};
    self.peers[0] = scripted_peer_new(&refuses_each, 1);
    address living = address_of(self.peers[0]);
    begin_with_registry(&self, PROVIDERS({"jsonrpc://unknown.example:1", ""}, {living.text, ""}));
    for (int i = 0; i < 20; i++)
        assert_status(DUBBOC_E_REMOTE, raw_call(&self, "[]", NULL), &self.err);
    assert_int_equal(requests(&self), 20);
    self.options.url = "http://unknown.example:1/x.Y";
    assert_status(DUBBOC_E_CONNECT, raw_call(&self, "[]", NULL), &self.err);
    assert_int_equal(self.err.execution, DUBBOC_NOT_EXECUTED);
    assert_int_equal(self.err.attempts, 0);
    assert_contains(self.err.text, "unknown.example");
    end(&self);
}

/* libraries.md C5: libcurl would wait for the name server beyond the time-out. */
static void a_slow_name_look_up_does_not_delay_other_calls(void **state)
{
    (void)state;
    fixture self, slow;
    begin(&self, &refuses_each);
    slow = self;
    slow.options.url = "http://slow.example:1/x.Y";
    background_call call = {.self = &slow};
    pthread_t thread = start(&call);
    for (int i = 0; i < 20; i++)
        assert_status(DUBBOC_E_REMOTE, raw_call(&self, "[]", NULL), &self.err);
    names_let_go(true);
    pthread_join(thread, NULL);
    names_let_go(false);
    assert_status(DUBBOC_E_CONNECT, call.status, &call.err);
    assert_int_equal(call.err.execution, DUBBOC_NOT_EXECUTED);
    end(&self);
}

static bool has_no_open_connection(void *arg)
{
    const fixture *self = arg;
    return scripted_peer_open_connections(self->peers[0]) == 0;
}

/* Without this a client that was busy once would keep its connections until it is freed, even after
 * the peers have closed them. */
static void idle_connections_are_closed(const char *key, const char *value_format)
{
    char value[128];
    fixture self;
    begin(&self, &refuses_each);
    snprintf(value, sizeof value, value_format, scripted_peer_port(self.peers[0]));
    const char *section = strcmp(key, "url") == 0 ? "reference x.Y" : "registry";
    const char *const settings[][3] = {{section, key, value}, {"client", "pool_idle", "5s"}};
    configure(&self, settings, sizeof settings / sizeof settings[0]);
    clock_set_source(own_clock);
    assert_status(DUBBOC_E_REMOTE, raw_call(&self, "[]", NULL), &self.err);
    assert_int_equal(scripted_peer_connections(self.peers[0]), 1);
    selector_do_round(self.client->selector);
    assert_int_equal(scripted_peer_open_connections(self.peers[0]), 1);
    let_pass(5000);
    selector_do_round(self.client->selector);
    assert_true(test_wait_for(has_no_open_connection, &self, 20000));
    clock_set_source(NULL);
    end(&self);
}

static void connections_that_are_no_longer_used_are_closed(void **state)
{
    (void)state;
    idle_connections_are_closed("address", "static:jsonrpc://127.0.0.1:%d/x.Y?interface=x.Y");
}

static void unused_connections_of_a_client_without_a_registry_are_closed(void **state)
{
    (void)state;
    idle_connections_are_closed("url", "http://127.0.0.1:%d/x.Y");
}

/* A program may put its remaining time into the query of every URL, so the query must not be part
 * of the key of the pool. */
static void urls_of_one_address_share_its_connections(void **state)
{
    (void)state;
    char url[128];
    fixture self;
    begin(&self, &refuses_each);
    self.options.timeout_ms = 0;
    self.options.url = url;
    for (int i = 0; i < 50; i++) {
        snprintf(url, sizeof url, "%s?timeout=%d000", self.url, 1000 - i);
        assert_status(DUBBOC_E_REMOTE, raw_call(&self, "[]", NULL), &self.err);
    }
    char *request = scripted_peer_last_request(self.peers[0]);
    const char *header = strstr(request, "\r\nTimeout: ");
    assert_non_null(header);
    assert_in_range(
        strtoll(header + strlen("\r\nTimeout: "), NULL, 10), 900 * NS_PER_S, 951 * NS_PER_S);
    free(request);
    assert_int_equal(requests(&self), 50);
    assert_int_equal(scripted_peer_connections(self.peers[0]), 1);
    end(&self);
}

static void a_client_is_not_made_with_options_out_of_range(void **state)
{
    (void)state;
    static const struct {
        dubboc_client_options options;
        const char *reason;
    } wrong[] = {
        {{.timeout_ms = -2}, "timeout_ms is -2"},
        {{.connect_timeout_ms = -1}, "connect_timeout_ms is -1"},
        {{.retries = -2}, "retries is -2"},
        {{.pool_size = -1}, "pool_size is -1"},
        {{.pool_size = 65536}, "pool_size is 65536"},
        {{.reply_max_bytes = -1}, "reply_max_bytes is -1"},
        {{.reply_max_bytes = INT64_MAX},
            "reply_max_bytes is 9223372036854775807, expected 0 to 2147483648"},
    };
    dubboc_client *client = NULL;
    dubboc_error err;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        dubboc_client_options options = wrong[i].options;
        options.size = sizeof options;
        assert_status(DUBBOC_E_ARGUMENT, dubboc_client_new(&options, &client, &err), &err);
        assert_contains(err.text, wrong[i].reason);
        assert_null(client);
    }
    dubboc_client_options none = {
        .size = sizeof none, .timeout_ms = DUBBOC_NONE, .retries = DUBBOC_NONE};
    assert_status(DUBBOC_OK, dubboc_client_new(&none, &client, &err), &err);
    dubboc_client_free(client);
}

/* The library must not read memory behind the size that the caller states. */
static void a_shorter_options_structure_is_read_up_to_its_size(void **state)
{
    (void)state;
    dubboc_client *client = NULL;
    dubboc_error err;
    /* allocated with this size, so that a sanitizer reports a read beyond it */
    size_t *only_size = malloc(sizeof *only_size);
    assert_non_null(only_size);
    *only_size = sizeof *only_size;
    assert_status(DUBBOC_OK,
        dubboc_client_new((const dubboc_client_options *)(const void *)only_size, &client, &err),
        &err);
    dubboc_client_free(client);
    free(only_size);
}

/* --- settings */

static void retries_come_from_the_call_then_the_method_then_the_client(void **state)
{
    (void)state;
    fixture self;
    begin(&self, &loses_each);
    const char *const settings[][3] = {{"client", "retries", "0"},
        {"reference x.Y", "url", self.url}, {"reference x.Y", "idempotent", "get, m"},
        {"reference x.Y", "m.retries", "1"}};
    configure(&self, settings, sizeof settings / sizeof settings[0]);
    assert_status(DUBBOC_E_BROKEN, raw_call(&self, "[]", NULL), &self.err);
    assert_int_equal(requests(&self), 2);
    self.options.retries = 2;
    assert_status(DUBBOC_E_BROKEN, raw_call(&self, "[]", NULL), &self.err);
    assert_int_equal(requests(&self), 2 + 3);
    end(&self);
}

static void the_settings_of_a_reference_section_hold_for_every_method(void **state)
{
    (void)state;
    fixture self;
    begin(&self, &loses_each);
    self.peers[1] = scripted_peer_new(&is_silent, 1);
    char silent_url[64];
    snprintf(silent_url, sizeof silent_url, "%s/x.Z", scripted_peer_url(self.peers[1]));
    const char *const settings[][3] = {{"reference x.Y", "idempotent", "*"},
        {"reference x.Y", "retries", "1"}, {"reference x.Y", "url", self.url},
        {"reference x.Z", "timeout", "100ms"}, {"reference x.Z", "url", silent_url},
        {"client", "retries", "0"}};
    configure(&self, settings, sizeof settings / sizeof settings[0]);
    assert_status(DUBBOC_E_BROKEN, raw_call(&self, "[]", NULL), &self.err);
    assert_int_equal(requests(&self), 2);
    int64_t begun = clock_now_ns();
    dubboc_slice none = {NULL, 0};
    assert_status(DUBBOC_E_TIMEOUT,
        dubboc_call_raw(self.client, "x.Z", "m", none, NULL, NULL, &self.err), &self.err);
    assert_in_range((clock_now_ns() - begun) / NS_PER_MS, 100, 1500);
    end(&self);
}

/* A program may call thousands of different methods; the settings of the section must still hold
 * for each one. */
static void the_settings_of_a_reference_section_hold_for_the_5000th_method_too(void **state)
{
    (void)state;
    enum { METHODS = 5000 };
    fixture self;
    char name[32];
    begin(&self, &refuses_each);
    snprintf(name, sizeof name, "m%d.timeout", METHODS);
    const char *const settings[][3] = {{"reference x.Y", "url", self.url},
        {"reference x.Y", "timeout", "77s"}, {"reference x.Y", "retries", "7"},
        {"reference x.Y", "idempotent", "*"}, {"reference x.Y", name, "78s"}};
    configure(&self, settings, sizeof settings / sizeof settings[0]);
    reference *used;
    assert_status(DUBBOC_OK, reference_find(self.client, "x.Y", &used, &self.err), &self.err);
    for (int i = 0; i <= METHODS; i++) {
        snprintf(name, sizeof name, "m%d", i);
        method_settings found = reference_method_settings(self.client, used, name);
        assert_int_equal(found.timeout_ms, i < METHODS ? 77000 : 78000);
        assert_int_equal(found.retries, 7);
        assert_int_equal(found.idempotent, 1);
    }
    assert_in_range(grow_table_count(&used->methods), 1, METHODS - 1);
    end(&self);
}

static void options_of_a_wrong_size_or_range_are_refused(void **state)
{
    (void)state;
    fixture self;
    begin(&self, &refuses_each);
    struct {
        dubboc_call_options known;
        char unknown[64];
    } newer = {.known = self.options};
    newer.known.size = sizeof newer;
    dubboc_slice none = {NULL, 0};
    assert_status(DUBBOC_E_REMOTE,
        dubboc_call_raw(self.client, "x.Y", "m", none, &newer.known, NULL, &self.err), &self.err);
    dubboc_call_options bad[5] = {
        self.options, self.options, self.options, self.options, self.options};
    bad[0].size = 0;
    bad[1].size = 4097;
    bad[2].timeout_ms = -5;
    bad[3].retries = -7;
    bad[4].idempotent = 42;
    for (size_t i = 0; i < 5; i++)
        assert_status(DUBBOC_E_ARGUMENT,
            dubboc_call_raw(self.client, "x.Y", "m", none, &bad[i], NULL, &self.err), &self.err);
    assert_int_equal(requests(&self), 1);
    end(&self);
}

static void never_told(void *arg, const char *line)
{
    (void)arg;
    fail_msg("told: %s", line);
}

/* Otherwise a caller would take the remote error of an earlier call for that of this call. */
static void remote_error_is_emptied_in_shorter_options_that_hold_it(void **state)
{
    (void)state;
    fixture self;
    begin(&self, &refuses_each);
    dubboc_text text = {0};
    self.options.remote_error = &text;
    self.options.size = offsetof(dubboc_call_options, explain);
    self.options.explain = never_told;
    assert_status(DUBBOC_E_REMOTE, raw_call(&self, "[]", NULL), &self.err);
    assert_contains(text.data, "-7");
    assert_status(DUBBOC_E_ARGUMENT, raw_call(&self, "7", NULL), &self.err);
    assert_string_equal(text.data, "");
    assert_int_equal(text.len, 0);
    assert_status(DUBBOC_OK, dubboc_text_set(&text, "former", 6), &self.err);
    self.options.size = offsetof(dubboc_call_options, remote_error);
    assert_status(DUBBOC_E_REMOTE, raw_call(&self, "[]", NULL), &self.err);
    assert_string_equal(text.data, "former");
    dubboc_text_free(&text);
    end(&self);
}

static void names_that_are_null_are_refused(void **state)
{
    (void)state;
    fixture self;
    begin(&self, &refuses_each);
    const dubboc_slice none = {NULL, 0};
    assert_status(DUBBOC_E_ARGUMENT,
        dubboc_call_raw(self.client, NULL, "m", none, &self.options, NULL, &self.err), &self.err);
    assert_string_equal(self.err.text, "interface is NULL");
    assert_status(DUBBOC_E_ARGUMENT,
        dubboc_call_raw(self.client, "x.Y", NULL, none, &self.options, NULL, &self.err), &self.err);
    assert_string_equal(self.err.text, "method is NULL");
    self.options.header_count = 1;
    assert_status(DUBBOC_E_ARGUMENT, raw_call(&self, "[]", NULL), &self.err);
    assert_contains(self.err.text, "headers is NULL");
    assert_int_equal(requests(&self), 0);
    end(&self);
}

static void statistics_are_filled_in_up_to_the_size_of_the_structure(void **state)
{
    (void)state;
    static const size_t sizes[] = {
        0, 3, offsetof(dubboc_client_stats, ok), sizeof(dubboc_client_stats)};
    fixture self;
    begin(&self, &refuses_each);
    assert_status(DUBBOC_E_REMOTE, raw_call(&self, "[]", NULL), &self.err);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        dubboc_client_stats stats = {.size = sizes[i], .calls = 77, .remote_error = 77};
        dubboc_client_get_stats(self.client, &stats);
        assert_int_equal(stats.size, sizes[i]);
        assert_int_equal(stats.calls, i < 2 ? 77 : 1);
        assert_int_equal(stats.remote_error, i < 3 ? 77 : 1);
    }
    end(&self);
}

static void tell_line(void *arg, const char *line)
{
    char *told = arg;
    snprintf(told + strlen(told), 2000 - strlen(told), "%s\n", line);
}

/* The query of a direct address is not sent as a part of the path. */
static void a_direct_address_may_have_the_parameters_of_a_node(void **state)
{
    (void)state;
    char url[128];
    fixture self;
    begin(&self, &is_silent);
    snprintf(url, sizeof url, "%s?timeout=500", self.url);
    self.options.url = url;
    self.options.timeout_ms = 0;
    assert_status(DUBBOC_E_TIMEOUT, raw_call(&self, "[]", NULL), &self.err);
    assert_true(test_wait_for(peer_was_asked, &self, 5000)); /* its thread may be late */
    char *request = scripted_peer_last_request(self.peers[0]);
    assert_contains(request, "POST /x.Y HTTP/1.1\r\n");
    free(request);
    end(&self);
}

/* The error text names the source of the address, because a configuration may contain many
 * addresses. */
static void an_unusable_address_is_reported_with_its_origin(void **state)
{
    (void)state;
    static const char *const urls[] = {
        "nonsense", "http://a b/", "http://h:99999/", "ftp://h/", "http://"};
    fixture self;
    begin(&self, &hangs_up);
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        self.options.url = urls[i];
        assert_status(DUBBOC_E_ARGUMENT, raw_call(&self, "[]", NULL), &self.err);
        assert_contains(self.err.text, "url: ");
        assert_contains(self.err.text, urls[i]);
    }
    const char *const settings[][3] = {{"reference x.Y", "url", "http://h/x#y"}};
    configure(&self, settings, 1);
    assert_status(DUBBOC_E_CONFIG, raw_call(&self, "[]", NULL), &self.err);
    assert_contains(self.err.text, "[reference x.Y] url: http://h/x#y: ");
    assert_int_equal(requests(&self), 0);
    end(&self);
}

static void the_explain_option_reports_candidates_and_attempts(void **state)
{
    (void)state;
    fixture self = {0};
    char told[2000] = "";
    self.peers[0] = scripted_peer_new(&refuses_each, 1);
    address living = address_of(self.peers[0]);
    begin_with_registry(&self, PROVIDERS({living.text, ""}, {"dubbo://10.0.0.9:20880", ""}));
    self.options.explain = tell_line;
    self.options.explain_arg = told;
    assert_status(DUBBOC_E_REMOTE, raw_call(&self, "[]", NULL), &self.err);
    assert_contains(told, "candidate: jsonrpc://127.0.0.1");
    assert_contains(told, "left out: dubbo://10.0.0.9:20880");
    assert_contains(told, "attempt 1: 127.0.0.1");
    end(&self);
}

static void a_call_without_a_registry_or_url_names_the_missing_setting(void **state)
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
    fixture self;
    begin(&self, &refuses_each);
    for (int i = 0; i < 3; i++)
        assert_status(DUBBOC_E_REMOTE, raw_call(&self, "[]", NULL), &self.err);
    assert_status(DUBBOC_E_ARGUMENT,
        dubboc_call_raw(
            self.client, "x.Y", "", (dubboc_slice){NULL, 0}, &self.options, NULL, &self.err),
        &self.err);
    dubboc_client_stats stats = {.size = sizeof stats};
    dubboc_client_get_stats(self.client, &stats);
    assert_int_equal(stats.calls, 4);
    assert_int_equal(stats.remote_error, 3);
    assert_int_equal(stats.not_executed, 1);
    assert_int_equal(stats.attempts, 3);
    assert_int_equal(stats.connections, 1);
    end(&self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_ends_at_its_deadline_as_maybe_executed),
        cmocka_unit_test(a_client_is_not_made_with_options_out_of_range),
        cmocka_unit_test(a_shorter_options_structure_is_read_up_to_its_size),
        cmocka_unit_test(a_very_long_timeout_in_a_node_means_no_timeout),
        cmocka_unit_test(freeing_the_client_ends_calls_under_way),
        cmocka_unit_test(freeing_the_client_waits_half_a_second_for_a_silent_registry),
        cmocka_unit_test(other_providers_answer_while_the_host_name_of_one_does_not_resolve),
        cmocka_unit_test(a_slow_name_look_up_does_not_delay_other_calls),
        cmocka_unit_test(connections_that_are_no_longer_used_are_closed),
        cmocka_unit_test(unused_connections_of_a_client_without_a_registry_are_closed),
        cmocka_unit_test(urls_of_one_address_share_its_connections),
        cmocka_unit_test(retries_come_from_the_call_then_the_method_then_the_client),
        cmocka_unit_test(the_settings_of_a_reference_section_hold_for_every_method),
        cmocka_unit_test(the_settings_of_a_reference_section_hold_for_the_5000th_method_too),
        cmocka_unit_test(options_of_a_wrong_size_or_range_are_refused),
        cmocka_unit_test(remote_error_is_emptied_in_shorter_options_that_hold_it),
        cmocka_unit_test(names_that_are_null_are_refused),
        cmocka_unit_test(statistics_are_filled_in_up_to_the_size_of_the_structure),
        cmocka_unit_test(a_direct_address_may_have_the_parameters_of_a_node),
        cmocka_unit_test(an_unusable_address_is_reported_with_its_origin),
        cmocka_unit_test(the_explain_option_reports_candidates_and_attempts),
        cmocka_unit_test(a_call_without_a_registry_or_url_names_the_missing_setting),
        cmocka_unit_test(counts_how_calls_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

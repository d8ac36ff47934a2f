/* Which nodes a server registers in the registry, and when. */
#include "tests/server/offering.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/slice.h"
#include "registry/provider_url.h"
#include "registry/url_match.h"
#include "server/registration.h"
#include "tests/support/alloc_fail.h"

/* --- the node --- */

static int set_up(void **state)
{
    (void)state;
    return offering_begin((const setting[]){{"application", "name", "capp"},
        {"application", "version", "1.0.0"}, {"service a.Slow", "timeout", "5s"},
        {"service a.Slow", "retries", "1"}, {"service a.Slow", "Get.timeout", "250ms"}, {0}});
}

static dubboc_service *add(const char *interface, const dubboc_service_options *options,
    const dubboc_method *methods, size_t count)
{
    dubboc_service *service;
    dubboc_error err;
    assert_status(
        DUBBOC_OK, services_add(&offered, config, interface, options, &service, &err), &err);
    for (size_t i = 0; i < count; i++)
        assert_status(DUBBOC_OK, dubboc_service_add_method(service, &methods[i], &err), &err);
    return service;
}

/* Returns the service's node with the values of pid and timestamp removed, because they change in
 * each run. Checks both values first. */
static char *node_of(const dubboc_service *service, const char *scheme, bool is_anyhost)
{
    char pid[40];
    int64_t before_ms = clock_wall_ms();
    char *url = registration_url(config, service, scheme, "192.168.35.1:10000", is_anyhost, NULL);
    assert_non_null(url);
    snprintf(pid, sizeof pid, "&pid=%ld&", (long)getpid());
    char *at = strstr(url, pid);
    assert_non_null(at);
    memmove(at + 5, at + strlen(pid) - 1, strlen(at + strlen(pid) - 1) + 1);
    at = strstr(url, "&timestamp=");
    assert_non_null(at);
    char *end;
    long long stamp = strtoll(at + 11, &end, 10);
    assert_true(stamp >= before_ms && stamp <= clock_wall_ms());
    memmove(at + 11, end, strlen(end) + 1);
    return url;
}

static void check_node(
    const dubboc_service *service, const char *scheme, bool is_anyhost, const char *expected)
{
    char *url = node_of(service, scheme, is_anyhost);
    assert_string_equal(url, expected);
    free(url);
}

static const dubboc_method two[] = {
    DUBBOC_METHOD("GetUsers", uncalled), DUBBOC_METHOD("GetUser", uncalled)};

static void a_node_has_the_recommended_form(void **state)
{
    (void)state;
    dubboc_service *service = add("com.youni.UserProvider",
        &(dubboc_service_options){.size = sizeof(dubboc_service_options), .version = "1.0.0"}, two,
        2);
    check_node(service, "jsonrpc", true,
        "jsonrpc://192.168.35.1:10000/"
        "com.youni.UserProvider?anyhost=true&application=capp&category=providers&dubbo=2.0.2"
        "&interface=com.youni.UserProvider&methods=GetUser,GetUsers&pid=&revision=1.0.0&side="
        "provider&timestamp=&version=1.0.0");
}

static void empty_values_are_not_registered(void **state)
{
    (void)state;
    dubboc_service *service = add("a.B", NULL, two, 1);
    check_node(service, "jsonrpc", false,
        "jsonrpc://192.168.35.1:10000/"
        "a.B?application=capp&category=providers&dubbo=2.0.2&interface=a.B&methods=GetUsers&pid=&"
        "revision=1.0.0"
        "&side=provider&timestamp=");
}

/* A consumer that requests the path of a node, unchanged, reaches the service. */
static void registered_paths_are_the_paths_that_are_served(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "a", "/b", "ctx/a.B", "/deep/er/x$y", "a~b/c-d_e", ".hidden", "a.B/..."};
    dubboc_service *added[sizeof paths / sizeof paths[0]];
    dubboc_error err;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        char version[8];
        snprintf(version, sizeof version, "%zu", i);
        dubboc_service_options options = {
            .size = sizeof options, .path = paths[i], .version = version};
        added[i] = add("a.B", &options, two, 1);
    }
    assert_status(DUBBOC_OK, services_freeze(&offered, &err), &err);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        char *node = registration_url(config, added[i], "jsonrpc", "h:1", false, NULL);
        provider_url *url;
        assert_status(DUBBOC_OK, provider_url_from_text(slice_of(node), &url, &err), &err);
        assert_ptr_equal(services_find_path(&offered, url->path), added[i]);
        provider_url_free(url);
        free(node);
    }
}

static void the_release_of_an_http_node_shows_that_it_is_json(void **state)
{
    (void)state;
    dubboc_service_options options = {
        .size = sizeof options, .group = "g1", .path = "ctx/a.B", .weight = 7};
    dubboc_service *service = add("a.B", &options, two, 1);
    check_node(service, "http", false,
        "http://192.168.35.1:10000/ctx/"
        "a.B?application=capp&category=providers&dubbo=2.0.2&group=g1&interface=a.B&methods="
        "GetUsers&pid="
        "&release=2.7.23&revision=1.0.0&side=provider&timestamp=&weight=7");
    char *node = registration_url(config, service, "http", "192.168.35.1:10000", false, NULL);
    provider_url *url;
    dubboc_error err;
    char reason[200];
    assert_status(DUBBOC_OK, provider_url_from_text(slice_of(node), &url, &err), &err);
    url_wanted wanted = {slice_of("a.B"), slice_of("g1"), slice_of("")};
    assert_null(provider_url_mismatch(url, &wanted, reason, sizeof reason));
    provider_url_free(url);
    free(node);
}

static void methods_that_must_run_once_are_registered_with_no_retries_in_every_spelling(
    void **state)
{
    (void)state;
    const dubboc_method all[] = {DUBBOC_METHOD("Pay", uncalled, .flags = DUBBOC_ONCE),
        DUBBOC_METHOD("Buy", uncalled, .flags = DUBBOC_ONCE)};
    const dubboc_method mixed[] = {DUBBOC_METHOD("Pay", uncalled, .flags = DUBBOC_ONCE),
        DUBBOC_METHOD("Get", uncalled, .flags = DUBBOC_IDEMPOTENT)};
    char *url = node_of(add("a.All", NULL, all, 2), "jsonrpc", false);
    assert_contains(url, "&retries=0&");
    assert_contains(url, "&Pay.retries=0&");
    assert_contains(url, "&methods.Pay.retries=0&");
    assert_contains(url, "?Buy.retries=0&");
    free(url);
    url = node_of(add("a.Mixed", NULL, mixed, 2), "jsonrpc", false);
    assert_null(strstr(url, "&retries="));
    assert_contains(url, "&Pay.retries=0&");
    assert_contains(url, "&methods.Pay.retries=0&");
    free(url);
}

static void idempotent_methods_are_registered_as_such(void **state)
{
    (void)state;
    const dubboc_method methods[] = {DUBBOC_METHOD("Get", uncalled, .flags = DUBBOC_IDEMPOTENT),
        DUBBOC_METHOD("Pay", uncalled, .flags = DUBBOC_ONCE), DUBBOC_METHOD("Put", uncalled)};
    char *url = node_of(add("a.Idempotent", NULL, methods, 3), "jsonrpc", false);
    assert_contains(url, "?Get.idempotent=true&");
    assert_null(strstr(url, "Pay.idempotent"));
    assert_null(strstr(url, "Put.idempotent"));
    free(url);
}

static void timeouts_and_retries_of_the_configuration_are_registered(void **state)
{
    (void)state;
    const dubboc_method methods[] = {
        DUBBOC_METHOD("Get", uncalled), DUBBOC_METHOD("Put", uncalled, .timeout_ms = 70)};
    char *url = node_of(add("a.Slow", NULL, methods, 2), "jsonrpc", false);
    assert_contains(url, "&timeout=5000&");
    assert_contains(url, "?Get.timeout=250&");
    assert_contains(url, "&Put.timeout=70&");
    assert_contains(url, "&retries=1&");
    free(url);
}

static void write_node(void *arg, bool must_work)
{
    char *url = registration_url(config, arg, "jsonrpc", "10.0.0.1:1", false, NULL);
    assert_true(url != NULL || !must_work);
    if (url != NULL) {
        assert_contains(url, "?Get.idempotent=true&Pay.retries=0&Pay.timeout=70&");
        assert_contains(url, "&methods.Pay.retries=0&");
    }
    free(url);
}

/* A node without retries=0 would let consumers send a call again that must run at most once. */
static void an_incomplete_node_is_not_registered_when_memory_runs_out(void **state)
{
    (void)state;
    const dubboc_method methods[] = {DUBBOC_METHOD("Get", uncalled, .flags = DUBBOC_IDEMPOTENT),
        DUBBOC_METHOD("Pay", uncalled, .flags = DUBBOC_ONCE, .timeout_ms = 70)};
    assert_in_range(alloc_fail_each(write_node, add("a.Pay", NULL, methods, 2)), 10, 1000);
}

/* --- the registered address of the server --- */

static void check_address(const setting *settings, const char *bound, const char *expected)
{
    dubboc_config *own = test_config(settings);
    dubboc_error err;
    char *address;
    assert_status(DUBBOC_OK, registered_address(own, bound, "", &address, &err), &err);
    assert_string_equal(address, expected);
    free(address);
    dubboc_config_free(own);
}

static void the_registered_address_is_the_bound_one_unless_configured_otherwise(void **state)
{
    (void)state;
    check_address(NULL, "10.1.2.3:8080", "10.1.2.3:8080");
    check_address(NULL, "[::1]:8080", "[::1]:8080");
    check_address((const setting[]){{"server", "registered_ip", "203.0.113.9"}, {0}},
        "0.0.0.0:8080", "203.0.113.9:8080");
    check_address((const setting[]){{"server", "registered_ip", "2001:db8::1"}, {0}}, "[::]:8080",
        "[2001:db8::1]:8080");
    check_address((const setting[]){{"server", "registered_ip", "[2001:db8::1]"}, {0}}, "[::]:8080",
        "[2001:db8::1]:8080");
    check_address((const setting[]){{"server", "registered_port", "80"}, {0}}, "10.1.2.3:8080",
        "10.1.2.3:80");
    setenv("DUBBO_IP_TO_REGISTRY", "198.51.100.7", 1);
    setenv("DUBBO_PORT_TO_REGISTRY", "30080", 1);
    check_address(NULL, "[::]:8080", "198.51.100.7:30080");
    unsetenv("DUBBO_IP_TO_REGISTRY");
    unsetenv("DUBBO_PORT_TO_REGISTRY");
}

static void a_server_bound_to_all_addresses_registers_an_address_of_its_machine(void **state)
{
    (void)state;
    dubboc_error err;
    char *address;
    unsigned a, b, c, d, port;
    assert_status(DUBBOC_OK, registered_address(config, "[::]:8080", "", &address, &err), &err);
    assert_int_equal(sscanf(address, "%u.%u.%u.%u:%u", &a, &b, &c, &d, &port), 5);
    assert_int_equal(port, 8080);
    assert_true(a > 0 && a < 224);
    free(address);
    assert_status(DUBBOC_OK, registered_address(config, "0.0.0.0:8080", "", &address, &err), &err);
    assert_null(strstr(address, "0.0.0.0"));
    free(address);
}

/* --- in a registry --- */

typedef struct registry_view {
    registry *registry;
    const char *interface;
    size_t wanted;
    registry_list urls;
} registry_view;

static bool has_as_many(void *arg)
{
    registry_view *view = arg;
    dubboc_error err;
    registry_list_free(&view->urls);
    view->urls = (registry_list){0};
    assert_status(DUBBOC_OK,
        registry_lookup(view->registry, view->interface, REGISTRY_PROVIDERS, deadline_in_ms(5000),
            &view->urls, &err),
        &err);
    return view->urls.count == view->wanted;
}

static void wait_for_nodes(registry_view *view, size_t count)
{
    view->wanted = count;
    assert_true(test_wait_for(has_as_many, view, 5000));
}

static void services_are_registered_from_start_to_stop(void **state)
{
    (void)state;
    char *folder = test_folder_new();
    char address[512];
    dubboc_error err;
    registry_view view = {.interface = "test.Echo"};
    snprintf(address, sizeof address, "file://%s", folder);
    registry_settings settings = {.address = address, .timeout_ms = 5000, .self_check_ms = 30000};
    assert_status(DUBBOC_OK, registry_open(&settings, &view.registry, &err), &err);
    dubboc_server *server = test_server(
        (const setting[]){{"registry", "address", address}, {"server", "protocols", "jsonrpc,http"},
            {"server", "stop_watch_wait", "0ms"}, {"service test.Hidden", "register", "false"},
            {0}},
        1);
    test_add_echo(server, NULL);
    assert_status(
        DUBBOC_OK, dubboc_server_handle(server, "test.Hidden", "m", uncalled, NULL, &err), &err);
    test_start(server);
    wait_for_nodes(&view, 2);
    for (size_t i = 0; i < 2; i++)
        assert_contains(view.urls.items[i], dubboc_server_address(server));
    assert_answer(test_port(server), CALL("1", "echo", "[1]"), RESULT("1", "1"));
    view.interface = "test.Hidden";
    wait_for_nodes(&view, 0);
    view.interface = "test.Echo";
    dubboc_server_stop(server);
    wait_for_nodes(&view, 0);
    dubboc_server_free(server);
    registry_list_free(&view.urls);
    registry_free(view.registry);
    test_folder_remove(folder);
}

/* The method names alone exceed the longest URL, so the error must name the URL and not memory. */
static void methods_that_do_not_fit_into_a_node_are_refused_at_start(void **state)
{
    (void)state;
    static const char *const registries[] = {"static:", "zookeeper://127.0.0.1:1"};
    for (size_t i = 0; i < sizeof registries / sizeof registries[0]; i++) {
        dubboc_error err;
        char name[64];
        dubboc_server *server =
            test_server((const setting[]){{"registry", "address", registries[i]}, {0}}, 1);
        dubboc_service *service;
        assert_status(
            DUBBOC_OK, dubboc_server_add_service(server, "a.B", NULL, &service, &err), &err);
        for (int k = 0; k < 10000; k++) {
            snprintf(name, sizeof name, "aMethodWithANameOfFortyBytesAndMore%d", k);
            assert_status(DUBBOC_OK,
                dubboc_service_add_method(
                    service, &(dubboc_method)DUBBOC_METHOD(name, uncalled), &err),
                &err);
        }
        assert_status(DUBBOC_E_ARGUMENT, dubboc_server_start(server, &err), &err);
        assert_contains(err.text, "service a.B: a URL of 3");
        assert_contains(err.text, " cannot be registered, expected 1 to 65536 bytes");
        dubboc_server_free(server);
    }
}

static void a_malformed_registry_address_is_refused_at_start(void **state)
{
    (void)state;
    dubboc_error err;
    dubboc_server *server = test_server(NULL, 1);
    test_add_echo(server, NULL);
    dubboc_server_free(server);
    dubboc_server_options options = {
        .size = sizeof options, .config = config, .registry = "carrier-pigeon://coop"};
    assert_status(DUBBOC_OK, dubboc_server_new(&options, &server, &err), &err);
    test_add_echo(server, NULL);
    assert_status(DUBBOC_E_ARGUMENT, dubboc_server_start(server, &err), &err);
    assert_contains(err.text, "carrier-pigeon");
    dubboc_server_free(server);
}

static char registered_line[600];
static int registered_lines;

static void keep_registered(void *arg, dubboc_log_level level, const char *area,
    const char *message, const char *fields, unsigned suppressed)
{
    (void)arg, (void)area, (void)suppressed;
    assert_true(strlen(fields) < 300);
    if (strstr(message, "register") == NULL)
        return;
    assert_int_equal(DUBBOC_LOG_INFO, level);
    registered_lines++;
    snprintf(registered_line, sizeof registered_line, "%s %s", message, fields);
}

static void a_registration_is_logged_in_one_short_line(void **state)
{
    (void)state;
    char *folder = test_folder_new();
    char address[512], expected[200];
    snprintf(address, sizeof address, "file://%s", folder);
    dubboc_server *server =
        test_server((const setting[]){{"registry", "address", address},
                        {"server", "stop_watch_wait", "0ms"}, {"server", "stop_quiet", "0ms"},
                        {"server", "version", "1.2.3"}, {"server", "group", "g"}, {0}},
            1);
    test_add_echo(server, NULL);
    registered_lines = 0;
    dubboc_log_set(keep_registered, NULL, DUBBOC_LOG_INFO);
    test_start(server);
    dubboc_log_set(NULL, NULL, DUBBOC_LOG_WARN);
    snprintf(expected, sizeof expected,
        "registered interface=test.Echo version=1.2.3 group=g address=%s protocol=jsonrpc",
        dubboc_server_address(server));
    assert_string_equal(expected, registered_line);
    assert_int_equal(1, registered_lines);
    dubboc_server_free(server);
    test_folder_remove(folder);
}

static int unregistered_warnings;

static void count_unregistered(void *arg, dubboc_log_level level, const char *area,
    const char *message, const char *fields, unsigned suppressed)
{
    (void)arg, (void)area, (void)suppressed;
    if (strcmp(message, "not registered: no registry is configured") != 0)
        return;
    assert_int_equal(DUBBOC_LOG_WARN, level);
    assert_contains(fields, "DUBBOC_REGISTRY_ADDRESS");
    unregistered_warnings++;
}

static void check_unregistered_warnings(const char *in_options, int expected)
{
    dubboc_error err;
    dubboc_server *server;
    dubboc_server_options options = {
        .size = sizeof options, .config = config, .registry = in_options, .loops = 1};
    unregistered_warnings = 0;
    dubboc_log_set(count_unregistered, NULL, DUBBOC_LOG_WARN);
    assert_status(DUBBOC_OK, dubboc_server_new(&options, &server, &err), &err);
    test_add_echo(server, NULL);
    test_start(server);
    dubboc_server_free(server);
    dubboc_log_set(NULL, NULL, DUBBOC_LOG_WARN);
    assert_int_equal(expected, unregistered_warnings);
}

static void a_server_without_a_registry_warns_once_unless_the_program_wants_none(void **state)
{
    (void)state;
    check_unregistered_warnings(NULL, 1);
    check_unregistered_warnings("", 0);
    check_unregistered_warnings("static:", 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, offering_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_node_has_the_recommended_form),
        TEST(empty_values_are_not_registered),
        TEST(registered_paths_are_the_paths_that_are_served),
        TEST(the_release_of_an_http_node_shows_that_it_is_json),
        TEST(methods_that_must_run_once_are_registered_with_no_retries_in_every_spelling),
        TEST(idempotent_methods_are_registered_as_such),
        TEST(timeouts_and_retries_of_the_configuration_are_registered),
        TEST(an_incomplete_node_is_not_registered_when_memory_runs_out),
        TEST(the_registered_address_is_the_bound_one_unless_configured_otherwise),
        TEST(a_server_bound_to_all_addresses_registers_an_address_of_its_machine),
        TEST(services_are_registered_from_start_to_stop),
        TEST(methods_that_do_not_fit_into_a_node_are_refused_at_start),
        TEST(a_malformed_registry_address_is_refused_at_start),
        TEST(a_registration_is_logged_in_one_short_line),
        TEST(a_server_without_a_registry_warns_once_unless_the_program_wants_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Service names, paths and the tables that find services by path. */
#include "tests/server/offering.h"

#include "base/config.h"

static int set_up(void **state)
{
    (void)state;
    return offering_begin((const setting[]){{"service a.Named", "group", "from-ini"},
        {"service a.Named", "path", "/ctx/named"}, {"server", "version", "9.9"},
        {"service a.Named", "m.timeout", "250ms"}, {"service a.Named", "m.retries", "1"}, {0}});
}

static dubboc_status raw_handler(
    dubboc_request *request, dubboc_slice params, dubboc_text *result, void *arg)
{
    (void)request;
    (void)params;
    (void)result;
    (void)arg;
    return DUBBOC_OK;
}

/* Adds a service and returns it. If reason is not NULL, the service must be refused with a text
 * that contains reason, and NULL is returned. */
static dubboc_service *add(
    const char *interface, const dubboc_service_options *options, const char *reason)
{
    dubboc_service *service = NULL;
    dubboc_error err;
    dubboc_service_options own = options != NULL ? *options : (dubboc_service_options){0};
    own.size = sizeof own;
    dubboc_status status = services_add(&offered, config, interface, &own, &service, &err);
    if (reason == NULL) {
        assert_status(DUBBOC_OK, status, &err);
        return service;
    }
    assert_status(DUBBOC_E_ARGUMENT, status, &err);
    assert_contains(err.text, reason);
    return NULL;
}

static void add_method(dubboc_service *service, const char *name)
{
    dubboc_error err;
    assert_status(DUBBOC_OK,
        dubboc_service_add_method(service, &(dubboc_method)DUBBOC_METHOD(name, uncalled), &err),
        &err);
}

static void names_that_cannot_be_registered_are_refused(void **state)
{
    (void)state;
    char longest[257];
    memset(longest, 'a', 256);
    longest[256] = '\0';
    add("", NULL, "interface is empty");
    add("a b", NULL, "byte 0x20");
    add("a/b", NULL, "'/'");
    add("a\nb", NULL, "byte 0x0a");
    add("a.\xc3\xa4", NULL, "byte 0xc3");
    add("a?b", NULL, "'?'");
    add(longest, NULL, "256 bytes");
    add("a.B", &(dubboc_service_options){.group = "g/h"}, "group \"g/h\" holds '/'");
    add("a.B", &(dubboc_service_options){.group = "*"}, "group");
    add("a.B", &(dubboc_service_options){.version = "1,2"}, "version");
    add("a.B", &(dubboc_service_options){.path = "x y"}, "path");
    add("a.B", &(dubboc_service_options){.path = "/x?y"}, "path");
    add("a.B", &(dubboc_service_options){.path = "/"}, "path is empty");
    add("a.B", &(dubboc_service_options){.protocols = "jsonrpc,dubbo"}, "\"dubbo\"");
    add("a.B", &(dubboc_service_options){.protocols = " , "}, "protocols");
    add("a.B", &(dubboc_service_options){.protocols = "jsonrpc,http,jsonrpc"},
        "protocols: \"jsonrpc\" appears twice");
    add("a.B", &(dubboc_service_options){.weight = -5}, "weight is -5");
    add("a.B", &(dubboc_service_options){.timeout_ms = -1}, "timeout_ms is -1");
    longest[255] = '\0';
    assert_non_null(add(longest, NULL, NULL));
    assert_non_null(add("com.foo.Outer$Inner", NULL, NULL));
    assert_int_equal(offered.count, 2);
}

/* Consumers, their URL libraries and proxies normalize such paths, so they would request a path
 * other than the registered one. */
static void paths_that_clients_rewrite_are_refused(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "//a", "///", "//", "a//b", "/a//b", "a/", "/a/", "/./a", "a/.", "..", "/a/../b", "."};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        add("a.B", &(dubboc_service_options){.path = paths[i]}, " segment");
    add("..", NULL, " segment");
    assert_non_null(add("a.B", &(dubboc_service_options){.path = "/.well-known/a..b/c."}, NULL));
}

/* A path from the configuration is checked by the same rules as a path from the code. */
static void a_path_of_the_configuration_is_checked_too(void **state)
{
    (void)state;
    dubboc_error err;
    dubboc_config *own = test_config(NULL);
    static const char *const wrong[] = {"//a", "a//b", "/a/", "/", "a/../b", "a b", "a?b", "a%20b"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_status(DUBBOC_E_CONFIG,
            dubboc_config_set(own, "service a.Path", "path", wrong[i], &err), &err);
    assert_status(
        DUBBOC_OK, dubboc_config_set(own, "service a.Path", "path", "/a/b-c.d~e", &err), &err);
    dubboc_config_free(own);
}

static void methods_that_cannot_be_called_are_refused(void **state)
{
    (void)state;
    static const struct {
        dubboc_method method;
        const char *reason;
    } wrong[] = {
        {DUBBOC_METHOD("", uncalled), "empty"},
        {DUBBOC_METHOD("a,b", uncalled), "','"},
        {DUBBOC_METHOD("a b", uncalled), "0x20"},
        {{.size = sizeof(dubboc_method), .name = "a"}, "set exactly one handler"},
        {{.name = "a", .json = uncalled}, "dubboc_method.size is 0"},
        {{.size = 7, .name = "a", .json = uncalled}, "dubboc_method.size is 7"},
        {DUBBOC_METHOD("a", uncalled, .raw = raw_handler), "set exactly one handler"},
        {DUBBOC_METHOD("a", uncalled, .flags = DUBBOC_ONCE | DUBBOC_IDEMPOTENT),
            "DUBBOC_ONCE and DUBBOC_IDEMPOTENT exclude each other"},
        {DUBBOC_METHOD("a", uncalled, .flags = 64), "unknown flags"},
        {DUBBOC_METHOD("a", uncalled, .timeout_ms = -1), "timeout_ms is -1"},
        {DUBBOC_METHOD("there", uncalled), "already added"},
    };
    dubboc_service *service = add("a.B", NULL, NULL);
    add_method(service, "there");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        dubboc_error err;
        assert_status(
            DUBBOC_E_ARGUMENT, dubboc_service_add_method(service, &wrong[i].method, &err), &err);
        assert_contains(err.text, wrong[i].reason);
    }
    add_method(service, "\xc3\xa4ndern");
    assert_int_equal(service->method_count, 2);
}

static void several_services_of_one_interface_get_paths_of_their_own(void **state)
{
    (void)state;
    dubboc_service *first = add("a.B", &(dubboc_service_options){.version = "1"}, NULL);
    dubboc_service *taken = add("a.C", &(dubboc_service_options){.path = "/a.B3"}, NULL);
    dubboc_service *second = add("a.B", &(dubboc_service_options){.version = "2"}, NULL);
    dubboc_service *third =
        add("a.B", &(dubboc_service_options){.version = "2", .group = "g"}, NULL);
    assert_string_equal(first->path, "a.B");
    assert_string_equal(second->path, "a.B2");
    assert_string_equal(third->path, "a.B4");
    assert_string_equal(taken->path, "a.B3");
    add("a.B", &(dubboc_service_options){.version = "2"}, "already added");
    add("a.D", &(dubboc_service_options){.path = "a.B2"}, "already belongs to another service");
}

static void the_path_table_knows_each_path_and_the_first_of_each_interface(void **state)
{
    (void)state;
    dubboc_error err;
    dubboc_service *elsewhere =
        add("a.B", &(dubboc_service_options){.path = "ctx/x$y", .version = "1"}, NULL);
    dubboc_service *second =
        add("a.B", &(dubboc_service_options){.path = "a.C", .version = "2"}, NULL);
    dubboc_service *other = add("a.C", NULL, NULL);
    add_method(elsewhere, "m");
    add_method(second, "m");
    add_method(other, "m");
    assert_string_equal(other->path, "a.C2");
    assert_status(DUBBOC_OK, services_freeze(&offered, &err), &err);
    assert_ptr_equal(services_find_path(&offered, slice_of("/a.B")), elsewhere);
    assert_ptr_equal(services_find_path(&offered, slice_of("/ctx/x$y")), elsewhere);
    assert_ptr_equal(services_find_path(&offered, slice_of("/ctx%2Fx%24y")), elsewhere);
    assert_ptr_equal(services_find_path(&offered, slice_of("/a.C")), second);
    assert_ptr_equal(services_find_path(&offered, slice_of("/a.C2")), other);
    assert_null(services_find_path(&offered, slice_of("/a.B2")));
    assert_null(services_find_path(&offered, slice_of("a.B")));
    assert_null(services_find_path(&offered, slice_of("*")));
    assert_null(services_find_path(&offered, slice_of("/")));
    assert_null(services_find_path(&offered, slice_of("/%zz")));
}

static void methods_are_found_by_their_exact_name(void **state)
{
    (void)state;
    dubboc_service *service = add("a.B", NULL, NULL);
    add_method(service, "GetUser");
    add_method(service, "getUser");
    assert_string_equal(service_find_method(service, slice_of("\"GetUser\""))->name, "GetUser");
    assert_string_equal(
        service_find_method(service, slice_of("\"get\\u0055ser\""))->name, "getUser");
    assert_null(service_find_method(service, slice_of("\"GETUSER\"")));
    assert_null(service_find_method(service, slice_of("\"GetUser\\u0000x\"")));
    assert_null(service_find_method(service, slice_of("\"\"")));
}

static void a_service_without_methods_is_refused_at_start(void **state)
{
    (void)state;
    dubboc_error err;
    add("a.B", NULL, NULL);
    assert_status(DUBBOC_E_ARGUMENT, services_freeze(&offered, &err), &err);
    assert_contains(err.text, "service a.B has no methods");
}

static void settings_come_from_code_then_the_section_then_the_server(void **state)
{
    (void)state;
    int64_t unset;
    dubboc_service *named = add("a.Named", NULL, NULL);
    assert_string_equal(named->group, "from-ini");
    assert_string_equal(named->version, "9.9");
    assert_string_equal(named->path, "ctx/named");
    assert_int_equal(named->weight, 100);
    add_method(named, "m");
    assert_int_equal(named->methods[0]->timeout_ms, 250);
    assert_int_equal(named->methods[0]->retries, 1);
    dubboc_service *coded = add("a.Named",
        &(dubboc_service_options){.group = "", .version = "2", .weight = DUBBOC_NONE}, NULL);
    assert_string_equal(coded->group, "");
    assert_string_equal(coded->version, "2");
    assert_string_equal(coded->path, "ctx/named2");
    assert_int_equal(coded->weight, 0);
    assert_false(config_method_int(config, "service a.Named", "other", "timeout", &unset));
}

static void older_programs_with_shorter_options_get_the_defaults(void **state)
{
    (void)state;
    dubboc_service *service;
    dubboc_error err;
    dubboc_service_options shorter = {.size = offsetof(dubboc_service_options, version),
        .group = "g",
        .version = "not there yet"};
    assert_status(DUBBOC_OK, services_add(&offered, config, "a.B", &shorter, &service, &err), &err);
    assert_string_equal(service->group, "g");
    assert_string_equal(service->version, "9.9");
}

/* A wrong size must be an error: with a size that is too small, the library would silently ignore
 * members of the structure. */
static void invalid_sizes_of_structures_are_refused(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 3, sizeof(size_t) - 1, 4097, SIZE_MAX};
    dubboc_service *service;
    dubboc_server *server = NULL;
    dubboc_error err;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        dubboc_service_options of_service = {.size = sizes[i]};
        const dubboc_server_options of_server = {.size = sizes[i]};
        assert_status(DUBBOC_E_ARGUMENT,
            services_add(&offered, config, "a.C", &of_service, &service, &err), &err);
        assert_contains(err.text, "set it to sizeof(dubboc_service_options)");
        assert_status(DUBBOC_E_ARGUMENT, dubboc_server_new(&of_server, &server, &err), &err);
        assert_contains(err.text, "set it to sizeof(dubboc_server_options)");
        assert_null(server);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, offering_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_that_cannot_be_registered_are_refused),
        TEST(methods_that_cannot_be_called_are_refused),
        TEST(paths_that_clients_rewrite_are_refused),
        TEST(a_path_of_the_configuration_is_checked_too),
        TEST(several_services_of_one_interface_get_paths_of_their_own),
        TEST(the_path_table_knows_each_path_and_the_first_of_each_interface),
        TEST(methods_are_found_by_their_exact_name),
        TEST(a_service_without_methods_is_refused_at_start),
        TEST(settings_come_from_code_then_the_section_then_the_server),
        TEST(older_programs_with_shorter_options_get_the_defaults),
        TEST(invalid_sizes_of_structures_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

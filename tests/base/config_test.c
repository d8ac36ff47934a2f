#include "tests/base/config_fixture.h"

#include <unistd.h>

#include "base/config.h"
#include "base/config_value.h"

static void assert_value(const dubboc_config *config, const char *section, const char *key,
    const char *value, const char *origin_end)
{
    const char *origin = "";
    const char *found = dubboc_config_get(config, section, key, &origin);
    assert_non_null(found);
    assert_string_equal(found, value);
    assert_true(strlen(origin) >= strlen(origin_end));
    assert_string_equal(origin + strlen(origin) - strlen(origin_end), origin_end);
}

static void every_row_of_the_key_table_is_valid(void **state)
{
    (void)state;
    size_t count;
    const config_key *keys = config_keys(&count);
    for (size_t i = 0; i < count; i++) {
        int64_t number;
        dubboc_error err;
        const config_key *k = &keys[i];
        if (k->value != NULL)
            assert_status(DUBBOC_OK, config_key_read(k, slice_of(k->value), &number, &err), &err);
        if (!k->is_later)
            assert_non_null(k->help);
        assert_true(config_section_is_per_interface(k->section) == (k->where != 0));
        if (k->type == CONFIG_INT || k->type == CONFIG_DURATION || k->type == CONFIG_SIZE)
            assert_true(k->is_later || k->min < k->max);
        if (k->inherits_section != NULL) {
            const config_key *from = config_key_get(
                slice_of(k->inherits_section), slice_of(k->inherits_name), CONFIG_OF_SECTION);
            assert_non_null(from);
            assert_int_equal(from->type, k->type);
            assert_null(k->value);
        }
    }
}

static bool keys_have_one_form(const config_key *a, const config_key *b)
{
    return a->type == b->type && a->min == b->min && a->max == b->max &&
           (a->special != NULL) == (b->special != NULL);
}

/* If one key ends with another one, an environment variable can match both: the longer key, and the
 * shorter key of a method. Its value must then be valid for both. */
static void an_interface_key_that_ends_with_another_key_accepts_the_same_values(void **state)
{
    (void)state;
    size_t count;
    const config_key *keys = config_keys(&count);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++) {
            size_t longer = strlen(keys[i].name), shorter = strlen(keys[j].name);
            bool are_both = keys[i].where != 0 && strcmp(keys[i].section, keys[j].section) == 0;
            if (are_both && longer > shorter && keys[i].name[longer - shorter - 1] == '_')
                assert_true(strcmp(keys[i].name + longer - shorter, keys[j].name) != 0 ||
                            keys_have_one_form(&keys[i], &keys[j]));
        }
}

static void keys_have_their_documented_defaults(void **state)
{
    (void)state;
    dubboc_config *config = load(NULL);
    assert_int_equal(config_int(config, "client", "request_timeout"), 3000);
    assert_int_equal(config_int(config, "client", "connect_timeout"), 1000);
    assert_int_equal(config_int(config, "client", "retries"), 2);
    assert_int_equal(config_int(config, "client", "pool_size"), 128);
    assert_int_equal(config_int(config, "client", "pool_idle"), 20000);
    assert_int_equal(config_int(config, "client", "selector_ttl"), 300000);
    assert_int_equal(config_int(config, "client", "reply_max"), 64 << 20);
    assert_string_equal(config_text(config, "client", "load_balance"), "random");
    assert_string_equal(config_text(config, "client", "proxy"), "");
    assert_true(config_bool(config, "client", "register"));
    assert_int_equal(config_int(config, "server", "port"), 10000);
    assert_int_equal(config_int(config, "server", "loops"), -1);
    assert_int_equal(config_int(config, "server", "workers"), -1);
    assert_int_equal(config_int(config, "server", "body_max"), 8 << 20);
    assert_string_equal(config_text(config, "server", "protocols"), "jsonrpc");
    assert_string_equal(config_text(config, "registry", "address"), "");
    assert_string_equal(config_text(config, "application", "name"), "dubboc");
    assert_int_equal(config_int(config, USERS, "weight"), 100);
    assert_int_equal(config_int(config, USERS_USED, "timeout"), 3000);
    assert_false(config_is_set(config, USERS_USED, "timeout"));
    assert_value(config, "client", "retries", "2", "default");
    const char *origin = NULL;
    assert_null(dubboc_config_get(config, "client", "proxy", &origin));
    assert_null(dubboc_config_get(config, "client", "nothing", &origin));
    assert_null(dubboc_config_get(config, "nothing", "retries", &origin));
    assert_null(dubboc_config_get(config, "server", "admin_address", &origin));
    assert_null(origin);
    dubboc_config_free(config);
}

static void each_layer_overrides_the_one_below_and_reports_its_origin(void **state)
{
    (void)state;
    set_variable("DUBBOC_CLIENT_RETRIES", "4");
    set_variable("DUBBOC_CLIENT_POOL_SIZE", "5");
    dubboc_config *config = load("[client]\nconnect_timeout = 7s\nretries = 3\npool_size = 3\n");
    assert_status(DUBBOC_OK, dubboc_config_set(config, "client", "pool_size", "6", NULL), NULL);
    assert_value(config, "client", "request_timeout", "3s", "default");
    assert_value(config, "client", "connect_timeout", "7s", "/app.ini:2");
    assert_value(config, "client", "retries", "4", "$DUBBOC_CLIENT_RETRIES");
    assert_value(config, "client", "pool_size", "6", "code");
    assert_int_equal(config_int(config, "client", "connect_timeout"), 7000);
    assert_int_equal(config_int(config, "client", "retries"), 4);
    assert_int_equal(config_int(config, "client", "pool_size"), 6);
    assert_true(config_is_set(config, "client", "retries"));
    assert_false(config_is_set(config, "client", "request_timeout"));
    dubboc_config_free(config);
}

static void the_file_comes_from_the_argument_then_dubboc_conf_file_then_app_conf_file(void **state)
{
    (void)state;
    char other[4200];
    write_file("[log]\nlevel = debug\n");
    snprintf(other, sizeof other, "%s/other.ini", folder);
    assert_int_equal(rename(file_path, other), 0);
    write_file("[log]\nlevel = info\n");
    dubboc_config *config = load(NULL);
    assert_string_equal(config_text(config, "log", "level"), "warn");
    dubboc_config_free(config);
    set_variable("APP_CONF_FILE", other);
    config = load(NULL);
    assert_string_equal(config_text(config, "log", "level"), "debug");
    dubboc_config_free(config);
    set_variable("DUBBOC_CONF_FILE", "");
    config = load(NULL);
    assert_string_equal(config_text(config, "log", "level"), "debug");
    dubboc_config_free(config);
    set_variable("DUBBOC_CONF_FILE", file_path);
    config = load(NULL);
    assert_string_equal(config_text(config, "log", "level"), "info");
    dubboc_config_free(config);
    config = load("[log]\nlevel = error\n");
    assert_string_equal(config_text(config, "log", "level"), "error");
    dubboc_config_free(config);
}

static void the_environment_is_read_once(void **state)
{
    (void)state;
    set_variable("DUBBOC_CLIENT_RETRIES", "4");
    dubboc_config *config = load(NULL);
    set_variable("DUBBOC_CLIENT_RETRIES", "5");
    set_variable("DUBBOC_SERVICE_COM_EXAMPLE_USERS_WEIGHT", "5");
    assert_int_equal(config_int(config, "client", "retries"), 4);
    assert_int_equal(config_int(config, USERS, "weight"), 100);
    dubboc_config_free(config);
}

static void sections_of_an_interface_inherit_what_they_do_not_set(void **state)
{
    (void)state;
    dubboc_config *config =
        load("[server]\ngroup = g\nweight = 7\nprotocols = jsonrpc,http\n[" USERS
             "]\nweight = 8\n[client]\nretries = 1\n");
    assert_int_equal(config_int(config, USERS, "weight"), 8);
    assert_int_equal(config_int(config, "service com.example.Other", "weight"), 7);
    assert_string_equal(config_text(config, USERS, "group"), "g");
    assert_string_equal(config_text(config, USERS, "version"), "");
    assert_true(config_list_has(config_text(config, USERS, "protocols"), "http"));
    assert_false(config_list_has(config_text(config, USERS, "protocols"), "htt"));
    assert_int_equal(config_int(config, USERS_USED, "retries"), 1);
    assert_value(config, USERS, "weight", "8", ":6");
    assert_value(config, USERS, "group", "g", ":2");
    assert_true(config_is_set(config, USERS, "weight"));
    assert_false(config_is_set(config, USERS, "group"));
    dubboc_config_free(config);
}

static void a_service_may_clear_a_value_of_the_server(void **state)
{
    (void)state;
    dubboc_config *config = load("[server]\ngroup = g\n[" USERS "]\ngroup =\n");
    assert_string_equal(config_text(config, USERS, "group"), "");
    assert_true(config_is_set(config, USERS, "group"));
    dubboc_config_free(config);
}

static void variables_override_the_sections_of_any_interface(void **state)
{
    (void)state;
    set_variable("DUBBOC_SERVICE_COM_EXAMPLE_USERS_WEIGHT", "9");
    set_variable("DUBBOC_REFERENCE_COM_EXAMPLE_USERS_GETUSER_TIMEOUT", "250ms");
    set_variable("DUBBOC_REFERENCE_COM_EXAMPLE_USERS_LOAD_BALANCE", "roundrobin");
    dubboc_config *config = load("[" USERS "]\nweight = 8\n");
    int64_t ms = 0;
    assert_int_equal(config_int(config, USERS, "weight"), 9);
    assert_value(config, USERS, "weight", "9", "$DUBBOC_SERVICE_COM_EXAMPLE_USERS_WEIGHT");
    assert_true(config_method_int(config, USERS_USED, "GetUser", "timeout", &ms));
    assert_int_equal(ms, 250);
    assert_string_equal(config_text(config, USERS_USED, "load_balance"), "roundrobin");
    assert_int_equal(config_int(config, "service com.example.Other", "weight"), 100);
    dubboc_config_free(config);
}

static void methods_have_values_of_their_own(void **state)
{
    (void)state;
    dubboc_config *config =
        load("[" USERS "]\ntimeout = 1s\nGetUser.timeout = 100ms\nGetUser.retries = 0\n[" USERS_USED
             "]\na.b.retries = 3\nx.timeout = none\n");
    int64_t value = 0;
    assert_true(config_method_int(config, USERS, "GetUser", "timeout", &value));
    assert_int_equal(value, 100);
    assert_true(config_method_int(config, USERS, "GetUser", "retries", &value));
    assert_int_equal(value, 0);
    assert_false(config_method_int(config, USERS, "getUser", "timeout", &value));
    assert_false(config_method_int(config, USERS, "Other", "timeout", &value));
    assert_true(config_method_int(config, USERS_USED, "a.b", "retries", &value));
    assert_int_equal(value, 3);
    assert_true(config_method_int(config, USERS_USED, "x", "timeout", &value));
    assert_int_equal(value, -1);
    assert_value(config, USERS, "GetUser.timeout", "100ms", ":3");
    assert_null(dubboc_config_get(config, USERS, "Other.timeout", NULL));
    dubboc_config_free(config);
}

/* Common INI parsers cut a section name at 49 bytes and end a value at ` ;`. */
static void interfaces_of_200_bytes_are_distinguished(void **state)
{
    (void)state;
    char one[220], two[220], text[1024];
    int len = snprintf(one, sizeof one, "reference com.example.");
    memset(one + len, 'x', 190);
    one[len + 190] = '\0';
    strcpy(two, one);
    one[len + 189] = '1';
    two[len + 189] = '2';
    snprintf(text, sizeof text, "[%s]\ngroup = one ;not a comment\n[%s]\ngroup = two #neither\n",
        one, two);
    dubboc_config *config = load(text);
    assert_string_equal(config_text(config, one, "group"), "one ;not a comment");
    assert_string_equal(config_text(config, two, "group"), "two #neither");
    dubboc_config_free(config);
}

static void an_interface_too_long_for_any_file_has_the_defaults(void **state)
{
    (void)state;
    static char section[5000] = "service ";
    int64_t value;
    memset(section + 8, 'x', sizeof section - 9);
    dubboc_config *config = load(NULL);
    assert_int_equal(config_int(config, section, "weight"), 100);
    assert_false(config_method_int(config, section, "m", "timeout", &value));
    assert_false(config_method_int(config, USERS, section, "timeout", &value));
    dubboc_config_free(config);
}

static void dubbos_own_variables_set_the_registered_address(void **state)
{
    (void)state;
    set_variable("DUBBO_IP_TO_REGISTRY", "10.1.2.3");
    set_variable("DUBBO_PORT_TO_REGISTRY", "20880");
    dubboc_config *config = load("[server]\nregistered_ip = 10.9.9.9\n");
    assert_value(config, "server", "registered_ip", "10.1.2.3", "$DUBBO_IP_TO_REGISTRY");
    assert_int_equal(config_int(config, "server", "registered_port"), 20880);
    dubboc_config_free(config);
    set_variable("DUBBOC_SERVER_REGISTERED_IP", "10.4.5.6");
    set_variable("DUBBO_PORT_TO_REGISTRY", "");
    config = load(NULL);
    assert_value(config, "server", "registered_ip", "10.4.5.6", "$DUBBOC_SERVER_REGISTERED_IP");
    assert_int_equal(config_int(config, "server", "registered_port"), 0);
    dubboc_config_free(config);
    set_variable("DUBBO_PORT_TO_REGISTRY", "70000");
    assert_contains(problem_of(DUBBOC_E_CONFIG, NULL),
        "$DUBBO_PORT_TO_REGISTRY = \"70000\": expected a whole number from 0 to 65535");
}

static void valid_values_of_every_kind_are_accepted(void **state)
{
    (void)state;
    dubboc_config *config = load("[client]\nrequest_timeout = none\npool_ttl = 90s\nreply_max = "
                                 "1048576\nregister = false\nload_balance = roundrobin\n"
                                 "[server]\nip = ::1\nport = 0\nloops = 0\nworkers = "
                                 "3\nstop_watch_wait = 0ms\nbody_max = 64KiB\nprotocols = http , "
                                 "jsonrpc\n"
                                 "[registry]\naddress = h1:2181,h2:2181\n[reference a]\nurl = "
                                 "http://127.0.0.1:80/x\nidempotent = Get,List\n");
    assert_int_equal(config_int(config, "client", "request_timeout"), -1);
    assert_int_equal(config_int(config, "client", "pool_ttl"), 90000);
    assert_int_equal(config_int(config, "client", "reply_max"), 1048576);
    assert_false(config_bool(config, "client", "register"));
    assert_int_equal(config_int(config, "server", "loops"), 0);
    assert_int_equal(config_int(config, "server", "workers"), 3);
    assert_int_equal(config_int(config, "server", "stop_watch_wait"), 0);
    assert_int_equal(config_int(config, "server", "body_max"), 65536);
    assert_string_equal(config_text(config, "registry", "address"), "h1:2181,h2:2181");
    assert_true(config_list_has(config_text(config, "reference a", "idempotent"), "List"));
    dubboc_config_free(config);
    static const char *const urls[] = {"https://h", "http://h/x:y", "http://u:p@h:65535?x",
        "http://[::1]", "http://[::1]:80/x", "http://::1:80/x"};
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        char text[256];
        snprintf(text, sizeof text, "[reference a]\nurl = %s\n", urls[i]);
        config = load(text);
        assert_string_equal(config_text(config, "reference a", "url"), urls[i]);
        dubboc_config_free(config);
    }
    static const char *const addresses[] = {"", "zookeeper://h1:2181?backup=h2:2181",
        "zookeeper://h1:2181,h2:2181/?group=dubbo", "file:///var/lib/dubboc", "file:relative",
        "static:jsonrpc://127.0.0.1:1/a,jsonrpc://127.0.0.1:2/a", "127.0.0.1:2181"};
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        char text[256];
        snprintf(text, sizeof text, "[registry]\naddress = %s\n", addresses[i]);
        config = load(text);
        assert_string_equal(config_text(config, "registry", "address"), addresses[i]);
        dubboc_config_free(config);
    }
}

static void holders_of_a_configuration_do_not_see_later_values(void **state)
{
    (void)state;
    dubboc_config *config = load("[client]\nretries = 1\n[" USERS "]\nweight = 8\n");
    dubboc_config *held = config_ref(config);
    const char *group = config_text(held, "client", "load_balance");
    assert_status(DUBBOC_OK, dubboc_config_set(config, "client", "retries", "7", NULL), NULL);
    assert_int_equal(config_int(held, "client", "retries"), 1);
    assert_int_equal(config_int(config, "client", "retries"), 7);
    assert_int_equal(config_int(config, USERS, "weight"), 8);
    dubboc_config *again = config_ref(held);
    dubboc_config_free(config);
    dubboc_config_free(held);
    assert_int_equal(config_int(again, "client", "retries"), 1);
    assert_string_equal(group, "random");
    dubboc_config_free(again);
    dubboc_config_free(NULL);
}

static void hear_value(
    void *arg, const char *section, const char *key, const char *value, const char *origin)
{
    heard *h = arg;
    const char *slash = strrchr(origin, '/');
    if (strcmp(origin, "default") != 0)
        h->len += (size_t)snprintf(h->text + h->len, sizeof h->text - h->len, "[%s] %s = %s (%s)\n",
            section, key, value, slash != NULL ? slash : origin);
}

static void dubboc_config_each_visits_all_values_in_order_and_masks_secrets(void **state)
{
    (void)state;
    heard h = {.len = 0};
    set_variable("DUBBOC_REFERENCE_A_GET_RETRIES", "3");
    set_variable("DUBBOC_REFERENCE_B_C_TIMEOUT", "3s");
    set_variable("DUBBOC_SERVICE_S_PUT_TIMEOUT", "7ms");
    set_variable("DUBBOC_REGISTRY_USERNAME", "me");
    dubboc_config *config = load("[reference a]\nget.retries = 1\ngroup = g\n[service "
                                 "s]\nput.timeout = 5ms\n[client]\nproxy = http://u:p@h:1/x@y\n"
                                 "[registry]\npassword = s3cret\naddress = "
                                 "zookeeper://h:1/?a=b@c\n[application]\nname = n\n");
    assert_status(
        DUBBOC_OK, dubboc_config_set(config, "service s", "put.timeout", "6ms", NULL), NULL);
    assert_status(
        DUBBOC_OK, dubboc_config_set(config, "service s", "get.timeout", "8ms", NULL), NULL);
    dubboc_config_each(config, hear_value, &h);
    assert_string_equal(h.text, "[application] name = n (/app.ini:12)\n"
                                "[registry] address = zookeeper://********@c (/app.ini:10)\n"
                                "[registry] username = me ($DUBBOC_REGISTRY_USERNAME)\n"
                                "[registry] password = ******** (/app.ini:9)\n"
                                "[client] proxy = http://********@y (/app.ini:7)\n"
                                "[service s] put.timeout = 6ms (code)\n"
                                "[service s] get.timeout = 8ms (code)\n"
                                "[reference a] group = g (/app.ini:3)\n"
                                "[reference a] get.retries = 3 ($DUBBOC_REFERENCE_A_GET_RETRIES)\n"
                                "[reference B_C] timeout = 3s ($DUBBOC_REFERENCE_B_C_TIMEOUT)\n");
    dubboc_config_free(config);
}

static void dubboc_config_each_masks_user_information_wherever_it_occurs(void **state)
{
    (void)state;
    static const char *const values[][3] = {
        {"registry", "address", "static:jsonrpc://u:pw@h:1/a.B,jsonrpc://v:pw@h:2/a.B?x=y@z"},
        {"registry", "address", "u:pw@h:2181,h2:2181"},
        {"registry", "address", "zookeeper://u:p@pw@h:2181"},
        {"registry", "address", "zookeeper://u:1/pw@h:2181"},
        {"registry", "address", "zookeeper://u:1?pw@h:2181"},
        {"registry", "address", "zookeeper://h:2181?password=pw&username=pw"},
        {"registry", "address", "zookeeper://h:2181?backup=u:pw@h2"},
        {"client", "proxy", "http://u:p@pw@h:3128"},
        {"client", "proxy", "u:pw@h:3128"},
        {"application", "name", "u:pw@h:3128"},
        {"reference a", "url", "http://u:pw@h:1/a"},
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        heard h = {.len = 0};
        dubboc_config *config = load("");
        assert_status(DUBBOC_OK,
            dubboc_config_set(config, values[i][0], values[i][1], values[i][2], NULL), NULL);
        dubboc_config_each(config, hear_value, &h);
        assert_contains(h.text, "********");
        assert_null(strstr(h.text, "pw"));
        dubboc_config_free(config);
    }
    dubboc_config *config = load("");
    dubboc_error err;
    assert_status(DUBBOC_E_CONFIG,
        dubboc_config_set(config, "registry", "address", "zk://u:pw@h:2181", &err), &err);
    assert_contains(err.text, "zk://********@h:2181");
    dubboc_config_free(config);
}

static void default_and_inherited_values_are_returned_with_their_origin(void **state)
{
    (void)state;
    dubboc_config *config = load("[server]\nweight = 7\n[service s]\n");
    assert_value(config, "service s", "weight", "7", ":2");
    assert_value(config, "service s", "protocols", "jsonrpc", "default");
    dubboc_config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_row_of_the_key_table_is_valid),
        TEST(an_interface_key_that_ends_with_another_key_accepts_the_same_values),
        TEST(keys_have_their_documented_defaults),
        TEST(each_layer_overrides_the_one_below_and_reports_its_origin),
        TEST(the_file_comes_from_the_argument_then_dubboc_conf_file_then_app_conf_file),
        TEST(the_environment_is_read_once),
        TEST(sections_of_an_interface_inherit_what_they_do_not_set),
        TEST(a_service_may_clear_a_value_of_the_server),
        TEST(variables_override_the_sections_of_any_interface),
        TEST(methods_have_values_of_their_own),
        TEST(interfaces_of_200_bytes_are_distinguished),
        TEST(an_interface_too_long_for_any_file_has_the_defaults),
        TEST(dubbos_own_variables_set_the_registered_address),
        TEST(valid_values_of_every_kind_are_accepted),
        TEST(holders_of_a_configuration_do_not_see_later_values),
        TEST(dubboc_config_each_visits_all_values_in_order_and_masks_secrets),
        TEST(dubboc_config_each_masks_user_information_wherever_it_occurs),
        TEST(default_and_inherited_values_are_returned_with_their_origin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

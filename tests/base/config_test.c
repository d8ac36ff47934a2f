#include "tests/support/test.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/config_keys.h"
#include "base/ini.h"

#define USERS "service com.example.Users"
#define USERS_USED "reference com.example.Users"

/* One folder for the files of a test; every variable that a test sets goes through set_variable() and is gone after it. */
static char *folder;
static char file_path[4200];
static const char *variables[16];
static size_t variable_count;

static void set_variable(const char *name, const char *value)
{
    assert_true(variable_count < 16);
    variables[variable_count++] = name;
    assert_int_equal(setenv(name, value, 1), 0);
}

static int setup(void **state)
{
    (void)state;
    folder = test_folder_new();
    snprintf(file_path, sizeof file_path, "%s/app.ini", folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    while (variable_count > 0)
        unsetenv(variables[--variable_count]);
    dubboc_log_set(NULL, NULL, DUBBOC_LOG_ERROR);
    test_folder_remove(folder);
    return 0;
}

static const char *write_bytes(const char *text, size_t len)
{
    FILE *file = fopen(file_path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    return file_path;
}

static const char *write_file(const char *text)
{
    return write_bytes(text, strlen(text));
}

static dubboc_config *load(const char *text)
{
    dubboc_config *config = NULL;
    dubboc_error err;
    assert_status(DUBBOC_OK, dubboc_config_load(text != NULL ? write_file(text) : NULL, &config, &err), &err);
    assert_non_null(config);
    return config;
}

/* The error text of a load that fails, without the folder before the file's name. */
static const char *problem_of(dubboc_status expected, const char *text)
{
    static dubboc_error err;
    dubboc_config *config = NULL;
    assert_status(expected, dubboc_config_load(text != NULL ? write_file(text) : NULL, &config, &err), &err);
    assert_null(config);
    size_t before = strlen(folder) + 1;
    return strncmp(err.text, folder, before - 1) == 0 ? err.text + before : err.text;
}

static void assert_value(
    const dubboc_config *config, const char *section, const char *key, const char *value, const char *origin_end)
{
    const char *origin = "";
    const char *found = dubboc_config_get(config, section, key, &origin);
    assert_non_null(found);
    assert_string_equal(found, value);
    assert_true(strlen(origin) >= strlen(origin_end));
    assert_string_equal(origin + strlen(origin) - strlen(origin_end), origin_end);
}

/* --- the table --- */

static void every_row_of_the_table_is_sound(void **state)
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
            const config_key *from = config_key_get(slice_of(k->inherits_section), slice_of(k->inherits_name), CONFIG_OF_SECTION);
            assert_non_null(from);
            assert_int_equal(from->type, k->type);
            assert_null(k->value);
        }
    }
}

/* Else a variable of one key could be read as that of another. */
static void no_key_of_an_interface_ends_with_another_one(void **state)
{
    (void)state;
    size_t count;
    const config_key *keys = config_keys(&count);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++) {
            size_t longer = strlen(keys[i].name), shorter = strlen(keys[j].name);
            bool are_both = keys[i].where != 0 && strcmp(keys[i].section, keys[j].section) == 0;
            if (are_both && longer > shorter && keys[i].name[longer - shorter - 1] == '_')
                assert_string_not_equal(keys[i].name + longer - shorter, keys[j].name);
        }
}

static void defaults_are_those_of_the_reference(void **state)
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

/* --- layers --- */

static void each_layer_wins_over_the_one_below_and_says_where_it_is(void **state)
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

static void the_file_is_the_argument_else_our_variable_else_dubbogos(void **state)
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
        load("[server]\ngroup = g\nweight = 7\nprotocols = jsonrpc,http\n[" USERS "]\nweight = 8\n[client]\nretries = 1\n");
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

static void a_service_may_set_nothing_where_the_server_sets_something(void **state)
{
    (void)state;
    dubboc_config *config = load("[server]\ngroup = g\n[" USERS "]\ngroup =\n");
    assert_string_equal(config_text(config, USERS, "group"), "");
    assert_true(config_is_set(config, USERS, "group"));
    dubboc_config_free(config);
}

static void variables_reach_the_sections_of_any_interface(void **state)
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
    dubboc_config *config = load("[" USERS "]\ntimeout = 1s\nGetUser.timeout = 100ms\nGetUser.retries = 0\n[" USERS_USED
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

/* The usual reader cuts the section's name at 49 bytes and the value at ` ;`. */
static void interfaces_of_200_bytes_are_told_apart(void **state)
{
    (void)state;
    char one[220], two[220], text[1024];
    int len = snprintf(one, sizeof one, "service com.example.");
    memset(one + len, 'x', 190);
    one[len + 190] = '\0';
    strcpy(two, one);
    one[len + 189] = '1';
    two[len + 189] = '2';
    snprintf(text, sizeof text, "[%s]\ngroup = one ;not a comment\n[%s]\ngroup = two #neither\n", one, two);
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
    assert_contains(
        problem_of(DUBBOC_E_CONFIG, NULL), "$DUBBO_PORT_TO_REGISTRY = \"70000\": expected a whole number from 0 to 65535");
}

/* --- what is refused --- */

static void every_fault_of_a_file_names_its_line_and_what_was_expected(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"[clinet]\n", "app.ini:1: unknown section [clinet], did you mean [client]?"},
        {"[Client]\n", "app.ini:1: unknown section [Client], did you mean [client]?"},
        {"[services com.example.Users]\n",
            "app.ini:1: unknown section [services com.example.Users], did you mean [service INTERFACE]?"},
        {"[xyzzy]\nk=v\n", "app.ini:1: unknown section [xyzzy], expected application, registry, client"},
        {"[service]\n", "app.ini:1: section [service]: expected [service INTERFACE]"},
        {"[service  a]\n", "app.ini:1: section [service  a]: expected [service INTERFACE], one blank between"},
        {"[service a b]\n", "app.ini:1: section [service a b]: expected"},
        {"[reference a/b]\n", "app.ini:1: section [reference a/b]: expected"},
        {"[client x]\n", "app.ini:1: section [client x]: expected [client] alone"},
        {"\n[client]\nretrys = 1\n", "app.ini:3: unknown key \"retrys\" in [client], did you mean \"retries\"?"},
        {"[client]\nrequestTimeout = 1s\n", "did you mean \"request_timeout\"?"},
        {"[client]\nrequest-timeout = 1s\n", "did you mean \"request_timeout\"?"},
        {"[client]\naddress = x\n", "app.ini:2: unknown key \"address\" in [client], it belongs to [registry]"},
        {"[server]\nidempotent = x\n", "unknown key \"idempotent\" in [server], it belongs to [reference INTERFACE]"},
        {"[client]\nGetUser.timeout = 1s\n", "app.ini:2: unknown key \"GetUser.timeout\" in [client]"},
        {"[service a]\nGetUser.timeot = 1s\n", "unknown key \"GetUser.timeot\" in [service a], did you mean \"timeout\"?"},
        {"[service a]\nGetUser.weight = 1\n", "unknown key \"GetUser.weight\" in [service a]"},
        {"[service a]\n.timeout = 1s\n", "unknown key \".timeout\" in [service a]"},
        {"[client]\nretries = many\n", "app.ini:2: [client] retries = \"many\": expected a whole number from 0 to 100"},
        {"[client]\nretries =\n", "[client] retries = \"\": expected a whole number"},
        {"[client]\nretries = -1\n", "expected a whole number from 0 to 100"},
        {"[client]\nretries = 2 ;x\n", "retries = \"2 ;x\": expected a whole number"},
        {"[client]\nretries = 101\n", "expected a whole number from 0 to 100"},
        {"[client]\nrequest_timeout = 3\n", "expected a duration with a unit (350ms, 2s, 10m, 1h) from 1ms to 24h or none"},
        {"[client]\nrequest_timeout = 3 s\n", "request_timeout = \"3 s\": expected a duration"},
        {"[client]\nrequest_timeout = 0s\n", "from 1ms to 24h"},
        {"[client]\nrequest_timeout = 25h\n", "from 1ms to 24h"},
        {"[client]\nrequest_timeout = 99999999999999999999s\n", "expected a duration"},
        {"[client]\nrequest_timeout = 9223372036854775807h\n", "expected a duration"},
        {"[client]\nconnect_timeout = none\n", "connect_timeout = \"none\": expected a duration"},
        {"[client]\nreply_max = 64MB\n", "expected a size in bytes or with a unit (64KiB, 8MiB, 1GiB) from 1 to 2GiB"},
        {"[client]\nreply_max = 9007199254740992GiB\n", "expected a size"},
        {"[client]\nregister = yes\n", "register = \"yes\": expected true or false"},
        {"[client]\nload_balance = randon\n", "expected random or roundrobin, did you mean \"random\"?"},
        {"[client]\nselector = cash\n", "selector = \"cash\": expected cache"},
        {"[server]\nport = 70000\n", "port = \"70000\": expected a whole number from 0 to 65535"},
        {"[server]\nloops = some\n", "from 0 to 1024 or auto"},
        {"[server]\nip = 10.0.0.300\n", "ip = \"10.0.0.300\": expected an IPv4 or IPv6 address"},
        {"[server]\nregistered_ip = a/b\n", "expected a host name or an address"},
        {"[server]\nprotocols = jsonrpc,dubbo\n", "expected one or more words with commas between, each once: jsonrpc or http"},
        {"[server]\nprotocols = jsonrpc,jsonrpc\n", "\"jsonrpc\" stands twice"},
        {"[server]\nprotocols = ,\n", "expected one or more words"},
        {"[log]\nlevel = verbose\n", "expected off, error, warn, info or debug"},
        {"[registry]\naddress = zk://h:2181\n", "expected zookeeper://host:port"},
        {"[registry]\naddress = somewhere\n", "expected zookeeper://host:port"},
        {"[reference a]\nurl = ftp://h/\n", "expected a URL that begins with http:// or https://"},
        {"[client]\nretries = 1\n\nretries = 2\n", "app.ini:4: key \"retries\" stands twice in [client], first in line 2"},
        {"[client]\n[client]\n", "app.ini:2: section [client] stands twice, first in line 1"},
        {"retries = 1\n", "app.ini:1: key \"retries\" stands in no section"},
        {"[client]\nretries\n", "app.ini:2: expected [section], key = value"},
        {"[client]\nproxy = \x01\n", "app.ini:2: found a control byte"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_contains(problem_of(DUBBOC_E_CONFIG, cases[i].text), cases[i].expected);
}

static void what_is_not_in_this_release_says_so(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"[client]\nload_balance = leastactive\n",
            "app.ini:2: [client] load_balance = \"leastactive\": \"leastactive\" is not in this release"},
        {"[client]\nload_balance = consistenthash\n", "not in this release"},
        {"[client]\nload_balance = p2c\n", "not in this release"},
        {"[reference a]\nload_balance = p2c\n", "not in this release"},
        {"[client]\ncluster = failfast\n", "not in this release"},
        {"[client]\ncluster = forking\n", "not in this release"},
        {"[reference a]\ncluster = broadcast\n", "not in this release"},
        {"[server]\nip = unix:/run/x.sock\n", "listening on a unix socket is not in this release"},
        {"[server]\nadmin_address = 127.0.0.1:1\n", "app.ini:2: key \"admin_address\" of [server] is not in this release"},
        {"[server]\ntls_cert_file = /x\n", "not in this release"},
        {"[server]\nwarmup = 10m\n", "not in this release"},
        {"[service a]\nwarmup = 10m\n", "not in this release"},
        {"[client]\nrouter = x\n", "not in this release"},
        {"[router]\n", "app.ini:1: section [router] is not in this release"},
        {"[gateway]\n", "not in this release"},
        {"[tracing]\n", "not in this release"},
        {"[registry]\naddress = http://h:1/\n", "\"http\" is not in this release"},
        {"[registry]\naddress = nacos://h:1\n", "\"nacos\" is not in this release"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_contains(problem_of(DUBBOC_E_UNSUPPORTED, cases[i].text), cases[i].expected);
    set_variable("DUBBOC_SERVER_ADMIN_ADDRESS", "x");
    assert_contains(problem_of(DUBBOC_E_UNSUPPORTED, NULL),
        "$DUBBOC_SERVER_ADMIN_ADDRESS: key \"admin_address\" of [server] is not in this release");
}

static void good_values_of_every_kind_are_taken(void **state)
{
    (void)state;
    dubboc_config *config = load(
        "[client]\nrequest_timeout = none\npool_ttl = 90s\nreply_max = 1048576\nregister = false\nload_balance = roundrobin\n"
        "[server]\nip = ::1\nport = 0\nloops = 0\nworkers = 3\nstop_watch_wait = 0ms\nbody_max = 64KiB\nprotocols = http , "
        "jsonrpc\n"
        "[registry]\naddress = h1:2181,h2:2181\n[reference a]\nurl = http://127.0.0.1:80/x\nidempotent = Get,List\n");
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
    static const char *const addresses[] = {"", "zookeeper://h1:2181?backup=h2:2181", "zookeeper://h1:2181,h2:2181/?group=dubbo",
        "file:///var/lib/dubboc", "file:relative", "static:jsonrpc://127.0.0.1:1/a,jsonrpc://127.0.0.1:2/a", "127.0.0.1:2181"};
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        char text[256];
        snprintf(text, sizeof text, "[registry]\naddress = %s\n", addresses[i]);
        config = load(text);
        assert_string_equal(config_text(config, "registry", "address"), addresses[i]);
        dubboc_config_free(config);
    }
}

static void a_bad_variable_is_named_with_what_was_expected(void **state)
{
    (void)state;
    set_variable("DUBBOC_CLIENT_RETRIES", "many");
    assert_string_equal(
        problem_of(DUBBOC_E_CONFIG, NULL), "$DUBBOC_CLIENT_RETRIES = \"many\": expected a whole number from 0 to 100");
    set_variable("DUBBOC_CLIENT_RETRIES", "1");
    set_variable("DUBBOC_SERVICE_A_B_TIMEOUT", "5");
    assert_contains(problem_of(DUBBOC_E_CONFIG, NULL), "$DUBBOC_SERVICE_A_B_TIMEOUT = \"5\": expected a duration");
    set_variable("DUBBOC_SERVICE_A_B_TIMEOUT", "5s");
    set_variable("DUBBOC_APPLICATION_NAME", "a\nb");
    assert_contains(problem_of(DUBBOC_E_CONFIG, NULL), "$DUBBOC_APPLICATION_NAME: found a control byte");
    set_variable("DUBBOC_APPLICATION_NAME", "\xFF");
    assert_contains(problem_of(DUBBOC_E_CONFIG, NULL), "$DUBBOC_APPLICATION_NAME: found bytes that are not UTF-8");
}

/* A service named dubboc-server makes Kubernetes set DUBBOC_SERVER_PORT for every pod beside it. */
static void a_variable_injected_by_kubernetes_says_so(void **state)
{
    (void)state;
    set_variable("DUBBOC_SERVER_PORT", "tcp://10.0.0.1:80");
    const char *text = problem_of(DUBBOC_E_CONFIG, NULL);
    assert_contains(text, "$DUBBOC_SERVER_PORT = \"tcp://10.0.0.1:80\": expected a whole number from 0 to 65535");
    assert_contains(text, "Kubernetes injects such variables");
}

typedef struct heard {
    char text[4096];
    size_t len;
} heard;

static void hear_event(
    void *arg, dubboc_log_level level, const char *area, const char *message, const char *fields, unsigned suppressed)
{
    (void)suppressed;
    heard *h = arg;
    h->len += (size_t)snprintf(h->text + h->len, sizeof h->text - h->len, "%d %s %s %s\n", (int)level, area, message, fields);
}

static void unknown_variables_only_warn(void **state)
{
    (void)state;
    heard h = {.len = 0};
    dubboc_log_set(hear_event, &h, DUBBOC_LOG_WARN);
    set_variable("DUBBOC_CLIENT_RETRYS", "secret-value");
    set_variable("DUBBOC_ECHO_SERVICE_PORT", "8080");
    set_variable("DUBBOC_ECHO_PORT", "tcp://10.0.0.1:80");
    set_variable("DUBBOC_SERVICE_HOST", "10.0.0.1");
    set_variable("DUBBOC_SERVICE_WEIGHT", "1");
    set_variable("DUBBOC_CONF_FILE", write_file(""));
    set_variable("DUBBOC_CLIENT_RETRIES", "1");
    dubboc_config_free(load(NULL));
    assert_contains(
        h.text, "2 config unknown variable ignored variable=DUBBOC_CLIENT_RETRYS hint=\"did you mean DUBBOC_CLIENT_RETRIES?\"\n");
    assert_contains(h.text, "variable=DUBBOC_ECHO_SERVICE_PORT\n");
    assert_contains(h.text, "variable=DUBBOC_ECHO_PORT hint=\"Kubernetes injects such variables");
    assert_contains(h.text, "variable=DUBBOC_SERVICE_HOST");
    assert_contains(h.text, "variable=DUBBOC_SERVICE_WEIGHT");
    assert_null(strstr(h.text, "secret-value"));
    assert_null(strstr(h.text, "variable=DUBBOC_CLIENT_RETRIES "));
    assert_null(strstr(h.text, "CONF_FILE"));
}

static void a_file_that_cannot_be_read_is_named(void **state)
{
    (void)state;
    char missing[4300];
    dubboc_config *config = NULL;
    dubboc_error err;
    snprintf(missing, sizeof missing, "%s/missing.ini", folder);
    assert_status(DUBBOC_E_CONFIG, dubboc_config_load(missing, &config, &err), &err);
    assert_contains(err.text, "/missing.ini: cannot be read: No such file or directory");
    assert_status(DUBBOC_E_CONFIG, dubboc_config_load(folder, &config, &err), &err);
    assert_contains(err.text, ": is a directory, expected a file");
    assert_status(DUBBOC_E_CONFIG, dubboc_config_load("/dev/zero", &config, &err), &err);
    assert_contains(err.text, "/dev/zero: is a device, pipe or socket, expected a file");
    snprintf(missing, sizeof missing, "%s/pipe", folder);
    assert_int_equal(mkfifo(missing, 0600), 0);
    assert_status(DUBBOC_E_CONFIG, dubboc_config_load(missing, &config, &err), &err);
    assert_contains(err.text, "expected a file");
    set_variable("DUBBOC_CONF_FILE", "/nowhere/x.ini");
    assert_contains(problem_of(DUBBOC_E_CONFIG, NULL),
        "/nowhere/x.ini: cannot be read: No such file or directory (named by $DUBBOC_CONF_FILE)");
    assert_null(config);
}

static void an_unreadable_file_is_refused(void **state)
{
    (void)state;
    dubboc_config *config = NULL;
    dubboc_error err;
    write_file("[client]\n");
    assert_int_equal(chmod(file_path, 0), 0);
    if (access(file_path, R_OK) == 0)
        skip(); /* as root everything is readable */
    assert_status(DUBBOC_E_CONFIG, dubboc_config_load(file_path, &config, &err), &err);
    assert_contains(err.text, "app.ini: cannot be read: Permission denied");
}

static void a_file_of_more_than_a_mebibyte_is_refused(void **state)
{
    (void)state;
    size_t len = (1 << 20) + 1;
    char *text = malloc(len);
    assert_non_null(text);
    memset(text, '\n', len);
    dubboc_config *config = NULL;
    dubboc_error err;
    assert_status(DUBBOC_OK, dubboc_config_load(write_bytes(text, len - 1), &config, &err), &err);
    dubboc_config_free(config);
    assert_status(DUBBOC_E_CONFIG, dubboc_config_load(write_bytes(text, len), &config, &err), &err);
    assert_contains(err.text, "app.ini: is longer than 1048576 bytes");
    free(text);
}

static void a_long_bad_value_is_shown_cut_between_characters(void **state)
{
    (void)state;
    char text[1024] = "[client]\nretries = x";
    for (size_t i = 0; i < 100; i++)
        strcat(text, "\xC3\xA4");
    const char *problem = problem_of(DUBBOC_E_CONFIG, text);
    assert_contains(problem, "\xC3\xA4...\": expected");
    assert_null(ini_bytes_fault(slice_of(problem)));
}

/* --- check --- */

static void hear_problem(void *arg, const char *problem)
{
    heard *h = arg;
    h->len += (size_t)snprintf(
        h->text + h->len, sizeof h->text - h->len, "%s\n", strrchr(problem, '/') != NULL ? strrchr(problem, '/') : problem);
}

static void check_tells_every_problem(void **state)
{
    (void)state;
    heard h = {.len = 0};
    set_variable("DUBBOC_CLIENT_POOL_SIZE", "x");
    write_file("[client]\nretries = x\nretrys = 1\n[clinet]\na = b\nc = d\n[server]\nport = 1\n[log]\nlevel = p\n");
    assert_int_equal(dubboc_config_check(file_path, 1, hear_problem, &h), 5);
    assert_string_equal(h.text, "/app.ini:2: [client] retries = \"x\": expected a whole number from 0 to 100\n"
                                "/app.ini:3: unknown key \"retrys\" in [client], did you mean \"retries\"?\n"
                                "/app.ini:4: unknown section [clinet], did you mean [client]?\n"
                                "/app.ini:10: [log] level = \"p\": expected off, error, warn, info or debug\n"
                                "$DUBBOC_CLIENT_POOL_SIZE = \"x\": expected a whole number from 1 to 65535\n");
    assert_int_equal(dubboc_config_check(file_path, 0, NULL, NULL), 4);
    assert_int_equal(dubboc_config_check(write_file("[client]\nretries = 1\n"), 0, NULL, NULL), 0);
}

/* --- set --- */

static void setting_from_code_is_checked_as_a_file_is(void **state)
{
    (void)state;
    dubboc_error err;
    dubboc_config *config = load(NULL);
    assert_status(DUBBOC_E_CONFIG, dubboc_config_set(config, "client", "retries", "many", &err), &err);
    assert_string_equal(err.text, "[client] retries = \"many\": expected a whole number from 0 to 100");
    assert_int_equal(err.status, DUBBOC_E_CONFIG);
    assert_status(DUBBOC_E_CONFIG, dubboc_config_set(config, "clinet", "retries", "1", &err), &err);
    assert_contains(err.text, "did you mean [client]?");
    assert_status(DUBBOC_E_CONFIG, dubboc_config_set(config, "client", "retrys", "1", &err), &err);
    assert_status(DUBBOC_E_UNSUPPORTED, dubboc_config_set(config, "client", "load_balance", "p2c", &err), &err);
    assert_status(DUBBOC_E_CONFIG, dubboc_config_set(config, "client", "proxy", "a\nb", &err), &err);
    assert_contains(err.text, "[client] proxy: found a control byte");
    assert_int_equal(config_int(config, "client", "retries"), 2);
    assert_status(DUBBOC_OK, dubboc_config_set(config, USERS, "GetUser.timeout", "5ms", &err), &err);
    assert_string_equal(err.text, "");
    assert_status(DUBBOC_OK, dubboc_config_set(config, USERS, "GetUser.timeout", "6ms", &err), &err);
    int64_t ms = 0;
    assert_true(config_method_int(config, USERS, "GetUser", "timeout", &ms));
    assert_int_equal(ms, 6);
    dubboc_config_free(config);
}

static void a_password_never_stands_in_an_error(void **state)
{
    (void)state;
    dubboc_error err;
    dubboc_config *config = load(NULL);
    assert_status(DUBBOC_E_CONFIG, dubboc_config_set(config, "registry", "password", "s3cr\x01t", &err), &err);
    assert_null(strstr(err.text, "s3cr"));
    dubboc_config_free(config);
}

static void a_value_set_later_does_not_reach_who_holds_the_configuration(void **state)
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

/* --- each --- */

static void hear_value(void *arg, const char *section, const char *key, const char *value, const char *origin)
{
    heard *h = arg;
    const char *slash = strrchr(origin, '/');
    if (strcmp(origin, "default") != 0)
        h->len += (size_t)snprintf(h->text + h->len, sizeof h->text - h->len, "[%s] %s = %s (%s)\n", section, key, value,
            slash != NULL ? slash : origin);
}

static void each_tells_all_values_in_order_with_secrets_masked(void **state)
{
    (void)state;
    heard h = {.len = 0};
    set_variable("DUBBOC_REFERENCE_A_GET_RETRIES", "3");
    set_variable("DUBBOC_REFERENCE_B_C_TIMEOUT", "3s");
    set_variable("DUBBOC_SERVICE_S_PUT_TIMEOUT", "7ms");
    set_variable("DUBBOC_REGISTRY_USERNAME", "me");
    dubboc_config *config =
        load("[reference a]\nget.retries = 1\ngroup = g\n[service s]\nput.timeout = 5ms\n[client]\nproxy = http://u:p@h:1/x@y\n"
             "[registry]\npassword = s3cret\naddress = zookeeper://h:1/?a=b@c\n[application]\nname = n\n");
    assert_status(DUBBOC_OK, dubboc_config_set(config, "service s", "put.timeout", "6ms", NULL), NULL);
    assert_status(DUBBOC_OK, dubboc_config_set(config, "service s", "get.timeout", "8ms", NULL), NULL);
    dubboc_config_each(config, hear_value, &h);
    assert_string_equal(h.text, "[application] name = n (/app.ini:12)\n"
                                "[registry] address = zookeeper://h:1/?a=b@c (/app.ini:10)\n"
                                "[registry] username = me ($DUBBOC_REGISTRY_USERNAME)\n"
                                "[registry] password = ******** (/app.ini:9)\n"
                                "[client] proxy = http://********@h:1/x@y (/app.ini:7)\n"
                                "[service s] put.timeout = 6ms (code)\n"
                                "[service s] get.timeout = 8ms (code)\n"
                                "[reference a] group = g (/app.ini:3)\n"
                                "[reference a] get.retries = 3 ($DUBBOC_REFERENCE_A_GET_RETRIES)\n"
                                "[reference B_C] timeout = 3s ($DUBBOC_REFERENCE_B_C_TIMEOUT)\n");
    dubboc_config_free(config);
}

static void each_tells_defaults_and_what_is_inherited(void **state)
{
    (void)state;
    dubboc_config *config = load("[server]\nweight = 7\n[service s]\n");
    assert_value(config, "service s", "weight", "7", ":2");
    assert_value(config, "service s", "protocols", "jsonrpc", "default");
    dubboc_config_free(config);
}

/* --- durations and sizes --- */

static void durations_and_sizes_need_a_known_unit(void **state)
{
    (void)state;
    int64_t value = 0;
    assert_true(config_parse_duration_ms(slice_of("350ms"), &value) && value == 350);
    assert_true(config_parse_duration_ms(slice_of("2s"), &value) && value == 2000);
    assert_true(config_parse_duration_ms(slice_of("10m"), &value) && value == 600000);
    assert_true(config_parse_duration_ms(slice_of("1h"), &value) && value == 3600000);
    assert_true(config_parse_duration_ms(slice_of("9223372036854775807ms"), &value) && value == INT64_MAX);
    static const char *const bad_durations[] = {
        "", "5", "ms", "-5ms", "5 ms", "5MS", "1.5s", "1m30s", "9223372036854775808ms", "9223372036854776s", "none"};
    for (size_t i = 0; i < sizeof bad_durations / sizeof bad_durations[0]; i++)
        assert_false(config_parse_duration_ms(slice_of(bad_durations[i]), &value));
    assert_true(config_parse_size(slice_of("8MiB"), &value) && value == 8388608);
    assert_true(config_parse_size(slice_of("64KiB"), &value) && value == 65536);
    assert_true(config_parse_size(slice_of("1GiB"), &value) && value == 1073741824);
    assert_true(config_parse_size(slice_of("512"), &value) && value == 512);
    static const char *const bad_sizes[] = {"", "MiB", "8MB", "8M", "8 MiB", "-1", "8mib", "9007199254740992KiB"};
    for (size_t i = 0; i < sizeof bad_sizes / sizeof bad_sizes[0]; i++)
        assert_false(config_parse_size(slice_of(bad_sizes[i]), &value));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_row_of_the_table_is_sound),
        TEST(no_key_of_an_interface_ends_with_another_one),
        TEST(defaults_are_those_of_the_reference),
        TEST(each_layer_wins_over_the_one_below_and_says_where_it_is),
        TEST(the_file_is_the_argument_else_our_variable_else_dubbogos),
        TEST(the_environment_is_read_once),
        TEST(sections_of_an_interface_inherit_what_they_do_not_set),
        TEST(a_service_may_set_nothing_where_the_server_sets_something),
        TEST(variables_reach_the_sections_of_any_interface),
        TEST(methods_have_values_of_their_own),
        TEST(interfaces_of_200_bytes_are_told_apart),
        TEST(an_interface_too_long_for_any_file_has_the_defaults),
        TEST(dubbos_own_variables_set_the_registered_address),
        TEST(every_fault_of_a_file_names_its_line_and_what_was_expected),
        TEST(what_is_not_in_this_release_says_so),
        TEST(good_values_of_every_kind_are_taken),
        TEST(a_bad_variable_is_named_with_what_was_expected),
        TEST(a_variable_injected_by_kubernetes_says_so),
        TEST(unknown_variables_only_warn),
        TEST(a_file_that_cannot_be_read_is_named),
        TEST(an_unreadable_file_is_refused),
        TEST(a_file_of_more_than_a_mebibyte_is_refused),
        TEST(a_long_bad_value_is_shown_cut_between_characters),
        TEST(check_tells_every_problem),
        TEST(setting_from_code_is_checked_as_a_file_is),
        TEST(a_password_never_stands_in_an_error),
        TEST(a_value_set_later_does_not_reach_who_holds_the_configuration),
        TEST(each_tells_all_values_in_order_with_secrets_masked),
        TEST(each_tells_defaults_and_what_is_inherited),
        TEST(durations_and_sizes_need_a_known_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

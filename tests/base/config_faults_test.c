#include "tests/base/config_fixture.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/config.h"
#include "base/config_value.h"
#include "base/ini.h"

static void each_error_in_a_file_names_its_line_and_what_was_expected(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"[clinet]\n", "app.ini:1: unknown section [clinet], did you mean [client]?"},
        {"[Client]\n", "app.ini:1: unknown section [Client], did you mean [client]?"},
        {"[services com.example.Users]\n", "app.ini:1: unknown section [services "
                                           "com.example.Users], did you mean [service INTERFACE]?"},
        {"[xyzzy]\nk=v\n",
            "app.ini:1: unknown section [xyzzy], expected application, registry, client"},
        {"[service]\n", "app.ini:1: section [service]: expected [service INTERFACE]"},
        {"[service  a]\n",
            "app.ini:1: section [service  a]: expected [service INTERFACE], one blank between"},
        {"[service a b]\n", "app.ini:1: section [service a b]: expected"},
        {"[reference a/b]\n", "app.ini:1: section [reference a/b]: expected"},
        {"[client x]\n", "app.ini:1: section [client x]: expected [client] alone"},
        {"\n[client]\nretrys = 1\n",
            "app.ini:3: unknown key \"retrys\" in [client], did you mean \"retries\"?"},
        {"[client]\nrequestTimeout = 1s\n", "did you mean \"request_timeout\"?"},
        {"[client]\nrequest-timeout = 1s\n", "did you mean \"request_timeout\"?"},
        {"[client]\naddress = x\n",
            "app.ini:2: unknown key \"address\" in [client], it belongs to [registry]"},
        {"[server]\nidempotent = x\n",
            "unknown key \"idempotent\" in [server], it belongs to [reference INTERFACE]"},
        {"[client]\nGetUser.timeout = 1s\n",
            "app.ini:2: unknown key \"GetUser.timeout\" in [client]"},
        {"[service a]\nGetUser.timeot = 1s\n",
            "unknown key \"GetUser.timeot\" in [service a], did you mean \"GetUser.timeout\"?"},
        {"[service a]\nGetUser.weight = 1\n", "unknown key \"GetUser.weight\" in [service a]"},
        {"[service a]\n.timeout = 1s\n", "unknown key \".timeout\" in [service a]"},
        {"[client]\nretries = many\n",
            "app.ini:2: [client] retries = \"many\": expected a whole number from 0 to 100"},
        {"[client]\nretries =\n", "[client] retries = \"\": expected a whole number"},
        {"[client]\nretries = -1\n", "expected a whole number from 0 to 100"},
        {"[client]\nretries = 2 ;x\n", "retries = \"2 ;x\": expected a whole number"},
        {"[client]\nretries = 101\n", "expected a whole number from 0 to 100"},
        {"[client]\nrequest_timeout = 3\n",
            "expected a duration with a unit (350ms, 2s, 10m, 1h) from 1ms to 24h or none"},
        {"[client]\nrequest_timeout = 3 s\n", "request_timeout = \"3 s\": expected a duration"},
        {"[client]\nrequest_timeout = 0s\n", "from 1ms to 24h"},
        {"[client]\nrequest_timeout = 25h\n", "from 1ms to 24h"},
        {"[client]\nrequest_timeout = 99999999999999999999s\n", "expected a duration"},
        {"[client]\nrequest_timeout = 9223372036854775807h\n", "expected a duration"},
        {"[client]\nconnect_timeout = none\n", "connect_timeout = \"none\": expected a duration"},
        {"[client]\nreply_max = 64MB\n",
            "expected a size in bytes or with a unit (64KiB, 8MiB, 1GiB) from 1 to 2GiB"},
        {"[client]\nreply_max = 9007199254740992GiB\n", "expected a size"},
        {"[client]\nregister = yes\n", "register = \"yes\": expected true or false"},
        {"[client]\nload_balance = randon\n",
            "expected random or roundrobin, did you mean \"random\"?"},
        {"[client]\nselector = cash\n", "selector = \"cash\": expected cache"},
        {"[server]\nport = 70000\n", "port = \"70000\": expected a whole number from 0 to 65535"},
        {"[server]\nloops = some\n", "from 0 to 1024 or auto"},
        {"[server]\nip = 10.0.0.300\n", "ip = \"10.0.0.300\": expected an IPv4 or IPv6 address"},
        {"[server]\nip = unix:x.sock\n", "expected an IPv4 or IPv6 address"},
        {"[server]\nip = [::1]\n", "expected an IPv4 or IPv6 address"},
        {"[server]\nregistered_ip = a/b\n", "expected a host name or an address"},
        {"[server]\nregistered_ip = h:80\n", "expected a host name or an address"},
        {"[server]\nregistered_ip = fe80::1%eth0\n", "expected a host name or an address"},
        {"[server]\nprotocols = jsonrpc,dubbo\n",
            "expected one or more words with commas between, each once: jsonrpc or http"},
        {"[server]\nprotocols = jsonrpc,jsonrpc\n", "\"jsonrpc\" appears twice"},
        {"[server]\nprotocols = ,\n", "expected one or more words"},
        {"[log]\nlevel = verbose\n", "expected off, error, warn, info or debug"},
        {"[registry]\naddress = zk://h:2181\n", "expected zookeeper://host:port"},
        {"[registry]\naddress = somewhere\n", "expected zookeeper://host:port"},
        {"[reference a]\nidempotent = Get List\n",
            "idempotent = \"Get List\": expected words with commas between"},
        {"[server]\nprotocols = jsonrpc http\n", "expected one or more words with commas between"},
        {"[reference a]\nurl = ftp://h/\n",
            "expected http://host:port/path or https://host:port/path"},
        {"[reference a]\nurl = http://\n", "expected http://host:port/path"},
        {"[reference a]\nurl = http:///x\n", "expected http://host:port/path"},
        {"[reference a]\nurl = http://:80/x\n", "expected http://host:port/path"},
        {"[reference a]\nurl = http://u:p@/x\n", "expected http://host:port/path"},
        {"[reference a]\nurl = http://h:/x\n", "expected http://host:port/path"},
        {"[reference a]\nurl = http://a_b!/x\n", "expected http://host:port/path"},
        {"[reference a]\nurl = http://h:0/x\n", "expected http://host:port/path"},
        {"[reference a]\nurl = https://h:65536\n", "expected http://host:port/path"},
        {"[reference a]\nurl = http://h:http?x\n", "expected http://host:port/path"},
        {"[reference a]\nurl = http://[::1/x\n", "expected http://host:port/path"},
        {"[reference a]\nurl = http://[::1]80/x\n", "expected http://host:port/path"},
        {"[reference a]\nurl = http://[::1]:x/\n", "expected http://host:port/path"},
        {"[client]\nretries = 2 # twice\n", "from 0 to 100; put a comment on a line of its own"},
        {"[client]\nload_balance = random\t; in turn\n", "; put a comment on a line of its own"},
        {"[service a]\npath = //a\n",
            "app.ini:2: [service a] path = \"//a\": the path has an empty segment"},
        {"[service a]\npath = a/../b\n", "has a segment . or .."},
        {"[service a]\npath = /a b\n",
            "expected names of letters, digits and . _ - $ ~ with one / between them"},
        {"[service a]\nversion = 1.0.0 # now\n",
            "expected letters, digits and . _ -, or nothing; put a comment on"},
        {"[server]\ngroup = a,b\n", "expected letters, digits and . _ -"},
        {"[registry]\npassword: s3c=ret\n",
            "app.ini:2: unknown key \"password...\" in [registry], expected key = value"},
        {"[registry]\naddress: zookeeper://u:s3cret@h?a=b\n",
            "unknown key \"address...\" in [registry], expected key = value"},
        {"[reference a]\nlist.timeuot = 1s\n", "did you mean \"list.timeout\"?"},
        {"[client]\nretries = 1\n\nretries = 2\n",
            "app.ini:4: key \"retries\" appears twice in [client], first in line 2"},
        {"[client]\n[client]\n", "app.ini:2: section [client] appears twice, first in line 1"},
        {"retries = 1\n", "app.ini:1: key \"retries\" is in no section"},
        {"[client]\nretries\n", "app.ini:2: expected [section], key = value"},
        {"[client]\nproxy = \x01\n", "app.ini:2: found a control byte"},
        {"[client]\nproxy = gopher://h:1\n",
            "app.ini:2: [client] proxy = \"gopher://h:1\": expected http://host:port, the same"},
        {"[client]\nproxy = ://h:1\n", "expected http://host:port, the same"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_contains(problem_of(DUBBOC_E_CONFIG, cases[i].text), cases[i].expected);
}

static void keys_of_a_later_release_are_reported_as_such(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"[client]\nload_balance = leastactive\n",
            "app.ini:2: [client] load_balance = \"leastactive\": \"leastactive\" is not in this "
            "release, "
            "expected random or roundrobin"},
        {"[client]\nload_balance = consistenthash\n", "not in this release"},
        {"[client]\nload_balance = p2c\n", "not in this release"},
        {"[reference a]\nload_balance = p2c\n", "not in this release"},
        {"[client]\ncluster = failfast\n", "not in this release"},
        {"[client]\ncluster = forking\n", "not in this release"},
        {"[reference a]\ncluster = broadcast\n", "not in this release"},
        {"[server]\nadmin_address = 127.0.0.1:1\n",
            "app.ini:2: key \"admin_address\" of [server] is not in this release"},
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

static void a_bad_variable_is_reported_with_what_was_expected(void **state)
{
    (void)state;
    set_variable("DUBBOC_CLIENT_RETRIES", "many");
    assert_string_equal(problem_of(DUBBOC_E_CONFIG, NULL),
        "$DUBBOC_CLIENT_RETRIES = \"many\": expected a whole number from 0 to 100");
    set_variable("DUBBOC_CLIENT_RETRIES", "1");
    set_variable("DUBBOC_SERVICE_A_B_TIMEOUT", "5");
    assert_contains(problem_of(DUBBOC_E_CONFIG, NULL),
        "$DUBBOC_SERVICE_A_B_TIMEOUT = \"5\": expected a duration");
    set_variable("DUBBOC_SERVICE_A_B_TIMEOUT", "5s");
    set_variable("DUBBOC_APPLICATION_NAME", "a\nb");
    assert_contains(
        problem_of(DUBBOC_E_CONFIG, NULL), "$DUBBOC_APPLICATION_NAME: found a control byte");
    set_variable("DUBBOC_APPLICATION_NAME", "\xFF");
    assert_contains(problem_of(DUBBOC_E_CONFIG, NULL),
        "$DUBBOC_APPLICATION_NAME: found bytes that are not UTF-8");
}

/* If a service is named dubboc-server, Kubernetes sets DUBBOC_SERVER_PORT in the pods beside it. */
static void a_variable_injected_by_kubernetes_is_reported_as_such(void **state)
{
    (void)state;
    set_variable("DUBBOC_SERVER_PORT", "tcp://10.0.0.1:80");
    const char *text = problem_of(DUBBOC_E_CONFIG, NULL);
    assert_contains(text,
        "$DUBBOC_SERVER_PORT = \"tcp://10.0.0.1:80\": expected a whole number from 0 to 65535");
    assert_contains(text, "Kubernetes injects such variables");
}

static void hear_event(void *arg, dubboc_log_level level, const char *area, const char *message,
    const char *fields, unsigned suppressed)
{
    (void)suppressed;
    heard *h = arg;
    h->len += (size_t)snprintf(h->text + h->len, sizeof h->text - h->len, "%d %s %s %s\n",
        (int)level, area, message, fields);
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
    assert_contains(h.text, "2 config unknown variable ignored variable=DUBBOC_CLIENT_RETRYS "
                            "hint=\"did you mean DUBBOC_CLIENT_RETRIES?\"\n");
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

/* Root can read every file, so a test that runs as root changes its user id for the load. */
static void an_unreadable_file_is_refused(void **state)
{
    (void)state;
    bool is_root = geteuid() == 0;
    dubboc_config *config = NULL;
    dubboc_error err;
    write_file("[client]\n");
    assert_int_equal(chmod(file_path, 0), 0);
    if (is_root)
        assert_int_equal(seteuid(65534), 0);
    dubboc_status status = dubboc_config_load(file_path, &config, &err);
    if (is_root)
        assert_int_equal(seteuid(0), 0);
    assert_status(DUBBOC_E_CONFIG, status, &err);
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

static void the_error_cuts_a_long_bad_value_between_characters(void **state)
{
    (void)state;
    char text[1024] = "[client]\nretries = x";
    for (size_t i = 0; i < 100; i++)
        strcat(text, "\xC3\xA4");
    const char *problem = problem_of(DUBBOC_E_CONFIG, text);
    assert_contains(problem, "\xC3\xA4...\": expected");
    assert_null(ini_bytes_fault(slice_of(problem)));
}

static void hear_problem(void *arg, const char *problem)
{
    heard *h = arg;
    h->len += (size_t)snprintf(h->text + h->len, sizeof h->text - h->len, "%s\n",
        strrchr(problem, '/') != NULL ? strrchr(problem, '/') : problem);
}

static void check_reports_every_problem(void **state)
{
    (void)state;
    heard h = {.len = 0};
    set_variable("DUBBOC_CLIENT_POOL_SIZE", "x");
    write_file("[client]\nretries = x\nretrys = 1\n[clinet]\na = b\nc = d\n[server]\nport = "
               "1\n[log]\nlevel = p\n");
    assert_int_equal(dubboc_config_check(file_path, 1, hear_problem, &h), 5);
    assert_string_equal(h.text,
        "/app.ini:2: [client] retries = \"x\": expected a whole number from 0 to 100\n"
        "/app.ini:3: unknown key \"retrys\" in [client], did you mean \"retries\"?\n"
        "/app.ini:4: unknown section [clinet], did you mean [client]?\n"
        "/app.ini:10: [log] level = \"p\": expected off, error, warn, info or debug\n"
        "$DUBBOC_CLIENT_POOL_SIZE = \"x\": expected a whole number from 1 to 65535\n");
    assert_int_equal(dubboc_config_check(file_path, 0, NULL, NULL), 4);
    assert_int_equal(dubboc_config_check(write_file("[client]\nretries = 1\n"), 0, NULL, NULL), 0);
    assert_int_equal(
        dubboc_config_check(
            write_file("[service a.B$C-d_e]\n[reference \xc3\xa4.B]\n"), 0, NULL, NULL),
        0);
}

static void check_reports_sections_that_no_interface_can_have(void **state)
{
    (void)state;
    heard h = {.len = 0};
    const char *text =
        "[service com.acme.Orders:2.0.0]\nweight = 5\n[reference a.B:g1]\ntimeout = 1s\n";
    assert_int_equal(dubboc_config_check(write_file(text), 0, hear_problem, &h), 2);
    assert_string_equal(h.text,
        "/app.ini:1: section [service com.acme.Orders:2.0.0] has no effect: expected [service "
        "INTERFACE], the whole name "
        "of an interface (letters, digits and . _ - $); group and version are keys in it\n"
        "/app.ini:3: section [reference a.B:g1] has no effect: expected [reference INTERFACE], the "
        "whole name "
        "of an interface (letters, digits and . _ - $); group and version are keys in it\n");
    dubboc_config_free(load(text)); /* loading logs the problems and succeeds */
}

static void values_set_from_code_are_checked_like_those_of_a_file(void **state)
{
    (void)state;
    dubboc_error err;
    dubboc_config *config = load(NULL);
    assert_status(
        DUBBOC_E_CONFIG, dubboc_config_set(config, "client", "retries", "many", &err), &err);
    assert_string_equal(
        err.text, "[client] retries = \"many\": expected a whole number from 0 to 100");
    assert_int_equal(err.status, DUBBOC_E_CONFIG);
    assert_status(DUBBOC_E_CONFIG, dubboc_config_set(config, "clinet", "retries", "1", &err), &err);
    assert_contains(err.text, "did you mean [client]?");
    assert_status(DUBBOC_E_CONFIG, dubboc_config_set(config, "client", "retrys", "1", &err), &err);
    assert_status(DUBBOC_E_UNSUPPORTED,
        dubboc_config_set(config, "client", "load_balance", "p2c", &err), &err);
    assert_status(DUBBOC_E_ARGUMENT, dubboc_config_set(config, NULL, "retries", "1", &err), &err);
    assert_string_equal(err.text, "section is NULL");
    assert_status(DUBBOC_E_ARGUMENT, dubboc_config_set(config, "client", NULL, "1", &err), &err);
    assert_status(
        DUBBOC_E_ARGUMENT, dubboc_config_set(config, "client", "retries", NULL, &err), &err);
    assert_string_equal(err.text, "value is NULL");
    assert_null(dubboc_config_get(config, NULL, NULL, NULL));
    assert_status(
        DUBBOC_E_CONFIG, dubboc_config_set(config, "client", "proxy", "a\nb", &err), &err);
    assert_contains(err.text, "[client] proxy: found a control byte");
    assert_int_equal(config_int(config, "client", "retries"), 2);
    assert_status(
        DUBBOC_OK, dubboc_config_set(config, USERS, "GetUser.timeout", "5ms", &err), &err);
    assert_string_equal(err.text, "");
    assert_status(
        DUBBOC_OK, dubboc_config_set(config, USERS, "GetUser.timeout", "6ms", &err), &err);
    int64_t ms = 0;
    assert_true(config_method_int(config, USERS, "GetUser", "timeout", &ms));
    assert_int_equal(ms, 6);
    dubboc_config_free(config);
}

static void errors_never_show_a_password(void **state)
{
    (void)state;
    dubboc_error err;
    dubboc_config *config = load(NULL);
    assert_status(DUBBOC_E_CONFIG,
        dubboc_config_set(config, "registry", "password", "s3cr\x01t", &err), &err);
    assert_null(strstr(err.text, "s3cr"));
    dubboc_config_free(config);
}

static void durations_and_sizes_need_a_known_unit(void **state)
{
    (void)state;
    int64_t value = 0;
    assert_true(config_parse_duration_ms(slice_of("350ms"), &value) && value == 350);
    assert_true(config_parse_duration_ms(slice_of("2s"), &value) && value == 2000);
    assert_true(config_parse_duration_ms(slice_of("10m"), &value) && value == 600000);
    assert_true(config_parse_duration_ms(slice_of("1h"), &value) && value == 3600000);
    assert_true(
        config_parse_duration_ms(slice_of("9223372036854775807ms"), &value) && value == INT64_MAX);
    static const char *const bad_durations[] = {"", "5", "ms", "-5ms", "5 ms", "5MS", "1.5s",
        "1m30s", "9223372036854775808ms", "9223372036854776s", "none"};
    for (size_t i = 0; i < sizeof bad_durations / sizeof bad_durations[0]; i++)
        assert_false(config_parse_duration_ms(slice_of(bad_durations[i]), &value));
    assert_true(config_parse_size(slice_of("8MiB"), &value) && value == 8388608);
    assert_true(config_parse_size(slice_of("64KiB"), &value) && value == 65536);
    assert_true(config_parse_size(slice_of("1GiB"), &value) && value == 1073741824);
    assert_true(config_parse_size(slice_of("512"), &value) && value == 512);
    static const char *const bad_sizes[] = {
        "", "MiB", "8MB", "8M", "8 MiB", "-1", "8mib", "9007199254740992KiB"};
    for (size_t i = 0; i < sizeof bad_sizes / sizeof bad_sizes[0]; i++)
        assert_false(config_parse_size(slice_of(bad_sizes[i]), &value));
}

/* A program that makes up section names must not fill the memory. */
static void a_configuration_refuses_more_values_than_its_limit(void **state)
{
    (void)state;
    dubboc_error err;
    dubboc_config *config = load(NULL);
    char section[64];
    dubboc_status status = DUBBOC_OK;
    int set = 0;
    for (; status == DUBBOC_OK && set < 200000; set++) {
        snprintf(section, sizeof section, "reference a.B%d", set);
        status = dubboc_config_set(config, section, "retries", "1", &err);
    }
    assert_status(DUBBOC_E_TOO_BIG, status, &err);
    assert_contains(err.text, "100000 values");
    assert_in_range(set, 90000, 100001);
    assert_status(
        DUBBOC_OK, dubboc_config_set(config, "reference a.B7", "retries", "2", &err), &err);
    assert_int_equal(config_int(config, "reference a.B7", "retries"), 2);
    dubboc_config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_error_in_a_file_names_its_line_and_what_was_expected),
        TEST(keys_of_a_later_release_are_reported_as_such),
        TEST(a_bad_variable_is_reported_with_what_was_expected),
        TEST(a_variable_injected_by_kubernetes_is_reported_as_such),
        TEST(unknown_variables_only_warn),
        TEST(a_file_that_cannot_be_read_is_named),
        TEST(an_unreadable_file_is_refused),
        TEST(a_file_of_more_than_a_mebibyte_is_refused),
        TEST(the_error_cuts_a_long_bad_value_between_characters),
        TEST(check_reports_every_problem),
        TEST(check_reports_sections_that_no_interface_can_have),
        TEST(values_set_from_code_are_checked_like_those_of_a_file),
        TEST(a_configuration_refuses_more_values_than_its_limit),
        TEST(errors_never_show_a_password),
        TEST(durations_and_sizes_need_a_known_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

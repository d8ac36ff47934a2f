/* Reads provider URLs: every node of wire.md 9.2, and malformed URLs. */
#include "tests/support/test.h"

#include "registry/provider_url.h"
#include "tests/registry/nodes.h"

static provider_url *parsed(const char *text)
{
    provider_url *url = NULL;
    dubboc_error err;
    assert_status(DUBBOC_OK, provider_url_from_text(slice_of(text), &url, &err), &err);
    return url;
}

static provider_url *sample(const char *name)
{
    provider_url *url = NULL;
    dubboc_error err;
    for (size_t i = 0; i < sizeof sample_nodes / sizeof sample_nodes[0]; i++)
        if (strcmp(sample_nodes[i].name, name) == 0)
            assert_status(DUBBOC_OK,
                provider_url_from_node(slice_of(sample_nodes[i].encoded), &url, &err), &err);
    assert_non_null(url);
    return url;
}

#define assert_slice(slice, text) slice_is_text((slice), (text), __FILE__, __LINE__)
static void slice_is_text(dubboc_slice slice, const char *text, const char *file, int line)
{
    if (slice_is(slice, text))
        return;
    print_error("\"%.*s\" is not \"%s\"\n", SLICE_ARGS(slice), text);
    _fail(file, line);
}

static void refuses(const char *text, const char *reason)
{
    provider_url *url = NULL;
    dubboc_error err;
    assert_status(DUBBOC_E_PARSE, provider_url_from_text(slice_of(text), &url, &err), &err);
    assert_contains(err.text, reason);
    assert_null(url);
}

static void refuses_node(const char *name, const char *reason)
{
    provider_url *url = NULL;
    dubboc_error err;
    assert_status(DUBBOC_E_PARSE, provider_url_from_node(slice_of(name), &url, &err), &err);
    assert_contains(err.text, reason);
    assert_null(url);
}

static void decodes_every_sample_node_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sample_nodes / sizeof sample_nodes[0]; i++) {
        provider_url *url = sample(sample_nodes[i].name);
        assert_string_equal(url->text, sample_nodes[i].decoded);
        provider_url_free(url);
    }
}

/* The values of each sample that decide whether it matches. */
static const struct {
    const char *name, *scheme, *host;
    unsigned port;
    const char *path, *interface, *group, *version;
} expected[] = {
    {"N1", "jsonrpc", "192.168.2.1", 38081, "/com.ofpay.demo.api.UserProvider2",
        "com.ofpay.demo.api.UserProvider", "", "2.0"},
    {"N2", "jsonrpc", "192.168.35.1", 10000, "/com.youni.UserProvider", "com.youni.UserProvider",
        "", ""},
    {"N3", "jsonrpc", "192.168.35.1", 0, "/com.youni.UserProvider", "com.youni.UserProvider", "",
        ""},
    {"N4", "jsonrpc", "192.168.35.1", 10000, "/com.youni.UserProvider", "com.youni.UserProvider",
        "", "1.0.0"},
    {"N5", "jsonrpc", "192.168.35.1", 10000, "/com.youni.UserProvider1.0.0",
        "com.youni.UserProvider", "", "1.0.0"},
    {"N6", "jsonrpc", "127.0.0.1", 20001, "/com.ikurento.user.UserProvider",
        "com.ikurento.user.UserProvider", "", ""},
    {"N7", "jsonrpc", "127.0.0.1", 20000, "/com.ikurento.user.UserProvider",
        "com.ikurento.user.UserProvider", "", ""},
    {"N8", "dubbo", "192.168.99.1", 20880, "/com.alibaba.dubbo.samples.api.GreetingService",
        "com.alibaba.dubbo.samples.api.GreetingService", "", ""},
    {"N9", "jsonrpc", "192.168.35.3", 10010, "/com.ikurento.user.UserProvider3",
        "com.ikurento.user.UserProvider", "as", "2.0"},
    {"N10", "jsonrpc", "10.11.12.13", 8080, "/com.jim.demo.dubbo.api.IMenuService",
        "com.jim.demo.dubbo.api.IMenuService", "", ""},
    {"N11", "jsonrpc", "10.11.12.13", 8080, "/com.jim.demo.dubbo.api.IMenuService",
        "com.jim.demo.dubbo.api.IMenuService", "", ""},
    {"N12", "dubbo", "10.200.20.231", 20882, "/com.xavier.dubbo.api.ISayHelloService",
        "com.xavier.dubbo.api.ISayHelloService", "", "1.0.1"},
    {"N13", "dubbo", "30.221.144.195", 20880, "/org.apache.dubbo.samples.api.GreetingsService",
        "org.apache.dubbo.samples.api.GreetingsService", "", ""},
    {"N14", "tri", "10.224.1.29", 50052, "/org.apache.dubbo.springboot.demo.DemoService",
        "org.apache.dubbo.springboot.demo.DemoService", "", ""},
    {"N15", "http", "10.224.1.29", 8080, "/com.foo.UserService", "com.foo.UserService", "", ""},
    {"N16", "consumer", "100.80.146.24", 0, "/com.liupeng.dubbo.DemoService",
        "com.liupeng.dubbo.DemoService", "dubbo1", "1.0.0"},
    {"N17", "override", "127.0.0.1", 10000, "/testService", "testService", "testGroup", "1.0.0"},
    {"N18", "override", "192.168.35.1", 10000, "/com.youni.UserProvider", "com.youni.UserProvider",
        "", ""},
    {"N19", "route", "0.0.0.0", 0, "/com.youni.UserProvider", "com.youni.UserProvider", "", ""},
    {"N20", "jsonrpc", "127.0.0.1", 10000, "/testService", "testService", "testGroup", "1.0.0"},
    {"N21", "jsonrpc", "192.168.35.1", 10000, "/com.youni.UserProvider", "com.youni.UserProvider",
        "", "1.0.0"},
};

static void finds_address_path_and_key_of_every_sample_node(void **state)
{
    (void)state;
    assert_int_equal(
        sizeof expected / sizeof expected[0], sizeof sample_nodes / sizeof sample_nodes[0]);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        provider_url *url = sample(expected[i].name);
        assert_slice(url->scheme, expected[i].scheme);
        assert_slice(url->address.host, expected[i].host);
        assert_int_equal(url->address.port, expected[i].port);
        assert_slice(url->path, expected[i].path);
        assert_slice(url->interface, expected[i].interface);
        assert_slice(url->group, expected[i].group);
        assert_slice(url->version, expected[i].version);
        provider_url_free(url);
    }
}

static void decodes_values_of_go_nodes_a_second_time(void **state)
{
    (void)state;
    provider_url *url = sample("N4");
    assert_slice(provider_url_find(url, "methods"), "GetUser,GetUsers");
    assert_slice(provider_url_find(url, "module"), "dubbogo user-info server");
    provider_url_free(url);
    url = sample("N19");
    assert_slice(provider_url_find(url, "rule"), "host = 10.20.153.10 => host != 10.20.153.11");
    provider_url_free(url);
    url = parsed("jsonrpc://h:1/a?release=dubbo-golang-1.5.8&module=a+b");
    assert_slice(provider_url_find(url, "module"), "a b");
    provider_url_free(url);
}

static void keeps_values_that_were_not_encoded_twice(void **state)
{
    (void)state;
    provider_url *url =
        parsed("jsonrpc://h:1/a?version=1.0+x&load=50%&bad=%zz&nul=a%00b&line=a%0Ab&ok=%41");
    assert_slice(provider_url_find(url, "version"), "1.0+x");
    assert_slice(provider_url_find(url, "load"), "50%");
    assert_slice(provider_url_find(url, "bad"), "%zz");
    assert_slice(provider_url_find(url, "nul"), "a%00b");
    assert_slice(provider_url_find(url, "line"), "a%0Ab");
    assert_slice(provider_url_find(url, "ok"), "A");
    provider_url_free(url);
}

static void a_key_is_found_by_its_own_name_or_else_with_the_prefix_default(void **state)
{
    (void)state;
    provider_url *url = parsed("jsonrpc://h:1/a?default.x=1&x=2&default.y=3&z=&default.z=4&empty=");
    assert_slice(provider_url_find(url, "x"), "2");
    assert_slice(provider_url_find(url, "y"), "3");
    assert_slice(provider_url_find(url, "z"), "4");
    assert_null(provider_url_find(url, "empty").at);
    assert_null(provider_url_find(url, "nothing").at);
    assert_null(provider_url_find(url, "default").at);
    provider_url_free(url);
}

static void finds_a_methods_own_value_in_both_spellings(void **state)
{
    (void)state;
    provider_url *url = sample("N6");
    assert_slice(provider_url_find_method(url, slice_of("GetUser"), "retries"), "1");
    assert_slice(provider_url_find_method(url, slice_of("Other"), "retries"), "0");
    provider_url_free(url);
    url = sample("N10");
    assert_slice(provider_url_find_method(url, slice_of("sayHi"), "timeout"), "1000");
    assert_null(provider_url_find_method(url, slice_of("sayH"), "timeout").at);
    provider_url_free(url);
    url = sample("N1");
    assert_slice(provider_url_find_method(url, slice_of("getUser"), "timeout"), "10000");
    provider_url_free(url);
}

static void takes_the_first_of_params_with_one_name(void **state)
{
    (void)state;
    provider_url *url = parsed("jsonrpc://h:1/a?b=1&a=x&b=2&a=y&b=3");
    assert_int_equal(url->param_count, 2);
    assert_slice(provider_url_find(url, "a"), "x");
    assert_slice(provider_url_find(url, "b"), "1");
    provider_url_free(url);
}

static void tolerates_odd_queries(void **state)
{
    (void)state;
    static const char *const without_params[] = {"jsonrpc://h:1/a", "jsonrpc://h:1/a?",
        "jsonrpc://h:1/a?&&", "jsonrpc://h:1/a?=&=x", "jsonrpc://h:1/a?x="};
    for (size_t i = 0; i < sizeof without_params / sizeof without_params[0]; i++) {
        provider_url *url = parsed(without_params[i]);
        assert_int_equal(url->param_count, 0);
        assert_slice(url->interface, "a");
        provider_url_free(url);
    }
    provider_url *url = parsed("jsonrpc://h:1/a?flag&x=1=2?3&y=a;b#c&u=http://o:9/p");
    assert_slice(provider_url_find(url, "flag"), "flag");
    assert_slice(provider_url_find(url, "x"), "1=2?3");
    assert_slice(provider_url_find(url, "y"), "a;b#c");
    assert_slice(provider_url_find(url, "u"), "http://o:9/p");
    provider_url_free(url);
}

static void reads_a_url_without_path_and_one_without_port(void **state)
{
    (void)state;
    provider_url *url = parsed("jsonrpc://h");
    assert_int_equal(url->address.port, 80);
    assert_slice(url->path, "/");
    assert_slice(url->interface, "");
    provider_url_free(url);
    url = parsed("jsonrpc://h?interface=i");
    assert_slice(url->interface, "i");
    assert_slice(url->path, "/");
    provider_url_free(url);
    url = parsed("https://h/a.B");
    assert_int_equal(url->address.port, 443);
    provider_url_free(url);
    url = parsed("https://u:p@[::1]:80/a.B");
    assert_int_equal(url->address.port, 80);
    provider_url_free(url);
    url = parsed("http://h/ctx/a.B");
    assert_int_equal(url->address.port, 80);
    assert_slice(url->path, "/ctx/a.B");
    assert_slice(url->interface, "ctx/a.B");
    provider_url_free(url);
}

static void reads_ipv6_with_and_without_brackets(void **state)
{
    (void)state;
    static const struct {
        const char *text, *host;
        unsigned port;
    } cases[] = {
        {"jsonrpc://[::1]:8080/a", "::1", 8080},
        {"jsonrpc://[::1]/a", "::1", 80},
        {"jsonrpc://fe80:0:0:0:1:2:3:4:20880/a", "fe80:0:0:0:1:2:3:4", 20880},
        {"jsonrpc://fe80:0:0:0:1:2:3:4/a", "fe80:0:0:0:1:2:3:4", 80},
        {"jsonrpc://::1:8080/a", "::1", 8080},
        {"jsonrpc://[fe80::1%eth0]:81/a", "fe80::1%eth0", 81},
        {"jsonrpc://fe80::1%eth0:81/a", "fe80::1%eth0", 81},
        {"jsonrpc://[::ffff:10.0.0.1]:81/a", "::ffff:10.0.0.1", 81},
        {"jsonrpc://::ffff:10.0.0.1:81/a", "::ffff:10.0.0.1", 81},
        {"jsonrpc://::ffff:10.0.0.1/a", "::ffff:10.0.0.1", 80},
        {"jsonrpc://fe80::1:abcd/a", "fe80::1:abcd", 80},
        {"http://unix:80/a", "unix", 80},
        {"http://unix:/run/x.sock:/a", "/run/x.sock", 0},
        {"http://unix:/run/x.sock", "/run/x.sock", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        provider_url *url = parsed(cases[i].text);
        assert_slice(url->address.host, cases[i].host);
        assert_int_equal(url->address.port, cases[i].port);
        provider_url_free(url);
    }
    refuses("jsonrpc://a:b:c/x", "invalid host");
    refuses("jsonrpc://[::1/x", "invalid host");
    refuses("jsonrpc://[::1]80/x", "after the host");
    refuses("jsonrpc://[h]:80/x", "invalid host");
    refuses("jsonrpc://[]:80/x", "the host is missing");
    refuses("jsonrpc://::1%:80/x", "invalid host");
}

/* An unescaped '/' in a password ends the host part. No part of the password may be used as a host,
 * or shown. */
static void refuses_user_info_that_is_not_escaped_without_showing_it(void **state)
{
    (void)state;
    static const char *const texts[] = {"jsonrpc://u:secret/x@h:81/a", "jsonrpc://u:secret?x@h/a",
        "u:secret@jsonrpc://h/a", "jsonrpc://secret@/a"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        provider_url *url = NULL;
        dubboc_error err;
        assert_status(DUBBOC_E_PARSE, provider_url_from_text(slice_of(texts[i]), &url, &err), &err);
        assert_null(strstr(err.text, "secret"));
    }
    refuses("jsonrpc://u:secret@h:70000/a", "port 70000 is over 65535");
}

static void strips_user_info(void **state)
{
    (void)state;
    provider_url *url = parsed("jsonrpc://user:p@ss@h:81/a?x=1@2");
    assert_slice(url->address.host, "h");
    assert_int_equal(url->address.port, 81);
    assert_string_equal(url->text, "jsonrpc://h:81/a?x=1@2");
    assert_slice(provider_url_find(url, "x"), "1@2");
    provider_url_free(url);
}

static void refuses_malformed_urls_and_says_why(void **state)
{
    (void)state;
    refuses("", "no ://");
    refuses("hello", "no ://");
    refuses("a?x=jsonrpc://h:1/a", "no ://");
    refuses("://h:1/a", "invalid scheme");
    refuses("1a://h:1/a", "invalid scheme");
    refuses("a b://h:1/a", "invalid scheme");
    refuses("jsonrpc://", "the host is missing");
    refuses("jsonrpc:///a", "the host is missing");
    refuses("jsonrpc://:80/a", "the host is missing");
    refuses("jsonrpc://u@:80/a", "the host is missing");
    refuses("file:///etc/passwd", "the host is missing");
    refuses("jsonrpc://h o:80/a", "invalid host \"h o\"");
    refuses("jsonrpc://h/../x\\y:80\x01/a", "control byte 0x01 at byte 21");
    refuses("jsonrpc://h:1/a\r\nX: y", "control byte 0x0d at byte 15");
    refuses("jsonrpc://h:1/a?x=\x7F", "control byte 0x7f");
    refuses("jsonrpc://h:1/a b", "' ' in the path");
    refuses("jsonrpc://h:1/a#b", "'#' in the path");
    refuses("jsonrpc://h:1/b\xC3\xBC"
            "cher",
        "byte 0xc3 in the path, which a URL spells %C3");
    refuses("jsonrpc://h:1/\xFF?interface=a.B", "byte 0xff in the path");
    provider_url *url = NULL;
    dubboc_error err;
    assert_status(DUBBOC_E_PARSE,
        provider_url_from_text(slice_make("jsonrpc://h:1/a\0b", 17), &url, &err), &err);
    assert_contains(err.text, "control byte 0x00 at byte 15");
    assert_status(DUBBOC_E_PARSE, provider_url_from_text(slice_make(NULL, 0), &url, &err), &err);
}

static void refuses_invalid_ports(void **state)
{
    (void)state;
    refuses("jsonrpc://h:0/a", "the port is 0");
    refuses("jsonrpc://h:70000/a", "port 70000 is over 65535");
    refuses("jsonrpc://h:99999999999999999999/a", "is not a number");
    refuses("jsonrpc://h:-1/a", "port \"-1\" is not a number");
    refuses("jsonrpc://h:80x/a", "is not a number");
    refuses("jsonrpc://h:+80/a", "is not a number");
    refuses("jsonrpc://h: 80/a", "is not a number");
    refuses("jsonrpc://h:/a", "the port is missing after the ':'");
    provider_url *url = parsed("jsonrpc://h:65535/a");
    assert_int_equal(url->address.port, 65535);
    provider_url_free(url);
}

static void refuses_broken_escapes_in_a_node(void **state)
{
    (void)state;
    refuses_node("jsonrpc%3A%2F%2Fh%zz", "invalid escape %zz at byte 17");
    refuses_node("jsonrpc%3A%2F%2Fh%4", "invalid escape %4 at byte 17");
    refuses_node("%", "invalid escape % at byte 0");
    refuses_node("jsonrpc%3A%2F%2Fh%00", "invalid escape %00 at byte 17");
    refuses_node("jsonrpc%3A%2F%2Fh%3A80%2Fa%0A", "control byte 0x0a");
}

static void urls_and_host_names_that_are_too_long_are_refused(void **state)
{
    (void)state;
    dubboc_error err;
    provider_url *url = NULL;
    size_t len = URL_BYTES_MAX;
    char *text = malloc(len + 1);
    assert_non_null(text);
    memset(text, 'a', len + 1);
    memcpy(text, "jsonrpc://h:1/", 14);
    assert_status(
        DUBBOC_E_TOO_BIG, provider_url_from_text(slice_make(text, len + 1), &url, &err), &err);
    assert_status(
        DUBBOC_E_TOO_BIG, provider_url_from_node(slice_make(text, len + 1), &url, &err), &err);
    assert_status(DUBBOC_OK, provider_url_from_text(slice_make(text, len), &url, &err), &err);
    provider_url_free(url);
    memset(text + 10, 'h', len - 10);
    assert_status(DUBBOC_E_PARSE, provider_url_from_text(slice_make(text, 300), &url, &err), &err);
    assert_contains(err.text, "invalid host");
    free(text);
}

static void refuses_more_params_than_the_ceiling(void **state)
{
    (void)state;
    dubboc_error err;
    provider_url *url = NULL;
    char text[16384] = "jsonrpc://h:1/a?";
    for (int i = 0; i < URL_PARAMS_MAX; i++)
        sprintf(text + strlen(text), "k%d=%d&", i, i);
    assert_status(DUBBOC_OK, provider_url_from_text(slice_of(text), &url, &err), &err);
    assert_int_equal(url->param_count, URL_PARAMS_MAX);
    for (int i = 0; i < URL_PARAMS_MAX; i++) {
        char key[16], value[16];
        sprintf(key, "k%d", i);
        sprintf(value, "%d", i);
        assert_slice(provider_url_find(url, key), value);
    }
    provider_url_free(url);
    strcat(text, "more=1");
    assert_status(DUBBOC_E_TOO_BIG, provider_url_from_text(slice_of(text), &url, &err), &err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_every_sample_node_once),
        cmocka_unit_test(finds_address_path_and_key_of_every_sample_node),
        cmocka_unit_test(decodes_values_of_go_nodes_a_second_time),
        cmocka_unit_test(keeps_values_that_were_not_encoded_twice),
        cmocka_unit_test(a_key_is_found_by_its_own_name_or_else_with_the_prefix_default),
        cmocka_unit_test(finds_a_methods_own_value_in_both_spellings),
        cmocka_unit_test(takes_the_first_of_params_with_one_name),
        cmocka_unit_test(tolerates_odd_queries),
        cmocka_unit_test(reads_a_url_without_path_and_one_without_port),
        cmocka_unit_test(reads_ipv6_with_and_without_brackets),
        cmocka_unit_test(strips_user_info),
        cmocka_unit_test(refuses_user_info_that_is_not_escaped_without_showing_it),
        cmocka_unit_test(refuses_malformed_urls_and_says_why),
        cmocka_unit_test(refuses_invalid_ports),
        cmocka_unit_test(refuses_broken_escapes_in_a_node),
        cmocka_unit_test(urls_and_host_names_that_are_too_long_are_refused),
        cmocka_unit_test(refuses_more_params_than_the_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Reading, comparing and printing network addresses. */
#include "tests/support/test.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/address.h"

#define BARE ADDRESS_BARE_IPV6
#define HEADER ADDRESS_HOST_HEADER

typedef enum address_sort { NAME, IPV6, UNIX } address_sort;

typedef struct sound_case {
    const char *text;
    unsigned flags;
    address_sort sort;
    const char *host;
    uint16_t port;
    const char *printed;
} sound_case;

static const sound_case sound_cases[] = {
    {"h", 0, NAME, "h", 0, "h"},
    {"h:1", 0, NAME, "h", 1, "h:1"},
    {"h:65535", 0, NAME, "h", 65535, "h:65535"},
    {"h:0080", 0, NAME, "h", 80, "h:80"},
    {"10.0.0.7:20880", 0, NAME, "10.0.0.7", 20880, "10.0.0.7:20880"},
    {"a_b-c.Example.:80", 0, NAME, "a_b-c.Example.", 80, "a_b-c.Example.:80"},
    {"unix:80", 0, NAME, "unix", 80, "unix:80"},
    {"[::1]", 0, IPV6, "::1", 0, "[::1]"},
    {"[::1]:80", 0, IPV6, "::1", 80, "[::1]:80"},
    {"[::ffff:1.2.3.4]:80", 0, IPV6, "::ffff:1.2.3.4", 80, "[::ffff:1.2.3.4]:80"},
    {"[fe80::1%eth0]:80", 0, IPV6, "fe80::1%eth0", 80, "[fe80::1%eth0]:80"},
    {"[fe80::1%25eth-0.1_a]", 0, IPV6, "fe80::1%25eth-0.1_a", 0, "[fe80::1%25eth-0.1_a]"},
    {"::1", BARE, IPV6, "::1", 0, "[::1]"},
    {"::1:2181", BARE, IPV6, "::1", 2181, "[::1]:2181"},
    {"fe80::1:abcd", BARE, IPV6, "fe80::1:abcd", 0, "[fe80::1:abcd]"},
    {"::ffff:10.0.0.1:81", BARE, IPV6, "::ffff:10.0.0.1", 81, "[::ffff:10.0.0.1]:81"},
    {"fe80::1%eth0:80", BARE, IPV6, "fe80::1%eth0", 80, "[fe80::1%eth0]:80"},
    {"h:", HEADER, NAME, "h", 0, "h"},
    {"h:0", HEADER, NAME, "h", 0, "h"},
    {"a%2Db!$&'()*+,;=~", HEADER, NAME, "a%2Db!$&'()*+,;=~", 0, "a%2Db!$&'()*+,;=~"},
    {"[::1]:", HEADER, IPV6, "::1", 0, "[::1]"},
    {"[fe80::1%25e~0]:8", HEADER, IPV6, "fe80::1%25e~0", 8, "[fe80::1%25e~0]:8"},
    {"unix:/run/x.sock", 0, UNIX, "/run/x.sock", 0, "unix:/run/x.sock"},
    {"unix:/a b:c", BARE, UNIX, "/a b:c", 0, "unix:/a b:c"},
};

static void reads_and_prints_addresses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sound_cases / sizeof sound_cases[0]; i++) {
        const sound_case *each = &sound_cases[i];
        net_address read = {0};
        dubboc_error err = {0};
        dubboc_status status = address_parse(slice_of(each->text), each->flags, &read, &err);
        if (status != DUBBOC_OK)
            fail_msg("%s: %s", each->text, err.text);
        if (!slice_is(read.host, each->host) || read.port != each->port ||
            read.is_ipv6 != (each->sort == IPV6) || read.is_unix != (each->sort == UNIX))
            fail_msg("%s: host %.*s, port %u, v6 %d, unix %d", each->text, SLICE_ARGS(read.host),
                read.port, read.is_ipv6, read.is_unix);
        assert_int_equal(address_is_host_header(slice_of(each->text)),
            each->sort != UNIX && (each->flags & BARE) == 0);
        char *printed = address_dup(&read);
        assert_non_null(printed);
        assert_string_equal(printed, each->printed);
        free(printed);
    }
}

typedef struct wrong_case {
    const char *text;
    unsigned flags;
    const char *reason;
} wrong_case;

static const wrong_case wrong_cases[] = {
    {"", 0, "the host is missing"},
    {"", HEADER, "the host is missing"},
    {":80", 0, "the host is missing"},
    {":80", HEADER, "the host is missing"},
    {":", BARE, "the host is missing"},
    {"[]", 0, "the host is missing"},
    {"[]:80", BARE, "the host is missing"},
    {"h:", 0, "the port is missing after the ':'"},
    {"[::1]:", 0, "the port is missing after the ':'"},
    {"h:0", 0, "the port is 0"},
    {"h:65536", 0, "port 65536 is over 65535"},
    {"h:65536", HEADER, "port 65536 is over 65535"},
    {"h:18446744073709551616", 0, "port \"18446744073709551616\" is not a number"},
    {"h:-1", 0, "port \"-1\" is not a number"},
    {"h:+1", 0, "port \"+1\" is not a number"},
    {"h: 1", 0, "port \" 1\" is not a number"},
    {"h:1 ", 0, "port \"1 \" is not a number"},
    {"h:8a", HEADER, "port \"8a\" is not a number"},
    {"h:80:90", 0, "port \"80:90\" is not a number"},
    {"h:80:90", HEADER, "port \"80:90\" is not a number"},
    {"h:80/x", 0, "port \"80/x\" is not a number"},
    {"::1", 0, "the host is missing"},
    {"::1", HEADER, "the host is missing"},
    {"fe80::1", 0, "port \":1\" is not a number"},
    {"a:b:c", BARE, "invalid host \"a:b\""},
    {"::1%:80", BARE, "invalid host \"::1%\""},
    {"1:2:3:4:5:6:7:8:9:80", BARE, "invalid host \"1:2:3:4:5:6:7:8:9\""},
    {"[::1", 0, "invalid host \"[::1\""},
    {"[::1", BARE, "invalid host \"[::1\""},
    {"[::1]80", 0, "\"80\" after the host"},
    {"[::1]x:80", HEADER, "\"x:80\" after the host"},
    {"[h]:80", 0, "invalid host \"h\""},
    {"[1.2.3.4]", HEADER, "invalid host \"1.2.3.4\""},
    {"[::1%]", 0, "invalid host \"::1%\""},
    {"[::1%a!]", 0, "invalid host \"::1%a!\""},
    {"[::1%a b]", HEADER, "invalid host \"::1%a b\""},
    {"[::g]", 0, "invalid host \"::g\""},
    {"h o", 0, "invalid host \"h o\""},
    {" h", 0, "invalid host \" h\""},
    {"h\xC3\xA4", 0, "invalid host \"h\xC3\xA4\""},
    {"h/x", 0, "invalid host \"h/x\""},
    {"h/x", HEADER, "invalid host \"h/x\""},
    {"a%2Db", 0, "invalid host \"a%2Db\""},
    {"a%2", HEADER, "invalid host \"a%2\""},
    {"a%zz", HEADER, "invalid host \"a%zz\""},
    {"unix:", 0, "the port is missing after the ':'"},
    {"unix:/", 0, "the path is missing after unix:"},
    {"unix:/a\nb", 0, "control byte 0x0a in the path of a unix socket"},
    {"unix:/run/x.sock", HEADER, "port \"/run/x.sock\" is not a number"},
    {"joe:secret@h", 0, "port \"********@h\" is not a number"},
};

static void refuses_malformed_addresses_and_says_why(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong_cases / sizeof wrong_cases[0]; i++) {
        const wrong_case *each = &wrong_cases[i];
        net_address read = {.port = 7};
        dubboc_error err = {0};
        if (address_parse(slice_of(each->text), each->flags, &read, &err) != DUBBOC_E_PARSE)
            fail_msg("row %zu, \"%s\": accepted", i, each->text);
        if (strcmp(err.text, each->reason) != 0)
            fail_msg("row %zu, \"%s\": %s", i, each->text, err.text);
        assert_int_equal(read.port, 7); /* the port is left unchanged */
        assert_int_equal(
            address_parse(slice_of(each->text), each->flags, &read, NULL), DUBBOC_E_PARSE);
    }
}

static void refuses_hosts_that_are_too_long(void **state)
{
    (void)state;
    char text[ADDRESS_HOST_BYTES_MAX + 2];
    net_address read;
    dubboc_error err;
    memset(text, 'a', sizeof text);
    dubboc_slice longest = slice_make(text, ADDRESS_HOST_BYTES_MAX);
    assert_status(DUBBOC_OK, address_parse(longest, 0, &read, &err), &err);
    dubboc_slice over = slice_make(text, ADDRESS_HOST_BYTES_MAX + 1);
    assert_status(DUBBOC_E_PARSE, address_parse(over, 0, &read, &err), &err);
    memcpy(text, "unix:/", 6);
    assert_status(DUBBOC_E_PARSE, address_parse(longest, 0, &read, &err), &err);
    assert_contains(err.text, "the path of a unix socket is over 107 bytes");
    assert_status(DUBBOC_E_PARSE, address_parse(slice_make("h\0i", 3), 0, &read, &err), &err);
    assert_status(DUBBOC_E_PARSE, address_parse(slice_make("h\0i", 3), HEADER, &read, &err), &err);
    assert_status(DUBBOC_E_PARSE, address_parse(slice_make(NULL, 0), 0, &read, &err), &err);
}

static void finds_the_end_of_an_address_in_a_url(void **state)
{
    (void)state;
    static const struct {
        const char *rest, *address;
    } cases[] = {{"h:80/a?b#c", "h:80"}, {"h", "h"}, {"h?x=/", "h"}, {"h#f", "h"}, {"/a", ""},
        {"", ""}, {"[::1]:80/", "[::1]:80"}, {"unix:/run/x.sock:/a.B?c", "unix:/run/x.sock"},
        {"unix:/run/x.sock?c", "unix:/run/x.sock"}, {"unix:/run/x.sock", "unix:/run/x.sock"},
        {"unix:80/a", "unix:80"}, {"unix:/a:b", "unix:/a:b"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(
            address_length_in_url(slice_of(cases[i].rest), "?#"), strlen(cases[i].address));
    assert_int_equal(address_length_in_url(slice_of("u:p?#@h:80/a"), ""), 10);
}

static void completes_addresses_with_a_default_port(void **state)
{
    (void)state;
    static const struct {
        const char *text, *printed;
    } cases[] = {{"h", "h:80"}, {"h:81", "h:81"}, {"[::1]", "[::1]:80"}, {"unix:/a", "unix:/a"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        net_address read;
        dubboc_error err;
        assert_status(DUBBOC_OK, address_parse(slice_of(cases[i].text), 0, &read, &err), &err);
        assert_int_equal(address_is_complete(&read), i % 2 == 1);
        address_set_default_port(&read, 80);
        assert_true(address_is_complete(&read));
        char *printed = address_dup(&read);
        assert_string_equal(printed, cases[i].printed);
        free(printed);
    }
    assert_false(address_is_complete(&(net_address){.port = 80}));
}

static void equal_hosts_have_one_key(void **state)
{
    (void)state;
    static const struct {
        const char *one, *other;
        bool is_equal;
    } cases[] = {
        {"Host.Example", "host.example", true},
        {"h", "h.", false},
        {"h", "i", false},
        {"10.0.0.1", "10.0.0.01", false},
        {"::1", "0:0::0001", true},
        {"FE80::A", "fe80::a", true},
        {"::1", "::2", false},
        {"::ffff:1.2.3.4", "1.2.3.4", true},
        {"::ffff:102:304", "1.2.3.4", true},
        {"::1.2.3.4", "1.2.3.4", false},
        {"fe80::1%eth0", "FE80:0::1%eth0", true},
        {"fe80::1%eth0", "fe80::1%ETH0", false},
        {"fe80::1%eth0", "fe80::1", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        dubboc_slice one = slice_of(cases[i].one), other = slice_of(cases[i].other);
        net_address a = {.host = one, .port = 1}, b = {.host = other, .port = 1};
        buffer key, other_key;
        buffer_init(&key, 400);
        buffer_init(&other_key, 400);
        address_append_key(&key, &a);
        address_append_key(&other_key, &b);
        if (address_host_equal(one, other) != cases[i].is_equal)
            fail_msg("%s and %s", cases[i].one, cases[i].other);
        if (slice_equal(buffer_slice(&key), buffer_slice(&other_key)) != cases[i].is_equal)
            fail_msg("%s and %s", buffer_text(&key), buffer_text(&other_key));
        buffer_fini(&key);
        buffer_fini(&other_key);
    }
}

static void the_key_is_the_address_in_one_spelling(void **state)
{
    (void)state;
    static const struct {
        const char *text, *key;
    } cases[] = {{"Host.x:81", "host.x:81"}, {"[0:0::1]:80", "[::1]:80"},
        {"[::ffff:1.2.3.4]:80", "1.2.3.4:80"}, {"[fe80:0::1%Eth0]", "[fe80::1%Eth0]"},
        {"unix:/Run/x", "unix:/Run/x"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        net_address read;
        dubboc_error err;
        buffer key;
        buffer_init(&key, 400);
        assert_status(DUBBOC_OK, address_parse(slice_of(cases[i].text), 0, &read, &err), &err);
        address_append_key(&key, &read);
        assert_string_equal(buffer_text(&key), cases[i].key);
        buffer_fini(&key);
    }
}

static void recognises_ip_addresses_and_wildcard_addresses(void **state)
{
    (void)state;
    static const char *const ips[] = {"1.2.3.4", "::1", "::", "::ffff:1.2.3.4"};
    static const char *const others[] = {
        "", "1.2.3", "1.2.3.4.5", "256.1.1.1", "h", "[::1]", "fe80::1%eth0", "1.2.3.4:80", "::g"};
    static const char *const any[] = {"0.0.0.0", "[::]", "h", "[::1]", "127.0.0.1"};
    uint32_t value = 0;
    for (size_t i = 0; i < sizeof ips / sizeof ips[0]; i++)
        if (!address_is_ip(slice_of(ips[i])))
            fail_msg("%s", ips[i]);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (address_is_ip(slice_of(others[i])))
            fail_msg("%s", others[i]);
    for (size_t i = 0; i < sizeof any / sizeof any[0]; i++) {
        net_address read;
        dubboc_error err;
        assert_status(DUBBOC_OK, address_parse(slice_of(any[i]), 0, &read, &err), &err);
        assert_int_equal(address_is_any(&read), i < 2);
    }
    assert_true(address_is_any(&(net_address){.port = 80}));
    assert_true(address_is_any(&(net_address){.host = slice_of("*")}));
    assert_true(address_ipv4(slice_of("10.0.0.7"), &value));
    assert_int_equal(value, 10u << 24 | 7);
    assert_false(address_ipv4(slice_of("::1"), &value));
    assert_false(address_ipv4(slice_of("a.name.longer.than.an.address"), &value));
}

static void shows_the_addresses_of_sockets(void **state)
{
    (void)state;
    static const struct {
        const char *ip, *text;
    } cases[] = {{"10.0.0.7", "10.0.0.7:80"}, {"::1", "[::1]:80"}, {"::ffff:1.2.3.4", "1.2.3.4:80"},
        {"0.0.0.0", "0.0.0.0:80"},
        {"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
            "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:80"}};
    char text[ADDRESS_TEXT_SIZE];
    struct sockaddr_storage storage;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(address_to_socket(cases[i].ip, 80, &storage) >= sizeof(struct sockaddr_in));
        assert_string_equal(address_of_socket((struct sockaddr *)&storage, text), cases[i].text);
    }
    assert_int_equal(address_to_socket("h", 80, &storage), 0);
    assert_int_equal(address_to_socket("[::1]", 80, &storage), 0);
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    assert_string_equal(address_of_socket((struct sockaddr *)&local, text), "unix:");
    strcpy(local.sun_path, "/run/x.sock");
    assert_string_equal(address_of_socket((struct sockaddr *)&local, text), "unix:/run/x.sock");
    memset(local.sun_path, 'a', sizeof local.sun_path);
    assert_int_equal(
        strlen(address_of_socket((struct sockaddr *)&local, text)), ADDRESS_TEXT_SIZE - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_and_prints_addresses),
        cmocka_unit_test(refuses_malformed_addresses_and_says_why),
        cmocka_unit_test(refuses_hosts_that_are_too_long),
        cmocka_unit_test(finds_the_end_of_an_address_in_a_url),
        cmocka_unit_test(completes_addresses_with_a_default_port),
        cmocka_unit_test(equal_hosts_have_one_key),
        cmocka_unit_test(the_key_is_the_address_in_one_spelling),
        cmocka_unit_test(recognises_ip_addresses_and_wildcard_addresses),
        cmocka_unit_test(shows_the_addresses_of_sockets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

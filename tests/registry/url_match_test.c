/* Tests what is read from a provider URL: mismatches and their reasons, time-outs, weights,
 * identities. */
#include "tests/support/test.h"

#include "registry/provider_url.h"
#include "registry/url_match.h"

static provider_url *parsed(const char *text)
{
    provider_url *url = NULL;
    dubboc_error err;
    assert_status(DUBBOC_OK, provider_url_from_text(slice_of(text), &url, &err), &err);
    return url;
}

typedef struct match_case {
    const char *url;
    const char *group, *version;
    const char *reason; /* NULL: it matches */
} match_case;

static void check_matches(const match_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char room[128];
        provider_url *url = parsed(cases[i].url);
        url_wanted wanted = {slice_of("i"), slice_of(cases[i].group), slice_of(cases[i].version)};
        const char *reason = provider_url_mismatch(url, &wanted, room, sizeof room);
        if (cases[i].reason == NULL && reason != NULL)
            fail_msg("%s does not match: %s", cases[i].url, reason);
        if (cases[i].reason != NULL && (reason == NULL || strcmp(reason, cases[i].reason) != 0))
            fail_msg("%s: \"%s\", expected \"%s\"", cases[i].url,
                reason != NULL ? reason : "a match", cases[i].reason);
        provider_url_free(url);
    }
}

static void an_http_node_counts_as_json_rpc_only_if_its_release_is_at_least_2_7_4(void **state)
{
    (void)state;
    static const match_case cases[] = {
        {"http://h:1/i?release=2.7.4", NULL, NULL, NULL},
        {"http://h:1/i?release=2.7.4.1", NULL, NULL, NULL},
        {"http://h:1/i?release=2.7.23", NULL, NULL, NULL},
        {"http://h:1/i?release=2.8", NULL, NULL, NULL},
        {"http://h:1/i?release=3.2.0-beta.6-SNAPSHOT", NULL, NULL, NULL},
        {"http://h:1/i?release=10.0.0", NULL, NULL, NULL},
        {"http://h:1/i?release=2.7.3", NULL, NULL, "http of release 2.7.3 is Java serialization"},
        {"http://h:1/i?release=2.7", NULL, NULL, "http of release 2.7 is Java serialization"},
        {"http://h:1/i?release=2", NULL, NULL, "http of release 2 is Java serialization"},
        {"http://h:1/i?release=2.6.12", NULL, NULL, "http of release 2.6.12 is Java serialization"},
        {"http://h:1/i?release=1.99.99", NULL, NULL,
            "http of release 1.99.99 is Java serialization"},
        {"http://h:1/i?dubbo=2.0.2", NULL, NULL,
            "http without a release is Java serialization; write jsonrpc:// for JSON-RPC"},
        {"http://h:1/i?release=dubbo-golang-1.5.8", NULL, NULL,
            "http of release dubbo-golang-1.5.8 is not known to be JSON-RPC"},
        {"jsonrpc://h:1/i?release=2.6.0", NULL, NULL, NULL},
    };
    check_matches(cases, sizeof cases / sizeof cases[0]);
}

static void leaves_out_other_protocols_and_categories(void **state)
{
    (void)state;
    static const match_case cases[] = {
        {"dubbo://h:1/i", NULL, NULL, "protocol dubbo"},
        {"tri://h:1/i", NULL, NULL, "protocol tri"},
        {"rest://h:1/i", NULL, NULL, "protocol rest"},
        {"empty://h/i?category=providers", NULL, NULL, "protocol empty"},
        {"file://h/etc/passwd", NULL, NULL, "protocol file"},
        {"consumer://h/i", NULL, NULL, "protocol consumer"},
        {"https://h/i?release=3.2.0", NULL, NULL, "protocol https"},
        {"jsonrpc://h:1/i?category=providers", NULL, NULL, NULL},
        {"jsonrpc://h:1/i?category=provider", NULL, NULL, NULL},
        {"jsonrpc://h:1/i?category=", NULL, NULL, NULL},
        {"jsonrpc://h:1/i?category=consumers", NULL, NULL, "category consumers"},
        {"jsonrpc://h:1/i?category=consumer", NULL, NULL, "category consumer"},
        {"jsonrpc://h:1/i?side=consumer", NULL, NULL, "side consumer"},
        {"jsonrpc://h:1/i?side=provider", NULL, NULL, NULL},
    };
    check_matches(cases, sizeof cases / sizeof cases[0]);
}

static void compares_interface_group_and_version(void **state)
{
    (void)state;
    static const match_case cases[] = {
        {"jsonrpc://h:1/other?interface=i", NULL, NULL, NULL},
        {"jsonrpc://h:1/i?interface=other", NULL, NULL, "interface other, wanted i"},
        {"jsonrpc://h:1/I", NULL, NULL, "interface I, wanted i"},
        {"jsonrpc://h:1/", NULL, NULL, "interface none, wanted i"},
        {"jsonrpc://h:1/x?interface=*", NULL, NULL, NULL},
        {"jsonrpc://h:1/i?group=g", NULL, NULL, "group g, wanted none"},
        {"jsonrpc://h:1/i?group=g", "g", NULL, NULL},
        {"jsonrpc://h:1/i?group=g", "*", NULL, NULL},
        {"jsonrpc://h:1/i", "*", NULL, NULL},
        {"jsonrpc://h:1/i?group=", "", NULL, NULL},
        {"jsonrpc://h:1/i", "g", NULL, "group none, wanted g"},
        {"jsonrpc://h:1/i?group=b", "a, b", NULL, NULL},
        {"jsonrpc://h:1/i?group=c", "a,b", NULL, "group c, wanted a,b"},
        {"jsonrpc://h:1/i", "a,b", NULL, "group none, wanted a,b"},
        {"jsonrpc://h:1/i?default.group=g&default.version=1", "g", "1", NULL},
        {"jsonrpc://h:1/i?version=1", NULL, "1", NULL},
        {"jsonrpc://h:1/i?version=1", NULL, "*", NULL},
        {"jsonrpc://h:1/i?version=1", NULL, "", "version 1, wanted none"},
        {"jsonrpc://h:1/i?version=", NULL, NULL, NULL},
        {"jsonrpc://h:1/i?version=0.0.0", NULL, NULL, "version 0.0.0, wanted none"},
        {"jsonrpc://h:1/i?version=1", NULL, "1,2", "version 1, wanted 1,2"},
        {"jsonrpc://h:1/i", NULL, "1.0", "version none, wanted 1.0"},
    };
    check_matches(cases, sizeof cases / sizeof cases[0]);
}

static void leaves_out_disabled_nodes_but_not_those_of_weight_zero(void **state)
{
    (void)state;
    static const match_case cases[] = {
        {"jsonrpc://h:1/i?disabled=true", NULL, NULL, "disabled=true"},
        {"jsonrpc://h:1/i?disabled=TRUE&enabled=true", NULL, NULL, "disabled=true"},
        {"jsonrpc://h:1/i?disabled=false", NULL, NULL, NULL},
        {"jsonrpc://h:1/i?enabled=false", NULL, NULL, "enabled=false"},
        {"jsonrpc://h:1/i?enabled=true", NULL, NULL, NULL},
        {"jsonrpc://h:1/i?enabled=", NULL, NULL, NULL},
        {"jsonrpc://h:1/i?weight=0", NULL, NULL, NULL},
    };
    check_matches(cases, sizeof cases / sizeof cases[0]);
}

static void cuts_a_reason_that_is_longer_than_the_buffer(void **state)
{
    (void)state;
    char room[12];
    provider_url *url = parsed("averylongprotocolname://h:1/i");
    url_wanted wanted = {.interface = slice_of("i")};
    assert_string_equal(provider_url_mismatch(url, &wanted, room, sizeof room), "protocol av");
    provider_url_free(url);
}

static void reads_time_outs_as_milliseconds_and_as_durations(void **state)
{
    (void)state;
    static const struct {
        const char *query;
        int64_t ms;
    } cases[] = {
        {"timeout=3000", 3000},
        {"timeout=1", 1},
        {"timeout=0", 0},
        {"", 0},
        {"timeout=", 0},
        {"timeout=20ms", 20},
        {"timeout=5s", 5000},
        {"timeout=1m30s", 90000},
        {"timeout=1.5h", 5400000},
        {"timeout=.5s", 500},
        {"timeout=1us", 1},
        {"timeout=1001us", 2},
        {"timeout=1\xC2\xB5s", 1},
        {"timeout=1ns", 1},
        {"timeout=0s", 0},
        {"timeout=-5s", 0},
        {"timeout=-5", 0},
        {"timeout=5x", 0},
        {"timeout=s", 0},
        {"timeout=5s3", 0},
        {"timeout=1.2.3s", 0},
        {"timeout=.s", 0},
        {"timeout=1 s", 0},
        {"timeout=0.0000000000001s", 0},
        {"timeout=0.123456789123456s", 124},
        {"timeout=99999999999999999999", 0},
        {"timeout=99999999999999999999s", 0},
        {"timeout=9999999999999h", 0},
        {"timeout=2562047h47m16s", INT64_C(9223372036000)},
        {"timeout=2562048h", 0},
        {"default.timeout=700", 700},
        {"timeout=5&m.timeout=6", 6},
        {"timeout=5&methods.m.timeout=7", 7},
        {"timeout=3&dubbo=dubbo-provider-golang-0.1.1", 0},
        {"timeout=3&dubbo=dubbo-provider-golang-0.2.0", 0},
        {"timeout=3000&dubbo=dubbo-provider-golang-1.0.0", 3000},
        {"timeout=3&dubbo=2.6.2", 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[200];
        snprintf(text, sizeof text, "jsonrpc://h:1/i?%s", cases[i].query);
        provider_url *url = parsed(text);
        int64_t ms = provider_url_timeout_ms(url, slice_of("m"));
        if (ms != cases[i].ms)
            fail_msg(
                "%s: %lld, expected %lld", cases[i].query, (long long)ms, (long long)cases[i].ms);
        provider_url_free(url);
    }
}

static void reads_weights(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned weight;
    } cases[] = {
        {"jsonrpc://h:1/i", 100},
        {"jsonrpc://h:1/i?weight=0", 0},
        {"jsonrpc://h:1/i?weight=200", 200},
        {"jsonrpc://h:1/i?weight=-1", 100},
        {"jsonrpc://h:1/i?weight=x", 100},
        {"jsonrpc://h:1/i?weight=2147483647", 2147483647},
        {"jsonrpc://h:1/i?weight=2147483648", 100},
        {"jsonrpc://h:1/i?release=dubbo-golang-3.3.2&weight=0", 100},
        {"jsonrpc://h:1/i?release=dubbo-golang-3.3.2&weight=7", 7},
        {"jsonrpc://h:1/i?release=2.7.3&weight=0", 0},
        {"jsonrpc://h:1/i?default.weight=7", 7},
        {"jsonrpc://h:1/i?methods.m.weight=7", 100},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        provider_url *url = parsed(cases[i].text);
        assert_int_equal(provider_url_weight(url), cases[i].weight);
        provider_url_free(url);
    }
}

static void has_identity(const char *text, const char *identity)
{
    buffer out;
    buffer_init(&out, 1000);
    provider_url *url = parsed(text);
    provider_url_identity(url, &out);
    assert_string_equal(buffer_text(&out), identity);
    provider_url_free(url);
    buffer_fini(&out);
}

static void a_provider_has_one_identity_under_all_schemes(void **state)
{
    (void)state;
    has_identity("jsonrpc://Host.x:81/A.b?group=g&version=1&pid=1", "host.x:81/A.b?g&1");
    has_identity(
        "http://u@host.x:81/A.b?default.version=1&group=g&release=3.0.0", "host.x:81/A.b?g&1");
    has_identity("jsonrpc://[::1]/a", "[::1]:80/a?&");
    has_identity("jsonrpc://0:0::1/a", "[::1]:80/a?&");
    has_identity("jsonrpc://[::ffff:10.0.0.1]/a", "10.0.0.1:80/a?&");
    has_identity("http://unix:/run/x.sock:/a?release=3.0.0", "unix:/run/x.sock/a?&");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_http_node_counts_as_json_rpc_only_if_its_release_is_at_least_2_7_4),
        cmocka_unit_test(leaves_out_other_protocols_and_categories),
        cmocka_unit_test(compares_interface_group_and_version),
        cmocka_unit_test(leaves_out_disabled_nodes_but_not_those_of_weight_zero),
        cmocka_unit_test(cuts_a_reason_that_is_longer_than_the_buffer),
        cmocka_unit_test(reads_time_outs_as_milliseconds_and_as_durations),
        cmocka_unit_test(reads_weights),
        cmocka_unit_test(a_provider_has_one_identity_under_all_schemes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

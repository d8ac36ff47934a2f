#include "tests/support/test.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "transport/http_server_shares.h"

static http_server_shares shares;

static int begin(void **state)
{
    (void)state;
    assert_true(http_server_shares_init(&shares, 2));
    return 0;
}

static int end(void **state)
{
    (void)state;
    http_server_shares_fini(&shares);
    return 0;
}

static http_server_share *take(const char *ip)
{
    struct sockaddr_storage from = {0};
    struct sockaddr_in *v4 = (struct sockaddr_in *)&from;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&from;
    if (strchr(ip, ':') == NULL) {
        from.ss_family = AF_INET;
        assert_int_equal(inet_pton(AF_INET, ip, &v4->sin_addr), 1);
    } else {
        from.ss_family = AF_INET6;
        assert_int_equal(inet_pton(AF_INET6, ip, &v6->sin6_addr), 1);
    }
    return http_server_shares_take(&shares, &from);
}

static void each_ipv4_address_is_a_client(void **state)
{
    (void)state;
    http_server_share *share = take("192.0.2.1");
    assert_non_null(share);
    assert_ptr_equal(take("192.0.2.1"), share);
    assert_null(take("192.0.2.1"));
    assert_non_null(take("192.0.2.2"));
}

static void an_ipv6_network_is_one_client(void **state)
{
    (void)state;
    http_server_share *share = take("2001:db8:0:1::1");
    assert_non_null(share);
    assert_ptr_equal(take("2001:db8:0:1:ffff::2"), share);
    assert_null(take("2001:db8:0:1::3"));
    assert_non_null(take("2001:db8:0:2::1"));
}

/* A socket that listens on all addresses reports an IPv4 client as a mapped IPv6 address. */
static void a_mapped_ipv4_address_is_that_ipv4_address(void **state)
{
    (void)state;
    http_server_share *share = take("192.0.2.1");
    assert_ptr_equal(take("::ffff:192.0.2.1"), share);
    assert_null(take("::ffff:192.0.2.1"));
    assert_non_null(take("::ffff:192.0.2.2"));
}

static void a_place_that_is_given_back_is_free_again(void **state)
{
    (void)state;
    http_server_share *share = take("192.0.2.1");
    take("192.0.2.1");
    http_server_shares_give_back(&shares, share);
    assert_ptr_equal(take("192.0.2.1"), share);
    assert_null(take("192.0.2.1"));
}

static void a_client_without_connections_takes_no_memory(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++) {
        char ip[INET_ADDRSTRLEN];
        snprintf(ip, sizeof ip, "192.0.%d.%d", i / 250, i % 250);
        http_server_shares_give_back(&shares, take(ip));
    }
    assert_int_equal(map_count(shares.by_client), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_ipv4_address_is_a_client),
        TEST(an_ipv6_network_is_one_client),
        TEST(a_mapped_ipv4_address_is_that_ipv4_address),
        TEST(a_place_that_is_given_back_is_free_again),
        TEST(a_client_without_connections_takes_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

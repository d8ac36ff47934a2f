/* Which address of a machine a provider registers (wire.md 5.3). */
#include "base/own_address.h"
#include "tests/support/test.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdatomic.h>

#include "tests/support/names.h"

#define INTERFACES_MAX 4

typedef struct address_case {
    const char *what;
    struct {
        const char *address; /* NULL ends the list */
        unsigned flags;
    } interfaces[INTERFACES_MAX];
    const char *chosen;
} address_case;

static const address_case cases[] = {
    {"nothing at all", {{NULL, 0}}, "127.0.0.1"},
    {"loopback alone", {{"127.0.0.1", IFF_UP | IFF_LOOPBACK}}, "127.0.0.1"},
    {"a private one after a public one", {{"203.0.113.5", IFF_UP}, {"10.1.2.3", IFF_UP}},
        "10.1.2.3"},
    {"the first of the private ones", {{"192.168.7.8", IFF_UP}, {"10.1.2.3", IFF_UP}},
        "192.168.7.8"},
    {"the first public one, when none is private",
        {{"203.0.113.5", IFF_UP}, {"203.0.113.6", IFF_UP}}, "203.0.113.5"},
    {"172.16 to 172.31 are private", {{"172.15.0.1", IFF_UP}, {"172.31.255.1", IFF_UP}},
        "172.31.255.1"},
    {"172.32 is not", {{"203.0.113.5", IFF_UP}, {"172.32.0.1", IFF_UP}}, "203.0.113.5"},
    {"one that is down does not count", {{"10.1.2.3", 0}, {"203.0.113.5", IFF_UP}}, "203.0.113.5"},
    {"a link's own address is no address for others",
        {{"169.254.3.4", IFF_UP}, {"203.0.113.5", IFF_UP}}, "203.0.113.5"},
    {"a link's own address alone", {{"169.254.3.4", IFF_UP}}, "127.0.0.1"},
    {"a private address of the loopback interface",
        {{"10.1.2.3", IFF_UP | IFF_LOOPBACK}, {"203.0.113.5", IFF_UP}}, "203.0.113.5"},
};

static uint32_t no_route(void *arg, const char *host, uint16_t port)
{
    (void)arg, (void)host, (void)port;
    return 0;
}

static void the_expected_address_is_chosen_from_each_set_of_interfaces(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sockaddr_in addresses[INTERFACES_MAX];
        struct ifaddrs interfaces[INTERFACES_MAX + 1];
        struct sockaddr other = {.sa_family = AF_UNSPEC};
        size_t count = 0;
        for (; count < INTERFACES_MAX && cases[i].interfaces[count].address != NULL; count++) {
            addresses[count] = (struct sockaddr_in){.sin_family = AF_INET};
            assert_int_equal(
                inet_pton(AF_INET, cases[i].interfaces[count].address, &addresses[count].sin_addr),
                1);
            interfaces[count] = (struct ifaddrs){.ifa_next = &interfaces[count + 1],
                .ifa_addr = (struct sockaddr *)&addresses[count],
                .ifa_flags = cases[i].interfaces[count].flags};
        }
        interfaces[count] =
            (struct ifaddrs){.ifa_addr = i % 2 == 0 ? &other : NULL, .ifa_flags = IFF_UP};
        char chosen[OWN_ADDRESS_SIZE];
        own_address_view view = {.source_towards = no_route, .interfaces = interfaces};
        own_address_by(&view, "", chosen);
        if (strcmp(chosen, cases[i].chosen) != 0)
            fail_msg("%s: %s, expected %s", cases[i].what, chosen, cases[i].chosen);
    }
}

/* --- routes are preferred to interfaces */

typedef struct route_case {
    const char *what;
    const char *servers;
    const char *routes[3][2]; /* pairs: destination host, source address of the route to it */
    const char *chosen;
    const char *how;
} route_case;

/* In each case the first interface is docker0 with a private address, and the next one has a public
 * address. */
static const route_case route_cases[] = {
    {"towards the registry", "10.9.0.1:2181",
        {{"10.9.0.1", "10.9.0.7"}, {"192.0.2.1", "203.0.113.5"}}, "10.9.0.7",
        "source address towards the registry"},
    {"towards the second server", "10.9.0.1:2181,zk.example:2181",
        {{"zk.example", "10.9.0.8"}, {"192.0.2.1", "203.0.113.5"}}, "10.9.0.8",
        "source address towards the registry"},
    {"a registry of IPv6 says nothing", "2001:db8::1:2181", {{"192.0.2.1", "203.0.113.5"}},
        "203.0.113.5", "source address of the default route"},
    {"a registry on this machine says nothing", "127.0.0.1:2181",
        {{"127.0.0.1", "127.0.0.1"}, {"192.0.2.1", "203.0.113.5"}}, "203.0.113.5",
        "source address of the default route"},
    {"no registry", "", {{"192.0.2.1", "203.0.113.5"}}, "203.0.113.5",
        "source address of the default route"},
    {"no default route", "127.0.0.1:2181", {{"127.0.0.1", "127.0.0.1"}}, "172.17.0.1",
        "address of an interface"},
    {"a default route by a link's own address", "", {{"192.0.2.1", "169.254.1.1"}}, "172.17.0.1",
        "address of an interface"},
};

static uint32_t route_of_case(void *arg, const char *host, uint16_t port)
{
    const route_case *one = arg;
    struct in_addr address;
    assert_true(port > 0);
    for (size_t i = 0; i < 3; i++)
        if (one->routes[i][0] != NULL && strcmp(one->routes[i][0], host) == 0) {
            assert_int_equal(inet_pton(AF_INET, one->routes[i][1], &address), 1);
            return ntohl(address.s_addr);
        }
    return 0;
}

static void the_way_to_the_registry_and_to_the_world_come_before_the_order_of_interfaces(
    void **state)
{
    (void)state;
    struct sockaddr_in docker = {.sin_family = AF_INET}, real = {.sin_family = AF_INET};
    assert_int_equal(inet_pton(AF_INET, "172.17.0.1", &docker.sin_addr), 1);
    assert_int_equal(inet_pton(AF_INET, "203.0.113.5", &real.sin_addr), 1);
    struct ifaddrs second = {.ifa_addr = (struct sockaddr *)&real, .ifa_flags = IFF_UP};
    struct ifaddrs first = {
        .ifa_next = &second, .ifa_addr = (struct sockaddr *)&docker, .ifa_flags = IFF_UP};
    for (size_t i = 0; i < sizeof route_cases / sizeof route_cases[0]; i++) {
        const route_case *one = &route_cases[i];
        char chosen[OWN_ADDRESS_SIZE];
        own_address_view view = {route_of_case, &first, (void *)(uintptr_t)one};
        const char *how = own_address_by(&view, one->servers, chosen);
        if (strcmp(chosen, one->chosen) != 0 || strstr(how, one->how) == NULL)
            fail_msg(
                "%s: %s (%s), expected %s (%s)", one->what, chosen, how, one->chosen, one->how);
    }
}

/* Uses the interfaces of the machine that runs the test. Registries on loopback, and hosts that do
 * not exist, do not change the result. */
static void an_address_is_found_on_this_machine(void **state)
{
    (void)state;
    static const char *const servers[] = {
        "", "127.0.0.1:2181", "localhost:2181", "no-such-host.invalid:2181", ":2181", "::1:2181"};
    char plain[OWN_ADDRESS_SIZE], chosen[OWN_ADDRESS_SIZE];
    struct in_addr address;
    own_address(NULL, plain);
    assert_int_equal(inet_pton(AF_INET, plain, &address), 1);
    for (size_t i = 0; i < sizeof servers / sizeof servers[0]; i++) {
        own_address(servers[i], chosen);
        assert_string_equal(plain, chosen);
    }
}

/* --- host names */

#define SLOW_SERVERS "slow1.invalid:2181,slow2.invalid:2181,slow3.invalid:2181"
#define LIMIT_MS 20000

static bool all_slow_names_were_asked_for(void *arg)
{
    return names_asked_for_own_address() == *(const int *)arg + 3;
}

/* Lets the look-up thread end. No caller waits for it any more, but it still asks for one name
 * after the other. */
static void let_slow_names_end(int before)
{
    names_let_go(true);
    assert_true(test_wait_for(all_slow_names_were_asked_for, &before, LIMIT_MS));
    names_let_go(false);
}

static void a_known_address_is_returned_without_asking_a_name_server(void **state)
{
    (void)state;
    char plain[OWN_ADDRESS_SIZE], known[OWN_ADDRESS_SIZE];
    int before = names_asked_for_own_address();
    own_address(NULL, plain);
    own_address_known(SLOW_SERVERS, known);
    assert_string_equal(plain, known);
    assert_int_equal(before, names_asked_for_own_address());
}

/* If each name had a wait of its own, the second and third name would also have been asked for. */
static void look_ups_of_many_host_names_share_one_wait(void **state)
{
    (void)state;
    char plain[OWN_ADDRESS_SIZE], chosen[OWN_ADDRESS_SIZE];
    int before = names_asked_for_own_address();
    own_address(NULL, plain);
    own_address(SLOW_SERVERS, chosen);
    assert_string_equal(plain, chosen);
    assert_int_equal(before + 1, names_asked_for_own_address());
    let_slow_names_end(before);
}

typedef struct answer {
    char address[OWN_ADDRESS_SIZE];
    atomic_bool has_come;
} answer;

static void keep_answer(void *arg, const char *address)
{
    answer *kept = arg;
    snprintf(kept->address, sizeof kept->address, "%s", address);
    atomic_store(&kept->has_come, true);
}

static bool has_answer(void *arg)
{
    return atomic_load(&((answer *)arg)->has_come);
}

static void a_search_reports_the_address_later(void **state)
{
    (void)state;
    static const char *const servers[] = {"localhost:2181", "unknown.invalid:2181", SLOW_SERVERS};
    char plain[OWN_ADDRESS_SIZE];
    int before = names_asked_for_own_address();
    own_address(NULL, plain);
    for (size_t i = 0; i < sizeof servers / sizeof servers[0]; i++) {
        answer found = {.has_come = false};
        own_address_search *search = own_address_search_start(servers[i], keep_answer, &found);
        assert_non_null(search);
        assert_true(test_wait_for(has_answer, &found, LIMIT_MS));
        own_address_search_cancel(search);
        assert_string_equal(plain, found.address);
    }
    let_slow_names_end(before);
}

static void numeric_servers_need_no_search(void **state)
{
    (void)state;
    answer found = {.has_come = false};
    assert_null(own_address_search_start("127.0.0.1:2181,::1:2181", keep_answer, &found));
    assert_null(own_address_search_start("", keep_answer, &found));
    assert_null(own_address_search_start(NULL, keep_answer, &found));
    own_address_search_cancel(NULL);
}

static bool first_slow_name_was_asked_for(void *arg)
{
    return names_asked_for_own_address() == *(const int *)arg + 1;
}

static void a_canceled_search_reports_nothing(void **state)
{
    (void)state;
    answer found = {.has_come = false};
    int before = names_asked_for_own_address();
    own_address_search *search = own_address_search_start(SLOW_SERVERS, keep_answer, &found);
    assert_non_null(search);
    assert_true(test_wait_for(first_slow_name_was_asked_for, &before, LIMIT_MS));
    own_address_search_cancel(search);
    let_slow_names_end(before);
    assert_false(atomic_load(&found.has_come));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_expected_address_is_chosen_from_each_set_of_interfaces),
        cmocka_unit_test(
            the_way_to_the_registry_and_to_the_world_come_before_the_order_of_interfaces),
        cmocka_unit_test(an_address_is_found_on_this_machine),
        cmocka_unit_test(a_known_address_is_returned_without_asking_a_name_server),
        cmocka_unit_test(look_ups_of_many_host_names_share_one_wait),
        cmocka_unit_test(a_search_reports_the_address_later),
        cmocka_unit_test(numeric_servers_need_no_search),
        cmocka_unit_test(a_canceled_search_reports_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

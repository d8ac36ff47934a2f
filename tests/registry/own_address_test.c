/* Which of a machine's addresses is the one to be registered under (wire.md 5.3). */
#include "registry/own_address.h"
#include "tests/support/test.h"

#include <arpa/inet.h>
#include <net/if.h>

#define INTERFACES_MAX 4

typedef struct address_case {
    const char *what;
    struct {
        const char *address; /* NULL: there are no more */
        unsigned flags;
    } interfaces[INTERFACES_MAX];
    const char *chosen;
} address_case;

static const address_case cases[] = {
    {"nothing at all", {{NULL, 0}}, "127.0.0.1"},
    {"loopback alone", {{"127.0.0.1", IFF_UP | IFF_LOOPBACK}}, "127.0.0.1"},
    {"a private one after a public one", {{"203.0.113.5", IFF_UP}, {"10.1.2.3", IFF_UP}}, "10.1.2.3"},
    {"the first of the private ones", {{"192.168.7.8", IFF_UP}, {"10.1.2.3", IFF_UP}}, "192.168.7.8"},
    {"the first public one, when none is private", {{"203.0.113.5", IFF_UP}, {"203.0.113.6", IFF_UP}}, "203.0.113.5"},
    {"172.16 to 172.31 are private", {{"172.15.0.1", IFF_UP}, {"172.31.255.1", IFF_UP}}, "172.31.255.1"},
    {"172.32 is not", {{"203.0.113.5", IFF_UP}, {"172.32.0.1", IFF_UP}}, "203.0.113.5"},
    {"one that is down does not count", {{"10.1.2.3", 0}, {"203.0.113.5", IFF_UP}}, "203.0.113.5"},
    {"a link's own address is no address for others", {{"169.254.3.4", IFF_UP}, {"203.0.113.5", IFF_UP}}, "203.0.113.5"},
    {"a link's own address alone", {{"169.254.3.4", IFF_UP}}, "127.0.0.1"},
    {"a private address of the loopback interface", {{"10.1.2.3", IFF_UP | IFF_LOOPBACK}, {"203.0.113.5", IFF_UP}},
        "203.0.113.5"},
};

static void each_machine_has_its_address(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sockaddr_in addresses[INTERFACES_MAX];
        struct ifaddrs interfaces[INTERFACES_MAX + 1];
        struct sockaddr other = {.sa_family = AF_UNSPEC};
        size_t count = 0;
        for (; count < INTERFACES_MAX && cases[i].interfaces[count].address != NULL; count++) {
            addresses[count] = (struct sockaddr_in){.sin_family = AF_INET};
            assert_int_equal(inet_pton(AF_INET, cases[i].interfaces[count].address, &addresses[count].sin_addr), 1);
            interfaces[count] = (struct ifaddrs){.ifa_next = &interfaces[count + 1],
                .ifa_addr = (struct sockaddr *)&addresses[count],
                .ifa_flags = cases[i].interfaces[count].flags};
        }
        interfaces[count] = (struct ifaddrs){.ifa_addr = i % 2 == 0 ? &other : NULL, .ifa_flags = IFF_UP};
        char chosen[OWN_ADDRESS_SIZE];
        own_address_of(interfaces, chosen);
        if (strcmp(chosen, cases[i].chosen) != 0)
            fail_msg("%s: %s, expected %s", cases[i].what, chosen, cases[i].chosen);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_machine_has_its_address)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "registry/own_address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

static bool is_private(uint32_t address)
{
    return (address >> 24) == 10 || (address >> 20) == (172u << 4 | 1) || (address >> 16) == (192u << 8 | 168);
}

static bool is_of_this_machine_or_link(uint32_t address)
{
    return address >> 24 == 127 || address >> 16 == (169u << 8 | 254);
}

/* The interface's IPv4 address in host order; 0: it has none, is down, or nobody else could use it. */
static uint32_t usable_address(const struct ifaddrs *interface)
{
    if (interface->ifa_addr == NULL || interface->ifa_addr->sa_family != AF_INET)
        return 0;
    if ((interface->ifa_flags & IFF_UP) == 0 || (interface->ifa_flags & IFF_LOOPBACK) != 0)
        return 0;
    uint32_t address = ntohl(((const struct sockaddr_in *)(const void *)interface->ifa_addr)->sin_addr.s_addr);
    return is_of_this_machine_or_link(address) ? 0 : address;
}

void own_address_of(const struct ifaddrs *all, char out[OWN_ADDRESS_SIZE])
{
    uint32_t best = 0;
    for (const struct ifaddrs *one = all; one != NULL; one = one->ifa_next) {
        uint32_t address = usable_address(one);
        if (address != 0 && (best == 0 || (is_private(address) && !is_private(best))))
            best = address;
    }
    if (best == 0)
        best = INADDR_LOOPBACK;
    snprintf(out, OWN_ADDRESS_SIZE, "%u.%u.%u.%u", best >> 24, best >> 16 & 255, best >> 8 & 255, best & 255);
}

void own_address(char out[OWN_ADDRESS_SIZE])
{
    struct ifaddrs *all = NULL;
    if (getifaddrs(&all) != 0)
        all = NULL;
    own_address_of(all, out);
    freeifaddrs(all);
}

/* The address under which others reach this machine, when nobody has said which. */
#ifndef REGISTRY_OWN_ADDRESS_H
#define REGISTRY_OWN_ADDRESS_H

#include <ifaddrs.h>
#include <stdbool.h>
#include <stdint.h>

#define OWN_ADDRESS_SIZE 16 /* an IPv4 address as text */

/* An IPv4 address, because registered IPv6 addresses are not read alike by all (wire.md P27): the
 * first of these that there is,
 *   1. the source address of packets to the registry's servers,
 *   2. the source address of packets to the world (the default route),
 *   3. the first private address (RFC 1918) of the interfaces that are up, else their first other one,
 *   4. 127.0.0.1.
 * So a bridge such as docker0 is not taken because its address is private and stands first. Addresses
 * of the machine itself (127.0.0.0/8) and of one link (169.254.0.0/16) count in 4 only: a registry on
 * this machine says nothing about where others reach it. servers: "host:port,host:port", NULL or "":
 * none; a host name is looked up for 1 s at most. No packet is sent. Consumers' and providers' nodes
 * both say this address. Returns how it was found, for the log. */
const char *own_address(const char *servers, char out[OWN_ADDRESS_SIZE]);

/* What that looks at, for tests to put something else in its place. */
typedef struct own_address_view {
    /* The source address of packets to that host, in host byte order; 0: there is no route to it, or
     * no such host. */
    uint32_t (*source_towards)(void *arg, const char *host, uint16_t port);
    const struct ifaddrs *interfaces; /* NULL: none */
    void *arg;
} own_address_view;
const char *own_address_by(const own_address_view *view, const char *servers, char out[OWN_ADDRESS_SIZE]);

#endif

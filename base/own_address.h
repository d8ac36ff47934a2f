/* Finds the address under which other machines reach this one, if it is not configured. */
#ifndef BASE_OWN_ADDRESS_H
#define BASE_OWN_ADDRESS_H

#include <ifaddrs.h>
#include <stdbool.h>
#include <stdint.h>

/* enough for an IPv4 address as text */
#define OWN_ADDRESS_SIZE 16

/* Finds an IPv4 address, because not all consumers read a registered IPv6 address in the same way
 * (wire.md P27). It is the first of these that exists:
 *
 * 1. the source address of packets to the registry's servers;
 * 2. the source address of packets to the world (the default route);
 * 3. the first private address (RFC 1918) of the interfaces that are up, or else their first
 *    other one;
 * 4. 127.0.0.1.
 *
 * Routes are asked first, because the first private address of the interfaces may be that of a
 * bridge such as docker0, which other machines cannot reach. Loopback (127.0.0.0/8) and link-local
 * addresses (169.254.0.0/16) are not used in steps 1 to 3, because a registry on this machine says
 * nothing about how other machines reach this one. servers: "host:port,host:port"; NULL or "":
 * none. No packet is sent to the servers. Both functions return how the address was found, for the
 * log.
 *
 * own_address() resolves servers that are host names, and waits for at most 1 s in total; if that
 * is not enough, it continues like own_address_known(). own_address_known() never waits: it skips
 * host names. */
const char *own_address(const char *servers, char out[OWN_ADDRESS_SIZE]);
const char *own_address_known(const char *servers, char out[OWN_ADDRESS_SIZE]);

/* Runs own_address() on a new thread, for callers that must not wait. on_found is called
 * once, on that thread, and must not cancel the search. Returns NULL if there is nothing to wait
 * for (no server is a host name), or if there is no memory or no thread; use own_address_known()
 * then. */
typedef struct own_address_search own_address_search;
typedef void (*own_address_fn)(void *arg, const char *address);
own_address_search *own_address_search_start(
    const char *servers, own_address_fn on_found, void *arg);

/* Cancels and frees the search. on_found is not called any more afterwards. Waits for an on_found
 * that is running, but not for the name server. NULL is accepted. */
void own_address_search_cancel(own_address_search *search);

/* What own_address() asks the kernel, so that tests can replace it. */
typedef struct own_address_view {
    /* The source address of packets to that host, in host byte order. 0: there is no route, or no
     * such host. */
    uint32_t (*source_towards)(void *arg, const char *host, uint16_t port);
    const struct ifaddrs *interfaces; /* NULL: none */
    void *arg;
} own_address_view;
const char *own_address_by(
    const own_address_view *view, const char *servers, char out[OWN_ADDRESS_SIZE]);

#endif

/* The address under which others reach this machine, when nobody has said which. */
#ifndef BASE_OWN_ADDRESS_H
#define BASE_OWN_ADDRESS_H

#include <ifaddrs.h>
#include <stdbool.h>
#include <stdint.h>

#define OWN_ADDRESS_SIZE 16 /* an IPv4 address as text */

/* An IPv4 address, because registered IPv6 addresses are not read alike by all (wire.md P27): the
 * first of these that there is,
 *   1. the source address of packets to the registry's servers,
 *   2. the source address of packets to the world (the default route),
 *   3. the first private address (RFC 1918) of the interfaces that are up, else their first other
 *   one,
 *   4. 127.0.0.1.
 * So a bridge such as docker0 is not taken because its address is private and stands first.
 * Addresses of the machine itself (127.0.0.0/8) and of one link (169.254.0.0/16) count in 4 only: a
 * registry on this machine says nothing about where others reach it. servers:
 * "host:port,host:port", NULL or "": none. No packet is sent to them. Both functions return how the
 * address was found, for the log.
 *
 * own_address() asks the name server for servers that are host names, and waits for at most 1 s in
 * all, however many there are; when that time is over, it goes on as own_address_known().
 * own_address_known() never waits: it passes over host names. */
const char *own_address(const char *servers, char out[OWN_ADDRESS_SIZE]);
const char *own_address_known(const char *servers, char out[OWN_ADDRESS_SIZE]);

/* own_address() in a thread of its own, for callers that must not wait. on_found is called once,
 * from that thread, and must not cancel the search. NULL: there is nothing to wait for (no server
 * is a host name), or no memory, or no thread: own_address_known() is the answer then. */
typedef struct own_address_search own_address_search;
typedef void (*own_address_fn)(void *arg, const char *address);
own_address_search *own_address_search_start(
    const char *servers, own_address_fn on_found, void *arg);

/* Frees the search. on_found is not called any more when this returns; it waits for an on_found
 * that is running, not for the name server. NULL is accepted. */
void own_address_search_cancel(own_address_search *search);

/* What that looks at, for tests to put something else in its place. */
typedef struct own_address_view {
    /* The source address of packets to that host, in host byte order; 0: there is no route to it,
     * or no such host. */
    uint32_t (*source_towards)(void *arg, const char *host, uint16_t port);
    const struct ifaddrs *interfaces; /* NULL: none */
    void *arg;
} own_address_view;
const char *own_address_by(
    const own_address_view *view, const char *servers, char out[OWN_ADDRESS_SIZE]);

#endif

/* The address under which others reach this machine, when nobody has said which. */
#ifndef REGISTRY_OWN_ADDRESS_H
#define REGISTRY_OWN_ADDRESS_H

#include <ifaddrs.h>

#define OWN_ADDRESS_SIZE 16 /* an IPv4 address as text */

/* The first private IPv4 address (RFC 1918) of the interfaces that are up, as dubbogo chooses (wire.md 5.3), else the first other one
 * that is no loopback and no link's own (169.254), else 127.0.0.1. IPv4, because registered IPv6 addresses are not read alike by all (wire.md P27).
 * Consumers' and providers' nodes both say this one. */
void own_address(char out[OWN_ADDRESS_SIZE]);

/* The same among those of a list as getifaddrs() makes it; NULL: empty. */
void own_address_of(const struct ifaddrs *all, char out[OWN_ADDRESS_SIZE]);

#endif

/* The server in the registry: its address, and one node for each service and scheme. See
 * registration.c. */
#ifndef SERVER_REGISTRATION_H
#define SERVER_REGISTRATION_H

#include "registry/registry.h"
#include "server/service.h"

typedef struct server_registration {
    registry *registry;            /* NULL: no registry is configured */
    registry_registration **nodes; /* count of them */
    size_t count;
} server_registration;

/* The address under which the server is registered, "ip:port". It is found in this order:
 *
 * 1. [server] registered_ip and registered_port (DUBBO_IP_TO_REGISTRY, DUBBO_PORT_TO_REGISTRY);
 * 2. the address that the server is bound to (bound, such as "[::]:10000");
 * 3. for a server bound to all addresses, the machine's own address (own_address.h), which is
 *   logged. servers: the servers of the registry, for own_address(); "": none.
 *
 * The caller frees *address with free(). DUBBOC_E_CONFIG: registered_ip is not a host.
 * DUBBOC_E_NO_MEMORY. */
dubboc_status registered_address(const dubboc_config *config, const char *bound,
    const char *servers, char **address, dubboc_error *err);

/* The provider URL of a service (wire.md N21), not percent-encoded; the caller frees it with
 * free(). NULL: no memory. application NULL: the one of the configuration. */
char *registration_url(const dubboc_config *config, const dubboc_service *service,
    const char *scheme, const char *address, bool is_anyhost, const char *application);

/* Opens the registry at that address, without waiting for it. address "": no registry. */
dubboc_status registration_open(
    server_registration *self, const dubboc_config *config, const char *address, dubboc_error *err);

/* Registers every service; all nodes in one go (registry_register_all()). On failure no node is
 * left. */
dubboc_status registration_register(server_registration *self, const services *offered,
    const dubboc_config *config, const char *bound, const char *address, const char *application,
    dubboc_error *err);

/* Removes all nodes in one go; waits for at most timeout_ms. */
void registration_withdraw(server_registration *self, int64_t timeout_ms);

/* Whether one of the nodes was visible to consumers, which then need time to notice that the node
 * is gone. To be called before registration_withdraw(). */
bool registration_is_known(const server_registration *self);

/* Removes the nodes without waiting, and closes the registry. */
void registration_close(server_registration *self);

#endif

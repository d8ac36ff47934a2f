/* The server's presence in the registry: its address, and one node a service and scheme. See
 * registration.c. */
#ifndef SERVER_REGISTRATION_H
#define SERVER_REGISTRATION_H

#include "registry/registry.h"
#include "server/service.h"

typedef struct server_registration {
    registry *registry; /* NULL: none */
    registry_registration **nodes;
    size_t count;
} server_registration;

/* Where the server is found, "ip:port", from the address bound to ("[::]:10000"): [server]
 * registered_ip and registered_port (DUBBO_IP_TO_REGISTRY, DUBBO_PORT_TO_REGISTRY), else the ip
 * bound to, else, of a server on all addresses, the own address (own_address.h; servers: of the
 * registry, "" none), which the log tells. The caller's, free(). DUBBOC_E_CONFIG: registered_ip is
 * no host. DUBBOC_E_NO_MEMORY. */
dubboc_status registered_address(const dubboc_config *config, const char *bound,
    const char *servers, char **address, dubboc_error *err);

/* The node of a service (wire.md N21), decoded; the caller's. NULL: no memory. application NULL:
 * the configuration's. */
char *registration_url(const dubboc_config *config, const dubboc_service *service,
    const char *scheme, const char *address, bool is_anyhost, const char *application);

/* Opens the registry at address; "" : none. Does not wait for it. */
dubboc_status registration_open(
    server_registration *self, const dubboc_config *config, const char *address, dubboc_error *err);

/* Registers every service, all nodes together (registry_register_all()). On failure none is
 * left. */
dubboc_status registration_register(server_registration *self, const services *offered,
    const dubboc_config *config, const char *bound, const char *address, const char *application,
    dubboc_error *err);

/* Takes all nodes back together, waiting at most timeout_ms. */
void registration_withdraw(server_registration *self, int64_t timeout_ms);

/* Whether a node of ours has stood in a registry that others read, so that consumers need time to
 * notice that it is gone. Before registration_withdraw(). */
bool registration_is_known(const server_registration *self);

void registration_close(server_registration *self);

#endif

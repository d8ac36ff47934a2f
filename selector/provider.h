/* The providers that a selector knows, by identity, and the endpoints (connection pools) that they
 * share, by address. Both outlive changes of the list and are shared by all directories. */
#ifndef SELECTOR_PROVIDER_H
#define SELECTOR_PROVIDER_H

#include "base/address.h"
#include "base/map.h"
#include "base/mutex.h"
#include "selector/cache_line.h"
#include "selector/health.h"
#include "transport/http_client_pool.h"

#include <dubboc/error.h>

/* The constant data of a provider that a pick does not need. */
typedef struct provider_info {
    char *identity; /* provider_url_identity() */
    char *address;  /* "host:port" */
    char *path;     /* request path, as in the URL */
    char *label;    /* "host:port/path", for people */
} provider_info;

/* One provider. It holds what picks read and write, and fills one cache line. */
typedef struct provider {
    http_client_endpoint *endpoint; /* the pool of its connections; constant */
    const provider_info *info;      /* constant, on another cache line */
    atomic_uint references;         /* the number of nodes, of all directories, that refer to it */
    atomic_uint in_flight;          /* number of calls that hold it, plus 1 while it is probed */
    provider_health health;
} provider;

/* A provider without nodes is kept this long, so that its connections and health survive if the
 * node comes back soon. */
#define PROVIDER_KEEP_MS 5000

typedef struct provider_set {
    mutex lock;            /* guards all fields; no other lock is taken while it is held */
    http_client *http;     /* borrowed */
    cache_line_slab lines; /* the memory of the providers, one cache line each */
    map *by_identity;      /* identity -> member (provider.c) */
    map *endpoints;        /* "http://host:port" -> shared endpoint */
    size_t unused;         /* number of providers without references */
} provider_set;

/* false: no memory. */
bool provider_set_init(provider_set *self, http_client *http);

/* Frees all providers, even if there are references. Asserts that no call or probe holds one. */
void provider_set_fini(provider_set *self);

/* The address of a provider, and the process that serves there. */
typedef struct provider_place {
    bool is_tls;
    net_address address;
    dubboc_slice path;
    dubboc_slice identity; /* provider_url_identity() */
    uint64_t born_ms;      /* when the process started, from its node's timestamp; 0: unknown */
    uint64_t pid;          /* from its node; 0: unknown */
} provider_place;

/* Finds or creates the provider of that identity; release it with provider_give_back(). A later
 * born_ms than before, or another pid born at the same time, means that a new process serves there,
 * so the known refusals are cleared. DUBBOC_E_ARGUMENT: not a valid address. DUBBOC_E_NO_MEMORY. */
dubboc_status provider_take(
    provider_set *self, const provider_place *place, provider **found, dubboc_error *err);

/* Releases a reference. To be called only after the readers of every snapshot with that provider
 * have left (readers_wait()). NULL is accepted. */
void provider_give_back(provider_set *self, provider *given);

/* Like provider_give_back(), but for a provider that is not expected to come back: it is freed at
 * once, with its connections, if nothing else uses it. false: it is still used, and
 * provider_set_sweep() will free it. */
bool provider_give_up(provider_set *self, provider *given);

/* Frees providers that have had no reference for PROVIDER_KEEP_MS and are held by no call or probe.
 * Returns the time of the next sweep; DEADLINE_NEVER: no provider is without references. */
int64_t provider_set_sweep(provider_set *self, int64_t now_ns);

#endif

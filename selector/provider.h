/* The providers that a selector knows, by identity, and the connection pools (endpoints) they share
 * by address. Both are kept over list changes and between directories. */
#ifndef SELECTOR_PROVIDER_H
#define SELECTOR_PROVIDER_H

#include "base/address.h"
#include "base/map.h"
#include "base/mutex.h"
#include "selector/cache_line.h"
#include "selector/health.h"
#include "transport/http_client_pool.h"

#include <dubboc/error.h>

/* What is constant of a provider and not needed for a pick. */
typedef struct provider_info {
    char *identity; /* provider_url_identity() */
    char *address;  /* "host:port" */
    char *path;     /* request path, verbatim */
    char *label;    /* "host:port/path", for people */
} provider_info;

/* One provider, known by its identity: what picks read and write, on one cache line. */
typedef struct provider {
    http_client_endpoint *endpoint; /* its connections; constant */
    const provider_info *info;      /* constant, on another line */
    atomic_uint references;         /* of the directories' nodes */
    atomic_uint in_flight;          /* the calls that hold it */
    provider_health health;
} provider;

/* One that nothing refers to any more is kept this long, so that a node that comes straight back
 * finds its connections and health. */
#define PROVIDER_KEEP_MS 5000

typedef struct provider_set {
    mutex lock;            /* holds it: nothing else is locked inside */
    http_client *http;     /* borrowed */
    cache_line_slab lines; /* the providers, a line each */
    map *by_identity;      /* identity -> member (provider.c) */
    map *endpoints;        /* "http://host:port" -> shared endpoint */
    size_t unused;         /* providers nothing refers to */
} provider_set;

/* false: no memory. */
bool provider_set_init(provider_set *self, http_client *http);

/* Frees all, whatever their counts; asserts that none is in flight. */
void provider_set_fini(provider_set *self);

/* Where a provider is called. */
typedef struct provider_place {
    bool is_tls;
    net_address address;
    dubboc_slice path;
    dubboc_slice identity; /* provider_url_identity() */
    uint64_t born_ms;      /* by its node's timestamp; 0: unknown */
    uint64_t pid;          /* by its node; 0: unknown */
} provider_place;

/* The provider of that identity, made when there is none; given back with provider_give_back(). A
 * later born_ms than before, or another pid born at the same time, tells of a new process: what is
 * known of refusals is forgotten.
 * DUBBOC_E_ARGUMENT: no such address. DUBBOC_E_NO_MEMORY. */
dubboc_status provider_take(
    provider_set *self, const provider_place *place, provider **found, dubboc_error *err);

/* Only after the readers of every snapshot that held it have left (readers_wait()). NULL is
 * accepted. */
void provider_give_back(provider_set *self, provider *given);

/* As provider_give_back(), of one that is not expected back: freed at once, with its connections,
 * when nothing else uses it. false: something does; provider_set_sweep() will look again. */
bool provider_give_up(provider_set *self, provider *given);

/* Frees providers that nothing has referred to for PROVIDER_KEEP_MS and no call holds. When to come
 * again; DEADLINE_NEVER: none is unused. */
int64_t provider_set_sweep(provider_set *self, int64_t now_ns);

#endif

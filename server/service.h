/* What a server offers: services with their methods, and the table that finds one by the path of a
 * request.
 *
 * Both are built by one thread before start and never change after services_freeze(), so that every
 * loop and worker reads them without a lock. */
#ifndef SERVER_SERVICE_H
#define SERVER_SERVICE_H

#include <dubboc/server.h>

#include "base/buffer.h"
#include "base/log.h"
#include "base/map.h"
#include "server/call_counts.h"
#include "server/work_queue.h"

#define SERVICES_MAX 10000u       /* services of one server */
#define METHODS_MAX 10000u        /* methods of one service */
#define METHODS_COUNTED_MAX 1000u /* methods of one server with figures of their own */
#define NAME_BYTES_MAX 255u       /* of an interface, a method, a group, a version */

typedef struct service_method {
    const char *interface; /* of its service, borrowed */
    char *name;
    dubboc_handler json; /* one of the two is NULL */
    dubboc_raw_handler raw;
    void *arg;
    unsigned flags;
    int64_t timeout_ms; /* registered as <method>.timeout; below 1: not */
    int retries;        /* registered as <method>.retries; -1: not. 0 for DUBBOC_ONCE, whatever the
                           configuration says */
    work_cost
        *cost; /* how long its handler takes; written while the rest does not change any more */
    call_counts *counts;    /* written as cost is; of those beyond METHODS_COUNTED_MAX: shared */
    log_throttle *failures; /* for failure_log(); written as cost is */
} service_method;

struct services;

struct dubboc_service {
    struct services *all;        /* those it was added to */
    const dubboc_config *config; /* the server's, for [service <interface>] */
    char *interface;
    char *group;   /* "" : none */
    char *version; /* the same */
    char *path;    /* without its leading '/' */
    char *protocols;
    int weight;
    int64_t timeout_ms;       /* registered as timeout; below 1: not */
    int retries;              /* registered as retries; -1: not */
    bool is_registered;       /* [service X] register */
    service_method **methods; /* in the order of adding */
    size_t method_count;
    size_t method_capacity;
    map *by_name;
    bool has_blocking; /* some method must run on a worker */
    bool is_frozen;
};

typedef struct services {
    dubboc_service **items;
    size_t count;
    size_t capacity;
    map *by_path;             /* after services_freeze() */
    size_t counted_methods;   /* that have figures of their own */
    call_counts *rest_counts; /* of all methods beyond these; NULL: there are none */
} services;

void services_fini(services *self);

/* dubboc_server_add_service() without the server. config is borrowed and outlives services. */
dubboc_status services_add(services *self, const dubboc_config *config, const char *interface,
    const dubboc_service_options *options, dubboc_service **service, dubboc_error *err);

/* The first service of that interface, NULL: none. */
dubboc_service *services_find_interface(const services *self, const char *interface);

/* Takes back the service that was added last. */
void services_drop_last(services *self);

/* Builds the path table: every registered path, then /<interface> for the first service of each
 * interface unless that path is another's. From now on nothing may be added. DUBBOC_E_ARGUMENT: a
 * service without methods. DUBBOC_E_NO_MEMORY. After a failure services may be added and
 * changed. */
dubboc_status services_freeze(services *self, dubboc_error *err);

/* Undoes services_freeze(): services and methods may be added again. */
void services_thaw(services *self);

/* The service at a request's path (with its leading '/', escapes are understood); NULL: none. Any
 * thread, after services_freeze(). */
dubboc_service *services_find_path(const services *self, dubboc_slice path);

/* The method that a checked JSON string token (with its quotes) spells exactly; NULL: none. Any
 * thread. */
const service_method *service_find_method(const dubboc_service *service, dubboc_slice token);

#endif

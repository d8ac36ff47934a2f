/* The services of a server with their methods, and the table that finds a service by the path of a
 * request.
 *
 * One thread adds services and methods before the server starts. Nothing changes after
 * services_freeze(), so loops and workers read without a lock. */
#ifndef SERVER_SERVICE_H
#define SERVER_SERVICE_H

#include <dubboc/server.h>

#include "base/buffer.h"
#include "base/log.h"
#include "base/map.h"
#include "server/call_counts.h"
#include "server/work_queue.h"

/* the most services of one server */
#define SERVICES_MAX 10000u
/* the most methods of one service */
#define METHODS_MAX 10000u
/* the most methods of one server that have their own counters */
#define METHODS_COUNTED_MAX 1000u
/* the longest interface, method, group or version */
#define NAME_BYTES_MAX 255u

typedef struct service_method {
    const char *interface; /* borrowed from its service */
    char *name;
    dubboc_handler json; /* the handler; either json or raw is NULL */
    dubboc_raw_handler raw;
    void *arg;
    unsigned flags;
    int64_t timeout_ms; /* registered as <method>.timeout; 0 or less: not registered */
    /* Registered as <method>.retries; -1: not registered. Always 0 for DUBBOC_ONCE. */
    int retries;
    /* Unlike the fields above, what the following pointers refer to is written while the server
     * runs: */
    work_cost *cost; /* how long the handler takes */
    /* The counters. Methods beyond METHODS_COUNTED_MAX share services.rest_counts. */
    call_counts *counts;
    log_throttle *failures; /* for failure_log() */
} service_method;

struct services;

struct dubboc_service {
    struct services *all;        /* the list that it was added to */
    const dubboc_config *config; /* the server's; read from [service <interface>] */
    char *interface;
    char *group;   /* "": none */
    char *version; /* "": none */
    char *path;    /* without its leading '/' */
    char *protocols;
    int weight;
    int64_t timeout_ms;       /* registered as timeout; 0 or less: not registered */
    int retries;              /* registered as retries; -1: not registered */
    bool is_registered;       /* [service X] register */
    service_method **methods; /* in the order in which they were added */
    size_t method_count;
    size_t method_capacity;
    map *by_name;      /* from the name to the service_method */
    bool has_blocking; /* at least one method must run on a worker */
    bool is_frozen;    /* services_freeze() was called: nothing may be added */
};

typedef struct services {
    dubboc_service **items;
    size_t count;
    size_t capacity;
    map *by_path;             /* after services_freeze(): from the path to the service */
    size_t counted_methods;   /* methods that have their own counters */
    call_counts *rest_counts; /* the common counters of all other methods; NULL: there are none */
} services;

void services_fini(services *self);

/* Adds a service, like dubboc_server_add_service(). config is borrowed and must outlive self. */
dubboc_status services_add(services *self, const dubboc_config *config, const char *interface,
    const dubboc_service_options *options, dubboc_service **service, dubboc_error *err);

/* The first service of that interface; NULL: none. */
dubboc_service *services_find_interface(const services *self, const char *interface);

/* Removes and frees the service that was added last. */
void services_drop_last(services *self);

/* Builds the table of paths: the path of every service, and /<interface> for the first service of
 * each interface, unless another service has that path. Nothing may be added afterwards. On failure
 * services and methods may still be added.
 *
 * - DUBBOC_E_ARGUMENT: a service has no methods.
 * - DUBBOC_E_NO_MEMORY. */
dubboc_status services_freeze(services *self, dubboc_error *err);

/* Undoes services_freeze(): services and methods may be added again. */
void services_thaw(services *self);

/* The service at the path of a request, which starts with '/' and may be percent-encoded; NULL:
 * none. To be called after services_freeze(). Any thread. */
dubboc_service *services_find_path(const services *self, dubboc_slice path);

/* The method with that name; NULL: none. token: a valid JSON string with its quotes; escapes are
 * decoded. Any thread. */
const service_method *service_find_method(const dubboc_service *service, dubboc_slice token);

#endif

/* The client object, shared by the files of this folder. Its public interface is
 * <dubboc/client.h>. */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include <stdatomic.h>

#include <dubboc/client.h>

#include "base/condition.h"
#include "base/grow_table.h"
#include "base/mutex.h"
#include "base/own_address.h"
#include "base/stop_signal.h"
#include "client/counters.h"
#include "client/dialect.h"
#include "registry/registry.h"
#include "selector/selector.h"
#include "transport/http_client.h"

struct io_driver;

#define REFERENCE_BUCKETS 256
#define SETTING_ORIGIN_SIZE 512
#define IO_THREADS_MAX 64
#define IN_FLIGHT_MOST 1000000 /* the largest value of in_flight_max */

/* The asynchronous calls (client/async.c). */
typedef struct client_async {
    int threads; /* [client] io_threads; 0: the program steps the only driver */
    unsigned in_flight_max;
    atomic_uint in_flight;
    atomic_uint next; /* grows with each call; chooses the call's driver */
    _Atomic uint64_t slow_callbacks;
    _Atomic(struct io_driver *)
        drivers[IO_THREADS_MAX]; /* created at their first use, under the lock */
} client_async;

struct dubboc_client {
    dubboc_config *config;
    /* Default settings of calls: from dubboc_client_options, otherwise from [client]. */
    int64_t timeout_ms;
    int64_t attempt_timeout_ms; /* <= 0: the time that is left */
    /* timeout_ms is from dubboc_client_options, not from the configuration */
    bool timeout_is_option;
    int retries;
    char *load_balance;
    char *application;
    bool registers;   /* whether to register consumer nodes */
    stop_signal stop; /* given once, by dubboc_client_stop(); ends all waits of calls */
    http_client *http;
    registry *registry; /* NULL: none is configured */
    selector *selector;
    counters counters;
    client_async async;
    grow_table references; /* interface -> reference; read without the lock */
    grow_bucket reference_buckets[REFERENCE_BUCKETS];
    mutex lock;        /* guards adding references and methods, and the fields below */
    condition changed; /* signalled when a call ends after dubboc_client_stop() */

    /* The own address, which consumer nodes contain. It is found out when the first consumer node
     * is registered; if a name server must be asked, in the background. Guarded by lock. */
    char own_address[OWN_ADDRESS_SIZE]; /* constant once has_own_address is true */
    bool has_own_address;
    struct reference *unregistered; /* references whose consumer node is not registered yet */

    /* NULL: not started, or not needed. Used only by the upkeep thread of the selector, and by
     * references_free() after that thread has ended. */
    own_address_search *address_search;
};

#endif

/* What a client consists of; shared by the files of this folder. The public side is
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

#define REFERENCE_BUCKETS 256
#define SETTING_ORIGIN_SIZE 512

struct dubboc_client {
    dubboc_config *config;
    int64_t timeout_ms;
    bool timeout_is_option; /* from dubboc_client_options, not from the configuration */
    int retries;
    char *load_balance;
    char *application;
    bool registers;   /* consumer nodes */
    stop_signal stop; /* ends every wait of a call; given once */
    http_client *http;
    registry *registry; /* NULL: none is configured */
    selector *selector;
    counters counters;
    grow_table references; /* read without the lock */
    grow_bucket reference_buckets[REFERENCE_BUCKETS];
    mutex lock;        /* for adding references and methods, and for what follows */
    condition changed; /* a call ended after the stop */

    /* The address that consumer nodes say: found out for the first of them, in the background when
     * a name server has to be asked. Under lock. */
    char own_address[OWN_ADDRESS_SIZE]; /* does not change once has_own_address is true */
    bool has_own_address;
    struct reference *unregistered; /* those whose consumer node is still to be registered */

    /* NULL: not started, or not needed. Only the selector's upkeep thread uses it, and
     * references_free() when that thread has ended. */
    own_address_search *address_search;
};

#endif

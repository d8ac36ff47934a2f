/* What a client consists of; shared by the files of this folder. The public side is
 * <dubboc/client.h>. */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include <stdatomic.h>

#include <dubboc/client.h>

#include "client/counters.h"
#include "client/dialect.h"
#include "base/own_address.h"
#include "registry/registry.h"
#include "selector/selector.h"
#include "transport/http_client.h"
#include "base/condition.h"
#include "base/mutex.h"

#define REFERENCE_BUCKETS 256
#define METHOD_BUCKETS 16
#define SETTING_ORIGIN_SIZE 512

/* What [reference X] says of one method. */
typedef struct method_settings {
    int64_t timeout_ms; /* 0: not said; DUBBOC_NONE: no deadline */
    int retries;        /* -1: not said */
    bool is_idempotent;
} method_settings;

/* A remembered method. Immutable once it can be found. */
typedef struct reference_method {
    struct reference_method *next;
    method_settings settings;
    char name[];
} reference_method;

/* One interface that this client uses, with what [reference X] says of it; made at the first call,
 * kept until the end. Only the list of methods grows. */
typedef struct reference {
    struct reference *next;
    char *interface;
    char *section;     /* "reference X" */
    const char *group; /* these four belong to the configuration; "" : none */
    const char *version;
    const char *url;
    const char *load_balance;
    const dialect *dialect; /* NULL: each provider's own */
    directory *directory;
    registry_registration *consumer_node; /* under the client's lock */
    struct reference *next_waiting;       /* for the own address */
    _Atomic(reference_method *) methods[METHOD_BUCKETS];
    atomic_uint method_count;
} reference;

struct dubboc_client {
    dubboc_config *config;
    int64_t timeout_ms;
    bool timeout_is_option; /* from dubboc_client_options, not from the configuration */
    int retries;
    char *load_balance;
    char *application;
    bool registers; /* consumer nodes */
    http_client *http;
    registry *registry; /* NULL: none is configured */
    selector *selector;
    counters counters;
    _Atomic(reference *) references[REFERENCE_BUCKETS];
    unsigned reference_count; /* under lock */
    mutex lock;               /* for adding references and methods, and for waiting below */
    condition changed; /* is_stopping was set, or a call ended while it was; CLOCK_MONOTONIC */
    atomic_bool is_stopping;

    /* The address that consumer nodes say: found out for the first of them, in the background when
     * a name server has to be asked. Under lock. */
    char own_address[OWN_ADDRESS_SIZE]; /* does not change once has_own_address is true */
    bool has_own_address;
    own_address_search *address_search;    /* NULL: not started, or not needed */
    struct reference *waiting_for_address; /* their nodes are written as soon as it is known */
};

/* --- client/timeout.c */

/* Who set a key of [client]: "option NAME" (option NULL: the structure does not), "FILE:LINE",
 * "$VARIABLE", "[client] KEY" for dubboc_config_set(), "default". */
void client_describe_setting(
    const dubboc_config *config, const char *option, const char *key, char *text, size_t size);

/* --- client/reference.c */

/* DUBBOC_E_ARGUMENT: no name for an interface; err says why. */
dubboc_status reference_check_interface(dubboc_slice interface, dubboc_error *err);

/* The reference for an interface, made at first use. No lock when it is known. DUBBOC_E_ARGUMENT:
 * no name for an interface. DUBBOC_E_NO_PROVIDER: no registry and no url.
 * DUBBOC_E_TOO_BIG: over 10000 of them. */
dubboc_status reference_find(
    dubboc_client *client, const char *interface, reference **found, dubboc_error *err);

/* What the section says of a method. The first 1,000 names of an interface are remembered; for
 * every other one, and without memory, the section is read again, which takes a few
 * microseconds. */
method_settings reference_method_settings(
    dubboc_client *client, reference *self, const char *method);

/* Frees all, when no call runs any more; unregisters the consumer nodes. */
void references_free(dubboc_client *client);

/* Ends every wait of calls under way, and waits for the calls; later ones end at once
 * (DUBBOC_E_CLOSED). Any thread; again is harmless. */
void client_end_calls(dubboc_client *client);

/* Waits until until_ns or until the client stops (false). */
bool client_pause(dubboc_client *client, int64_t until_ns);

#endif

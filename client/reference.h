/* The references of a client: the interfaces that it calls, with the settings in [reference X]. */
#ifndef CLIENT_REFERENCE_H
#define CLIENT_REFERENCE_H

#include "client/client.h"

#define METHOD_BUCKETS 16

/* The settings in [reference X] for one method. */
typedef struct method_settings {
    int64_t timeout_ms;         /* 0: not set; DUBBOC_NONE: no deadline */
    int64_t attempt_timeout_ms; /* 0: not set; DUBBOC_NONE: the time that is left */
    int retries;                /* -1: not set */
    int idempotent;             /* 1: may run twice, 0: may not, -1: not set */
} method_settings;

/* The cached settings of a method. Immutable once it is in the table. */
typedef struct reference_method {
    grow_entry entry;
    method_settings settings;
    char name[];
} reference_method;

/* One interface that this client calls. Created at the first call, freed with the client. Only its
 * table of methods changes. */
typedef struct reference {
    grow_entry entry;
    char *interface;
    char *section;     /* "reference X" */
    const char *group; /* these four are borrowed from the configuration; "": not set */
    const char *version;
    const char *url;
    const char *load_balance;
    const dialect *dialect; /* NULL: by each provider's kind of peer */
    directory *directory;
    registry_registration *consumer_node; /* NULL: not registered; guarded by the client's lock */
    /* in client->unregistered; guarded by the client's lock */
    struct reference *next_unregistered;
    grow_table methods;
    grow_bucket method_buckets[METHOD_BUCKETS];
} reference;

/* Before any other function of this file. */
void references_init(dubboc_client *client);

/* Whether the name can be an interface. DUBBOC_E_ARGUMENT: it cannot; err says why. */
dubboc_status reference_check_interface(dubboc_slice interface, dubboc_error *err);

/* Finds the reference of an interface; creates it at first use. A known reference is found without
 * a lock. DUBBOC_E_ARGUMENT: not a valid interface name. DUBBOC_E_NO_PROVIDER: neither a registry
 * nor a url is configured. DUBBOC_E_TOO_BIG: the client already has 10000 references. */
dubboc_status reference_find(
    dubboc_client *client, const char *interface, reference **found, dubboc_error *err);

/* The settings for a method. The first 1000 method names of an interface are cached; for any
 * further name, or without memory, they are read from the configuration again, which takes a few
 * microseconds. */
method_settings reference_method_settings(
    dubboc_client *client, reference *self, const char *method);

/* Registers the consumer nodes that are not registered yet, once the own address is known. If a
 * name server must be asked for the address, that happens in the background. May block on the disk,
 * so it runs as extra work of the selector's upkeep thread, not in the caller's thread. arg is the
 * client. */
void references_register_nodes(void *arg);

/* Unregisters the consumer nodes and frees all references. No call may be running, and the selector
 * must have been freed, so that references_register_nodes() does not run. */
void references_free(dubboc_client *client);

#endif

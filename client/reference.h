/* The interfaces that a client uses, and what [reference X] says of them. */
#ifndef CLIENT_REFERENCE_H
#define CLIENT_REFERENCE_H

#include "client/client.h"

#define METHOD_BUCKETS 16

/* What [reference X] says of one method. */
typedef struct method_settings {
    int64_t timeout_ms; /* 0: not said; DUBBOC_NONE: no deadline */
    int retries;        /* -1: not said */
    int idempotent;     /* 1: it may run twice, 0: not, -1: not said */
} method_settings;

/* A remembered method. Immutable once it can be found. */
typedef struct reference_method {
    grow_entry entry;
    method_settings settings;
    char name[];
} reference_method;

/* One interface that this client uses, with what [reference X] says of it; made at the first call,
 * kept until the end. Only the list of methods grows. */
typedef struct reference {
    grow_entry entry;
    char *interface;
    char *section;     /* "reference X" */
    const char *group; /* these four belong to the configuration; "" : none */
    const char *version;
    const char *url;
    const char *load_balance;
    const dialect *dialect; /* NULL: each provider's own */
    directory *directory;
    registry_registration *consumer_node; /* NULL: not registered; under the client's lock */
    struct reference *next_unregistered;  /* in the client's list; under its lock */
    grow_table methods;
    grow_bucket method_buckets[METHOD_BUCKETS];
} reference;

/* Before any other function of this file. */
void references_init(dubboc_client *client);

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

/* Registers the consumer nodes of the references that have none yet, as soon as the own address is
 * known; finding it out may take a name server, and then goes on in the background. May wait for
 * the disk, so it is the selector's extra work (arg is the client), not the caller's. */
void references_register_nodes(void *arg);

/* Frees all, when no call runs any more; unregisters the consumer nodes. The selector has been
 * freed, so that references_register_nodes() does not run. */
void references_free(dubboc_client *client);

#endif

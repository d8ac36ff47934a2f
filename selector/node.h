/* A node: one URL of the registry, as a directory keeps it. It is parsed, matched and turned into a
 * provider when it is first seen; the same text in later lists is the same node. A node belongs to
 * its directory and is guarded by the directory's lock. It is immutable, except for the fields that
 * the directory changes (see below). */
#ifndef SELECTOR_NODE_H
#define SELECTOR_NODE_H

#include "selector/configurator.h"
#include "selector/node_settings.h"
#include "selector/provider.h"

typedef struct node {
    /* These fields are first because every reading compares them: */
    size_t len;    /* length of text */
    uint64_t seen; /* number of the last reading that contained the node; set by the list */
    uint64_t hash; /* of text, for node_list.index */
    /* If the node is not usable: "host:port/path", or the beginning of a text that is not a URL. */
    char *label;
    char *reason;            /* why the node is not usable; NULL: it is, and provider is set */
    provider *provider;      /* holds a reference */
    node_settings *settings; /* NULL: the URL has none */
    char *changed;           /* what configurators set in the URL, for people; NULL: nothing */
    uint32_t weight;
    uint8_t peer; /* from selector_settings.peer_of */
    /* If several nodes describe the same provider (the same identity), the one with the lowest
     * scheme_rank is used. If these are equal, the one with the highest born_ms is used, because
     * its process started last. */
    int scheme_rank;
    uint64_t born_ms;
    /* Changed by the directory: */
    size_t place; /* index in node_list.nodes */
    /* Why a usable node is not in the snapshot; NULL: it is in the snapshot. */
    const char *unused;
    struct node *next; /* in a list of removed nodes */
    char text[];       /* the URL, decoded once */
} node;

/* What is needed to parse the nodes of a directory; borrowed. */
typedef struct node_reader {
    provider_set *providers;
    const url_wanted *wanted;
    const configurators *rules; /* applied to each URL; NULL: none */
    /* see selector_settings.peer_of; NULL: every peer is 0 */
    uint8_t (*peer_of)(const provider_url *);
    uint64_t hash_seed;
} node_reader;

/* Creates a node from a URL of the registry. A URL that is malformed or does not match becomes a
 * node with a reason; that is not an error. NULL: no memory. */
node *node_new(const node_reader *reader, dubboc_slice text, uint64_t hash);

/* Creates a node from a URL that the user gave as an address. DUBBOC_E_ARGUMENT: it is not a valid
 * URL, and err quotes it. DUBBOC_E_NO_MEMORY. */
dubboc_status node_new_fixed(
    const node_reader *reader, dubboc_slice text, node **made, dubboc_error *err);

/* Frees the node and gives its provider back; only when no reader can see a snapshot with that
 * provider. NULL is accepted. */
void node_free(provider_set *providers, node *self);

/* A name for people: "host:port/path" if the URL has that. */
const char *node_label(const node *self);

/* The order of a snapshot: by identity; of one identity, the node to use comes first. Both must be
 * usable. */
int node_compare(const node *a, const node *b);

#endif

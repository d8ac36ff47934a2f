/* A node: one URL of the registry as a directory keeps it. Read, matched and turned into a provider
 * once, when it is first seen; the same text in later lists is the same node. Belongs to its
 * directory and its lock; immutable but for the fields named so. */
#ifndef SELECTOR_NODE_H
#define SELECTOR_NODE_H

#include "selector/configurator.h"
#include "selector/node_settings.h"
#include "selector/provider.h"

typedef struct node {
    /* first, since every reading compares it: */
    size_t len;    /* of the text */
    uint64_t seen; /* the last reading that had it; changed by the directory */
    uint64_t hash; /* of the text */
    char *label;  /* of one left out: "host:port/path", or the beginning of a text that is no URL */
    char *reason; /* why it is not one to call; NULL: it is, and provider is set */
    provider *provider;      /* referenced */
    node_settings *settings; /* NULL: none */
    char *changed;           /* what configurators set in it, for people; NULL: nothing */
    uint32_t weight;
    uint8_t peer;     /* selector_settings.peer_of */
    int scheme_rank;  /* of two nodes with one identity the lower one is used, */
    uint64_t born_ms; /* then the later one */
    /* changed by the directory */
    size_t place; /* in the directory's list */
    const char
        *unused; /* usable, but left out beside others, and why; NULL: it is in the snapshot */
    struct node *next; /* among those that are gone */
    char text[];       /* the URL, decoded once */
} node;

/* What the nodes of a directory are read with; borrowed. */
typedef struct node_reader {
    provider_set *providers;
    const url_wanted *wanted;
    const configurators *rules;               /* laid over each URL; NULL: none */
    uint8_t (*peer_of)(const provider_url *); /* NULL: all are 0 */
    uint64_t hash_seed;
} node_reader;

/* From a URL of the registry. One that cannot be read or does not match gets its reason, which is
 * no failure. NULL: no memory. */
node *node_new(const node_reader *reader, dubboc_slice text, uint64_t hash);

/* From a URL that a user gave as the address. DUBBOC_E_ARGUMENT: it is none, and err quotes it;
 * DUBBOC_E_NO_MEMORY. */
dubboc_status node_new_fixed(
    const node_reader *reader, dubboc_slice text, node **made, dubboc_error *err);

/* Gives its provider back: only when no reader can see a snapshot with it. NULL is accepted. */
void node_free(provider_set *providers, node *self);

/* For people: "host:port/path" if it has that. */
const char *node_label(const node *self);

/* Order of a snapshot: by identity, then the one to use first. Both usable. */
int node_compare(const node *a, const node *b);

#endif

/* The provider nodes of one interface, read for people: what each node offers, and whether a call
 * would use it. A node is judged as the library's selector judges it. */
#ifndef TOOLS_OFFERS_H
#define TOOLS_OFFERS_H

#include "registry/registry.h"
#include "selector/configurator.h"

/* Texts are the node's own, neither masked nor escaped; "": the node does not say. */
typedef struct offer {
    const char *node; /* the URL; borrowed from the list that was read */
    char *address;    /* "host:port"; of a node that is no URL, its beginning */
    char *protocol;
    char *path;
    char *version;
    char *group;
    char *application;
    char *methods; /* "a,b,c" */
    unsigned weight;
    char *reason;  /* why a call does not use it; NULL: a call may use it */
    char *changed; /* what overrides set in it, and which; NULL: nothing */
} offer;

typedef struct offers {
    offer *items; /* in the order of the list */
    size_t count;
    size_t callable; /* how many have no reason */
} offers;

/* Reads every node of the list for a call that wants *wanted. rules may be NULL. list must outlive
 * the offers. false: no memory; nothing is left behind. */
bool offers_read(
    const registry_list *list, const url_wanted *wanted, const configurators *rules, offers *found);
void offers_free(offers *self);

/* A call takes a provider of weight 0 only when no other has a weight: gives those the reason
 * "weight 0". For offers that were read for one group and one version. false: no memory. */
bool offers_leave_out_weight_0(offers *self);

/* What the column "state" says: the reason, or "callable" and what overrides set in the node.
 * NULL: no memory. */
char *offer_state(const offer *self);

/* The titles of the columns of a table of offers, and adding the row of one. false: no memory. */
#define OFFER_COLUMNS 7
extern const char *const offer_titles[OFFER_COLUMNS];
struct table;
bool offer_add_row(const offer *self, struct table *rows);

#endif

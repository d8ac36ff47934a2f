/* The provider nodes of one interface: what each node offers, and whether a call would use it, by
 * the same rules as the selector of the library. */
#ifndef TOOLS_OFFERS_H
#define TOOLS_OFFERS_H

#include "registry/registry.h"
#include "selector/configurator.h"

/* One provider node. The texts come from the node, neither masked nor escaped; "": the node does
 * not give this value. */
typedef struct offer {
    const char *node; /* the URL; borrowed from the list that was read */
    char *address;    /* "host:port"; for a node that is not a URL the beginning of its text */
    char *protocol;
    char *path;
    char *version;
    char *group;
    char *application;
    char *methods; /* "a,b,c" */
    unsigned weight;
    char *reason;  /* why a call would not use it; NULL: a call may use it */
    char *changed; /* which values are set by overrides, and by which; NULL: none */
} offer;

typedef struct offers {
    offer *items; /* in the order of the registry's list */
    size_t count;
    size_t callable; /* the number of items without a reason */
} offers;

/* Reads every node of the list for a call that asks for *wanted. rules may be NULL. list must
 * outlive the offers. false: no memory; there is nothing to free. */
bool offers_read(
    const registry_list *list, const url_wanted *wanted, const configurators *rules, offers *found);
void offers_free(offers *self);

/* Gives providers of weight 0 the reason "weight 0" if another provider has a weight, because a
 * call then never uses them. For offers that were read for one group and one version. false: no
 * memory. */
bool offers_leave_out_weight_0(offers *self);

/* The text of the column "state": the reason, or "callable" and what overrides set in the node. The
 * caller frees it. NULL: no memory. */
char *offer_state(const offer *self);

/* The column titles of a table of offers, and a function that adds the row of one offer. false: no
 * memory. */
#define OFFER_COLUMNS 7
extern const char *const offer_titles[OFFER_COLUMNS];
struct table;
bool offer_add_row(const offer *self, struct table *rows);

#endif

/* A directory, as the files of this folder see it. */
#ifndef SELECTOR_DIRECTORY_H
#define SELECTOR_DIRECTORY_H

#include "base/grow_table.h"
#include "base/log.h"
#include "selector/context.h"
#include "selector/handles.h"
#include "selector/node_list.h"
#include "selector/readiness.h"
#include "selector/room.h"
#include "selector/rule_sources.h"
#include "selector/service_mapping.h"

#define DIRECTORY_NODES_MAX 200000 /* more nodes of one interface are left out, loudly */
#define READ_AGAIN_MS 1000         /* after a list could not be taken over for want of memory */
#define SAVE_AFTER_MS 1000         /* changes within this time are one file */
/* the first list waits so long for the configurators to be read too */
#define RULES_WAIT_MS 500

struct directory {
    /* Written by picks: */
    policy_state states[POLICY_COUNT]; /* first: aligned */

    /* Swapped with the lock, read without it in a readers' section: */
    _Atomic(snapshot *) current; /* NULL: nothing read yet */

    /* Constant: */
    selector_context *owner;
    bool is_fixed;
    url_wanted wanted; /* slices of key; fixed: the URL as interface */
    char *key;

    /* Written with the selector's lock as the directory is added to its table, constant from
     * then: */
    grow_entry entry;
    directory *next; /* of all */

    /* Each with a lock of its own, never taken together with another of them: */
    readiness ready;
    room_waits room; /* calls that wait for a connection */
    rule_sources rules_from;
    service_mapping mapping;

    mutex lock; /* Guards what follows; taken before a provider set's. No registry, endpoint or
                   reader is waited for under it. */
    node_list nodes;
    registry_subscription *subscription; /* of the providers; NULL: not yet */
    configurators *rules;                /* in force; NULL: none */
    uint64_t rules_version;              /* of rule_change */
    bool is_listed;                      /* providers have been read */
    bool is_from_file;                   /* the nodes came from the snapshot file */
    bool is_dirty;                       /* the snapshot file is older than the nodes */
    bool is_empty_pending; /* the registry's list is empty; the former one is still used */
    /* When something is due; DEADLINE_NEVER: it is not. */
    int64_t empty_at_ns;     /* clearing the list, while is_empty_pending */
    int64_t subscribe_at_ns; /* subscribing, or trying again */
    int64_t read_at_ns;      /* reading the providers again */
    int64_t save_at_ns;      /* writing the snapshot file */
    int64_t ready_at_ns;     /* becoming ready without all rules having been read */
    int64_t rules_at_ns;     /* reading stale rules again */
};

/* Of the wanted kind, or fixed: not in any table, not subscribed. NULL: no memory. */
directory *directory_new(selector_context *owner, const url_wanted *wanted, bool is_fixed);

/* It must not be subscribed any more, and nobody may hold a pick of it. NULL is accepted. */
void directory_free(directory *self);

/* Fills a fixed one with its one provider. Errors as node_new_fixed(). */
dubboc_status directory_fill_fixed(directory *self, dubboc_error *err);

/* Reads the snapshot file and subscribes, when that is due: at first, and again after it has failed
 * and a call asks for the directory. Waits for the disk. Only the upkeep thread calls it. */
void directory_subscribe_if_due(directory *self, int64_t now_ns);

/* Has a failed subscription tried again. Any thread. */
void directory_try_again(directory *self);

void directory_unsubscribe(directory *self);

/* Does what else is due (reading again, ending the grace of an empty list, saving); is_last: saves
 * now what is to be saved. Returns when something is due next. Only the upkeep thread calls it, and
 * the selector's end. */
int64_t directory_tick(directory *self, int64_t now_ns, bool is_last);

#endif

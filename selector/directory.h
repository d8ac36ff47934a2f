/* The struct of a directory, for the files of this folder; users see an opaque handle
 * (handles.h). */
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

/* Further nodes of one interface are ignored, with a log line. */
#define DIRECTORY_NODES_MAX 200000
/* How long to wait before a list that could not be applied for lack of memory is read again. */
#define READ_AGAIN_MS 1000
/* Changes within this time are written to the snapshot file together. */
#define SAVE_AFTER_MS 1000
/* How long the first list waits for the configurators to be read. */
#define RULES_WAIT_MS 500

struct directory {
    /* Written by picks: */
    policy_state states[POLICY_COUNT]; /* first, because they are cache-line aligned */

    /* Replaced under the lock, read without it in a readers' section: */
    _Atomic(snapshot *) current; /* NULL: no list has been read yet */

    /* Constant: */
    selector_context *owner;
    bool is_fixed;     /* for one URL, without a registry */
    url_wanted wanted; /* slices of key; if is_fixed, the interface is the URL */
    /* Memory that wanted points to; begins with the interface's name. */
    char *key;

    /* Written under the selector's lock when the directory is added to its table, constant
     * afterwards: */
    grow_entry entry;
    directory *next; /* list of all directories of the selector */

    /* Each has its own lock, never held together with the lock of another: */
    readiness ready;
    room_waits room;         /* the calls that wait for a connection */
    rule_sources rules_from; /* subscriptions to configurators and rules */
    service_mapping mapping; /* which applications offer the service at application level */

    /* Guards the fields below. Ranks before the lock of the provider set. The thread that holds it
     * must not wait for the registry, an endpoint or readers. */
    mutex lock;
    node_list nodes;
    registry_subscription *subscription; /* to the providers; NULL: not subscribed yet */
    configurators *rules;                /* currently applied; NULL: none */
    uint64_t rules_version;              /* rule_change.version of rules */
    bool is_listed;                      /* a list of providers has been read */
    bool is_from_file;                   /* the nodes were loaded from the snapshot file */
    /* The nodes have changed since the snapshot file was written. */
    bool is_dirty;
    /* The registry's list is empty, but the former nodes are still used (empty_grace). */
    bool is_empty_pending;
    /* Times at which the upkeep thread has something to do; DEADLINE_NEVER: nothing. */
    int64_t empty_at_ns;     /* clear the list; set while is_empty_pending */
    int64_t subscribe_at_ns; /* subscribe, or try again to subscribe */
    int64_t read_at_ns;      /* read the providers again */
    int64_t save_at_ns;      /* write the snapshot file */
    int64_t ready_at_ns;     /* become ready although not all rules have been read */
    int64_t rules_at_ns;     /* read stale rules again */
};

/* Creates a directory that is in no table and not subscribed. NULL: no memory. */
directory *directory_new(selector_context *owner, const url_wanted *wanted, bool is_fixed);

/* The directory must be unsubscribed, and no call may hold a pick from it. NULL is accepted. */
void directory_free(directory *self);

/* Creates the single provider of a fixed directory. DUBBOC_E_ARGUMENT: its URL is not
 * valid; err quotes it. DUBBOC_E_NO_MEMORY. */
dubboc_status directory_fill_fixed(directory *self, dubboc_error *err);

/* Loads the snapshot file and subscribes, if that is due: at first, and again when subscribing has
 * failed and a call asks for the directory. May block on the disk. Only called by the upkeep
 * thread. */
void directory_subscribe_if_due(directory *self, int64_t now_ns);

/* Makes the upkeep thread subscribe again after a failure. Any thread. */
void directory_try_again(directory *self);

void directory_unsubscribe(directory *self);

/* Does everything else that is due: reads again, ends the grace of an empty list, writes the
 * snapshot file. is_last: writes a pending snapshot file now. Returns the time at which the next
 * action is due. Only called by the upkeep thread and by selector_free(). */
int64_t directory_tick(directory *self, int64_t now_ns, bool is_last);

#endif

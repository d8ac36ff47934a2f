/* The inside of a selector and of its directories, for the files of this folder.
 *
 * Locks: a directory's lock guards all of it but current, states and ready, and is taken before
 * a provider set's; the selector's lock comes last and nothing is called under it. Under none of
 * them a registry, an endpoint or a reader is waited for. */
#ifndef SELECTOR_PARTS_H
#define SELECTOR_PARTS_H

#include <pthread.h>

#include "base/condition.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/own_address.h"
#include "selector/node_list.h"
#include "base/stop_signal.h"
#include "selector/provider.h"
#include "selector/readiness.h"
#include "selector/snapshot.h"

#define DIRECTORY_BUCKETS 1024
#define DIRECTORIES_MAX 65536      /* a selector refuses more */
#define DIRECTORY_NODES_MAX 200000 /* more nodes of one interface are left out, loudly */
#define READ_AGAIN_MS 1000         /* after a list could not be taken over for want of memory */
#define SAVE_AFTER_MS 1000         /* changes within this time are one file */
/* the first list waits so long for the configurators to be read too */
#define RULES_WAIT_MS 500

/* One source of configurators of a directory (rule_feed.c). */
typedef struct rule_feed {
    directory *of;
    configurator_source source;
    /* under the directory's lock */
    registry_subscription *subscription; /* NULL: not subscribed, or there is none of its kind */
    registry_list texts;                 /* what is in force, sorted */
    bool is_read;
    bool is_stale; /* there was no memory for the last reading: to be read again */
} rule_feed;

struct directory {
    policy_state states[POLICY_COUNT]; /* first: aligned */
    _Atomic(snapshot *) current;       /* NULL: nothing read yet */
    readiness ready;
    selector *owner;
    _Atomic(directory *) next_in_bucket; /* written before it is in the table */
    directory *next;                     /* of all; the same */
    bool is_fixed;
    url_wanted wanted; /* slices of key; fixed: the URL as interface */
    char *key;
    uint64_t hash;

    mutex lock;
    node_list nodes;
    bool is_from_file;       /* what stands there came from the snapshot file */
    bool is_dirty;           /* the file is older */
    bool is_empty_pending;   /* the registry's list is empty; the former one is still used */
    int64_t empty_at_ns;     /* when it is cleared */
    int64_t subscribe_at_ns; /* when to subscribe, or to try again; DEADLINE_NEVER */
    int64_t read_at_ns;      /* when to read again; DEADLINE_NEVER */
    int64_t save_at_ns;
    registry_subscription *subscription;
    configurators *rules; /* in force; NULL: none */
    rule_feed feeds[CONFIGURATOR_SOURCES];
    bool is_listed;      /* providers have been read */
    int64_t ready_at_ns; /* when waiting for the configurators ends; DEADLINE_NEVER: nobody waits */
    int64_t rules_at_ns; /* when stale feeds are read again; DEADLINE_NEVER */
    char *applications;  /* that offer it at application level; NULL: none known */
    registry_subscription *mapping; /* touched by whoever subscribes, and at the end */
};

#define DIRECTS_MAX 4096 /* unused ones beyond are freed */

/* The providers that calls name by a URL (direct.c). */
typedef struct direct direct;
typedef struct direct_table {
    mutex lock;  /* holds nothing else inside; guards all of this */
    map *by_url; /* URL without '?' -> direct */
    direct *newest, *oldest;
} direct_table;

struct selector {
    readers readers;                    /* first: aligned */
    selector_settings settings;         /* texts are NULL here */
    char *snapshot_dir;                 /* NULL: none */
    char *application;                  /* "": none */
    char own_address[OWN_ADDRESS_SIZE]; /* own_address_known(): which overrides apply to us */
    int default_policy;
    registry *source; /* borrowed; NULL: none */
    provider_set providers;
    direct_table directs;
    uint64_t hash_seed;
    _Atomic(directory *) buckets[DIRECTORY_BUCKETS];
    _Atomic(directory *) directories; /* newest first */
    mutex resting;                    /* one provider at a time is laid to rest */

    stop_signal stop; /* of directory_wait_ready() */

    mutex lock;        /* what follows, and adding to the table */
    condition changed; /* a round ended */
    size_t directory_count;
    /* the keeper (keeper.c) */
    condition wanted;
    pthread_t keeper;
    bool has_keeper;
    bool is_ending;
    int64_t keeper_due_ns; /* when its next round is */
    uint64_t rounds_asked;
    uint64_t rounds_done;
};

/* --- directory.c --- */

/* Of the wanted kind, or fixed: not in any table, not subscribed. NULL: no memory. */
directory *directory_new(selector *owner, const url_wanted *wanted, bool is_fixed, uint64_t hash);
void directory_free(directory *self);

/* Fills it with its one provider. */
dubboc_status directory_fill_fixed(directory *self, dubboc_error *err);

/* What a change leaves to be done without the lock. */
typedef struct leftover {
    snapshot *former;
    node *gone;
    configurators *former_rules;
    int64_t kick_ns; /* tell the keeper of this; DEADLINE_NEVER: nothing new */
    log_held said;
} leftover;

/* Around every change: takes the lock, and gives it back. A change has things to say, and whoever
 * receives them may call anything, so he gets them behind the lock. */
void directory_begin_change(directory *self, leftover *rest);
void directory_end_change(directory *self, leftover *rest);

/* Takes over what the configurators are now: all nodes are read anew with them, providers stay.
 * false: no memory; nothing has changed, next is still the caller's. */
bool directory_take_rules_locked(directory *self, configurators *next, leftover *rest);

/* Whether everything has been read that a first call waits for, or has been waited for long
 * enough. */
bool directory_is_complete_locked(directory *self, leftover *rest);

/* Afterwards, no lock held: frees what was replaced. */
void directory_clear_up(directory *self, leftover *rest);

/* Reads the snapshot file and lets the registry feed it, when that is due: at first, and again
 * after it has failed and a call asks for the directory. Waits for the disk. Only the keeper calls
 * it. */
void directory_subscribe_if_due(directory *self, int64_t now_ns);
void directory_unsubscribe(directory *self);

/* Does what else is due (reading again, ending the grace of an empty list, saving); is_last: saves
 * now what is to be saved. When to come again. Only the keeper calls it, and the selector's end. */
int64_t directory_tick(directory *self, int64_t now_ns, bool is_last);

/* --- direct.c --- */

bool direct_table_init(direct_table *self); /* false: no memory */
void direct_table_fini(direct_table *self);
size_t direct_table_count(direct_table *self);

/* --- rule_feed.c --- */

void rule_feeds_init(directory *self);
void rule_feeds_fini(directory *self);

/* Subscribes those that are not yet. What the registry does not keep is an empty source. */
dubboc_status rule_feeds_subscribe(directory *self, dubboc_error *err);
void rule_feeds_unsubscribe(directory *self);

/* Has all read again, or only stale ones. Not under a lock. */
void rule_feeds_refresh(directory *self, bool only_stale);

bool rule_feeds_are_read_locked(const directory *self);

/* --- mapping.c --- */

/* Nobody depends on it: what fails is left out. */
void mapping_subscribe(directory *self);
void mapping_unsubscribe(directory *self);

/* --- keeper.c --- */

dubboc_status keeper_start(selector *self, dubboc_error *err);
void keeper_end(selector *self);

/* Something is due at due_ns that the keeper may not know of. */
void keeper_kick(selector *self, int64_t due_ns);

/* Has one round done now and waits for its end: tests own the clock by it. */
void keeper_round(selector *self);

#endif

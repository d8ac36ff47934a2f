/* The cache selector: for each (interface, group, version) that is used, a directory with an
 * immutable snapshot of the providers that may be called, fed by the registry's watch, read again
 * every TTL, kept when that fails, changed by what administrators set (selector/configurator.h). A
 * pick reads the current snapshot without a lock and without allocating (selector/snapshot.h says
 * how snapshots are reclaimed), asks the policy, and holds the provider by its in-flight count.
 *
 * Providers outlive snapshots: a changed list keeps the connections, the health and the policy's
 * counters of those that stay. */
#ifndef SELECTOR_SELECTOR_H
#define SELECTOR_SELECTOR_H

#include <stdatomic.h>

#include "registry/provider_url.h"
#include "registry/url_match.h"
#include "registry/registry.h"
#include "selector/readiness.h"
#include "transport/http_client.h"

typedef struct selector selector;
typedef struct directory
    directory; /* one (interface, group, version); lives as long as the selector */

/* One provider, known by its identity. Fields are constant but for those named atomic. */
typedef struct provider {
    char *identity;                 /* provider_url_identity() */
    char *address;                  /* "host:port" */
    char *path;                     /* request path, verbatim */
    char *label;                    /* "host:port/path", for people */
    http_client_endpoint *endpoint; /* its connections */
    atomic_uint references;
    atomic_uint in_flight;
    /* health (selector/health.c); small, so that all of it stays on one cache line */
    _Atomic uint16_t failures;   /* in a row */
    _Atomic uint8_t rests;       /* after failures, in a row: the rest grows with it */
    _Atomic uint8_t refusals;    /* in a row: as many as lead to a rest, then rests less answers */
    _Atomic uint32_t refused_ms; /* the last refusal, by the clock's lower bits; 0: none */
    _Atomic int64_t resting_until_ns; /* 0: never failed or refused since its last answer */
} provider;

typedef struct selector_settings {
    int64_t ttl_ms; /* re-read after this, jittered by 10 %; < 0: never */
    int64_t
        empty_grace_ms; /* a successful empty reading clears the list only after this (design 6) */
    const char *snapshot_dir; /* NULL or "": none; else lists are kept there for starts without a
                                 registry */
    const char *load_balance; /* default policy */
    /* rest a provider after so many failures or refusals in a row; <= 0: never */
    int health_failures;
    int64_t health_rest_ms;  /* after failures: 30 s, times how often in a row */
    const char *application; /* the own name, by which configurators may choose consumers; NULL or
                                "": none */
    uint8_t (*peer_of)(
        const provider_url *url); /* what kind of peer wrote a node, for picks to tell; NULL: all
                                     are 0. Any thread; must not block */
} selector_settings;

/* source may be NULL: then only fixed directories work. Both are borrowed and must outlive the
 * selector. Starts a thread.
 * DUBBOC_E_ARGUMENT, DUBBOC_E_UNSUPPORTED: settings->load_balance, as selector_check_policy().
 * DUBBOC_E_SYSTEM: the snapshot folder cannot be made or written to, or there is no thread.
 * DUBBOC_E_NO_MEMORY. */
dubboc_status selector_new(const selector_settings *settings, registry *source, http_client *http,
    selector **self, dubboc_error *err);
/* No pick may run or be held any more. Writes snapshot files that are due, so it may wait for the
 * disk. NULL is accepted. */
void selector_free(selector *self);

/* Whether there is such a policy; the error lists those that are. DUBBOC_E_UNSUPPORTED: known to
 * Dubbo, not in this release. DUBBOC_E_ARGUMENT. */
dubboc_status selector_check_policy(const char *name, dubboc_error *err);

/* The directory for what is wanted, made at first use. Look-up of a known one takes no lock. Does
 * not block: a thread of the selector reads the snapshot file and subscribes, and a call waits for
 * the outcome (directory_wait_begin()). Never freed before the selector. Any thread.
 * DUBBOC_E_REGISTRY: there is no registry. DUBBOC_E_TOO_BIG: more than 65536 are asked for.
 * DUBBOC_E_NO_MEMORY. */
dubboc_status selector_directory(
    selector *self, const url_wanted *wanted, directory **found, dubboc_error *err);

/* A directory with exactly one provider, by URL ("http://host:port/path"), without registry. Kept
 * until the end and found again by its URL, so this is for URLs of the configuration. jsonrpc:// is
 * http://; the port is 80, or 443 for https, and the path "/", when the URL has none. Any thread.
 * DUBBOC_E_ARGUMENT: no such URL. DUBBOC_E_TOO_BIG. DUBBOC_E_NO_MEMORY. */
dubboc_status selector_fixed(selector *self, const char *url, directory **found, dubboc_error *err);

/* The same for a call's own URL, of which a program may make up any number: held until it is given
 * back. Those used last are kept with their connections (DIRECTS_MAX in parts.h). */
typedef struct direct_hold {
    directory *directory;
    struct direct *of;  /* NULL: nothing is held */
    bool has_settings;  /* the URL has a '?'; what stands behind it holds in place of the pick's: */
    int64_t timeout_ms; /* 0: none */
    int retries;        /* -1: none */
    uint8_t peer;
} direct_hold;

/* Errors as selector_fixed(), but never DUBBOC_E_TOO_BIG. Nothing is allocated for a URL without
 * '?' that is kept. Any thread. */
dubboc_status selector_direct_take(
    selector *self, const char *url, dubboc_slice method, direct_hold *hold, dubboc_error *err);

/* After the last pick_release(). Again is harmless; so is a zeroed hold. */
void selector_direct_give_back(direct_hold *hold);

/* --- waiting for a directory's first list, from the registry or from the snapshot file --- */

/* READINESS_READY: it has been read, nothing is waited for. Else the waiter has joined: it is woken
 * when the state changes, until directory_wait_end(). If the last attempt to subscribe has failed,
 * another one is started. Any thread; takes no lock for a directory that is ready. */
readiness_state directory_wait_begin(directory *self, readiness_wait *wait, waiter *of);

/* How it stands. READINESS_FAILED: subscribing has failed since directory_wait_begin(), and err
 * tells status and reason, as registry_subscribe(). Any thread. */
readiness_state directory_look(directory *self, const readiness_wait *wait, dubboc_error *err);

/* Harmless for a wait that has not begun (zeroed), and again. */
void directory_wait_end(directory *self, readiness_wait *wait);

/* The error of a wait whose deadline has passed: DUBBOC_E_REGISTRY, and what the registry is
 * doing. */
dubboc_status directory_is_not_ready(const directory *self, dubboc_error *err);

/* All of this in one, blocking: errors as directory_look() and directory_is_not_ready();
 * DUBBOC_E_CLOSED: selector_stop() was called. Any thread. */
dubboc_status directory_wait_ready(directory *self, int64_t deadline_ns, dubboc_error *err);
void selector_stop(selector *self); /* ends those waits, now and later; any thread */

/* What a pick knows of its call. */
typedef struct pick_request {
    const char
        *policy; /* NULL: the default; else one that selector_check_policy() accepts (asserted) */
    dubboc_slice method;
    provider *const
        *excluded; /* tried before in this call: taken again only when there is no other */
    size_t excluded_count;
    /* Only a provider whose endpoint has room for one more connection is picked. A provider without
     * room is passed over for another one that is as good: not ejected and not excluded. It is not
     * passed over for an ejected or an excluded one, because such a provider is no better than
     * waiting; when all providers are ejected (or excluded), those with room among them are picked.
     * A provider that has refused calls, but is not ejected, counts as good. */
    bool needs_room;
} pick_request;

/* A provider for one attempt, held until pick_release(). Tens of nanoseconds, no lock, no
 * allocation. false: the list is empty (directory_explain()), or with needs_room: no provider that
 * may be picked has room (directory_each_endpoint()). Any thread. */
typedef struct pick {
    provider *provider;
    int64_t timeout_ms;       /* the node's own for this method, 0: none */
    int retries;              /* the node's own for this method, -1: none */
    uint32_t refused_ms;      /* the provider's, when it was picked */
    uint8_t peer;             /* as selector_settings.peer_of said of its node */
    bool timeout_is_override; /* an administrator set it: stronger than what the consumer's
                                 configuration says */
    bool retries_are_override;
} pick;
bool directory_pick(directory *self, const pick_request *request, pick *out);

/* What became of an attempt, for health; then lets the provider go. */
typedef enum pick_outcome {
    PICK_GOOD,    /* it answered, an error object too */
    PICK_FAILED,  /* no connection, no answer, broken, 5xx without JSON-RPC */
    PICK_REFUSED, /* it answered that it is busy or stopping and has not executed the call */
    PICK_UNKNOWN  /* says nothing of the provider: cancelled, or our own pool was full */
} pick_outcome;
void pick_release(directory *self, pick *held, pick_outcome outcome);

/* Whether a pick would find a provider, resting or not, that is not among the excluded. Any
 * thread. */
bool directory_has_other(directory *self, provider *const *excluded, size_t excluded_count);

/* Whether the list has a provider that is not among the excluded and may be expected to take a
 * call: it does not rest, what came of its last call was no failure, and it has not refused one
 * within the last second. Any thread. */
bool directory_has_willing(directory *self, provider *const *excluded, size_t excluded_count);

/* Calls visit for the endpoint of each provider in the list, ejected ones too; once for an endpoint
 * that several providers share. label: "host:port/path" of the first of these providers. visit
 * returns false to end. It is called inside a readers' section: it must not block, and neither
 * endpoint nor label is valid after it has returned unless it takes a reference to the endpoint
 * (http_client_endpoint_ref()). Any thread. */
void directory_each_endpoint(directory *self,
    bool (*visit)(void *arg, http_client_endpoint *endpoint, const char *label), void *arg);

/* How many providers may be picked now, resting ones included. */
size_t directory_count(directory *self);

/* Why there is none, or what there is: the nodes seen, and why they were left out ("3 nodes seen at
 * ...; 10.0.0.1:1/x and 1 more: protocol dubbo; ...: group g1, wanted none"), as one line of at
 * most size bytes. Nodes of which the same is to be said are counted behind the first of them, of
 * at most 20 such groups; those for which there is no room are counted at the end. visit (may be
 * NULL) gets each node and its reason (NULL: usable), with no lock held. */
void directory_explain(directory *self, char *line, size_t size,
    void (*visit)(void *arg, const char *url, const char *reason), void *arg);

#endif

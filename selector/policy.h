/* Load balancing: which provider of a snapshot the next call goes to. One interface, one file for
 * each policy, one contract suite for all (tests/selector/policy_test.c).
 *
 * To add a policy, write a file that defines `const policy policy_<name>` and add a line to
 * POLICY_LIST. The number of policies, their names in the configuration, and the names of Dubbo's
 * policies that are rejected as planned all follow from that list. (base/config_keys.c has its own
 * list of names, because it may not include this file; a test keeps the two equal.)
 *
 * The policies of this release only know weights and order. The pick checks whether the choice may
 * be used (not ejected, not tried before by the call) and asks again if not; after POLICY_ASKS_MAX
 * unusable answers the pick takes the next usable provider after the last one. So a policy whose
 * answer does not change from ask to ask must leave out unusable providers itself; otherwise the
 * neighbour of an ejected provider gets the calls of both. */
#ifndef SELECTOR_POLICY_H
#define SELECTOR_POLICY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slot.h" /* CACHE_LINE */

/* The names are Dubbo's. PLANNED: policies of Dubbo that this release does not implement. */
#define POLICY_LIST(HERE, PLANNED)                                                                 \
    HERE(random)                                                                                   \
    HERE(roundrobin)                                                                               \
    PLANNED(leastactive)                                                                           \
    PLANNED(consistenthash)                                                                        \
    PLANNED(p2c)                                                                                   \
    PLANNED(shortestresponse)                                                                      \
    PLANNED(adaptive)

#define POLICY_ASKS_MAX 8 /* a pick asks the policy at most this often */

struct snapshot;
struct pick_request;

/* What a policy remembers about a directory. It outlives the snapshots, so that the policy does not
 * start again when the list changes. */
typedef struct policy_state {
    _Alignas(CACHE_LINE) atomic_uint_fast64_t counter;
} policy_state;

/* Starts at a random number, because many processes that each make a few calls must not all call
 * the same provider first. The counter has room for 2^63 picks before it would wrap. */
static inline void policy_state_init(policy_state *self, uint64_t random)
{
    atomic_init(&self->counter, random >> 1);
}

/* What a policy computed from one snapshot; freed with free() when the snapshot is freed. NULL:
 * nothing. */
typedef _Atomic(void *) policy_table;

typedef struct policy {
    /* Creates a table from the snapshot's weights. count and every weight are at least 1, and
     * of->is_equal is set. *table stays NULL if the policy needs no table, or creates it at the
     * first choice. Called before the snapshot is published, with the directory's lock held: it
     * must not block. false: no memory, and *table stays NULL. */
    bool (*prepare)(const struct snapshot *of, void **table);

    /* Returns an index below of->count. Called by many threads at once, inside a readers' section:
     * it takes no lock and must not block; it writes only to *state, *table and its own memory. It
     * allocates nothing, with one exception: a policy whose table is expensive and seldom needed
     * creates it here if *table is NULL, and stores it with policy_table_offer(). Such a policy
     * must be able to choose without a table if there is no memory. */
    size_t (*choose)(const struct snapshot *of, policy_table *table, policy_state *state,
        const struct pick_request *request);
} policy;

#define POLICY_NUMBER_(name) POLICY_NUMBER_##name,
#define POLICY_DECLARE_(name) extern const policy policy_##name;
#define POLICY_IGNORE_(name)
enum { POLICY_LIST(POLICY_NUMBER_, POLICY_IGNORE_) POLICY_COUNT };
POLICY_LIST(POLICY_DECLARE_, POLICY_IGNORE_)

extern const policy *const policies[POLICY_COUNT];

/* The names, in the order of policies[]; and the planned names, ended by NULL. */
extern const char *const policy_names[POLICY_COUNT];
extern const char *const policy_names_planned[];

/* The index in policies[]; -1: there is no policy of that name. */
int policy_find(const char *name);

/* Stores the table `made`, which was allocated with malloc(). Returns the table to use: `made`, or
 * the table that another thread has stored before; `made` is then freed. */
void *policy_table_offer(policy_table *self, void *made);

#endif

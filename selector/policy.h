/* Load balancing: which of a snapshot's providers the next call goes to. One interface, one file a
 * policy, one contract suite for all of them (tests/selector/policy_test.c).
 *
 * A new policy is a file that defines `const policy policy_<name>` and its line in POLICY_LIST.
 * Everything else follows from the list: the number of policies, their names in the configuration,
 * and which of Dubbo's names are refused as planned. (The configuration's own list is in
 * base/config_keys.c, which may not include this file; a test holds the two equal.)
 *
 * A policy knows weights and order only. Whether its choice may be used (not ejected, not tried
 * before in this call) is judged by the pick, which asks again, and after POLICY_ASKS_MAX answers
 * in vain steps on from the last one. */
#ifndef SELECTOR_POLICY_H
#define SELECTOR_POLICY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slot.h" /* CACHE_LINE */

/* Under Dubbo's names. PLANNED: names of Dubbo's that this release does not have. */
#define POLICY_LIST(HERE, PLANNED)                                                                 \
    HERE(random)                                                                                   \
    HERE(roundrobin)                                                                               \
    PLANNED(leastactive)                                                                           \
    PLANNED(consistenthash)                                                                        \
    PLANNED(p2c)                                                                                   \
    PLANNED(shortestresponse)                                                                      \
    PLANNED(adaptive)

#define POLICY_ASKS_MAX 8

struct snapshot;
struct pick_request;

/* What a policy keeps of a directory beside its snapshots: it outlives them, so a changed list does
 * not begin anew. */
typedef struct policy_state {
    _Alignas(CACHE_LINE) atomic_uint_fast64_t counter;
} policy_state;

/* Starts it anywhere, because many processes that each make a few calls must not all call the same
 * provider first. The counter has room for 2^63 picks before it would wrap. */
static inline void policy_state_init(policy_state *self, uint64_t random)
{
    atomic_init(&self->counter, random >> 1);
}

/* What a policy computed from one snapshot; freed with the snapshot, by free(). NULL: nothing. */
typedef _Atomic(void *) policy_table;

typedef struct policy {
    /* Makes a table from the snapshot's weights (count and every weight at least 1; of->is_equal is
     * set). *table stays NULL when the policy needs none, or makes it at the first choice. Called
     * before the snapshot is published, with the directory's lock held: it must not block. false:
     * no memory, *table stays NULL. */
    bool (*prepare)(const struct snapshot *of, void **table);

    /* Returns an index below of->count. Called by many threads at once, inside a readers' section:
     * it takes no lock and must not block; it writes to *state, *table and memory of its own only.
     * A policy whose table is expensive, and seldom needed, makes it here when it finds none, and
     * puts it there with policy_table_offer(); then this pick allocates, and the policy must be
     * able to choose without a table when there is no memory. Else it allocates nothing. */
    size_t (*choose)(const struct snapshot *of, policy_table *table, policy_state *state,
        const struct pick_request *request);
} policy;

#define POLICY_NUMBER_(name) POLICY_NUMBER_##name,
#define POLICY_DECLARE_(name) extern const policy policy_##name;
#define POLICY_IGNORE_(name)
enum { POLICY_LIST(POLICY_NUMBER_, POLICY_IGNORE_) POLICY_COUNT };
POLICY_LIST(POLICY_DECLARE_, POLICY_IGNORE_)

extern const policy *const policies[POLICY_COUNT];

/* The names, in the same order; and those that are planned, ended by NULL. */
extern const char *const policy_names[POLICY_COUNT];
extern const char *const policy_names_planned[];

/* Its place in policies[]; -1: there is none of that name. */
int policy_find(const char *name);

/* Puts a table made with malloc() in place. Returns the table to use: this one, or the one that
 * another thread has put there first (then this one is freed). */
void *policy_table_offer(policy_table *self, void *made);

#endif

/* Load balancing: which of a snapshot's providers the next call goes to. One interface, one file a
 * policy, one contract suite for all of them (tests/selector/policy_test.c). A policy knows weights
 * and order only. Whether its choice may be used (not resting, not tried before in this call) is
 * judged by the pick, which asks again, and after POLICY_ASKS_MAX answers in vain steps on from the
 * last one. */
#ifndef SELECTOR_POLICY_H
#define SELECTOR_POLICY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "selector/line.h"

struct snapshot;
struct pick_request;

#define POLICY_ASKS_MAX 8

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

typedef struct policy {
    const char *name; /* Dubbo's */

    /* Makes a table from the snapshot's weights (count and every weight at least 1; of->is_equal is
     * set), freed with free(). *table stays NULL when it needs none. Called before the snapshot is
     * published, with the directory's lock held: it must not block. false: no memory. */
    bool (*prepare)(const struct snapshot *of, void **table);

    /* An index below of->count. Called by many threads at once: no lock, no allocation; it may
     * write to *state and to the thread's own memory only. */
    size_t (*choose)(const struct snapshot *of, const void *table, policy_state *state,
        const struct pick_request *request);
} policy;

enum { POLICY_COUNT = 2 };
extern const policy *const policies[POLICY_COUNT];
extern const policy policy_random;
extern const policy policy_roundrobin;

/* Its place in policies[]; -1: there is none of that name. */
int policy_find(const char *name);

#endif

/* Requests that the client library has accepted and not answered yet, and the completion functions
 * that it calls with the answer.
 *
 * The memory of a request is kept in a list until the answer comes, because the library forgets
 * unanswered requests when a handle is closed (docs/libraries.md Z8); what remains in the list is
 * freed with the list. */
#ifndef REGISTRY_ZOOKEEPER_CALLS_H
#define REGISTRY_ZOOKEEPER_CALLS_H

#define THREADED 1
#include <zookeeper/zookeeper.h>

#include "base/mutex.h"
#include "registry/zookeeper/mailbox.h"

/* One request. The same object carries the answer to the mailbox, as an event. */
typedef struct zk_call zk_call;

/* The requests of one handle. */
typedef struct zk_calls {
    zk_mailbox *mailbox; /* receives the answers; borrowed */
    uint64_t generation; /* of the handle */
    mutex lock;
    /* Under lock: */
    zk_call *first;
} zk_calls;

void zk_calls_init(zk_calls *self, zk_mailbox *mailbox, uint64_t generation);
/* Frees the requests that were never answered. The library must not call completions any more. */
void zk_calls_fini(zk_calls *self);

/* Adds a request with that cookie. count is the number of operations of a multi, 0 for other
 * requests. NULL: no memory. */
zk_call *zk_calls_add(zk_calls *self, uint64_t cookie, size_t count);

/* The array in which the library stores the results of a multi. */
zoo_op_result_t *zk_call_results(zk_call *call);

/* To be called with the code that the library returned for the request. true: the library accepted
 * the request and will call one of the completions below. false: it did not, and the call has been
 * freed. */
bool zk_call_was_sent(zk_call *call, int code);

/* The completions; data is the zk_call. They run on the library's thread and post the answer to the
 * mailbox. */
void zk_call_created(int code, const char *value, const void *data);
void zk_call_removed(int code, const void *data);
void zk_call_multi_done(int code, const void *data);
void zk_call_looked(int code, const struct Stat *stat, const void *data);
void zk_call_listed(int code, const struct String_vector *names, const void *data);
void zk_call_read(int code, const char *value, int len, const struct Stat *stat, const void *data);

#endif

/* Requests that the ZooKeeper client library has taken and not answered yet, and what it calls when
 * it does.
 *
 * What a request needs until its answer lives in a list, because closing a handle forgets answers
 * (libraries.md Z8): what is left in the list then is freed with it. */
#ifndef REGISTRY_ZOOKEEPER_CALLS_H
#define REGISTRY_ZOOKEEPER_CALLS_H

#define THREADED 1
#include <zookeeper/zookeeper.h>

#include "base/mutex.h"
#include "registry/zookeeper/mailbox.h"

/* One request under way; it becomes the event that carries its answer. */
typedef struct zk_call zk_call;

/* The requests of one handle. */
typedef struct zk_calls {
    zk_mailbox *mailbox; /* where answers go; borrowed */
    uint64_t generation; /* of the handle */
    mutex lock;
    /* Under lock: */
    zk_call *first;
} zk_calls;

void zk_calls_init(zk_calls *self, zk_mailbox *mailbox, uint64_t generation);
/* Frees those that were never answered. The library calls nothing any more. */
void zk_calls_fini(zk_calls *self);

/* The call of a request with that cookie; count is the number of operations of a multi, 0 of
 * another request. NULL: no memory. */
zk_call *zk_calls_add(zk_calls *self, uint64_t cookie, size_t count);

/* Where the library writes the results of a multi. */
zoo_op_result_t *zk_call_results(zk_call *call);

/* What became of a request that was handed to the library with that code. true: it took the
 * request, and a completion below will be called. false: it did not, and the call is gone. */
bool zk_call_was_sent(zk_call *call, int code);

/* The completions; data is the call. They run on the library's thread and post the answer. */
void zk_call_created(int code, const char *value, const void *data);
void zk_call_removed(int code, const void *data);
void zk_call_multi_done(int code, const void *data);
void zk_call_looked(int code, const struct Stat *stat, const void *data);
void zk_call_listed(int code, const struct String_vector *names, const void *data);
void zk_call_read(int code, const char *value, int len, const struct Stat *stat, const void *data);

#endif

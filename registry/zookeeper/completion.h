/* Tells a waiting caller that something is done. It is a part of an object that the session and the
 * caller share; each has a reference, because the caller may give up waiting first. */
#ifndef REGISTRY_ZOOKEEPER_COMPLETION_H
#define REGISTRY_ZOOKEEPER_COMPLETION_H

#include <stdatomic.h>

#include "base/condition.h"
#include "base/mutex.h"

typedef struct zk_completion {
    atomic_uint refs;
    mutex lock;
    /* Under lock: */
    bool is_done;
    condition done; /* signalled when is_done becomes true */
} zk_completion;

void zk_completion_init(zk_completion *self, unsigned refs);
void zk_completion_ref(zk_completion *self);

/* true: this was the last reference, and the caller must free the object. */
bool zk_completion_unref(zk_completion *self);

void zk_completion_set_done(zk_completion *self);

/* Waits at most timeout_ms until zk_completion_set_done() is called. false: it was not called in
 * that time. */
bool zk_completion_wait(zk_completion *self, int64_t timeout_ms);

#endif

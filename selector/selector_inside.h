/* The struct of a selector, for selector.c and for tests. */
#ifndef SELECTOR_SELECTOR_INSIDE_H
#define SELECTOR_SELECTOR_INSIDE_H

#include "selector/direct.h"
#include "selector/directory.h"

#define DIRECTORY_BUCKETS 1024
#define DIRECTORIES_MAX 65536 /* a selector rejects further ones */

struct selector {
    selector_context context; /* first, because it is cache-line aligned */
    direct_table directs;     /* has its own lock */

    /* These only grow, under the lock, and are read without it: */
    grow_table table;
    grow_bucket buckets[DIRECTORY_BUCKETS];
    _Atomic(directory *) directories; /* newest first */

    mutex lock; /* guards adding to the table; no function is called while it is held */
};

/* Makes the upkeep thread do one round now and waits for its end, for tests that own the clock. */
void selector_do_round(selector *self);

#endif

/* The inside of a selector, for selector.c and for tests. */
#ifndef SELECTOR_SELECTOR_INSIDE_H
#define SELECTOR_SELECTOR_INSIDE_H

#include "selector/direct.h"
#include "selector/directory.h"

#define DIRECTORY_BUCKETS 1024
#define DIRECTORIES_MAX 65536 /* a selector refuses more */

struct selector {
    selector_context context; /* first: aligned */
    direct_table directs;     /* has a lock of its own */

    /* Grow only, with the lock; read without it. */
    grow_table table;
    grow_bucket buckets[DIRECTORY_BUCKETS];
    _Atomic(directory *) directories; /* newest first */

    mutex lock; /* for adding to the table; nothing is called under it */
};

/* Has one round of upkeep done now and waits for its end: tests own the clock by it. */
void selector_do_round(selector *self);

#endif

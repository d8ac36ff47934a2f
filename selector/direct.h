/* The providers that calls name by a URL of their own, of which a program may make up any number.
 * Each address and path has a directory, which is kept for the next call to it; when there are too
 * many, those that no call uses are freed, the one used longest ago first. */
#ifndef SELECTOR_DIRECT_H
#define SELECTOR_DIRECT_H

#include "base/map.h"
#include "selector/context.h"
#include "selector/handles.h"

#define DIRECTS_MAX 4096 /* unused ones beyond are freed */

typedef struct direct direct;
typedef struct direct_table {
    mutex lock;  /* holds nothing else inside; guards all of this */
    map *by_url; /* URL without '?' -> direct */
    direct *newest, *oldest;
} direct_table;

/* What a call holds of the table, until it is given back. */
typedef struct direct_hold {
    directory *directory;
    struct direct *of;  /* NULL: nothing is held */
    bool has_settings;  /* the URL has a '?'; what stands behind it holds in place of the pick's: */
    int64_t timeout_ms; /* 0: none */
    int retries;        /* -1: none */
    int idempotent;     /* as pick.idempotent */
    uint8_t peer;
} direct_hold;

bool direct_table_init(direct_table *self); /* false: no memory */
void direct_table_fini(direct_table *self);
size_t direct_table_count(direct_table *self);

/* Finds or makes the directory of a URL, and reads what stands behind its '?' for that method.
 * Errors as node_new_fixed(). Nothing is allocated for a URL without '?' that is kept. Any
 * thread. */
dubboc_status direct_take(direct_table *self, selector_context *context, const char *url,
    dubboc_slice method, direct_hold *hold, dubboc_error *err);

/* After the last pick_release(). Again is harmless; so is a zeroed hold. */
void direct_give_back(direct_hold *hold);

#endif

/* Directories for the URLs in call options. A program may use any number of different URLs. Each
 * address and path has a directory, which is kept for the next call to that address. Above
 * DIRECTS_MAX, directories that no call uses are freed, the least recently used one first. */
#ifndef SELECTOR_DIRECT_H
#define SELECTOR_DIRECT_H

#include "base/map.h"
#include "selector/context.h"
#include "selector/handles.h"

#define DIRECTS_MAX 4096 /* above this number unused directories are freed */

typedef struct direct direct;
typedef struct direct_table {
    mutex lock;              /* guards all fields; no other lock is taken while it is held */
    map *by_url;             /* URL without its query part -> direct */
    direct *newest, *oldest; /* ends of the list of all, in the order of last use */
} direct_table;

/* A call's hold on one directory of the table, until direct_give_back(). */
typedef struct direct_hold {
    directory *directory;
    struct direct *of; /* NULL: nothing is held */
    /* The URL has a query part. The fields below are read from it, and replace the fields of the
     * same name in struct pick. */
    bool has_settings;
    int64_t timeout_ms; /* 0: not set */
    int retries;        /* -1: not set */
    int idempotent;     /* as pick.idempotent */
    uint8_t peer;
} direct_hold;

bool direct_table_init(direct_table *self); /* false: no memory */
void direct_table_fini(direct_table *self);
size_t direct_table_count(direct_table *self);

/* Finds or creates the directory of a URL, and reads the settings for method in its query part.
 * DUBBOC_E_ARGUMENT: not a valid URL; err quotes it. DUBBOC_E_NO_MEMORY. Allocates nothing for a
 * known URL without query part. Any thread. */
dubboc_status direct_take(direct_table *self, selector_context *context, const char *url,
    dubboc_slice method, direct_hold *hold, dubboc_error *err);

/* To be called after the last pick_release(). No-op for a hold that is zeroed or was given back. */
void direct_give_back(direct_hold *hold);

#endif

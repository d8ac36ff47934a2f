/* What a running server needs for each request. The server object (server.h) also holds its
 * configuration, its state, and its nodes in the registry. */
#ifndef SERVER_SERVING_H
#define SERVER_SERVING_H

#include "base/memory_budget.h"
#include "server/call_counts.h"
#include "server/deferrals.h"
#include "server/service.h"
#include "server/stop_wait.h"
#include "server/workers.h"

typedef struct serving {
    /* Written before the server starts, read-only afterwards: */
    services services;
    bool checks_raw;              /* [server] check_raw */
    int64_t queue_time_ns;        /* [server] queue_time, for requests without a Timeout header */
    size_t tree_waiters_max;      /* how many workers may wait for the memory of a tree */
    dubboc_http_handler fallback; /* NULL: none */
    void *fallback_arg;
    workers *workers; /* NULL with loops = 0: handlers run on the program's thread */

    /* Each has its own lock, or needs none: */
    turned_away_counts *turned_away;
    memory_budget trees; /* the memory of the trees of large params */
    deferrals deferrals;
    /* calls to services; requests to other paths, such as health checks, are not noted */
    call_watch calls;
} serving;

#endif

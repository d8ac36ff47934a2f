/* What a running server consults for each request. The server object (server.h) has more: how it
 * was configured, its life, its place in the registry. */
#ifndef SERVER_SERVING_H
#define SERVER_SERVING_H

#include "base/memory_budget.h"
#include "server/call_counts.h"
#include "server/deferrals.h"
#include "server/service.h"
#include "server/stop_wait.h"
#include "server/workers.h"

typedef struct serving {
    /* Written before the server starts, then only read. */
    services services;
    bool checks_raw;         /* [server] check_raw */
    int64_t queue_time_ns;   /* how long a request without a Timeout header waits for a worker */
    size_t tree_waiters_max; /* workers that may wait for the memory of a tree at one time */
    dubboc_http_handler fallback; /* NULL: none */
    void *fallback_arg;
    workers *workers; /* NULL with loops = 0: everything runs on the program's thread */

    /* Each has a lock of its own, or needs none. */
    turned_away_counts *turned_away;
    memory_budget trees; /* params of large requests, from before they are built until freed */
    deferrals deferrals;
    call_watch calls; /* of services; other paths, such as health checks, do not count */
} serving;

#endif

/* One JSON-RPC request as its handler sees it. */
#ifndef SERVER_REQUEST_H
#define SERVER_REQUEST_H

#include "server/exchange.h"
#include "server/failure.h"

struct dubboc_request {
    exchange *exchange;
    const service_method *method; /* NULL for a fallback handler */
    dubboc_slice id;              /* at is NULL for a notification */
    const cJSON *params;          /* the tree that was passed to a JSON handler; NULL: none */
    failure failure;              /* what the handler has recorded so far */
    bool is_deferred;
};

#endif

/* One JSON-RPC request as its handler sees it. */
#ifndef SERVER_REQUEST_H
#define SERVER_REQUEST_H

#include "server/exchange.h"
#include "server/failure.h"

struct dubboc_request {
    exchange *exchange;
    const service_method *method; /* NULL in a fallback handler */
    dubboc_slice id;              /* at NULL: a notification */
    const cJSON *params;          /* the tree that a JSON handler was given; NULL: none */
    failure failure;              /* what the handler has noted so far */
    bool is_deferred;
};

#endif

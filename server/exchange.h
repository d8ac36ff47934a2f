/* One HTTP request while it is being served.
 *
 * An exchange lives on the stack of the loop's thread if the loop serves it (the fast path), and on
 * the heap if a worker does. Only one thread uses it at a time. When a handler defers its answer,
 * what must outlive the exchange is stored in a `parked` (deferrals.h). */
#ifndef SERVER_EXCHANGE_H
#define SERVER_EXCHANGE_H

#include "codec/jsonrpc.h"
#include "server/service.h"
#include "transport/http_server.h"

struct parked;
struct serving;

/* A body longer than this is parsed by a worker. */
#define EXCHANGE_LARGE_BODY_BYTES ((size_t)64 * 1024)

typedef enum exchange_kind {
    EXCHANGE_SINGLE,
    EXCHANGE_BATCH,
    EXCHANGE_UNREAD,  /* a large body that a worker will parse */
    EXCHANGE_FALLBACK /* no JSON-RPC: for the handler of dubboc_server_set_fallback() */
} exchange_kind;

typedef struct exchange {
    struct serving *serving;
    http_server_request *incoming;
    dubboc_service *service; /* NULL: there is no service at that path */
    exchange_kind kind;
    bool is_held;                 /* http_server_request_hold() has been called */
    bool is_executed;             /* a handler has been called */
    bool is_on_worker;            /* a worker runs it, so it may wait for memory */
    bool is_refused;              /* a single request was refused: no memory for its params */
    const service_method *method; /* the method of a single request; NULL: none */
    int64_t deadline_ns; /* when the caller gives up; 0: the Timeout header has not been read yet */
    struct parked *parked;   /* NULL: no handler has deferred its answer */
    jsonrpc_message message; /* the envelope, and how far it has been read */
    jsonrpc_request single;  /* if kind is EXCHANGE_SINGLE */
} exchange;

/* Calls http_server_request_hold() if it has not been called yet. */
void exchange_hold(exchange *self);

/* When the caller gives up, by clock_now_ns(). DEADLINE_NEVER: there is no Timeout header. The
 * header is read at the first call only. */
int64_t exchange_deadline_ns(exchange *self);

/* Parses a Timeout header, as dubbogo (nanoseconds, decimal) or dubbo-go (a Go duration such as
 * "1m0.5s") sends it: wire.md P11. Returns nanoseconds, exact to a microsecond. 0: no time-out,
 * because text is NULL, invalid, not positive, or too large for int64_t. */
int64_t timeout_header_ns(const char *text);

#endif

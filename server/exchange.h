/* One HTTP request while it is being served.
 *
 * An exchange lives on the loop's stack when everything happens there (the fast path), or is copied
 * to the heap when a worker takes it. It is one thread's at a time. When a handler defers, what
 * must outlive the exchange goes into a `parked` (deferrals.h). */
#ifndef SERVER_EXCHANGE_H
#define SERVER_EXCHANGE_H

#include "codec/jsonrpc.h"
#include "server/service.h"
#include "transport/http_server.h"

struct parked;
struct serving;

#define EXCHANGE_LARGE_BODY_BYTES ((size_t)64 * 1024) /* a larger body is read by a worker */

typedef enum exchange_kind {
    EXCHANGE_SINGLE,
    EXCHANGE_BATCH,
    EXCHANGE_UNREAD,  /* a large body: read by the worker that takes it */
    EXCHANGE_FALLBACK /* a plain HTTP exchange: dubboc_server_set_fallback() */
} exchange_kind;

typedef struct exchange {
    struct serving *serving;
    http_server_request *incoming;
    dubboc_service *service; /* NULL: none at that path */
    exchange_kind kind;
    bool is_held;
    bool is_executed;             /* some handler has been started */
    bool is_on_worker;            /* then it may wait for memory */
    bool is_refused;              /* a single request: there was no memory for its params */
    const service_method *method; /* of a single request; NULL: none */
    int64_t deadline_ns;     /* when the caller gives up; 0: its header has not been read yet */
    struct parked *parked;   /* NULL until a handler defers */
    jsonrpc_message message; /* where reading stands */
    jsonrpc_request single;
} exchange;

/* http_server_request_hold(), once. */
void exchange_hold(exchange *self);

/* When the caller gives up, by the clock of base/clock.h; DEADLINE_NEVER: it did not say. The
 * header is read the first time only. */
int64_t exchange_deadline_ns(exchange *self);

/* Nanoseconds from a Timeout header, in dubbogo's form (decimal nanoseconds) or dubbo-go's (a Go
 * duration, "1m0.5s"): wire.md P11. 0: text is NULL, unreadable, not positive or beyond int64_t,
 * all of which mean that the caller did not say. Exact to a microsecond. */
int64_t timeout_header_ns(const char *text);

#endif

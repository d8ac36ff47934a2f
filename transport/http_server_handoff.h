/* A stack by which many threads hand things to one, without a lock. */
#ifndef TRANSPORT_HTTP_SERVER_HANDOFF_H
#define TRANSPORT_HTTP_SERVER_HANDOFF_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/* The first member of whatever is handed over. */
typedef struct http_server_handoff {
    struct http_server_handoff *next;
} http_server_handoff;

typedef struct http_server_handoff_stack {
    _Atomic(http_server_handoff *) top;
} http_server_handoff_stack;

/* Any thread. Whether the stack was empty: then its taker must be woken. */
bool http_server_handoff_push(http_server_handoff_stack *stack, http_server_handoff *item);

/* Takes all of them, linked by next, the oldest one first. NULL: there are none. */
http_server_handoff *http_server_handoff_take(http_server_handoff_stack *stack);

static inline bool http_server_handoff_is_empty(const http_server_handoff_stack *stack)
{
    return atomic_load_explicit(&stack->top, memory_order_relaxed) == NULL;
}

#endif

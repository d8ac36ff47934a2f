/* A lock-free stack by which many threads hand objects to one thread. */
#ifndef TRANSPORT_HTTP_SERVER_HANDOFF_H
#define TRANSPORT_HTTP_SERVER_HANDOFF_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/* The link. Must be the first member of the objects that are handed over. */
typedef struct http_server_handoff {
    struct http_server_handoff *next;
} http_server_handoff;

typedef struct http_server_handoff_stack {
    _Atomic(http_server_handoff *) top;
} http_server_handoff_stack;

/* Pushes an item. Returns whether the stack was empty; the caller must then wake the thread that
 * takes from it. Any thread. */
bool http_server_handoff_push(http_server_handoff_stack *stack, http_server_handoff *item);

/* Takes all items, linked by next, in the order in which they were pushed. NULL: there are none.
 * Only one thread may take. */
http_server_handoff *http_server_handoff_take(http_server_handoff_stack *stack);

static inline bool http_server_handoff_is_empty(const http_server_handoff_stack *stack)
{
    return atomic_load_explicit(&stack->top, memory_order_relaxed) == NULL;
}

#endif

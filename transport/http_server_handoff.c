/* Pushing is a compare-and-swap of the top. Taking exchanges the whole stack for an empty one and
 * reverses it, so there is no ABA problem. */
#include "transport/http_server_handoff.h"

bool http_server_handoff_push(http_server_handoff_stack *stack, http_server_handoff *item)
{
    http_server_handoff *top = atomic_load_explicit(&stack->top, memory_order_relaxed);
    do {
        item->next = top;
    } while (!atomic_compare_exchange_weak_explicit(
        &stack->top, &top, item, memory_order_acq_rel, memory_order_relaxed));
    return top == NULL;
}

http_server_handoff *http_server_handoff_take(http_server_handoff_stack *stack)
{
    http_server_handoff *oldest = NULL;
    http_server_handoff *item = atomic_exchange_explicit(&stack->top, NULL, memory_order_acq_rel);
    while (item != NULL) {
        http_server_handoff *next = item->next;
        item->next = oldest;
        oldest = item;
        item = next;
    }
    return oldest;
}

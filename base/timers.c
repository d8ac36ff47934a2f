#include "base/timers.h"

#include <stddef.h>

#include "base/clock.h"

/* Makes the heap that is due later the first child of the other heap. Both are roots. */
static timer_entry *timers_meld(timer_entry *a, timer_entry *b)
{
    if (a == NULL || b == NULL)
        return a != NULL ? a : b;
    timer_entry *parent = b->due_ns < a->due_ns ? b : a;
    timer_entry *child = parent == a ? b : a;
    child->next = parent->child;
    child->previous = parent;
    if (child->next != NULL)
        child->next->previous = child;
    parent->child = child;
    parent->next = parent->previous = NULL;
    return parent;
}

/* Melds a list of children into one heap: pairs from left to right, then the pairs from right to
 * left. This order gives the logarithmic cost. */
static timer_entry *timers_meld_children(timer_entry *first)
{
    timer_entry *pairs = NULL, *whole = NULL;
    while (first != NULL) {
        timer_entry *a = first, *b = first->next;
        first = b != NULL ? b->next : NULL;
        a->next = NULL;
        if (b != NULL)
            b->next = NULL;
        timer_entry *pair = timers_meld(a, b);
        pair->next = pairs;
        pairs = pair;
    }
    while (pairs != NULL) {
        timer_entry *next = pairs->next;
        pairs->next = NULL;
        whole = timers_meld(whole, pairs);
        pairs = next;
    }
    return whole;
}

void timers_clear(timers *self, timer_entry *timer)
{
    if (!timer->is_set)
        return;
    timer_entry *children = timers_meld_children(timer->child);
    if (timer == self->root) {
        self->root = children;
    } else {
        bool is_first = timer->previous->child == timer;
        *(is_first ? &timer->previous->child : &timer->previous->next) = timer->next;
        if (timer->next != NULL)
            timer->next->previous = timer->previous;
        self->root = timers_meld(self->root, children);
    }
    if (self->root != NULL)
        self->root->previous = NULL;
    *timer = (timer_entry){.is_set = false};
}

void timers_set(timers *self, timer_entry *timer, int64_t due_ns)
{
    timers_clear(self, timer);
    if (due_ns == DEADLINE_NEVER)
        return;
    *timer = (timer_entry){.due_ns = due_ns, .is_set = true};
    self->root = timers_meld(self->root, timer);
}

int64_t timers_first_ns(const timers *self)
{
    return self->root != NULL ? self->root->due_ns : DEADLINE_NEVER;
}

timer_entry *timers_take_due(timers *self, int64_t now_ns)
{
    timer_entry *first = self->root;
    if (first == NULL || first->due_ns > now_ns)
        return NULL;
    timers_clear(self, first);
    return first;
}

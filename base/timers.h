/* The timers of one thread, in the order in which they are due. A timer is a field of the object
 * that waits for it, so setting a timer allocates nothing and cannot fail. The timers form a
 * pairing heap: setting one takes one comparison, and removing one takes O(log n) on average. */
#ifndef BASE_TIMERS_H
#define BASE_TIMERS_H

#include <stdbool.h>
#include <stdint.h>

/* One timer. All zero: not set. Others may read is_set, and due_ns while it is set. */
typedef struct timer_entry {
    int64_t due_ns;
    struct timer_entry *child; /* the first child; no child is due earlier */
    struct timer_entry *next;  /* the next child of the same parent */
    /* The previous child of the same parent; for the first child the parent; NULL: the root. */
    struct timer_entry *previous;
    bool is_set;
} timer_entry;

/* All zero: no timer is set. */
typedef struct timers {
    timer_entry *root;
} timers;

/* Sets a timer, or moves one that is set already. DEADLINE_NEVER clears it. */
void timers_set(timers *self, timer_entry *timer, int64_t due_ns);

/* No-op if the timer is not set. */
void timers_clear(timers *self, timer_entry *timer);

/* Returns the time at which the first timer is due. DEADLINE_NEVER: no timer is set. */
int64_t timers_first_ns(const timers *self);

/* Clears and returns the first timer if it is due by now_ns. NULL: no timer is due. */
timer_entry *timers_take_due(timers *self, int64_t now_ns);

#endif

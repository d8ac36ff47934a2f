/* Threads get the slots in turn. */
#include "base/slot.h"

#include <stdatomic.h>

unsigned thread_slot(void)
{
    static atomic_uint threads_seen;
    static _Thread_local unsigned mine; /* the slot plus 1; 0: this thread has none yet */
    if (mine == 0)
        mine = atomic_fetch_add_explicit(&threads_seen, 1, memory_order_relaxed) % THREAD_SLOTS + 1;
    return mine - 1;
}

/* Counters that many threads write are divided into slots, each in its own cache lines, so that
 * threads do not wait for each other's cache lines. A thread keeps its slot for its lifetime.
 * Several threads may have the same slot, so its counters must be atomic. */
#ifndef BASE_SLOT_H
#define BASE_SLOT_H

#define THREAD_SLOTS 64
#define CACHE_LINE 64

/* The calling thread's slot, below THREAD_SLOTS. */
unsigned thread_slot(void);

#endif

/* Counters that many threads write are striped over a few slots, a cache line or more each, so that
 * threads do not wait for each other's lines. A thread keeps its slot for life; threads may share
 * one, so what stands in a slot is atomic. */
#ifndef BASE_SLOT_H
#define BASE_SLOT_H

#define THREAD_SLOTS 64
#define CACHE_LINE 64

/* The calling thread's slot, below THREAD_SLOTS. */
unsigned thread_slot(void);

#endif

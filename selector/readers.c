/* How snapshots are reclaimed: a small sleepable read-copy-update (SRCU).
 *
 * A pick must read the current list without a lock, without allocating, and without writing
 * anything that other threads read, while the list may be replaced at any moment. The difficulty is
 * to know when no thread can see a replaced list any more, so that it may be freed.
 *
 *   Reader:  1. increments a counter        Writer:  A. replaces the directory's pointer by the
 *            2. loads the pointer                       new snapshot
 *            3. uses the snapshot                    B. looks at every counter until it has seen
 *            4. decrements the counter                  each at zero once
 *                                                    C. frees the old snapshot
 *
 * Steps 1, 2, A and B are sequentially consistent, so all threads agree on one order of them. A
 * reader that got the old pointer did step 2, and so step 1, before A; its counter is not zero from
 * before A until its step 4. When the writer has seen that counter at zero after A, that reader has
 * left; later readers get the new pointer. Step 4 releases and B acquires, so everything that the
 * reader did happens before C.
 *
 * With a single counter all threads would write one cache line. So there are THREAD_SLOTS counters,
 * each on its own cache line, and a thread always uses the same one. If there are more threads,
 * some share a slot, which is slower but still correct, because the counters are atomic.
 *
 * One problem remains: the writer might never see a busy counter at zero. So every slot has two
 * counters, and an epoch says which of them new readers use. The writer first waits for the counter
 * of the other epoch, which only late readers use (they read the epoch just before it was last
 * changed); then it changes the epoch; then it waits for the counter of the former epoch, which new
 * readers do not use any more. The epoch only shortens the wait; correctness needs no more than
 * each counter seen at zero after A. So writers of several directories may wait at the same time
 * without a lock.
 *
 * A pick takes a provider out of the section; the provider is then held by its in_flight count
 * (selector/provider.c says how providers are freed). */
#include "selector/readers.h"

#include <sched.h>
#include <time.h>

atomic_uint *readers_enter(readers *self)
{
    reader_slot *slot = &self->slots[thread_slot()];
    unsigned epoch = atomic_load_explicit(&self->epoch, memory_order_relaxed);
    atomic_fetch_add_explicit(&slot->active[epoch], 1, memory_order_seq_cst);
    return &slot->active[epoch];
}

void readers_leave(atomic_uint *entered)
{
    atomic_fetch_sub_explicit(entered, 1, memory_order_release);
}

/* A reader inside a section has usually left before the next look; one whose thread is not running
 * needs real time. */
static void readers_give_way(unsigned tries)
{
    const struct timespec pause = {.tv_nsec = 50 * 1000};
    if (tries < 100)
        sched_yield();
    else
        nanosleep(&pause, NULL);
}

static void readers_wait_for_epoch(readers *self, unsigned epoch)
{
    for (size_t i = 0; i < THREAD_SLOTS; i++)
        for (unsigned tries = 0;
             atomic_load_explicit(&self->slots[i].active[epoch], memory_order_seq_cst) != 0;
             tries++)
            readers_give_way(tries);
}

void readers_wait(readers *self)
{
    unsigned epoch = atomic_load(&self->epoch), other = epoch ^ 1;
    readers_wait_for_epoch(self, other);
    unsigned expected = epoch; /* another writer may have changed it; that is harmless */
    atomic_compare_exchange_strong(&self->epoch, &expected, other);
    readers_wait_for_epoch(self, epoch);
}

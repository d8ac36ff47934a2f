/* How snapshots are reclaimed: sleepable read-copy-update (SRCU) in the small.
 *
 * A pick must read the current list without a lock, without allocating and without writing anything
 * that other threads read, while the list may be replaced at any moment. The difficulty is to know
 * when nobody can look at a replaced list any more, so that it may be freed.
 *
 *   Reader:  1. adds one to a counter       Writer:  A. swaps the directory's pointer to the
 *            2. loads the pointer                        new snapshot
 *            3. uses the snapshot                     B. looks at every counter until it has seen
 *            4. takes one from the counter               each at zero once
 *                                                     C. frees the old snapshot
 *
 * Steps 1, 2, A and B are sequentially consistent, so all threads agree on one order of them. A
 * reader that got the old pointer did step 2, and so step 1, before A; its counter is not zero from
 * before A until its step 4. When the writer has seen that counter at zero after A, that reader has
 * gone; later ones get the new pointer. Step 4 releases and B acquires, so all that the reader did
 * happens before C.
 *
 * One counter would be a line that all threads write, so there are THREAD_SLOTS of them, each on a
 * cache line of its own, and a thread always uses the same one. Threads beyond that number share
 * slots, which is slower but not wrong: the counters are atomic, each is exact by itself.
 *
 * What is left is that the writer might never meet a busy counter at zero. So every slot has two
 * counters, and an epoch says which one newcomers use. The writer first waits for the counter of
 * the other epoch, which only stragglers use (they read the epoch just before it was flipped the
 * last time); flips the epoch; and waits for the former one, which nobody new enters now. The epoch
 * decides only how soon the wait ends, never whether it is right: that needs no more than each
 * counter seen at zero after A. So writers of several directories may wait at the same time, and
 * need no lock among them.
 *
 * What a pick takes out of the section is a provider, held by its own in_flight count
 * (selector/provider.c says how those are freed). */
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

/* A reader inside is usually done before we look again; one that was put off the processor needs
 * real time. */
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
    unsigned expected = epoch; /* when another writer has flipped it already, that is as good */
    atomic_compare_exchange_strong(&self->epoch, &expected, other);
    readers_wait_for_epoch(self, epoch);
}

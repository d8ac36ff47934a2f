/* The counters are allocated with mmap() and not with malloc(), because the table is large (each
 * thread has a slot for each method) and most of it is never used. Pages that are not written use
 * no memory. */
#include "server/call_counts.h"

#include <stddef.h>
#include <sys/mman.h>

#include "base/clock.h"

static void *pages_new(size_t size)
{
    void *pages = mmap(
        NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return pages != MAP_FAILED ? pages : NULL;
}

static void pages_free(void *pages, size_t size)
{
    if (pages != NULL)
        munmap(pages, size);
}

call_counts *call_counts_new(void)
{
    return pages_new(sizeof(call_counts));
}

void call_counts_free(call_counts *self)
{
    pages_free(self, sizeof *self);
}

turned_away_counts *turned_away_new(void)
{
    return pages_new(sizeof(turned_away_counts));
}

void turned_away_free(turned_away_counts *self)
{
    pages_free(self, sizeof *self);
}

void call_counts_end(call_counts *self, int64_t received_ns, bool is_error)
{
    call_counts_slot *slot = &self->slots[thread_slot()];
    int64_t took_ns = clock_now_ns() - received_ns;
    uint64_t counted_ns = took_ns > 0 ? (uint64_t)took_ns : 1;
    atomic_fetch_add_explicit(&slot->ended[latency_bucket(counted_ns)], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&slot->sum_ns, counted_ns, memory_order_relaxed);
    if (is_error)
        atomic_fetch_add_explicit(&slot->errors, 1, memory_order_relaxed);
}

static uint64_t counter_read(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static void call_counts_add_ended(const call_counts_slot *slot, dubboc_latency *ended)
{
    uint64_t sum_ns = counter_read(&slot->sum_ns);
    ended->sum_ns += sum_ns;
    for (unsigned i = 0; sum_ns > 0 && i < DUBBOC_LATENCY_BUCKETS; i++) {
        uint64_t count = counter_read(&slot->ended[i]);
        ended->buckets[i] += count;
        ended->count += count;
    }
}

void call_counts_sum(const call_counts *self, call_sums *sums)
{
    for (int i = 0; i < THREAD_SLOTS; i++) {
        call_counts_add_ended(&self->slots[i], &sums->ended);
        sums->errors += counter_read(&self->slots[i].errors);
    }
    /* The begun calls are read after the ended calls, because the number of running calls could
     * otherwise be negative. */
    for (int i = 0; i < THREAD_SLOTS; i++)
        sums->begun += counter_read(&self->slots[i].begun);
}

uint64_t turned_away_sum(const turned_away_counts *self, turned_away kind)
{
    uint64_t sum = 0;
    for (int i = 0; i < THREAD_SLOTS; i++)
        sum += counter_read(&self->slots[i].counts[kind]);
    return sum;
}

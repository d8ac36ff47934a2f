/* The retry budget keeps a ring of counts, one for each of the last seconds. A count is reset when
 * its place in the ring is used for a new second. */
#include "client/counters.h"

#include "base/clock.h"

#define BUDGET_PERCENT 20
#define BUDGET_LEAST 3

void counters_init(counters *self)
{
    mutex_init(&self->budget_lock, MUTEX_RANK_BUDGET);
}

void counters_fini(counters *self)
{
    mutex_fini(&self->budget_lock);
}

static void second_count_add(second_count *ring, int64_t second)
{
    second_count *bucket = &ring[second % BUDGET_SECONDS];
    if (atomic_load_explicit(&bucket->second, memory_order_relaxed) != second) {
        /* Two threads that share a slot may both reset the count and so lose a call or two. That is
         * harmless, because the budget is an estimate. */
        atomic_store_explicit(&bucket->count, 0, memory_order_relaxed);
        atomic_store_explicit(&bucket->second, second, memory_order_relaxed);
    }
    atomic_fetch_add_explicit(&bucket->count, 1, memory_order_relaxed);
}

static uint64_t second_count_sum(const second_count *ring, int64_t second)
{
    uint64_t sum = 0;
    for (int i = 0; i < BUDGET_SECONDS; i++) {
        int64_t age = second - atomic_load_explicit(&ring[i].second, memory_order_relaxed);
        if (age >= 0 && age < BUDGET_WINDOW_S)
            sum += atomic_load_explicit(&ring[i].count, memory_order_relaxed);
    }
    return sum;
}

counter_slot *counters_begin(counters *self, int64_t now_ns)
{
    counter_slot *slot = &self->slots[thread_slot()];
    /* This is sequentially consistent with the stop flag, which the call reads afterwards: either
     * the thread that frees the client sees this call, or this call sees the flag. */
    atomic_fetch_add(&slot->active, 1);
    second_count_add(slot->calls, now_ns / NS_PER_S);
    return slot;
}

void counters_end(counter_slot *slot, call_end how)
{
    atomic_fetch_add_explicit(&slot->ended[how], 1, memory_order_relaxed);
    atomic_fetch_sub(&slot->active, 1);
}

unsigned counters_active(const counters *self)
{
    unsigned active = 0;
    for (int i = 0; i < THREAD_SLOTS; i++)
        active += atomic_load(&self->slots[i].active);
    return active;
}

uint32_t counters_next_id(counter_slot *slot, unsigned slot_index)
{
    uint32_t number = atomic_fetch_add_explicit(&slot->next_id, 1, memory_order_relaxed);
    uint32_t id = (number * THREAD_SLOTS + slot_index + 1) & 0x7FFFFFFF;
    return id != 0 ? id : 1;
}

bool counters_take_retry(counters *self, int64_t now_ns)
{
    int64_t second = now_ns / NS_PER_S;
    uint64_t calls = 0;
    for (int i = 0; i < THREAD_SLOTS; i++)
        calls += second_count_sum(self->slots[i].calls, second);
    uint64_t allowed = calls * BUDGET_PERCENT / 100;
    if (allowed < BUDGET_LEAST)
        allowed = BUDGET_LEAST;
    mutex_lock(&self->budget_lock);
    bool may = second_count_sum(self->retries, second) < allowed;
    if (may)
        second_count_add(self->retries, second);
    mutex_unlock(&self->budget_lock);
    return may;
}

/* Granting is done by the thread that gives memory back or withdraws, from the head of the
 * queue. */
#include "base/memory_budget.h"

#include <assert.h>
#include <time.h>

#include "base/clock.h"

void memory_budget_init(memory_budget *self, size_t max_bytes)
{
    *self = (memory_budget){.max_bytes = max_bytes};
    mutex_init(&self->lock, MUTEX_RANK_MEMORY);
    condition_init(&self->granted);
}

void memory_budget_fini(memory_budget *self)
{
    assert(self->used_bytes == 0 && self->first == NULL);
    condition_fini(&self->granted);
    mutex_fini(&self->lock);
}

static void memory_budget_queue_locked(memory_budget *self, memory_waiter *waiter)
{
    waiter->is_queued = true;
    waiter->next = NULL;
    waiter->previous = self->last;
    *(self->last != NULL ? &self->last->next : &self->first) = waiter;
    self->last = waiter;
    self->waiting++;
}

static void memory_budget_unqueue_locked(memory_budget *self, memory_waiter *waiter)
{
    *(waiter->previous != NULL ? &waiter->previous->next : &self->first) = waiter->next;
    *(waiter->next != NULL ? &waiter->next->previous : &self->last) = waiter->previous;
    waiter->is_queued = false;
    waiter->next = waiter->previous = NULL;
    self->waiting--;
}

static bool memory_budget_fits_locked(const memory_budget *self, size_t bytes)
{
    return bytes <= self->max_bytes - self->used_bytes;
}

/* Grants the requests at the head of the queue that fit now. Returns their waiters that have a
 * callback, linked by next; the caller must call the callbacks after unlocking. A waiting thread
 * has no callback and is woken here. */
static memory_waiter *memory_budget_grant_locked(memory_budget *self)
{
    memory_waiter *granted = NULL, **end = &granted, *waiter;
    while ((waiter = self->first) != NULL && memory_budget_fits_locked(self, waiter->bytes)) {
        memory_budget_unqueue_locked(self, waiter);
        self->used_bytes += waiter->bytes;
        if (waiter->granted == NULL) {
            condition_wake_all(&self->granted);
            continue;
        }
        *end = waiter;
        end = &waiter->next;
    }
    return granted;
}

static void memory_budget_tell(memory_waiter *granted)
{
    while (granted != NULL) {
        memory_waiter *waiter = granted;
        granted = waiter->next; /* before the call, because the callback may free the waiter */
        waiter->granted(waiter);
    }
}

static bool memory_budget_take_locked(memory_budget *self, size_t bytes)
{
    if (self->first != NULL || !memory_budget_fits_locked(self, bytes))
        return false;
    self->used_bytes += bytes;
    return true;
}

bool memory_budget_take_or_queue(memory_budget *self, size_t bytes, memory_waiter *waiter)
{
    assert(bytes <= self->max_bytes && waiter->granted != NULL);
    mutex_lock(&self->lock);
    waiter->bytes = bytes;
    bool is_taken = memory_budget_take_locked(self, bytes);
    if (!is_taken)
        memory_budget_queue_locked(self, waiter);
    mutex_unlock(&self->lock);
    return is_taken;
}

bool memory_budget_withdraw(memory_budget *self, memory_waiter *waiter)
{
    mutex_lock(&self->lock);
    bool was_queued = waiter->is_queued;
    if (was_queued)
        memory_budget_unqueue_locked(self, waiter);
    memory_waiter *granted = memory_budget_grant_locked(self); /* the next request may fit now */
    mutex_unlock(&self->lock);
    memory_budget_tell(granted);
    return was_queued;
}

bool memory_budget_wait(memory_budget *self, size_t bytes, size_t waiters_max, int64_t deadline_ns)
{
    memory_waiter waiter = {.bytes = bytes};
    memory_waiter *granted = NULL;
    assert(bytes <= self->max_bytes);
    mutex_lock(&self->lock);
    bool is_taken = memory_budget_take_locked(self, bytes);
    if (!is_taken && self->waiting < waiters_max) {
        memory_budget_queue_locked(self, &waiter);
        while (waiter.is_queued && condition_wait(&self->granted, &self->lock, deadline_ns))
            continue;
        is_taken = !waiter.is_queued;
        if (waiter.is_queued) {
            memory_budget_unqueue_locked(self, &waiter);
            granted = memory_budget_grant_locked(self);
        }
    }
    mutex_unlock(&self->lock);
    memory_budget_tell(granted);
    return is_taken;
}

void memory_budget_give_back(memory_budget *self, size_t bytes)
{
    mutex_lock(&self->lock);
    assert(bytes <= self->used_bytes);
    self->used_bytes -= bytes;
    memory_waiter *granted = memory_budget_grant_locked(self);
    mutex_unlock(&self->lock);
    memory_budget_tell(granted);
}

size_t memory_budget_waiting(memory_budget *self)
{
    mutex_lock(&self->lock);
    size_t waiting = self->waiting;
    mutex_unlock(&self->lock);
    return waiting;
}

size_t memory_budget_used(memory_budget *self)
{
    mutex_lock(&self->lock);
    size_t used = self->used_bytes;
    mutex_unlock(&self->lock);
    return used;
}

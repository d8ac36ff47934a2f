/* A flag, an eventfd for threads that poll, and a queue of waiters. */
#include "base/stop_signal.h"

bool stop_signal_init(stop_signal *self)
{
    atomic_init(&self->is_given, false);
    self->watched = (waiter_queue){.first = NULL};
    mutex_init(&self->lock, MUTEX_RANK_STOP);
    return wake_open(&self->descriptor);
}

void stop_signal_fini(stop_signal *self)
{
    wake_close(&self->descriptor);
    mutex_fini(&self->lock);
}

void stop_signal_give(stop_signal *self)
{
    mutex_lock(&self->lock);
    atomic_store(&self->is_given, true);
    waiter_queue_wake_all(&self->watched);
    mutex_unlock(&self->lock);
    if (self->descriptor.fd >= 0)
        wake_signal(&self->descriptor);
}

bool stop_signal_watch(stop_signal *self, waiter_entry *entry, waiter *of)
{
    mutex_lock(&self->lock);
    bool is_given = stop_signal_is_given(self);
    if (!is_given)
        waiter_queue_join(&self->watched, entry, of);
    mutex_unlock(&self->lock);
    return !is_given;
}

void stop_signal_unwatch(stop_signal *self, waiter_entry *entry)
{
    mutex_lock(&self->lock);
    waiter_queue_leave(&self->watched, entry);
    mutex_unlock(&self->lock);
}

void stop_signal_block(stop_signal *self, thread_waiter *thread, int64_t deadline_ns)
{
    waiter_entry entry = {0};
    if (!stop_signal_watch(self, &entry, &thread->waiter))
        return;
    thread_waiter_wait(thread, deadline_ns);
    stop_signal_unwatch(self, &entry);
}

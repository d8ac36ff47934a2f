/* The events are a linked list under a lock, so putting one in needs no memory. */
#include "registry/zookeeper/mailbox.h"

#include "base/condition.h"
#include "base/mem.h"
#include "base/mutex.h"

struct zk_mailbox {
    atomic_uint refs;
    mutex lock;
    /* Under lock: */
    condition arrived; /* signalled when first or missed is set */
    zk_event *first;
    zk_event **end; /* where to link the next event */
    bool missed;    /* an event was lost since the last zk_mailbox_take() */
    bool is_closed;
};

zk_mailbox *zk_mailbox_new(void)
{
    zk_mailbox *self = MEM_NEW(zk_mailbox);
    if (self == NULL)
        return NULL;
    atomic_init(&self->refs, 1);
    self->end = &self->first;
    mutex_init(&self->lock, MUTEX_RANK_ZK_MAILBOX);
    condition_init(&self->arrived);
    return self;
}

zk_mailbox *zk_mailbox_ref(zk_mailbox *self)
{
    atomic_fetch_add(&self->refs, 1);
    return self;
}

void zk_mailbox_unref(zk_mailbox *self)
{
    if (self == NULL || atomic_fetch_sub(&self->refs, 1) > 1)
        return;
    for (zk_event *event = self->first, *next; event != NULL; event = next) {
        next = event->next;
        zk_event_free(event);
    }
    condition_fini(&self->arrived);
    mutex_fini(&self->lock);
    free(self);
}

bool zk_mailbox_put(zk_mailbox *self, zk_event *event)
{
    event->next = NULL;
    mutex_lock(&self->lock);
    bool is_open = !self->is_closed;
    if (is_open) {
        *self->end = event;
        self->end = &event->next;
        condition_wake_one(&self->arrived);
    }
    mutex_unlock(&self->lock);
    return is_open;
}

void zk_mailbox_deliver(zk_mailbox *self, zk_event *event)
{
    if (!zk_mailbox_put(self, event))
        zk_event_free(event);
}

void zk_mailbox_miss(zk_mailbox *self)
{
    mutex_lock(&self->lock);
    self->missed = true;
    condition_wake_one(&self->arrived);
    mutex_unlock(&self->lock);
}

static zk_event *mailbox_take_all_locked(zk_mailbox *self)
{
    zk_event *events = self->first;
    self->first = NULL;
    self->end = &self->first;
    return events;
}

zk_event *zk_mailbox_take(zk_mailbox *self, int64_t deadline_ns, bool *missed)
{
    mutex_lock(&self->lock);
    while (self->first == NULL && !self->missed &&
           condition_wait(&self->arrived, &self->lock, deadline_ns))
        continue;
    zk_event *events = mailbox_take_all_locked(self);
    *missed = self->missed;
    self->missed = false;
    mutex_unlock(&self->lock);
    return events;
}

zk_event *zk_mailbox_close(zk_mailbox *self)
{
    mutex_lock(&self->lock);
    self->is_closed = true;
    zk_event *events = mailbox_take_all_locked(self);
    mutex_unlock(&self->lock);
    return events;
}

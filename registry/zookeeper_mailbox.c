/* A list under a lock. */
#include "registry/zookeeper_mailbox.h"

#include <pthread.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"

struct zk_mailbox {
    atomic_uint refs;
    pthread_mutex_t lock;
    pthread_cond_t arrived;
    zk_event *first;
    zk_event **end;
    bool missed;
    bool is_closed;
};

zk_mailbox *zk_mailbox_new(void)
{
    zk_mailbox *self = MEM_NEW(zk_mailbox);
    if (self == NULL)
        return NULL;
    atomic_init(&self->refs, 1);
    self->end = &self->first;
    pthread_mutex_init(&self->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&self->arrived, &monotonic);
    pthread_condattr_destroy(&monotonic);
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
    pthread_cond_destroy(&self->arrived);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

bool zk_mailbox_put(zk_mailbox *self, zk_event *event)
{
    event->next = NULL;
    pthread_mutex_lock(&self->lock);
    bool is_open = !self->is_closed;
    if (is_open) {
        *self->end = event;
        self->end = &event->next;
        pthread_cond_signal(&self->arrived);
    }
    pthread_mutex_unlock(&self->lock);
    return is_open;
}

void zk_mailbox_miss(zk_mailbox *self)
{
    pthread_mutex_lock(&self->lock);
    self->missed = true;
    pthread_cond_signal(&self->arrived);
    pthread_mutex_unlock(&self->lock);
}

/* The waiting itself goes by the kernel's clock, whatever clock the tests put in: it only bounds how long nothing is looked at. */
static void wait_locked(zk_mailbox *self, int64_t deadline_ns)
{
    int left_ms = deadline_poll_ms(deadline_ns);
    if (left_ms < 0) {
        pthread_cond_wait(&self->arrived, &self->lock);
        return;
    }
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t nsec = until.tv_nsec + (left_ms % 1000) * NS_PER_MS;
    until.tv_sec += left_ms / 1000 + (time_t)(nsec / NS_PER_S);
    until.tv_nsec = (long)(nsec % NS_PER_S);
    pthread_cond_timedwait(&self->arrived, &self->lock, &until);
}

static zk_event *take_all_locked(zk_mailbox *self)
{
    zk_event *events = self->first;
    self->first = NULL;
    self->end = &self->first;
    return events;
}

zk_event *zk_mailbox_take(zk_mailbox *self, int64_t deadline_ns, bool *missed)
{
    pthread_mutex_lock(&self->lock);
    while (self->first == NULL && !self->missed && !deadline_is_over(deadline_ns))
        wait_locked(self, deadline_ns);
    zk_event *events = take_all_locked(self);
    *missed = self->missed;
    self->missed = false;
    pthread_mutex_unlock(&self->lock);
    return events;
}

zk_event *zk_mailbox_close(zk_mailbox *self)
{
    pthread_mutex_lock(&self->lock);
    self->is_closed = true;
    zk_event *events = take_all_locked(self);
    pthread_mutex_unlock(&self->lock);
    return events;
}

/* Notices with a pending reading are a list; the thread takes the first, unlocks, and calls its run
 * function. */
#include "registry/zookeeper/notify.h"

#include <assert.h>
#include <pthread.h>

#include "base/condition.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/mutex.h"
#include "base/thread.h"

struct zk_notifier {
    pthread_t thread;
    mutex lock;
    /* Guarded by lock, which also guards all fields of each zk_notice except run: */
    condition arrived;  /* signalled when first or is_stopping is set */
    condition finished; /* signalled when a call of run has ended */
    zk_notice *first;   /* notices with a pending reading, in the order in which they are called */
    bool is_stopping;
};

static zk_notice *notifier_take_locked(zk_notifier *self)
{
    while (self->first == NULL && !self->is_stopping)
        condition_wait(&self->arrived, &self->lock, DEADLINE_NEVER);
    if (self->is_stopping)
        return NULL;
    zk_notice *notice = self->first;
    self->first = notice->next;
    notice->next = NULL;
    return notice;
}

static void *notifier_run(void *arg)
{
    zk_notifier *self = arg;
    mutex_lock(&self->lock);
    for (zk_notice *notice; (notice = notifier_take_locked(self)) != NULL;) {
        zk_reading *reading = notice->pending;
        notice->pending = NULL;
        notice->is_running = true;
        mutex_unlock(&self->lock);
        notice->run(notice, reading);
        zk_reading_unref(reading);
        mutex_lock(&self->lock);
        notice->is_running = false;
        condition_wake_all(&self->finished);
    }
    mutex_unlock(&self->lock);
    return NULL;
}

static void notifier_free(zk_notifier *self)
{
    condition_fini(&self->finished);
    condition_fini(&self->arrived);
    mutex_fini(&self->lock);
    free(self);
}

dubboc_status zk_notifier_start(zk_notifier **notifier, dubboc_error *err)
{
    zk_notifier *self = MEM_NEW(zk_notifier);
    if (self == NULL)
        return error_no_memory(err);
    mutex_init(&self->lock, MUTEX_RANK_ZK_NOTIFIER);
    condition_init(&self->arrived);
    condition_init(&self->finished);
    dubboc_status status = thread_start(&self->thread, notifier_run, self, "zk-notify", err);
    if (status == DUBBOC_OK)
        *notifier = self;
    else
        notifier_free(self);
    return status;
}

static void notifier_append_locked(zk_notifier *self, zk_notice *notice)
{
    zk_notice **at = &self->first;
    while (*at != NULL)
        at = &(*at)->next;
    *at = notice;
    notice->next = NULL;
    condition_wake_one(&self->arrived);
}

void zk_notifier_put(zk_notifier *self, zk_notice *notice, zk_reading *reading)
{
    zk_reading *former = NULL;
    mutex_lock(&self->lock);
    if (!notice->is_ended) {
        former = notice->pending;
        notice->pending = zk_reading_ref(reading);
        if (former == NULL)
            notifier_append_locked(self, notice);
    }
    mutex_unlock(&self->lock);
    zk_reading_unref(former);
}

static void notifier_remove_locked(zk_notifier *self, zk_notice *notice)
{
    zk_notice **at = &self->first;
    while (*at != NULL && *at != notice)
        at = &(*at)->next;
    if (*at != NULL)
        *at = notice->next;
}

void zk_notifier_end(zk_notifier *self, zk_notice *notice)
{
    mutex_lock(&self->lock);
    assert(!notice->is_running || !pthread_equal(pthread_self(), self->thread));
    notice->is_ended = true;
    notifier_remove_locked(self, notice);
    zk_reading *pending = notice->pending;
    notice->pending = NULL;
    while (notice->is_running)
        condition_wait(&self->finished, &self->lock, DEADLINE_NEVER);
    mutex_unlock(&self->lock);
    zk_reading_unref(pending);
}

void zk_notifier_stop(zk_notifier *self)
{
    if (self == NULL)
        return;
    mutex_lock(&self->lock);
    self->is_stopping = true;
    condition_wake_one(&self->arrived);
    mutex_unlock(&self->lock);
    pthread_join(self->thread, NULL);
    notifier_free(self);
}

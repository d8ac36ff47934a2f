#include "registry/zookeeper_notify.h"

#include <assert.h>
#include <pthread.h>

#include "base/mem.h"
#include "registry/registry_ops.h"

struct zk_notifier {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t arrived;
    pthread_cond_t finished; /* a notice has run */
    zk_notice *first;
    bool is_stopping;
};

static zk_notice *take_locked(zk_notifier *self)
{
    while (self->first == NULL && !self->is_stopping)
        pthread_cond_wait(&self->arrived, &self->lock);
    if (self->is_stopping)
        return NULL;
    zk_notice *notice = self->first;
    self->first = notice->next;
    notice->next = NULL;
    return notice;
}

static void *notify(void *arg)
{
    zk_notifier *self = arg;
    pthread_mutex_lock(&self->lock);
    for (zk_notice *notice; (notice = take_locked(self)) != NULL;) {
        zk_reading *reading = notice->pending;
        notice->pending = NULL;
        notice->is_running = true;
        pthread_mutex_unlock(&self->lock);
        notice->run(notice, reading);
        zk_reading_unref(reading);
        pthread_mutex_lock(&self->lock);
        notice->is_running = false;
        pthread_cond_broadcast(&self->finished);
    }
    pthread_mutex_unlock(&self->lock);
    return NULL;
}

static void destroy(zk_notifier *self)
{
    pthread_cond_destroy(&self->finished);
    pthread_cond_destroy(&self->arrived);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

zk_notifier *zk_notifier_start(void)
{
    zk_notifier *self = MEM_NEW(zk_notifier);
    if (self == NULL)
        return NULL;
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->arrived, NULL);
    pthread_cond_init(&self->finished, NULL);
    if (registry_thread_start(&self->thread, notify, self, "zk-notify") == 0)
        return self;
    destroy(self);
    return NULL;
}

static void append_locked(zk_notifier *self, zk_notice *notice)
{
    zk_notice **at = &self->first;
    while (*at != NULL)
        at = &(*at)->next;
    *at = notice;
    notice->next = NULL;
    pthread_cond_signal(&self->arrived);
}

void zk_notifier_put(zk_notifier *self, zk_notice *notice, zk_reading *reading)
{
    zk_reading *former = NULL;
    pthread_mutex_lock(&self->lock);
    if (!notice->is_ended) {
        former = notice->pending;
        notice->pending = zk_reading_ref(reading);
        if (former == NULL)
            append_locked(self, notice);
    }
    pthread_mutex_unlock(&self->lock);
    zk_reading_unref(former);
}

static void remove_locked(zk_notifier *self, zk_notice *notice)
{
    zk_notice **at = &self->first;
    while (*at != NULL && *at != notice)
        at = &(*at)->next;
    if (*at != NULL)
        *at = notice->next;
}

void zk_notifier_end(zk_notifier *self, zk_notice *notice)
{
    pthread_mutex_lock(&self->lock);
    assert(!notice->is_running || !pthread_equal(pthread_self(), self->thread));
    notice->is_ended = true;
    remove_locked(self, notice);
    zk_reading *pending = notice->pending;
    notice->pending = NULL;
    while (notice->is_running)
        pthread_cond_wait(&self->finished, &self->lock);
    pthread_mutex_unlock(&self->lock);
    zk_reading_unref(pending);
}

void zk_notifier_stop(zk_notifier *self)
{
    if (self == NULL)
        return;
    pthread_mutex_lock(&self->lock);
    self->is_stopping = true;
    pthread_cond_signal(&self->arrived);
    pthread_mutex_unlock(&self->lock);
    pthread_join(self->thread, NULL);
    destroy(self);
}

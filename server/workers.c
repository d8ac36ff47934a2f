/* The worker pool: one ring of waiting work under one lock, and threads that take from it in order. */
#include "server/workers.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>

#include "base/error.h"
#include "base/mem.h"

struct workers {
    workers_settings settings;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t has_work;
    void **ring;
    size_t first;
    size_t waiting;
    size_t idle; /* threads that wait for work */
    bool is_stopped;
    pthread_t *threads;
    int thread_count;
};

int quiet_thread_start(pthread_t *thread, void *(*run)(void *arg), void *arg)
{
    sigset_t all, former;
    sigfillset(&all);
    int problem = pthread_sigmask(SIG_SETMASK, &all, &former);
    if (problem != 0)
        return problem;
    problem = pthread_create(thread, NULL, run, arg);
    pthread_sigmask(SIG_SETMASK, &former, NULL);
    return problem;
}

/* NULL: none is waiting. */
static void *take_locked(workers *self)
{
    if (self->waiting == 0)
        return NULL;
    void *work = self->ring[self->first];
    self->first = (self->first + 1) % (size_t)self->settings.queue_max;
    self->waiting--;
    return work;
}

/* Waits for work; NULL: the pool is stopped. */
static void *take(workers *self)
{
    pthread_mutex_lock(&self->lock);
    self->idle++;
    while (self->waiting == 0 && !self->is_stopped)
        pthread_cond_wait(&self->has_work, &self->lock);
    self->idle--;
    void *work = self->is_stopped ? NULL : take_locked(self);
    pthread_mutex_unlock(&self->lock);
    return work;
}

static void *work_on(void *arg)
{
    workers *self = arg;
    void *work;
    while ((work = take(self)) != NULL)
        self->settings.run(work);
    return NULL;
}

dubboc_status workers_new(const workers_settings *settings, workers **self, dubboc_error *err)
{
    assert(settings->threads >= 1 && settings->threads <= WORKERS_MAX);
    assert(settings->queue_max >= 1 && settings->queue_max <= WORKERS_QUEUE_MAX);
    workers *made = MEM_NEW(workers);
    if (made == NULL)
        return error_no_memory(err);
    made->settings = *settings;
    pthread_mutex_init(&made->lock, NULL);
    pthread_cond_init(&made->has_work, NULL);
    made->ring = MEM_NEW_ARRAY((size_t)settings->queue_max, void *);
    made->threads = MEM_NEW_ARRAY((size_t)settings->threads, pthread_t);
    if (made->ring == NULL || made->threads == NULL) {
        workers_free(made);
        return error_no_memory(err);
    }
    for (; made->thread_count < settings->threads; made->thread_count++) {
        int problem = quiet_thread_start(&made->threads[made->thread_count], work_on, made);
        if (problem == 0)
            continue;
        int started = made->thread_count;
        workers_free(made);
        return error_set(
            err, DUBBOC_E_SYSTEM, "worker %d of %d cannot be started: %s", started + 1, settings->threads, strerror(problem));
    }
    *self = made;
    return DUBBOC_OK;
}

bool workers_push(workers *self, void *work)
{
    pthread_mutex_lock(&self->lock);
    bool has_place = !self->is_stopped && self->waiting < (size_t)self->settings.queue_max;
    if (has_place) {
        self->ring[(self->first + self->waiting) % (size_t)self->settings.queue_max] = work;
        self->waiting++;
    }
    bool wakes = has_place && self->idle > 0;
    pthread_mutex_unlock(&self->lock);
    if (wakes)
        pthread_cond_signal(&self->has_work);
    return has_place;
}

void workers_stop(workers *self)
{
    pthread_mutex_lock(&self->lock);
    self->is_stopped = true;
    pthread_mutex_unlock(&self->lock);
    pthread_cond_broadcast(&self->has_work);
    for (;;) {
        pthread_mutex_lock(&self->lock);
        void *work = take_locked(self);
        pthread_mutex_unlock(&self->lock);
        if (work == NULL)
            break;
        self->settings.refuse(work);
    }
    for (int i = 0; i < self->thread_count; i++)
        pthread_join(self->threads[i], NULL);
    self->thread_count = 0;
}

void workers_free(workers *self)
{
    if (self == NULL)
        return;
    if (self->thread_count > 0)
        workers_stop(self);
    pthread_cond_destroy(&self->has_work);
    pthread_mutex_destroy(&self->lock);
    free(self->ring);
    free(self->threads);
    free(self);
}

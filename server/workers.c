/* The worker pool: threads that take requests from one queue under one lock, and the reaper, a
 * thread that refuses requests that are too late while all workers are busy. */
#include "server/workers.h"

#include <assert.h>
#include <errno.h>

#include "base/clock.h"
#include "base/condition.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/mutex.h"
#include "base/thread.h"

/* While requests wait, the reaper looks this often for requests that are too late. */
#define REAP_INTERVAL_NS (20 * NS_PER_MS)

struct workers {
    workers_settings settings;
    mutex lock; /* guards the fields down to is_stopped */
    condition has_work;
    condition reaper_wanted;
    work_queue queue;
    size_t idle;            /* workers that wait for a request */
    bool is_reaper_resting; /* the reaper waits until it is woken, because the queue is empty */
    bool is_stopped;
    /* Not guarded: written only before the threads start and after they have ended. */
    pthread_t *threads;
    int thread_count;
    pthread_t reaper;
    bool has_reaper;
};

static void workers_refuse(workers *self, work *refused)
{
    while (refused != NULL) {
        work *next = refused->older; /* refuse() frees the request */
        self->settings.refuse(refused);
        refused = next;
    }
}

/* Waits for a request. NULL: there is none to run, but *refused may hold requests to refuse. */
static work *workers_take(workers *self, work **refused, bool *is_stopped)
{
    *refused = NULL;
    mutex_lock(&self->lock);
    self->idle++;
    while (self->queue.count == 0 && !self->is_stopped)
        condition_wait(&self->has_work, &self->lock, DEADLINE_NEVER);
    self->idle--;
    *is_stopped = self->is_stopped;
    work *taken = self->is_stopped ? NULL : work_queue_take(&self->queue, clock_now_ns(), refused);
    mutex_unlock(&self->lock);
    return taken;
}

static void *workers_work(void *arg)
{
    workers *self = arg;
    bool is_stopped = false;
    while (!is_stopped) {
        work *refused, *taken = workers_take(self, &refused, &is_stopped);
        workers_refuse(self, refused);
        if (taken != NULL)
            self->settings.run(taken);
    }
    return NULL;
}

/* Waits until the next check is due; while the queue is empty, until the reaper is woken. */
static void workers_reaper_wait_locked(workers *self)
{
    self->is_reaper_resting = self->queue.count == 0;
    int64_t next_ns = self->is_reaper_resting ? DEADLINE_NEVER : clock_now_ns() + REAP_INTERVAL_NS;
    condition_wait(&self->reaper_wanted, &self->lock, next_ns);
    self->is_reaper_resting = false;
}

static void *workers_reap(void *arg)
{
    workers *self = arg;
    mutex_lock(&self->lock);
    while (!self->is_stopped) {
        workers_reaper_wait_locked(self);
        work *refused = work_queue_expire(&self->queue, clock_now_ns());
        mutex_unlock(&self->lock);
        workers_refuse(self, refused);
        mutex_lock(&self->lock);
    }
    mutex_unlock(&self->lock);
    return NULL;
}

static dubboc_status workers_start_threads(workers *self, dubboc_error *err)
{
    dubboc_status status = thread_start(&self->reaper, workers_reap, self, "dubboc-reaper", err);
    self->has_reaper = status == DUBBOC_OK;
    while (status == DUBBOC_OK && self->thread_count < self->settings.threads) {
        status = thread_start(
            &self->threads[self->thread_count], workers_work, self, "dubboc-worker", err);
        self->thread_count += status == DUBBOC_OK;
    }
    return status;
}

dubboc_status workers_new(const workers_settings *settings, workers **self, dubboc_error *err)
{
    assert(settings->threads >= 1 && settings->threads <= WORKERS_MAX);
    assert(settings->queue_max >= 1 && settings->queue_max <= WORKERS_QUEUE_MAX);
    workers *made = MEM_NEW(workers);
    if (made == NULL)
        return error_no_memory(err);
    made->settings = *settings;
    made->queue.max = (size_t)settings->queue_max;
    mutex_init(&made->lock, MUTEX_RANK_WORKERS);
    condition_init(&made->reaper_wanted);
    condition_init(&made->has_work);
    made->threads = MEM_NEW_ARRAY((size_t)settings->threads, pthread_t);
    dubboc_status status =
        made->threads != NULL ? workers_start_threads(made, err) : error_no_memory(err);
    if (status != DUBBOC_OK) {
        workers_free(made);
        return status;
    }
    *self = made;
    return DUBBOC_OK;
}

void workers_push(workers *self, work *added)
{
    work *refused;
    mutex_lock(&self->lock);
    if (self->is_stopped) {
        added->refusal = WORK_POOL_STOPPED;
        added->older = NULL;
        refused = added;
    } else {
        refused = work_queue_add(&self->queue, added, clock_now_ns());
    }
    bool wakes_worker = self->queue.count > 0 && self->idle > 0;
    /* An idle worker may have been woken for an earlier request and may not have taken it yet. */
    bool wakes_reaper = self->is_reaper_resting && self->queue.count > self->idle;
    if (wakes_reaper)
        self->is_reaper_resting = false;
    mutex_unlock(&self->lock);
    if (wakes_worker)
        condition_wake_one(&self->has_work);
    if (wakes_reaper)
        condition_wake_one(&self->reaper_wanted);
    workers_refuse(self, refused);
}

void workers_stop(workers *self)
{
    mutex_lock(&self->lock);
    self->is_stopped = true;
    work *refused = work_queue_take_all(&self->queue, WORK_POOL_STOPPED);
    mutex_unlock(&self->lock);
    condition_wake_all(&self->has_work);
    condition_wake_one(&self->reaper_wanted);
    workers_refuse(self, refused);
    for (int i = 0; i < self->thread_count; i++)
        pthread_join(self->threads[i], NULL);
    self->thread_count = 0;
    if (self->has_reaper)
        pthread_join(self->reaper, NULL);
    self->has_reaper = false;
}

void workers_free(workers *self)
{
    if (self == NULL)
        return;
    if (self->thread_count > 0 || self->has_reaper)
        workers_stop(self);
    condition_fini(&self->has_work);
    condition_fini(&self->reaper_wanted);
    mutex_fini(&self->lock);
    free(self->threads);
    free(self);
}

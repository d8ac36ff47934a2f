#include "client/io_driver.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

static void driver_step_opener(io_task *task, unsigned why)
{
    io_driver *self = (io_driver *)((char *)task - offsetof(io_driver, opener_task));
    uint64_t turn = io_loop_turn_number(self->loop) + 1;
    (void)why;
    if (self->opener_turn == turn) {
        /* The opener is stepped once in a turn, because each step may begin OPENER_BEGINS_MAX
         * connections. */
        io_loop_post(self->loop, task);
        return;
    }
    self->opener_turn = turn;
    io_loop_set_timer(self->loop, task, http_client_opener_step(self->opener));
}

void io_driver_stop_jobs(io_driver *self)
{
    for (io_job *job = self->jobs, *next; job != NULL; job = next) {
        next = job->next;
        job->stop(job);
    }
}

/* Runs once: the descriptor of a stop signal stays readable, so the loop must forget it. */
static void driver_stop(io_task *task, unsigned why)
{
    io_driver *self = (io_driver *)((char *)task - offsetof(io_driver, stop_task));
    (void)why;
    io_loop_forget(self->loop, task);
    io_driver_stop_jobs(self);
}

static dubboc_status driver_watch(io_driver *self, dubboc_error *err)
{
    self->opener_task.run = driver_step_opener;
    self->stop_task.run = driver_stop;
    if (io_loop_watch(self->loop, &self->opener_task, http_client_opener_fd(self->opener)) &&
        io_loop_watch(self->loop, &self->stop_task, stop_signal_fd(self->stop)))
        return DUBBOC_OK;
    return error_set(err, DUBBOC_E_SYSTEM,
        "the loop of asynchronous calls cannot watch a descriptor: %s", strerrordesc_np(errno));
}

dubboc_status io_driver_new(
    http_client *http, stop_signal *stop, io_driver **made, dubboc_error *err)
{
    io_driver *self = MEM_NEW(io_driver);
    if (self == NULL)
        return error_no_memory(err);
    self->stop = stop;
    dubboc_status status = io_loop_new(&self->loop, err);
    if (status == DUBBOC_OK)
        status = http_client_opener_new(http, &self->opener, err);
    if (status == DUBBOC_OK)
        status = driver_watch(self, err);
    if (status != DUBBOC_OK) {
        io_driver_free(self);
        return status;
    }
    *made = self;
    return DUBBOC_OK;
}

void io_driver_free(io_driver *self)
{
    if (self == NULL)
        return;
    io_loop_free(self->loop);
    http_client_opener_free(self->opener);
    free(self);
}

void io_driver_add(io_driver *self, io_job *job)
{
    job->previous = NULL;
    job->next = self->jobs;
    if (self->jobs != NULL)
        self->jobs->previous = job;
    self->jobs = job;
}

void io_driver_remove(io_driver *self, io_job *job)
{
    io_loop_leave(self->loop, &job->task);
    *(job->previous != NULL ? &job->previous->next : &self->jobs) = job->next;
    if (job->next != NULL)
        job->next->previous = job->previous;
}

http_client_opening *io_driver_open(io_driver *self, http_client_endpoint *endpoint,
    int64_t deadline_ns, http_client_opened opened, void *arg)
{
    http_client_opening *opening =
        http_client_opener_begin(self->opener, endpoint, deadline_ns, opened, arg);
    if (opening != NULL)
        io_loop_post(self->loop, &self->opener_task);
    return opening;
}

/* The thread runs one round at a time. Kicks that arrive during a round are kept in due_ns, so that
 * none is lost. */
#include "selector/upkeep.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/error.h"
#include "base/thread.h"

#define PAUSE_MS 100 /* after poll() has failed, so that the thread does not spin */

void upkeep_init(upkeep *self)
{
    *self = (upkeep){.due_ns = DEADLINE_NEVER, .wake.fd = -1, .watched_fd = -1};
    mutex_init(&self->lock, MUTEX_RANK_UPKEEP);
    condition_init(&self->round_done);
}

void upkeep_fini(upkeep *self)
{
    condition_fini(&self->round_done);
    mutex_fini(&self->lock);
    wake_close(&self->wake);
}

void upkeep_watch(upkeep *self, int fd)
{
    self->watched_fd = fd;
}

/* Waits until the thread must look again. Returns whether the watched descriptor is readable. */
static bool upkeep_wait(const upkeep *self, int64_t due_ns)
{
    struct pollfd fds[] = {
        {.fd = self->wake.fd, .events = POLLIN}, {.fd = self->watched_fd, .events = POLLIN}};
    if (poll(fds, 2, wake_wait_ms(deadline_poll_ms(due_ns))) < 0 && errno != EINTR)
        poll(NULL, 0, PAUSE_MS);
    wake_clear(&self->wake);
    return fds[1].revents != 0;
}

/* Sleeps until a round is due. */
static void upkeep_sleep_locked(upkeep *self)
{
    bool is_readable = false;
    while (!self->is_stopping && self->rounds_asked == self->rounds_done && !is_readable &&
           !deadline_is_over(self->due_ns)) {
        int64_t due_ns = self->due_ns;
        mutex_unlock(&self->lock);
        is_readable = upkeep_wait(self, due_ns);
        mutex_lock(&self->lock);
    }
}

static void *upkeep_run(void *arg)
{
    upkeep *self = arg;
    mutex_lock(&self->lock);
    while (!self->is_stopping) {
        uint64_t asked = self->rounds_asked;
        self->due_ns = DEADLINE_NEVER;
        mutex_unlock(&self->lock);
        int64_t due_ns = self->round(self->arg);
        mutex_lock(&self->lock);
        self->rounds_done = asked;
        condition_wake_all(&self->round_done);
        self->due_ns = deadline_min(self->due_ns, due_ns);
        upkeep_sleep_locked(self);
    }
    mutex_unlock(&self->lock);
    return NULL;
}

dubboc_status upkeep_start(upkeep *self, upkeep_function round, void *arg, dubboc_error *err)
{
    self->round = round;
    self->arg = arg;
    if (!wake_open(&self->wake))
        return error_set(err, DUBBOC_E_SYSTEM,
            "cannot create a descriptor for the upkeep thread: %s", strerrordesc_np(errno));
    dubboc_status status = thread_start(&self->thread, upkeep_run, self, "dubboc-upkeep", err);
    self->is_running = status == DUBBOC_OK;
    return status;
}

void upkeep_stop(upkeep *self)
{
    if (!self->is_running)
        return;
    mutex_lock(&self->lock);
    self->is_stopping = true;
    mutex_unlock(&self->lock);
    wake_signal(&self->wake);
    pthread_join(self->thread, NULL);
    self->is_running = false;
}

void upkeep_kick(upkeep *self, int64_t due_ns)
{
    mutex_lock(&self->lock);
    bool is_earlier = due_ns < self->due_ns;
    if (is_earlier)
        self->due_ns = due_ns;
    mutex_unlock(&self->lock);
    if (is_earlier && self->wake.fd >= 0) /* otherwise the thread is not started yet */
        wake_signal(&self->wake);
}

void upkeep_do_round(upkeep *self)
{
    mutex_lock(&self->lock);
    uint64_t mine = ++self->rounds_asked;
    mutex_unlock(&self->lock);
    wake_signal(&self->wake);
    mutex_lock(&self->lock);
    while (self->is_running && self->rounds_done < mine)
        condition_wait(&self->round_done, &self->lock, DEADLINE_NEVER);
    mutex_unlock(&self->lock);
}

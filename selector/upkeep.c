/* The thread runs one round at a time. Kicks that arrive during a round are kept in due_ns, so that
 * none is lost. */
#include "selector/upkeep.h"

#include "base/thread.h"

void upkeep_init(upkeep *self)
{
    *self = (upkeep){.due_ns = DEADLINE_NEVER};
    mutex_init(&self->lock, MUTEX_RANK_UPKEEP);
    condition_init(&self->wanted);
    condition_init(&self->round_done);
}

void upkeep_fini(upkeep *self)
{
    condition_fini(&self->round_done);
    condition_fini(&self->wanted);
    mutex_fini(&self->lock);
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
        while (!self->is_stopping && self->rounds_asked == self->rounds_done &&
               !deadline_is_over(self->due_ns))
            condition_wait(&self->wanted, &self->lock, self->due_ns);
    }
    mutex_unlock(&self->lock);
    return NULL;
}

dubboc_status upkeep_start(upkeep *self, upkeep_function round, void *arg, dubboc_error *err)
{
    self->round = round;
    self->arg = arg;
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
    condition_wake_one(&self->wanted);
    mutex_unlock(&self->lock);
    pthread_join(self->thread, NULL);
    self->is_running = false;
}

void upkeep_kick(upkeep *self, int64_t due_ns)
{
    mutex_lock(&self->lock);
    if (due_ns < self->due_ns) {
        self->due_ns = due_ns;
        condition_wake_one(&self->wanted);
    }
    mutex_unlock(&self->lock);
}

void upkeep_do_round(upkeep *self)
{
    mutex_lock(&self->lock);
    uint64_t mine = ++self->rounds_asked;
    condition_wake_one(&self->wanted);
    while (self->is_running && self->rounds_done < mine)
        condition_wait(&self->round_done, &self->lock, DEADLINE_NEVER);
    mutex_unlock(&self->lock);
}

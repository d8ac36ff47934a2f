/* A condition with a reference count. */
#include "registry/zookeeper/completion.h"

void zk_completion_init(zk_completion *self, unsigned refs)
{
    atomic_init(&self->refs, refs);
    mutex_init(&self->lock, MUTEX_RANK_ZK_COMPLETION);
    condition_init(&self->done);
    self->is_done = false;
}

void zk_completion_ref(zk_completion *self)
{
    atomic_fetch_add(&self->refs, 1);
}

bool zk_completion_unref(zk_completion *self)
{
    if (atomic_fetch_sub(&self->refs, 1) > 1)
        return false;
    condition_fini(&self->done);
    mutex_fini(&self->lock);
    return true;
}

void zk_completion_set_done(zk_completion *self)
{
    mutex_lock(&self->lock);
    self->is_done = true;
    condition_wake_all(&self->done);
    mutex_unlock(&self->lock);
}

bool zk_completion_wait(zk_completion *self, int64_t timeout_ms)
{
    int64_t deadline_ns = deadline_in_ms(timeout_ms);
    mutex_lock(&self->lock);
    while (!self->is_done && condition_wait(&self->done, &self->lock, deadline_ns))
        continue;
    bool is_done = self->is_done;
    mutex_unlock(&self->lock);
    return is_done;
}

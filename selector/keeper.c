/* The keeper: one thread of a selector that does what is due, so that neither callers nor the registry's threads wait for a disk or a second reading. It sleeps until
 * the earliest time that a directory has noted, or until it is kicked; and it looks now and then for connections that nobody has used for too long. */
#include <signal.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "selector/parts.h"

bool condition_init(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0)
        return false;
    bool is_made = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 && pthread_cond_init(condition, &attributes) == 0;
    pthread_condattr_destroy(&attributes);
    return is_made;
}

void condition_wait(pthread_cond_t *condition, pthread_mutex_t *lock, int64_t deadline_ns)
{
    if (deadline_ns == DEADLINE_NEVER) {
        pthread_cond_wait(condition, lock);
        return;
    }
    int64_t left_ns = deadline_ns - clock_now_ns();
    if (left_ns <= 0)
        return;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t ns = until.tv_nsec + left_ns % NS_PER_S;
    until.tv_sec += (time_t)(left_ns / NS_PER_S + ns / NS_PER_S);
    until.tv_nsec = (long)(ns % NS_PER_S);
    pthread_cond_timedwait(condition, lock, &until);
}

/* Does all that is due. When to come again. */
static int64_t do_round(selector *self)
{
    int64_t now_ns = clock_now_ns();
    int64_t due_ns = deadline_min(http_client_close_stale(self->providers.http), provider_set_sweep(&self->providers, now_ns));
    for (directory *each = atomic_load(&self->directories); each != NULL; each = each->next)
        if (!each->is_fixed)
            due_ns = deadline_min(due_ns, directory_tick(each, now_ns, false));
    return due_ns;
}

static void *keep(void *arg)
{
    selector *self = arg;
    pthread_mutex_lock(&self->lock);
    while (!self->is_ending) {
        uint64_t asked = self->rounds_asked;
        self->keeper_due_ns = DEADLINE_NEVER;
        pthread_mutex_unlock(&self->lock);
        int64_t due_ns = do_round(self);
        pthread_mutex_lock(&self->lock);
        self->rounds_done = asked;
        pthread_cond_broadcast(&self->changed);
        self->keeper_due_ns = deadline_min(self->keeper_due_ns, due_ns);
        while (!self->is_ending && self->rounds_asked == self->rounds_done && !deadline_is_over(self->keeper_due_ns))
            condition_wait(&self->wanted, &self->lock, self->keeper_due_ns);
    }
    pthread_mutex_unlock(&self->lock);
    return NULL;
}

dubboc_status keeper_start(selector *self, dubboc_error *err)
{
    sigset_t all, former;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &former); /* the program's signals are not for this thread */
    int failure = pthread_create(&self->keeper, NULL, keep, self);
    pthread_sigmask(SIG_SETMASK, &former, NULL);
    if (failure != 0)
        return error_set(err, DUBBOC_E_SYSTEM, "no thread for the selector: %s", strerror(failure));
    self->has_keeper = true;
    return DUBBOC_OK;
}

void keeper_end(selector *self)
{
    if (!self->has_keeper)
        return;
    pthread_mutex_lock(&self->lock);
    self->is_ending = true;
    pthread_cond_signal(&self->wanted);
    pthread_mutex_unlock(&self->lock);
    pthread_join(self->keeper, NULL);
    self->has_keeper = false;
}

void keeper_kick(selector *self, int64_t due_ns)
{
    pthread_mutex_lock(&self->lock);
    if (due_ns < self->keeper_due_ns) {
        self->keeper_due_ns = due_ns;
        pthread_cond_signal(&self->wanted);
    }
    pthread_mutex_unlock(&self->lock);
}

void keeper_round(selector *self)
{
    pthread_mutex_lock(&self->lock);
    uint64_t mine = ++self->rounds_asked;
    pthread_cond_signal(&self->wanted);
    while (self->has_keeper && self->rounds_done < mine)
        pthread_cond_wait(&self->changed, &self->lock);
    pthread_mutex_unlock(&self->lock);
}

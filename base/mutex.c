/* Each thread keeps a list of the mutexes that it holds, to check ranks and owners. Builds with
 * NDEBUG do not. */
#include "base/mutex.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

void mutex_init(mutex *self, mutex_rank rank)
{
    self->rank = rank;
    if (pthread_mutex_init(&self->mutex, NULL) != 0)
        /* Cannot fail on Linux with default attributes. */
        abort();
}

void mutex_fini(mutex *self)
{
    int failed = pthread_mutex_destroy(&self->mutex);
    assert(failed == 0);
    (void)failed;
}

#ifndef NDEBUG

#define HELD_MAX 8

/* The mutexes that this thread holds, in the order in which they were locked. */
static _Thread_local struct {
    const mutex *held[HELD_MAX];
    size_t count;
} mine;

static void mutex_fail(const char *what, const mutex *self, const mutex *held)
{
    fprintf(stderr, "mutex of rank %d %s", (int)self->rank, what);
    if (held != NULL)
        fprintf(stderr, " %d", (int)held->rank);
    fputs(" (base/mutex.h lists the ranks)\n", stderr);
    abort();
}

static void mutex_check_order(const mutex *self)
{
    for (size_t i = 0; i < mine.count; i++)
        if (mine.held[i]->rank >= self->rank)
            mutex_fail("is locked by a thread that holds rank", self, mine.held[i]);
    if (mine.count == HELD_MAX)
        mutex_fail("is locked by a thread that holds too many", self, NULL);
}

void mutex_lock(mutex *self)
{
    mutex_check_order(self);
    pthread_mutex_lock(&self->mutex);
    mine.held[mine.count++] = self;
}

void mutex_unlock(mutex *self)
{
    size_t i = mine.count;
    while (i > 0 && mine.held[i - 1] != self)
        i--;
    if (i == 0)
        mutex_fail("is unlocked by a thread that does not hold it", self, NULL);
    for (mine.count--; i <= mine.count; i++)
        mine.held[i - 1] = mine.held[i];
    pthread_mutex_unlock(&self->mutex);
}

bool mutex_is_held(const mutex *self)
{
    for (size_t i = 0; i < mine.count; i++)
        if (mine.held[i] == self)
            return true;
    return false;
}

bool mutex_is_only_one_held(const mutex *self)
{
    return mine.count == 1 && mine.held[0] == self;
}

#endif

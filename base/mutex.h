/* A mutex with a rank. A thread may only lock a mutex whose rank is above the ranks of all that it
 * holds, so that no two threads can wait for each other. Builds without NDEBUG check this, and that
 * only the thread that has locked a mutex unlocks it; a violation ends the program with both names.
 *
 * The ranks stand in one list, from the outermost mutex to the innermost. */
#ifndef BASE_MUTEX_H
#define BASE_MUTEX_H

#include <pthread.h>
#include <stdbool.h>

typedef enum mutex_rank {
    MUTEX_RANK_TOOL, /* of the command line tool */
    MUTEX_RANK_WORKERS,
    MUTEX_RANK_DEFERRALS,
    MUTEX_RANK_MEMORY,
    MUTEX_RANK_ADDRESSES, /* of a server's peers */
    /* the client and the ZooKeeper registry are told the address under it */
    MUTEX_RANK_OWN_ADDRESS,
    MUTEX_RANK_CLIENT,
    MUTEX_RANK_BUDGET, /* of retries */
    MUTEX_RANK_SELECTOR,
    MUTEX_RANK_EJECTING,
    MUTEX_RANK_DIRECTS,
    MUTEX_RANK_DIRECTORY,
    MUTEX_RANK_RULES,
    MUTEX_RANK_SERVICE_MAPPING,
    MUTEX_RANK_UPKEEP,
    MUTEX_RANK_READINESS, /* of a directory; waiters are woken under it */
    MUTEX_RANK_PROVIDERS, /* a directory takes and gives back providers under its own lock */
    MUTEX_RANK_SUBSCRIBERS,
    MUTEX_RANK_STATIC_REGISTRY,
    MUTEX_RANK_FILE_REGISTRY,
    MUTEX_RANK_FILE_FOLDERS,
    MUTEX_RANK_FILE_LOCK, /* held across fork() */
    MUTEX_RANK_ZK_COMPLETION,
    MUTEX_RANK_ZK_TROUBLE,
    MUTEX_RANK_ZK_NOTIFIER,
    MUTEX_RANK_ZK_PORT,
    MUTEX_RANK_ZK_HANDLE, /* the port looks at its handle under its own lock */
    MUTEX_RANK_ZK_CALLS,
    MUTEX_RANK_ZK_MAILBOX,
    MUTEX_RANK_ROOM, /* of a directory; endpoints are looked at and waiters are woken under it */
    MUTEX_RANK_HTTP_CLIENT,
    MUTEX_RANK_ENDPOINT, /* the client looks at its endpoints under its own lock */
    MUTEX_RANK_TRUST,
    MUTEX_RANK_STOP, /* wakes who waits */
    MUTEX_RANK_LOG,
} mutex_rank;

typedef struct mutex {
    pthread_mutex_t mutex;
    mutex_rank rank;
} mutex;

#define MUTEX_INITIALIZER(of_rank)                                                                 \
    {                                                                                              \
        .mutex = PTHREAD_MUTEX_INITIALIZER, .rank = (of_rank)                                      \
    }

void mutex_init(mutex *self, mutex_rank rank);

/* Nobody may hold it. */
void mutex_fini(mutex *self);

#ifdef NDEBUG

static inline void mutex_lock(mutex *self)
{
    pthread_mutex_lock(&self->mutex);
}

static inline void mutex_unlock(mutex *self)
{
    pthread_mutex_unlock(&self->mutex);
}

static inline bool mutex_is_held(const mutex *self)
{
    (void)self;
    return true;
}

static inline bool mutex_is_only_one_held(const mutex *self)
{
    (void)self;
    return true;
}

#else

void mutex_lock(mutex *self);
void mutex_unlock(mutex *self);

/* For assert(): whether this thread holds it. Always true with NDEBUG. */
bool mutex_is_held(const mutex *self);

/* The same, and that this thread holds no other one. */
bool mutex_is_only_one_held(const mutex *self);

#endif

#endif

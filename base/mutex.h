/* A mutex with a rank. A thread may lock a mutex only if its rank is above the ranks of all mutexes
 * that the thread holds; so no two threads can wait for each other. Builds without NDEBUG check
 * this, and that a mutex is unlocked by the thread that has locked it. A violation aborts the
 * program and prints the ranks.
 *
 * The ranks are one list, from the outermost mutex to the innermost. */
#ifndef BASE_MUTEX_H
#define BASE_MUTEX_H

#include <pthread.h>
#include <stdbool.h>

typedef enum mutex_rank {
    MUTEX_RANK_TOOL, /* the command line tool */
    MUTEX_RANK_WORKERS,
    MUTEX_RANK_DEFERRALS,
    MUTEX_RANK_MEMORY,
    MUTEX_RANK_ADDRESSES, /* http_server_shares */
    /* Held while the callback of own_address_search runs, which locks the client and registers
     * nodes. */
    MUTEX_RANK_OWN_ADDRESS,
    MUTEX_RANK_CLIENT,
    MUTEX_RANK_BUDGET, /* the retry budget */
    MUTEX_RANK_SELECTOR,
    MUTEX_RANK_EJECTING,
    MUTEX_RANK_DIRECTS,
    MUTEX_RANK_DIRECTORY,
    MUTEX_RANK_RULES,
    MUTEX_RANK_SERVICE_MAPPING,
    MUTEX_RANK_UPKEEP,
    MUTEX_RANK_PROBES,
    /* readiness of a directory; its waiters are woken while this mutex is held */
    MUTEX_RANK_READINESS,
    /* a directory takes and gives back providers while it holds its own lock */
    MUTEX_RANK_PROVIDERS,
    MUTEX_RANK_SUBSCRIBERS,
    MUTEX_RANK_STATIC_REGISTRY,
    MUTEX_RANK_FILE_REGISTRY,
    MUTEX_RANK_FILE_FOLDERS,
    MUTEX_RANK_FILE_LOCK, /* held across fork() */
    MUTEX_RANK_ZK_COMPLETION,
    MUTEX_RANK_ZK_TROUBLE,
    MUTEX_RANK_ZK_NOTIFIER,
    MUTEX_RANK_ZK_PORT,
    MUTEX_RANK_ZK_HANDLE, /* the port uses its handle while it holds its own lock */
    MUTEX_RANK_ZK_CALLS,
    MUTEX_RANK_ZK_MAILBOX,
    /* room_waits of a directory; endpoints are tested and waiters woken while this is held */
    MUTEX_RANK_ROOM,
    MUTEX_RANK_HTTP_CLIENT,
    MUTEX_RANK_ENDPOINT, /* the client visits its endpoints while it holds its own lock */
    MUTEX_RANK_TRUST,
    MUTEX_RANK_NAMES,   /* http_client_names: waiters are woken while this is held */
    MUTEX_RANK_OPENER,  /* http_client_opener: locked by a look-up that wakes an opening */
    MUTEX_RANK_STOP,    /* stop_signal: waiters are woken while this is held */
    MUTEX_RANK_PENDING, /* dubboc_pending: its task is posted while this is held */
    MUTEX_RANK_IO_LOOP, /* io_loop: the tasks that were posted */
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

/* No thread may hold it. */
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

/* Whether this thread holds the mutex. For assert(); always true with NDEBUG. */
bool mutex_is_held(const mutex *self);

/* Whether this thread holds the mutex and no other one. For assert(); always true with NDEBUG. */
bool mutex_is_only_one_held(const mutex *self);

#endif

#endif

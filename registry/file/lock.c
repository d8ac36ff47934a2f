/* Keeps a list of the descriptors that hold locks, so that a forked child can close them. */
#include "registry/file/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/mutex.h"

/* The descriptors that a forked child closes. The fork handlers hold the lock during fork(), so
 * that the child finds the list in a consistent state. */
static struct {
    mutex lock;
    pthread_once_t once;
    int *fds;
    size_t count;
    size_t capacity;
} held = {.lock = MUTEX_INITIALIZER(MUTEX_RANK_FILE_LOCK), .once = PTHREAD_ONCE_INIT};

static void lock_before_fork(void)
{
    mutex_lock(&held.lock);
}

static void lock_after_fork_parent(void)
{
    mutex_unlock(&held.lock);
}

static void lock_after_fork_child(void)
{
    for (size_t i = 0; i < held.count; i++)
        close(held.fds[i]);
    held.count = 0;
    mutex_unlock(&held.lock);
}

static void lock_watch_forks(void)
{
    /* Without memory for the handlers a forked child keeps the locks until it ends or execs. That
     * is better than not to register at all. */
    (void)pthread_atfork(lock_before_fork, lock_after_fork_parent, lock_after_fork_child);
}

static bool lock_remember(int fd)
{
    pthread_once(&held.once, lock_watch_forks);
    mutex_lock(&held.lock);
    void *fds = held.fds;
    bool has_room = mem_grow(&fds, &held.capacity, held.count + 1, sizeof(int));
    if (has_room) {
        held.fds = fds;
        held.fds[held.count++] = fd;
    }
    mutex_unlock(&held.lock);
    return has_room;
}

/* Closes the descriptor under the lock. Otherwise a child forked in between would close a number
 * that may belong to another file by then. */
static void lock_forget_and_close(int fd)
{
    mutex_lock(&held.lock);
    for (size_t i = 0; i < held.count; i++)
        if (held.fds[i] == fd) {
            held.fds[i] = held.fds[--held.count];
            break;
        }
    if (held.count == 0) {
        free(held.fds);
        held.fds = NULL;
        held.capacity = 0;
    }
    close(fd);
    mutex_unlock(&held.lock);
}

static bool lock_whole(int fd, short type)
{
    struct flock whole = {.l_type = type, .l_whence = SEEK_SET};
    return fcntl(fd, F_OFD_SETLK, &whole) == 0;
}

bool file_lock_take(int fd)
{
    if (!lock_remember(fd)) {
        errno = ENOMEM;
        return false;
    }
    return lock_whole(fd, F_WRLCK);
}

void file_lock_close(int fd)
{
    lock_forget_and_close(fd);
}

bool file_lock_is_dead(int fd)
{
    return lock_whole(fd, F_RDLCK);
}

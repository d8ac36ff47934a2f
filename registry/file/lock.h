/* The lock that says "this node's owner lives": a write lock on an open file description
 * (F_OFD_SETLK), which the kernel takes away when the last descriptor of it is closed, at the
 * owner's death at the latest.
 *
 * A child that the host program forks would keep it alive. Descriptors are opened close-on-exec,
 * and those that hold a lock are closed in a forked child (pthread_atfork), so that a lock dies
 * with the process that serves. Only a child made by a raw clone system call and without exec keeps
 * it. */
#ifndef REGISTRY_FILE_LOCK_H
#define REGISTRY_FILE_LOCK_H

#include <stdbool.h>

/* Takes the write lock for fd. false (errno): somebody holds a lock (EAGAIN), or no memory. */
bool file_lock_take(int fd);

/* Closes fd, which lets the lock go. */
void file_lock_close(int fd);

/* Whether nobody holds the write lock. Then fd, which needs only be readable, holds a shared one
 * until it is closed: nobody can take the write lock meanwhile. */
bool file_lock_is_dead(int fd);

#endif

/* The lock that shows that the owner of a node is alive: a write lock on an open file description
 * (F_OFD_SETLK), which the kernel releases when the last descriptor of that description is closed,
 * at the latest when the owner dies.
 *
 * A forked child of the program would keep the lock alive. So descriptors are opened close-on-exec,
 * and those that hold a lock are closed in a forked child (pthread_atfork); the lock then ends with
 * the process that serves. Only a child created by a raw clone system call, without exec, keeps
 * it. */
#ifndef REGISTRY_FILE_LOCK_H
#define REGISTRY_FILE_LOCK_H

#include <stdbool.h>

/* Takes the write lock for fd. false (errno): another process holds a lock (EAGAIN), or no
 * memory. */
bool file_lock_take(int fd);

/* Closes fd, which releases the lock. */
void file_lock_close(int fd);

/* Whether no process holds the write lock. If so, fd, which only needs to be readable, holds a
 * shared lock until it is closed, so that nobody can take the write lock before that. */
bool file_lock_is_dead(int fd);

#endif

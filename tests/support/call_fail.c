#include "tests/support/call_fail.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define FDS_MAX 4096

static atomic_int what, first, last, error_number, seen, failed;
static atomic_bool is_eventfd[FDS_MAX];

const char *call_fail_name(failing_call call)
{
    static const char *const names[FAIL_CALL_COUNT] = {
        [FAIL_NOTHING] = "nothing",
        [FAIL_EPOLL_CREATE] = "epoll_create1",
        [FAIL_EPOLL_ADD] = "EPOLL_CTL_ADD",
        [FAIL_EPOLL_DEL] = "EPOLL_CTL_DEL",
        [FAIL_EPOLL_WAIT] = "epoll_wait",
        [FAIL_EVENTFD] = "eventfd",
        [FAIL_EVENTFD_WRITE] = "write to an eventfd",
        [FAIL_EVENTFD_READ] = "read from an eventfd",
        [FAIL_ACCEPT] = "accept4",
        [FAIL_TIMER_CREATE] = "timerfd_create",
        [FAIL_TIMER_SET] = "timerfd_settime",
    };
    return names[call];
}

void call_fail_at(failing_call call, int nth, int times, int error)
{
    atomic_store(&what, FAIL_NOTHING);
    atomic_store(&first, nth);
    atomic_store(&last, times > INT_MAX - nth ? INT_MAX : nth + times - 1);
    atomic_store(&error_number, error);
    atomic_store(&seen, 0);
    atomic_store(&failed, 0);
    atomic_store(&what, call);
}

int call_fail_end(void)
{
    atomic_store(&what, FAIL_NOTHING);
    return atomic_load(&failed);
}

int call_fail_count(void)
{
    return atomic_load(&failed);
}

/* Whether this call has to fail. Sets errno if so. */
static bool call_fails(failing_call call)
{
    if (atomic_load(&what) != (int)call)
        return false;
    int nth = atomic_fetch_add(&seen, 1) + 1;
    if (nth < atomic_load(&first) || nth > atomic_load(&last))
        return false;
    atomic_fetch_add(&failed, 1);
    errno = atomic_load(&error_number);
    return true;
}

static bool fd_is_eventfd(int fd)
{
    return fd >= 0 && fd < FDS_MAX && atomic_load(&is_eventfd[fd]);
}

/* Exports the functions below, because shared libraries find only exported functions. */
#pragma GCC visibility push(default)

/* Sets next to the function that the program would have called without this file. */
#define NEXT(type, name)                                                                           \
    static _Atomic(type) found;                                                                    \
    type next = atomic_load(&found);                                                               \
    if (next == NULL) {                                                                            \
        *(void **)&next = dlsym(RTLD_NEXT, name);                                                  \
        atomic_store(&found, next);                                                                \
    }

typedef int (*epoll_create_function)(int);
int epoll_create1(int flags)
{
    NEXT(epoll_create_function, "epoll_create1")
    return call_fails(FAIL_EPOLL_CREATE) ? -1 : next(flags);
}

typedef int (*epoll_ctl_function)(int, int, int, struct epoll_event *);
int epoll_ctl(int epoll_fd, int operation, int fd, struct epoll_event *event)
{
    NEXT(epoll_ctl_function, "epoll_ctl")
    if (operation == EPOLL_CTL_ADD && call_fails(FAIL_EPOLL_ADD))
        return -1;
    if (operation == EPOLL_CTL_DEL && call_fails(FAIL_EPOLL_DEL))
        return -1;
    return next(epoll_fd, operation, fd, event);
}

typedef int (*epoll_wait_function)(int, struct epoll_event *, int, int);
int epoll_wait(int epoll_fd, struct epoll_event *events, int room, int wait_ms)
{
    NEXT(epoll_wait_function, "epoll_wait")
    return call_fails(FAIL_EPOLL_WAIT) ? -1 : next(epoll_fd, events, room, wait_ms);
}

typedef int (*eventfd_function)(unsigned, int);
int eventfd(unsigned count, int flags)
{
    NEXT(eventfd_function, "eventfd")
    int fd = call_fails(FAIL_EVENTFD) ? -1 : next(count, flags);
    if (fd >= 0 && fd < FDS_MAX)
        atomic_store(&is_eventfd[fd], true);
    return fd;
}

typedef int (*close_function)(int);
int close(int fd)
{
    NEXT(close_function, "close")
    if (fd >= 0 && fd < FDS_MAX)
        atomic_store(&is_eventfd[fd], false);
    return next(fd);
}

typedef ssize_t (*write_function)(int, const void *, size_t);
ssize_t write(int fd, const void *bytes, size_t len)
{
    NEXT(write_function, "write")
    return fd_is_eventfd(fd) && call_fails(FAIL_EVENTFD_WRITE) ? -1 : next(fd, bytes, len);
}

typedef ssize_t (*read_function)(int, void *, size_t);
ssize_t read(int fd, void *bytes, size_t len)
{
    NEXT(read_function, "read")
    return fd_is_eventfd(fd) && call_fails(FAIL_EVENTFD_READ) ? -1 : next(fd, bytes, len);
}

typedef int (*accept4_function)(int, __SOCKADDR_ARG, socklen_t *restrict, int);
int accept4(int fd, __SOCKADDR_ARG from, socklen_t *restrict len, int flags)
{
    NEXT(accept4_function, "accept4")
    return call_fails(FAIL_ACCEPT) ? -1 : next(fd, from, len, flags);
}

typedef int (*timerfd_create_function)(clockid_t, int);
int timerfd_create(clockid_t clock, int flags)
{
    NEXT(timerfd_create_function, "timerfd_create")
    return call_fails(FAIL_TIMER_CREATE) ? -1 : next(clock, flags);
}

typedef int (*timerfd_settime_function)(int, int, const struct itimerspec *, struct itimerspec *);
int timerfd_settime(int fd, int flags, const struct itimerspec *wanted, struct itimerspec *former)
{
    NEXT(timerfd_settime_function, "timerfd_settime")
    return call_fails(FAIL_TIMER_SET) ? -1 : next(fd, flags, wanted, former);
}

#pragma GCC visibility pop

/* An eventfd; see wake.h. */
#include "base/wake.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"

/* How often a write is tried that fails for a reason that write(2) does not document for an
 * eventfd. */
#define WRITE_TRIES 3

bool wake_open(wake *self)
{
    self->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return self->fd >= 0;
}

void wake_close(wake *self)
{
    if (self->fd >= 0)
        close(self->fd);
    self->fd = -1;
}

static void wake_tell_failure(const wake *self, int error)
{
    const char *reason = strerror(error);
    int fd = self->fd;
    LOG_THROTTLED(DUBBOC_LOG_ERROR, "base", "cannot wake a thread",
        "call=write eventfd=%d reason=\"%s\"", fd, reason);
    errno = error;
}

bool wake_signal(const wake *self)
{
    const uint64_t one = 1;
    for (int tries = 1;;) {
        /* EAGAIN means that the counter is full; fd is readable then. */
        if (write(self->fd, &one, sizeof one) >= 0 || errno == EAGAIN)
            return true;
        if (errno != EINTR && tries++ >= WRITE_TRIES)
            break;
    }
    wake_tell_failure(self, errno);
    return false;
}

int wake_wait_ms(int wait_ms)
{
    return wait_ms < 0 || wait_ms > WAKE_LOOK_MS ? WAKE_LOOK_MS : wait_ms;
}

void wake_clear(const wake *self)
{
    uint64_t count;
    /* Any other error, such as EAGAIN, means that nothing was signalled. */
    while (read(self->fd, &count, sizeof count) < 0 && errno == EINTR)
        continue;
}

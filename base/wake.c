#include "base/wake.h"

#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

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

void wake_signal(const wake *self)
{
    uint64_t one = 1;
    /* It can only fail when the counter is full, that is: signalled already. */
    ssize_t written = write(self->fd, &one, sizeof one);
    (void)written;
}

void wake_clear(const wake *self)
{
    uint64_t count;
    /* It can only fail when nothing was signalled. */
    ssize_t got = read(self->fd, &count, sizeof count);
    (void)got;
}

#include "tests/support/pacer.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/support/test.h"

static void pacer_arm(pacer *self)
{
    const struct itimerspec due = {.it_value = {.tv_sec = self->interval_ns / NS_PER_S,
                                       .tv_nsec = self->interval_ns % NS_PER_S}};
    /* an interval of 0 disarms the timer */
    if (timerfd_settime(self->timer_fd, 0, &due, NULL) != 0)
        abort();
}

void pacer_start(pacer *self, int64_t interval_ns)
{
    *self = (pacer){timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC), interval_ns};
    if (self->timer_fd < 0)
        abort();
    pacer_arm(self);
}

void pacer_wait(pacer *self)
{
    uint64_t expirations;
    if (self->interval_ns == 0)
        return;
    if (read(self->timer_fd, &expirations, sizeof expirations) != sizeof expirations)
        abort();
    pacer_arm(self);
}

void pacer_end(pacer *self)
{
    close(self->timer_fd);
}

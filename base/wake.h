/* Wakes a thread that polls, by an eventfd. Signalling twice has the same effect as signalling
 * once. Any thread. */
#ifndef BASE_WAKE_H
#define BASE_WAKE_H

#include <stdbool.h>

typedef struct wake {
    int fd; /* readable while signalled; -1: not open */
} wake;

/* false: no descriptor; see errno. */
bool wake_open(wake *self);
void wake_close(wake *self);

/* Makes fd readable. Repeats a write that was interrupted by a signal. false: the eventfd cannot be
 * written (see errno), for example because the program has closed a descriptor that is not its own.
 * That was tried several times and has been logged as an error. */
bool wake_signal(const wake *self);

/* A thread that polls checks for work at least this often, so a wake-up that was lost only causes a
 * delay. */
#define WAKE_LOOK_MS 5000

/* A time-out for poll(): wait_ms, but at most WAKE_LOOK_MS. -1: no limit. */
int wake_wait_ms(int wait_ms);

/* Makes fd unreadable until the next wake_signal(). */
void wake_clear(const wake *self);

#endif

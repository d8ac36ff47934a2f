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
 * written (see errno), for example because other code of the program has closed the descriptor by
 * mistake. The write was then tried several times, and the failure has been logged as an error. */
bool wake_signal(const wake *self);

/* A thread that polls checks for work at least this often, so a wake-up that was lost only causes a
 * delay. */
#define WAKE_LOOK_MS 5000

/* The time-out to pass to poll() for a wait of wait_ms (-1: without limit): at most
 * WAKE_LOOK_MS. */
int wake_wait_ms(int wait_ms);

/* Makes fd unreadable until the next wake_signal(). */
void wake_clear(const wake *self);

#endif

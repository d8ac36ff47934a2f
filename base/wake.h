/* Waking a thread that polls: an eventfd. Signalling is idempotent and safe from any thread. */
#ifndef BASE_WAKE_H
#define BASE_WAKE_H

#include <stdbool.h>

typedef struct wake {
    int fd; /* readable while signalled; -1: not open */
} wake;

/* false: no descriptor (errno). */
bool wake_open(wake *self);
void wake_close(wake *self);

/* Makes fd readable. A write that a signal has interrupted is repeated. false: the eventfd cannot
 * be written (errno), for example because the program has closed a descriptor that is not its own;
 * it was tried several times and is logged as an error. */
bool wake_signal(const wake *self);

/* Who polls looks for itself whether there is something to do at least this often, so that a
 * wake-up that could not be given delays things and loses nothing. */
#define WAKE_LOOK_MS 5000

/* For poll() and its like: wait_ms (-1: for ever), at most WAKE_LOOK_MS. */
int wake_wait_ms(int wait_ms);

/* Makes fd unreadable until the next wake_signal(). */
void wake_clear(const wake *self);

#endif

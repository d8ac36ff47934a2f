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
void wake_signal(const wake *self);
void wake_clear(const wake *self);

#endif

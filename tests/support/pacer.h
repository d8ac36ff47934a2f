/* Paces a thread that offers load: pacer_wait() returns when the next request is due. Requests are
 * due one interval after the beginning of the request before; after a request that took longer than
 * that, the next one is due at once. With an interval of 0, each is due at once. */
#ifndef TESTS_SUPPORT_PACER_H
#define TESTS_SUPPORT_PACER_H

#include <stdint.h>

typedef struct pacer {
    int timer_fd;
    int64_t interval_ns;
} pacer;

/* The first request begins now. Ends the test when there is no timer. */
void pacer_start(pacer *self, int64_t interval_ns);
void pacer_wait(pacer *self);
void pacer_end(pacer *self);

#endif

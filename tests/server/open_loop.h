/* Sends requests at fixed times, even if the replies are slow, from one thread with epoll. This is
 * the load of many callers that do not wait for each other. */
#ifndef TESTS_SERVER_OPEN_LOOP_H
#define TESTS_SERVER_OPEN_LOOP_H

#include <stdint.h>

typedef struct open_loop_settings {
    int port;
    const char *path;
    const char *body;
    double per_second;   /* 0: instead, keep `connections` requests waiting for a reply */
    int64_t deadline_ms; /* sent as Timeout header; then the caller closes. 0: no header */
    int64_t warm_up_ms;  /* time before the measurement; not counted */
    int64_t duration_ms; /* measured time, after the warm-up */
    int connections;     /* maximum; a request is counted as unsent if no connection is free */
} open_loop_settings;

typedef struct open_loop_outcome {
    int64_t sent;
    int64_t good;    /* answered with a result in time */
    int64_t refused; /* answered with "not executed" */
    int64_t late;    /* not answered before the deadline */
    int64_t other;   /* any other answer, or a broken connection */
    int64_t unsent;
} open_loop_outcome;

/* Runs the load and returns the counts. Fails the test if a system call fails. */
open_loop_outcome open_loop_run(const open_loop_settings *settings);

#endif

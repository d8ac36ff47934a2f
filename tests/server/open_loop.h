/* A caller that sends requests at fixed times, however slowly they are answered, from one thread
 * with epoll. This is the load of many callers that do not wait for each other. */
#ifndef TESTS_SERVER_OPEN_LOOP_H
#define TESTS_SERVER_OPEN_LOOP_H

#include <stdint.h>

typedef struct open_loop_settings {
    int port;
    const char *path;
    const char *body;
    double per_second; /* 0: `connections` requests are always under way instead */
    int64_t
        deadline_ms; /* sent as Timeout header; then the caller gives up and closes. 0: no header */
    int64_t warm_up_ms;  /* what happens in it is not counted */
    int64_t duration_ms; /* after it */
    int connections;     /* at most; a request that finds none free is counted as unsent */
} open_loop_settings;

typedef struct open_loop_outcome {
    int64_t sent;
    int64_t good;    /* answered with a result, in time */
    int64_t refused; /* "not executed" */
    int64_t late;    /* given up at the deadline */
    int64_t other;   /* any other answer, or a broken connection */
    int64_t unsent;
} open_loop_outcome;

/* Fails the test when a system call fails. */
open_loop_outcome open_loop_run(const open_loop_settings *settings);

#endif

/* The server object itself, for the files of this folder. */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include "base/memory_budget.h"
#include "base/wake.h"
#include "server/deferred.h"
#include "server/registration.h"
#include "server/service.h"
#include "server/stop_wait.h"
#include "server/workers.h"
#include "transport/http_server.h"

struct dubboc_server {
    dubboc_config *config;
    char *registry_address;
    bool is_unregistered_on_purpose; /* the program itself said "" */
    char *application;               /* NULL: the configuration's */
    char *ip;
    int port;  /* 0: any */
    int loops; /* 0: no threads */
    int worker_count;
    int queue_max;
    int64_t queue_time_ns; /* how long a request without a Timeout header waits for a worker */
    int64_t body_max_bytes;
    int64_t memory_max_bytes; /* one half for bodies, one for trees */
    memory_budget trees;      /* params of large requests, from before they are built until freed */
    int connections_max;
    bool checks_raw; /* [server] check_raw */
    dubboc_http_handler fallback;
    void *fallback_arg;
    services services;

    dubboc_failure_handler on_failure; /* NULL: nobody is told */
    void *failure_arg;
    wake failed; /* signalled when the server fails, for dubboc_server_run(); else not open */
    bool is_started;
    bool is_stopped;
    http_server *http;
    workers *workers; /* NULL with loops = 0: everything runs on the program's thread */
    deferrals deferrals;
    registration registration;
    call_watch calls; /* of services; other paths, such as health checks, do not count */
    char *bound;      /* "ip:port" listened on */
    char *registered; /* "ip:port" */
    /* loops = 0: epoll of the HTTP server, the deferrals' wake and the timer; else -1 */
    int step_fd;
    int timer_fd; /* loops = 0: when the next deferral expires; else -1 */
};

#endif

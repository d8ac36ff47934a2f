/* The server object itself. */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include "base/wake.h"
#include "server/registration.h"
#include "server/serving.h"
#include "transport/http_server.h"

struct dubboc_server {
    serving serving;
    dubboc_config *config;
    char *registry_address;
    bool is_unregistered_on_purpose; /* the program itself said "" */
    char *application;               /* NULL: the configuration's */
    char *ip;
    int port;  /* 0: any */
    int loops; /* 0: no threads */
    int worker_count;
    int queue_max;
    int64_t body_max_bytes;
    int64_t memory_max_bytes; /* one half for bodies, one for trees */
    int connections_max;

    dubboc_failure_handler on_failure; /* NULL: nobody is told */
    void *failure_arg;
    wake failed; /* signalled when the server fails, for dubboc_server_run(); else not open */
    bool is_started;
    bool is_stopped;
    http_server *http;
    server_registration registration;
    char *bound;      /* "ip:port" listened on */
    char *registered; /* "ip:port" */
    /* loops = 0: epoll of the HTTP server, the deferrals' wake and the timer; else -1 */
    int step_fd;
    int timer_fd; /* loops = 0: when the next deferral expires; else -1 */
};

#endif

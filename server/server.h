/* The server object, as the public functions dubboc_server_...() use it. */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include "base/wake.h"
#include "server/registration.h"
#include "server/serving.h"
#include "transport/http_server.h"

struct dubboc_server {
    serving serving;
    dubboc_config *config;
    char *registry_address; /* "": no registry */
    /* The program has set the registry to "", so that no warning is logged. */
    bool is_unregistered_on_purpose;
    char *application; /* NULL: the one of the configuration */
    char *ip;          /* the address to listen on; "": all */
    int port;          /* 0: any free port */
    int loops;         /* 0: no threads; the program calls dubboc_server_step() */
    int worker_count;
    int queue_max;
    int64_t body_max_bytes;
    int64_t memory_max_bytes; /* one half for bodies, the other for the trees of params */
    int connections_max;

    dubboc_failure_handler on_failure; /* NULL: none */
    void *failure_arg;
    /* For dubboc_server_run(): signalled when the server fails. Not open otherwise. */
    wake failed;
    bool is_started;
    bool is_stopped;
    http_server *http;
    server_registration registration;
    char *bound;      /* the address listened on, "ip:port"; NULL: not started */
    char *registered; /* the address in the registry, "ip:port"; NULL: not started */
    /* With loops = 0 an epoll descriptor that watches the HTTP server, deferrals.wake and timer_fd;
     * else -1. */
    int step_fd;
    /* With loops = 0 a timer that fires when the next deferred answer is given up; else -1. */
    int timer_fd;
};

#endif

/* One event loop: its turns, its life, and its end. */
#ifndef TRANSPORT_HTTP_SERVER_LOOP_H
#define TRANSPORT_HTTP_SERVER_LOOP_H

#include <pthread.h>

#include "transport/http_server_daemon.h"
#include <dubboc/error.h>

typedef struct http_server_loop {
    http_server_shared *shared;

    /* Used by the thread that starts and frees the server: */

    pthread_t thread;
    bool has_thread;

    /* Used by the loop's thread: */

    bool is_listening;       /* The listening socket is in our epoll set. */
    int64_t listen_again_ns; /* Out of descriptors: when to accept again; else DEADLINE_NEVER. */
    int arrived;             /* Connections from other loops that have not been looked at yet. */
    bool is_draining;        /* It has seen that the server drains, */
    bool is_drained;         /* and has read what had come until then. */
    bool has_hung_up;        /* The server has failed, and the connections are shut down. */
    int timer_fd;            /* For loops = 0 only; else -1. */
    int64_t timer_ns;        /* What it is set to; DEADLINE_NEVER: it is not set. */
    http_server_connection_table table;
    http_server_request_pool pool;
    http_server_daemon daemon;

    /* Used by any thread: */

    http_server_mailbox mailbox;
} http_server_loop;

/* Makes it safe for http_server_shared_wake_all() and http_server_loop_fini(). */
void http_server_loop_clear(http_server_loop *loop);

/* DUBBOC_E_SYSTEM: no descriptor. http_server_loop_fini() in any case. */
dubboc_status http_server_loop_init(
    http_server_loop *loop, http_server_shared *shared, dubboc_error *err);

dubboc_status http_server_loop_start_thread(http_server_loop *loop, dubboc_error *err);

/* Waits until its thread has ended, if there is one. The server must be stopping. */
void http_server_loop_join_thread(http_server_loop *loop);

/* One turn: waits at most wait_ms (-1: until something happens, or a few seconds) and does what is
 * due. false: the server has failed, and this loop has hung up. */
bool http_server_loop_turn(http_server_loop *loop, int wait_ms);

/* Ends every connection and frees all. Its thread has ended. */
void http_server_loop_fini(http_server_loop *loop);

#endif

/* One event loop: start, turns, end. */
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

    /* Used by the loop's thread only: */

    bool is_listening;       /* The listening socket is in the loop's epoll set. */
    int64_t listen_again_ns; /* After an error: when to accept again; else DEADLINE_NEVER. */
    int arrived;      /* Connections from other loops that libmicrohttpd has not read from yet. */
    bool is_draining; /* The loop has noticed that the server drains. */
    bool is_drained;  /* The loop has read everything that arrived before is_draining. */
    bool has_hung_up; /* The server has failed, and the connections were shut down. */
    int timer_fd;     /* For loops = 0 only; else -1. */
    int64_t timer_ns; /* What the timer is set to; DEADLINE_NEVER: not set. */
    http_server_connection_table table;
    http_server_request_pool pool;
    http_server_daemon daemon;

    /* Used by any thread: */

    http_server_mailbox mailbox;
} http_server_loop;

/* Initialises the loop so far that http_server_shared_wake_all() and http_server_loop_fini() may be
 * called. */
void http_server_loop_clear(http_server_loop *loop);

/* DUBBOC_E_SYSTEM: no descriptor, or no memory for libmicrohttpd. http_server_loop_fini() must be
 * called in any case. */
dubboc_status http_server_loop_init(
    http_server_loop *loop, http_server_shared *shared, dubboc_error *err);

dubboc_status http_server_loop_start_thread(http_server_loop *loop, dubboc_error *err);

/* Waits until the loop's thread has ended, if it has one. The server must be stopping. */
void http_server_loop_join_thread(http_server_loop *loop);

/* Makes one turn: waits for at most wait_ms (-1: until something happens, or a few seconds) and
 * does what is due. false: the server has failed, and the connections of this loop were shut
 * down. */
bool http_server_loop_turn(http_server_loop *loop, int wait_ms);

/* Ends every connection and frees everything. The loop's thread must have ended. */
void http_server_loop_fini(http_server_loop *loop);

#endif

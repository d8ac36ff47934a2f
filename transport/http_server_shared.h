/* What all loops of a server share: settings, counters, ceilings, whether the server drains or has
 * failed, and one mailbox per loop. */
#ifndef TRANSPORT_HTTP_SERVER_SHARED_H
#define TRANSPORT_HTTP_SERVER_SHARED_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/address.h"
#include "base/memory_budget.h"
#include "base/wake.h"
#include "transport/http_server_handoff.h"
#include "transport/http_server_shares.h"
#include "transport/http_server_types.h"

struct http_server_connection_table;

/* The part of a loop that other threads use. */
typedef struct http_server_mailbox {
    /* Constant while the loop runs: */

    wake wake; /* Wakes the loop, because something was put into the mailbox. */

    /* The connections of this loop. Another loop stores this in a connection that it hands over. */
    struct http_server_connection_table *table;

    /* Pushed by any thread, taken by the loop: */

    http_server_handoff_stack arrivals; /* Connections that another loop has accepted. */
    http_server_handoff_stack results;  /* Requests that were held and have been answered. */
    http_server_handoff_stack granted;  /* Requests that were granted memory for their body. */

    /* Atomic, written by any loop: */

    /* A request waits for memory: the loop must look for bodies that come too slowly. */
    atomic_bool is_memory_short;

    _Atomic int connections; /* The connections of the loop, and those on their way to it. */

    /* Atomic, written by the loop only: */

    _Atomic int requests; /* Requests that have begun and are not answered to the last byte. */

    /* Since when the loop's oldest idle connection has been idle, and since when its slowest sender
     * has been sending a request; DEADLINE_NEVER: there is none. A loop that has no place for a
     * newcomer reads here which loop has the oldest connection. The values are written when a list
     * becomes non-empty, and at the end of each turn. They never miss a connection, but may show
     * one that has ended, or one that has unread bytes. */
    _Atomic int64_t idle_since_ns;
    _Atomic int64_t sending_since_ns;
} http_server_mailbox;

typedef struct http_server_shared {
    /* Constant once the server listens: */

    http_server_settings settings; /* Its ip is not kept. */
    int loop_count;                /* At least 1, also when settings.loops is 0. */
    bool checks_positions;         /* See http_server_guard.h. */
    /* The value of the Keep-Alive header, "timeout=N"; "": the header is not sent. */
    char keep_alive[32];
    char address[ADDRESS_TEXT_SIZE];

    /* Constant while there are loops: */

    http_server_mailbox **mailboxes; /* One for each loop; NULL: not started. */

    /* Closed, and set to -1, by the loop that decrements listening_loops to 0. */
    int listen_fd;

    /* Atomic: */

    _Atomic int listening_loops; /* How many loops still accept. */
    _Atomic int connections;     /* Connections that count towards settings.connections_max. */

    /* How many loops have not yet read everything that arrived before they saw is_draining, plus
     * how many connections are on their way from one loop to another. */
    _Atomic int undrained;

    atomic_bool is_draining;
    atomic_bool is_stopping; /* The threads of the loops are to end. */
    atomic_bool is_failing;  /* A first failure was reported. */
    atomic_bool has_failed;  /* problem holds its text, which does not change any more. */
    char problem[256];

    /* Each has its own lock: */

    memory_budget bodies;
    http_server_shares shares;
} http_server_shared;

/* Copies the settings. false: no memory. http_server_shared_fini() must be called in any case. */
bool http_server_shared_init(http_server_shared *self, const http_server_settings *settings);
void http_server_shared_fini(http_server_shared *self);

/* Wakes the loop of that mailbox. If that is not possible, the server fails. Any thread. */
void http_server_shared_wake(http_server_shared *self, const http_server_mailbox *mailbox);

/* Wakes all loops. A loop that cannot be woken looks for work by itself every WAKE_LOOK_MS. Any
 * thread. */
void http_server_shared_wake_all(http_server_shared *self);

/* Lets the server fail because of an error after which it cannot go on: logs it, reports it to
 * the owner, and ends the loops. Only the first failure counts. Any thread that holds no lock. */
void http_server_shared_fail(http_server_shared *self, const char *problem);

/* Like http_server_shared_fail(), for a system call that has failed with that errno. */
void http_server_shared_fail_call(http_server_shared *self, const char *call, int error);

/* Why the server has failed; NULL: it has not. Any thread. */
const char *http_server_shared_problem(const http_server_shared *self);

#endif

/* What all loops of a server share: settings, counters, ceilings, whether it drains or has failed,
 * and one mailbox for each loop. */
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

/* All that other threads touch of a loop. */
typedef struct http_server_mailbox {
    /* Constant while the loop runs: */

    wake wake; /* Ends the loop's wait, because something was put in here. */

    /* The loop's. Another loop stores it in a connection that it hands over. */
    struct http_server_connection_table *table;

    /* Pushed by any thread, taken by the loop: */

    http_server_handoff_stack arrivals; /* Connections that another loop has accepted. */
    http_server_handoff_stack results;  /* Requests that were held and are answered. */
    http_server_handoff_stack granted;  /* Requests whose body has got its memory. */

    /* Atomic, written by any loop: */

    /* A request waits for memory: the loop must look for bodies that come too slowly. */
    atomic_bool is_memory_short;

    _Atomic int connections; /* The loop's, and those on their way to it. */

    /* Atomic, written by the loop only: */

    _Atomic int requests; /* Those that have begun and are not answered to the last byte. */

    /* Since when the loop's oldest idle connection has been idle, and its slowest sender has been
     * sending a request; DEADLINE_NEVER: it has none. A loop that has no place for a newcomer finds
     * here which loop has the oldest one. They are written when there is a first one and at the end
     * of each turn. So they never miss one, but may tell of one that has ended or that has a
     * request on its way. */
    _Atomic int64_t idle_since_ns;
    _Atomic int64_t sending_since_ns;
} http_server_mailbox;

typedef struct http_server_shared {
    /* Constant once the server listens: */

    http_server_settings settings; /* Its ip is not kept. */
    int loop_count;                /* At least 1, with settings.loops = 0 too. */
    bool checks_positions;         /* See http_server_guard.h. */
    char keep_alive[32];           /* "timeout=N"; "": the header is not sent. */
    char address[ADDRESS_TEXT_SIZE];

    /* Constant while there are loops: */

    http_server_mailbox **mailboxes; /* One for each loop; NULL: not started. */

    /* Closed, and set to -1, by the loop that takes listening_loops to 0. */
    int listen_fd;

    /* Atomic: */

    _Atomic int listening_loops; /* Loops that still accept. */
    _Atomic int connections;     /* Connections that count towards settings.connections_max. */

    /* Loops that have not read yet what had come before they saw is_draining, and connections that
     * are on their way from one loop to another. */
    _Atomic int undrained;

    atomic_bool is_draining;
    atomic_bool is_stopping; /* The threads of the loops end. */
    atomic_bool is_failing;  /* A first failure was reported. */
    atomic_bool has_failed;  /* And its text is in problem, which does not change any more. */
    char problem[256];

    /* With locks of their own: */

    memory_budget bodies;
    http_server_shares shares;
} http_server_shared;

/* Copies the settings. false: no memory. http_server_shared_fini() in any case. */
bool http_server_shared_init(http_server_shared *self, const http_server_settings *settings);
void http_server_shared_fini(http_server_shared *self);

/* Wakes the loop of that mailbox. If it cannot be woken, the server fails. Any thread. */
void http_server_shared_wake(http_server_shared *self, const http_server_mailbox *mailbox);

/* Wakes all loops, as far as they can be woken: a loop looks for itself every WAKE_LOOK_MS. */
void http_server_shared_wake_all(http_server_shared *self);

/* Ends the server because of an error after which it cannot go on: logs it, tells the owner, and
 * lets the loops end. Only the first failure counts. Any thread that holds no lock. The second form
 * is for a system call that has failed with that errno. */
void http_server_shared_fail(http_server_shared *self, const char *problem);
void http_server_shared_fail_call(http_server_shared *self, const char *call, int error);

/* Why the server has failed; NULL: it has not. Any thread. */
const char *http_server_shared_problem(const http_server_shared *self);

#endif

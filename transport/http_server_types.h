/* The types that the HTTP server and its owner share. */
#ifndef TRANSPORT_HTTP_SERVER_TYPES_H
#define TRANSPORT_HTTP_SERVER_TYPES_H

#include <stddef.h>
#include <stdint.h>

/* One request, from its first line to the last byte of its answer. */
typedef struct http_server_request http_server_request;

/* A header that the owner adds to an answer. */
typedef struct http_server_answer_header {
    const char *name;
    const char *value;
} http_server_answer_header;

typedef struct http_server_settings {
    /* The address to listen on. NULL or "": all IPv4 addresses and, if the machine has IPv6, all
     * IPv6 addresses. */
    const char *ip;

    /* The port to listen on. 0: any free port. */
    int port;

    /* How many threads run an event loop. 0: none; http_server_step() does all the work. */
    int loops;

    /* The longest body that a request may have. A longer one is refused with 413. */
    size_t body_max_bytes;

    /* The ceiling for the bodies of all unanswered requests together, at least body_max_bytes; 0:
     * no ceiling. A body of up to 8 KiB is not counted. A larger body is counted before it is read.
     * If it does not fit, the request waits in a queue for at most 1 s, which is not part of
     * body_timeout_ms, and then gets 503 with Dubboc-Not-Executed: 1. While requests wait, a body
     * that comes too slowly to be complete within body_timeout_ms is cut off early. */
    size_t memory_max_bytes;

    /* The ceiling for connections, at least 1. http_server_open() lowers it, with a log line, to
     * what RLIMIT_NOFILE allows. At the ceiling a newcomer takes the place of the connection that
     * has been idle for longest, or else of the one that has been sending a request for longest (in
     * both cases for at least 0.1 s), or else gets 503 with Dubboc-Not-Executed: 1. */
    int connections_max;

    /* The ceiling for the connections of one client: an IPv4 address, or the /64 network of an IPv6
     * address. A newcomer beyond it gets 503 with Dubboc-Not-Executed: 1. */
    int connections_per_address_max;

    /* The four time-outs are absolute: bytes that are sent or received do not extend them. 0 or
     * less: no time-out. A request that is cut off before on_request was called gets 408 with
     * Dubboc-Not-Executed: 1. */

    /* From accept, or from the first line of a later request, to the end of the headers. */
    int64_t header_timeout_ms;

    /* From the end of the headers to the end of the body. */
    int64_t body_timeout_ms;

    /* From the answer until its last byte is in the send buffer of the socket. */
    int64_t answer_timeout_ms;

    /* Between two requests of a connection. */
    int64_t idle_timeout_ms;

    /* Called on the thread of a loop for every complete request. Must answer or hold the request
     * before it returns. Must not block for long, because the loop serves no other connection
     * until it returns. */
    void (*on_request)(void *arg, http_server_request *request);

    /* Called once when the server has failed: a system call has failed without which the server
     * cannot go on, and the server ends its connections and loops. problem names the call. Called
     * without locks on the thread that noticed; must not wait for the server. May be NULL. */
    void (*on_failure)(void *arg, const char *problem);

    /* The first argument of both callbacks. */
    void *arg;
} http_server_settings;

#endif

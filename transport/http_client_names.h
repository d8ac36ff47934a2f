/* Resolves host names to addresses.
 *
 * getaddrinfo() blocks until a name server answers, and cannot be interrupted. So it runs in at
 * most NAMES_THREADS threads of the library. Callers that need the same name share one look-up, and
 * its answer is kept for a while. A thread is started when there is something to look up, and ends
 * when nothing is left. It may outlive the client, because freeing the client does not wait for a
 * look-up that hangs. */
#ifndef TRANSPORT_HTTP_CLIENT_NAMES_H
#define TRANSPORT_HTTP_CLIENT_NAMES_H

#include "base/slice.h"
#include "base/waiter.h"

#define NAMES_THREADS 4
#define NAMES_MAX 1024        /* names that are kept; the least recently used one makes room */
#define NAMES_FAILURE_MS 1000 /* how long a failure is kept */
#define NAMES_TEXT_SIZE 1024  /* of the addresses of one name; further addresses are left out */

typedef struct http_client_names http_client_names;

typedef enum http_client_names_state {
    NAMES_FOUND,   /* The text is "1.2.3.4,[::1]", as CURLOPT_RESOLVE reads it. */
    NAMES_FAILED,  /* The text says why. */
    NAMES_PENDING, /* The waiter will be woken; then look again. */
} http_client_names_state;

/* A caller's place in the queue of a look-up. All zero: the caller waits for nothing. */
typedef struct http_client_names_wait {
    waiter_entry entry;
    struct names_entry *of;
} http_client_names_wait;

/* ttl_ms: how long addresses are kept. NULL: no memory. */
http_client_names *http_client_names_new(int64_t ttl_ms);

/* Frees the table, without waiting for look-ups. No caller may be waiting for a name any more. self
 * may be NULL. */
void http_client_names_free(http_client_names *self);

/* Returns the addresses of a host, which is not an IP address. If they are not known, starts a
 * look-up or joins one that is running, without blocking. After NAMES_PENDING the caller must look
 * again with the same wait, or call http_client_names_leave(). Any thread. */
http_client_names_state http_client_names_look(http_client_names *self, dubboc_slice host,
    http_client_names_wait *wait, waiter *of, char text[NAMES_TEXT_SIZE]);

/* Ends a wait. No-op if the caller waits for nothing. */
void http_client_names_leave(http_client_names *self, http_client_names_wait *wait);

#endif

/* Asks peers whether they live, without blocking, for one thread.
 *
 * A probe opens a connection of its own, sends a HEAD request, and waits for a sign of life: any
 * byte of a reply, or an orderly close of the connection by the peer. A process that hangs gives
 * neither, although its kernel still accepts connections for it. So a probe stays open until there
 * is an answer, or until the connection breaks. Over https such a process does not even
 * finish the handshake, so the probe fails after the connect time-out. */
#ifndef TRANSPORT_HTTP_CLIENT_PROBE_H
#define TRANSPORT_HTTP_CLIENT_PROBE_H

#include "transport/http_client_target.h"

typedef struct http_client_prober http_client_prober;
typedef struct http_client_probe http_client_probe;

/* Receives the result of a probe. The probe has been freed already. true: the peer has answered.
 * false: the connection could not be opened, or broke. Called in http_client_prober_step(). The
 * function must neither begin nor cancel a probe. */
typedef void (*http_client_probed)(void *arg, bool is_alive);

/* client is borrowed. DUBBOC_E_SYSTEM: no descriptor is left. DUBBOC_E_NO_MEMORY. */
dubboc_status http_client_prober_new(
    http_client *client, http_client_prober **self, dubboc_error *err);

/* No probe may be left. self may be NULL. */
void http_client_prober_free(http_client_prober *self);

/* Returns a descriptor that is readable when a step has something to do. Borrowed. */
int http_client_prober_fd(const http_client_prober *self);

/* Does what can be done without blocking. Returns the time at which the next step is due if the
 * descriptor does not become readable before. */
int64_t http_client_prober_step(http_client_prober *self);

/* Begins a probe of this path. The connection must be open within the connect time-out; the answer
 * has no time limit. The caller must call http_client_prober_step() afterwards. target and path are
 * borrowed. NULL: no memory. */
http_client_probe *http_client_probe_begin(http_client_prober *self,
    const http_client_target *target, const char *path, http_client_probed probed, void *arg);

/* Cancels a probe before probed() was called for it; probed() will not be called. */
void http_client_probe_cancel(http_client_probe *self);

#endif

/* The certificate authorities that https connections trust, read once per client.
 *
 * libcurl reads the file of authorities anew for each connection, which takes some 20 ms of CPU for
 * the 140 authorities of a usual system. OpenSSL can share what was read between connections;
 * libcurl offers that only within a multi handle, which belongs to one thread. So the file is read
 * here, and handed to each connection by CURLOPT_SSL_CTX_FUNCTION. It is read again when it has
 * changed.
 *
 * Where libcurl does not use the OpenSSL that this library is linked with, nothing is shared, and
 * libcurl reads for itself. */
#ifndef TRANSPORT_HTTP_CLIENT_TRUST_H
#define TRANSPORT_HTTP_CLIENT_TRUST_H

#include <curl/curl.h>
#include <stdbool.h>
#include <sys/stat.h>

#include <dubboc/error.h>

#include "base/mutex.h"

typedef struct http_client_trust {
    const char *ca_file; /* borrowed; NULL: the system's authorities */
    mutex lock;
    void *store;         /* an X509_STORE; NULL: none could be read yet */
    bool has_seen;       /* a file was read, with success or not */
    struct stat seen;    /* that file */
    dubboc_error broken; /* why there is no store in spite of that */
} http_client_trust;

void http_client_trust_init(http_client_trust *self, const char *ca_file);
void http_client_trust_fini(http_client_trust *self);

/* What a new connection is to be checked against, for http_client_trust_give_back(). *store NULL:
 * libcurl is to read for itself. Reads the file when it has not been read or has changed; that
 * takes time, so call it where blocking is allowed, not on the thread of an event loop. Who comes
 * meanwhile waits for it. A changed file that cannot be read leaves the former authorities in
 * force, and is logged. One whose content is of no use is not read again before it changes.
 * DUBBOC_E_CONNECT: it cannot be read; err names the file and the reason. DUBBOC_E_NO_MEMORY. */
dubboc_status http_client_trust_take(http_client_trust *self, void **store, dubboc_error *err);
void http_client_trust_give_back(void *store); /* NULL is accepted */

/* Whether this library and libcurl use the same OpenSSL, so that anything is shared at all. */
bool http_client_trust_is_shared(void);

/* Before connecting. ca_file is used when store is NULL. */
CURLcode http_client_trust_set(CURL *curl, void *store, const char *ca_file);

#endif

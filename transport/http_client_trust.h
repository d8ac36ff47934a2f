/* The certificate authorities that https connections trust, read once per client.
 *
 * libcurl reads the file of authorities again for each connection, which takes about 20 ms of CPU
 * for the 140 authorities of a usual system. OpenSSL can share a store of authorities between
 * connections, but libcurl offers that only within a multi handle, which belongs to one thread. So
 * this module reads the file, and gives the store to each connection in CURLOPT_SSL_CTX_FUNCTION.
 * It reads the file again when the file has changed.
 *
 * If libcurl uses another OpenSSL than this library, nothing is shared, and libcurl reads the file
 * for each connection. */
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
    /* Guarded by lock: */
    void *store;         /* an X509_STORE; NULL: none has been read yet */
    bool has_seen;       /* the file was read, successfully or not */
    struct stat seen;    /* the file's identity and times when it was read */
    dubboc_error broken; /* why reading the file failed; returned again while store is NULL */
} http_client_trust;

void http_client_trust_init(http_client_trust *self, const char *ca_file);
void http_client_trust_fini(http_client_trust *self);

/* Takes the store that a new connection is checked against. Give it back with
 * http_client_trust_give_back(). *store is NULL if libcurl shall read the authorities itself.
 *
 * Reads the file if it has not been read or has changed. Other callers block until that is done,
 * so do not call this on the thread of an event loop. If a changed file cannot be read,
 * the former authorities stay in use and a warning is logged. A file with invalid content is not
 * read again until it changes.
 *
 * - DUBBOC_E_CONNECT: the file cannot be read, and there is no former store; err names the file and
 *   the reason.
 * - DUBBOC_E_NO_MEMORY. */
dubboc_status http_client_trust_take(http_client_trust *self, void **store, dubboc_error *err);
void http_client_trust_give_back(void *store); /* NULL is accepted */

/* Whether this library and libcurl use the same OpenSSL. Only then are authorities shared. */
bool http_client_trust_is_shared(void);

/* Sets the authorities of a curl handle before it connects. ca_file is used if store is NULL. */
CURLcode http_client_trust_set(CURL *curl, void *store, const char *ca_file);

#endif

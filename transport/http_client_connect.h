/* Opens connections. libcurl connects (CURLOPT_CONNECT_ONLY), and deals with several addresses of a
 * host, with proxies and with TLS. Host names are resolved before, by http_client_names.h, because
 * curl would start a thread for each connection, and leave it behind while a name server hangs.
 *
 * The steps are used in two ways: http_client_connection_open() blocks, and http_client_opener.h
 * does not. */
#ifndef TRANSPORT_HTTP_CLIENT_CONNECT_H
#define TRANSPORT_HTTP_CLIENT_CONNECT_H

#include <curl/curl.h>
#include <signal.h>

#include "transport/http_client_connection.h"
#include "transport/http_client_names.h"

/* One attempt to connect. It must not be moved after http_client_connect_prepare(), because curl
 * keeps pointers to it. */
typedef struct http_client_connect {
    const http_client_target *target;
    http_client_connection *connection; /* being opened; NULL once the caller owns it */
    CURL *curl;                         /* NULL: not created yet, or owned by the connection */
    struct curl_slist *addresses;       /* for CURLOPT_RESOLVE; NULL: not needed */
    void *trusted;                      /* from http_client_trust_take() */
    long limit_ms; /* how long it may take; at least 1, because curl takes 0 for its own default */
    int64_t until_ns;
    bool is_deadline;         /* The limit is the deadline of the call, not the connect time-out. */
    bool are_signals_blocked; /* from the start of a look-up until curl reports progress */
    sigset_t former;          /* the mask before that */
    char reason[CURL_ERROR_SIZE];
} http_client_connect;

/* Begins an attempt; its time limit begins to run. false: no memory. http_client_connect_fini()
 * must be called in both cases. */
bool http_client_connect_begin(
    http_client_connect *self, const http_client_target *target, int64_t deadline_ns);

/* Whether the host name must be resolved first. */
bool http_client_connect_needs_name(const http_client_connect *self);

/* Uses the result of http_client_names_look(): `found` is NAMES_FOUND or NAMES_FAILED, and text is
 * the text that the function has written. DUBBOC_E_CONNECT: the name was not resolved.
 * DUBBOC_E_NO_MEMORY. */
dubboc_status http_client_connect_use_name(
    http_client_connect *self, http_client_names_state found, const char *text, dubboc_error *err);

/* Creates the curl handle and sets its options. DUBBOC_E_CONNECT: the trusted authorities cannot be
 * read. DUBBOC_E_NO_MEMORY. */
dubboc_status http_client_connect_prepare(http_client_connect *self, dubboc_error *err);

/* Evaluates curl's result. DUBBOC_OK: the caller owns *connection. DUBBOC_E_CONNECT,
 * DUBBOC_E_TIMEOUT, DUBBOC_E_CLOSED, DUBBOC_E_NO_MEMORY: as http_client_connection_open(). */
dubboc_status http_client_connect_finish(http_client_connect *self, CURLcode code,
    http_client_connection **connection, dubboc_error *err);

/* Reports an attempt that must end before curl has finished: DUBBOC_E_CLOSED if the client is
 * stopping, otherwise DUBBOC_E_TIMEOUT or DUBBOC_E_CONNECT, depending on the limit. */
dubboc_status http_client_connect_is_late(const http_client_connect *self, dubboc_error *err);

/* Frees what the caller or the connection does not own. */
void http_client_connect_fini(http_client_connect *self);

/* Opens a connection; blocks until it is open. The caller owns *connection and must call
 * http_client_connection_close().
 *
 * - DUBBOC_E_CONNECT: refused, unreachable, name not resolved, or TLS failed; err names the address
 *   and the reason.
 * - DUBBOC_E_TIMEOUT: the deadline passed before the connection was open.
 * - DUBBOC_E_CLOSED: the client is stopping.
 * - DUBBOC_E_NO_MEMORY. */
dubboc_status http_client_connection_open(const http_client_target *target, int64_t deadline_ns,
    http_client_connection **connection, dubboc_error *err);

#endif

/* The consumer: calls methods of services that Java, Go and C programs provide.
 *
 *     dubboc_client *client = NULL;
 *     dubboc_error err = {0};
 *     cJSON *params = NULL, *user = NULL;
 *     if (dubboc_client_new(NULL, &client, &err) != DUBBOC_OK) ...
 *     if (dubboc_json_build(&params, &err, DUBBOC_ARRAY("A003")) != DUBBOC_OK) ...
 *     if (dubboc_call(client, "com.ikurento.user.UserProvider", "GetUser",
 *             params, &user, &err) != DUBBOC_OK)
 *         fprintf(stderr, "%s (%s)\n", err.text, dubboc_execution_text(err.execution));
 *
 * A client holds one registry session, the lists of the providers it has asked for, and their
 * pooled connections. Make one a process, share it between threads. Results are written on success
 * only: what they point to is left alone otherwise.
 *
 * A setting of a call is taken from the first of these that says something: the call's own option;
 * an override that an administrator has laid over the provider; [reference X] for the method;
 * [reference X]; the provider's node for the method; the provider's node; dubboc_client_options;
 * [client]. Within a section: dubboc_config_set(), the environment, the file, the default. */
#ifndef DUBBOC_CLIENT_H
#define DUBBOC_CLIENT_H

#include <cjson/cJSON.h>
#include <dubboc/config.h>
#include <dubboc/defs.h>
#include <dubboc/error.h>
#include <dubboc/text.h>

DUBBOC_BEGIN

/* A consumer: one registry session, the providers known from it, and the connections to them. */
typedef struct dubboc_client dubboc_client;

/* How a client is made. Set size, leave the rest 0 for what the configuration says. Strings are
 * copied. */
typedef struct dubboc_client_options {
    size_t size;                 /* sizeof(dubboc_client_options) */
    const dubboc_config *config; /* NULL: dubboc_config_load(NULL) is used */
    const char *registry;        /* [registry] address: "zookeeper://h1:2181,h2:2181/",
                                    "file:///var/lib/dubboc", "static:URL,URL" */
    const char *application;     /* [application] name */
    /* [client] request_timeout: the whole call, all attempts; default 3 s; DUBBOC_NONE: no
     * deadline. Overridden by the call option, the [reference] section and the provider's node. */
    int64_t timeout_ms;
    int64_t connect_timeout_ms; /* [client] connect_timeout: one connection; default 1 s */
    /* [client] retries: repeats of calls that may have been executed, for idempotent methods;
     * default 2; DUBBOC_NONE: 0. Overridden by the call option, the [reference] section and the
     * provider's node. A call that was certainly not executed goes on to another provider without
     * counting here; when every provider has refused within the last second, going on takes from
     * the budget: all calls together repeat at most a fifth of the calls of the last 10 s, or 3. */
    int retries;
    int pool_size;            /* [client] pool_size: connections to one provider; default 128 */
    const char *load_balance; /* [client] load_balance: "random" (default), "roundrobin" */
    int64_t reply_max_bytes;  /* [client] reply_max: a longer reply is an error; default 64 MiB */
} dubboc_client_options;

/* Makes a client, without waiting for the registry or a name server. options NULL: all from the
 * configuration. DUBBOC_OK: *client is the caller's, who frees it with dubboc_client_free().
 * DUBBOC_E_CONFIG, DUBBOC_E_ARGUMENT: err says which setting, or which option is out of range.
 * DUBBOC_E_UNSUPPORTED: it is of a later release. DUBBOC_E_SYSTEM, DUBBOC_E_NO_MEMORY. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_client_new(
    const dubboc_client_options *options, dubboc_client **client, dubboc_error *err);

/* Ends the calls that are under way in other threads: they return DUBBOC_E_CLOSED, with what is
 * known about their execution. Calls that begin later are refused with DUBBOC_E_CLOSED too. Does
 * not wait: join the threads that make calls, then call dubboc_client_free(). Any thread, but not a
 * signal handler; again is harmless. */
DUBBOC_API void dubboc_client_stop(dubboc_client *client);

/* Stops the client as dubboc_client_stop() does, waits until the calls under way have returned,
 * leaves the registry, frees everything. No call may be started any more: where other threads may
 * do so, stop the client and join them first. NULL is accepted. */
DUBBOC_API void dubboc_client_free(dubboc_client *client);

/* Calls interface.method with params and waits for the reply, at most until the deadline. params is
 * a JSON array or object, borrowed (NULL: none, sent as []). DUBBOC_OK: *result is the caller's,
 * cJSON_Delete(); a void method's is a null node. result NULL: not wanted. DUBBOC_E_REMOTE: it was
 * answered with a JSON-RPC error, code and message in err; never tried again. DUBBOC_E_NO_PROVIDER,
 * DUBBOC_E_REGISTRY (not reached by the deadline, and nothing known from before), DUBBOC_E_CONNECT,
 * DUBBOC_E_BUSY: it was never executed. DUBBOC_E_TIMEOUT, DUBBOC_E_BROKEN, DUBBOC_E_PROTOCOL,
 * DUBBOC_E_HTTP, DUBBOC_E_TOO_BIG, DUBBOC_E_CLOSED: no usable answer came; err->execution says
 * whether it may have run. The text of a call that ran out of time says after how many
 * milliseconds, and who set that: "timed out after 800 ms ([reference com.acme.Orders]
 * settle.timeout)". DUBBOC_E_TYPE: it was answered, but a string of the result holds \u0000, which
 * a C string cannot; the raw form gives it. DUBBOC_E_ARGUMENT: params, interface, method or an
 * option cannot be used. DUBBOC_E_UNSUPPORTED: the option's load balance is of a later release.
 * DUBBOC_E_CONFIG: the [reference] section. With these nothing was sent. DUBBOC_E_NO_MEMORY.
 *
 * err->execution is set by every outcome: DUBBOC_ANSWERED on success, DUBBOC_NOT_EXECUTED when
 * nothing was sent, never DUBBOC_EXECUTION_UNKNOWN. From the first attempt on, err->provider and
 * err->attempts tell who was tried and how often, on DUBBOC_OK too. Functions that read the result
 * afterwards leave these fields alone (see <dubboc/error.h>). Numbers in the result: see
 * <dubboc/json.h>. Any thread. Source: JSON-RPC 2.0 sections 4 and 5; wire.md 1 to 3. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_call(dubboc_client *client, const char *interface,
    const char *method, const cJSON *params, cJSON **result, dubboc_error *err);

/* One HTTP header, an attachment of the call. Borrowed during the call. */
typedef struct dubboc_header {
    const char *name;  /* the header's name */
    const char *value; /* its value, without line ends */
} dubboc_header;

/* Receives one line for people for each step of a call (candidates and why each was left out,
 * attempts, times, bytes). Called on the calling thread, without locks. */
typedef void (*dubboc_explain_fn)(void *arg, const char *line);

/* One call's own settings; they win over everything else. Set size, leave the rest 0. Borrowed
 * during the call. */
typedef struct dubboc_call_options {
    size_t size;         /* sizeof(dubboc_call_options) */
    int64_t timeout_ms;  /* the whole call, all attempts; DUBBOC_NONE: no deadline */
    const char *group;   /* NULL: as configured; "": none; "*": any */
    const char *version; /* the same */
    /* "http://host:port/path", or https: this provider, no registry; interface is then only a name
     * for people. What stands behind a '?' is read as in a provider's node ("?timeout=500") and not
     * sent. The 4096 addresses used last are kept with their connections. A user and a password are
     * not sent; '/' and '@' in them are escaped (%2F, %40). An '@' in the path may stand as it is,
     * but has to be written as %40 when there is a ':' before it in the path or a host and a port
     * behind it: "http://me:1/2@host:80/path" is refused (DUBBOC_E_ARGUMENT), since it may hold a
     * password that was not escaped. */
    const char *url;
    const char *load_balance; /* "random", "roundrobin" */
    int retries;              /* repeats, as in dubboc_client_options; DUBBOC_NONE: 0 */
    /* 1: may be sent again when it is not known whether it ran; DUBBOC_NONE: must not. 0: what the
     * [reference] section says (a method that its list "idempotent" does not name must not), and
     * without that list the node of the provider that was called last. */
    int idempotent;
    const dubboc_header *headers; /* sent with each attempt; not Host, Content-Length, Connection,
                                     Timeout and the like */
    size_t header_count;          /* how many there are in headers */
    dubboc_text *remote_error; /* DUBBOC_E_REMOTE: receives the whole error object as the peer wrote
                                  it; else it is emptied */
    dubboc_explain_fn explain; /* NULL: none */
    void *explain_arg;         /* passed to explain */
} dubboc_call_options;

/* Calls as dubboc_call() does, with options for this call (NULL: none). */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_call_with(dubboc_client *client,
    const char *interface, const char *method, const cJSON *params,
    const dubboc_call_options *options, cJSON **result, dubboc_error *err);

/* Calls with params and result as JSON text instead of trees. params is the text of a JSON array or
 * object ({NULL, 0}: []). The result's text is put into *result (NULL: not wanted), byte for byte
 * as the peer wrote it and checked to be JSON. Nothing is parsed but the envelope; in the steady
 * state nothing is allocated, except for a url with a '?'. DUBBOC_E_ARGUMENT: params is not a JSON
 * array or object. Else as dubboc_call(). */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_call_raw(dubboc_client *client,
    const char *interface, const char *method, dubboc_slice params,
    const dubboc_call_options *options, dubboc_text *result, dubboc_error *err);

/* What became of the calls so far. Each call is counted once, by how it ended. */
typedef struct dubboc_client_stats {
    size_t size;           /* set by the caller: sizeof(dubboc_client_stats) */
    uint64_t calls;        /* calls that have ended */
    uint64_t ok;           /* those that returned DUBBOC_OK */
    uint64_t remote_error; /* those that were answered with an error: DUBBOC_E_REMOTE */
    uint64_t not_executed; /* those that were certainly not executed */
    /* those of which it is not known, and those whose answer could not be used */
    uint64_t maybe_executed;
    uint64_t attempts;    /* requests sent, wholly or in part */
    uint64_t connections; /* connections opened */
} dubboc_client_stats;

/* Reads the figures. It fills in as many fields as stats->size has room for; none if that is less
 * than sizeof(size_t).
 * Any thread; the figures are a moment's and need not add up while calls run. */
DUBBOC_API void dubboc_client_get_stats(const dubboc_client *client, dubboc_client_stats *stats);

DUBBOC_END

#endif

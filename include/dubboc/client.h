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
 * A client holds one registry session, a list of providers for each service that the program has
 * called, and a pool of connections to these providers. Make one client per process and share it
 * between threads. A function writes its results on success only; on failure it leaves them
 * unchanged.
 *
 * The settings of a call (time-out, retries, load balance and so on) may be given in several
 * places. The first of these that gives a value decides:
 *
 *   1. the option of the call, in dubboc_call_options;
 *   2. an override, which an administrator has set for the provider in the registry;
 *   3. the section [reference INTERFACE] of the configuration, for this method;
 *   4. the section [reference INTERFACE], for all methods;
 *   5. the provider's node, for this method;
 *   6. the provider's node, for all methods;
 *   7. dubboc_client_options;
 *   8. the section [client].
 *
 * Each key of a section may be set in several ways, too. The order is: dubboc_config_set(), the
 * environment, the file, the default. */
#ifndef DUBBOC_CLIENT_H
#define DUBBOC_CLIENT_H

#include <cjson/cJSON.h>
#include <dubboc/config.h>
#include <dubboc/defs.h>
#include <dubboc/error.h>
#include <dubboc/text.h>

DUBBOC_BEGIN

/* A consumer: one registry session, the lists of providers, and the connections to them. */
typedef struct dubboc_client dubboc_client;

/* The options of a new client. Set size; a field that is left 0 or NULL is taken from the
 * configuration. Strings are copied. */
typedef struct dubboc_client_options {
    size_t size;                 /* sizeof(dubboc_client_options) */
    const dubboc_config *config; /* NULL: the client calls dubboc_config_load(NULL) */
    const char *registry;        /* [registry] address: "zookeeper://h1:2181,h2:2181/",
                                    "file:///var/lib/dubboc", "static:URL,URL" */
    const char *application;     /* [application] name */
    /* [client] request_timeout: the time for the whole call with all its attempts; default 3 s;
     * DUBBOC_NONE: no deadline. Overridden by the call option, the [reference] section and the
     * provider's node. */
    int64_t timeout_ms;
    int64_t connect_timeout_ms; /* [client] connect_timeout: the time to open one connection;
                                   default 1 s */
    /* [client] retries: how often a call of an idempotent method is repeated when it may have been
     * executed; default 2; DUBBOC_NONE: 0. Overridden by the call option, the [reference] section
     * and the provider's node.
     *
     * A call that was certainly not executed is sent to another provider, which does not count as a
     * retry. But if the provider has refused the call, and no other provider is likely to accept it
     * (each was tried, is ejected, or has just failed or refused a call), sending the call to
     * another provider uses up the retry budget, as a retry does. All calls of the client share
     * this budget: it allows one repeat for every five calls of the last 10 s, and 3 repeats when
     * there were fewer than 15 calls. */
    int retries;
    int pool_size;            /* [client] pool_size: connections to one provider; default 128 */
    const char *load_balance; /* [client] load_balance: "random" (default), "roundrobin" */
    int64_t reply_max_bytes;  /* [client] reply_max: a longer reply is an error; default 64 MiB */
    /* [client] io_threads: the number of threads that run the calls of <dubboc/async.h>; default 1;
     * DUBBOC_NONE: none, the program calls dubboc_client_step() in its own event loop. */
    int io_threads;
    int in_flight_max; /* [client] in_flight_max: asynchronous calls in flight; default 10,000 */
    /* [client] attempt_timeout: the time for one attempt; default and DUBBOC_NONE: the time that is
     * left for the call. An attempt that was sent and not answered in time may have been executed,
     * so only a call of an idempotent method is then repeated, at another provider if there is
     * one. */
    int64_t attempt_timeout_ms;
} dubboc_client_options;

/* Makes a client. It does not wait for the registry or for a name server. options may be NULL: then
 * everything is taken from the configuration. DUBBOC_OK: the caller owns *client and frees it with
 * dubboc_client_free(). DUBBOC_E_CONFIG: a setting is wrong; err names it. DUBBOC_E_ARGUMENT: an
 * option is out of range; err names it. DUBBOC_E_UNSUPPORTED: a setting or an option belongs to a
 * later release. DUBBOC_E_SYSTEM: the operating system refused. DUBBOC_E_NO_MEMORY: an allocation
 * failed. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_client_new(
    const dubboc_client_options *options, dubboc_client **client, dubboc_error *err);

/* Ends the calls that are under way in other threads. They return DUBBOC_E_CLOSED, and
 * err->execution says whether they may have been executed. Asynchronous calls (<dubboc/async.h>)
 * end in the same way, on the threads that run them; with io_threads = 0 in the next
 * dubboc_client_step(). Calls that begin later are refused with DUBBOC_E_CLOSED. This function does
 * not wait: next join the threads that make calls, then call dubboc_client_free(). Call it from any
 * thread, but not from a signal handler. No-op if the client has been stopped before. */
DUBBOC_API void dubboc_client_stop(dubboc_client *client);

/* Stops the client like dubboc_client_stop(), waits until all calls have returned and all callbacks
 * of asynchronous calls have run, removes the client's nodes from the registry, and frees
 * everything. Not to be called inside a callback. No call may begin once this function has been
 * called. If other threads make calls, first call dubboc_client_stop() and join these threads.
 * client may be NULL. */
DUBBOC_API void dubboc_client_free(dubboc_client *client);

/* Calls a method of an interface and waits for the reply, at most until the deadline. params is a
 * JSON array or object, which is borrowed; NULL is sent as []. result may be NULL if it is not
 * wanted. Any thread. The function returns:
 *
 *   - DUBBOC_OK: the caller owns *result and frees it with cJSON_Delete(). A void method gives a
 *     null node.
 *   - DUBBOC_E_REMOTE: the peer answered with a JSON-RPC error; err has its code and message. Such
 *     a call is never repeated.
 *   - DUBBOC_E_NO_PROVIDER, DUBBOC_E_CONNECT, DUBBOC_E_BUSY: the call was not executed.
 *   - DUBBOC_E_REGISTRY: the call was not executed, because the registry was not reached by the
 *     deadline and the client has no earlier list of providers.
 *   - DUBBOC_E_TIMEOUT, DUBBOC_E_BROKEN, DUBBOC_E_PROTOCOL, DUBBOC_E_HTTP, DUBBOC_E_TOO_BIG,
 *     DUBBOC_E_CLOSED: there is no usable reply. err->execution says whether the method may have
 *     run.
 *   - DUBBOC_E_TYPE: the peer answered, but a string of the result holds \u0000, which a C string
 *     cannot hold. dubboc_call_raw() returns such a result.
 *   - DUBBOC_E_ARGUMENT: interface, method, params or an option cannot be used. Nothing was sent.
 *   - DUBBOC_E_UNSUPPORTED: the load balance of the options belongs to a later release. Nothing was
 *     sent.
 *   - DUBBOC_E_CONFIG: the [reference] section is wrong. Nothing was sent.
 *   - DUBBOC_E_NO_MEMORY: an allocation failed.
 *
 * If the time ran out, the text says after how many milliseconds, and where the time-out was set:
 * "timed out after 800 ms ([reference com.acme.Orders] settle.timeout)".
 *
 * err->execution is set whatever the outcome: DUBBOC_ANSWERED on success, DUBBOC_NOT_EXECUTED when
 * nothing was sent, never DUBBOC_EXECUTION_UNKNOWN. After at least one attempt err->provider names
 * the provider that was tried last and err->attempts counts the attempts, also with DUBBOC_OK.
 * Functions that read the result afterwards do not change these fields (see <dubboc/error.h>).
 * <dubboc/json.h> says how numbers of the result are read. Source: JSON-RPC 2.0 sections 4 and 5;
 * wire.md 1 to 3. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_call(dubboc_client *client, const char *interface,
    const char *method, const cJSON *params, cJSON **result, dubboc_error *err);

/* One HTTP header of a call; Dubbo calls it an attachment. It is borrowed during the call. */
typedef struct dubboc_header {
    const char *name;  /* the header's name */
    const char *value; /* its value, without line ends */
} dubboc_header;

/* Receives a line of text for each step of a call, for people to read: the candidates and why a
 * provider was left out, the attempts, times and bytes. It is called on the thread that makes the
 * call, while no lock is held. The line is valid only during the call of this function. */
typedef void (*dubboc_explain_fn)(void *arg, const char *line);

/* The settings of one call, which override all others. Set size; a field that is left 0 or NULL
 * keeps the setting that is configured. The options are borrowed during the call. */
typedef struct dubboc_call_options {
    size_t size;         /* sizeof(dubboc_call_options) */
    int64_t timeout_ms;  /* the time for the whole call with all its attempts; DUBBOC_NONE: no
                            deadline */
    const char *group;   /* NULL: the configured group; "": no group; "*": any group */
    const char *version; /* NULL: the configured version; "": no version; "*": any version */
    /* Calls the provider at this address, "http://host:port/path" or "https://...", without a
     * registry. The argument interface of the call is then used in texts only. Parameters behind a
     * '?' are read like the parameters in a provider's node ("?timeout=500") and are not sent. The
     * client keeps the 4096 addresses that were used last, with their connections.
     *
     * A user name and a password in the address are not sent. A '/' or '@' in them must be escaped
     * (%2F, %40). An '@' in the path may be written as it is, except after a ':' in the path, or in
     * front of something that looks like a host and a port: there write %40.
     * "http://me:1/2@host:80/path" is refused with DUBBOC_E_ARGUMENT, because it may hold a
     * password that was not escaped. */
    const char *url;
    const char *load_balance; /* "random", "roundrobin" */
    int retries;              /* retries as in dubboc_client_options; DUBBOC_NONE: 0 */
    /* 1: the call may be repeated when it is not known whether it was executed. DUBBOC_NONE: it
     * must not be repeated then. 0: the list "idempotent" of the [reference] section decides; calls
     * of methods that are not in the list must not be repeated. Without that list the node of the
     * provider that was called last decides. */
    int idempotent;
    const dubboc_header *headers; /* sent with each attempt. Host, Content-Length, Connection,
                                     Timeout and other headers that the library itself sends are
                                     refused. */
    size_t header_count;          /* the number of headers */
    dubboc_text *remote_error;  /* with DUBBOC_E_REMOTE receives the whole error object as the peer
                                   wrote it; emptied otherwise */
    dubboc_explain_fn explain;  /* NULL: none */
    void *explain_arg;          /* passed to explain */
    int64_t attempt_timeout_ms; /* as in dubboc_client_options; DUBBOC_NONE: the time left */
} dubboc_call_options;

/* Does what dubboc_call() does, with options for this call (NULL: none). */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_call_with(dubboc_client *client,
    const char *interface, const char *method, const cJSON *params,
    const dubboc_call_options *options, cJSON **result, dubboc_error *err);

/* Does what dubboc_call_with() does, with params and result as JSON text instead of trees. params
 * is the text of a JSON array or object, which is borrowed; {NULL, 0} is sent as []. *result
 * receives the result byte for byte as the peer wrote it, checked to be JSON; result may be NULL if
 * it is not wanted. The caller frees it with dubboc_text_free(). The library parses only the
 * JSON-RPC members around the result. Once the buffers have grown, a call allocates nothing, except
 * when options->url has a '?'. DUBBOC_E_ARGUMENT: also if params is not a JSON array or object. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_call_raw(dubboc_client *client,
    const char *interface, const char *method, dubboc_slice params,
    const dubboc_call_options *options, dubboc_text *result, dubboc_error *err);

/* How the calls of a client ended, each counted once. */
typedef struct dubboc_client_stats {
    size_t size;           /* set by the caller: sizeof(dubboc_client_stats) */
    uint64_t calls;        /* calls that have ended */
    uint64_t ok;           /* calls that returned DUBBOC_OK */
    uint64_t remote_error; /* calls that were answered with an error (DUBBOC_E_REMOTE) */
    uint64_t not_executed; /* calls that were certainly not executed */
    /* calls that may have been executed, and calls whose reply could not be used */
    uint64_t maybe_executed;
    uint64_t attempts;       /* requests sent, wholly or in part */
    uint64_t connections;    /* connections opened */
    uint64_t in_flight;      /* asynchronous calls that have not ended (<dubboc/async.h>) */
    uint64_t slow_callbacks; /* callbacks of asynchronous calls that took more than 10 ms */
} dubboc_client_stats;

/* Reads the figures. It fills in as many fields as stats->size has room for, and none if size is
 * less than sizeof(size_t). Any thread. While calls run the figures change, so they need not add
 * up. */
DUBBOC_API void dubboc_client_get_stats(const dubboc_client *client, dubboc_client_stats *stats);

DUBBOC_END

#endif

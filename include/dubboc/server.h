/* The provider: offers methods that Java, Go and C consumers call.
 *
 *     static dubboc_status add(
 *         dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
 *     {
 *         int64_t a, b;
 *         if (dubboc_request_args(request, params, &a, &b) != DUBBOC_OK)
 *             return DUBBOC_E_PARAMS;
 *         *result = dubboc_json_i64_new(a + b);
 *         return *result != NULL ? DUBBOC_OK : DUBBOC_E_NO_MEMORY;
 *     }
 *     ...
 *     dubboc_server_new(NULL, &server, &err);
 *     dubboc_server_handle(server, "com.example.Sum", "add", add, NULL, &err);
 *     dubboc_server_run(server, stdout, &err);
 *     dubboc_server_free(server);
 *
 * One thread makes the server, adds services and methods, runs the server and frees it, in this
 * order; another order fails an assertion. A program that has its own main loop calls
 * dubboc_server_start() and dubboc_server_stop() instead of dubboc_server_run().
 *
 * A rolling restart loses no call, because the server listens before it registers, and deregisters
 * before it drains. */
#ifndef DUBBOC_SERVER_H
#define DUBBOC_SERVER_H

#include <cjson/cJSON.h>
#include <dubboc/client.h>
#include <dubboc/config.h>
#include <dubboc/defs.h>
#include <dubboc/error.h>
#include <dubboc/json.h>
#include <dubboc/latency.h>
#include <dubboc/text.h>
#include <stdio.h>

DUBBOC_BEGIN

/* A provider process: its listening socket, its services, and its nodes in the registry. */
typedef struct dubboc_server dubboc_server;

/* One service of a server: an interface with a group and a version. */
typedef struct dubboc_service dubboc_service;

/* --- life --- */

/* The options of a new server. Set size; a field that is left 0 or NULL is taken from the
 * configuration. Strings are copied. */
typedef struct dubboc_server_options {
    size_t size;                 /* sizeof(dubboc_server_options) */
    const dubboc_config *config; /* NULL: the server calls dubboc_config_load(NULL) */
    const char *registry;        /* [registry] address; "": no registry, do not register */
    const char *application;     /* [application] name */
    const char *ip;              /* [server] ip: the address to listen on; default: all addresses */
    int port; /* [server] port: default 10000; DUBBOC_NONE: any free port (in the file: port = 0) */
    int loops;   /* [server] loops: the number of event loop threads, default one per core.
                    DUBBOC_NONE: no threads at all (in the file: loops = 0); the program calls
                    dubboc_server_step(), and handlers run on the thread that does so */
    int workers; /* [server] workers: the number of threads for blocking handlers, default 4 per
                    core and at least 8 */
    /* [server] queue: how many requests may wait for a worker, default 1024. When the queue is
     * full, one of these requests is answered with 503 as not executed. So is a request that has
     * waited for longer than its Timeout header allows, or without that header for longer than
     * [server] queue_time (default 3 s).
     *
     * When the queue has not been empty for a while, the newest request is started first, and a
     * request is started only if it has more time left than its method takes on average.
     *
     * Requests for non-blocking methods do not wait in this queue, unless their body is above 64
     * KiB. A server with loops = 0 has no queue. */
    int queue;
    int64_t body_max_bytes; /* [server] body_max: default 8 MiB; beyond that: 413 */
    /* [server] connections: the most connections at a time, default 10000, and never more than
     * RLIMIT_NOFILE allows. When there are that many, a new connection takes the place of the
     * connection that has been idle for longest (for at least 100 ms; a connection that has not
     * sent anything yet counts as idle). If no connection is idle, the new one takes the place of
     * the slowest sender of a request. If no request is being received either, the new connection
     * is answered with 503 as not executed. */
    int connections;
    /* [server] memory_max: the memory for requests that are not answered yet. The default is a
     * quarter of the memory of the machine or of its control group, at most 512 MiB. The least is
     * twice body_max_bytes.
     *
     * One half is for bodies as they were received, the other half for the cJSON trees that are
     * made of large params. A request whose body does not fit is not read further. A request whose
     * tree does not fit waits on its worker, in the order of arrival. After 1 s at most, both kinds
     * of requests are answered with 503 as not executed. With loops = 0 no tree waits.
     *
     * A body of up to 8 KiB does not count, nor does a tree made of a text of up to 8 KiB. Params
     * whose tree would need more than the whole half are answered with an error (-32602). A raw
     * handler needs no tree. */
    int64_t memory_max_bytes;
} dubboc_server_options;

/* Makes a server, which does not listen yet. options may be NULL: then everything is taken from the
 * configuration. DUBBOC_OK: the caller owns *server and frees it with dubboc_server_free().
 * DUBBOC_E_CONFIG: a setting is wrong; err names it. DUBBOC_E_ARGUMENT: an option is out of range;
 * err names it. DUBBOC_E_UNSUPPORTED: a setting or an option belongs to a later release.
 * DUBBOC_E_NO_MEMORY: an allocation failed. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_server_new(
    const dubboc_server_options *options, dubboc_server **server, dubboc_error *err);

/* Listens, starts the loops and workers, and then registers every service. It does not wait for the
 * registry: if the registry cannot be reached, the server serves nevertheless, and registers when
 * the registry can be reached.
 *
 * To find its own address, the server first looks up the host names in the registry's address,
 * which takes 1 s at most. It looks nothing up if [server] registered_ip is set or the server
 * listens on one address only.
 *
 * DUBBOC_E_SYSTEM: the server cannot listen on the address (in use, no permission), there is no
 * descriptor or thread left, or the folder of a file: registry is not writable; err says which and
 * why. DUBBOC_E_ARGUMENT: there is no service, a service has no methods, the ip is not an IP
 * address, the registry address is malformed, or a service's node would be over 64 KiB.
 * DUBBOC_E_UNSUPPORTED: the ip is a unix socket. DUBBOC_E_NO_MEMORY: an allocation failed. After a
 * failure nothing runs; the program may add services and methods and start again. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_server_start(
    dubboc_server *server, dubboc_error *err);

/* Stops the server in three steps, and returns when they are done.
 *
 *   1. It deregisters, and waits for the registry for at most 2 s. ZooKeeper removes all nodes in
 *      one transaction, up to 128 nodes or 256 KiB of paths; more nodes take several transactions.
 *   2. It goes on serving until consumers have noticed: for at least [server] stop_watch_wait
 *      (default 3 s), then until no call has come for stop_quiet (2 s), but no longer than
 *      stop_watch_max (20 s), because callers with a fixed address never notice. Consumers of Dubbo
 *      3 may take 5 s. The server omits this step if none of its nodes was ever in a registry that
 *      other processes read.
 *   3. It accepts no new connection and answers with Connection: close until no request is left,
 *      for at most stop_drain (default 30 s). A request that has not been started by then is
 *      answered with 503 as not executed. A deferred request that is still open is answered with an
 *      error (-32000). The server waits for a handler that still runs, and sends its answer.
 *
 * No-op if the server is not running. Not from a handler. */
DUBBOC_API void dubboc_server_stop(dubboc_server *server);

/* Starts the server, waits until SIGTERM or SIGINT (Ctrl-C) arrives, and stops the server. This is
 * all that the main thread of most providers has to do. A second signal during the stop ends the
 * program at once. To stop without a signal from outside, the program calls kill(getpid(),
 * SIGTERM).
 *
 * out (usually stdout; NULL: none) receives two lines: "listening on IP:PORT" when callers can
 * connect, and one that begins with "stopping" when the signal has arrived. A failure to write
 * these lines is ignored.
 *
 * No signal handler is installed. Both signals are blocked in the calling thread until one has
 * arrived, and unblocked while the server stops; at the end the thread's signal mask is restored. A
 * signal that arrives during the start is not lost. The library's own threads take no signals. The
 * program's other threads must block both signals, because a signal that the kernel delivers to one
 * of them ends the program before it has deregistered. A new thread inherits the mask of the thread
 * that creates it. With loops = 0 handlers run on the calling thread.
 *
 * DUBBOC_OK: a signal arrived and the server is stopped. DUBBOC_E_SYSTEM: the server failed while
 * it ran and is stopped (its failure handler was called, see dubboc_server_set_failure_handler()),
 * or there is no descriptor for the wait. The other errors are those of dubboc_server_start(). */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_server_run(
    dubboc_server *server, FILE *out, dubboc_error *err);

/* Stops the server if it still runs, and frees everything. server may be NULL. Not from a handler.
 */
DUBBOC_API void dubboc_server_free(dubboc_server *server);

/* The address on which the server listens, "ip:port"; "" before the start. Borrowed, valid as long
 * as the server. Any thread. */
DUBBOC_API const char *dubboc_server_address(const dubboc_server *server);

/* The address under which the server registers, "ip:port"; "" before the start. Borrowed, valid as
 * long as the server. Any thread. The ip is the first of these that exists:
 *
 *   - [server] registered_ip (DUBBO_IP_TO_REGISTRY);
 *   - the address on which the server listens, if it is a specific one;
 *   - the source address of packets to the registry;
 *   - the source address of the default route;
 *   - a private address of an interface;
 *   - any other address of an interface;
 *   - 127.0.0.1. */
DUBBOC_API const char *dubboc_server_registered_address(const dubboc_server *server);

/* For single-threaded programs (loops = 0). dubboc_server_fd() returns a descriptor that is
 * readable when dubboc_server_step() has something to do, timers included; -1 for a server with
 * loops. dubboc_server_step() does what is due, and runs handlers on the calling thread. It blocks
 * no longer than timeout_ms (0: not at all; -1: until it has done something). Only the thread that
 * started the server may call these two functions, and not from a handler. dubboc_server_stop()
 * makes the steps that it needs itself. DUBBOC_E_SYSTEM: the server has failed (see
 * dubboc_failure_handler). DUBBOC_E_CLOSED: the server is stopped. */
DUBBOC_API int dubboc_server_fd(const dubboc_server *server);
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_server_step(
    dubboc_server *server, int timeout_ms, dubboc_error *err);

/* --- services and methods --- */

/* One request as a handler sees it. It is valid until the handler returns, even if the handler
 * defers the answer. Only one thread at a time may use it. */
typedef struct dubboc_request dubboc_request;

/* A handler: the function that answers the calls of a method. params is a JSON array or object, or
 * NULL if the caller sent none or null; it is borrowed. What the handler returns decides the
 * answer:
 *
 *   - DUBBOC_OK: the answer is *result, which the server takes over. *result is NULL at first; if
 *     the handler leaves it so, the result is null. A result that is not JSON (NaN, a string that
 *     is not UTF-8) is answered with an error -32603 that says so.
 *   - DUBBOC_E_PARAMS: an error -32602, with the text that dubboc_request_args(),
 *     dubboc_request_read() or dubboc_request_params() has noted.
 *   - DUBBOC_DEFERRED: the answer comes later, see dubboc_request_defer().
 *   - Any other status: the error that dubboc_request_fail() has noted, or else an error -32603
 *     with the text of the status.
 *
 * A notification gets no answer. An error -32603 is also logged (WARN), even for a notification, at
 * most once a minute for each method. The requests of one batch run one after the other, in order,
 * on one thread. Handlers of different HTTP requests run at the same time. */
typedef dubboc_status (*dubboc_handler)(
    dubboc_request *request, const cJSON *params, cJSON **result, void *arg);

/* A handler that works on JSON text. params is the text as it was received, already checked ({NULL,
 * 0}: none). The handler puts JSON text into result with dubboc_text_set(); result is empty at
 * first, and an empty result means null. The result is not checked to be JSON unless [server]
 * check_raw = true. The statuses to return are those of dubboc_handler. */
typedef dubboc_status (*dubboc_raw_handler)(
    dubboc_request *request, dubboc_slice params, dubboc_text *result, void *arg);

/* Flags of a method. */
enum {
    /* Runs directly on the event loop: it must be quick and must never block. A request whose body
     * is above 64 KiB runs on a worker nevertheless, because its body is read there. */
    DUBBOC_NONBLOCKING = 1,
    DUBBOC_ONCE = 2, /* must not run twice: registered with retries=0 (wire.md 12.2, 12.7) */
    /* Running the method twice has the same effect as running it once: registered as
     * <method>.idempotent=true (wire.md 5.3). A C consumer then repeats a call that may have been
     * executed, unless its own configuration says otherwise. Consumers of other frameworks ignore
     * the key. */
    DUBBOC_IDEMPOTENT = 4
};

/* A method. Set size, name and one of the two handlers, and leave the rest 0, as DUBBOC_METHOD()
 * does. In an array each element has its own size. */
typedef struct dubboc_method {
    size_t size;            /* sizeof(dubboc_method) */
    const char *name;       /* exactly as callers write it */
    dubboc_handler json;    /* the handler that works on trees; set it or raw, not both */
    dubboc_raw_handler raw; /* the handler that works on text; set it or json, not both */
    void *arg;              /* passed to the handler */
    unsigned flags;         /* 0, or DUBBOC_NONBLOCKING, DUBBOC_ONCE, DUBBOC_IDEMPOTENT combined
                               with | */
    int64_t timeout_ms;     /* registered as <method>.timeout; 0: not registered */
} dubboc_method;

/* Initialises a dubboc_method, also a static one, with a dubboc_handler or a dubboc_raw_handler. In
 * C, further fields may follow the handler; C++ takes a name and a handler only.
 *
 *     static const dubboc_method methods[] = {
 *         DUBBOC_METHOD("GetUser", get_user),
 *         DUBBOC_METHOD("Pay", pay, .flags = DUBBOC_ONCE, .timeout_ms = 800),
 *         DUBBOC_RAW_METHOD("Echo", echo, .flags = DUBBOC_NONBLOCKING),
 *     };
 */
#ifdef __cplusplus
#define DUBBOC_METHOD(method_name, handler)                                                        \
    {                                                                                              \
        sizeof(dubboc_method), (method_name), (handler), NULL, NULL, 0, 0                          \
    }
#define DUBBOC_RAW_METHOD(method_name, handler)                                                    \
    {                                                                                              \
        sizeof(dubboc_method), (method_name), NULL, (handler), NULL, 0, 0                          \
    }
#else
#define DUBBOC_METHOD(method_name, ...)                                                            \
    {                                                                                              \
        .size = sizeof(dubboc_method), .name = (method_name), .json = __VA_ARGS__                  \
    }
#define DUBBOC_RAW_METHOD(method_name, ...)                                                        \
    {                                                                                              \
        .size = sizeof(dubboc_method), .name = (method_name), .raw = __VA_ARGS__                   \
    }
#endif

/* The options of a service. Set size; a field that is left 0 or NULL is taken from the section
 * [service INTERFACE], and then from [server]. Strings are copied. */
typedef struct dubboc_service_options {
    size_t size;         /* sizeof(dubboc_service_options) */
    const char *group;   /* "": none */
    const char *version; /* "": none */
    /* The path of the service's URL. The default is the interface; a second service with the same
     * interface gets <interface>2 and so on (wire.md 1.7, P56). A leading '/' may be written or
     * not. Allowed are letters, digits and . _ - $ ~ / only. "//", a '/' at the end, "." and ".."
     * as a whole segment are refused, because consumers and proxies rewrite such paths. */
    const char *path;
    const char *protocols; /* "jsonrpc" (default) or "jsonrpc,http" (wire.md 12.5) */
    int weight;            /* the share of calls that this provider gets; default 100; DUBBOC_NONE:
                              0 */
    int64_t timeout_ms;    /* registered as timeout; 0: not registered */
} dubboc_service_options;

/* Adds a service. Before the start only. DUBBOC_OK: *service belongs to the server, which frees it.
 * DUBBOC_E_ARGUMENT: a name cannot be registered, a number is negative, or another service has the
 * same path, or the same interface, group and version. DUBBOC_E_CONFIG: a setting of the service is
 * wrong; err names it. DUBBOC_E_NO_MEMORY: an allocation failed. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_server_add_service(dubboc_server *server,
    const char *interface, const dubboc_service_options *options, dubboc_service **service,
    dubboc_error *err);

/* Adds a method, which is copied. Before the start only. DUBBOC_E_ARGUMENT: size is not set, there
 * is no handler or there are two, flags exclude each other, the time-out is negative, or the name
 * is unusable or was already added. DUBBOC_E_NO_MEMORY: an allocation failed. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_service_add_method(
    dubboc_service *service, const dubboc_method *method, dubboc_error *err);

/* Adds a method without flags, and its service if that was not added yet. This is all that a simple
 * provider needs. Before the start only. After a failure neither was added. The errors are those of
 * dubboc_server_add_service() and dubboc_service_add_method(). */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_server_handle(dubboc_server *server,
    const char *interface, const char *method, dubboc_handler handler, void *arg,
    dubboc_error *err);

/* --- inside a handler --- */

/* Reads params into variables, like dubboc_json_read(). C11 only; the compiler checks
 * the types.
 *
 *     dubboc_request_args(request, params, &id, &name)          params by position: [id, name]
 *     dubboc_request_args(request, params)                      a method that takes none
 *     dubboc_request_read(request, params,
 *         DUBBOC_MEMBERS("id", &id, "name", DUBBOC_OPTIONAL(&name)))
 *
 * A list of structures is borrowed (const cJSON *lines, *line), and its items are read one by one:
 *
 *     dubboc_request_read(request, order, DUBBOC_MEMBERS("customer", &customer, "lines", &lines))
 *     if (!cJSON_IsArray(lines)) ...
 *     cJSON_ArrayForEach(line, lines)
 *         dubboc_request_read(request, line, DUBBOC_MEMBERS("sku", &sku, "count", &count))
 *
 * Params that were not sent, null, [] and {} all mean that there are none. DUBBOC_E_PARAMS: the
 * params do not fit. The text for the answer is noted; it names the place in what the caller sent
 * ("params[0].lines[2].count: is missing"). DUBBOC_E_NO_MEMORY: an allocation failed. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_request_read_target(
    dubboc_request *request, const cJSON *params, const dubboc_json_target *target);
#if defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L && !defined(__cplusplus)
#define dubboc_request_read(request, params, target)                                               \
    dubboc_request_read_target(                                                                    \
        request, params, (const dubboc_json_target[]){DUBBOC_JSON_TARGET_(target)})
#define dubboc_request_args(request, ...)                                                          \
    DUBBOC_JOINED_(DUBBOC_ARGS_, DUBBOC_HAS_MORE_(__VA_ARGS__), _)(request, __VA_ARGS__)
#define DUBBOC_ARGS_0_(request, params)                                                            \
    dubboc_request_read(request, params,                                                           \
        dubboc_json_list_to_((const dubboc_json_target[]){{0}}, DUBBOC_JSON_ARRAY_))
#define DUBBOC_ARGS_1_(request, params, ...)                                                       \
    dubboc_request_read(request, params, DUBBOC_ITEMS(__VA_ARGS__))
#endif

/* Reads params with a format of dubboc_json_unpack(), which the compiler cannot check. Params that
 * were not sent, null, [] and {} all mean that there are none: "[]" accepts each of them, and so
 * does a format of optional members only ("{s?:i}"). DUBBOC_E_PARAMS: the params do not fit; the
 * text for the answer is noted and names the parameter. DUBBOC_E_NO_MEMORY: an allocation failed.
 */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_request_params(
    dubboc_request *request, const cJSON *params, const char *format, ...);

/* Notes the error with which the request is answered. It returns DUBBOC_E_REMOTE, which the handler
 * returns in turn: `return dubboc_request_fail(...);`.
 *
 * code is the JSON-RPC error code. Java sends 0. The codes of JSON-RPC itself (-32768 to -32000)
 * are sent as they are, but mean other things to the caller. exception is the Java class that Java
 * consumers throw; NULL: java.lang.RuntimeException. Name only a class that the consumers can load,
 * because Java consumers repeat the call otherwise (wire.md 12.2). */
DUBBOC_API DUBBOC_PRINTF(4, 5) dubboc_status dubboc_request_fail(
    dubboc_request *request, int code, const char *exception, const char *format, ...);

/* Does what dubboc_request_fail() does, and sends data as the error's member "data". data is a JSON
 * object, which is taken over, also on failure; NULL: none. Java consumers make their exception
 * from the members "exceptionTypeName" (exception) and "message" (the text) of the data (wire.md
 * 3.3). Both members are added unless data has members with these names. If data is not an object,
 * or cannot be written (NaN, a string that is not UTF-8, no memory), it is left out, and that is
 * logged (WARN); code, exception and text are sent nevertheless. */
DUBBOC_API DUBBOC_PRINTF(5, 6) dubboc_status dubboc_request_fail_data(
    dubboc_request *request, int code, const char *exception, cJSON *data, const char *format, ...);

/* Does what dubboc_request_fail_data() does, with data as JSON text, which is copied; {NULL, 0}:
 * none. The text is always checked to be JSON. */
DUBBOC_API DUBBOC_PRINTF(5, 6) dubboc_status dubboc_request_fail_data_raw(dubboc_request *request,
    int code, const char *exception, dubboc_slice data, const char *format, ...);

/* What is called: the interface, group and version of the service, and the name of the method.
 * Never NULL; "" means no group or no version. Borrowed, valid as long as request. */
DUBBOC_API const char *dubboc_request_interface(const dubboc_request *request);
DUBBOC_API const char *dubboc_request_group(const dubboc_request *request);
DUBBOC_API const char *dubboc_request_version(const dubboc_request *request);
DUBBOC_API const char *dubboc_request_method(const dubboc_request *request);

/* The address of the caller, "ip:port". Borrowed, valid as long as request. */
DUBBOC_API const char *dubboc_request_peer(const dubboc_request *request);

/* The value of a request header, NULL if there is none. The case of name does not matter. White
 * space around the value is not part of it (RFC 9110 section 5.5). What Dubbo calls attachments are
 * request headers, too (wire.md 1). Borrowed, valid as long as request. */
DUBBOC_API const char *dubboc_request_header(const dubboc_request *request, const char *name);

/* How many milliseconds are left until the caller gives up, from its Timeout header (both forms:
 * wire.md P11). 0: the caller has already given up. -1: the caller sent no such header. */
DUBBOC_API int64_t dubboc_request_time_left_ms(const dubboc_request *request);

/* Prepares the options of a call that a handler makes to answer its request, so that the call ends
 * when the handler's own caller gives up: sets options->timeout_ms to the time that is left. A
 * shorter timeout_ms that the program has set is kept. Otherwise the time that is left replaces the
 * configured time-out, even a shorter one. All other fields are left as they are. If the caller
 * sent no Timeout header, options are unchanged. options->size must be set. Call this function
 * right before the call, because the time that is left gets shorter. A handler that defers its
 * answer calls this function before it returns. The function returns:
 *
 *   - DUBBOC_OK: the call can be made.
 *   - DUBBOC_E_TIMEOUT: no time is left, so nobody waits for the answer; options are unchanged.
 *   - DUBBOC_E_ARGUMENT: options->size is not set. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_request_call_options(
    const dubboc_request *request, dubboc_call_options *options);

/* --- answering later --- */

/* The right to answer one request later, from any thread. */
typedef struct dubboc_deferred dubboc_deferred;

/* Takes the right to answer later. The handler then returns DUBBOC_DEFERRED, and request is valid
 * only until the handler returns. NULL: out of memory, or [server] deferred_max (default 100,000)
 * requests are unanswered; the handler then returns another status. At most once per request, and
 * not in a fallback handler.
 *
 * The program must answer with exactly one of the functions below, which frees deferred. It may
 * answer before the handler has returned, and it must answer before it frees the server. In a batch
 * the whole answer waits for the last deferred one.
 *
 * When the time in the caller's Timeout header is over, the server itself answers with an error
 * (-32000). When the server is stopped or its start fails, it answers every open request in the
 * same way. The program must answer nevertheless, also when the caller has closed its connection.
 * The answer is then dropped; until the program gives it, the request counts towards deferred_max.
 */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_deferred *dubboc_request_defer(dubboc_request *request);

/* Answers with a result, which is taken over; NULL: null. Any thread. */
DUBBOC_API void dubboc_deferred_answer(dubboc_deferred *deferred, cJSON *result);

/* Answers with a result as JSON text, which is borrowed; {NULL, 0}: null. Any thread. */
DUBBOC_API void dubboc_deferred_answer_raw(dubboc_deferred *deferred, dubboc_slice result);

/* Answers with an error, with the arguments of dubboc_request_fail(). Any thread. */
DUBBOC_API DUBBOC_PRINTF(4, 5) void dubboc_deferred_fail(
    dubboc_deferred *deferred, int code, const char *exception, const char *format, ...);

/* Answers with an error, with the arguments of dubboc_request_fail_data(); data is taken over. Any
 * thread. */
DUBBOC_API DUBBOC_PRINTF(5, 6) void dubboc_deferred_fail_data(dubboc_deferred *deferred, int code,
    const char *exception, cJSON *data, const char *format, ...);

/* Answers with an error, with the arguments of dubboc_request_fail_data_raw(); data is borrowed.
 * Any thread. */
DUBBOC_API DUBBOC_PRINTF(5, 6) void dubboc_deferred_fail_data_raw(dubboc_deferred *deferred,
    int code, const char *exception, dubboc_slice data, const char *format, ...);

/* --- other paths --- */

/* The answer of a fallback handler (dubboc_http_handler) to a plain HTTP exchange. */
typedef struct dubboc_http_answer {
    /* Preset to the library's own sizeof(dubboc_http_answer). A handler that assigns a whole
     * structure sets it to its own size; otherwise the caller gets 500 with a text that names this
     * field. Fields that a smaller structure does not have count as 0. */
    size_t size;
    /* Preset 404. 0: the handler does not serve this path. Otherwise a status from 200 to 999; any
     * other value is answered with 500. */
    int status;
    const char *content_type; /* preset "text/plain"; with a line end in it: 500 */
    dubboc_text body;         /* preset empty; freed by the server */
} dubboc_http_answer;

/* Handles a plain HTTP request, with any HTTP method, on a path that belongs to no service. The
 * handler fills in *answer; the server copies content_type and body. A handler that serves only
 * some of these paths sets status to 0 for the others: they are then answered as if there were no
 * fallback handler. */
typedef void (*dubboc_http_handler)(dubboc_request *request, const char *http_method,
    const char *path, dubboc_slice body, dubboc_http_answer *answer, void *arg);

/* Sets the handler for paths that belong to no service; NULL: none. Before the start only. It runs
 * on a worker, or with loops = 0 in dubboc_server_step(). interface, group, version and method of
 * its request are "". Without a handler, and when the handler sets status to 0, a POST to such a
 * path gets the JSON-RPC error -32601 "no service at /path", or 415 if its content type is
 * certainly not JSON; any other HTTP method gets 405. */
DUBBOC_API void dubboc_server_set_fallback(
    dubboc_server *server, dubboc_http_handler handler, void *arg);

/* --- statistics --- */

/* The figures of a server. A call is a JSON-RPC request or notification for a method that the
 * server has; each request of a batch is a call.
 *
 * A call is counted in calls when its handler is started, or when the params cannot be made into a
 * tree, so that the handler cannot be started. It is counted in latency when it ends, and in errors
 * if it has failed. A call ends when its handler returns or, if it is deferred, when it is
 * answered. If the time of a deferred call runs out, or the server is stopped before the call is
 * answered, the call ends as an error, and its late answer is not counted. A deferred notification
 * ends only when the program answers it.
 *
 * Latency runs from the end of the request's headers to the end of the call. So it includes the
 * time to receive the body and to wait for a worker, but not the time to send the answer.
 *
 * Not counted are: connections that are refused; requests that are refused before they are complete
 * (not valid HTTP, too slow, too long, or no room for the body in memory_max_bytes); requests that
 * a fallback handler has answered. */
typedef struct dubboc_server_stats {
    size_t size;        /* set by the caller: sizeof(dubboc_server_stats) */
    uint64_t calls;     /* begun */
    uint64_t errors;    /* calls that ended and were answered, or will be, with an error */
    uint64_t in_flight; /* begun and not ended */
    uint64_t refused;   /* requests, and calls of a batch, that were not executed because the server
                           was busy or stopping, their time was over, or their caller had closed the
                           connection */
    uint64_t unknown;   /* calls of a path or method that the server does not have */
    uint64_t invalid;   /* requests that are not JSON-RPC by POST, and calls that are not JSON-RPC
                           requests */
    dubboc_latency latency; /* of the calls that have ended */
} dubboc_server_stats;

/* Reads the figures. It fills in as many fields as stats->size has room for, and none if size is
 * less than sizeof(size_t). The figures count from dubboc_server_new() and are never reset. Any
 * thread; before the start only the thread that adds services. While calls run the figures change,
 * so they need not add up. */
DUBBOC_API void dubboc_server_get_stats(const dubboc_server *server, dubboc_server_stats *stats);

/* The figures of one method, as in dubboc_server_stats. */
typedef struct dubboc_method_stats {
    size_t size;            /* the size of the structure as the library knows it */
    const char *interface;  /* this and the next three are borrowed, valid as long as the server */
    const char *group;      /* "": none */
    const char *version;    /* "": none */
    const char *method;     /* the method's name */
    uint64_t methods;       /* 1, or the number of methods that are counted together */
    uint64_t calls;         /* begun */
    uint64_t errors;        /* calls that ended with an error */
    uint64_t in_flight;     /* begun and not ended */
    dubboc_latency latency; /* of the calls that have ended */
} dubboc_method_stats;

/* Receives the figures of one method. stats is valid until the function returns. */
typedef void (*dubboc_method_stats_fn)(void *arg, const dubboc_method_stats *stats);

/* Calls visit for each method, in the order of services and methods. The first 1,000 methods that
 * were added are counted one by one. All others are counted together and visited last, with "" as
 * their names. Any thread; before the start only the thread that adds services. */
DUBBOC_API void dubboc_server_visit_methods(
    const dubboc_server *server, dubboc_method_stats_fn visit, void *arg);

/* --- when the server fails --- */

/* The failure handler: the server calls it once when it has failed. A running server fails when a
 * system call that it cannot do without fails; the likely reason is that the program has closed a
 * descriptor of the server by mistake. The server then closes its listening socket and its
 * connections, logs an error, and calls this handler with DUBBOC_E_SYSTEM and a text that names the
 * system call and the reason.
 *
 * Handlers that are running are not interrupted; their answers are dropped. The nodes in the
 * registry stay until the program calls dubboc_server_stop() or dubboc_server_free(), which then do
 * not wait for consumers. To serve again, free the server and make a new one.
 *
 * The failure handler runs on a thread of the server, or on a thread of the program that answers a
 * call or makes a step. It must return soon, and it must not stop or free the server: let it notify
 * the thread that owns the server. A program that uses dubboc_server_run() needs no failure
 * handler, because the function returns. With loops = 0 every step fails with DUBBOC_E_SYSTEM. */
typedef void (*dubboc_failure_handler)(const dubboc_error *failure, void *arg);

/* Sets the failure handler; NULL: none. Before the start only. */
DUBBOC_API void dubboc_server_set_failure_handler(
    dubboc_server *server, dubboc_failure_handler handler, void *arg);

DUBBOC_END

#endif

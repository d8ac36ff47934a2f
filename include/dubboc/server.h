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
 * New, add, run, free are called by one thread, in this order: another order asserts. A program
 * that has a main loop of its own calls start and stop in place of run. start listens first and
 * registers then; stop deregisters first and then drains, so that a rolling restart loses
 * nothing. */
#ifndef DUBBOC_SERVER_H
#define DUBBOC_SERVER_H

#include <cjson/cJSON.h>
#include <dubboc/config.h>
#include <dubboc/defs.h>
#include <dubboc/error.h>
#include <dubboc/json.h>
#include <dubboc/latency.h>
#include <dubboc/text.h>
#include <stdio.h>

DUBBOC_BEGIN

/* A provider process: what listens, its services, and its nodes in the registry. */
typedef struct dubboc_server dubboc_server;

/* One service of a server: an interface with a group and a version. */
typedef struct dubboc_service dubboc_service;

/* --- life --- */

/* How a server is made. Set size, leave the rest 0 for what the configuration says. Strings are
 * copied. */
typedef struct dubboc_server_options {
    size_t size;                 /* sizeof(dubboc_server_options) */
    const dubboc_config *config; /* NULL: dubboc_config_load(NULL) is used */
    const char *registry;        /* [registry] address; "" : none, do not register */
    const char *application;     /* [application] name */
    const char *ip;              /* [server] ip: listen there; default all addresses */
    int port;  /* [server] port: default 10000; DUBBOC_NONE: any free one (in the ini: port = 0) */
    int loops; /* [server] loops: event loop threads, default one a core; DUBBOC_NONE: no thread at
                  all, the program calls dubboc_server_step() and handlers run on its thread (in the
                  ini: loops = 0) */
    int workers; /* [server] workers: threads for blocking handlers, default 4 a core, at least 8 */
    /* [server] queue: requests that wait for a worker, default 1024. Beyond that one of them is
     * answered with 503 as not executed, and so are those that cannot be answered in time: a
     * request is not started after its Timeout header, or after [server] queue_time (default 3 s)
     * where there is none. When the queue has not been empty for a while, the newest goes first,
     * and a request is started only if it has more time left than its method takes on average.
     * Non-blocking methods have no queue unless the request's body is above 64 KiB, nor has a
     * server with loops = 0. */
    int queue;
    int64_t body_max_bytes; /* [server] body_max: default 8 MiB; beyond that: 413 */
    /* [server] connections: in total, default 10000, and never more than RLIMIT_NOFILE allows. When
     * it is reached, a newcomer takes the place of the connection that has been idle for longest
     * (100 ms at least; also one that has not sent anything yet), else of the slowest sender of a
     * request, else it gets 503, not executed. */
    int connections;
    /* [server] memory_max: for requests that are not answered yet. Default a quarter of what the
     * machine or its control group has, at most 512 MiB; at least twice body_max_bytes. One half
     * is for the bodies as they came, one for the trees that are made of large params. A request
     * whose body does not fit is not read on, and one whose tree does not fit waits on its worker,
     * first come, first served, for at most 1 s; then it gets 503, not executed. A body up to 8
     * KiB, or the tree of as much text, is not counted. Params whose tree would be larger than the
     * half are an error (-32602); the raw form has no tree. With loops = 0 no tree waits. */
    int64_t memory_max_bytes;
} dubboc_server_options;

/* Makes a server, which does not listen yet. options NULL: all from the configuration.
 * DUBBOC_OK: *server is the caller's, who frees it with dubboc_server_free().
 * DUBBOC_E_CONFIG, DUBBOC_E_ARGUMENT: err says which setting.
 * DUBBOC_E_UNSUPPORTED: it is of a later release. DUBBOC_E_NO_MEMORY. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_server_new(
    const dubboc_server_options *options, dubboc_server **server, dubboc_error *err);

/* Listens, starts the loops and workers, then registers every service. It does not wait for the
 * registry: with the registry away it serves, and registers when that comes. Only the host names in
 * the registry's address are looked up first, for at most 1 s in all, to find the own address; this
 * is left out when [server] registered_ip is set or the server listens on one address.
 * DUBBOC_E_SYSTEM: the address cannot be listened on (in use, no permission), there is no
 * descriptor or thread left, or the folder of a file: registry cannot be written; err says which
 * and why. DUBBOC_E_ARGUMENT: nothing to serve, a service without methods, an ip that is no IP
 * address, a registry address that cannot be, or a service whose node would be over 64 KiB.
 * DUBBOC_E_UNSUPPORTED: the ip is a unix socket. DUBBOC_E_NO_MEMORY. After a failure nothing runs,
 * services and methods may be added again, and start may be tried again. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_server_start(
    dubboc_server *server, dubboc_error *err);

/* Stops the server in three steps, and blocks until they are done.
 *
 *   1. It deregisters, waiting for the registry for at most 2 s. ZooKeeper removes all nodes in one
 *      transaction, up to 128 nodes or 256 KiB of paths; more are removed in several.
 *   2. It goes on serving until consumers have noticed: at least [server] stop_watch_wait (default
 *      3 s), then until no call has come for stop_quiet (2 s), at most stop_watch_max (20 s, since
 *      callers with a fixed address never leave). Consumers of Dubbo 3 may take 5 s to notice. This
 *      step is left out when no node of the server ever stood in a registry that others read.
 *   3. It accepts no new connection and answers with Connection: close until it is idle, at most
 *      stop_drain (default 30 s). What has not been started by then is answered with 503 as not
 *      executed, what was deferred and is still open with an error (-32000); a handler that still
 *      runs is waited for, and its answer is sent.
 *
 * No-op if the server is not running. Not from a handler. */
DUBBOC_API void dubboc_server_stop(dubboc_server *server);

/* Starts the server, waits until SIGTERM or SIGINT (Ctrl-C) arrives, and stops the server: all that
 * the main thread of most providers has to do. A second signal during the stop ends the program at
 * once. A program that wants to end for a reason of its own calls kill(getpid(), SIGTERM).
 *
 * out (usually stdout; NULL: none) receives two lines: "listening on IP:PORT" when callers can
 * connect, and one that begins with "stopping" when the signal has arrived. A line that cannot be
 * written is lost; that is no failure.
 *
 * No signal handler is installed. Both signals are blocked in the calling thread until one has
 * arrived, and unblocked while the server stops; the thread's signal mask is restored at the end.
 * A signal that arrives during the start is not lost. dubboc's own threads take no signals. The
 * program's other threads must have both signals blocked, because a signal that the kernel delivers
 * to one of them ends the program before it has deregistered; a new thread inherits the mask of the
 * one that creates it. With loops = 0 handlers run on the calling thread.
 *
 * DUBBOC_OK: a signal arrived and the server is stopped. DUBBOC_E_SYSTEM: the server has failed
 * while it ran (see dubboc_server_set_failure_handler(), whose handler is called as well) and is
 * stopped, or there is no descriptor to wait by. Else as dubboc_server_start(). */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_server_run(
    dubboc_server *server, FILE *out, dubboc_error *err);

/* Stops the server if that was not done, and frees everything. NULL is accepted. Not from a
 * handler. */
DUBBOC_API void dubboc_server_free(dubboc_server *server);

/* The address that it listens on, "ip:port"; "" before start. Borrowed, lives as long as the
 * server. Any thread. */
DUBBOC_API const char *dubboc_server_address(const dubboc_server *server);

/* The address under which it registers, "ip:port"; else as dubboc_server_address(). The ip is the
 * first of these that there is: [server] registered_ip (DUBBO_IP_TO_REGISTRY), the address that it
 * listens on if that is a specific one, the source address of packets to the registry, that of the
 * default route, a private address of an interface, another one, 127.0.0.1. */
DUBBOC_API const char *dubboc_server_registered_address(const dubboc_server *server);

/* Single-threaded programs (loops = 0): the descriptor is readable when dubboc_server_step() has
 * something to do, timers included. The step does what is due without blocking longer than
 * timeout_ms (0: not at all; -1: until something was done) and runs handlers on the calling thread.
 * step returns DUBBOC_OK, DUBBOC_E_SYSTEM when the server has failed (see below), or
 * DUBBOC_E_CLOSED after stop. Both by the thread that started the server, not from a handler.
 * dubboc_server_fd() is -1 for a server with loops. dubboc_server_stop() steps by itself. */
DUBBOC_API int dubboc_server_fd(const dubboc_server *server);
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_server_step(
    dubboc_server *server, int timeout_ms, dubboc_error *err);

/* --- services and methods --- */

/* One request as a handler sees it; valid until the handler returns, deferred or not. One thread at
 * a time. */
typedef struct dubboc_request dubboc_request;

/* A handler: the function that answers the calls of a method. params: a JSON array or object, or
 * NULL when the caller sent none or null; borrowed. What the handler returns decides the answer:
 *
 *   - DUBBOC_OK: *result (preset NULL; left so: null), which is taken over. A result that is not
 *     JSON (NaN, a string that is not UTF-8) becomes an error -32603 that says so.
 *   - DUBBOC_E_PARAMS: an error -32602, with the text that dubboc_request_args() and its like have
 *     noted.
 *   - DUBBOC_DEFERRED: see dubboc_request_defer().
 *   - Any other: an error, as noted by dubboc_request_fail(), else -32603 with the status's text.
 *
 * For a notification nothing is answered. An error -32603 is also logged (WARN), for a notification
 * too, at most once a minute for each method. Several requests of one batch run one after the
 * other, in order, on one thread; handlers of different HTTP requests run at the same time. */
typedef dubboc_status (*dubboc_handler)(
    dubboc_request *request, const cJSON *params, cJSON **result, void *arg);

/* A handler that works on JSON text. params is the text as received ({NULL, 0}: none), already
 * checked; result (empty, reused) takes JSON text, by dubboc_text_set() (left empty: null). It is
 * not checked again unless [server] check_raw = true. Statuses as above. */
typedef dubboc_status (*dubboc_raw_handler)(
    dubboc_request *request, dubboc_slice params, dubboc_text *result, void *arg);

/* Flags of a method. */
enum {
    /* Runs directly on the event loop: must be quick and must not wait for anything. A request with
     * a body above 64 KiB runs on a worker all the same, because its body is read there. */
    DUBBOC_NONBLOCKING = 1,
    DUBBOC_ONCE = 2, /* must not run twice: registered with retries=0 (wire.md 12.2, 12.7) */
    /* May run twice with the same effect as once: registered as <method>.idempotent=true (wire.md
     * 5.3). A C consumer then repeats a call of which it is not known whether it ran, unless its
     * own configuration says otherwise. Consumers of other frameworks ignore the key. */
    DUBBOC_IDEMPOTENT = 4
};

/* A method. Set size, name and one of the handlers, leave the rest 0; DUBBOC_METHOD() does so. In
 * an array each element has its own size. */
typedef struct dubboc_method {
    size_t size;            /* sizeof(dubboc_method) */
    const char *name;       /* exactly as callers write it */
    dubboc_handler json;    /* the handler: either this one */
    dubboc_raw_handler raw; /* or this one; the other is NULL */
    void *arg;              /* passed to the handler */
    unsigned flags;         /* 0 or DUBBOC_NONBLOCKING, DUBBOC_ONCE, DUBBOC_IDEMPOTENT, or-ed */
    int64_t timeout_ms;     /* registered as <method>.timeout; 0: not */
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

/* A service's own settings. Set size; where the rest is left 0, the section [service <interface>]
 * decides, then [server]. Strings are copied. */
typedef struct dubboc_service_options {
    size_t size;         /* sizeof(dubboc_service_options) */
    const char *group;   /* "": none */
    const char *version; /* "": none */
    /* default: the interface; the second service of one gets <interface>2 and so on (wire.md 1.7,
     * P56). With or without a leading '/'; no "//", no '/' at the end, no "." or ".." between two:
     * consumers and proxies rewrite such paths. Letters, digits and . _ - $ ~ / only. */
    const char *path;
    const char *protocols; /* "jsonrpc" (default), "jsonrpc,http" (wire.md 12.5); each once */
    int weight;            /* default 100; DUBBOC_NONE: 0 */
    int64_t timeout_ms;    /* registered as timeout; 0: not */
} dubboc_service_options;

/* Adds a service. DUBBOC_OK: *service belongs to the server. DUBBOC_E_ARGUMENT: a name that cannot
 * be registered, a negative number, or the same interface, group and version, or path, twice.
 * DUBBOC_E_CONFIG, DUBBOC_E_NO_MEMORY. Before start only. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_server_add_service(dubboc_server *server,
    const char *interface, const dubboc_service_options *options, dubboc_service **service,
    dubboc_error *err);

/* Adds a method (copied). DUBBOC_E_ARGUMENT: a size that was not set, no or two handlers, flags
 * that exclude each other, a negative time-out, a name twice or unusable. DUBBOC_E_NO_MEMORY.
 * Before start only. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_service_add_method(
    dubboc_service *service, const dubboc_method *method, dubboc_error *err);

/* Adds a service, if it is not there yet, and a method with no flags: both in one for the plain
 * case. After a failure neither was added. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_server_handle(dubboc_server *server,
    const char *interface, const char *method, dubboc_handler handler, void *arg,
    dubboc_error *err);

/* --- inside a handler --- */

/* Reads params as dubboc_json_read() reads a tree; C11 only, checked by the compiler.
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
 * Params that were not sent, null, [] and {} are the same: none. DUBBOC_E_PARAMS: they do not fit;
 * the text for the answer is noted, and names the place in what the caller sent
 * ("params[0].lines[2].count: is missing"). DUBBOC_E_NO_MEMORY. */
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

/* Reads params by dubboc_json_unpack()'s format, which the compiler cannot check. Params that were
 * not sent, null, [] and {} are the same: none, so that "[]" takes any of them, and so does a
 * format of optional members only ("{s?:i}"). DUBBOC_E_PARAMS: they do not fit; the text that names
 * the parameter is noted for the answer. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_request_params(
    dubboc_request *request, const cJSON *params, const char *format, ...);

/* Notes the error to answer with and returns DUBBOC_E_REMOTE, to be returned in turn. code: 0 is
 * what Java sends; those of JSON-RPC itself (-32768 to -32000) are passed on but mean other things
 * to the caller. exception: Java class that Java consumers shall see thrown, NULL:
 * java.lang.RuntimeException (wire.md 12.2: a class they cannot load makes them repeat the
 * call). */
DUBBOC_API DUBBOC_PRINTF(4, 5) dubboc_status dubboc_request_fail(
    dubboc_request *request, int code, const char *exception, const char *format, ...);

/* Does what dubboc_request_fail() does, with the caller's error.data made of data: a JSON object,
 * which is taken over, also on failure. "exceptionTypeName" (exception) and "message" (the text),
 * from which Java consumers make their exception (wire.md 3.3), are added unless data has members
 * of these names. Data that is no object, or cannot be written (NaN, a string that is not UTF-8, no
 * memory), is left out and logged (WARN); code, exception and text reach the caller all the same.
 * NULL: none. */
DUBBOC_API DUBBOC_PRINTF(5, 6) dubboc_status dubboc_request_fail_data(
    dubboc_request *request, int code, const char *exception, cJSON *data, const char *format, ...);

/* Does what dubboc_request_fail_data() does, with data as JSON text, which is copied; {NULL, 0}:
 * none. It is always checked. */
DUBBOC_API DUBBOC_PRINTF(5, 6) dubboc_status dubboc_request_fail_data_raw(dubboc_request *request,
    int code, const char *exception, dubboc_slice data, const char *format, ...);

/* What is called: the service's interface, group and version, and the method's name. Never NULL; ""
 * is no group or no version. Borrowed, as long as request is valid. */
DUBBOC_API const char *dubboc_request_interface(const dubboc_request *request);
DUBBOC_API const char *dubboc_request_group(const dubboc_request *request);
DUBBOC_API const char *dubboc_request_version(const dubboc_request *request);
DUBBOC_API const char *dubboc_request_method(const dubboc_request *request);

/* The address of the caller, "ip:port". Borrowed, as long as request is valid. */
DUBBOC_API const char *dubboc_request_peer(const dubboc_request *request);

/* The value of a request header (name in any case), NULL: none. White space around the value is not
 * part of it (RFC 9110 section 5.5). Attachments are request headers; nobody sends others (wire.md
 * 1). */
DUBBOC_API const char *dubboc_request_header(const dubboc_request *request, const char *name);

/* Milliseconds until the caller gives up (its Timeout header, both forms: wire.md P11), -1: it did
 * not say. 0: it has. */
DUBBOC_API int64_t dubboc_request_time_left_ms(const dubboc_request *request);

/* --- answering later --- */

/* The right to answer one request later, from any thread. */
typedef struct dubboc_deferred dubboc_deferred;

/* Takes that right; the handler then returns DUBBOC_DEFERRED, and request stays valid only until it
 * returns. NULL: out of memory, or [server] deferred_max (default 100,000) are unanswered; the
 * handler then fails as for any other reason. The caller must answer by exactly one of the
 * functions below, each of which frees deferred; they may be called before the handler has
 * returned. At most once a request, not in a fallback handler. A caller whose Timeout header has
 * run out gets an error (-32000) in the meantime, and so does every open one when the server is
 * stopped or its start fails: then, and when the caller has gone, the answer goes nowhere, which is
 * harmless; it still counts towards deferred_max until it is given. The server must not have been
 * freed. In a batch the whole answer waits for the last of them. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_deferred *dubboc_request_defer(dubboc_request *request);

/* Answers with a result, which is taken over; NULL: null. */
DUBBOC_API void dubboc_deferred_answer(dubboc_deferred *deferred, cJSON *result);

/* Answers with a result as JSON text, which is borrowed; {NULL, 0}: null. */
DUBBOC_API void dubboc_deferred_answer_raw(dubboc_deferred *deferred, dubboc_slice result);

/* Answers with an error as dubboc_request_fail() notes it. */
DUBBOC_API DUBBOC_PRINTF(4, 5) void dubboc_deferred_fail(
    dubboc_deferred *deferred, int code, const char *exception, const char *format, ...);

/* Answers with an error as dubboc_request_fail_data() notes it; data is taken over. */
DUBBOC_API DUBBOC_PRINTF(5, 6) void dubboc_deferred_fail_data(dubboc_deferred *deferred, int code,
    const char *exception, cJSON *data, const char *format, ...);

/* Answers with an error as dubboc_request_fail_data_raw() notes it; data is borrowed. */
DUBBOC_API DUBBOC_PRINTF(5, 6) void dubboc_deferred_fail_data_raw(dubboc_deferred *deferred,
    int code, const char *exception, dubboc_slice data, const char *format, ...);

/* --- other paths --- */

/* The answer of a fallback handler (dubboc_http_handler) to a plain HTTP exchange. */
typedef struct dubboc_http_answer {
    /* Preset to the library's own sizeof(dubboc_http_answer). A handler that assigns a whole
     * structure sets it to its own, else the caller gets 500 with a text that names this field.
     * Fields that a smaller structure does not have count as 0. */
    size_t size;
    int status;               /* preset 404; 0: not mine; from 200 to 999, any other becomes 500 */
    const char *content_type; /* preset "text/plain"; one with a line end is answered with 500 */
    dubboc_text body;         /* preset empty; freed by the server */
} dubboc_http_answer;

/* Handles a plain HTTP exchange on a path that no service has, with any HTTP method. It answers by
 * filling in *answer; body and content_type are copied. A handler that serves only some of these
 * paths sets status to 0 for the others, which then get the answer of a server without a
 * fallback. */
typedef void (*dubboc_http_handler)(dubboc_request *request, const char *http_method,
    const char *path, dubboc_slice body, dubboc_http_answer *answer, void *arg);

/* Sets the handler for paths that no service has; it runs on a worker (in dubboc_server_step() with
 * loops = 0). interface, group, version and method of its request are "". Without a handler, and
 * when it says "not mine", a POST to such a path gets the JSON-RPC error -32601 "no service at
 * /path" (415 for a content type that is surely not JSON), and any other HTTP method 405. Before
 * start only. */
DUBBOC_API void dubboc_server_set_fallback(
    dubboc_server *server, dubboc_http_handler handler, void *arg);

/* --- what it has done so far --- */

/* The figures of a server. A call is a JSON-RPC request or notification for a method that the
 * server has; each one of a batch is a call.
 *
 * It is counted in calls when its handler is started, or when its params turn out to make no tree,
 * so that the handler cannot be started. It is counted in latency, and in errors if it has failed,
 * when it ends: when the handler has returned or, if it was deferred, when it is answered. When the
 * time of a deferred call runs out, or the server is stopped before it is answered, it ends as an
 * error, and its late answer is not counted. A deferred notification ends only by its answer.
 *
 * Latency runs from the end of the request's headers to the end of the call. So it includes the
 * time to receive the body and to wait for a worker, but not the time to send the answer.
 *
 * These are not counted: connections that are refused; requests that are refused before they are
 * complete (no valid HTTP, too slow, too long, or no room for the body in memory_max_bytes);
 * requests that a fallback handler has answered. */
typedef struct dubboc_server_stats {
    size_t size;        /* set by the caller: sizeof(dubboc_server_stats) */
    uint64_t calls;     /* begun */
    uint64_t errors;    /* of those that have ended: answered, or to be answered, with an error */
    uint64_t in_flight; /* begun and not ended */
    uint64_t refused;   /* requests, and calls of a batch, that were refused unexecuted because the
                           server is busy or stops, their time was over, or their caller has gone */
    uint64_t unknown;   /* calls of a path or method that the server does not have */
    uint64_t invalid;   /* requests and calls that are not JSON-RPC by POST */
    dubboc_latency latency; /* of the calls that have ended */
} dubboc_server_stats;

/* Reads the figures. It fills in as many fields as stats->size has room for; none if that is less
 * than sizeof(size_t). The figures begin with dubboc_server_new() and do not start again. Any
 * thread; before start only the one that adds services. They are a moment's and need not add up
 * while calls run. */
DUBBOC_API void dubboc_server_get_stats(const dubboc_server *server, dubboc_server_stats *stats);

/* The figures of one method, as in dubboc_server_stats. */
typedef struct dubboc_method_stats {
    size_t size;            /* of the structure as the library knows it */
    const char *interface;  /* this and the next three are borrowed, as long as the server lives */
    const char *group;      /* "": none */
    const char *version;    /* "": none */
    const char *method;     /* the method's name */
    uint64_t methods;       /* 1; of those that are counted together: how many they are */
    uint64_t calls;         /* begun */
    uint64_t errors;        /* of those that have ended: with an error */
    uint64_t in_flight;     /* begun and not ended */
    dubboc_latency latency; /* of the calls that have ended */
} dubboc_method_stats;

/* Receives the figures of one method; stats is valid until the function returns. */
typedef void (*dubboc_method_stats_fn)(void *arg, const dubboc_method_stats *stats);

/* Calls visit for each method, in the order of services and methods. The 1,000 methods that were
 * added first are counted one by one. All others are counted together and visited last, with "" as
 * their names. Threads as dubboc_server_get_stats(). */
DUBBOC_API void dubboc_server_visit_methods(
    const dubboc_server *server, dubboc_method_stats_fn visit, void *arg);

/* --- when the server fails --- */

/* Is told that the server has failed. A running server can fail, because a system call does without
 * which it cannot go on (a descriptor of the server that the program has closed by mistake is the
 * likely reason). It then closes its listening socket and its connections, logs an error, and calls
 * this handler: once, with DUBBOC_E_SYSTEM and a text that names the call and the reason. Handlers
 * of calls that run are not interrupted; their answers go nowhere. The nodes in the registry stay
 * until the program calls dubboc_server_stop() or dubboc_server_free(), which do not wait for
 * consumers then. To serve again, free it and make a new one.
 *
 * The handler runs on a thread of the server's, or on one that answers a call or makes a step. It
 * must return soon and must not stop or free the server: it tells the thread that owns it.
 * dubboc_server_run() returns without being told, and with loops = 0 every step fails with
 * DUBBOC_E_SYSTEM. */
typedef void (*dubboc_failure_handler)(const dubboc_error *failure, void *arg);

/* Sets the handler; NULL: none. Before start only. */
DUBBOC_API void dubboc_server_set_failure_handler(
    dubboc_server *server, dubboc_failure_handler handler, void *arg);

DUBBOC_END

#endif

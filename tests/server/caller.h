/* Shared by the tests of the server: a server on loopback with a few methods, and a caller that
 * sends HTTP to it byte by byte. */
#ifndef TESTS_SERVER_CALLER_H
#define TESTS_SERVER_CALLER_H

#include "tests/support/test.h"

#include <dubboc/dubboc.h>

/* One setting of the configuration. An array of settings ends with an entry whose section is
 * NULL. */
typedef struct setting {
    const char *section;
    const char *key;
    const char *value;
} setting;

/* Makes a configuration from the defaults, the host 127.0.0.1, any port, and settings (NULL: none).
 * The caller frees it with dubboc_config_free(). */
dubboc_config *test_config(const setting *settings);

/* Makes a server with test_config(settings), without services. loops: 1 or more, or DUBBOC_NONE. */
dubboc_server *test_server(const setting *settings, int loops);

/* Adds "test.Echo" with these methods, each named as it is here:
 *     echo (x -> x), add (a, b), page (from, by name and optional), fail (message), nothing, nan,
 *     undecided, chatty (returns E_NO_MEMORY after params have failed once)
 *         as trees, non-blocking
 *     slow (x -> x) as a tree, on a worker
 *     raw (params -> params), broken (gives no JSON), silent (gives nothing): raw, non-blocking
 *     where (interface, group, version, method, peer, header X-Name, time left)
 *     gate: on a worker, waits until test_gate_open()
 *     count: how often gate and count have been started */
void test_add_echo(dubboc_server *server, const dubboc_service_options *options);

void test_gate_close(void);
void test_gate_open(void);
int test_gate_waiting(void); /* how many handlers wait at the gate */
int test_started(void);      /* handlers of "gate" started since test_gate_close() */

int test_port(const dubboc_server *server);
void test_start(dubboc_server *server);

typedef struct reply {
    int status;      /* 0: the connection ended before the reply was complete */
    char head[4096]; /* status line and headers, NUL-terminated */
    char *body;      /* NUL-terminated; reply_fini() frees it */
    size_t body_len;
} reply;

void reply_fini(reply *self);

/* Returns a connected socket. Every wait on this socket ends after 10 s. */
int caller_connect(int port);

/* Sends one request. method NULL: POST; headers: lines each ended by CRLF, NULL: Content-Type:
 * application/json. */
void caller_send(
    int fd, const char *method, const char *path, const char *headers, const char *body);
void caller_read(int fd, reply *answer);

/* Opens a connection for one POST, reads the reply and closes the connection. */
void caller_post(int port, const char *path, const char *headers, const char *body, reply *answer);

/* Posts body to /test.Echo and checks status 200 and the whole body of the answer. */
#define assert_answer(port, body, expected)                                                        \
    check_answer((port), (body), (expected), __FILE__, __LINE__)
void check_answer(int port, const char *body, const char *expected, const char *file, int line);

/* The JSON text of a request, a result or an error. */
#define CALL(id, method, params)                                                                   \
    "{\"jsonrpc\":\"2.0\",\"method\":\"" method "\",\"params\":" params ",\"id\":" id "}"
#define RESULT(id, result) "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"result\":" result "}"
#define ERROR_AS(id, code, message, exception)                                                     \
    "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"error\":{\"code\":" code ",\"message\":\"" message       \
    "\",\"data\":{\"exceptionTypeName\":\"" exception "\",\"message\":\"" message "\"}}}"
#define ERROR(id, code, message) ERROR_AS(id, code, message, "java.lang.RuntimeException")

#endif

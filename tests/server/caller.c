#include "tests/server/caller.h"

#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <pthread.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* --- a server --- */

dubboc_config *test_config(const setting *settings)
{
    dubboc_config *config;
    dubboc_error err;
    assert_status(DUBBOC_OK, dubboc_config_load(NULL, &config, &err), &err);
    assert_status(DUBBOC_OK, dubboc_config_set(config, "server", "ip", "127.0.0.1", &err), &err);
    assert_status(DUBBOC_OK, dubboc_config_set(config, "server", "port", "0", &err), &err);
    for (const setting *one = settings; one != NULL && one->section != NULL; one++)
        assert_status(
            DUBBOC_OK, dubboc_config_set(config, one->section, one->key, one->value, &err), &err);
    return config;
}

dubboc_server *test_server(const setting *settings, int loops)
{
    dubboc_config *config = test_config(settings);
    dubboc_server_options options = {.size = sizeof options, .config = config, .loops = loops};
    dubboc_server *server;
    dubboc_error err;
    assert_status(DUBBOC_OK, dubboc_server_new(&options, &server, &err), &err);
    dubboc_config_free(config);
    return server;
}

/* --- its methods --- */

static pthread_mutex_t gate_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gate_changed = PTHREAD_COND_INITIALIZER;
static bool gate_is_closed;
static int gate_waiting;
static int gate_started;

void test_gate_close(void)
{
    pthread_mutex_lock(&gate_lock);
    gate_is_closed = true;
    gate_started = 0;
    pthread_mutex_unlock(&gate_lock);
}

void test_gate_open(void)
{
    pthread_mutex_lock(&gate_lock);
    gate_is_closed = false;
    pthread_cond_broadcast(&gate_changed);
    pthread_mutex_unlock(&gate_lock);
}

int test_gate_waiting(void)
{
    pthread_mutex_lock(&gate_lock);
    int waiting = gate_waiting;
    pthread_mutex_unlock(&gate_lock);
    return waiting;
}

int test_started(void)
{
    pthread_mutex_lock(&gate_lock);
    int started = gate_started;
    pthread_mutex_unlock(&gate_lock);
    return started;
}

static dubboc_status echo(dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)arg;
    return dubboc_request_params(request, params, "[O]", result);
}

static dubboc_status add(dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)arg;
    int64_t a, b;
    if (dubboc_request_params(request, params, "[I, I]", &a, &b) != DUBBOC_OK)
        return DUBBOC_E_PARAMS;
    *result = dubboc_json_i64_new(a + b);
    return *result != NULL ? DUBBOC_OK : DUBBOC_E_NO_MEMORY;
}

static dubboc_status fail_with(
    dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)arg;
    const char *message;
    if (dubboc_request_params(request, params, "[s]", &message) != DUBBOC_OK)
        return DUBBOC_E_PARAMS;
    *result = cJSON_CreateString("left over");
    return dubboc_request_fail(request, 7, "java.lang.IllegalStateException", "%s", message);
}

static dubboc_status page(dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    int from = 0;
    (void)arg;
    if (dubboc_request_params(request, params, "{s?:i !}", "from", &from) != DUBBOC_OK)
        return DUBBOC_E_PARAMS;
    return dubboc_json_pack(result, NULL, "i", from);
}

static dubboc_status nothing(
    dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)result;
    (void)arg;
    return dubboc_request_params(request, params, "[]");
}

static dubboc_status nan_result(
    dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)request;
    (void)params;
    (void)arg;
    *result = cJSON_CreateNumber(NAN);
    return DUBBOC_OK;
}

static dubboc_status undecided(
    dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)request;
    (void)params;
    (void)result;
    (void)arg;
    return DUBBOC_DEFERRED;
}

static dubboc_status chatty(dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)result;
    (void)arg;
    const char *text;
    if (dubboc_request_params(request, params, "[s]", &text) == DUBBOC_OK)
        return DUBBOC_OK;
    return DUBBOC_E_NO_MEMORY;
}

static dubboc_status raw(
    dubboc_request *request, dubboc_slice params, dubboc_text *result, void *arg)
{
    (void)request;
    (void)arg;
    return dubboc_text_set(result, params.at, params.len);
}

static dubboc_status broken(
    dubboc_request *request, dubboc_slice params, dubboc_text *result, void *arg)
{
    (void)request;
    (void)params;
    (void)arg;
    return dubboc_text_set(result, "{oops", 5);
}

static dubboc_status silent(
    dubboc_request *request, dubboc_slice params, dubboc_text *result, void *arg)
{
    (void)request;
    (void)params;
    (void)result;
    (void)arg;
    return DUBBOC_OK;
}

static dubboc_status where(dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    (void)params;
    (void)arg;
    const char *name = dubboc_request_header(request, "x-name");
    return dubboc_json_pack(result, NULL, "[s, s, s, s, s?, I]", dubboc_request_interface(request),
        dubboc_request_group(request), dubboc_request_version(request),
        dubboc_request_method(request), name, dubboc_request_time_left_ms(request));
}

static dubboc_status gate(dubboc_request *request, const cJSON *params, cJSON **result, void *arg)
{
    pthread_mutex_lock(&gate_lock);
    gate_started++;
    gate_waiting++;
    while (gate_is_closed)
        pthread_cond_wait(&gate_changed, &gate_lock);
    gate_waiting--;
    pthread_mutex_unlock(&gate_lock);
    return echo(request, params, result, arg);
}

void test_add_echo(dubboc_server *server, const dubboc_service_options *options)
{
    const dubboc_method methods[] = {
        DUBBOC_METHOD("echo", echo, .flags = DUBBOC_NONBLOCKING),
        DUBBOC_METHOD("add", add, .flags = DUBBOC_NONBLOCKING),
        DUBBOC_METHOD("fail", fail_with, .flags = DUBBOC_NONBLOCKING),
        DUBBOC_METHOD("page", page, .flags = DUBBOC_NONBLOCKING),
        DUBBOC_METHOD("nothing", nothing, .flags = DUBBOC_NONBLOCKING),
        DUBBOC_METHOD("nan", nan_result, .flags = DUBBOC_NONBLOCKING),
        DUBBOC_METHOD("undecided", undecided, .flags = DUBBOC_NONBLOCKING),
        DUBBOC_METHOD("chatty", chatty, .flags = DUBBOC_NONBLOCKING),
        DUBBOC_METHOD("slow", echo),
        DUBBOC_RAW_METHOD("raw", raw, .flags = DUBBOC_NONBLOCKING),
        DUBBOC_RAW_METHOD("broken", broken, .flags = DUBBOC_NONBLOCKING),
        DUBBOC_RAW_METHOD("silent", silent, .flags = DUBBOC_NONBLOCKING),
        DUBBOC_METHOD("where", where, .flags = DUBBOC_NONBLOCKING),
        DUBBOC_METHOD("gate", gate),
    };
    dubboc_service *service;
    dubboc_error err;
    assert_status(
        DUBBOC_OK, dubboc_server_add_service(server, "test.Echo", options, &service, &err), &err);
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        assert_status(DUBBOC_OK, dubboc_service_add_method(service, &methods[i], &err), &err);
}

int test_port(const dubboc_server *server)
{
    const char *colon = strrchr(dubboc_server_address(server), ':');
    assert_non_null(colon);
    return atoi(colon + 1);
}

void test_start(dubboc_server *server)
{
    dubboc_error err;
    assert_status(DUBBOC_OK, dubboc_server_start(server, &err), &err);
}

/* --- a caller --- */

void reply_fini(reply *self)
{
    free(self->body);
    *self = (reply){0};
}

int caller_connect(int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval limit = {.tv_sec = 10};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
        return fd;
    close(fd);
    return -1;
}

static void send_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return; /* the reply shows whether the request arrived */
        bytes += sent;
        len -= (size_t)sent;
    }
}

void caller_send(
    int fd, const char *method, const char *path, const char *headers, const char *body)
{
    char *head;
    int len = asprintf(&head, "%s %s HTTP/1.1\r\nHost: x\r\n%sContent-Length: %zu\r\n\r\n%s",
        method != NULL ? method : "POST", path,
        headers != NULL ? headers : "Content-Type: application/json\r\n", strlen(body), body);
    assert_true(len > 0);
    send_all(fd, head, (size_t)len);
    free(head);
}

static bool read_bytes(int fd, char *into, size_t len)
{
    while (len > 0) {
        ssize_t got = recv(fd, into, len, 0);
        if (got <= 0)
            return false;
        into += got;
        len -= (size_t)got;
    }
    return true;
}

void caller_read(int fd, reply *answer)
{
    size_t len = 0;
    *answer = (reply){0};
    while (len < 4 || memcmp(answer->head + len - 4, "\r\n\r\n", 4) != 0) {
        assert_true(len < sizeof answer->head - 1);
        if (!read_bytes(fd, answer->head + len, 1))
            return;
        len++;
    }
    const char *length = strcasestr(answer->head, "\r\nContent-Length:");
    assert_non_null(length);
    answer->body_len = strtoul(length + 17, NULL, 10);
    answer->body = calloc(1, answer->body_len + 1);
    assert_non_null(answer->body);
    if (read_bytes(fd, answer->body, answer->body_len))
        answer->status = atoi(answer->head + 9);
}

void caller_post(int port, const char *path, const char *headers, const char *body, reply *answer)
{
    int fd = caller_connect(port);
    assert_true(fd >= 0);
    caller_send(fd, NULL, path, headers, body);
    caller_read(fd, answer);
    close(fd);
}

void check_answer(int port, const char *body, const char *expected, const char *file, int line)
{
    reply answer;
    caller_post(port, "/test.Echo", NULL, body, &answer);
    size_t len = answer.body_len;
    if (len > 0 && answer.body[len - 1] == '\n')
        answer.body[--len] = '\0';
    bool is_right = answer.status == 200 && strcmp(answer.body, expected) == 0;
    if (!is_right)
        print_error("%s\nis answered by status %d\n%s\nexpected\n%s\n", body, answer.status,
            answer.body != NULL ? answer.body : "", expected);
    reply_fini(&answer);
    if (!is_right)
        _fail(file, line);
}
